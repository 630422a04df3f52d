// SPDX-License-Identifier: GPL-2.0-only
#include "model/before.h"

#include <stdlib.h>
#include <string.h>

#include "base/copy.h"
#include "record/snapshot_words.h"

#define CGROUPS_MAX 64
/* An OOM that comes later has little to do with what the memory was then. */
#define WITHIN_NS (600ULL * 1000000000ULL)

struct part {
	struct record_before_part part; /* its names are these */
	char comm[16], name[SMAPS__NAME_SIZE];
};

struct kept {
	uint64_t cgroup_id; /* 0: none */
	uint64_t ts_ns;	    /* of the snapshot at the mark */
	uint32_t percent;
	uint64_t growth_ns; /* to the one after it; 0: there was none */
	struct part parts[RECORD_BEFORE_PARTS];
	size_t count;
};

struct before {
	struct kept kept[CGROUPS_MAX];
};

struct before *before__new(void)
{
	return calloc(1, sizeof(struct before));
}

void before__free(struct before *before)
{
	free(before);
}

/* That of the cgroup, or else the oldest. */
static struct kept *find(struct before *before, uint64_t cgroup_id)
{
	struct kept *oldest = &before->kept[0];

	for (size_t i = 0; i < CGROUPS_MAX; i++) {
		struct kept *k = &before->kept[i];

		if (k->cgroup_id == cgroup_id)
			return k;
		if (k->ts_ns < oldest->ts_ns)
			oldest = k;
	}
	return oldest;
}

static void keep(struct kept *k, const struct record *record)
{
	const struct record_snapshot *s = &record->snapshot;
	struct record_before_part largest[RECORD_BEFORE_PARTS];

	*k = (struct kept){ .cgroup_id = s->cgroup_id, .ts_ns = record->time.boot_ns, .percent = s->percent };
	k->count = snapshot_words__largest(s, largest);
	for (size_t i = 0; i < k->count; i++) {
		k->parts[i].part = largest[i];
		copy__text(k->parts[i].comm, sizeof(k->parts[i].comm), largest[i].comm);
		copy__text(k->parts[i].name, sizeof(k->parts[i].name), largest[i].name);
	}
}

static bool same_name(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

/* How much of that part there is in another snapshot. False: it isn't there. */
static bool find_bytes(const struct record_snapshot *s, const struct part *part, uint64_t *bytes)
{
	for (size_t i = 0; i < s->process_count; i++) {
		const struct record_snapshot_process *p = &s->processes[i];

		/* What wasn't read to its end has less than there is. */
		if (!p->has_parts || p->pid != part->part.pid || !same_name(p->comm, part->comm))
			continue;
		for (size_t n = 0; n < p->part_count; n++) {
			const struct record_snapshot_part *other = &p->parts[n];

			if (other->kind != part->part.kind || !same_name(other->name, part->name))
				continue;
			*bytes = other->sum.rss_bytes + other->sum.swap_bytes;
			return true;
		}
	}
	return false;
}

static void compare(struct kept *k, const struct record *record)
{
	k->growth_ns = record->time.boot_ns - k->ts_ns;
	for (size_t i = 0; i < k->count; i++) {
		struct record_before_part *part = &k->parts[i].part;
		uint64_t bytes;

		part->has_growth = !part->at_least && find_bytes(&record->snapshot, &k->parts[i], &bytes);
		if (part->has_growth)
			part->growth_bytes = (int64_t)(bytes - part->bytes);
	}
}

void before__note(struct before *before, const struct record *record)
{
	const struct record_snapshot *s = &record->snapshot;
	struct kept *k = find(before, s->cgroup_id);

	if (!s->cgroup_id)
		return;
	if (!s->again)
		keep(k, record);
	else if (k->cgroup_id == s->cgroup_id && record->time.boot_ns > k->ts_ns)
		compare(k, record);
}

bool before__find(const struct before *before, uint64_t cgroup_id, uint64_t boot_ns,
		  struct record_before *out)
{
	for (size_t i = 0; i < CGROUPS_MAX; i++) {
		const struct kept *k = &before->kept[i];

		if (!cgroup_id || k->cgroup_id != cgroup_id || !k->count || boot_ns < k->ts_ns ||
		    boot_ns - k->ts_ns > WITHIN_NS)
			continue;
		*out = (struct record_before){
			.percent = k->percent,
			.since_ns = boot_ns - k->ts_ns,
			.growth_ns = k->growth_ns,
			.count = k->count,
		};
		for (size_t n = 0; n < k->count; n++) {
			out->parts[n] = k->parts[n].part;
			out->parts[n].comm = k->parts[n].comm;
			out->parts[n].name = k->parts[n].name[0] ? k->parts[n].name : NULL;
		}
		return true;
	}
	return false;
}
