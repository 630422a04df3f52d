// SPDX-License-Identifier: GPL-2.0-only
/* The verdict: what a reader who reads one sentence must know, and the few that say why. */
#include <inttypes.h>

#include "html.h"
#include "html_report.h"

static void put_count(FILE *out, uint64_t count, const char *one, const char *many)
{
	fprintf(out, "%" PRIu64 " %s", count, count == 1 ? one : many);
}

static void put_target_heading(const struct html_report *r, FILE *out)
{
	if (r->gone && r->gone_oom_victim) {
		html__name(out, r->target);
		fputs(" was OOM-killed", out);
	} else if (r->gone && r->gone_has_status) {
		html__name(out, r->target);
		fprintf(out, " ended with exit code %d, %s", sink__exit_code(r->gone_status),
			r->kills ? "and not by the OOM killer" : "and nothing was OOM-killed");
	} else if (r->gone) {
		html__name(out, r->target);
		fprintf(out, " has ended%s", r->kills ? "" : ", and nothing was OOM-killed");
	} else if (r->kills) {
		html__name(out, r->target);
		fputs(" lost ", out);
		put_count(out, r->kills, "process", "processes");
		fputs(" to the OOM killer and lived on", out);
	} else {
		fputs("No process of ", out);
		html__name(out, r->target);
		fputs(" was OOM-killed", out);
	}
}

/* "its own limit of 20.0 MiB, lowered from 160.0 MiB by sh pid 464 0.1 s before" */
static void put_why(const struct html_report *r, FILE *out)
{
	const struct html_last_kill *k = &r->last_kill;
	const struct html_write *write = html_report__write_of(r, k->cause_limit_id);

	if (k->cause == CAUSE_SYSRQ) {
		fputs("somebody asked for it by sysrq", out);
		return;
	}
	if (k->cause == CAUSE_MACHINE) {
		fputs("the whole machine was out of memory", out);
		return;
	}
	fputs(k->own ? "its own limit" : "the limit", out);
	if (k->has_limit) {
		fputs(" of <b>", out);
		html__size(out, k->max_bytes);
		fputs("</b>", out);
	}
	if (!k->own) {
		fputs(" of ", out);
		html__name(out, k->cgroup);
	}
	if (write && (k->cause == CAUSE_WRITE || k->cause == CAUSE_LOWERED)) {
		fputs(", lowered from <b>", out);
		html__size(out, write->old_bytes);
		fputs("</b> by ", out);
		html__process(out, write->comm, write->pid);
		fputs(write->self ? " (oomtrace) " : " ", out);
		html__duration(out, k->since_ns);
		fputs(" before", out);
	} else if (k->cause == CAUSE_REACHED) {
		fputs(", into which it grew", out);
	} else if (k->cause == CAUSE_ANCESTOR) {
		fputs(", which stands above it", out);
	}
}

static void put_sentences(const struct html_report *r, FILE *out)
{
	if (r->last_kill.known) {
		fputs("<p class=\"lead\">", out);
		fprintf(out, r->kills > 1 ? "The last of <b>%" PRIu64 "</b> kills, " : "", r->kills);
		html__process(out, r->last_kill.comm, r->last_kill.pid);
		fputs(r->kills > 1 ? ", came at " : " was killed at ", out);
		put_why(r, out);
		fputs(".</p>\n", out);
	}
	if (r->has_first_kill) {
		fputs("<p>The first process was killed at a limit of at most <b>", out);
		html__size(out, r->first_kill_max);
		fputs("</b>", out);
		if (r->died) {
			fputs("; the last process had ended at <b>", out);
			html__size(out, r->died_max);
			fputs("</b>", out);
		}
		fputs(".</p>\n", out);
	}
	if (r->has_runtime) {
		fputs("<p>The runtime says: ", out);
		html__text(out, r->runtime_status);
		fprintf(out, ", exit code %d, OOMKilled %s.</p>\n", r->runtime_exit_code,
			r->runtime_oom_killed ? "true" : "false");
	}
	if (r->no_victim) {
		fputs("<p>Memory ran out ", out);
		put_count(out, r->no_victim, "time", "times");
		fputs(" more and nothing could be killed.</p>\n", out);
	}
	if (r->lost) {
		fputs("<p class=\"warn\">", out);
		put_count(out, r->lost, "event was", "events were");
		fputs(" lost: what follows has gaps.</p>\n", out);
	}
	if (!r->has_end)
		fputs("<p class=\"warn\">The recording breaks off: it has no end record.</p>\n", out);
}

void html_verdict__write(const struct html_report *r, FILE *out)
{
	fprintf(out, "<section class=\"verdict%s\" aria-labelledby=\"verdict\">\n<h1 id=\"verdict\">",
		r->kills || (r->gone && r->gone_oom_victim) ? " bad" : "");
	if (r->target[0]) {
		put_target_heading(r, out);
	} else if (r->kills) {
		put_count(out, r->kills, "process was", "processes were");
		fputs(" OOM-killed", out);
	} else {
		fputs("Nothing was OOM-killed", out);
	}
	fputs("</h1>\n", out);
	put_sentences(r, out);
	fputs("</section>\n", out);
}
