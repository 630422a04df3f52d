// SPDX-License-Identifier: GPL-2.0-only
#include "commands/changing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/units.h"

static void on_writer(void *ctx)
{
	struct changing *c = ctx;
	char size[UNITS__TEXT_SIZE];
	uint64_t bytes = 0;
	int result = limit_writer__poll(c->writer, &bytes);

	if (!result)
		return;
	/* The cgroup has been removed: that is told as the target's end. */
	if (result == -ENODEV)
		return;
	c->error = result;
	console__clear(c->console);
	fprintf(stderr, "oomtrace: setting memory.max to %s: %s.\n",
		units__format_size(size, sizeof(size), bytes), limit_writer__error(result));
	*c->end_reason = "memory.max could not be set";
}

static void ignore_keys(struct changing *c)
{
	event_loop__remove(c->loop, STDIN_FILENO);
	c->listening = false;
}

static void on_key(void *ctx)
{
	struct changing *c = ctx;

	console__clear(c->console);
	switch (key_actions__read(&c->actions)) {
	case KEY_ACTIONS_QUIT:
		*c->end_reason = "interrupted";
		break;
	case KEY_ACTIONS_CLOSED:
		c->wants_keys = false;
		ignore_keys(c);
		break;
	case KEY_ACTIONS_BACKGROUND:
		ignore_keys(c);
		break;
	case KEY_ACTIONS_DONE:
		break;
	}
}

int changing__start(struct changing *c, const struct trace_options *opts, const struct target *target,
		    struct event_loop *loop)
{
	int err;

	if (!c->guard)
		return 0;
	c->loop = loop;
	err = limit_writer__start(&opts->changes, target->dir_fd, c->guard, &c->writer);
	if (err)
		return err;
	c->actions = (struct key_actions){ .dir_fd = target->dir_fd, .writer = c->writer };
	err = event_loop__add(loop, limit_writer__fd(c->writer), EPOLLIN, on_writer, c);
	c->wants_keys = opts->output == TRACE_OPTIONS_OUTPUT_TEXT && keys__available();
	if (err)
		return err;
	changing__listen(c, true);
	if (c->listening)
		fputs("oomtrace: " KEYS_HELP "\n", stderr);
	return 0;
}

void changing__listen(struct changing *c, bool again)
{
	if (!c->wants_keys || (c->listening && !again) || !keys__in_foreground())
		return;
	/* The shell has set the terminal's modes meanwhile. */
	if (!keys__open() && !c->listening)
		c->listening = !event_loop__add(c->loop, STDIN_FILENO, EPOLLIN, on_key, c);
}

void changing__tell_guard(int result)
{
	if (result > 0)
		fputs("oomtrace: the process that puts the limit back had died; another has taken its place.\n",
		      stderr);
	else if (result < 0)
		fprintf(stderr,
			"oomtrace: warning: the process that puts the limit back has died, and there can't be "
			"another yet (%s): the limit stays if oomtrace is killed.\n",
			strerror(-result));
}

void changing__watch_guard(struct changing *c)
{
	int result = c->guard ? guard__watch(c->guard) : 0;

	if (!result)
		return;
	console__clear(c->console);
	changing__tell_guard(result);
}

bool changing__floor(const struct changing *c, const struct record_limit *limit, uint64_t *floor_bytes)
{
	return c->writer && limit->writer_self &&
	       limit_writer__floor(c->writer, limit->new_max_bytes, floor_bytes);
}

void changing__stop(struct changing *c)
{
	if (!c->writer)
		return;
	event_loop__remove(c->loop, limit_writer__fd(c->writer));
	limit_writer__stop(c->writer);
	c->writer = NULL;
}

const char *changing__put_back(struct changing *c, char text[CHANGING__WORDS_SIZE])
{
	struct guard_outcome outcome;
	const char *words;

	if (!c->guard)
		return NULL;
	outcome = guard__finish(c->guard);
	c->guard = NULL;
	words = guard__words(outcome.result);
	if (guard__has_failed(outcome.result)) {
		c->error = -EIO;
		fprintf(stderr, "oomtrace: memory.max: %s. The command at the beginning puts it back%s.\n",
			words, outcome.result == GUARD_WOULD_KILL ? ", and so does --restore" : "");
	}
	if (!words || !outcome.kills)
		return words;
	snprintf(text, CHANGING__WORDS_SIZE, "%s, which killed %" PRIu64 " of its processes", words,
		 outcome.kills);
	return text;
}

void changing__free(struct changing *c)
{
	char words[CHANGING__WORDS_SIZE];

	keys__close();
	changing__stop(c);
	changing__put_back(c, words);
}
