// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/children.h"

#include <inttypes.h>

#include "record/children_words.h"
#include "report/html/elements.h"

static void put_row(FILE *out, const struct record_children *c, const struct record_child *child,
		    uint64_t all)
{
	uint64_t growth = children_words__growth(child);

	fputs(child->exact ? "<tr class=\"hit\"><th scope=\"row\">" : "<tr><th scope=\"row\">", out);
	if (child->container.ref.runtime != CONTAINER__UNKNOWN)
		html_elements__cgroup(out, child->cgroup, &child->container);
	else
		html_elements__cgroup(out, children_words__name(child), NULL);
	fputs(child->exact ? " <span class=\"tag\">killed here</span></th><td>" : "</th><td>", out);
	html_elements__bar_begin(out);
	html_elements__bar_piece(out, "use", 0, child->usage_bytes, all);
	html_elements__bar_end(out);
	fputs("</td><td class=\"n\">", out);
	html_elements__size(out, child->usage_bytes);
	fputs("</td><td class=\"n\">", out);
	if (growth) {
		fputs("+", out);
		html_elements__size(out, growth);
		fputs(" in ", out);
		html_elements__duration(out, children_words__growth_ns(c, child));
	}
	fputs("</td><td class=\"n\">", out);
	html_elements__size(out, child->max_bytes);
	fputs("</td></tr>\n", out);
}

void html_children__put(FILE *out, const struct record_oom *oom)
{
	const struct record_children *c = oom->children;
	uint64_t all = oom->limit && oom->limit->has_memory ? oom->limit->usage_bytes : 0;

	if (!c || c->count < 2 || !c->largest_count)
		return;
	html_elements__part_begin(out, "What shares this limit");
	fputs("<div class=\"scroll\"><table class=\"chain\"><thead><tr><th scope=\"col\">cgroup</th><td></td>"
	      "<th scope=\"col\" class=\"n\">usage</th><th scope=\"col\" class=\"n\">growth</th>"
	      "<th scope=\"col\" class=\"n\">memory.max</th></tr></thead><tbody>",
	      out);
	for (size_t i = 0; i < c->largest_count; i++)
		all = c->largest[i].usage_bytes > all ? c->largest[i].usage_bytes : all;
	for (size_t i = 0; i < c->largest_count; i++)
		put_row(out, c, &c->largest[i], all);
	fputs("</tbody></table></div><p class=\"note\">", out);
	if (c->count > c->largest_count)
		fprintf(out, "%" PRIu64 " more aren’t listed", c->count - c->largest_count);
	if (c->read < c->count)
		fprintf(out, "; %" PRIu64 " weren’t read", c->count - c->read);
	if (c->count > c->largest_count)
		fputs(". ", out);
	if (children_words__none(oom)) {
		html_elements__size(out, children_words__none(oom));
		fputs(" are of none of them", out);
		if (c->removed)
			fprintf(out, "; %" PRIu64 " removed cgroup%s not gone yet", c->removed,
				c->removed == 1 ? " is" : "s are");
		fputs(". ", out);
	}
	fputs("Where the process was killed: usage at that moment.", out);
	if (c->read_after_ns) {
		fputs(" The others were read up to ", out);
		html_elements__duration(out, c->read_after_ns);
		fputs(" later.", out);
	}
	fputs("</p></section>\n", out);
}
