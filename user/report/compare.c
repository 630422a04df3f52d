// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/copy.h"
#include "base/json_string.h"
#include "base/units.h"
#include "output/text_parts.h"
#include "output/wrap.h"

#define SIDES 2
#define NAME_BYTES 256
#define STALLS_MAX 64	 /* that are known again when they are told of once more */
#define TABLE_COLUMNS 76 /* narrower terminals get a line for each figure */

enum figure {
	FIGURE_DURATION,
	FIGURE_OOMS,
	FIGURE_KILLS,
	FIGURE_NOTHING,
	FIGURE_OVER,
	FIGURE_FIRST,
	FIGURE_DEATH,
	FIGURE_PEAK,
	FIGURE_FAILED,
	FIGURE_GROWTH,
	FIGURE_STALL,
	FIGURE_RECLAIM,
	FIGURE_THROTTLE,
	FIGURE_EXIT,
	FIGURE_LOST,
	FIGURES,
};

enum unit { UNIT_COUNT, UNIT_BYTES, UNIT_RATE, UNIT_TIME, UNIT_CODE };

static const struct {
	const char *key; /* in JSON */
	const char *label;
	enum unit unit;
} figures[FIGURES] = {
	[FIGURE_DURATION] = { "duration_ns", "recorded for", UNIT_TIME },
	[FIGURE_OOMS] = { "ooms", "runs of the OOM killer", UNIT_COUNT },
	[FIGURE_KILLS] = { "kills", "processes killed", UNIT_COUNT },
	[FIGURE_NOTHING] = { "no_victim", "runs that killed nothing", UNIT_COUNT },
	[FIGURE_OVER] = { "killed_in_excess", "killed beyond need, by steps", UNIT_COUNT },
	[FIGURE_FIRST] = { "first_kill_max_bytes", "limit at the first kill", UNIT_BYTES },
	[FIGURE_DEATH] = { "died_max_bytes", "limit at the end of all", UNIT_BYTES },
	[FIGURE_PEAK] = { "peak_bytes", "highest usage", UNIT_BYTES },
	[FIGURE_FAILED] = { "failed", "times at the limit", UNIT_COUNT },
	[FIGURE_GROWTH] = { "growth_bytes_per_s", "fastest growth before a kill", UNIT_RATE },
	[FIGURE_STALL] = { "stall_ns", "stuck at the limit", UNIT_TIME },
	[FIGURE_RECLAIM] = { "reclaim_ns", "tasks' time in reclaim", UNIT_TIME },
	[FIGURE_THROTTLE] = { "throttle_ns", "held back by memory.high", UNIT_TIME },
	[FIGURE_EXIT] = { "exit_code", "exit code", UNIT_CODE },
	[FIGURE_LOST] = { "lost", "events lost", UNIT_COUNT },
};

struct stall_seen {
	uint64_t cgroup_id, since_ns, duration_ns;
};

struct side {
	const char *name;
	char kernel[NAME_BYTES];
	uint64_t values[FIGURES];
	bool known[FIGURES];
	bool gone;		 /* the target has ended */
	uint64_t began_ns;	 /* boot clock */
	uint64_t last_max_bytes; /* of the latest OOM's limit */
	bool has_last_max;
	struct stall_seen stalls[STALLS_MAX]; /* a ring */
	size_t stall_count;
};

struct compare {
	struct sink base;
	struct text_look look;
	bool json;
	size_t begun;
	struct side sides[SIDES + 1]; /* the last is for what nobody asked for */
};

static struct side *side_of(struct compare *c)
{
	return &c->sides[c->begun && c->begun <= SIDES ? c->begun - 1 : SIDES];
}

static void set(struct side *s, enum figure figure, uint64_t value)
{
	s->values[figure] = value;
	s->known[figure] = true;
}

static void add(struct side *s, enum figure figure, uint64_t value)
{
	set(s, figure, s->values[figure] + value < value ? UINT64_MAX : s->values[figure] + value);
}

static void raise_to(struct side *s, enum figure figure, uint64_t value)
{
	if (!s->known[figure] || value > s->values[figure])
		set(s, figure, value);
}

/* ---- records ---- */

static int compare_session(struct sink *base, const struct record *record)
{
	struct side *s = side_of((struct compare *)base);

	if (record->session.kernel && !s->kernel[0])
		copy__text(s->kernel, sizeof(s->kernel), record->session.kernel);
	if (!s->began_ns)
		s->began_ns = record->time.boot_ns;
	for (enum figure figure = FIGURE_OOMS; figure <= FIGURE_NOTHING; figure++)
		add(s, figure, 0); /* none is none */
	return 0;
}

static int compare_oom(struct sink *base, const struct record *record)
{
	struct side *s = side_of((struct compare *)base);
	const struct record_oom *oom = &record->oom;

	add(s, FIGURE_OOMS, 1);
	add(s, FIGURE_KILLS, oom->killed);
	add(s, FIGURE_NOTHING, oom->outcome == OOM_NO_VICTIM ? 1 + oom->repeats : 0);
	if (oom->limit && oom->limit->has_memory) {
		s->last_max_bytes = oom->limit->max_bytes;
		s->has_last_max = true;
		if (oom->killed && !s->known[FIGURE_FIRST])
			set(s, FIGURE_FIRST, oom->limit->max_bytes);
		raise_to(s, FIGURE_PEAK, oom->limit->usage_bytes);
	}
	if (oom->history && oom->history->has_growth && oom->history->growth_bytes_per_s > 0)
		raise_to(s, FIGURE_GROWTH, (uint64_t)oom->history->growth_bytes_per_s);
	return 0;
}

static int compare_repeats(struct sink *base, const struct record *record)
{
	add(side_of((struct compare *)base), FIGURE_NOTHING, record->repeats.repeats);
	return 0;
}

static int compare_step(struct sink *base, const struct record *record)
{
	struct side *s = side_of((struct compare *)base);
	const struct record_step *step = &record->step;
	uint64_t killed = step->killed_inside + step->killed_after;

	if (step->has_needed)
		add(s, FIGURE_OVER, killed > step->needed ? killed - step->needed : 0);
	return 0;
}

static int compare_steps(struct sink *base, const struct record *record)
{
	struct side *s = side_of((struct compare *)base);

	if (record->steps.has_first_kill)
		set(s, FIGURE_FIRST, record->steps.first_kill_max_bytes);
	if (record->steps.died)
		set(s, FIGURE_DEATH, record->steps.died_max_bytes);
	return 0;
}

static int compare_usage(struct sink *base, const struct record *record)
{
	struct side *s = side_of((struct compare *)base);

	raise_to(s, FIGURE_PEAK, record->usage.usage_bytes);
	add(s, FIGURE_FAILED, record->usage.failed);
	return 0;
}

static int compare_reclaim(struct sink *base, const struct record *record)
{
	bool throttle = record->reclaim.kind == RECLAIM_THROTTLE;

	add(side_of((struct compare *)base), throttle ? FIGURE_THROTTLE : FIGURE_RECLAIM,
	    record->reclaim.sum.duration_ns);
	return 0;
}

/* A stall is told of once a second, each time with its whole duration. */
static int compare_stall(struct sink *base, const struct record *record)
{
	struct side *s = side_of((struct compare *)base);
	const struct record_stall *stall = &record->stall;
	struct stall_seen *seen = NULL;

	for (size_t i = 0; i < s->stall_count && i < STALLS_MAX; i++) {
		if (s->stalls[i].cgroup_id == stall->cgroup_id && s->stalls[i].since_ns == stall->since_ns)
			seen = &s->stalls[i];
	}
	if (!seen) {
		seen = &s->stalls[s->stall_count++ % STALLS_MAX];
		*seen = (struct stall_seen){ stall->cgroup_id, stall->since_ns, 0 };
	}
	if (stall->duration_ns > seen->duration_ns) {
		add(s, FIGURE_STALL, stall->duration_ns - seen->duration_ns);
		seen->duration_ns = stall->duration_ns;
	}
	return 0;
}

static int compare_exit(struct sink *base, const struct record *record)
{
	struct side *s = side_of((struct compare *)base);
	const struct record_exit *e = &record->exit;

	if (!e->container)
		return 0;
	s->gone = true;
	if (e->has_status)
		set(s, FIGURE_EXIT, (uint64_t)record__exit_code(e->status));
	if (record__ended_by_oom(e) && s->has_last_max && !s->known[FIGURE_DEATH])
		set(s, FIGURE_DEATH, s->last_max_bytes);
	return 0;
}

static int compare_lost(struct sink *base, const struct record *record)
{
	add(side_of((struct compare *)base), FIGURE_LOST, record->lost.count);
	return 0;
}

static int compare_end(struct sink *base, const struct record *record)
{
	struct side *s = side_of((struct compare *)base);

	if (!record->time.no_boot && record->time.boot_ns > s->began_ns)
		set(s, FIGURE_DURATION, record->time.boot_ns - s->began_ns);
	return 0;
}

/* ---- what they come to ---- */

static void format(char *dst, size_t size, enum unit unit, uint64_t value)
{
	char text[UNITS__TEXT_SIZE];

	if (unit == UNIT_TIME)
		units__format_duration(dst, size, value);
	else if (unit == UNIT_BYTES || unit == UNIT_RATE)
		snprintf(dst, size, "%s%s", units__format_size(text, sizeof(text), value),
			 unit == UNIT_RATE ? "/s" : "");
	else
		snprintf(dst, size, "%" PRIu64, value);
}

/* "" where there is none: one isn't known, or it means nothing. */
static void format_change(char *dst, size_t size, const struct compare *c, enum figure figure)
{
	const struct side *a = &c->sides[0], *b = &c->sides[1];
	uint64_t from = a->values[figure], to = b->values[figure];
	enum unit unit = figures[figure].unit;

	dst[0] = '\0';
	if (!a->known[figure] || !b->known[figure] || unit == UNIT_CODE)
		return;
	if (unit == UNIT_BYTES && (from == RECORD_NO_LIMIT || to == RECORD_NO_LIMIT))
		return;
	if (from == to) {
		snprintf(dst, size, "=");
		return;
	}
	dst[0] = from < to ? '+' : '-';
	format(dst + 1, size - 1, unit, from < to ? to - from : from - to);
}

static void put_count(FILE *out, uint64_t kills)
{
	fprintf(out, "%" PRIu64 "%cprocess%s", kills, WRAP_JOINT, kills == 1 ? "" : "es");
}

/* The answer first. */
static void put_sentence(const struct compare *c, FILE *out)
{
	const struct side *a = &c->sides[0], *b = &c->sides[1];
	uint64_t from = a->values[FIGURE_KILLS], to = b->values[FIGURE_KILLS];

	text_parts__style(out, c->look, STYLE_STRONG);
	fputs("B lost ", out);
	put_count(out, to);
	if (from == to)
		fputs(", as many as A", out);
	else
		fprintf(out, " and A %" PRIu64, from);
	if (a->known[FIGURE_FIRST] && b->known[FIGURE_FIRST]) {
		text_parts__size(out, "; the first at a limit of ", b->values[FIGURE_FIRST]);
		if (a->values[FIGURE_FIRST] != b->values[FIGURE_FIRST])
			text_parts__size(out, " instead of ", a->values[FIGURE_FIRST]);
		else
			fputs(" in both", out);
	}
	if (a->gone != b->gone)
		fprintf(out, "; the target ended in %s only", a->gone ? "A" : "B");
	text_parts__style(out, c->look, STYLE_PLAIN);
	fputs("\n\n", out);
	for (size_t i = 0; i < SIDES; i++) {
		fprintf(out, "%c  %c", 'A' + (char)i, WRAP_HANG);
		text_parts__name(out, c->sides[i].name);
		if (c->sides[i].kernel[0]) {
			fputs(", Linux ", out);
			text_parts__name(out, c->sides[i].kernel);
		}
		fputc('\n', out);
	}
	fputc('\n', out);
}

static void put_text(const struct compare *c, FILE *out)
{
	bool narrow = c->look.columns && c->look.columns < TABLE_COLUMNS;

	put_sentence(c, out);
	if (!narrow) {
		text_parts__style(out, c->look, STYLE_DIM);
		fprintf(out, "%-30s %14s %14s %14s", "", "A", "B", "change");
		text_parts__style(out, c->look, STYLE_PLAIN);
		fputc('\n', out);
	}
	for (enum figure i = 0; i < FIGURES; i++) {
		char cells[SIDES][2 * UNITS__TEXT_SIZE] = { "-", "-" }, change[2 * UNITS__TEXT_SIZE];

		for (size_t side = 0; side < SIDES; side++) {
			if (c->sides[side].known[i])
				format(cells[side], sizeof(cells[side]), figures[i].unit,
				       c->sides[side].values[i]);
		}
		if (!c->sides[0].known[i] && !c->sides[1].known[i])
			continue;
		format_change(change, sizeof(change), c, i);
		if (narrow)
			fprintf(out, "%s: %cA %s, B %s%s%s\n", figures[i].label, WRAP_HANG, cells[0],
				cells[1], *change ? ", " : "", change);
		else
			fprintf(out, "%-30s %14s %14s%s%14s\n", figures[i].label, cells[0], cells[1],
				*change ? " " : "", *change ? change : "");
	}
}

static void put_json(const struct compare *c, FILE *out)
{
	fputs("{\"compare\":[", out);
	for (size_t i = 0; i < SIDES; i++) {
		const struct side *s = &c->sides[i];

		fputs(i ? ",\n{\"recording\":" : "\n{\"recording\":", out);
		json_string__put(out, s->name);
		fputs(",\"kernel\":", out);
		json_string__put(out, s->kernel[0] ? s->kernel : NULL);
		fprintf(out, ",\"target_gone\":%s", s->gone ? "true" : "false");
		for (enum figure f = 0; f < FIGURES; f++) {
			if (!s->known[f])
				continue;
			fprintf(out, ",\"%s\":", figures[f].key);
			if (figures[f].unit == UNIT_BYTES && s->values[f] == RECORD_NO_LIMIT)
				fputs("\"max\"", out);
			else
				fprintf(out, "%" PRIu64, s->values[f]);
		}
		fputc('}', out);
	}
	fputs("\n]}\n", out);
}

static int compare_finish(struct sink *base)
{
	struct compare *c = (struct compare *)base;
	FILE *out;
	int err;

	if (c->json) {
		put_json(c, base->out);
		return sink__flush(base);
	}
	out = wrap__open(base->out, c->look.columns);
	if (!out)
		return -ENOMEM;
	put_text(c, out);
	err = fclose(out) ? -EIO : 0;
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
	free(sink);
}

static const struct sink_ops compare_ops = {
	.take = compare_take,
	.free = compare_free,
	.finish = compare_finish,
};

struct sink *compare__new(FILE *out, struct text_look look, bool json)
{
	struct compare *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->base = (struct sink){ .ops = &compare_ops, .out = out };
	c->look = look;
	c->json = json;
	return &c->base;
}

void compare__begin(struct sink *sink, const char *name)
{
	struct compare *c = (struct compare *)sink;

	c->begun++;
	side_of(c)->name = name;
}
