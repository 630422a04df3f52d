// SPDX-License-Identifier: GPL-2.0-only
/* One run of the OOM killer as a block: the victim, the limit and the cause, and then how usage got there. */
#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "output/text_sink.h"
#include "output/text_log.h"
#include "output/text_snapshot.h"
#include "output/text_tmpfs.h"
#include "record/gfp.h"
#include "record/names.h"

#define VICTIMS_SHOWN 64 /* of one incident; a group kill can have thousands. JSON has them all */
#define VICTIMS_SHOWN_FEW 8

/* "killed hog (pid 12) in docker web (...)" and the like. */
static void put_outcome(const struct text_sink *sink, const struct record_oom *oom)
{
	const struct record_victim *victim = record__first_killed(oom);
	FILE *out = sink->base.out;

	fprintf(out, "OOM %" PRIu64 ": ", oom->id);
	if (victim) {
		text_sink__style(sink, STYLE_KILL);
		fputs("killed ", out);
		text_parts__process(out, victim->comm, victim->pid);
		if (oom->killed > 1)
			fprintf(out, " and %" PRIu64 " more", oom->killed - 1);
		text_sink__style(sink, STYLE_PLAIN);
		if (victim->container.ref.runtime != CONTAINER__UNKNOWN &&
		    !text_sink__is_target(sink, &victim->container)) {
			fputs(" in ", out);
			text_parts__container(out, &victim->container);
		}
		if (victim->init)
			text_parts__init(out, victim);
	} else if (oom->log && oom->log->is_panic) {
		text_sink__style(sink, STYLE_KILL);
		fputs("the kernel panicked instead of killing", out);
		text_sink__style(sink, STYLE_PLAIN);
	} else if (oom->log && !oom->outcome) {
		fputs("the report ends early: whether a process was killed isn't in the log", out);
	} else if (oom->outcome == OOM_NO_VICTIM) {
		text_sink__style(sink, STYLE_KILL);
		fputs("nothing could be killed", out);
		text_sink__style(sink, STYLE_PLAIN);
		fputs(": every process is exempt (oom_score_adj -1000) or dying", out);
	} else if (oom->outcome == OOM_EXITING) {
		fputs("nothing was killed: ", out);
		text_parts__process(out, oom->victim_count ? oom->victims[0].comm : NULL,
				    oom->victim_count ? oom->victims[0].pid : 0);
		fputs(" was exiting already", out);
	} else {
		fputs("its events were lost", out);
	}
	fputc('\n', out);
}

static void put_swap(FILE *out, const struct record_level *l)
{
	if (!l->has_swap || !l->swap_usage_bytes)
		return;
	text_parts__size(out, ", swap ", l->swap_usage_bytes);
	text_parts__size(out, " of ", l->swap_max_bytes);
}

static void put_no_limit(FILE *out, const struct record_oom *oom)
{
	struct cause_facts facts = cause_words__facts(oom);

	if (oom->sysrq) {
		fputs("none: somebody asked for a kill by sysrq\n", out);
		return;
	}
	if (!oom->whole_machine) {
		fputs(oom->log ? "(not in the log)\n" : "(lost)\n", out);
		return;
	}
	if (facts.fragmented)
		fputs("none: memory is free, but not in a piece as large as was asked for\n", out);
	else if (facts.in_cpuset || facts.in_policy)
		fprintf(out, "none: the memory nodes of a %s are out of memory\n",
			facts.in_cpuset ? "cpuset" : "memory policy");
	else
		fputs("none: the whole machine is out of memory\n", out);
}

static void put_limit(const struct text_sink *sink, const struct record_oom *oom)
{
	const struct record_victim *victim = record__first_killed(oom);
	FILE *out = sink->base.out;

	text_sink__label(sink, "limit");
	if (oom->sysrq || oom->whole_machine || !oom->limit) {
		put_no_limit(out, oom);
		return;
	}
	if (oom->limit->has_memory) {
		text_parts__size(out, "", oom->limit->max_bytes);
		fputs(" of ", out);
	}
	text_parts__place(out, oom->limit->path, &oom->limit_container);
	if (victim && victim->cgroup && oom->limit->path && strcmp(victim->cgroup, oom->limit->path) &&
	    oom->cause == CAUSE_ANCESTOR_LIMIT)
		fputs(", above the process's own cgroup", out);
	if (oom->limit->has_memory) {
		text_parts__size(out, ", usage ", oom->limit->usage_bytes);
		if (oom->limit->high_bytes != RECORD_NO_LIMIT)
			text_parts__size(out, ", memory.high ", oom->limit->high_bytes);
		put_swap(out, oom->limit);
	}
	fputc('\n', out);
}

/* Who needed the memory that wasn't there: of interest when that isn't who was killed. */
static void put_trigger(const struct text_sink *sink, const struct record_oom *oom)
{
	const struct record_victim *victim = record__first_killed(oom);
	bool itself = victim && victim->pid == oom->trigger_pid;
	bool all = sink->look.detail == TEXT_ALL;
	FILE *out = sink->base.out;
	char gfp[GFP_TEXT_SIZE];

	if (!all && (itself || oom->cause == CAUSE_INSIDE_WRITE))
		return;
	text_sink__label(sink, "for");
	if (itself)
		fputs("itself: it needed more memory", out);
	else
		text_parts__process(out, oom->trigger_comm, oom->trigger_pid);
	if (!itself)
		fputs(", which needed more memory", out);
	if (all && !oom->sysrq)
		fprintf(out, ", %s", gfp__format(gfp, sizeof(gfp), oom->gfp_mask));
	if (all && oom->order > 0)
		fprintf(out, ", order %d", oom->order);
	if (oom->trigger_cgroup && oom->limit && oom->limit->path &&
	    strcmp(oom->trigger_cgroup, oom->limit->path) &&
	    (!victim || !victim->cgroup || strcmp(oom->trigger_cgroup, victim->cgroup))) {
		fputs(", in ", out);
		text_parts__place(out, oom->trigger_cgroup, &oom->trigger_container);
	}
	fputc('\n', out);
}

/* What was written before isn't known. The day stands there if it isn't the record's. */
static void put_unchanged(const struct text_sink *sink)
{
	char time[TEXT_PARTS_TIME_SIZE];

	fputs(", unchanged since ", sink->base.out);
	if (sink->attached_wall_ns > 0) {
		text_parts__format_time(time, sizeof(time), sink->look, sink->attached_wall_ns);
		if (strncmp(time, sink->day, strlen("2026-11-23")) != 0)
			fprintf(sink->base.out, "%.10s ", time);
		fprintf(sink->base.out, "%.8s, when ", time + 11);
	}
	fputs("the trace began", sink->base.out);
}

static void put_cause(const struct text_sink *sink, const struct record_oom *oom)
{
	struct cause_facts facts = cause_words__facts(oom);
	FILE *out = sink->base.out;

	if (oom->cause == CAUSE_UNKNOWN || oom->cause == CAUSE_WHOLE_MACHINE || oom->cause == CAUSE_SYSRQ)
		return;
	text_sink__label(sink, "cause");
	text_parts__cause(out, CAUSE_ALONE, &facts);
	if (oom->cause == CAUSE_LIMIT_UNCHANGED && !oom->cause_limit_id && !oom->log && !sink->lost_writes)
		put_unchanged(sink);
	fputc('\n', out);
}

static void put_cmdline(const struct text_sink *sink, const struct record_victim *v)
{
	FILE *out = sink->base.out;
	size_t from = 0, end = v->cmdline_len;

	/* A process that writes a title over its arguments pads it with blanks or NULs. */
	while (end && (v->cmdline[end - 1] == ' ' || !v->cmdline[end - 1]))
		end--;
	text_sink__label(sink, "");
	text_sink__style(sink, STYLE_DIM);
	fputc('$', out);
	while (from < end) {
		size_t len = strnlen(v->cmdline + from, end - from);

		fputc(' ', out);
		text_parts__bytes(out, v->cmdline + from, len);
		from += len + 1;
	}
	fputs(v->cmdline_cut ? " ..." : "", out);
	text_sink__style(sink, STYLE_PLAIN);
	fputc('\n', out);
}

/* What a process had, but for kinds of which it had nothing. */
static void put_memory(FILE *out, const struct record_victim *v)
{
	const struct {
		const char *label;
		uint64_t bytes;
	} kinds[] = {
		{ "file ", v->file_rss_bytes },
		{ "shared ", v->shmem_rss_bytes },
		{ "swapped out ", v->swap_bytes },
		{ "page tables ", v->pgtables_bytes },
	};

	text_parts__size(out, "anon ", v->anon_rss_bytes);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!kinds[i].bytes)
			continue;
		fputs(", ", out);
		text_parts__size(out, kinds[i].label, kinds[i].bytes);
	}
}

/* For those who want all of it: how the kernel saw the process. */
static void put_identity(const struct text_sink *sink, const struct record_victim *v)
{
	FILE *out = sink->base.out;
	bool has_tid = v->tid != v->pid && !(v->unknown & VICTIM_UNKNOWN_IDS);
	bool has_ns_pid = v->ns_pid && v->ns_pid != v->pid;
	const char *gap = "";

	if ((v->unknown & VICTIM_UNKNOWN_UID) && !has_tid && !has_ns_pid && !v->has_points)
		return; /* a log has nothing of them for those who died with it */
	text_sink__label(sink, "");
	if (!(v->unknown & VICTIM_UNKNOWN_UID)) {
		fprintf(out, "uid %u", v->uid);
		gap = ", ";
	}
	if (has_tid) {
		fprintf(out, "%sthread %u", gap, v->tid);
		gap = ", ";
	}
	if (has_ns_pid) {
		fprintf(out, "%spid %u inside", gap, v->ns_pid);
		gap = ", ";
	}
	if (v->has_points)
		fprintf(out, "%sscore %" PRId64 " pages", gap, v->points);
	fputc('\n', out);
}

static const char *role_label(const struct record_victim *v)
{
	switch (v->role) {
	case ROLE_EXITING:
		return "exiting";
	case ROLE_GROUP:
		return v->repeated ? "again" : "with it";
	case ROLE_SHARES_MM:
		return "shares it"; /* its memory */
	default:
		return "process";
	}
}

static void put_victim(const struct text_sink *sink, const struct record_oom *oom,
		       const struct record_victim *v)
{
	bool all = sink->look.detail == TEXT_ALL, first = v == record__first_killed(oom);
	FILE *out = sink->base.out;

	text_sink__label(sink, role_label(v));
	if (!first)
		text_parts__process(out, v->comm, v->pid);
	if (v->has_mm) {
		fputs(first ? "" : ": ", out);
		put_memory(out, v);
	} else if (first) {
		fputs("its memory is not known", out);
	}
	if (v->oom_score_adj && !(v->unknown & VICTIM_UNKNOWN_ADJ))
		fprintf(out, ", oom_score_adj %d", v->oom_score_adj);
	fputc('\n', out);
	if (v->unable_to_reap) {
		text_sink__label(sink, "");
		fputs("the kernel's reaper couldn't take its memory\n", out);
	}
	if (all)
		put_identity(sink, v);
	if (v->cmdline && (first || all))
		put_cmdline(sink, v);
	if (v->cgroup && (first || all) &&
	    (!oom->limit || !oom->limit->path || strcmp(v->cgroup, oom->limit->path))) {
		text_sink__label(sink, "");
		fputs("in ", out);
		text_parts__place(out, v->cgroup, &v->container);
		fputc('\n', out);
	}
}

static void put_victims(const struct text_sink *sink, const struct record_oom *oom)
{
	size_t most = sink->look.detail == TEXT_ALL ? VICTIMS_SHOWN : VICTIMS_SHOWN_FEW;
	size_t shown = oom->victim_count < most ? oom->victim_count : most;

	for (size_t i = 0; i < shown; i++)
		put_victim(sink, oom, &oom->victims[i]);
	if (shown < oom->victim_count) {
		text_sink__label(sink, "");
		fprintf(sink->base.out, "... and %zu more (all of them with --output json)\n",
			oom->victim_count - shown);
	}
}

static void put_gaps(const struct text_sink *sink, const struct record_oom *oom)
{
	FILE *out = sink->base.out;

	if (oom->waits) {
		text_sink__label(sink, "waited");
		fprintf(out, "%" PRIu64 " time%s for the victim before to be gone\n", oom->waits,
			oom->waits == 1 ? "" : "s");
	}
	if (oom->repeats) {
		text_sink__label(sink, "repeated");
		fprintf(out, "%" PRIu64 " time%s since the last report\n", oom->repeats,
			oom->repeats == 1 ? "" : "s");
	}
	if (oom->in_flight_victims) {
		text_sink__label(sink, "overlap");
		text_parts__size(out, "up to ", oom->in_flight_bytes);
		fprintf(out, " of %" PRIu64 " victim%s before w%s still on the way back\n",
			oom->in_flight_victims, oom->in_flight_victims == 1 ? "" : "s",
			oom->in_flight_victims == 1 ? "as" : "ere");
	}
	if (oom->joined_late) {
		text_sink__label(sink, "joined");
		fputs("this run was going on already when oomtrace attached\n", out);
	}
	if (oom->incomplete) {
		text_sink__label(sink, "lost");
		fputs("part of this run's events", out);
		if (oom->missing)
			fprintf(out, "; %" PRIu64 " victim%s missing", oom->missing,
				oom->missing == 1 ? " is" : "s are");
		fputc('\n', out);
	}
}

int text_oom__put(struct text_sink *sink, const struct record *record)
{
	const struct record_oom *oom = &record->oom;
	FILE *out = sink->base.out;
	int err;

	if (oom->log)
		text_log__stamp(sink, oom->log->stamp, &record->time);
	else
		text_sink__time(sink, &record->time);
	put_outcome(sink, oom);
	put_victims(sink, oom);
	text_candidates__put(sink, oom);
	if (oom->log) {
		put_limit(sink, oom);
		text_log__counters(sink, oom->log);
		put_cause(sink, oom);
		text_log__trigger(sink, oom);
	} else if (oom->trigger_comm) {
		put_limit(sink, oom);
		text_memory__chain(sink, oom);
		text_children__put(sink, oom);
		put_cause(sink, oom);
		put_trigger(sink, oom);
	}
	if (oom->history)
		text_memory__history(sink, oom->history);
	if (oom->before && oom->before->count)
		text_snapshot__before(sink, oom->before);
	text_tmpfs__put(sink, oom);
	if (oom->memory)
		text_memory__put(sink, oom->memory,
				 oom->limit && oom->limit->has_memory ? oom->limit->usage_bytes : 0);
	text_candidates__not_resident(sink, oom);
	text_memory__swap(sink, oom);
	put_gaps(sink, oom);
	if (oom->machine)
		text_log__machine(sink, oom->machine);
	if (oom->log)
		text_log__rest(sink, oom);
	if (oom->duration_ns && sink->look.detail == TEXT_ALL) {
		text_sink__label(sink, "took");
		text_parts__duration(out, "", oom->duration_ns);
		fputs(", the OOM killer's whole run\n", out);
	}
	/* A log has no stacks, and the writer's of a limit says nothing of the process that was killed. */
	if (oom->log || (oom->cause == CAUSE_INSIDE_WRITE && sink->look.detail != TEXT_ALL))
		return 0;
	err = text_sink__flush(sink);
	return err ? err : held__wait(sink->held, oom->id, record->time.wall_ns);
}
