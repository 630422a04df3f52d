// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/card.h"

#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "record/candidate_words.h"
#include "record/cause_words.h"
#include "record/gfp.h"
#include "record/memory_kinds.h"
#include "record/swap_words.h"
#include "report/html/before.h"
#include "report/html/candidates.h"
#include "report/html/children.h"
#include "report/html/tmpfs.h"
#include "report/html/card_log.h"
#include "report/html/elements.h"
#include "report/html/history.h"

#define VICTIMS_SHOWN 64

static void put_limit_name(FILE *out, const struct record_oom *oom)
{
	if (oom->limit && oom->limit->has_memory) {
		fputs("the limit of <b>", out);
		html_elements__size(out, oom->limit->max_bytes);
		fputs("</b> of ", out);
	} else {
		fputs("the limit of ", out);
	}
	html_elements__cgroup(out, oom->limit ? oom->limit->path : NULL, &oom->limit_container);
}

static void put_process(FILE *out, const char *comm, uint32_t pid)
{
	if (pid)
		html_elements__process(out, comm, pid);
	else
		html_elements__name(out, comm);
}

static void put_write(FILE *out, uint64_t id, const void *session)
{
	fprintf(out, "<a href=\"#write-%" PRIu64 "-%" PRIu64 "\">write %" PRIu64 "</a>",
		*(const uint64_t *)session, id, id);
}

static void put_cause(FILE *out, const struct record_oom *oom, uint64_t session)
{
	static const struct cause_words_ops ops = { put_process, put_write, html_elements__size,
						    html_elements__duration };
	struct cause_facts facts = cause_words__facts(oom);

	cause_words__put(out, CAUSE_OF_LIMIT, &facts, &ops, &session);
}

static void put_sentence(FILE *out, const struct record_oom *oom, uint64_t session)
{
	const struct record_victim *victim = record__first_killed(oom);

	if (victim) {
		html_elements__process(out, victim->comm, victim->pid);
		if (oom->killed > 1)
			fprintf(out, " and %" PRIu64 " more", oom->killed - 1);
		fprintf(out, " %s killed", oom->killed > 1 ? "were" : "was");
	} else if (oom->outcome == OOM_NO_VICTIM) {
		fputs("Nothing could be killed", out);
	} else if (oom->outcome == OOM_EXITING) {
		fputs("Nothing was killed, since ", out);
		html_elements__process(out, oom->victim_count ? oom->victims[0].comm : oom->trigger_comm,
				       oom->victim_count ? oom->victims[0].pid : oom->trigger_pid);
		fputs(" was exiting already,", out);
	} else {
		fputs(oom->log ? "Whether a process was killed is not in the log"
			       : "What was killed is not known: events were lost",
		      out);
	}
	if (oom->sysrq || oom->whole_machine) {
		fputs(": ", out);
		put_cause(out, oom, session);
	} else if (oom->limit) {
		fputs(" at ", out);
		put_limit_name(out, oom);
		put_cause(out, oom, session);
	}
	fputc('.', out);
}

static void put_fact(FILE *out, const char *name)
{
	fprintf(out, "<dt>%s</dt><dd>", name);
}

static void put_cmdline(FILE *out, const struct record_victim *v)
{
	size_t end = v->cmdline_len;

	while (end && (v->cmdline[end - 1] == ' ' || !v->cmdline[end - 1]))
		end--;
	put_fact(out, "command");
	fputs("<code>", out);
	for (size_t from = 0; from < end;) {
		size_t len = strnlen(v->cmdline + from, end - from);

		fputs(from ? " " : "", out);
		html_elements__bytes(out, v->cmdline + from, len);
		from += len + 1;
	}
	fprintf(out, "%s</code></dd>", v->cmdline_cut ? " …" : "");
}

/* The kernel adds oom_score_adj thousandths of all pages that count to the pages of the process. */
static void put_points(FILE *out, const struct record_oom *oom, const struct record_victim *v,
		       uint32_t page_size)
{
	int64_t adj = 0, own = 0;
	/* What a recording says may be too much to reckon with. */
	bool known = page_size && oom->totalpages_bytes <= INT64_MAX &&
		     !__builtin_mul_overflow((int64_t)(oom->totalpages_bytes / page_size / 1000),
					     v->oom_score_adj, &adj) &&
		     !__builtin_sub_overflow(v->points, adj, &own);

	put_fact(out, "score");
	fprintf(out, "<b>%" PRId64 "</b> pages%s", v->points,
		v->points > 0 ? ", the most of all candidates" : "");
	if (known && adj)
		fprintf(out, ": %" PRId64 " of memory and %" PRId64 " by oom_score_adj", own, adj);
	else if (known)
		fputs(": its memory", out);
	fputs("</dd>", out);
}

static void put_ids(FILE *out, const struct record_victim *v)
{
	if (v->unknown & VICTIM_UNKNOWN_UID)
		return;
	put_fact(out, "process");
	fprintf(out, "uid %" PRIu32, v->uid);
	if (!(v->unknown & VICTIM_UNKNOWN_IDS)) {
		fprintf(out, ", parent %" PRIu32, v->ppid);
		if (v->ns_pid && v->ns_pid != v->pid)
			fprintf(out, ", pid %" PRIu32 " inside", v->ns_pid);
		if (v->tid != v->pid)
			fprintf(out, ", thread %" PRIu32, v->tid);
	}
	fprintf(out, "%s</dd>", v->init ? ", <b>its container’s first process (init)</b>" : "");
}

static void put_why(FILE *out, const struct record_oom *oom, const struct record_victim *v,
		    uint32_t page_size)
{
	html_elements__part_begin(out, "Why this process");
	fputs("<dl>", out);
	if (!(v->unknown & VICTIM_UNKNOWN_ADJ)) {
		put_fact(out, "oom_score_adj");
		fprintf(out, "%d</dd>", v->oom_score_adj);
	}
	if (oom->trigger_comm) {
		char gfp[GFP_TEXT_SIZE];

		put_fact(out, "memory needed by");
		if (oom->trigger_pid == v->pid)
			fputs("itself", out);
		else
			html_elements__process(out, oom->trigger_comm, oom->trigger_pid);
		if (oom->log) {
			html_card_log__put_request(out, oom);
		} else if (!oom->sysrq) {
			fputs(", <code>", out);
			html_elements__text(out, gfp__format(gfp, sizeof(gfp), oom->gfp_mask));
			fprintf(out, "</code>, order %d", oom->order);
		}
		fputs("</dd>", out);
	}
	if (v->cmdline)
		put_cmdline(out, v);
	put_ids(out, v);
	if (v->cgroup) {
		put_fact(out, "cgroup");
		html_elements__name(out, v->cgroup);
		fputs("</dd>", out);
	}
	if (v->has_points)
		put_points(out, oom, v, page_size);
	fputs("</dl></section>\n", out);
}

struct piece {
	const char *class, *name;
	uint64_t bytes;
	bool known;
};

/* A bar of pieces one beside the other, and its legend with the figures. */
static void put_pieces(FILE *out, const struct piece *pieces, size_t count, uint64_t all)
{
	uint64_t from = 0, sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += pieces[i].known ? pieces[i].bytes : 0;
	html_elements__bar_begin(out);
	for (size_t i = 0; i < count; i++) {
		if (!pieces[i].known || !pieces[i].bytes)
			continue;
		html_elements__bar_piece(out, pieces[i].class, from, from + pieces[i].bytes,
					 all > sum ? all : sum);
		from += pieces[i].bytes;
	}
	html_elements__bar_end(out);
	fputs("<ul class=\"legend\">", out);
	for (size_t i = 0; i < count; i++) {
		if (!pieces[i].known)
			continue;
		fprintf(out, "<li><span class=\"key %s\"></span>%s <b>", pieces[i].class, pieces[i].name);
		html_elements__size(out, pieces[i].bytes);
		fputs("</b></li>", out);
	}
	fputs("</ul>", out);
}

static void put_victim_memory(FILE *out, const struct record_victim *v)
{
	bool from_log = v->unknown & VICTIM_UNKNOWN_IDS;
	const struct piece pieces[] = {
		{ "c1", "anonymous", v->anon_rss_bytes, true },
		{ "c2", "file", v->file_rss_bytes, true },
		{ "c3", "shared", v->shmem_rss_bytes, !(v->unknown & VICTIM_UNKNOWN_SHMEM) },
		{ "c4", "swap", v->swap_bytes, !(v->unknown & VICTIM_UNKNOWN_SWAP) },
		{ "c5", "page tables", v->pgtables_bytes, !(v->unknown & VICTIM_UNKNOWN_PGTABLES) },
	};

	html_elements__part_begin(out, "Memory of the process");
	put_pieces(out, pieces, ARRAY_SIZE(pieces), 0);
	fputs("<p class=\"note\">", out);
	html_elements__size(out, v->total_vm_bytes);
	fprintf(out, " of address space%s</p></section>\n",
		v->rss_exact || from_log ? "" : "; resident sizes are approximate");
}

static void put_not_resident(FILE *out, const struct record_oom *oom)
{
	uint64_t bytes = candidate_words__not_resident(oom);

	if (!bytes)
		return;
	fputs("<p>About ", out);
	html_elements__size(out, bytes);
	fputs(" of the shared memory are resident in no process under this limit: files in tmpfs, memory that an open "
	      "descriptor holds, or what ended processes left.</p>",
	      out);
}

static void put_swap(FILE *out, const struct record_oom *oom)
{
	struct swap_facts swap;

	if (!swap_words__facts(oom, &swap) || !swap.telling)
		return;
	fputs("<p>Swap: ", out);
	swap_words__put(out, &swap, html_elements__size);
	fputs(".</p>", out);
}

static void put_cgroup_memory(FILE *out, const struct record_oom *oom)
{
	const struct record_memory *m = oom->memory;
	const uint64_t *b = m->bytes;
	/* Shared memory is in file too, and slab, stacks and tables are kernel memory. */
	const uint64_t in_kernel = b[MEMORY_SLAB_RECLAIMABLE] + b[MEMORY_SLAB_UNRECLAIMABLE] +
				   b[MEMORY_KERNEL_STACK] + b[MEMORY_PAGETABLES] + b[MEMORY_PERCPU] +
				   b[MEMORY_VMALLOC];
	const uint64_t other =
		oom->limit && oom->limit->has_memory ? memory_kinds__other(m, oom->limit->usage_bytes) : 0;
	const bool has_file = m->known & 1u << MEMORY_FILE, has_shmem = m->known & 1u << MEMORY_SHMEM;
	const struct piece pieces[] = {
		{ "c1", "anonymous", b[MEMORY_ANON], m->known & 1u << MEMORY_ANON },
		{ "c2", "page cache",
		  has_shmem && b[MEMORY_FILE] >= b[MEMORY_SHMEM] ? b[MEMORY_FILE] - b[MEMORY_SHMEM]
								 : b[MEMORY_FILE],
		  has_file },
		{ "c3", "shared", b[MEMORY_SHMEM], has_shmem },
		{ "c6", "slab, reclaimable", b[MEMORY_SLAB_RECLAIMABLE],
		  m->known & 1u << MEMORY_SLAB_RECLAIMABLE },
		{ "c7", "slab", b[MEMORY_SLAB_UNRECLAIMABLE], m->known & 1u << MEMORY_SLAB_UNRECLAIMABLE },
		{ "c8", "kernel stacks", b[MEMORY_KERNEL_STACK], m->known & 1u << MEMORY_KERNEL_STACK },
		{ "c5", "page tables", b[MEMORY_PAGETABLES], m->known & 1u << MEMORY_PAGETABLES },
		{ "c4", "per-CPU", b[MEMORY_PERCPU], m->known & 1u << MEMORY_PERCPU },
		{ "write", "vmalloc", b[MEMORY_VMALLOC], m->known & 1u << MEMORY_VMALLOC },
		{ "c9", "other kernel", b[MEMORY_KERNEL] > in_kernel ? b[MEMORY_KERNEL] - in_kernel : 0,
		  m->known & 1u << MEMORY_KERNEL },
		{ "c10", "sockets", b[MEMORY_SOCK], m->known & 1u << MEMORY_SOCK },
		{ "c11", "other", other, other },
	};

	html_elements__part_begin(out, "Memory at the limit");
	put_pieces(out, pieces, ARRAY_SIZE(pieces), 0);
	fprintf(out, "<p class=\"note\">%s",
		m->exact ? "as the kernel counts it" : "as the kernel last summed it up: approximate");
	if (m->known & 1u << MEMORY_SWAP && b[MEMORY_SWAP]) {
		fputs("; swapped out ", out);
		html_elements__size(out, b[MEMORY_SWAP]);
	}
	fputs("</p>", out);
	put_not_resident(out, oom);
	put_swap(out, oom);
	fputs("</section>\n", out);
}

/* The last part of its path, or what its container is called: the levels around it say the rest. */
static void put_level_name(FILE *out, const struct record_oom *oom, const struct record_level *l)
{
	const char *last = l->path ? strrchr(l->path, '/') : NULL;

	if (l->is_limit && oom->limit_container.name)
		html_elements__cgroup(out, l->path, &oom->limit_container);
	else if (last && last[1])
		html_elements__cgroup(out, last + 1, NULL);
	else
		html_elements__name(out, l->path);
}

static void put_level(FILE *out, const struct record_oom *oom, const struct record_level *l)
{
	bool limited = l->has_memory && l->max_bytes != RECORD_NO_LIMIT;
	uint64_t all = limited && l->max_bytes > l->usage_bytes ? l->max_bytes : l->usage_bytes;

	fprintf(out, "<tr%s><th scope=\"row\">", l->is_limit ? " class=\"hit\"" : "");
	put_level_name(out, oom, l);
	fprintf(out, "%s</th><td>", l->is_limit ? " <span class=\"tag\">this limit</span>" : "");
	if (limited) { /* without a limit there is nothing that it could fill */
		html_elements__bar_begin(out);
		html_elements__bar_piece(out, l->is_limit ? "full" : "use", 0, l->usage_bytes, all);
		html_elements__bar_end(out);
	}
	fputs("</td><td class=\"n\">", out);
	if (l->has_memory)
		html_elements__size(out, l->usage_bytes);
	fputs("</td><td class=\"n\">", out);
	if (l->has_memory)
		html_elements__size(out, l->max_bytes);
	fputs("</td></tr>\n", out);
}

static void put_chain(FILE *out, const struct record_oom *oom)
{
	html_elements__part_begin(out, "Which limit");
	fputs("<div class=\"scroll\"><table class=\"chain\"><thead><tr><th scope=\"col\">cgroup, "
	      "leaf first</th><td></td><th scope=\"col\" class=\"n\">usage</th>"
	      "<th scope=\"col\" class=\"n\">memory.max</th></tr></thead><tbody>",
	      out);
	for (size_t i = 0; i < oom->chain_count; i++)
		put_level(out, oom, &oom->chain[i]);
	fputs("</tbody></table></div>", out);
	if (oom->limit && oom->limit->has_swap) {
		fputs("<p class=\"note\">swap ", out);
		html_elements__size(out, oom->limit->swap_usage_bytes);
		fputs(" of ", out);
		html_elements__size(out, oom->limit->swap_max_bytes);
		fputs("</p>", out);
	}
	fputs("</section>\n", out);
}

static const char *role_text(const struct record_victim *v)
{
	switch (v->role) {
	case ROLE_GROUP:
		return v->repeated ? "again, by memory.oom.group" : "by memory.oom.group";
	case ROLE_SHARES_MM:
		return "shares its memory";
	case ROLE_EXITING:
		return "was exiting";
	default:
		return "chosen";
	}
}

static void put_victims(FILE *out, const struct record_oom *oom)
{
	html_elements__part_begin(out, "All that it killed");
	fputs("<div class=\"scroll\"><table><thead><tr><th scope=\"col\">process</th>"
	      "<th scope=\"col\">role</th><th scope=\"col\" class=\"n\">oom_score_adj</th>"
	      "<th scope=\"col\" class=\"n\">anonymous</th></tr></thead><tbody>",
	      out);
	for (size_t i = 0; i < oom->victim_count && i < VICTIMS_SHOWN; i++) {
		const struct record_victim *v = &oom->victims[i];

		fputs("<tr><th scope=\"row\">", out);
		html_elements__process(out, v->comm, v->pid);
		fprintf(out, "</th><td>%s</td><td class=\"n\">", role_text(v));
		if (!(v->unknown & VICTIM_UNKNOWN_ADJ))
			fprintf(out, "%d", v->oom_score_adj);
		fputs("</td><td class=\"n\">", out);
		if (v->has_mm)
			html_elements__size(out, v->anon_rss_bytes);
		fputs("</td></tr>\n", out);
	}
	fputs("</tbody></table></div>", out);
	if (oom->victim_count > VICTIMS_SHOWN)
		fprintf(out, "<p class=\"note\">and %zu more</p>", oom->victim_count - VICTIMS_SHOWN);
	fputs("</section>\n", out);
}

static void put_gaps(FILE *out, const struct record_oom *oom)
{
	if (oom->waits)
		fprintf(out,
			"<p class=\"note\">Before, the OOM killer ran %" PRIu64 " times without "
			"killing: the last victim was still dying.</p>",
			oom->waits);
	if (oom->repeats)
		fprintf(out,
			"<p class=\"note\">Since the last record of this limit, nothing could be "
			"killed %" PRIu64 " more times.</p>",
			oom->repeats);
	if (oom->joined_late)
		fputs("<p class=\"note warn\">This was going on already when oomtrace attached.</p>", out);
	if (oom->incomplete)
		fputs("<p class=\"note warn\">Part of this run’s events were lost.</p>", out);
	if (oom->missing)
		fprintf(out, "<p class=\"note warn\">%" PRIu64 " victim%s missing.</p>", oom->missing,
			oom->missing == 1 ? " is" : "s are");
}

/* Who, how much, how fast: what is read of a card that is closed. */
static void put_measures(FILE *out, const struct record_oom *oom, const struct record_victim *victim)
{
	const struct record_history *h = oom->history;

	fputs(" <span class=\"who\">", out);
	if (victim)
		html_elements__process(out, victim->comm, victim->pid);
	else
		fputs(record__kills_untold(oom) ? "not known" : "nothing killed", out);
	if (oom->killed > 1)
		fprintf(out, " and %" PRIu64 " more", oom->killed - 1);
	fputs("</span>", out);
	if (victim && victim->has_mm) {
		fputs(" <span>", out);
		html_elements__size(out, victim->anon_rss_bytes);
		if (oom->limit && oom->limit->has_memory) {
			fputs(" of ", out);
			html_elements__size(out, oom->limit->max_bytes);
		}
		fputs("</span>", out);
	}
	if (h && h->has_growth && h->growth_bytes_per_s > 0) {
		fputs(" <span>+", out);
		html_elements__size(out, (uint64_t)h->growth_bytes_per_s);
		fputs("/s</span>", out);
	}
}

void html_card__put(const struct html_report *report, const struct record *record, FILE *out)
{
	const struct record_oom *oom = &record->oom;
	const struct record_victim *victim = record__first_killed(oom);

	fprintf(out, "<summary><h3>OOM %" PRIu64 "</h3> ", oom->id);
	html_elements__oom_time(out, record);
	put_measures(out, oom, victim);
	fputs("</summary>\n<p class=\"sentence\">", out);
	put_sentence(out, oom, report->sessions);
	fputs("</p>\n", out);
	put_gaps(out, oom);
	fputs("<div class=\"parts\">\n", out);
	if (victim)
		put_why(out, oom, victim, report->page_size);
	html_candidates__put(out, oom);
	if (oom->chain_count)
		put_chain(out, oom);
	html_children__put(out, oom);
	if (victim && victim->has_mm)
		put_victim_memory(out, victim);
	if (oom->memory)
		put_cgroup_memory(out, oom);
	if (oom->history)
		html_history__put(out, oom);
	if (oom->before && oom->before->count)
		html_before__put(out, oom->before);
	html_tmpfs__put(out, oom);
	if (oom->victim_count > 1)
		put_victims(out, oom);
	if (oom->machine)
		html_card_log__machine(out, oom->machine);
	if (oom->log)
		html_card_log__put(out, oom->log);
}
