// SPDX-License-Identifier: GPL-2.0-only
/* Hands on what a report is asked for: by time, by cgroup, or one OOM and what belongs to it. */
#include "report/filter.h"

#include <stdlib.h>
#include <string.h>

#define NS_PER_DAY 86400000000000LL
#define VICTIMS_MAX 1024 /* the latest; their exits are told of, too */

struct filter {
	struct sink base;
	struct sink *next;
	struct report_filter opts;
	bool begun;		       /* the bounds are known */
	int64_t since_ns, until_ns;    /* wall clock */
	bool target_matches;	       /* the session's target lies in opts.cgroup */
	uint32_t victims[VICTIMS_MAX]; /* pids of those handed on; a ring */
	uint64_t victim_count;
};

static int64_t sum(int64_t a, int64_t b)
{
	int64_t result;

	return __builtin_add_overflow(a, b, &result) ? INT64_MAX : result;
}

static int64_t bound(const struct report_time *time, int64_t began_ns, int64_t none)
{
	int64_t ns;

	switch (time->kind) {
	case REPORT_TIME_WALL:
		return time->ns;
	case REPORT_TIME_RELATIVE:
		return sum(began_ns, time->ns);
	case REPORT_TIME_OF_DAY:
		/* The next day's, if it is more than half a day before the session began. */
		ns = sum(began_ns - began_ns % NS_PER_DAY, time->ns);
		return ns < began_ns - NS_PER_DAY / 2 ? sum(ns, NS_PER_DAY) : ns;
	case REPORT_TIME_NONE:
		break;
	}
	return none;
}

static void begin(struct filter *f, const struct record_time *time)
{
	f->begun = true;
	f->since_ns = bound(&f->opts.since, time->wall_ns, INT64_MIN);
	f->until_ns = bound(&f->opts.until, time->wall_ns, INT64_MAX);
}

/* A recording without a session begins with its first record. */
static bool in_time(struct filter *f, const struct record_time *time)
{
	if (!f->begun)
		begin(f, time);
	return time->wall_ns >= f->since_ns && time->wall_ns <= f->until_ns;
}

static bool in_cgroup(const struct filter *f, const char *path)
{
	const char *wanted = f->opts.cgroup;
	size_t len;

	if (!wanted)
		return true;
	len = strlen(wanted);
	while (len && wanted[len - 1] == '/')
		len--;
	return path && !strncmp(path, wanted, len) && (!path[len] || path[len] == '/');
}

static bool oom_in_cgroup(const struct filter *f, const struct record_oom *oom)
{
	if (oom->limit && in_cgroup(f, oom->limit->path))
		return true;
	for (size_t i = 0; i < oom->victim_count; i++) {
		if (in_cgroup(f, oom->victims[i].cgroup))
			return true;
	}
	return in_cgroup(f, oom->trigger_cgroup);
}

static bool is_victim(const struct filter *f, uint32_t pid)
{
	uint64_t known = f->victim_count < VICTIMS_MAX ? f->victim_count : VICTIMS_MAX;

	for (uint64_t i = 0; i < known; i++) {
		if (f->victims[i] == pid)
			return true;
	}
	return false;
}

static int filter_session(struct sink *base, const struct record_session *session)
{
	struct filter *f = (struct filter *)base;

	begin(f, &session->time);
	f->target_matches = in_cgroup(f, session->target_cgroup);
	f->victim_count = 0;
	return sink__call(f->next, session, session);
}

static int filter_oom(struct sink *base, const struct record_oom *oom)
{
	struct filter *f = (struct filter *)base;

	if (!in_time(f, &oom->time) || (f->opts.kill && oom->id != f->opts.kill) || !oom_in_cgroup(f, oom))
		return 0;
	for (size_t i = 0; i < oom->victim_count; i++)
		f->victims[f->victim_count++ % VICTIMS_MAX] = oom->victims[i].pid;
	return sink__call(f->next, oom, oom);
}

static int filter_limit(struct sink *base, const struct record_limit *limit)
{
	struct filter *f = (struct filter *)base;

	return in_time(f, &limit->time) && in_cgroup(f, limit->cgroup) ? sink__call(f->next, limit, limit)
								       : 0;
}

static int filter_step(struct sink *base, const struct record_step *step)
{
	struct filter *f = (struct filter *)base;

	return in_time(f, &step->time) && !f->opts.kill && f->target_matches ? sink__call(f->next, step, step)
									     : 0;
}

static int filter_steps(struct sink *base, const struct record_steps *steps)
{
	struct filter *f = (struct filter *)base;

	return in_time(f, &steps->time) && !f->opts.kill && f->target_matches
		       ? sink__call(f->next, steps, steps)
		       : 0;
}

static int filter_repeats(struct sink *base, const struct record_repeats *repeats)
{
	struct filter *f = (struct filter *)base;

	return in_time(f, &repeats->time) && !f->opts.kill && in_cgroup(f, repeats->limit_cgroup)
		       ? sink__call(f->next, repeats, repeats)
		       : 0;
}

static int filter_usage(struct sink *base, const struct record_usage *usage)
{
	struct filter *f = (struct filter *)base;

	return in_time(f, &usage->time) && !f->opts.kill && in_cgroup(f, usage->cgroup)
		       ? sink__call(f->next, usage, usage)
		       : 0;
}

static int filter_reclaim(struct sink *base, const struct record_reclaim *reclaim)
{
	struct filter *f = (struct filter *)base;

	return in_time(f, &reclaim->time) && !f->opts.kill && in_cgroup(f, reclaim->cgroup)
		       ? sink__call(f->next, reclaim, reclaim)
		       : 0;
}

static int filter_stall(struct sink *base, const struct record_stall *stall)
{
	struct filter *f = (struct filter *)base;

	return in_time(f, &stall->time) && !f->opts.kill && in_cgroup(f, stall->cgroup)
		       ? sink__call(f->next, stall, stall)
		       : 0;
}

/* A stack doesn't say whose cgroup it is of: with a target it is the target's. */
static int filter_stack(struct sink *base, const struct record_stack *stack)
{
	struct filter *f = (struct filter *)base;

	return in_time(f, &stack->time) && (!f->opts.kill || stack->oom_id == f->opts.kill) &&
			       (!f->opts.cgroup || f->target_matches)
		       ? sink__call(f->next, stack, stack)
		       : 0;
}

static int filter_exit(struct sink *base, const struct record_exit *exit)
{
	struct filter *f = (struct filter *)base;
	bool wanted = true;

	if (f->opts.kill || (f->opts.cgroup && !exit->container))
		wanted = is_victim(f, exit->pid);
	else if (exit->container)
		wanted = in_cgroup(f, exit->cgroup);
	return in_time(f, &exit->time) && wanted ? sink__call(f->next, exit, exit) : 0;
}

/* These are of the whole session. */
static int filter_lost(struct sink *base, const struct record_lost *lost)
{
	return sink__call(((struct filter *)base)->next, lost, lost);
}

static int filter_end(struct sink *base, const struct record_end *end)
{
	return sink__call(((struct filter *)base)->next, end, end);
}

/* --find-min traces nothing: there is nothing to choose from. */
static int filter_min_try(struct sink *base, const struct record_try *tried)
{
	return sink__call(((struct filter *)base)->next, min_try, tried);
}

static int filter_min(struct sink *base, const struct record_min *min)
{
	return sink__call(((struct filter *)base)->next, min, min);
}

static int filter_finish(struct sink *base)
{
	return sink__finish(((struct filter *)base)->next);
}

static void filter_free(struct sink *base)
{
	struct filter *f = (struct filter *)base;

	f->next->ops->free(f->next);
	free(f);
}

static const struct sink_ops filter_ops = {
	.session = filter_session,
	.oom = filter_oom,
	.limit = filter_limit,
	.step = filter_step,
	.steps = filter_steps,
	.repeats = filter_repeats,
	.usage = filter_usage,
	.reclaim = filter_reclaim,
	.stall = filter_stall,
	.stack = filter_stack,
	.exit = filter_exit,
	.lost = filter_lost,
	.end = filter_end,
	.min_try = filter_min_try,
	.min = filter_min,
	.free = filter_free,
	.finish = filter_finish,
};

struct sink *filter__new(struct sink *next, const struct report_filter *opts)
{
	struct filter *f = next ? calloc(1, sizeof(*f)) : NULL;

	if (!f) {
		if (next)
			next->ops->free(next);
		return NULL;
	}
	f->base = (struct sink){ .ops = &filter_ops, .out = next->out };
	f->next = next;
	f->opts = *opts;
	return &f->base;
}
