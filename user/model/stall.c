// SPDX-License-Identifier: GPL-2.0-only
#include "model/stall.h"

#include <stdlib.h>

#include "base/lru.h"

/* How far usage may be below the limit: events come in steps, and reclaim frees some. */
#define NEAR(limit) ((limit) - (limit) / 8)

struct watched {
	bool has_usage;
	uint64_t usage_bytes, max_bytes, high_bytes;

	/* The stretch of time that has been mostly reclaim until now; 0: there is none. */
	uint64_t since_ns;
	uint64_t last_ns;    /* up to where it has been judged or added to */
	uint64_t reclaim_ns; /* in all of it */
	uint64_t failed;
	uint64_t mark_ns; /* when it was judged last, and its reclaim since then */
	uint64_t mark_reclaim_ns;
	bool told;	    /* it is a stall, and that has been said: */
	struct record last; /* when it was last found to be one */
};

struct stall {
	struct lru lru;
	struct watched cgroups[LRU_SLOTS];
};

struct stall *stall__new(void)
{
	return calloc(1, sizeof(struct stall));
}

void stall__free(struct stall *stall)
{
	free(stall);
}

static struct watched *take(struct stall *stall, uint64_t cgroup_id)
{
	bool fresh;
	struct watched *w = &stall->cgroups[lru__take(&stall->lru, cgroup_id, &fresh)];

	if (fresh)
		*w = (struct watched){};
	return w;
}

static uint64_t limit_of(const struct watched *w)
{
	return w->high_bytes < w->max_bytes ? w->high_bytes : w->max_bytes;
}

static bool is_at_limit(const struct watched *w)
{
	return w->has_usage && limit_of(w) != RECORD_NO_LIMIT && w->usage_bytes >= NEAR(limit_of(w));
}

static uint64_t add_saturating(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void begin(struct watched *w, uint64_t since_ns)
{
	w->since_ns = w->last_ns = w->mark_ns = since_ns;
	w->reclaim_ns = w->mark_reclaim_ns = w->failed = 0;
	w->told = false;
}

static void fill(const struct watched *w, uint64_t cgroup_id, struct record *out)
{
	*out = (struct record){ .kind = RECORD_STALL, .time = { .boot_ns = w->last_ns } };
	out->stall = (struct record_stall){
		.cgroup_id = cgroup_id,
		.since_ns = w->since_ns,
		.duration_ns = w->last_ns - w->since_ns,
		.reclaim_ns = w->reclaim_ns,
		.usage_bytes = w->usage_bytes,
		.max_bytes = limit_of(w),
		.file = w->high_bytes < w->max_bytes ? LIMIT_HIGH : LIMIT_MAX,
		.failed = w->failed,
	};
}

/*
 * Ends the stretch, with what was true when it was last found to be a stall: usage and limit may be others by
 * now. Returns whether that is worth a record, which is then in *out.
 */
static bool end(struct watched *w, struct record *out)
{
	bool told = w->told;

	if (told) {
		*out = w->last;
		out->stall.over = true;
	}
	begin(w, 0);
	return told;
}

void stall__usage(struct stall *stall, uint64_t cgroup_id, uint64_t usage_bytes, uint64_t max_bytes,
		  uint64_t high_bytes)
{
	struct watched *w = take(stall, cgroup_id);

	w->has_usage = true;
	w->usage_bytes = usage_bytes;
	w->max_bytes = max_bytes;
	w->high_bytes = high_bytes;
}

void stall__refused(struct stall *stall, uint64_t cgroup_id, uint64_t count)
{
	struct watched *w = take(stall, cgroup_id);

	w->failed = add_saturating(w->failed, count);
}

bool stall__reclaim(struct stall *stall, uint64_t cgroup_id, uint64_t ts_ns, uint64_t since_ns,
		    uint64_t duration_ns, struct record *out)
{
	struct watched *w = take(stall, cgroup_id);
	uint64_t judged_ns;

	if (!ts_ns)
		return false;
	if (!w->since_ns)
		begin(w, since_ns && since_ns < ts_ns ? since_ns : ts_ns);
	if (ts_ns > w->last_ns)
		w->last_ns = ts_ns;
	w->reclaim_ns = add_saturating(w->reclaim_ns, duration_ns);
	w->mark_reclaim_ns = add_saturating(w->mark_reclaim_ns, duration_ns);
	judged_ns = w->last_ns - w->mark_ns;
	if (judged_ns < STALL_TOLD_NS)
		return false;
	if (!is_at_limit(w) || w->mark_reclaim_ns / STALL_PERCENT < judged_ns / 100) {
		bool tell = end(w, out);

		begin(w, ts_ns);
		return tell;
	}
	w->mark_ns = w->last_ns;
	w->mark_reclaim_ns = 0;
	if (w->last_ns - w->since_ns < STALL_MIN_NS)
		return false;
	w->told = true;
	fill(w, cgroup_id, &w->last);
	*out = w->last;
	return true;
}

bool stall__kill(struct stall *stall, uint64_t cgroup_id, struct record *out)
{
	int slot = lru__find(&stall->lru, cgroup_id);

	return slot >= 0 && end(&stall->cgroups[slot], out);
}

bool stall__expire(struct stall *stall, uint64_t now_ns, struct record *out)
{
	for (size_t i = 0; i < stall->lru.count; i++) {
		struct watched *w = &stall->cgroups[i];

		if (w->since_ns && w->last_ns < now_ns && now_ns - w->last_ns > STALL_OVER_NS && end(w, out))
			return true;
	}
	return false;
}
