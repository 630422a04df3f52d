// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/card_log.h"

#include <inttypes.h>

#include "report/html/elements.h"

#define TASKS_SHOWN 10
#define ZONES_SHOWN 16

void html_card_log__put_request(FILE *out, const struct record_oom *oom)
{
	const struct record_log *log = oom->log;

	if (log->asked_for)
		fprintf(out, ", for %s", log->asked_for);
	if (log->gfp) {
		fputs(", <code>", out);
		html_elements__text(out, log->gfp);
		fputs("</code>", out);
	} else if (log->has_gfp_mask) {
		fprintf(out, ", gfp mask %#x", oom->gfp_mask);
	}
	if (log->has_order && oom->order >= 0)
		fprintf(out, ", order %d", oom->order);
}

static void put_zone(FILE *out, const struct record_zone *zone)
{
	const uint64_t figures[] = { zone->free_bytes, zone->min_bytes, zone->low_bytes, zone->high_bytes };

	fprintf(out, "<tr><th scope=\"row\">node %" PRIu32 " ", zone->node);
	html_elements__text(out, zone->name);
	fputs("</th>", out);
	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++) {
		fputs("<td class=\"n\">", out);
		html_elements__size(out, figures[i]);
		fputs("</td>", out);
	}
	fputs("</tr>", out);
}

static void put_largest(FILE *out, const struct record_largest *largest)
{
	fputs("<div class=\"scroll\"><table><thead><tr><th scope=\"col\">cgroup</th>"
	      "<th scope=\"col\" class=\"n\">memory</th></tr></thead><tbody>",
	      out);
	for (size_t i = 0; i < largest->count; i++) {
		fputs("<tr><th scope=\"row\">", out);
		html_elements__cgroup(out, largest->list[i].path, &largest->list[i].container);
		fputs("</th><td class=\"n\">", out);
		html_elements__size(out, largest->list[i].usage_bytes);
		fputs("</td></tr>", out);
	}
	fprintf(out,
		"</tbody></table></div><p class=\"note\">the largest of %s%" PRIu64
		" cgroups that have none below them, read ",
		largest->cut ? "the first " : "", largest->looked_at);
	html_elements__duration(out, largest->after_ns);
	fputs(" later</p>", out);
}

void html_card_log__machine(FILE *out, const struct record_machine *machine)
{
	html_elements__part_begin(out, "Memory of the machine");
	if (machine->why) {
		fputs("<p>", out);
		html_elements__text(out, machine->why);
		fputs("</p>", out);
	}
	if (machine->zone_count) {
		fputs("<div class=\"scroll\"><table><thead><tr><th scope=\"col\">zone</th><th scope=\"col\" class=\"n\">"
		      "free</th><th scope=\"col\" class=\"n\">min</th><th scope=\"col\" class=\"n\">low</th>"
		      "<th scope=\"col\" class=\"n\">high</th></tr></thead><tbody>",
		      out);
		for (size_t i = 0; i < machine->zone_count && i < ZONES_SHOWN; i++)
			put_zone(out, &machine->zones[i]);
		fputs("</tbody></table></div>", out);
	}
	if (machine->known & 1U << MACHINE_SWAP_TOTAL) {
		fputs("<p class=\"note\">swap: ", out);
		html_elements__size(out, machine->bytes[MACHINE_SWAP_FREE]);
		fputs(" free of ", out);
		html_elements__size(out, machine->bytes[MACHINE_SWAP_TOTAL]);
		fputs("</p>", out);
	}
	if (machine->largest.count)
		put_largest(out, &machine->largest);
	fputs("</section>\n", out);
}

static void put_task(FILE *out, const struct record_candidate *task)
{
	fputs("<tr><th scope=\"row\">", out);
	html_elements__process(out, task->comm, task->pid);
	fputs("</th><td class=\"n\">", out);
	if (task->has_adj)
		fprintf(out, "%d", task->oom_score_adj);
	fputs("</td><td class=\"n\">", out);
	if (task->in_pages)
		fprintf(out, "%" PRIu64 " pages", task->rss);
	else
		html_elements__size(out, task->rss);
	fputs("</td></tr>", out);
}

static void put_tasks(FILE *out, const struct record_candidates *tasks)
{
	html_elements__part_begin(out, "The largest tasks");
	fputs("<div class=\"scroll\"><table><thead><tr><th scope=\"col\">process</th><th scope=\"col\" class=\"n\">oom_score_adj"
	      "</th><th scope=\"col\" class=\"n\">resident</th></tr></thead><tbody>",
	      out);
	for (size_t i = 0; i < tasks->first_count && i < TASKS_SHOWN; i++)
		put_task(out, &tasks->first[i]);
	fprintf(out, "</tbody></table></div><p class=\"note\">of %" PRIu64, tasks->count);
	if (tasks->unkillable)
		fprintf(out, ", of which %" PRIu64 " are exempt", tasks->unkillable);
	fputs("</p></section>\n", out);
}

static void put_place(FILE *out, const struct record_log *log)
{
	html_elements__part_begin(out, "In the kernel log");
	fputs("<p>", out);
	html_elements__text(out, log->file ? log->file : "the log");
	if (log->first_line == log->last_line)
		fprintf(out, ", line %" PRIu64, log->first_line);
	else
		fprintf(out, ", lines %" PRIu64 " to %" PRIu64, log->first_line, log->last_line);
	fputs("</p>", out);
	if (log->panic) {
		fputs("<p>Kernel panic: ", out);
		html_elements__text(out, log->panic);
		fputs("</p>", out);
	}
	for (size_t i = 0; i < log->ambiguous_count; i++) {
		fputs("<p class=\"note\">unclear: ", out);
		html_elements__text(out, log->ambiguous[i]);
		fputs("</p>", out);
	}
	fputs("</section>\n", out);
}

void html_card_log__put(FILE *out, const struct record_log *log)
{
	if (log->machine)
		html_card_log__machine(out, log->machine);
	if (log->candidates && log->candidates->first_count)
		put_tasks(out, log->candidates);
	put_place(out, log);
}
