// SPDX-License-Identifier: GPL-2.0-only
/* One run of the OOM killer, as text. */
#include <inttypes.h>
#include <string.h>

#include "record/gfp.h"
#include "output/text_log.h"
#include "base/units.h"

#define VICTIMS_SHOWN 64 /* of one incident; a group kill can have thousands. JSON has them all */

/* "killed hog (pid 12) in docker web (...)" and the like. */
static void put_outcome(const struct text_sink *sink, const struct record_oom *oom)
{
	const struct record_victim *victim = record__first_killed(oom);
	FILE *out = sink->base.out;

	fprintf(out, "OOM %" PRIu64 ": ", oom->id);
	if (victim) {
		text__style(sink, STYLE_KILL);
		fputs("killed ", out);
		text__process(out, victim->comm, victim->pid);
		if (oom->killed > 1)
			fprintf(out, " and %" PRIu64 " more", oom->killed - 1);
		text__style(sink, STYLE_PLAIN);
		if (victim->container.ref.runtime != CONTAINER__UNKNOWN &&
		    !text__is_target(sink, &victim->container)) {
			fputs(" in ", out);
			text__container(out, &victim->container);
		}
		if (victim->init)
			fputs(", its init", out);
	} else if (oom->log && oom->log->is_panic) {
		text__style(sink, STYLE_KILL);
		fputs("the kernel panicked instead of killing", out);
		text__style(sink, STYLE_PLAIN);
	} else if (oom->log && !oom->outcome) {
		fputs("the report ends early: whether a process was killed isn't in the log", out);
	} else if (oom->outcome == OOM_NO_VICTIM) {
		text__style(sink, STYLE_KILL);
		fputs("nothing could be killed", out);
		text__style(sink, STYLE_PLAIN);
		fputs(": every process is exempt (oom_score_adj -1000) or dying", out);
	} else if (oom->outcome == OOM_EXITING) {
		fputs("nothing was killed: ", out);
		text__process(out, oom->victim_count ? oom->victims[0].comm : NULL,
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
	text__size(out, ", swap ", l->swap_usage_bytes);
	text__size(out, " of ", l->swap_max_bytes);
}

static bool is_own_limit(const struct record_oom *oom, const struct record_victim *victim)
{
	const struct container_ref *own = &victim->container.ref;

	return own->runtime != CONTAINER__UNKNOWN && oom->limit->path && victim->cgroup &&
	       strlen(oom->limit->path) == own->prefix_len &&
	       !strncmp(oom->limit->path, victim->cgroup, own->prefix_len);
}

static void put_limit(const struct text_sink *sink, const struct record_oom *oom)
{
	const struct record_victim *victim = record__first_killed(oom);
	FILE *out = sink->base.out;

	text__label(sink, "limit");
	if (oom->sysrq) {
		fputs("none: somebody asked for a kill by sysrq\n", out);
		return;
	}
	if (oom->whole_machine) {
		fputs("none: the whole machine is out of memory", out);
		if (oom->constraint && strcmp(oom->constraint, "none")) {
			fputs(" within a ", out);
			text__name(out, oom->constraint);
		}
		fputc('\n', out);
		return;
	}
	if (!oom->limit) {
		fputs(oom->log ? "(not in the log)\n" : "(lost)\n", out);
		return;
	}
	if (oom->limit->has_memory) {
		text__size(out, "", oom->limit->max_bytes);
		if (oom->limit->high_bytes != RECORD_NO_LIMIT)
			text__size(out, ", memory.high ", oom->limit->high_bytes);
		text__size(out, ", usage ", oom->limit->usage_bytes);
		put_swap(out, oom->limit);
		fputs(", of ", out);
	}
	/* Its path is long, and the first line has its name. */
	if (victim && is_own_limit(oom, victim)) {
		fputs("the container itself\n", out);
		return;
	}
	text__name(out, oom->limit->path);
	if (victim && victim->cgroup && oom->limit->path && strcmp(victim->cgroup, oom->limit->path))
		fputs(" (an ancestor of the victim's cgroup)", out);
	fputc('\n', out);
}

static void put_trigger(const struct text_sink *sink, const struct record_oom *oom)
{
	const struct record_victim *victim = record__first_killed(oom);
	FILE *out = sink->base.out;
	char gfp[GFP_TEXT_SIZE];

	text__label(sink, "asked by");
	if (victim && victim->pid == oom->trigger_pid)
		fputs("itself", out);
	else
		text__process(out, oom->trigger_comm, oom->trigger_pid);
	if (!oom->sysrq)
		fprintf(out, ", %s", gfp__format(gfp, sizeof(gfp), oom->gfp_mask));
	if (oom->order > 0)
		fprintf(out, ", order %d", oom->order);
	fputc('\n', out);
	if (oom->trigger_cgroup && oom->limit && oom->limit->path &&
	    strcmp(oom->trigger_cgroup, oom->limit->path) &&
	    (!victim || !victim->cgroup || strcmp(oom->trigger_cgroup, victim->cgroup))) {
		text__label(sink, "");
		fputs("in ", out);
		text__name(out, oom->trigger_cgroup);
		fputc('\n', out);
	}
}

static void put_cause(const struct text_sink *sink, const struct record_oom *oom)
{
	char since[UNITS__TEXT_SIZE];
	FILE *out = sink->base.out;

	units__format_duration(since, sizeof(since), oom->cause_since_ns);
	if (oom->cause == CAUSE_UNKNOWN || oom->cause == CAUSE_MACHINE || oom->cause == CAUSE_SYSRQ)
		return;
	text__label(sink, "cause");
	if (oom->cause == CAUSE_WRITE) {
		if (oom->log)
			fputs("inside a write of the limit, by ", out);
		else if (oom->cause_limit_id)
			fprintf(out, "inside write %" PRIu64 " of memory.max, by ", oom->cause_limit_id);
		else
			fputs("inside a write of memory.max whose beginning wasn't seen, by ", out);
		text__process(out, oom->trigger_comm, oom->trigger_pid);
		fputc('\n', out);
	} else if (oom->cause == CAUSE_LOWERED) {
		fprintf(out, "write %" PRIu64 " had lowered the limit below usage, %s before\n",
			oom->cause_limit_id, since);
	} else {
		fprintf(out, "%s\n",
			oom->cause == CAUSE_ANCESTOR ? "an ancestor's limit: all below it share that memory"
						     : "the workload grew into its limit");
	}
}

static const char *role_label(const struct record_victim *v)
{
	switch (v->role) {
	case ROLE_EXITING:
		return "exiting";
	case ROLE_GROUP:
		return v->repeated ? "again" : "group";
	case ROLE_SHARES_MM:
		return "shares mm";
	default:
		return "killed";
	}
}

static void put_cmdline(const struct text_sink *sink, const struct record_victim *v)
{
	FILE *out = sink->base.out;
	size_t from = 0, end = v->cmdline_len;

	/* A process that writes a title over its arguments pads it with blanks or NULs. */
	while (end && (v->cmdline[end - 1] == ' ' || !v->cmdline[end - 1]))
		end--;
	text__label(sink, "");
	text__style(sink, STYLE_DIM);
	fputc('$', out);
	while (from < end) {
		size_t len = strnlen(v->cmdline + from, end - from);

		fputc(' ', out);
		text__bytes(out, v->cmdline + from, len);
		from += len + 1;
	}
	fputs(v->cmdline_cut ? " ...\n" : "\n", out);
	text__style(sink, STYLE_PLAIN);
}

static void put_victim(const struct text_sink *sink, const struct record_oom *oom,
		       const struct record_victim *v)
{
	FILE *out = sink->base.out;

	text__label(sink, role_label(v));
	text__process(out, v->comm, v->pid);
	if (v->tid != v->pid && !(v->unknown & VICTIM_UNKNOWN_IDS))
		fprintf(out, ", thread %u", v->tid);
	if (v->ns_pid && v->ns_pid != v->pid)
		fprintf(out, ", pid %u inside", v->ns_pid);
	if (!(v->unknown & VICTIM_UNKNOWN_UID))
		fprintf(out, ", uid %u", v->uid);
	if (!(v->unknown & VICTIM_UNKNOWN_ADJ))
		fprintf(out, ", adj %d", v->oom_score_adj);
	if (v->has_points)
		fprintf(out, ", points %" PRId64, v->points);
	fputc('\n', out);
	if (v->has_mm) {
		text__label(sink, "");
		text__size(out, "anon ", v->anon_rss_bytes);
		text__size(out, ", file ", v->file_rss_bytes);
		if (!(v->unknown & VICTIM_UNKNOWN_SHMEM))
			text__size(out, ", shmem ", v->shmem_rss_bytes);
		if (v->swap_bytes)
			text__size(out, ", swap ", v->swap_bytes);
		if (!(v->unknown & VICTIM_UNKNOWN_PGTABLES))
			text__size(out, ", tables ", v->pgtables_bytes);
		fputc('\n', out);
	}
	if (v->unable_to_reap) {
		text__label(sink, "");
		fputs("the kernel's reaper couldn't take its memory\n", out);
	}
	if (v->cmdline)
		put_cmdline(sink, v);
	if (v->cgroup && (!oom->limit || !oom->limit->path || strcmp(v->cgroup, oom->limit->path))) {
		text__label(sink, "");
		fputs("in ", out);
		text__name(out, v->cgroup);
		fputc('\n', out);
	}
}

static void put_gaps(const struct text_sink *sink, const struct record_oom *oom)
{
	FILE *out = sink->base.out;

	if (oom->waits) {
		text__label(sink, "waited");
		fprintf(out, "until the victim before was gone (%" PRIu64 " runs that killed nothing)\n",
			oom->waits);
	}
	if (oom->repeats) {
		text__label(sink, "repeated");
		fprintf(out, "%" PRIu64 " times since the last report\n", oom->repeats);
	}
	if (oom->joined_late) {
		text__label(sink, "joined");
		fputs("this run was going on already when oomtrace attached\n", out);
	}
	if (oom->incomplete) {
		text__label(sink, "lost");
		fprintf(out, "part of this run: the ring buffer was full");
		if (oom->missing)
			fprintf(out, "; %" PRIu64 " victims are missing", oom->missing);
		fputc('\n', out);
	}
}

int text__oom(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_oom *oom = &record->oom;
	char took[UNITS__TEXT_SIZE];
	size_t shown = oom->victim_count;

	sink->last_oom_id = oom->id;
	if (oom->log)
		text_log__stamp(sink, oom->log->stamp);
	else
		text__time(sink, &record->time);
	put_outcome(sink, oom);
	if (oom->log) {
		put_limit(sink, oom);
		text_log__counters(sink, oom->log);
		put_cause(sink, oom);
		text_log__trigger(sink, oom);
	} else if (oom->trigger_comm) {
		put_limit(sink, oom);
		text__chain(sink, oom);
		put_cause(sink, oom);
		put_trigger(sink, oom);
	}
	if (oom->history)
		text__history(sink, oom->history);
	if (oom->memory)
		text__memory(sink, oom->memory);
	if (shown > VICTIMS_SHOWN)
		shown = VICTIMS_SHOWN;
	for (size_t i = 0; i < shown; i++)
		put_victim(sink, oom, &oom->victims[i]);
	if (shown < oom->victim_count) {
		text__label(sink, "");
		fprintf(base->out, "... and %zu more (all of them with --output json)\n",
			oom->victim_count - shown);
	}
	put_gaps(sink, oom);
	if (oom->log)
		text_log__rest(sink, oom);
	if (oom->duration_ns) {
		text__label(sink, "took");
		fprintf(base->out, "%s\n", units__format_duration(took, sizeof(took), oom->duration_ns));
	}
	return sink__flush(base);
}
