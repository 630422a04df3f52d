// SPDX-License-Identifier: GPL-2.0-only
#include "trace/kernel_events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_SIZE 1024 /* the file has some 120 bytes */

/* A line's number, or false. `key` ends with a blank. */
static bool find(const char *text, const char *key, uint64_t *value)
{
	for (const char *at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, key, strlen(key)) != 0)
			continue;
		*value = strtoull(at + strlen(key), NULL, 10);
		return true;
	}
	return false;
}

/* Returns 0 or a negative errno: -ENODATA for a file of v1, which has none of these. */
static int read_file(int fd, struct record_kernel_events *out)
{
	char text[TEXT_SIZE];
	ssize_t size = pread(fd, text, sizeof(text) - 1, 0);

	if (size < 0)
		return -errno;
	text[size] = '\0';
	*out = (struct record_kernel_events){};
	if (!find(text, "max ", &out->max) || !find(text, "oom ", &out->oom) ||
	    !find(text, "oom_kill ", &out->oom_kill))
		return -ENODATA;
	out->has_group_kill = find(text, "oom_group_kill ", &out->oom_group_kill);
	return 0;
}

static void add(struct record_kernel_events *sum, const struct record_kernel_events *to,
		const struct record_kernel_events *from)
{
	sum->max += to->max - from->max;
	sum->oom += to->oom - from->oom;
	sum->oom_kill += to->oom_kill - from->oom_kill;
	sum->oom_group_kill += to->oom_group_kill - from->oom_group_kill;
	sum->has_group_kill = to->has_group_kill;
}

void kernel_events__begin(struct kernel_events *events, int fd, bool all)
{
	struct record_kernel_events now;

	if (read_file(fd, &now))
		return;
	if (events->known)
		add(&events->before, &events->last, &events->first);
	events->known = true;
	events->last = now;
	events->first = now;
	if (all)
		events->first = (struct record_kernel_events){};
}

void kernel_events__look(struct kernel_events *events, int fd)
{
	struct record_kernel_events now;

	if (!events->known)
		return;
	if (read_file(fd, &now))
		events->cut = true;
	else
		events->last = now;
}

bool kernel_events__sum(const struct kernel_events *events, struct record_kernel_events *out)
{
	if (!events->known)
		return false;
	*out = events->before;
	add(out, &events->last, &events->first);
	out->whole = !events->cut;
	return true;
}
