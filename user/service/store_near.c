// SPDX-License-Identifier: GPL-2.0-only
#include "service/store_near.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* As what an OOM itself has of it. */
#define WITHIN_NS (600 * NS_PER_S)

static void drop(struct store_near_line *line)
{
	free(line->text);
	*line = (struct store_near_line){};
}

void store_near__free(struct store_near *near)
{
	for (size_t i = 0; i < STORE_NEAR__LINES; i++)
		drop(&near->lines[i]);
}

int store_near__keep(struct store_near *near, uint64_t cgroup_id, const char *cgroup, uint64_t ts_ns,
		     const char *text, size_t size)
{
	struct store_near_line *line;
	char *copy = malloc(size);
	struct owner_turn turn;

	if (!copy)
		return -ENOMEM;
	owner__turn(&turn, cgroup ? cgroup : "");
	for (size_t i = 0; i < STORE_NEAR__LINES; i++) {
		line = &near->lines[i];
		owner__look(&turn, i, line->number, !strcmp(line->owner.whose, turn.owner.whose),
			    line->owner.of_user);
	}
	line = &near->lines[owner__place(&turn, STORE_NEAR__LINES)];
	drop(line);
	memcpy(copy, text, size);
	*line = (struct store_near_line){ cgroup_id, ts_ns, ++near->count, copy, size, turn.owner };
	return 0;
}

void store_near__forget(struct store_near *near, uint64_t cgroup_id)
{
	for (size_t i = 0; i < STORE_NEAR__LINES; i++) {
		if (near->lines[i].cgroup_id == cgroup_id)
			drop(&near->lines[i]);
	}
}

int store_near__each(const struct store_near *near, uint64_t cgroup_id, uint64_t now_ns,
		     int (*put)(void *ctx, const char *text, size_t size), void *ctx)
{
	uint64_t after = 0;
	int err = 0;

	while (!err) {
		const struct store_near_line *next = NULL;

		for (size_t i = 0; i < STORE_NEAR__LINES; i++) {
			const struct store_near_line *line = &near->lines[i];

			if (line->number > after && (!next || line->number < next->number))
				next = line;
		}
		if (!next)
			break;
		after = next->number;
		if (next->cgroup_id == cgroup_id && now_ns < next->ts_ns + WITHIN_NS)
			err = put(ctx, next->text, next->size);
	}
	return err;
}
