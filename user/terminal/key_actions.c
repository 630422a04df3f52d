// SPDX-License-Identifier: GPL-2.0-only
#include "terminal/key_actions.h"

#include <stdio.h>
#include <unistd.h>

#include "base/units.h"
#include "host/cgroup.h"
#include "limit/predict.h"

/* The limit that - and + start from: where there is none, what is used. */
static uint64_t present_limit(int dir_fd)
{
	uint64_t bytes = 0;

	if (cgroup__read_u64(dir_fd, "memory.max", &bytes) || bytes == UINT64_MAX)
		cgroup__read_u64(dir_fd, "memory.current", &bytes);
	return bytes;
}

static void set_limit(struct key_actions *actions, uint64_t bytes)
{
	char size[UNITS__TEXT_SIZE];

	fprintf(stderr, "oomtrace: setting memory.max to %s\n",
		units__format_size(size, sizeof(size), bytes));
	limit_writer__set(actions->writer, bytes);
}

/* Asks first when the target can't fit into that limit: the kernel would kill in it. */
static void want_limit(struct key_actions *actions, uint64_t bytes)
{
	char size[UNITS__TEXT_SIZE], floor[UNITS__TEXT_SIZE];
	struct prediction p;

	if (predict__floor(actions->dir_fd, &p) || bytes >= p.floor_bytes) {
		set_limit(actions, bytes);
		return;
	}
	actions->asked_bytes = bytes;
	fprintf(stderr,
		"oomtrace: memory.max %s would kill, because reclaim can get usage down only to about %s. Press y "
		"to set it anyway, any other key to leave it.\n",
		units__format_size(size, sizeof(size), bytes),
		units__format_size(floor, sizeof(floor), p.floor_bytes));
}

/* The answer to want_limit()'s question. */
static void take_answer(struct key_actions *actions, char key)
{
	uint64_t bytes = actions->asked_bytes;

	actions->asked_bytes = 0;
	if (key == 'y' || key == 'Y')
		set_limit(actions, bytes);
	else
		fputs("oomtrace: memory.max is left as it is\n", stderr);
}

enum key_actions_result key_actions__read(struct key_actions *actions)
{
	bool typing = actions->keys.typing;
	enum keys_action action;
	uint64_t bytes = 0;
	char key;

	if (read(STDIN_FILENO, &key, 1) != 1)
		return keys__in_foreground() ? KEY_ACTIONS_CLOSED : KEY_ACTIONS_BACKGROUND;
	if (actions->asked_bytes) {
		take_answer(actions, key);
		return KEY_ACTIONS_DONE;
	}
	action = keys__take(&actions->keys, key, present_limit(actions->dir_fd), &bytes);
	if (typing && !actions->keys.typing)
		fputc('\n', stderr); /* ends the line of the prompt */
	switch (action) {
	case KEYS_SET:
		want_limit(actions, bytes);
		break;
	case KEYS_PROMPT:
		fprintf(stderr, "\r\033[Kmemory.max: %s", actions->keys.typed);
		break;
	case KEYS_BAD:
		fputs("oomtrace: that is no size; type one like 64M or 1G, or max\n", stderr);
		break;
	case KEYS_HELP_WANTED:
		fputs("oomtrace: " KEYS_HELP "\n", stderr);
		break;
	case KEYS_QUIT:
		return KEY_ACTIONS_QUIT;
	case KEYS_NONE:
		break;
	}
	return KEY_ACTIONS_DONE;
}
