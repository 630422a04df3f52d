// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/pending.h"
#include "report/spans.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "report/cgroup_label.h"
#include "report/html/anatomy.h"
#include "report/html/card.h"
#include "report/html/elements.h"
#include "report/html/flame.h"

static struct html_pending *pending_at(struct html_report *r, size_t i)
{
	return &r->pending[(r->first_pending + i) % HTML_PENDING_MAX];
}

static void fill_mark(struct html_card_mark *mark, const struct record_oom *oom)
{
	const struct record_victim *victim = record__first_killed(oom);

	mark->id = oom->id;
	mark->cause = oom->cause;
	mark->outcome = oom->outcome;
	mark->untold = record__kills_untold(oom);
	for (size_t i = 0; i < oom->victim_count; i++) {
		const struct record_victim *v = &oom->victims[i];

		if (v->role != ROLE_EXITING && !v->repeated && v->has_mm)
			mark->freed_bytes += v->anon_rss_bytes;
	}
	if (victim)
		html_collected__keep(mark->comm, sizeof(mark->comm), victim->comm);
	if (oom->limit) {
		html_collected__keep(mark->cgroup, sizeof(mark->cgroup), oom->limit->path);
		cgroup_label__format(mark->label, sizeof(mark->label), oom->limit->path,
				     &oom->limit_container);
	}
}

static void fill(struct html_pending *p, const struct record *record)
{
	const struct record_oom *oom = &record->oom;
	p->id = oom->id;
	p->cause_limit_id = oom->cause_limit_id;
	p->inside_write = oom->cause == CAUSE_INSIDE_WRITE;
	p->started_ns = oom->started_ns;
	p->chosen_ns = record->time.boot_ns;
	p->duration_ns = oom->duration_ns;
	if (oom->limit && oom->limit->path)
		snprintf(p->cgroup, sizeof(p->cgroup), "%s", oom->limit->path);
	fill_mark(&p->mark, oom);
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

/* The card up to its anatomy. */
static int begin(struct html_report *report, struct html_pending *pending, const struct record *record)
{
	size_t size;
	FILE *out;

	*pending = (struct html_pending){ 0 };
	out = open_memstream(&pending->html, &size);
	if (!out)
		return -errno;
	html_card__put(report, record, out);
	fill(pending, record);
	pending->mark.session = report->sessions;
	return fclose(out) ? -errno : 0;
}

static void end(struct html_report *report, const struct html_pending *pending, FILE *out)
{
	if (pending->html)
		fputs(pending->html, out);
	html_anatomy__put(report, pending, out);
	if (pending->stack)
		fputs(pending->stack, out);
	fputs("</div></details></article>\n", out);
}

static void release(struct html_pending *pending)
{
	free(pending->html);
	free(pending->stack);
	*pending = (struct html_pending){ 0 };
}

static void write_first(struct html_report *r)
{
	struct html_pending *p = pending_at(r, 0);

	if (r->cards.file && r->mark_count < HTML_CARDS_MAX) {
		p->mark.offset = ftell(r->cards.file);
		r->marks[r->mark_count++] = p->mark;
		end(r, p, r->cards.file);
	}
	release(p);
	r->first_pending = (r->first_pending + 1) % HTML_PENDING_MAX;
	r->pending_count--;
}

/* What the kernel's reclaim did just before, if that has been told already. */
static void add_last_reclaim(struct html_pending *p, const struct record_time *time,
			     const struct html_curve *curve)
{
	const uint64_t offset = (uint64_t)time->wall_ns - time->boot_ns;
	const struct span *last;
	uint64_t from_ns, to_ns;

	if (!curve || !curve->reclaim.count || !p->started_ns)
		return;
	last = &curve->reclaim.spans[curve->reclaim.count - 1];
	from_ns = last->from_ns - offset;
	to_ns = last->to_ns - offset;
	if (from_ns > p->started_ns || to_ns + NS_PER_S < p->started_ns)
		return;
	p->reclaim_from_ns = from_ns;
	p->reclaim_to_ns = to_ns;
	p->reclaim = last->sum;
}

void html_pending__add(struct html_report *r, const struct record *record, const struct html_curve *curve)
{
	const struct record_oom *oom = &record->oom;
	const struct html_write *write;
	struct html_pending *p;
	int err;

	if (!html_collected__next(r, &r->cards, HTML_CARDS_MAX))
		return;
	if (r->pending_count == HTML_PENDING_MAX)
		write_first(r);
	p = pending_at(r, r->pending_count);
	err = begin(r, p, record);
	if (err) {
		release(p);
		html_collected__fail(r, err);
		return;
	}
	r->pending_count++;
	/* Another's write, that had ended before: it is in the picture when it is near. */
	write = html_collected__write_of(r, p->cause_limit_id);
	if (write && oom->cause == CAUSE_LIMIT_LOWERED && write->end_ns <= p->chosen_ns &&
	    p->chosen_ns - write->begin_ns < NS_PER_S) {
		p->write_begin_ns = write->begin_ns;
		p->write_end_ns = write->end_ns;
	}
	add_last_reclaim(p, &record->time, curve);
}

void html_pending__note_write(struct html_report *r, uint64_t id, uint64_t begin_ns, uint64_t end_ns)
{
	for (size_t i = 0; i < r->pending_count; i++) {
		struct html_pending *p = pending_at(r, i);

		if (p->inside_write && p->cause_limit_id == id) {
			p->write_begin_ns = begin_ns;
			p->write_end_ns = end_ns;
		}
	}
}

void html_pending__note_reclaim(struct html_report *r, const struct record *record)
{
	const struct record_reclaim *reclaim = &record->reclaim;
	/* A run of reclaim that a kill came out of: it began within the second before. */
	for (size_t i = 0; reclaim->kind == RECLAIM_LIMIT && i < r->pending_count; i++) {
		struct html_pending *p = pending_at(r, i);

		if (!p->started_ns || p->reclaim_from_ns || !reclaim->cgroup ||
		    strcmp(p->cgroup, reclaim->cgroup) || reclaim->since_ns > p->started_ns ||
		    p->started_ns - reclaim->since_ns > NS_PER_S ||
		    record->time.boot_ns + NS_PER_S < p->started_ns)
			continue;
		p->reclaim_from_ns = reclaim->since_ns;
		p->reclaim_to_ns = record->time.boot_ns;
		p->reclaim = reclaim->sum;
	}
}

void html_pending__note_exit(struct html_report *r, const struct record *record)
{
	const struct record_exit *e = &record->exit;
	for (size_t i = 0; i < r->pending_count; i++) {
		struct html_pending *p = pending_at(r, i);

		for (size_t v = 0; v < p->victim_count; v++) {
			if (p->victims[v].pid == e->pid && !p->victims[v].exit_ns &&
			    record->time.boot_ns >= p->victims[v].marked_ns)
				p->victims[v].exit_ns = record->time.boot_ns;
		}
	}
}

void html_pending__note_relief(struct html_report *r, const struct record *record)
{
	const struct record_relief *relief = &record->relief;

	for (size_t i = 0; i < r->pending_count && relief->live; i++) {
		struct html_pending *p = pending_at(r, i);

		if (p->id != relief->oom_id)
			continue;
		for (size_t n = 0; n < p->victim_count; n++) {
			struct html_pending_victim *v = &p->victims[n];

			if (v->pid != relief->pid || v->back_ns || record->time.boot_ns < v->marked_ns)
				continue;
			v->back_ns = record->time.boot_ns;
			v->has_returned = relief->has_usage &&
					  relief->usage_before_bytes >= relief->usage_after_bytes;
			v->returned_bytes = relief->usage_before_bytes - relief->usage_after_bytes;
		}
	}
}

static bool has_place(const struct record_frame *frame)
{
	return (frame->function && *frame->function) || (frame->module && *frame->module);
}

static bool any_place(const struct record_frame *frames, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (has_place(&frames[i]))
			return true;
	}
	return false;
}

/* class: "k" for the kernel's, "u" for those of the program and its libraries */
static void put_frames(FILE *out, const char *class, const struct record_frame *frames, size_t count)
{
	char name[HTML_PATH_SIZE];

	for (size_t i = 0; i < count; i++) {
		fprintf(out, "<li class=\"%s\">", class);
		if (has_place(&frames[i]))
			html_elements__name(out, flame_tree__frame_name(name, sizeof(name), &frames[i]));
		else
			fprintf(out, "0x%" PRIx64 " <span class=\"note\">in no file that is known</span>",
				frames[i].address);
		if (*class == 'u' && frames[i].module) {
			fputs(" <span class=\"note\">", out);
			html_elements__text(out, frames[i].module);
			if (frames[i].address)
				fprintf(out, "+0x%" PRIx64, frames[i].address);
			fputs("</span>", out);
		}
		fputs("</li>", out);
	}
}

/* Of a process that was gone before anybody could read what it had mapped, or whose first thread is. */
static void put_addresses(FILE *out, const struct record_frame *frames, size_t count)
{
	fputs("<p class=\"note\">The program's own functions are not known, only their addresses:", out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s 0x%" PRIx64, i ? "," : "", frames[i].address);
	fputs(". oomtrace could not read which files the process had mapped: it was ending.</p>", out);
}

void html_pending__add_stack(struct html_report *r, const struct record_stack *s)
{
	for (size_t i = 0; i < r->pending_count; i++) {
		struct html_pending *p = pending_at(r, i);
		size_t size;
		bool known;
		FILE *out;

		if (p->id != s->oom_id || p->stack)
			continue;
		out = open_memstream(&p->stack, &size);
		if (!out) {
			html_collected__fail(r, -errno);
			return;
		}
		fputs("<section><h4>Stack that asked for memory</h4><ol class=\"stack\" tabindex=\"0\" "
		      "aria-label=\"stack, innermost first, the program before the kernel\">",
		      out);
		/* The kernel's part is much the same for everybody. */
		known = any_place(s->user, s->user_count);
		if (known)
			put_frames(out, "u", s->user, s->user_count);
		put_frames(out, "k", s->kernel, s->kernel_count);
		fputs("</ol>", out);
		if (!known && s->user_count)
			put_addresses(out, s->user, s->user_count);
		fputs("</section>\n", out);
		fclose(out);
	}
}

void html_pending__write_all(struct html_report *r)
{
	while (r->pending_count)
		write_first(r);
}

void html_pending__free(struct html_report *r)
{
	for (size_t i = 0; i < r->pending_count; i++)
		release(pending_at(r, i));
}
