// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/cards.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/stream.h"
#include "record/cause_words.h"
#include "report/html/elements.h"

#define GROUP_LEAST 3 /* cards one after the other that are alike */

static bool are_alike(const struct html_card_mark *a, const struct html_card_mark *b)
{
	return a->cause == b->cause && a->outcome == b->outcome && a->session == b->session &&
	       a->untold == b->untold && !strcmp(a->comm, b->comm) && !strcmp(a->cgroup, b->cgroup);
}

static size_t count_alike(const struct html_report *r, size_t first)
{
	size_t count = 1;

	while (first + count < r->mark_count && are_alike(&r->marks[first], &r->marks[first + count]))
		count++;
	return count;
}

/* What stands in the spool from one card to the next. */
static int copy_card(struct html_report *r, size_t i, FILE *out)
{
	bool last = i + 1 == r->mark_count;
	long left = last ? -1 : r->marks[i + 1].offset - r->marks[i].offset;
	char buffer[16384];

	if (fseek(r->cards.file, r->marks[i].offset, SEEK_SET))
		return -errno;
	while (left) {
		size_t want = left > 0 && left < (long)sizeof(buffer) ? (size_t)left : sizeof(buffer);
		size_t got = fread(buffer, 1, want, r->cards.file);

		if (!got)
			break;
		fwrite(buffer, 1, got, out);
		if (left > 0)
			left -= (long)got;
	}
	return stream__error(r->cards.file);
}

/* The first and the last of a group are open, and those of the page. */
static int put_group(struct html_report *r, size_t first, size_t count, FILE *out)
{
	int err = 0;

	for (size_t i = first; i < first + count && !err; i++) {
		const struct html_card_mark *mark = &r->marks[i];
		bool open = !i || i + 1 == r->mark_count ||
			    (count >= GROUP_LEAST && (i == first || i + 1 == first + count));

		fprintf(out,
			"<article class=\"card\" id=\"oom-%" PRIu64 "-%" PRIu64 "\" data-cause=\"%s\" "
			"data-bytes=\"%" PRIu64 "\">\n<details%s>",
			mark->session, mark->id, cause_words__short(mark->cause), mark->freed_bytes,
			open ? " open" : "");
		err = copy_card(r, i, out);
	}
	return err;
}

static void put_group_heading(const struct html_card_mark *mark, size_t count, FILE *out)
{
	fprintf(out, "<h3 class=\"group\" data-count=\"%zu\">%zu in a row: ", count, count);
	if (mark->comm[0]) {
		html_elements__name(out, mark->comm);
		fputs(" killed", out);
	} else {
		fputs(mark->untold ? "what was killed is not known" : "nothing killed", out);
	}
	if (mark->cgroup[0]) {
		fputs(", at the limit of ", out);
		html_elements__name(out, mark->label);
	}
	fputs("</h3>\n", out);
}

int html_cards__put(struct html_report *r, FILE *out)
{
	int err = r->cards.file ? stream__flush(r->cards.file) : 0;

	if (!r->mark_count || err)
		return err;
	fputs("<section aria-labelledby=\"cards\"><h2 id=\"cards\">Each run of the OOM killer</h2>\n", out);
	for (size_t i = 0, count; i < r->mark_count && !err; i += count) {
		count = count_alike(r, i);
		if (count >= GROUP_LEAST)
			put_group_heading(&r->marks[i], count, out);
		err = put_group(r, i, count, out);
	}
	if (r->cards.left_out)
		fprintf(out,
			"<p class=\"note\">%" PRIu64 " more have no card here: "
			"<code>oomtrace report --kill N</code> makes one.</p>\n",
			r->cards.left_out);
	fputs("</section>\n", out);
	return err;
}
