// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/copy.h"
#include "base/units.h"

#define CURVE_BUCKETS 1024

const struct compare_figure_info compare__figures[COMPARE_FIGURES] = {
	[COMPARE_DURATION] = { "duration_ns", "recorded for", "from the beginning of the trace to its end",
			       UNIT_TIME },
	[COMPARE_OOMS] = { "ooms", "runs of the OOM killer", "each time memory ran out for good", UNIT_COUNT,
			   true },
	[COMPARE_KILLS] = { "kills", "processes killed", "by the OOM killer", UNIT_COUNT, true },
	[COMPARE_NOTHING] = { "no_victim", "runs that killed nothing",
			      "memory ran out, and no process could be killed", UNIT_COUNT, true },
	[COMPARE_OVER] = { "killed_in_excess", "killed beyond need, by steps",
			   "usage was below the new limit without these kills already", UNIT_COUNT, true },
	[COMPARE_FIRST] = { "first_kill_max_bytes", "limit at the first kill",
			    "memory.max when the first process was killed", UNIT_BYTES },
	[COMPARE_DEATH] = { "died_max_bytes", "limit at the end of all",
			    "memory.max when the last process had ended", UNIT_BYTES },
	[COMPARE_PEAK] = { "peak_bytes", "highest usage", "of a cgroup that was traced", UNIT_BYTES },
	[COMPARE_FAILED] = { "failed", "times at the limit",
			     "the kernel refused memory at first, and mostly found some by reclaim",
			     UNIT_COUNT },
	[COMPARE_GROWTH] = { "growth_bytes_per_s", "fastest growth before a kill",
			     "of usage, in the ten seconds before a kill", UNIT_RATE },
	[COMPARE_STALL] = { "stall_ns", "stuck at the limit",
			    "nothing was killed, and the tasks came no further", UNIT_TIME, true },
	[COMPARE_RECLAIM] = { "reclaim_ns", "tasks' time in reclaim",
			      "tasks looked for memory to free instead of working", UNIT_TIME },
	[COMPARE_THROTTLE] = { "throttle_ns", "held back by memory.high", "the kernel made tasks wait",
			       UNIT_TIME },
	[COMPARE_EXIT] = { "exit_code", "exit code", "of the container's first process", UNIT_CODE },
	[COMPARE_LOST] = { "lost", "events lost", "what the recording doesn't have: it has gaps", UNIT_COUNT,
			   true },
};

static struct compare_side *side_of(struct compare *c)
{
	return &c->sides[c->begun && c->begun <= COMPARE_SIDES ? c->begun - 1 : COMPARE_SIDES];
}

static void set(struct compare_side *s, enum compare_figure figure, uint64_t value)
{
	s->values[figure] = value;
	s->known[figure] = true;
}

static void add(struct compare_side *s, enum compare_figure figure, uint64_t value)
{
	set(s, figure, s->values[figure] + value < value ? UINT64_MAX : s->values[figure] + value);
}

static void raise_to(struct compare_side *s, enum compare_figure figure, uint64_t value)
{
	if (!s->known[figure] || value > s->values[figure])
		set(s, figure, value);
}

/* Time since the recording began. */
static uint64_t since_began(const struct compare_side *s, uint64_t boot_ns)
{
	return boot_ns > s->began_ns ? boot_ns - s->began_ns : 0;
}

/* The curve is the target's, or that of the first cgroup with usage. */
static int add_point(struct compare_side *s, const char *cgroup, struct record_point point)
{
	if (!s->cgroup[0] && cgroup)
		copy__text(s->cgroup, sizeof(s->cgroup), cgroup);
	if (!cgroup || strcmp(cgroup, s->cgroup) != 0)
		return 0;
	point.ts_ns = since_began(s, point.ts_ns);
	return series__add(&s->usage, CURVE_BUCKETS, point);
}

static void add_kill(struct compare_side *s, const struct record *record, const struct record_victim *v)
{
	const struct record_oom *oom = &record->oom;
	struct compare_kill *kill = &s->kills[s->kill_count];

	if (s->kill_count == COMPARE_KILLS_MAX)
		return;
	s->kill_count++;
	*kill = (struct compare_kill){
		.after_ns = since_began(s, record->time.boot_ns),
		.pid = v->pid,
		.has_anon = v->has_mm,
		.anon_bytes = v->anon_rss_bytes,
		.max_bytes = oom->limit && oom->limit->has_memory ? oom->limit->max_bytes
								  : SERIES__LIMIT_UNKNOWN,
		.cause = oom->cause,
	};
	copy__text(kill->comm, sizeof(kill->comm), v->comm ? v->comm : "(unknown)");
}

/* ---- records ---- */

static int compare_session(struct sink *base, const struct record *record)
{
	struct compare_side *s = side_of((struct compare *)base);

	if (record->session.kernel && !s->kernel[0])
		copy__text(s->kernel, sizeof(s->kernel), record->session.kernel);
	if (record->session.target_cgroup && !s->cgroup[0])
		copy__text(s->cgroup, sizeof(s->cgroup), record->session.target_cgroup);
	if (!s->began_ns)
		s->began_ns = record->time.boot_ns;
	for (enum compare_figure figure = COMPARE_OOMS; figure <= COMPARE_NOTHING; figure++)
		add(s, figure, 0); /* none is none */
	return 0;
}

static int compare_oom(struct sink *base, const struct record *record)
{
	struct compare_side *s = side_of((struct compare *)base);
	const struct record_oom *oom = &record->oom;

	add(s, COMPARE_OOMS, 1);
	add(s, COMPARE_KILLS, oom->killed);
	add(s, COMPARE_NOTHING, oom->outcome == OOM_NO_VICTIM ? 1 + oom->repeats : 0);
	if (oom->limit && oom->limit->has_memory) {
		s->last_max_bytes = oom->limit->max_bytes;
		s->has_last_max = true;
		if (oom->killed && !s->known[COMPARE_FIRST])
			set(s, COMPARE_FIRST, oom->limit->max_bytes);
		raise_to(s, COMPARE_PEAK, oom->limit->usage_bytes);
	}
	for (size_t i = 0; i < oom->victim_count; i++) {
		if (oom->victims[i].role != ROLE_EXITING && !oom->victims[i].repeated)
			add_kill(s, record, &oom->victims[i]);
	}
	if (oom->history && oom->history->has_growth && oom->history->growth_bytes_per_s > 0)
		raise_to(s, COMPARE_GROWTH, (uint64_t)oom->history->growth_bytes_per_s);
	return 0;
}

static int compare_repeats(struct sink *base, const struct record *record)
{
	add(side_of((struct compare *)base), COMPARE_NOTHING, record->repeats.repeats);
	return 0;
}

static int compare_step(struct sink *base, const struct record *record)
{
	struct compare_side *s = side_of((struct compare *)base);
	const struct record_step *step = &record->step;
	uint64_t killed = step->killed_inside + step->killed_after;

	if (step->has_needed)
		add(s, COMPARE_OVER, killed > step->needed ? killed - step->needed : 0);
	return 0;
}

static int compare_steps(struct sink *base, const struct record *record)
{
	struct compare_side *s = side_of((struct compare *)base);

	if (record->steps.has_first_kill)
		set(s, COMPARE_FIRST, record->steps.first_kill_max_bytes);
	if (record->steps.died)
		set(s, COMPARE_DEATH, record->steps.died_max_bytes);
	return 0;
}

static int compare_usage(struct sink *base, const struct record *record)
{
	struct compare_side *s = side_of((struct compare *)base);

	raise_to(s, COMPARE_PEAK, record->usage.usage_bytes);
	add(s, COMPARE_FAILED, record->usage.failed);
	return add_point(s, record->usage.cgroup,
			 (struct record_point){ .ts_ns = record->time.boot_ns,
						.usage_bytes = record->usage.usage_bytes,
						.max_bytes = record->usage.max_bytes });
}

static int compare_reclaim(struct sink *base, const struct record *record)
{
	bool throttle = record->reclaim.kind == RECLAIM_THROTTLE;

	add(side_of((struct compare *)base), throttle ? COMPARE_THROTTLE : COMPARE_RECLAIM,
	    record->reclaim.sum.duration_ns);
	return 0;
}

/* A stall is told of once a second, each time with its whole duration. */
static int compare_stall(struct sink *base, const struct record *record)
{
	struct compare_side *s = side_of((struct compare *)base);
	const struct record_stall *stall = &record->stall;
	struct compare_stall *seen = NULL;

	for (size_t i = 0; i < s->stall_count && i < COMPARE_STALLS_MAX; i++) {
		if (s->stalls[i].cgroup_id == stall->cgroup_id && s->stalls[i].since_ns == stall->since_ns)
			seen = &s->stalls[i];
	}
	if (!seen) {
		seen = &s->stalls[s->stall_count++ % COMPARE_STALLS_MAX];
		*seen = (struct compare_stall){ stall->cgroup_id, stall->since_ns, 0 };
	}
	if (stall->duration_ns > seen->duration_ns) {
		add(s, COMPARE_STALL, stall->duration_ns - seen->duration_ns);
		seen->duration_ns = stall->duration_ns;
	}
	return 0;
}

static int compare_exit(struct sink *base, const struct record *record)
{
	struct compare_side *s = side_of((struct compare *)base);
	const struct record_exit *e = &record->exit;

	if (!e->container)
		return 0;
	s->gone = true;
	if (e->has_status)
		set(s, COMPARE_EXIT, (uint64_t)record__exit_code(e->status));
	if (record__ended_by_oom(e) && s->has_last_max && !s->known[COMPARE_DEATH])
		set(s, COMPARE_DEATH, s->last_max_bytes);
	return 0;
}

static int compare_lost(struct sink *base, const struct record *record)
{
	add(side_of((struct compare *)base), COMPARE_LOST, record->lost.count);
	return 0;
}

static int compare_end(struct sink *base, const struct record *record)
{
	struct compare_side *s = side_of((struct compare *)base);

	if (!record->time.no_boot && record->time.boot_ns > s->began_ns)
		set(s, COMPARE_DURATION, record->time.boot_ns - s->began_ns);
	return 0;
}

/* ---- what they come to ---- */

static const char *format_value(char *dst, size_t size, enum compare_unit unit, uint64_t value)
{
	char text[UNITS__TEXT_SIZE];

	if (unit == UNIT_TIME)
		units__format_duration(dst, size, value);
	else if (unit == UNIT_BYTES || unit == UNIT_RATE)
		snprintf(dst, size, "%s%s", units__format_size(text, sizeof(text), value),
			 unit == UNIT_RATE ? "/s" : "");
	else
		snprintf(dst, size, "%" PRIu64, value);
	return dst;
}

const char *compare__format(char *dst, size_t size, const struct compare_side *side,
			    enum compare_figure figure)
{
	if (side->known[figure])
		return format_value(dst, size, compare__figures[figure].unit, side->values[figure]);
	copy__text(dst, size, "-");
	return dst;
}

const char *compare__format_change(char *dst, size_t size, const struct compare *c,
				   enum compare_figure figure)
{
	const struct compare_side *a = &c->sides[0], *b = &c->sides[1];
	uint64_t from = a->values[figure], to = b->values[figure];
	enum compare_unit unit = compare__figures[figure].unit;

	dst[0] = '\0';
	if (!a->known[figure] || !b->known[figure] || unit == UNIT_CODE)
		return dst;
	if (unit == UNIT_BYTES && (from == RECORD_NO_LIMIT || to == RECORD_NO_LIMIT))
		return dst;
	if (from == to) {
		snprintf(dst, size, "=");
		return dst;
	}
	dst[0] = from < to ? '+' : '-';
	format_value(dst + 1, size - 1, unit, from < to ? to - from : from - to);
	return dst;
}

static int compare_finish(struct sink *base)
{
	struct compare *c = (struct compare *)base;
	int err = c->put(c);

	return err ? err : sink__flush(base);
}

static const sink_take_fn compare_takes[RECORD_KINDS] = {
	[RECORD_SESSION] = compare_session, [RECORD_OOM] = compare_oom,
	[RECORD_STEP] = compare_step,	    [RECORD_STEPS] = compare_steps,
	[RECORD_USAGE] = compare_usage,	    [RECORD_RECLAIM] = compare_reclaim,
	[RECORD_STALL] = compare_stall,	    [RECORD_EXIT] = compare_exit,
	[RECORD_LOST] = compare_lost,	    [RECORD_END] = compare_end,
	[RECORD_REPEATS] = compare_repeats,
};

static int compare_take(struct sink *sink, const struct record *record)
{
	return sink__dispatch(compare_takes, sink, record);
}

static void compare_free(struct sink *sink)
{
	struct compare *c = (struct compare *)sink;

	for (size_t i = 0; i < ARRAY_SIZE(c->sides); i++)
		series__free(&c->sides[i].usage);
	free(c);
}

static const struct sink_ops compare_ops = {
	.take = compare_take,
	.free = compare_free,
	.finish = compare_finish,
};

struct sink *compare__new(FILE *out, struct text_look look, compare_put_fn put)
{
	struct compare *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->base = (struct sink){ .ops = &compare_ops, .out = out };
	c->look = look;
	c->put = put;
	return &c->base;
}

void compare__begin(struct sink *sink, const char *name)
{
	struct compare *c = (struct compare *)sink;

	c->begun++;
	side_of(c)->name = name;
}
