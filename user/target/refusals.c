// SPDX-License-Identifier: GPL-2.0-only
#include "target/refusals.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/copy.h"
#include "host/cgroup.h"

#define EVENTS ".events"

/* `name`: a file of the folder. Returns whether it is none of ours, or was read. */
static bool add(struct refusals *r, int dir_fd, const char *name)
{
	struct refusals_limit *l = &r->limits[r->count];
	size_t len = strlen(name), stem = len < strlen(EVENTS) ? 0 : len - strlen(EVENTS);

	/* hugetlb.2MB.events.local is of the cgroup alone, without those in it. */
	if (strcmp(name + stem, EVENTS) || (strcmp(name, "pids" EVENTS) && strncmp(name, "hugetlb.", 8)))
		return true;
	if (r->count == REFUSALS_MAX || len >= sizeof(l->events))
		return false;
	copy__text(l->events, sizeof(l->events), name);
	snprintf(l->file, sizeof(l->file), "%.*s.max", (int)stem, name);
	if (cgroup__read_key(dir_fd, l->events, "max", &l->before))
		return false;
	l->count = l->before;
	r->count++;
	return true;
}

void refusals__begin(struct refusals *r, int dir_fd)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	bool has_pids = false;

	*r = (struct refusals){ .known = dir };
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (const struct dirent *e; (e = readdir(dir));) {
		r->known = add(r, dir_fd, e->d_name) && r->known;
		has_pids = has_pids || !strcmp(e->d_name, "pids" EVENTS);
	}
	r->known = r->known && has_pids;
	closedir(dir);
}

void refusals__read(struct refusals *r, int dir_fd, bool empty)
{
	bool was_empty = r->empty;

	r->empty = empty;
	for (size_t i = 0; i < r->count; i++) {
		struct refusals_limit *l = &r->limits[i];
		uint64_t count;

		if (cgroup__read_key(dir_fd, l->events, "max", &count)) {
			r->known = r->known && was_empty;
			r->empty = was_empty;
		} else if (count != l->count) {
			/* As it is when it refuses. */
			l->count = count;
			l->has_max = !cgroup__read_u64(dir_fd, l->file, &l->max);
		}
	}
}

static struct record_refusal refusal_of(const struct refusals_limit *l)
{
	return (struct record_refusal){
		.file = l->file,
		.has_max = l->has_max,
		.max = l->max,
		.count = l->count - l->before,
	};
}

size_t refusals__list(const struct refusals *r, struct record_refusal list[REFUSALS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < r->count; i++) {
		const struct refusals_limit *l = &r->limits[i];

		if (l->count > l->before)
			list[count++] = refusal_of(l);
	}
	return count;
}
