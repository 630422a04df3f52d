// SPDX-License-Identifier: GPL-2.0-only
/* Text for people. The first line of an incident says it all; the indented ones say why. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "gfp.h"
#include "sink.h"
#include "units.h"

#define LABEL_WIDTH 10
#define SHORT_ID 12
#define NS_PER_DAY 86400000000000LL
#define VICTIMS_SHOWN 64 /* of one incident; a group kill can have thousands. JSON has them all */

struct text_sink {
	struct sink base;
	bool colour;
	char target_id[CONTAINER__ID_SIZE]; /* of the target, when that is a container; else "" */
	int64_t day; /* of the last time that was printed, since 1970 */
};

enum style { STYLE_PLAIN, STYLE_KILL, STYLE_DIM, STYLE_STRONG };

static void style(const struct text_sink *sink, enum style style)
{
	static const char *const codes[] = { "\033[0m", "\033[1;31m", "\033[2m", "\033[1m" };

	if (sink->colour)
		fputs(codes[style], sink->base.out);
}

/*
 * Names that somebody else chose never reach the terminal as they are. What isn't UTF-8 looks as a
 * recording has it, so that its report is the same.
 */
static void put_bytes(FILE *out, const char *bytes, size_t len)
{
	size_t clean_size = ESCAPE__UTF8_SIZE(len), safe_size = ESCAPE__TERMINAL_SIZE(clean_size);
	char *clean = malloc(clean_size + safe_size), *safe = clean + clean_size;

	if (!clean)
		return;
	escape__terminal(safe, safe_size, clean, escape__utf8(clean, clean_size, bytes, len));
	fputs(safe, out);
	free(clean);
}

static void put(FILE *out, const char *name)
{
	put_bytes(out, name ? name : "(unknown)", strlen(name ? name : "(unknown)"));
}

static void put_size(FILE *out, const char *label, uint64_t bytes)
{
	char text[UNITS__TEXT_SIZE];

	fprintf(out, "%s%s", label, units__format_size(text, sizeof(text), bytes));
}

static void put_label(const struct text_sink *sink, const char *label)
{
	fputs("    ", sink->base.out);
	style(sink, STYLE_DIM);
	fprintf(sink->base.out, "%-*s", LABEL_WIDTH, label);
	style(sink, STYLE_PLAIN);
}

/* The time of day, UTC as in JSON; the date has a line of its own when it isn't that of before. */
static void put_time(struct text_sink *sink, const struct record_time *time)
{
	int64_t day = time->wall_ns / NS_PER_DAY;
	char text[64];

	sink__format_time(text, sizeof(text), time->wall_ns);
	style(sink, STYLE_DIM);
	if (day != sink->day)
		fprintf(sink->base.out, "%.10s (UTC)\n", text);
	sink->day = day;
	/* "2026-11-23T20:26:01.123456Z": from the T on, to the millisecond */
	fprintf(sink->base.out, "%.12s  ", text + 11);
	style(sink, STYLE_PLAIN);
}

/* "docker web (3f2a91c0b1de)"; false and nothing when it is no container. */
static bool put_container(FILE *out, const struct record_container *c)
{
	if (c->ref.runtime == CONTAINER__UNKNOWN)
		return false;
	fprintf(out, "%s ", container__runtime_name(c->ref.runtime));
	if (c->name)
		put(out, c->name);
	if (c->name && c->ref.id[0])
		fputs(" (", out);
	put_bytes(out, c->ref.id[0] ? c->ref.id : c->ref.pod_uid,
		  c->ref.id[0] ? strnlen(c->ref.id, SHORT_ID) : strlen(c->ref.pod_uid));
	if (c->name && c->ref.id[0])
		fputc(')', out);
	return true;
}

/* Whether this is the container that is being traced, which need not be named again and again. */
static bool is_target(const struct text_sink *sink, const struct record_container *c)
{
	return sink->target_id[0] && !strcmp(sink->target_id, c->ref.id);
}

static void put_process(FILE *out, const char *comm, uint32_t pid)
{
	put(out, comm);
	fprintf(out, " (pid %u)", pid);
}

static int text_session(struct sink *base, const struct record_session *s)
{
	struct text_sink *sink = (struct text_sink *)base;
	FILE *out = base->out;

	snprintf(sink->target_id, sizeof(sink->target_id), "%s", s->container.ref.id);
	sink->day = 0; /* of a recording's sessions each begins as if it were the only one */
	put_time(sink, &s->time);
	fputs("oomtrace ", out);
	put(out, s->version);
	fputs(" on Linux ", out);
	put(out, s->kernel);
	fputs(", watching ", out);
	style(sink, STYLE_STRONG);
	if (!s->target_cgroup)
		fputs("the whole machine", out);
	else if (!put_container(out, &s->container))
		put(out, s->target_cgroup);
	style(sink, STYLE_PLAIN);
	fputc('\n', out);
	if (s->target_cgroup && s->container.ref.runtime != CONTAINER__UNKNOWN) {
		put_label(sink, "cgroup");
		put(out, s->target_cgroup);
		fputc('\n', out);
	}
	for (int i = 0; i < PLAN_PURPOSES; i++) {
		if (!s->plan->choices[i].wanted || plan__chosen(s->plan, i))
			continue;
		put_label(sink, "without");
		fprintf(out, "%s (%s)\n", plan_purposes[i].lost,
			strerror(-s->plan->choices[i].error));
	}
	return sink__flush(base);
}

static const struct record_victim *first_killed(const struct record_oom *oom)
{
	for (size_t i = 0; i < oom->victim_count; i++) {
		if (oom->victims[i].role != ROLE_EXITING)
			return &oom->victims[i];
	}
	return NULL;
}

/* "killed hog (pid 12) in docker web (...)" and the like. */
static void put_outcome(const struct text_sink *sink, const struct record_oom *oom)
{
	const struct record_victim *victim = first_killed(oom);
	FILE *out = sink->base.out;

	fprintf(out, "OOM %" PRIu64 ": ", oom->id);
	if (victim) {
		style(sink, STYLE_KILL);
		fputs("killed ", out);
		put_process(out, victim->comm, victim->pid);
		if (oom->killed > 1)
			fprintf(out, " and %" PRIu64 " more", oom->killed - 1);
		style(sink, STYLE_PLAIN);
		if (victim->container.ref.runtime != CONTAINER__UNKNOWN &&
		    !is_target(sink, &victim->container)) {
			fputs(" in ", out);
			put_container(out, &victim->container);
		}
		if (victim->init)
			fputs(", its init", out);
	} else if (oom->outcome == OOM_NO_VICTIM) {
		style(sink, STYLE_KILL);
		fputs("nothing could be killed", out);
		style(sink, STYLE_PLAIN);
		fputs(": every process is exempt (oom_score_adj -1000) or dying", out);
	} else if (oom->outcome == OOM_EXITING) {
		fputs("nothing was killed: ", out);
		put_process(out, oom->victim_count ? oom->victims[0].comm : NULL,
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
	put_size(out, ", swap ", l->swap_usage_bytes);
	put_size(out, " of ", l->swap_max_bytes);
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
	const struct record_victim *victim = first_killed(oom);
	FILE *out = sink->base.out;

	put_label(sink, "limit");
	if (oom->sysrq) {
		fputs("none: somebody asked for a kill by sysrq\n", out);
		return;
	}
	if (oom->whole_machine) {
		fputs("none: the whole machine is out of memory", out);
		if (oom->constraint && strcmp(oom->constraint, "none")) {
			fputs(" within a ", out);
			put(out, oom->constraint);
		}
		fputc('\n', out);
		return;
	}
	if (!oom->limit) {
		fputs("(lost)\n", out);
		return;
	}
	if (oom->limit->has_memory) {
		put_size(out, "", oom->limit->max_bytes);
		put_size(out, ", usage ", oom->limit->usage_bytes);
		put_swap(out, oom->limit);
		fputs(", of ", out);
	}
	/* Its path is long, and the first line has its name. */
	if (victim && is_own_limit(oom, victim)) {
		fputs("the container itself\n", out);
		return;
	}
	put(out, oom->limit->path);
	if (victim && victim->cgroup && oom->limit->path &&
	    strcmp(victim->cgroup, oom->limit->path))
		fputs(" (an ancestor of the victim's cgroup)", out);
	fputc('\n', out);
}

static void put_trigger(const struct text_sink *sink, const struct record_oom *oom)
{
	const struct record_victim *victim = first_killed(oom);
	FILE *out = sink->base.out;
	char gfp[GFP_TEXT_SIZE];

	put_label(sink, "asked by");
	if (victim && victim->pid == oom->trigger_pid)
		fputs("itself", out);
	else
		put_process(out, oom->trigger_comm, oom->trigger_pid);
	if (!oom->sysrq)
		fprintf(out, ", %s", gfp__format(gfp, sizeof(gfp), oom->gfp_mask));
	if (oom->order > 0)
		fprintf(out, ", order %d", oom->order);
	fputc('\n', out);
	if (oom->trigger_cgroup && oom->limit && oom->limit->path &&
	    strcmp(oom->trigger_cgroup, oom->limit->path) &&
	    (!victim || !victim->cgroup || strcmp(oom->trigger_cgroup, victim->cgroup))) {
		put_label(sink, "");
		fputs("in ", out);
		put(out, oom->trigger_cgroup);
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
	put_label(sink, "cause");
	if (oom->cause == CAUSE_WRITE) {
		fprintf(out, "inside write %" PRIu64 " of memory.max, by ", oom->cause_limit_id);
		put_process(out, oom->trigger_comm, oom->trigger_pid);
		fputc('\n', out);
	} else if (oom->cause == CAUSE_LOWERED) {
		fprintf(out, "write %" PRIu64 " had lowered the limit below usage, %s before\n",
			oom->cause_limit_id, since);
	} else {
		fprintf(out, "%s\n", oom->cause == CAUSE_ANCESTOR ?
			"an ancestor's limit: all below it share that memory" :
			"the workload grew into its limit");
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
	put_label(sink, "");
	style(sink, STYLE_DIM);
	fputc('$', out);
	while (from < end) {
		size_t len = strnlen(v->cmdline + from, end - from);

		fputc(' ', out);
		put_bytes(out, v->cmdline + from, len);
		from += len + 1;
	}
	fputs(v->cmdline_cut ? " ...\n" : "\n", out);
	style(sink, STYLE_PLAIN);
}

static void put_victim(const struct text_sink *sink, const struct record_oom *oom,
		       const struct record_victim *v)
{
	FILE *out = sink->base.out;

	put_label(sink, role_label(v));
	put_process(out, v->comm, v->pid);
	if (v->tid != v->pid)
		fprintf(out, ", thread %u", v->tid);
	if (v->ns_pid && v->ns_pid != v->pid)
		fprintf(out, ", pid %u inside", v->ns_pid);
	fprintf(out, ", uid %u, adj %d", v->uid, v->oom_score_adj);
	if (v->has_points)
		fprintf(out, ", points %" PRId64, v->points);
	fputc('\n', out);
	if (v->has_mm) {
		put_label(sink, "");
		put_size(out, "anon ", v->anon_rss_bytes);
		put_size(out, ", file ", v->file_rss_bytes);
		put_size(out, ", shmem ", v->shmem_rss_bytes);
		if (v->swap_bytes)
			put_size(out, ", swap ", v->swap_bytes);
		put_size(out, ", tables ", v->pgtables_bytes);
		fputc('\n', out);
	}
	if (v->cmdline)
		put_cmdline(sink, v);
	if (v->cgroup && (!oom->limit || !oom->limit->path || strcmp(v->cgroup, oom->limit->path))) {
		put_label(sink, "");
		fputs("in ", out);
		put(out, v->cgroup);
		fputc('\n', out);
	}
}

static void put_gaps(const struct text_sink *sink, const struct record_oom *oom)
{
	FILE *out = sink->base.out;

	if (oom->waits) {
		put_label(sink, "waited");
		fprintf(out, "until the victim before was gone (%" PRIu64 " runs that killed nothing)\n",
			oom->waits);
	}
	if (oom->repeats) {
		put_label(sink, "repeated");
		fprintf(out, "%" PRIu64 " times since the last report\n", oom->repeats);
	}
	if (oom->joined_late) {
		put_label(sink, "joined");
		fputs("this run was going on already when oomtrace attached\n", out);
	}
	if (oom->incomplete) {
		put_label(sink, "lost");
		fprintf(out, "part of this run: the ring buffer was full");
		if (oom->missing)
			fprintf(out, "; %" PRIu64 " victims are missing", oom->missing);
		fputc('\n', out);
	}
}

static int text_oom(struct sink *base, const struct record_oom *oom)
{
	struct text_sink *sink = (struct text_sink *)base;
	char took[UNITS__TEXT_SIZE];
	size_t shown = oom->victim_count;

	put_time(sink, &oom->time);
	put_outcome(sink, oom);
	if (oom->trigger_comm) {
		put_limit(sink, oom);
		put_cause(sink, oom);
		put_trigger(sink, oom);
	}
	if (shown > VICTIMS_SHOWN)
		shown = VICTIMS_SHOWN;
	for (size_t i = 0; i < shown; i++)
		put_victim(sink, oom, &oom->victims[i]);
	if (shown < oom->victim_count) {
		put_label(sink, "");
		fprintf(base->out, "... and %zu more (all of them with --output json)\n",
			oom->victim_count - shown);
	}
	put_gaps(sink, oom);
	if (oom->duration_ns) {
		put_label(sink, "took");
		fprintf(base->out, "%s\n",
			units__format_duration(took, sizeof(took), oom->duration_ns));
	}
	return sink__flush(base);
}

static int text_limit(struct sink *base, const struct record_limit *l)
{
	struct text_sink *sink = (struct text_sink *)base;
	char took[UNITS__TEXT_SIZE];
	FILE *out = base->out;

	put_time(sink, &l->time);
	style(sink, STYLE_STRONG);
	fprintf(out, "%s", sink__limit_file_name(l->file));
	put_size(out, " ", l->old_bytes);
	put_size(out, " -> ", l->new_bytes);
	style(sink, STYLE_PLAIN);
	fputs(" by ", out);
	put_process(out, l->writer_comm, l->writer_pid);
	if (l->result < 0)
		fprintf(out, ": refused, %s", strerror((int)-l->result));
	fputc('\n', out);
	put_label(sink, "write");
	fprintf(out, "%" PRIu64 ": ", l->id);
	put_size(out, "usage ", l->usage_before_bytes);
	put_size(out, " -> ", l->usage_after_bytes);
	put_size(out, ", reclaimed ", l->reclaimed_bytes);
	fprintf(out, ", killed %u, in %s\n", l->kills,
		units__format_duration(took, sizeof(took), l->duration_ns));
	put_label(sink, "of");
	if (!is_target(sink, &l->container) || !put_container(out, &l->container))
		put(out, l->cgroup);
	fputc('\n', out);
	return sink__flush(base);
}

/* "512.0 MiB -> 400.0 MiB: reclaimed 61.0 MiB in 4.1 ms, killed 2 inside the write, ..." */
static int text_step(struct sink *base, const struct record_step *s)
{
	struct text_sink *sink = (struct text_sink *)base;
	char took[UNITS__TEXT_SIZE];
	FILE *out = base->out;

	put_time(sink, &s->time);
	style(sink, STYLE_STRONG);
	put_size(out, "", s->old_bytes);
	put_size(out, " -> ", s->new_bytes);
	style(sink, STYLE_PLAIN);
	put_size(out, ": reclaimed ", s->reclaimed_bytes);
	fprintf(out, " in %s, killed %" PRIu64 " inside the write",
		units__format_duration(took, sizeof(took), s->duration_ns), s->killed_inside);
	if (s->has_needed && s->needed < s->killed_inside)
		fprintf(out, " (%" PRIu64 " would have been enough)", s->needed);
	fprintf(out, ", %" PRIu64 " after it, %s\n", s->killed_after, s->alive ? "alive" : "gone");
	return sink__flush(base);
}

static void put_row(FILE *out, const struct record_step *s)
{
	char new[UNITS__TEXT_SIZE], before[UNITS__TEXT_SIZE];
	char after[UNITS__TEXT_SIZE], first[UNITS__TEXT_SIZE] = "-", floor[UNITS__TEXT_SIZE] = "-";

	if (s->has_first_kill)
		units__format_duration(first, sizeof(first), s->first_kill_ns);
	if (s->has_floor)
		units__format_size(floor, sizeof(floor), s->floor_bytes);
	fprintf(out, "    %11s %11s %11s %11s %7" PRIu64 " %6" PRIu64 " %9s  %s\n",
		units__format_size(new, sizeof(new), s->new_bytes),
		units__format_size(before, sizeof(before), s->usage_before_bytes),
		units__format_size(after, sizeof(after), s->usage_after_bytes), floor,
		s->killed_inside, s->killed_after, first, s->alive ? "yes" : "no");
}

static int text_steps(struct sink *base, const struct record_steps *s)
{
	struct text_sink *sink = (struct text_sink *)base;
	FILE *out = base->out;

	put_time(sink, &s->time);
	fprintf(out, "changes of memory.max: %zu\n", s->count);
	style(sink, STYLE_DIM);
	fprintf(out, "    %11s %11s %11s %11s %7s %6s %9s  %s\n", "limit", "usage", "after",
		"floor", "inside", "after", "first", "alive");
	style(sink, STYLE_PLAIN);
	for (size_t i = 0; i < s->count; i++)
		put_row(out, &s->steps[i]);
	if (s->has_first_kill)
		put_size(out, "    first process killed at <= ", s->first_kill_max_bytes);
	else
		fputs("    no process was killed", out);
	if (s->died)
		put_size(out, "; all gone at <= ", s->died_max_bytes);
	fputc('\n', out);
	if (s->restored) {
		put_size(out, "    the limit of before, ", s->old_bytes);
		fputs(": ", out);
		put(out, s->restored);
		fputc('\n', out);
	}
	return sink__flush(base);
}

static int text_repeats(struct sink *base, const struct record_repeats *r)
{
	struct text_sink *sink = (struct text_sink *)base;

	put_time(sink, &r->time);
	fprintf(base->out, "nothing could be killed %" PRIu64 " more time%s, at the limit of ",
		r->repeats, r->repeats == 1 ? "" : "s");
	if (r->limit_cgroup)
		put(base->out, r->limit_cgroup);
	else if (r->limit_cgroup_id)
		fprintf(base->out, "cgroup %" PRIu64 " (gone)", r->limit_cgroup_id);
	else
		fputs("the machine", base->out);
	fputc('\n', base->out);
	return sink__flush(base);
}

static void put_status(FILE *out, uint32_t status)
{
	int signal = status & 0x7f;

	fprintf(out, "exit code %d", sink__exit_code(status));
	if (signal)
		fprintf(out, " (128 + %d, SIG%s)", signal,
			sigabbrev_np(signal) ? sigabbrev_np(signal) : "?");
}

static int text_exit(struct sink *base, const struct record_exit *e)
{
	struct text_sink *sink = (struct text_sink *)base;
	FILE *out = base->out;

	/* Each victim's end follows its kill: only the end of the whole target is news. */
	if (!e->container)
		return 0;
	put_time(sink, &e->time);
	style(sink, STYLE_STRONG);
	if (!put_container(out, &e->which))
		put(out, e->cgroup);
	fputs(" is gone", out);
	style(sink, STYLE_PLAIN);
	if (e->has_status) {
		fputs(":\n", out);
		put_label(sink, "init");
		put_process(out, e->comm, e->pid);
		fputs(" ended with ", out);
		put_status(out, e->status);
		if ((e->status & 0x7f) == 9)
			fputs(e->oom_victim ? ", killed by the OOM killer" :
					      ", not by the OOM killer",
			      out);
	} else {
		fputs(": its last process has ended", out);
	}
	fputc('\n', out);
	if (e->runtime_status) {
		put_label(sink, container__runtime_name(e->which.ref.runtime));
		put(out, e->runtime_status);
		fprintf(out, ", ExitCode %d, OOMKilled %s\n", e->runtime_exit_code,
			e->runtime_oom_killed ? "true" : "false");
	}
	return sink__flush(base);
}

static int text_lost(struct sink *base, const struct record_lost *lost)
{
	struct text_sink *sink = (struct text_sink *)base;

	put_time(sink, &lost->time);
	style(sink, STYLE_KILL);
	fprintf(base->out, "LOST %" PRIu64 " ", lost->count);
	put(base->out, lost->kind);
	fputs(" events: the ring buffer was full; try a larger --ring-size\n", base->out);
	style(sink, STYLE_PLAIN);
	return sink__flush(base);
}

static int text_end(struct sink *base, const struct record_end *end)
{
	struct text_sink *sink = (struct text_sink *)base;

	put_time(sink, &end->time);
	fprintf(base->out, "%" PRIu64 " OOM%s, %" PRIu64 " process%s killed, ", end->ooms,
		end->ooms == 1 ? "" : "s", end->kills, end->kills == 1 ? "" : "es");
	if (end->lost)
		fprintf(base->out, "%" PRIu64 " events lost", end->lost);
	else
		fputs("nothing lost", base->out);
	fputs(" (", base->out);
	put(base->out, end->reason);
	fputs(")\n", base->out);
	return sink__flush(base);
}

static void text_free(struct sink *sink)
{
	free(sink);
}

/* A curve is no text: the status line and reports show it. */
static int text_usage(struct sink *sink, const struct record_usage *usage)
{
	(void)sink, (void)usage;
	return 0;
}

static int text_reclaim(struct sink *sink, const struct record_reclaim *reclaim)
{
	(void)sink, (void)reclaim;
	return 0;
}

static int text_stall(struct sink *sink, const struct record_stall *stall)
{
	(void)sink, (void)stall;
	return 0;
}

static int text_stack(struct sink *sink, const struct record_stack *stack)
{
	(void)sink, (void)stack;
	return 0;
}

static const struct sink_ops text_ops = {
	.session = text_session,
	.oom = text_oom,
	.limit = text_limit,
	.step = text_step,
	.steps = text_steps,
	.repeats = text_repeats,
	.usage = text_usage,
	.reclaim = text_reclaim,
	.stall = text_stall,
	.stack = text_stack,
	.exit = text_exit,
	.lost = text_lost,
	.end = text_end,
	.free = text_free,
};

struct sink *sink_text__new(FILE *out, bool colour)
{
	struct text_sink *sink = malloc(sizeof(*sink));

	if (!sink)
		return NULL;
	*sink = (struct text_sink){ .base = { .ops = &text_ops, .out = out }, .colour = colour };
	return &sink->base;
}
