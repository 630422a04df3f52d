// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/heading.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/html/elements.h"

#define SENTENCES_MAX 50

static bool is_bad(const struct verdict_sentence *s)
{
	return s->kills || !strcmp(s->kind, "oom-killed") || !strcmp(s->kind, "no-victim") ||
	       !strcmp(s->kind, "stalled");
}

/* What happened is the page's heading, why it happened the first sentence under it. */
static int keep_headline(struct html_report *r, const struct verdict_sentence *s)
{
	const char *why = s->text[s->head_len] ? s->text + s->head_len + strlen(": ") : "";
	size_t size;
	FILE *out = open_memstream(&r->headline, &size);

	if (!out)
		return -errno;
	fputs("<bdi>", out);
	/* "nothing was...", where no name comes first. */
	if (r->is_none)
		putc(toupper((unsigned char)*s->text), out);
	html_elements__safe(out, s->text + r->is_none, s->head_len - r->is_none);
	fputs("</bdi>", out);
	if (fclose(out))
		return -errno;
	out = open_memstream(&r->lead, &size);
	if (!out)
		return -errno;
	html_elements__safe(out, why, strlen(why));
	return fclose(out) ? -errno : 0;
}

static int keep_step(struct html_report *r, const struct verdict_sentence *step)
{
	FILE *out = html_collected__next(r, &r->steps, SENTENCES_MAX);

	if (!out)
		return r->error;
	fputs("<li>", out);
	html_elements__safe(out, step->text, strlen(step->text));
	fputs("</li>\n", out);
	return 0;
}

int html_heading__tell(void *report, const struct verdict_sentence *sentence)
{
	struct html_report *r = report;
	FILE *out;

	if (sentence->rule)
		return keep_step(r, sentence);
	r->bad = r->bad || is_bad(sentence);
	r->killed_in += sentence->kills > 0;
	r->killed_in_more |= !strcmp(sentence->kind, "others");
	/* That nothing happened in one session is no news beside what happened in another. */
	if (r->headline && !strcmp(sentence->kind, "none"))
		return 0;
	if (!r->headline || r->is_none) {
		free(r->headline);
		free(r->lead);
		r->headline = r->lead = NULL;
		r->is_none = !strcmp(sentence->kind, "none");
		return keep_headline(r, sentence);
	}
	out = html_collected__next(r, &r->sentences, SENTENCES_MAX);
	if (!out)
		return r->error;
	fputs("<li>", out);
	html_elements__safe(out, sentence->text, strlen(sentence->text));
	fputs("</li>\n", out);
	return 0;
}

/* Of the whole machine no single one stands for the others: the heading sums them up. */
static bool has_sum(const struct html_report *r)
{
	return !r->target[0] && r->sentences.count;
}

static void put_sum(const struct html_report *r, FILE *out)
{
	if (!r->kills) {
		fputs("No process was OOM-killed", out);
		return;
	}
	fprintf(out, "%" PRIu64 " process%s OOM-killed", r->kills, r->kills == 1 ? " was" : "es were");
	if (!r->killed_in)
		return;
	fprintf(out, ", in %s%" PRIu64 " container%s or cgroup%s", r->killed_in_more ? "more than " : "",
		r->killed_in, r->killed_in == 1 ? "" : "s", r->killed_in == 1 ? "" : "s");
}

static void put_heading(const struct html_report *r, FILE *out)
{
	fputs("<h1 id=\"verdict\">", out);
	if (has_sum(r))
		put_sum(r, out);
	else
		fputs(r->headline ? r->headline : "Nothing was recorded", out);
	fputs("</h1>\n", out);
	if (r->lead && *r->lead && !has_sum(r))
		fprintf(out, "<p class=\"lead\">%c%s.</p>\n", toupper((unsigned char)*r->lead), r->lead + 1);
}

static int put_others(struct html_report *r, FILE *out)
{
	int err;

	if (!r->sentences.count)
		return 0;
	fputs("<ul class=\"facts\">", out);
	if (has_sum(r))
		fprintf(out, "<li>%s%s%s</li>\n", r->headline, *r->lead ? ": " : "", r->lead);
	err = html_collected__copy(&r->sentences, out);
	if (r->sentences.left_out)
		fprintf(out, "<li>and %" PRIu64 " more</li>", r->sentences.left_out);
	fputs("</ul>\n", out);
	return err;
}

static int put_steps(struct html_report *r, FILE *out)
{
	int err;

	if (!r->steps.count)
		return 0;
	fputs("<p>What to do now:</p><ul class=\"facts\">", out);
	err = html_collected__copy(&r->steps, out);
	fputs("</ul>\n", out);
	return err;
}

static void put_facts(const struct html_report *r, FILE *out)
{
	if (r->first_killed)
		fprintf(out, "<p>Killed%s: %s%s%s.</p>\n", r->last_killed ? " first" : "", r->first_killed,
			r->last_killed ? "; last: " : "", r->last_killed ? r->last_killed : "");
	if (r->growth_bytes_per_s) {
		fputs("<p>Usage grew by up to ", out);
		html_elements__size(out, r->growth_bytes_per_s);
		fputs(" a second before a kill.</p>\n", out);
	}
	if (r->has_first_kill) {
		fputs("<p>The first process was killed at a limit of at most <b>", out);
		html_elements__size(out, r->first_kill_max);
		fputs("</b>", out);
		if (r->died) {
			fputs("; the last process had ended at <b>", out);
			html_elements__size(out, r->died_max);
			fputs("</b>", out);
		}
		fputs(".</p>\n", out);
	}
	if (r->has_runtime) {
		fputs("<p>The runtime says: ", out);
		html_elements__text(out, r->runtime_status);
		fprintf(out, ", exit code %d, OOMKilled %s.</p>\n", r->runtime_exit_code,
			r->runtime_oom_killed ? "true" : "false");
	}
	if (r->no_victim)
		fprintf(out, "<p>Memory ran out and nothing could be killed: %" PRIu64 " time%s.</p>\n",
			r->no_victim, r->no_victim == 1 ? "" : "s");
	if (r->lost)
		fprintf(out, "<p class=\"warn\">%" PRIu64 " event%s lost: what follows has gaps.</p>\n",
			r->lost, r->lost == 1 ? " was" : "s were");
	if (!r->has_end)
		fputs("<p class=\"warn\">The recording breaks off: it has no end record.</p>\n", out);
}

int html_heading__put(struct html_report *r, FILE *out)
{
	int err;

	fprintf(out, "<section class=\"verdict%s\" aria-labelledby=\"verdict\">\n", r->bad ? " bad" : "");
	put_heading(r, out);
	err = put_others(r, out);
	err = err ?: put_steps(r, out); /* as in the text: right below what happened */
	put_facts(r, out);
	fputs("</section>\n", out);
	return err;
}
