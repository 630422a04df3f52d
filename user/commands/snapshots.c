// SPDX-License-Identifier: GPL-2.0-only
#include "commands/snapshots.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/copy.h"

/* Of one cgroup, between two at the mark. */
#define GAP_NS (30 * NS_PER_S)
/* A snapshot at the mark is followed by one that tells what grows, unless the OOM comes before. */
#define LATER_NS (10 * NS_PER_S)
/* When that can't be, because a hook holds the cgroup still: the next try, and the last one. */
#define AGAIN_NS NS_PER_S
#define LATEST_NS (600 * NS_PER_S)
/* Those of one owner may take a fiftieth of the time, all a tenth, and those of one so much at once. */
#define BUDGET_NS ((int64_t)(2 * NS_PER_S))
#define BUDGET_PART 50
#define BUDGET_PART_ALL 10

void snapshots__init(struct snapshots *s)
{
	*s = (struct snapshots){
		.budget = { .part = BUDGET_PART, .part_all = BUDGET_PART_ALL, .at_once_ns = BUDGET_NS }
	};
}

bool snapshots__may(struct snapshots *s, const char *cgroup, uint64_t cgroup_id, uint64_t now_ns)
{
	size_t at = 0;

	if (!owner_budget__may(&s->budget, cgroup, now_ns))
		return false;
	for (size_t i = 0; i < SNAPSHOTS__CGROUPS; i++) {
		if (s->taken[i].ts_ns && s->taken[i].cgroup_id == cgroup_id) {
			at = i;
			if (now_ns < s->taken[i].ts_ns + GAP_NS)
				return false;
			break;
		}
		if (s->taken[i].ts_ns < s->taken[at].ts_ns)
			at = i;
	}
	s->taken[at].cgroup_id = cgroup_id;
	s->taken[at].ts_ns = now_ns;
	return true;
}

int snapshots__read(struct snapshots *s, const char *cgroup, int fd, uint64_t took_ns, uint64_t now_ns,
		    struct record_snapshot *out, uint64_t *began_ns)
{
	int err = fd < 0 ? -ENODATA : snapshot_record__read(fd, &s->room, out, began_ns);

	owner_budget__take(&s->budget, cgroup, took_ns, now_ns);
	return !err && !out->process_count ? -ENODATA : err;
}

static void note(struct snapshots *s, const char *cgroup, const struct record_container *container,
		 const struct record_snapshot *snapshot, uint64_t mark_ns, uint64_t due_ns)
{
	struct snapshots_later *later = NULL;
	struct owner_share share;

	owner__share(&share, cgroup);
	for (size_t i = 0; i < SNAPSHOTS__LATER; i++) {
		if (s->later[i].used)
			owner__count(&share, s->later[i].cgroup);
		else
			later = &s->later[i];
	}
	if (!later || !owner__may(&share, SNAPSHOTS__LATER))
		return;
	*later = (struct snapshots_later){
		.used = true,
		.due_ns = due_ns,
		.mark_ns = mark_ns,
		.container = *container,
		.snapshot = *snapshot,
	};
	copy__text(later->cgroup, sizeof(later->cgroup), cgroup);
	copy__text(later->name, sizeof(later->name), container->name);
	later->container.name = container->name ? later->name : NULL;
	later->snapshot.again = true;
	later->snapshot.processes = NULL;
	later->snapshot.process_count = 0;
	later->snapshot.memory = NULL;
	later->snapshot.tmpfs = NULL;
	later->snapshot.has_files = false;
	later->snapshot.files = NULL;
	later->snapshot.file_count = 0;
}

void snapshots__note(struct snapshots *s, const char *cgroup, const struct record_container *container,
		     const struct record_snapshot *snapshot, uint64_t mark_ns)
{
	note(s, cgroup, container, snapshot, mark_ns, mark_ns + LATER_NS);
}

void snapshots__put_off(struct snapshots *s, const char *cgroup, const struct record_container *container,
			const struct record_snapshot *snapshot, uint64_t mark_ns, uint64_t now_ns)
{
	if (now_ns < mark_ns + LATEST_NS)
		note(s, cgroup, container, snapshot, mark_ns, now_ns + AGAIN_NS);
}

void snapshots__forget(struct snapshots *s, const char *cgroup)
{
	for (size_t i = 0; cgroup && i < SNAPSHOTS__LATER; i++) {
		if (!strcmp(s->later[i].cgroup, cgroup))
			s->later[i].used = false;
	}
}

const struct snapshots_later *snapshots__due(struct snapshots *s, uint64_t now_ns)
{
	for (size_t i = 0; i < SNAPSHOTS__LATER; i++) {
		if (!s->later[i].used || now_ns < s->later[i].due_ns)
			continue;
		s->later[i].used = false;
		return &s->later[i];
	}
	return NULL;
}
