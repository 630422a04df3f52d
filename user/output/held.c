// SPDX-License-Identifier: GPL-2.0-only
#include "output/held.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/stream.h"

#define WAITING_MAX 64
#define BYTES_MAX (1 << 20)
#define WAIT_NS 3000000000LL /* by the records' times */
/*
 * Where no record comes at all. Much more than WAIT_NS, because names that come between the two are in
 * the block here and in a report alike; those that come later aren't in it here alone. A machine with no
 * time for anything takes some ten seconds to find names.
 */
#define SYNCS_MAX 150

struct waiting {
	uint64_t oom_id;
	int64_t wall_ns;
	size_t at; /* in the text: where the line belongs */
	bool answered;
};

struct held {
	FILE *target, *out;
	char *text;
	size_t len, room;
	struct waiting waiting[WAITING_MAX]; /* oldest first */
	size_t count;
	unsigned int syncs; /* since the oldest of them began to wait */
};

static int insert(struct held *held, size_t at, const char *text, size_t len)
{
	if (!len)
		return 0;
	if (held->len + len > held->room) {
		size_t room = 2 * (held->len + len);
		char *grown = realloc(held->text, room);

		if (!grown)
			return -ENOMEM;
		held->text = grown;
		held->room = room;
	}
	memmove(held->text + at + len, held->text + at, held->len - at);
	memcpy(held->text + at, text, len);
	held->len += len;
	return 0;
}

/* Lets the first `count` go, and what was written up to the next one's line. */
static int let_go(struct held *held, size_t count)
{
	size_t end = count < held->count ? held->waiting[count].at : held->len;

	if (end) {
		fwrite(held->text, 1, end, held->target);
		memmove(held->text, held->text + end, held->len - end);
		held->len -= end;
	}
	held->count -= count;
	memmove(held->waiting, held->waiting + count, held->count * sizeof(held->waiting[0]));
	for (size_t i = 0; i < held->count; i++)
		held->waiting[i].at -= end;
	held->syncs = 0;
	return stream__flush(held->target);
}

static int let_answered_go(struct held *held)
{
	size_t count = 0;

	while (count < held->count && held->waiting[count].answered)
		count++;
	return count ? let_go(held, count) : 0;
}

/* fopencookie(3): an error is 0. */
static ssize_t write_text(void *cookie, const char *text, size_t size)
{
	struct held *held = cookie;
	int err;

	if (!held->count) {
		fwrite(text, 1, size, held->target);
		err = stream__flush(held->target);
	} else {
		err = insert(held, held->len, text, size);
		if (!err && held->len > BYTES_MAX)
			err = let_go(held, held->count);
	}
	errno = -err;
	return err ? 0 : (ssize_t)size;
}

struct held *held__new(FILE *out)
{
	cookie_io_functions_t functions = { .write = write_text };
	struct held *held = calloc(1, sizeof(*held));

	if (!held)
		return NULL;
	held->target = out;
	held->out = fopencookie(held, "w", functions);
	if (held->out)
		return held;
	free(held);
	return NULL;
}

void held__free(struct held *held)
{
	if (!held)
		return;
	fclose(held->out);
	free(held->text);
	free(held);
}

FILE *held__out(struct held *held)
{
	return held->out;
}

int held__wait(struct held *held, uint64_t oom_id, int64_t wall_ns)
{
	int err = stream__flush(held->out);

	if (!err && held->count == WAITING_MAX)
		err = let_go(held, 1);
	held->waiting[held->count++] =
		(struct waiting){ .oom_id = oom_id, .wall_ns = wall_ns, .at = held->len };
	return err;
}

bool held__answer(struct held *held, uint64_t oom_id, const char *line)
{
	size_t i = 0;

	while (i < held->count && (held->waiting[i].oom_id != oom_id || held->waiting[i].answered))
		i++;
	if (i == held->count || fflush(held->out))
		return false;
	if (insert(held, held->waiting[i].at, line, strlen(line)))
		return false;
	held->waiting[i].answered = true;
	for (size_t later = i + 1; later < held->count; later++)
		held->waiting[later].at += strlen(line);
	return !let_answered_go(held);
}

int held__pass(struct held *held, int64_t wall_ns)
{
	size_t count = 0;

	/* An unsigned difference: what a recording says may be far apart. */
	while (count < held->count &&
	       (held->waiting[count].answered ||
		(wall_ns > held->waiting[count].wall_ns &&
		 (uint64_t)wall_ns - (uint64_t)held->waiting[count].wall_ns > (uint64_t)WAIT_NS)))
		count++;
	return count ? let_go(held, count) : 0;
}

int held__sync(struct held *held)
{
	if (!held->count || ++held->syncs < SYNCS_MAX)
		return 0;
	return let_go(held, 1);
}

int held__release(struct held *held)
{
	int err = stream__flush(held->out);

	return !err && held->count ? let_go(held, held->count) : err;
}
