// SPDX-License-Identifier: GPL-2.0-only
#include "model/before.h"

#include <stdlib.h>
#include <string.h>

#include "base/copy.h"
#include "host/tmpfs_files.h"
#include "record/snapshot_words.h"

#define CGROUPS_MAX 64
/* An OOM that comes later has little to do with what the memory was then. */
#define WITHIN_NS (600ULL * 1000000000ULL)

struct part {
	struct record_before_part part;		/* its names are the ones below */
	char comm[16], name[TMPFS_FILES__PATH]; /* the name of a mapping is shorter than that of a file */
};

struct kept {
	uint64_t cgroup_id; /* 0: none */
	uint64_t ts_ns;	    /* of the snapshot at the mark */
	uint32_t percent;
	uint64_t growth_ns; /* to the one after it; 0: there was none */
	struct part parts[RECORD_BEFORE_PARTS];
	size_t count;
	bool has_memory, has_cache_growth;
	struct cgroup_memory memory;
	int64_t cache_growth_bytes;
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
	k->has_memory = s->memory;
	if (s->memory)
		k->memory = *s->memory;
	k->count = snapshot_words__largest(s, largest);
	for (size_t i = 0; i < k->count; i++) {
		struct part *part = &k->parts[i];

		part->part = largest[i];
		copy__text(part->comm, sizeof(part->comm), largest[i].comm);
		copy__text(part->name, sizeof(part->name), largest[i].name);
		part->part.comm = largest[i].pid ? part->comm : NULL;
		part->part.name = part->name[0] ? part->name : NULL;
	}
}

static void compare(struct kept *k, const struct record *record)
{
	const struct cgroup_memory *memory = record->snapshot.memory;

	k->growth_ns = record->time.boot_ns - k->ts_ns;
	k->has_cache_growth = k->has_memory && memory;
	if (k->has_cache_growth)
		k->cache_growth_bytes =
			(int64_t)(snapshot_words__cache(memory) - snapshot_words__cache(&k->memory));
	for (size_t i = 0; i < k->count; i++) {
		struct record_before_part *part = &k->parts[i].part;
		uint64_t bytes;

		part->has_growth = !part->at_least && snapshot_words__find(&record->snapshot, part, &bytes);
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
			.memory = k->has_memory ? &k->memory : NULL,
			.has_cache_growth = k->has_cache_growth,
			.cache_growth_bytes = k->cache_growth_bytes,
		};
		for (size_t n = 0; n < k->count; n++)
			out->parts[n] = k->parts[n].part;
		return true;
	}
	return false;
}
