// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trace event format that Perfetto and chrome://tracing open: usage and limits as counters, writes,
 * runs of the OOM killer, reclaim and dying as slices, kills as instants. Tasks are themselves; each
 * cgroup is a process of its own, with a number that no task has. Times are the kernel's boot-time
 * clock, as in other traces of that kernel.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_string.h"
#include "base/units.h"
#include "record/names.h"
#include "record/sink.h"
#include "report/cgroup_label.h"
#include "report/chrome_trace.h"

#define TRACKS_MAX 1024
#define TRACK_FIRST (UNITS__PID_MAX + 1)
#define TRACK_OTHERS (TRACK_FIRST + TRACKS_MAX) /* of the cgroups that there was no room for */
#define SLICES_RECENT 256
#define DYING_MAX 256
#define NAMED_MAX 4096 /* tasks whose name has been written; a power of two */

/* The threads of a cgroup's track. */
enum lane { LANE_KILLS = 1, LANE_RECLAIM, LANE_THROTTLE, LANE_STALL, LANE_RELIEF };

static const char *const lane_names[] = {
	[LANE_KILLS] = "kills",
	[LANE_RECLAIM] = "reclaim",
	[LANE_THROTTLE] = "held back by memory.high",
	[LANE_STALL] = "stuck at the limit",
	[LANE_RELIEF] = "memory on its way back",
};

struct slice {
	uint32_t pid, tid;
	uint64_t from_ns, to_ns;
};

struct dying {
	uint32_t pid, tid;
	uint64_t marked_ns; /* 0: none */
	uint64_t oom_id;
};

/* A stall as it was last told of; since_ns 0: none that goes on. */
struct stall {
	uint64_t since_ns, duration_ns, reclaim_ns;
};

struct chrome_sink {
	struct sink base;
	bool began;
	char *tracks[TRACKS_MAX];
	struct stall stalls[TRACKS_MAX + 1]; /* by track; the last is of TRACK_OTHERS */
	uint32_t track_count;
	uint32_t others; /* lanes of TRACK_OTHERS have been named */
	uint32_t target; /* track of the target; 0: none */
	uint32_t named[NAMED_MAX];
	struct slice slices[SLICES_RECENT]; /* a ring */
	uint64_t slice_count;
	struct dying dying[DYING_MAX]; /* a ring */
	uint64_t dying_count;
};

/* Begins an event: its phase and track. The caller goes on with its other members, and end_event(). */
static FILE *begin_event(struct chrome_sink *s, const char *phase, uint32_t pid, uint32_t tid)
{
	FILE *out = s->base.out;

	fputs(s->began ? ",\n" : "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n", out);
	s->began = true;
	fprintf(out, "{\"ph\":\"%s\",\"pid\":%" PRIu32 ",\"tid\":%" PRIu32, phase, pid, tid);
	return out;
}

static int end_event(struct chrome_sink *s)
{
	fputc('}', s->base.out);
	return ferror(s->base.out) ? sink__flush(&s->base) : 0;
}

/* Microseconds, exact to the nanosecond. */
static void put_time(FILE *out, const char *key, uint64_t ns)
{
	fprintf(out, ",\"%s\":%" PRIu64 ".%03" PRIu64, key, ns / 1000, ns % 1000);
}

static void put_text(FILE *out, const char *key, const char *text)
{
	fprintf(out, ",\"%s\":", key);
	json_string__put(out, text);
}

static void put_metadata(struct chrome_sink *s, const char *what, uint32_t pid, uint32_t tid,
			 const char *name)
{
	FILE *out = begin_event(s, "M", pid, tid);

	fprintf(out, ",\"cat\":\"__metadata\",\"ts\":0,\"name\":\"%s\",\"args\":{\"name\":", what);
	json_string__put(out, name ? name : "(unknown)");
	fputc('}', out);
	end_event(s);
}

static void name_task(struct chrome_sink *s, uint32_t pid, uint32_t tid, const char *comm)
{
	if (!comm || s->named[tid % NAMED_MAX] == tid)
		return;
	s->named[tid % NAMED_MAX] = tid;
	put_metadata(s, "process_name", pid, tid, comm);
	put_metadata(s, "thread_name", pid, tid, comm);
}

static void name_track(struct chrome_sink *s, uint32_t pid, const char *name)
{
	put_metadata(s, "process_name", pid, 0, name);
	for (uint32_t lane = LANE_KILLS; lane <= LANE_RELIEF; lane++)
		put_metadata(s, "thread_name", pid, lane, lane_names[lane]);
}

/* The process that stands for a cgroup; it is named when it is first needed. */
static uint32_t track_of(struct chrome_sink *s, const char *cgroup, const struct record_container *container)
{
	char label[256], name[sizeof(label) + sizeof("memory of ")];

	if (!cgroup)
		cgroup = "the machine";
	for (uint32_t i = 0; i < s->track_count; i++) {
		if (!strcmp(s->tracks[i], cgroup))
			return TRACK_FIRST + i;
	}
	if (s->track_count < TRACKS_MAX && (s->tracks[s->track_count] = strdup(cgroup))) {
		cgroup_label__format(label, sizeof(label), cgroup, container);
		snprintf(name, sizeof(name), "memory of %s", label);
		name_track(s, TRACK_FIRST + s->track_count, name);
		return TRACK_FIRST + s->track_count++;
	}
	if (!s->others++)
		name_track(s, TRACK_OTHERS, "memory of other cgroups");
	return TRACK_OTHERS;
}

/* Slices of one thread must nest: a recording that says otherwise has its slices cut. */
static struct slice fit(struct chrome_sink *s, struct slice slice)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (uint64_t i = 0; i < SLICES_RECENT && i < s->slice_count; i++) {
			const struct slice *o = &s->slices[i];

			if (o->pid != slice.pid || o->tid != slice.tid)
				continue;
			if (slice.from_ns < o->from_ns && slice.to_ns > o->from_ns && slice.to_ns < o->to_ns)
				slice.to_ns = o->from_ns, changed = true;
			else if (slice.from_ns > o->from_ns && slice.from_ns < o->to_ns &&
				 slice.to_ns > o->to_ns)
				slice.from_ns = o->to_ns, changed = true;
		}
	}
	s->slices[s->slice_count++ % SLICES_RECENT] = slice;
	return slice;
}

/* Begins a slice up to its args; the caller writes these, if any, and the closing "}" of args. */
static FILE *begin_slice(struct chrome_sink *s, uint32_t pid, uint32_t tid, uint64_t from_ns, uint64_t to_ns)
{
	struct slice slice = fit(s, (struct slice){ pid, tid, from_ns, to_ns < from_ns ? from_ns : to_ns });
	FILE *out = begin_event(s, "X", pid, tid);

	put_time(out, "ts", slice.from_ns);
	put_time(out, "dur", slice.to_ns - slice.from_ns);
	return out;
}

static FILE *begin_instant(struct chrome_sink *s, uint32_t pid, uint32_t tid, uint64_t at_ns,
			   const char *scope)
{
	FILE *out = begin_event(s, "i", pid, tid);

	put_time(out, "ts", at_ns);
	fprintf(out, ",\"s\":\"%s\"", scope);
	return out;
}

static void put_counter(struct chrome_sink *s, uint32_t track, const char *name, uint64_t at_ns,
			uint64_t bytes)
{
	FILE *out = begin_event(s, "C", track, 0);

	put_time(out, "ts", at_ns);
	fprintf(out, ",\"cat\":\"memory\",\"name\":\"%s\",\"args\":{\"bytes\":%" PRIu64 "}", name, bytes);
	end_event(s);
}

static void put_kinds(struct chrome_sink *s, uint32_t track, uint64_t at_ns,
		      const struct record_memory_kinds *kinds)
{
	if (kinds->has_kernel)
		put_counter(s, track, kinds->kernel_is_least ? "kernel (counted)" : "kernel", at_ns,
			    kinds->kernel_bytes);
	if (kinds->has_sock)
		put_counter(s, track, "sockets", at_ns, kinds->sock_bytes);
}

/* No limit is no value: a counter has none for it. */
static void put_memory(struct chrome_sink *s, uint32_t track, uint64_t at_ns, uint64_t usage_bytes,
		       uint64_t max_bytes)
{
	put_counter(s, track, "usage", at_ns, usage_bytes);
	if (max_bytes != RECORD_NO_LIMIT)
		put_counter(s, track, "memory.max", at_ns, max_bytes);
}

static int chrome_session(struct sink *sink, const struct record *record)
{
	struct chrome_sink *s = (struct chrome_sink *)sink;
	const struct record_session *session = &record->session;

	if (!session->target_cgroup)
		return 0;
	s->target = track_of(s, session->target_cgroup, &session->container);
	return 0;
}

static void put_run(struct chrome_sink *s, const struct record_oom *oom)
{
	FILE *out;

	if (!oom->started_ns || !oom->duration_ns || !oom->trigger_pid)
		return;
	name_task(s, oom->trigger_pid, oom->trigger_tid, oom->trigger_comm);
	out = begin_slice(s, oom->trigger_pid, oom->trigger_tid, oom->started_ns,
			  oom->started_ns + oom->duration_ns);
	fprintf(out,
		",\"cat\":\"oom\",\"name\":\"OOM killer\",\"args\":{\"oom\":%" PRIu64 ",\"killed\":%" PRIu64,
		oom->id, oom->killed);
	put_text(out, "outcome", record_names__outcome(oom->outcome));
	put_text(out, "cause", record_names__cause(oom->cause));
	fputc('}', out);
	end_event(s);
}

/* At the time of the OOM, as every other output has it. Its dying begins when it was marked, a little later. */
static void put_kill(struct chrome_sink *s, const struct record *record, const struct record_victim *v,
		     uint32_t track)
{
	const struct record_oom *oom = &record->oom;
	FILE *out = begin_instant(s, track, LANE_KILLS, record->time.boot_ns, "p");

	fputs(",\"cat\":\"kill\"", out);
	put_text(out, "name", v->comm ? v->comm : "(unknown)");
	fprintf(out, ",\"args\":{\"oom\":%" PRIu64 ",\"pid\":%" PRIu32, oom->id, v->pid);
	if (!(v->unknown & VICTIM_UNKNOWN_ADJ))
		fprintf(out, ",\"oom_score_adj\":%d", v->oom_score_adj);
	if (v->has_points)
		fprintf(out, ",\"points\":%" PRId64, v->points);
	if (v->has_mm)
		fprintf(out, ",\"anon_rss_bytes\":%" PRIu64, v->anon_rss_bytes);
	put_text(out, "role", record_names__role(v->role));
	put_text(out, "cause", record_names__cause(oom->cause));
	fputc('}', out);
	end_event(s);
	s->dying[s->dying_count++ % DYING_MAX] =
		(struct dying){ .pid = v->pid, .tid = v->tid, .marked_ns = v->ts_ns, .oom_id = oom->id };
	name_task(s, v->pid, v->tid, v->comm);
}

static int chrome_oom(struct sink *sink, const struct record *record)
{
	struct chrome_sink *s = (struct chrome_sink *)sink;
	const struct record_oom *oom = &record->oom;
	uint32_t track = track_of(s, oom->limit ? oom->limit->path : NULL, &oom->limit_container);
	const struct record_history *h = oom->history;

	/* The flight recorder's: of the limit's cgroup or, when that isn't recorded, the victim's. */
	for (size_t i = 0; h && h->cgroup && i < h->count; i++) {
		const struct record_point *point = &h->points[i];
		uint32_t whose = track_of(s, h->cgroup, &oom->limit_container);

		put_memory(s, whose, point->ts_ns, point->usage_bytes, point->max_bytes);
		put_kinds(s, whose, point->ts_ns, &point->kinds);
	}
	if (oom->limit && oom->limit->has_memory)
		put_memory(s, track, record->time.boot_ns, oom->limit->usage_bytes, oom->limit->max_bytes);
	put_run(s, oom);
	for (size_t i = 0; i < oom->victim_count; i++) {
		struct record_victim victim = oom->victims[i];

		/* A log has one time for all of it. */
		if (victim.unknown & VICTIM_UNKNOWN_IDS) {
			victim.ts_ns = record->time.boot_ns;
			victim.tid = victim.pid;
		}
		if (victim.role != ROLE_EXITING && !victim.repeated)
			put_kill(s, record, &victim, track);
	}
	return sink__flush(sink);
}

static int chrome_limit(struct sink *sink, const struct record *record)
{
	struct chrome_sink *s = (struct chrome_sink *)sink;
	const struct record_limit *l = &record->limit;
	uint64_t took = l->duration_ns < record->time.boot_ns ? l->duration_ns : 0;
	char old[UNITS__TEXT_SIZE], new[UNITS__TEXT_SIZE], name[3 * UNITS__TEXT_SIZE];
	const char *file = record_names__limit_file(l->file);
	uint32_t track = track_of(s, l->cgroup, &l->container);
	FILE *out;

	name_task(s, l->writer_pid, l->writer_tid, l->writer_comm);
	snprintf(name, sizeof(name), "%s %s to %s", file ? file : "limit",
		 units__format_size(old, sizeof(old), l->old_max_bytes),
		 units__format_size(new, sizeof(new), l->new_max_bytes));
	out = begin_slice(s, l->writer_pid, l->writer_tid, record->time.boot_ns - took, record->time.boot_ns);
	fputs(",\"cat\":\"write\"", out);
	put_text(out, "name", name);
	fprintf(out,
		",\"args\":{\"write\":%" PRIu64 ",\"kills\":%" PRIu32 ",\"reclaimed_bytes\":%" PRIu64
		",\"result\":%" PRId64,
		l->id, l->kills, l->reclaimed_bytes, l->result);
	put_text(out, "cgroup", l->cgroup);
	fputc('}', out);
	end_event(s);
	if (l->file == LIMIT_MAX && l->result >= 0) {
		put_memory(s, track, record->time.boot_ns - took, l->usage_before_bytes, l->old_max_bytes);
		put_memory(s, track, record->time.boot_ns, l->usage_after_bytes, l->new_max_bytes);
	}
	return sink__flush(sink);
}

static int chrome_usage(struct sink *sink, const struct record *record)
{
	struct chrome_sink *s = (struct chrome_sink *)sink;
	const struct record_usage *u = &record->usage;
	uint32_t track = track_of(s, u->cgroup, &u->container);

	put_memory(s, track, record->time.boot_ns, u->usage_bytes, u->max_bytes);
	put_kinds(s, track, record->time.boot_ns, &u->kinds);
	return ferror(sink->out) ? sink__flush(sink) : 0;
}

static int chrome_reclaim(struct sink *sink, const struct record *record)
{
	struct chrome_sink *s = (struct chrome_sink *)sink;
	const struct record_reclaim *r = &record->reclaim;
	bool throttle = r->kind == RECLAIM_THROTTLE;
	FILE *out = begin_slice(s, track_of(s, r->cgroup, &r->container),
				throttle ? LANE_THROTTLE : LANE_RECLAIM, r->since_ns, record->time.boot_ns);

	fprintf(out,
		",\"cat\":\"reclaim\",\"name\":\"%s\",\"args\":{\"runs\":%" PRIu64 ",\"duration_ns\":%" PRIu64
		",\"longest_ns\":%" PRIu64 ",\"reclaimed_bytes\":%" PRIu64 "}",
		throttle ? "throttled" : "reclaim", r->sum.runs, r->sum.duration_ns, r->sum.longest_ns,
		r->sum.reclaimed_bytes);
	return end_event(s);
}

static int put_stall(struct chrome_sink *s, uint32_t track, const struct stall *stall)
{
	FILE *out = begin_slice(s, track, LANE_STALL, stall->since_ns, stall->since_ns + stall->duration_ns);

	fprintf(out,
		",\"cat\":\"stall\",\"name\":\"stuck at the limit\",\"args\":{\"reclaim_ns\":%" PRIu64 "}",
		stall->reclaim_ns);
	return end_event(s);
}

/* Told every second while it lasts, each time with the whole: only the last is a slice. */
static int chrome_stall(struct sink *sink, const struct record *record)
{
	struct chrome_sink *s = (struct chrome_sink *)sink;
	const struct record_stall *told = &record->stall;
	uint32_t track = track_of(s, told->cgroup, &told->container);
	const struct stall stall = { told->since_ns, told->duration_ns, told->reclaim_ns };

	s->stalls[track - TRACK_FIRST] = told->over ? (struct stall){ 0 } : stall;
	return told->over ? put_stall(s, track, &stall) : 0;
}

static void put_dying(struct chrome_sink *s, const struct record *record)
{
	const struct record_exit *e = &record->exit;
	for (size_t i = 0; i < DYING_MAX; i++) {
		struct dying *d = &s->dying[i];
		FILE *out;

		if (!d->marked_ns || d->pid != e->pid || record->time.boot_ns < d->marked_ns)
			continue;
		out = begin_slice(s, d->pid, d->tid, d->marked_ns, record->time.boot_ns);
		fprintf(out,
			",\"cat\":\"dying\",\"name\":\"killed, until it exits\",\"args\":{\"oom\":%" PRIu64
			"}",
			d->oom_id);
		end_event(s);
		d->marked_ns = 0;
	}
}

/* A slice of its own beside the kills, because the thread of the victim has one until it exits. */
static int chrome_relief(struct sink *sink, const struct record *record)
{
	struct chrome_sink *s = (struct chrome_sink *)sink;
	const struct record_relief *r = &record->relief;
	uint64_t now = record->time.boot_ns;
	FILE *out;

	if (!r->live)
		return 0;
	out = begin_slice(s, track_of(s, r->cgroup, &r->container), LANE_RELIEF,
			  now > r->since_kill_ns ? now - r->since_kill_ns : now, now);
	fprintf(out,
		",\"cat\":\"relief\",\"name\":\"killed, until its memory is back\",\"args\":{\"oom\":%" PRIu64
		",\"pid\":%" PRIu32,
		r->oom_id, r->pid);
	if (r->has_usage)
		fprintf(out, ",\"usage_before_bytes\":%" PRIu64 ",\"usage_after_bytes\":%" PRIu64,
			r->usage_before_bytes, r->usage_after_bytes);
	fputc('}', out);
	return end_event(s);
}

static int chrome_exit(struct sink *sink, const struct record *record)
{
	struct chrome_sink *s = (struct chrome_sink *)sink;
	const struct record_exit *e = &record->exit;
	FILE *out;

	put_dying(s, record);
	if (!e->container)
		return sink__flush(sink);
	out = begin_instant(s, s->target ? s->target : track_of(s, e->cgroup, &e->which), LANE_KILLS,
			    record->time.boot_ns, "g");
	fprintf(out, ",\"cat\":\"end\",\"name\":\"the target is gone\",\"args\":{\"oom_victim\":%s",
		record__ended_by_oom(e) ? "true" : "false");
	if (e->has_status)
		fprintf(out, ",\"exit_code\":%d", record__exit_code(e->status));
	fputc('}', out);
	end_event(s);
	return sink__flush(sink);
}

static int chrome_sigkill(struct sink *sink, const struct record *record)
{
	struct chrome_sink *s = (struct chrome_sink *)sink;
	const struct record_sigkill *kill = &record->sigkill;
	const struct record_sender *sender = &kill->killer.sender;
	FILE *out = begin_instant(s, track_of(s, kill->cgroup, &kill->container), LANE_KILLS,
				  record->time.boot_ns, "p");

	fprintf(out,
		",\"cat\":\"sigkill\",\"name\":\"SIGKILL\",\"args\":{\"pid\":%" PRIu32
		",\"sender_pid\":%" PRIu32,
		kill->pid, sender->pid);
	if (kill->comm)
		put_text(out, "comm", kill->comm);
	if (sender->comm)
		put_text(out, "sender_comm", sender->comm);
	if (record_names__way(kill->killer.way))
		put_text(out, "way", record_names__way(kill->killer.way));
	fputc('}', out);
	return end_event(s);
}

static int chrome_start(struct sink *sink, const struct record *record)
{
	struct chrome_sink *s = (struct chrome_sink *)sink;
	const struct record_start *start = &record->start;
	FILE *out = begin_instant(s, s->target ? s->target : track_of(s, start->cgroup, &start->container),
				  LANE_KILLS, record->time.boot_ns, "g");

	fprintf(out, ",\"cat\":\"start\",\"name\":\"the target is %s\",\"args\":{\"run\":%" PRIu64 "}",
		start->run > 1 ? "back" : "followed", start->run);
	return end_event(s);
}

static int chrome_lost(struct sink *sink, const struct record *record)
{
	struct chrome_sink *s = (struct chrome_sink *)sink;
	const struct record_lost *lost = &record->lost;
	FILE *out = begin_instant(s, s->target ? s->target : track_of(s, NULL, NULL), LANE_KILLS,
				  record->time.boot_ns, "g");

	fprintf(out, ",\"cat\":\"lost\",\"name\":\"events lost\",\"args\":{\"count\":%" PRIu64, lost->count);
	put_text(out, "kind", lost->kind);
	fputc('}', out);
	return end_event(s);
}

static int chrome_finish(struct sink *sink)
{
	struct chrome_sink *s = (struct chrome_sink *)sink;

	for (uint32_t i = 0; i <= TRACKS_MAX; i++) {
		if (s->stalls[i].since_ns)
			put_stall(s, TRACK_FIRST + i, &s->stalls[i]);
	}
	fputs(s->began ? "\n]}\n" : "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[]}\n", sink->out);
	return sink__flush(sink);
}

static void chrome_free(struct sink *sink)
{
	struct chrome_sink *s = (struct chrome_sink *)sink;

	for (uint32_t i = 0; i < s->track_count; i++)
		free(s->tracks[i]);
	free(s);
}

static const sink_take_fn chrome_takes[RECORD_KINDS] = {
	[RECORD_SESSION] = chrome_session, [RECORD_OOM] = chrome_oom,
	[RECORD_LIMIT] = chrome_limit,	   [RECORD_USAGE] = chrome_usage,
	[RECORD_RECLAIM] = chrome_reclaim, [RECORD_STALL] = chrome_stall,
	[RECORD_EXIT] = chrome_exit,	   [RECORD_LOST] = chrome_lost,
	[RECORD_SIGKILL] = chrome_sigkill, [RECORD_START] = chrome_start,
	[RECORD_RELIEF] = chrome_relief,
};

static int chrome_take(struct sink *sink, const struct record *record)
{
	return sink__dispatch(chrome_takes, sink, record);
}

static const struct sink_ops chrome_ops = {
	.take = chrome_take,
	.free = chrome_free,
	.finish = chrome_finish,
};

struct sink *chrome_trace__new(FILE *out)
{
	struct chrome_sink *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->base = (struct sink){ .ops = &chrome_ops, .out = out };
	return &s->base;
}
