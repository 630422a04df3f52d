// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hands on the records that the user asked for: by time, by cgroup, or one OOM and the records that belong
 * to it.
 */
#include "report/filter.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define YEAR_NS (366 * NS_PER_DAY)
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
	uint64_t selected; /* records that were handed on for what they are */
};

static int64_t sum(int64_t a, int64_t b)
{
	int64_t result;

	return __builtin_add_overflow(a, b, &result) ? INT64_MAX : result;
}

/* A time of day of the day of began_ns. A local day may have 23 or 25 hours: the hour decides, not the length. */
static int64_t on_day(int64_t began_ns, int64_t of_day_ns, bool local)
{
	time_t began_s = began_ns / NS_PER_S;
	struct tm tm;
	int64_t ns;

	if (!local || !localtime_r(&began_s, &tm))
		return sum(began_ns - began_ns % NS_PER_DAY, of_day_ns);
	tm.tm_hour = (int)(of_day_ns / NS_PER_S / 3600);
	tm.tm_min = (int)(of_day_ns / NS_PER_S / 60 % 60);
	tm.tm_sec = (int)(of_day_ns / NS_PER_S % 60);
	tm.tm_isdst = -1;
	return __builtin_mul_overflow((int64_t)mktime(&tm), NS_PER_S, &ns) ? INT64_MAX
									   : sum(ns, of_day_ns % NS_PER_S);
}

static int64_t bound(const struct filter *f, const struct report_time *time, int64_t began_ns, int64_t none)
{
	int64_t ns;

	switch (time->kind) {
	case REPORT_TIME_WALL:
		return time->ns;
	case REPORT_TIME_RELATIVE:
		return sum(began_ns, time->ns);
	case REPORT_TIME_OF_DAY:
		/* The next day's, if it is more than half a day before the session began. */
		ns = on_day(began_ns, time->ns, f->opts.local_time);
		return ns < began_ns - NS_PER_DAY / 2 ? sum(ns, NS_PER_DAY) : ns;
	case REPORT_TIME_NONE:
		break;
	}
	return none;
}

static void begin(struct filter *f, const struct record_time *time)
{
	f->begun = true;
	f->since_ns = bound(f, &f->opts.since, time->wall_ns, INT64_MIN);
	f->until_ns = bound(f, &f->opts.until, time->wall_ns, INT64_MAX);
}

/* A log's stamp as a number (record_log.h); 0: it is no date. */
static int64_t stamp_of(const struct record *record)
{
	if (record->kind == RECORD_OOM && record->oom.log)
		return record->oom.log->stamp_ns;
	return record->kind == RECORD_USER_KILL ? record->user_kill.stamp_ns : 0;
}

/* The same day and time of 1970, for which stamps without a year are taken. */
static int64_t without_year(int64_t ns)
{
	time_t seconds = ns / NS_PER_S;
	struct tm tm;

	if (!gmtime_r(&seconds, &tm))
		return ns;
	tm.tm_year = 70;
	return (int64_t)timegm(&tm) * NS_PER_S + ns % NS_PER_S;
}

/* Of a stamp without a year the bounds' own year says nothing, and the new year may lie between the two. */
static bool in_year(const struct filter *f, int64_t stamp_ns)
{
	bool has_since = f->opts.since.kind == REPORT_TIME_WALL,
	     has_until = f->opts.until.kind == REPORT_TIME_WALL;
	int64_t since = has_since ? without_year(f->since_ns) : INT64_MIN;
	int64_t until = has_until ? without_year(f->until_ns) : INT64_MAX;

	if (has_since && has_until && since > until)
		return stamp_ns >= since || stamp_ns <= until;
	return stamp_ns >= since && stamp_ns <= until;
}

static bool has_date(const struct report_time *time)
{
	return time->kind == REPORT_TIME_WALL || time->kind == REPORT_TIME_NONE;
}

/*
 * A recording without a session begins with its first record. What a log doesn't date can't be left out by a
 * date.
 */
static bool in_time(struct filter *f, const struct record *record)
{
	const struct record_time *time = &record->time;
	int64_t stamp_ns = stamp_of(record);

	if (!f->begun)
		begin(f, time);
	if (time->no_wall && has_date(&f->opts.since) && has_date(&f->opts.until)) {
		if (stamp_ns < YEAR_NS)
			return !stamp_ns || in_year(f, stamp_ns);
	}
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

static void begin_session(struct filter *f, const struct record *record)
{
	begin(f, &record->time);
	f->target_matches = in_cgroup(f, record->session.target_cgroup);
	f->victim_count = 0;
}

static bool wants_oom(struct filter *f, const struct record_oom *oom)
{
	if ((f->opts.kill && oom->id != f->opts.kill) || !oom_in_cgroup(f, oom))
		return false;
	for (size_t i = 0; i < oom->victim_count; i++)
		f->victims[f->victim_count++ % VICTIMS_MAX] = oom->victims[i].pid;
	return true;
}

/* A stack doesn't say whose cgroup it is of: with a target it is the target's. */
static bool wants_stack(const struct filter *f, const struct record_stack *stack)
{
	return (!f->opts.kill || stack->oom_id == f->opts.kill) && (!f->opts.cgroup || f->target_matches);
}

static bool wants_exit(const struct filter *f, const struct record_exit *exit)
{
	if (f->opts.kill || (f->opts.cgroup && !exit->container))
		return is_victim(f, exit->pid);
	return !exit->container || in_cgroup(f, exit->cgroup);
}

static bool wants_kernel_log(const struct filter *f, const struct record_kernel_log *log)
{
	if (f->opts.kill)
		return log->oom_id == f->opts.kill;
	return !f->opts.cgroup || (log->oom_id && is_victim(f, log->pid));
}

static bool wants_relief(const struct filter *f, const struct record_relief *relief)
{
	if (f->opts.kill)
		return relief->oom_id == f->opts.kill;
	return !f->opts.cgroup || is_victim(f, relief->pid);
}

/* Of a record that is in time. */
static bool wants(struct filter *f, const struct record *record)
{
	switch (record->kind) {
	case RECORD_OOM:
		return wants_oom(f, &record->oom);
	case RECORD_LIMIT:
		return in_cgroup(f, record->limit.cgroup);
	case RECORD_STACK:
		return wants_stack(f, &record->stack);
	case RECORD_EXIT:
		return wants_exit(f, &record->exit);
	case RECORD_KERNEL_LOG:
		return wants_kernel_log(f, &record->kernel_log);
	case RECORD_REPEATS:
		return !f->opts.kill && in_cgroup(f, record->repeats.limit_cgroup);
	case RECORD_USAGE:
		return !f->opts.kill && in_cgroup(f, record->usage.cgroup);
	case RECORD_RECLAIM:
		return !f->opts.kill && in_cgroup(f, record->reclaim.cgroup);
	case RECORD_STALL:
		return !f->opts.kill && in_cgroup(f, record->stall.cgroup);
	case RECORD_SIGKILL:
		return !f->opts.kill && in_cgroup(f, record->sigkill.cgroup);
	case RECORD_RELIEF:
		return wants_relief(f, &record->relief);
	case RECORD_START:
		return !f->opts.kill && in_cgroup(f, record->start.cgroup);
	case RECORD_NEAR_LIMIT:
		return !f->opts.kill && in_cgroup(f, record->near_limit.cgroup);
	case RECORD_SNAPSHOT:
		return !f->opts.kill && in_cgroup(f, record->snapshot.cgroup);
	case RECORD_HOOK:
		return !f->opts.kill && in_cgroup(f, record->hook.cgroup);
	default: /* of the target, as a step is */
		return !f->opts.kill && f->target_matches;
	}
}

/* Whether it is of the whole session. --find-min traces nothing: there is nothing to choose from. */
static bool is_of_all(enum record_kind kind)
{
	return kind == RECORD_SESSION || kind == RECORD_LOST || kind == RECORD_END ||
	       kind == RECORD_MIN_TRY || kind == RECORD_MIN;
}

static int filter_take(struct sink *base, const struct record *record)
{
	struct filter *f = (struct filter *)base;

	if (record->kind == RECORD_SESSION)
		begin_session(f, record);
	if (!is_of_all(record->kind)) {
		if (!in_time(f, record) || !wants(f, record))
			return 0;
		/* Writes of limits come with every OOM, also with one that isn't there. */
		f->selected += !f->opts.kill || record->kind == RECORD_OOM;
	}
	return sink__take(f->next, record);
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
	.take = filter_take,
	.free = filter_free,
	.finish = filter_finish,
};

uint64_t filter__selected(const struct sink *filter)
{
	return ((const struct filter *)filter)->selected;
}

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
