// SPDX-License-Identifier: GPL-2.0-only
/* The card of one run of the OOM killer: all that is known about it, from the verdict to its phases. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "record/gfp.h"
#include "report/html/elements.h"
#include "report/html/collected.h"
#include "record/memory_kinds.h"

#define VICTIMS_SHOWN 64
#define CURVE_POINTS 256 /* of a card's curve, before it is down-sampled */
#define CURVE_HEIGHT 100

static void begin_part(FILE *out, const char *heading)
{
	fprintf(out, "<section><h4>%s</h4>", heading);
}

static void put_limit_name(FILE *out, const struct record_oom *oom)
{
	if (oom->limit && oom->limit->has_memory) {
		fputs("the limit of <b>", out);
		html__size(out, oom->limit->max_bytes);
		fputs("</b> of ", out);
	} else {
		fputs("the limit of ", out);
	}
	html__cgroup(out, oom->limit ? oom->limit->path : NULL, &oom->limit_container);
}

static void put_write_link(FILE *out, const struct record_oom *oom, uint64_t session)
{
	fprintf(out, "<a href=\"#write-%" PRIu64 "-%" PRIu64 "\">write %" PRIu64 "</a>", session,
		oom->cause_limit_id, oom->cause_limit_id);
}

static void put_cause(FILE *out, const struct record_oom *oom, uint64_t session)
{
	switch (oom->cause) {
	case CAUSE_WRITE:
		fputs(", inside ", out);
		put_write_link(out, oom, session);
		fputs(" of memory.max by ", out);
		html__process(out, oom->trigger_comm, oom->trigger_pid);
		fputs(": certain, it happened in the writer’s own thread", out);
		break;
	case CAUSE_LOWERED:
		fputs(", which ", out);
		put_write_link(out, oom, session);
		fputs(" had set below usage ", out);
		html__duration(out, oom->cause_since_ns);
		fputs(" before", out);
		break;
	case CAUSE_ANCESTOR:
		fputs(", which stands above it: all below share that memory", out);
		break;
	case CAUSE_REACHED:
		fputs(": the workload grew into it", out);
		break;
	default:
		break;
	}
}

static void put_sentence(FILE *out, const struct record_oom *oom, uint64_t session)
{
	const struct record_victim *victim = sink__first_killed(oom);

	if (victim) {
		html__process(out, victim->comm, victim->pid);
		if (oom->killed > 1)
			fprintf(out, " and %" PRIu64 " more", oom->killed - 1);
		fprintf(out, " %s killed", oom->killed > 1 ? "were" : "was");
	} else if (oom->outcome == OOM_NO_VICTIM) {
		fputs("Nothing could be killed", out);
	} else if (oom->outcome == OOM_EXITING) {
		fputs("Nothing was killed, since ", out);
		html__process(out, oom->victim_count ? oom->victims[0].comm : oom->trigger_comm,
			      oom->victim_count ? oom->victims[0].pid : oom->trigger_pid);
		fputs(" was exiting already,", out);
	} else {
		fputs("What was killed is not known: events were lost", out);
	}
	if (oom->sysrq) {
		fputs(": somebody asked for it by sysrq", out);
	} else if (oom->whole_machine) {
		fputs(": the whole machine was out of memory", out);
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
		html__bytes(out, v->cmdline + from, len);
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

	put_fact(out, "points");
	fprintf(out, "<b>%" PRId64 "</b>%s", v->points, v->points > 0 ? ", the most of all candidates" : "");
	if (known && adj)
		fprintf(out, ": %" PRId64 " pages of memory and %" PRId64 " by oom_score_adj", own, adj);
	else if (known)
		fputs(": its pages of memory", out);
	fputs("</dd>", out);
}

static void put_why(FILE *out, const struct record_oom *oom, const struct record_victim *v,
		    uint32_t page_size)
{
	begin_part(out, "Why this process");
	fputs("<dl>", out);
	if (v->has_points)
		put_points(out, oom, v, page_size);
	put_fact(out, "oom_score_adj");
	fprintf(out, "%d</dd>", v->oom_score_adj);
	if (oom->trigger_comm) {
		char gfp[GFP_TEXT_SIZE];

		put_fact(out, "asked by");
		if (oom->trigger_pid == v->pid)
			fputs("itself", out);
		else
			html__process(out, oom->trigger_comm, oom->trigger_pid);
		if (!oom->sysrq) {
			fputs(", <code>", out);
			html__text(out, gfp__format(gfp, sizeof(gfp), oom->gfp_mask));
			fprintf(out, "</code>, order %d", oom->order);
		}
		fputs("</dd>", out);
	}
	if (v->cmdline)
		put_cmdline(out, v);
	put_fact(out, "process");
	fprintf(out, "uid %" PRIu32 ", parent %" PRIu32, v->uid, v->ppid);
	if (v->ns_pid && v->ns_pid != v->pid)
		fprintf(out, ", pid %" PRIu32 " inside", v->ns_pid);
	if (v->tid != v->pid)
		fprintf(out, ", thread %" PRIu32, v->tid);
	fprintf(out, "%s</dd>", v->init ? ", <b>init</b>" : "");
	if (v->cgroup) {
		put_fact(out, "cgroup");
		html__name(out, v->cgroup);
		fputs("</dd>", out);
	}
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
	html__bar_begin(out);
	for (size_t i = 0; i < count; i++) {
		if (!pieces[i].known || !pieces[i].bytes)
			continue;
		html__bar_piece(out, pieces[i].class, from, from + pieces[i].bytes, all > sum ? all : sum);
		from += pieces[i].bytes;
	}
	html__bar_end(out);
	fputs("<ul class=\"legend\">", out);
	for (size_t i = 0; i < count; i++) {
		if (!pieces[i].known)
			continue;
		fprintf(out, "<li><span class=\"key %s\"></span>%s <b>", pieces[i].class, pieces[i].name);
		html__size(out, pieces[i].bytes);
		fputs("</b></li>", out);
	}
	fputs("</ul>", out);
}

static void put_victim_memory(FILE *out, const struct record_victim *v)
{
	const struct piece pieces[] = {
		{ "c1", "anonymous", v->anon_rss_bytes, true },	  { "c2", "file", v->file_rss_bytes, true },
		{ "c3", "shared", v->shmem_rss_bytes, true },	  { "c4", "swap", v->swap_bytes, true },
		{ "c5", "page tables", v->pgtables_bytes, true },
	};

	begin_part(out, "Memory of the process");
	put_pieces(out, pieces, sizeof(pieces) / sizeof(pieces[0]), 0);
	fputs("<p class=\"note\">", out);
	html__size(out, v->total_vm_bytes);
	fprintf(out, " of address space%s</p></section>\n",
		v->rss_exact ? "" : "; resident sizes are approximate");
}

static void put_cgroup_memory(FILE *out, const struct record_oom *oom)
{
	const struct record_memory *m = oom->memory;
	const uint64_t *b = m->bytes;
	/* Shared memory is in file too, and slab, stacks and tables are kernel memory. */
	const uint64_t in_kernel = b[MEMORY_SLAB_RECLAIMABLE] + b[MEMORY_SLAB_UNRECLAIMABLE] +
				   b[MEMORY_KERNEL_STACK] + b[MEMORY_PAGETABLES];
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
		{ "c9", "other kernel", b[MEMORY_KERNEL] > in_kernel ? b[MEMORY_KERNEL] - in_kernel : 0,
		  m->known & 1u << MEMORY_KERNEL },
		{ "c10", "sockets", b[MEMORY_SOCK], m->known & 1u << MEMORY_SOCK },
	};

	begin_part(out, "Memory at the limit");
	put_pieces(out, pieces, sizeof(pieces) / sizeof(pieces[0]), 0);
	fprintf(out, "<p class=\"note\">%s",
		m->exact ? "as the kernel counts it" : "as the kernel last summed it up: approximate");
	if (m->known & 1u << MEMORY_SWAP && b[MEMORY_SWAP]) {
		fputs("; swapped out ", out);
		html__size(out, b[MEMORY_SWAP]);
	}
	fputs("</p></section>\n", out);
}

/* The last part of its path, or what its container is called: the levels around it say the rest. */
static void put_level_name(FILE *out, const struct record_oom *oom, const struct record_level *l)
{
	const char *last = l->path ? strrchr(l->path, '/') : NULL;

	if (l->is_limit && oom->limit_container.name)
		html__cgroup(out, l->path, &oom->limit_container);
	else if (last && last[1])
		html__cgroup(out, last + 1, NULL);
	else
		html__name(out, l->path);
}

static void put_level(FILE *out, const struct record_oom *oom, const struct record_level *l, uint64_t widest)
{
	bool limited = l->has_memory && l->max_bytes != RECORD_MAX;
	uint64_t all = limited && l->max_bytes > l->usage_bytes ? l->max_bytes : l->usage_bytes;

	fprintf(out, "<tr%s><th scope=\"row\">", l->is_limit ? " class=\"hit\"" : "");
	put_level_name(out, oom, l);
	fprintf(out, "%s</th><td>", l->is_limit ? " <span class=\"tag\">this limit</span>" : "");
	if (l->has_memory) {
		html__bar_begin(out);
		html__bar_piece(out, l->is_limit ? "full" : "use", 0, l->usage_bytes, limited ? all : widest);
		html__bar_end(out);
	}
	fputs("</td><td class=\"n\">", out);
	if (l->has_memory)
		html__size(out, l->usage_bytes);
	fputs("</td><td class=\"n\">", out);
	if (l->has_memory)
		html__size(out, l->max_bytes);
	fputs("</td></tr>\n", out);
}

static void put_chain(FILE *out, const struct record_oom *oom)
{
	uint64_t widest = 0;

	begin_part(out, "Which limit");
	fputs("<div class=\"scroll\"><table class=\"chain\"><thead><tr><th scope=\"col\">cgroup, "
	      "leaf first</th><td></td><th scope=\"col\" class=\"n\">usage</th>"
	      "<th scope=\"col\" class=\"n\">memory.max</th></tr></thead><tbody>",
	      out);
	for (size_t i = 0; i < oom->chain_count; i++) {
		if (oom->chain[i].has_memory && oom->chain[i].usage_bytes > widest)
			widest = oom->chain[i].usage_bytes;
	}
	for (size_t i = 0; i < oom->chain_count; i++)
		put_level(out, oom, &oom->chain[i], widest);
	fputs("</tbody></table></div>", out);
	if (oom->limit && oom->limit->has_swap) {
		fputs("<p class=\"note\">swap ", out);
		html__size(out, oom->limit->swap_usage_bytes);
		fputs(" of ", out);
		html__size(out, oom->limit->swap_max_bytes);
		fputs("</p>", out);
	}
	fputs("</section>\n", out);
}

/* The curve's frame: its time, and the highest value that must fit. */
struct frame {
	uint64_t from_ns, to_ns, top;
};

static unsigned int x_of(const struct frame *f, uint64_t ns)
{
	if (ns <= f->from_ns)
		return 0;
	return (unsigned int)((unsigned __int128)(ns - f->from_ns) * HTML__BAR / (f->to_ns - f->from_ns));
}

static unsigned int y_of(const struct frame *f, uint64_t bytes)
{
	if (bytes >= f->top)
		return 0;
	return CURVE_HEIGHT - (unsigned int)((unsigned __int128)bytes * CURVE_HEIGHT / f->top);
}

static void put_line(FILE *out, const struct series *s, const struct frame *f, const char *first)
{
	struct record_point points[2];

	for (size_t i = 0; i < s->count; i++) {
		int n = series__points(&s->buckets[i], points);

		for (int p = 0; p < n; p++, first = "L")
			fprintf(out, "%s%u %u", first, x_of(f, points[p].ts_ns),
				y_of(f, points[p].usage_bytes));
	}
}

static void put_curve(FILE *out, const struct series *s, const struct frame *f)
{
	struct record_point points[2];
	bool drawing = false;
	unsigned int y = 0;

	fprintf(out, "<path class=\"area\" d=\"M0 %d", CURVE_HEIGHT);
	put_line(out, s, f, "L");
	fprintf(out, "L%d %dZ\"/><path class=\"line\" d=\"", HTML__BAR, CURVE_HEIGHT);
	put_line(out, s, f, "M");
	fputs("\"/><path class=\"limit\" d=\"", out);
	/* A limit holds until the next one: steps. */
	for (size_t i = 0; i < s->count; i++) {
		int n = series__points(&s->buckets[i], points);

		for (int p = 0; p < n; p++) {
			unsigned int x = x_of(f, points[p].ts_ns);

			if (points[p].max_bytes >= SERIES__LIMIT_UNKNOWN) {
				if (drawing)
					fprintf(out, "H%u", x);
				drawing = false;
				continue;
			}
			if (!drawing)
				fprintf(out, "M%u %u", x, y_of(f, points[p].max_bytes));
			else if (y != y_of(f, points[p].max_bytes))
				fprintf(out, "H%uV%u", x, y_of(f, points[p].max_bytes));
			y = y_of(f, points[p].max_bytes);
			drawing = true;
		}
	}
	fprintf(out, drawing ? "H%d\"/>" : "\"/>", HTML__BAR);
}

static struct frame frame_of(const struct record_history *h)
{
	struct frame f = { .from_ns = UINT64_MAX, .top = 1 };

	for (size_t i = 0; i < h->count; i++) {
		const struct record_point *p = &h->points[i];

		if (p->ts_ns < f.from_ns)
			f.from_ns = p->ts_ns;
		if (p->ts_ns > f.to_ns)
			f.to_ns = p->ts_ns;
		if (p->usage_bytes > f.top)
			f.top = p->usage_bytes;
	}
	/* Limits are in the picture as far as they are near: one of 1 TiB would flatten the curve. */
	for (size_t i = 0; i < h->count; i++) {
		uint64_t max = h->points[i].max_bytes;

		if (max < SERIES__LIMIT_UNKNOWN && max > f.top && max / 2 <= f.top)
			f.top = max;
	}
	f.top += f.top / 20;
	return f;
}

static void put_sum(FILE *out, const char *what, const struct record_reclaim_sum *sum)
{
	if (!sum->runs)
		return;
	fprintf(out, "<li>%s <b>%" PRIu64 "</b> time%s, ", what, sum->runs, sum->runs == 1 ? "" : "s");
	html__duration(out, sum->duration_ns);
	fputs(" in all, ", out);
	html__size(out, sum->reclaimed_bytes);
	fputs(" reclaimed</li>", out);
}

static void put_kind(FILE *out, const char *what, uint64_t from, uint64_t to)
{
	fprintf(out, "<li>of it %s, from ", what);
	html__size(out, from);
	fputs(" to <b>", out);
	html__size(out, to);
	fputs("</b></li>", out);
}

static void put_kinds(FILE *out, const struct record_history *h)
{
	struct kinds_growth g;

	if (!memory_kinds__growth(h, &g))
		return;
	if (g.kernel)
		put_kind(out, g.kernel_is_least ? "kernel memory, at least what is counted" : "kernel memory",
			 g.kernel_from, g.kernel_to);
	if (g.sock)
		put_kind(out, "socket memory", g.sock_from, g.sock_to);
}

static void put_history(FILE *out, const struct record_oom *oom)
{
	const struct record_history *h = oom->history;
	struct frame f = frame_of(h);
	struct series curve = { 0 };

	begin_part(out, "The seconds before");
	if (h->cgroup && (!oom->limit || !oom->limit->path || strcmp(oom->limit->path, h->cgroup))) {
		fputs("<p class=\"note\">of ", out);
		html__name(out, h->cgroup);
		fputs("</p>", out);
	}
	if (h->count > 1 && f.to_ns > f.from_ns) {
		for (size_t i = 0; i < h->count; i++)
			series__add(&curve, CURVE_POINTS, h->points[i]);
		fprintf(out,
			"<svg class=\"curve\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" "
			"role=\"img\" aria-label=\"usage before the kill, from ",
			HTML__BAR, CURVE_HEIGHT);
		html__size(out, h->points[0].usage_bytes);
		fputs(" to ", out);
		html__size(out, h->points[h->count - 1].usage_bytes);
		fputs("\">", out);
		put_curve(out, &curve, &f);
		fputs("</svg><p class=\"axis\"><span>−", out);
		html__duration(out, f.to_ns - f.from_ns);
		fputs("</span><span>top ", out);
		html__size(out, f.top);
		fputs("</span><span>kill</span></p>", out);
		series__free(&curve);
	}
	fputs("<ul class=\"facts\">", out);
	if (h->has_growth) {
		bool shrinking = h->growth_bytes_per_s < 0;

		fprintf(out, "<li>usage %s by <b>", shrinking ? "fell" : "grew");
		html__size(out,
			   shrinking ? -(uint64_t)h->growth_bytes_per_s : (uint64_t)h->growth_bytes_per_s);
		fputs("</b> a second</li>", out);
	}
	put_kinds(out, h);
	put_sum(out, "reclaim ran", &h->reclaim);
	put_sum(out, "memory.high held tasks back", &h->throttle);
	if (h->refused)
		fprintf(out, "<li><b>%" PRIu64 "</b> charges refused</li>", h->refused);
	fputs("</ul></section>\n", out);
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
	begin_part(out, "All that it killed");
	fputs("<div class=\"scroll\"><table><thead><tr><th scope=\"col\">process</th>"
	      "<th scope=\"col\">role</th><th scope=\"col\" class=\"n\">adj</th>"
	      "<th scope=\"col\" class=\"n\">anonymous</th></tr></thead><tbody>",
	      out);
	for (size_t i = 0; i < oom->victim_count && i < VICTIMS_SHOWN; i++) {
		const struct record_victim *v = &oom->victims[i];

		fputs("<tr><th scope=\"row\">", out);
		html__process(out, v->comm, v->pid);
		fprintf(out, "</th><td>%s</td><td class=\"n\">%d</td><td class=\"n\">", role_text(v),
			v->oom_score_adj);
		if (v->has_mm)
			html__size(out, v->anon_rss_bytes);
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
		fprintf(out, "<p class=\"note warn\">%" PRIu64 " victims are missing.</p>", oom->missing);
}

static void fill_pending(struct html_pending *p, const struct record_oom *oom)
{
	p->id = oom->id;
	p->cause_limit_id = oom->cause_limit_id;
	p->inside_write = oom->cause == CAUSE_WRITE;
	p->started_ns = oom->started_ns;
	p->chosen_ns = oom->time.boot_ns;
	p->duration_ns = oom->duration_ns;
	if (oom->limit && oom->limit->path)
		snprintf(p->cgroup, sizeof(p->cgroup), "%s", oom->limit->path);
	for (size_t i = 0; i < oom->victim_count && p->victim_count < HTML_PENDING_VICTIMS; i++) {
		const struct record_victim *v = &oom->victims[i];
		struct html_pending_victim *kept = &p->victims[p->victim_count];

		if (v->role == ROLE_EXITING || v->repeated)
			continue;
		kept->pid = v->pid;
		kept->marked_ns = v->ts_ns;
		snprintf(kept->comm, sizeof(kept->comm), "%s", v->comm ? v->comm : "(unknown)");
		p->victim_count++;
	}
}

int html_card__begin(struct html_report *report, struct html_pending *pending, const struct record_oom *oom)
{
	const struct record_victim *victim = sink__first_killed(oom);
	size_t size;
	FILE *out;

	*pending = (struct html_pending){ 0 };
	out = open_memstream(&pending->html, &size);
	if (!out)
		return -errno;
	fprintf(out,
		"<article class=\"card\" id=\"oom-%" PRIu64 "-%" PRIu64 "\">\n<header><h3>OOM %" PRIu64
		"</h3> ",
		report->sessions, oom->id, oom->id);
	html__time(out, oom->time.wall_ns);
	fputs("</header>\n<p class=\"sentence\">", out);
	put_sentence(out, oom, report->sessions);
	fputs("</p>\n", out);
	put_gaps(out, oom);
	fputs("<div class=\"parts\">\n", out);
	if (victim)
		put_why(out, oom, victim, report->page_size);
	if (oom->chain_count)
		put_chain(out, oom);
	if (victim && victim->has_mm)
		put_victim_memory(out, victim);
	if (oom->memory)
		put_cgroup_memory(out, oom);
	if (oom->history)
		put_history(out, oom);
	if (oom->victim_count > 1)
		put_victims(out, oom);
	fill_pending(pending, oom);
	if (fclose(out))
		return -errno;
	return 0;
}

/* ---- the phases: what began when and took how long ---- */

struct phases {
	FILE *out;
	uint64_t from_ns, to_ns;
};

static void put_phase(const struct phases *ph, const char *class, uint64_t from, uint64_t to)
{
	fputs("</th><td>", ph->out);
	html__bar_begin(ph->out);
	html__bar_piece(ph->out, class, from - ph->from_ns, to - ph->from_ns, ph->to_ns - ph->from_ns);
	html__bar_end(ph->out);
	fputs("</td><td class=\"n\">+", ph->out);
	html__duration(ph->out, from - ph->from_ns);
	fputs("</td><td class=\"n\">", ph->out);
	html__duration(ph->out, to - from);
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

static void put_victim_phases(const struct phases *ph, const struct html_pending *p)
{
	for (size_t i = 0; i < p->victim_count; i++) {
		const struct html_pending_victim *v = &p->victims[i];

		fputs("<tr><th scope=\"row\">", ph->out);
		if (v->exit_ns > v->marked_ns) {
			fputs("marked until exit: ", ph->out);
			html__process(ph->out, v->comm, v->pid);
			put_phase(ph, "exit", v->marked_ns, v->exit_ns);
		} else if (v->marked_ns) {
			fputs("marked: ", ph->out);
			html__process(ph->out, v->comm, v->pid);
			put_phase(ph, "exit", v->marked_ns, v->marked_ns);
		}
	}
}

static void put_phases(const struct html_report *report, const struct html_pending *p, FILE *out)
{
	struct phases ph = { .out = out, .from_ns = UINT64_MAX };
	const struct html_write *write = html_report__write_of(report, p->cause_limit_id);

	widen(&ph, p->write_begin_ns, p->write_end_ns);
	widen(&ph, p->reclaim_from_ns, p->reclaim_to_ns);
	widen(&ph, p->started_ns, run_end(p));
	for (size_t i = 0; i < p->victim_count; i++) {
		widen(&ph, p->victims[i].marked_ns, p->victims[i].marked_ns);
		widen(&ph, 0, p->victims[i].exit_ns);
	}
	if (ph.from_ns >= ph.to_ns)
		return;
	begin_part(out, "Anatomy of the kill");
	fputs("<div class=\"scroll\"><table class=\"gantt\"><thead><tr><th scope=\"col\">phase</th>"
	      "<td></td><th scope=\"col\" class=\"n\">from</th><th scope=\"col\" class=\"n\">took</th>"
	      "</tr></thead><tbody>\n",
	      out);
	if (p->write_begin_ns) {
		fprintf(out, "<tr><th scope=\"row\">write %" PRIu64, p->cause_limit_id);
		if (write) {
			fputs(" by ", out);
			html__process(out, write->comm, write->pid);
		}
		put_phase(&ph, "write", p->write_begin_ns, p->write_end_ns);
	}
	if (p->reclaim_from_ns) {
		fprintf(out, "<tr><th scope=\"row\">reclaim, %" PRIu64 " run%s of ", p->reclaim.runs,
			p->reclaim.runs == 1 ? "" : "s");
		html__duration(out, p->reclaim.duration_ns);
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

void html_card__end(struct html_report *report, const struct html_pending *pending, FILE *out)
{
	if (pending->html)
		fputs(pending->html, out);
	put_phases(report, pending, out);
	if (pending->stack)
		fputs(pending->stack, out);
	fputs("</div></article>\n", out);
}

void html_card__free(struct html_pending *pending)
{
	free(pending->html);
	free(pending->stack);
	*pending = (struct html_pending){ 0 };
}
