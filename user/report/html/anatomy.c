// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/anatomy.h"

#include <inttypes.h>

#include "report/html/elements.h"

struct phases {
	FILE *out;
	uint64_t from_ns, to_ns;
};

static void put_phase(const struct phases *ph, const char *class, uint64_t from, uint64_t to)
{
	fputs("</th><td>", ph->out);
	html_elements__bar_begin(ph->out);
	html_elements__bar_piece(ph->out, class, from - ph->from_ns, to - ph->from_ns,
				 ph->to_ns - ph->from_ns);
	html_elements__bar_end(ph->out);
	fputs("</td><td class=\"n\">+", ph->out);
	html_elements__duration(ph->out, from - ph->from_ns);
	fputs("</td><td class=\"n\">", ph->out);
	if (to > from) /* else it is a moment: no end of it is known */
		html_elements__duration(ph->out, to - from);
	fputs("</td></tr>\n", ph->out);
}

/* From the earliest that is known to the latest. */
static void widen(struct phases *ph, uint64_t from, uint64_t to)
{
	if (from && from < ph->from_ns)
		ph->from_ns = from;
	if (to > ph->to_ns)
		ph->to_ns = to;
}

static uint64_t run_end(const struct html_pending *p)
{
	return p->started_ns && p->duration_ns ? p->started_ns + p->duration_ns : 0;
}

static void put_back(const struct phases *ph, const struct html_pending_victim *v)
{
	fputs("<tr><th scope=\"row\">until memory was back: ", ph->out);
	html_elements__process(ph->out, v->comm, v->pid);
	if (v->has_returned) {
		fputs(", ", ph->out);
		html_elements__size(ph->out, v->returned_bytes);
		fputs(" of usage", ph->out);
	}
	put_phase(ph, "reclaim", v->marked_ns, v->back_ns);
}

static void put_victim_phases(const struct phases *ph, const struct html_pending *p)
{
	for (size_t i = 0; i < p->victim_count; i++) {
		const struct html_pending_victim *v = &p->victims[i];

		fputs("<tr><th scope=\"row\">", ph->out);
		if (v->exit_ns > v->marked_ns) {
			fputs("marked until exit: ", ph->out);
			html_elements__process(ph->out, v->comm, v->pid);
			put_phase(ph, "exit", v->marked_ns, v->exit_ns);
		} else if (v->marked_ns) {
			fputs("marked: ", ph->out);
			html_elements__process(ph->out, v->comm, v->pid);
			put_phase(ph, "exit", v->marked_ns, v->marked_ns);
		}
		if (v->back_ns)
			put_back(ph, v);
	}
}

void html_anatomy__put(const struct html_report *report, const struct html_pending *p, FILE *out)
{
	struct phases ph = { .out = out, .from_ns = UINT64_MAX };
	const struct html_write *write = html_collected__write_of(report, p->cause_limit_id);

	widen(&ph, p->write_begin_ns, p->write_end_ns);
	widen(&ph, p->reclaim_from_ns, p->reclaim_to_ns);
	widen(&ph, p->started_ns, run_end(p));
	for (size_t i = 0; i < p->victim_count; i++) {
		widen(&ph, p->victims[i].marked_ns, p->victims[i].marked_ns);
		widen(&ph, 0, p->victims[i].exit_ns);
		widen(&ph, 0, p->victims[i].back_ns);
	}
	if (ph.from_ns >= ph.to_ns)
		return;
	html_elements__part_begin(out, "Anatomy of the kill");
	fputs("<div class=\"scroll\"><table class=\"gantt\"><thead><tr><th scope=\"col\">phase</th>"
	      "<td></td><th scope=\"col\" class=\"n\">from</th><th scope=\"col\" class=\"n\">took</th>"
	      "</tr></thead><tbody>\n",
	      out);
	if (p->write_begin_ns) {
		fprintf(out, "<tr><th scope=\"row\">write %" PRIu64, p->cause_limit_id);
		if (write) {
			fputs(" by ", out);
			html_elements__process(out, write->comm, write->pid);
		}
		put_phase(&ph, "write", p->write_begin_ns, p->write_end_ns);
	}
	if (p->reclaim_from_ns) {
		fprintf(out, "<tr><th scope=\"row\">reclaim, %" PRIu64 " run%s of ", p->reclaim.runs,
			p->reclaim.runs == 1 ? "" : "s");
		html_elements__duration(out, p->reclaim.duration_ns);
		fputs(" in all", out);
		put_phase(&ph, "reclaim", p->reclaim_from_ns, p->reclaim_to_ns);
	}
	if (run_end(p)) {
		fputs("<tr><th scope=\"row\">OOM killer", out);
		put_phase(&ph, "oom", p->started_ns, run_end(p));
	}
	put_victim_phases(&ph, p);
	fputs("</tbody></table></div></section>\n", out);
}
