// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes a recording as one JSON document (docs/schema.md, "A report"): the verdict, and the records by
 * kind. The records of each kind wait in a temporary file, so memory is bounded.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/stream.h"
#include "base/temp_file.h"
#include "record/sink.h"
#include "jsonl/member.h"
#include "jsonl/write.h"
#include "output/verdict.h"
#include "report/document.h"

enum list {
	LIST_SESSIONS,
	LIST_VERDICT,
	LIST_INCIDENTS,
	LIST_LIMITS,
	LIST_STEPS,
	LIST_EXITS,
	LIST_STALLS,
	LIST_OTHERS,
	LIST_COUNT,
};

static const char *const list_keys[LIST_COUNT] = {
	[LIST_SESSIONS] = "sessions", [LIST_VERDICT] = "verdict", [LIST_INCIDENTS] = "incidents",
	[LIST_LIMITS] = "limits",     [LIST_STEPS] = "steps",	  [LIST_EXITS] = "exits",
	[LIST_STALLS] = "stalls",     [LIST_OTHERS] = "others",
};

struct document {
	struct sink base;
	FILE *files[LIST_COUNT]; /* a JSON value a line */
	struct sink *sinks[LIST_COUNT];
	struct sink *verdict;
	uint64_t records, ooms, kills, writes, lost;
	uint64_t usages, peak_bytes, failed;
	bool complete; /* the last session has its end */
};

/* Where a kind goes; LIST_COUNT: it is counted only. Curves and stacks would drown the rest. */
static enum list list_of(enum record_kind kind)
{
	switch (kind) {
	case RECORD_SESSION:
		return LIST_SESSIONS;
	case RECORD_OOM:
		return LIST_INCIDENTS;
	case RECORD_LIMIT:
		return LIST_LIMITS;
	case RECORD_STEPS:
		return LIST_STEPS;
	case RECORD_EXIT:
		return LIST_EXITS;
	case RECORD_STALL:
		return LIST_STALLS;
	case RECORD_USAGE:
	case RECORD_RECLAIM:
	case RECORD_STACK:
	case RECORD_STEP: /* it is in `steps`, too */
		return LIST_COUNT;
	default:
		return LIST_OTHERS;
	}
}

static void count(struct document *d, const struct record *record)
{
	d->records++;
	switch (record->kind) {
	case RECORD_SESSION:
		d->complete = false;
		break;
	case RECORD_OOM:
		d->ooms++;
		d->kills += record->oom.killed;
		break;
	case RECORD_LIMIT:
		d->writes++;
		break;
	case RECORD_USAGE:
		d->usages++;
		d->failed += record->usage.failed;
		if (record->usage.usage_bytes > d->peak_bytes)
			d->peak_bytes = record->usage.usage_bytes;
		break;
	case RECORD_LOST:
		d->lost += record->lost.count;
		break;
	case RECORD_END:
		d->complete = true;
		break;
	default:
		break;
	}
}

static int document_take(struct sink *base, const struct record *record)
{
	struct document *d = (struct document *)base;
	enum list list = list_of(record->kind);
	int err;

	count(d, record);
	err = sink__take(d->verdict, record);
	return err || list == LIST_COUNT ? err : sink__take(d->sinks[list], record);
}

static int tell(void *ctx, const struct verdict_sentence *s)
{
	struct document *d = ctx;
	struct json_object *o = json_object_new_object();
	FILE *out = d->files[LIST_VERDICT];

	json_object_object_add(o, "kind", json_object_new_string(s->kind));
	json_object_object_add(o, "text", json_object_new_string(s->text));
	if (s->cgroup)
		member__text(o, "cgroup", s->cgroup);
	if (s->rule) {
		json_object_object_add(o, "rule", json_object_new_string(s->rule));
	} else {
		json_object_object_add(o, "ooms", json_object_new_uint64(s->ooms));
		json_object_object_add(o, "killed", json_object_new_uint64(s->kills));
	}
	if (s->oom_id)
		json_object_object_add(o, "oom_id", json_object_new_uint64(s->oom_id));
	jsonl_write__put(out, o);
	json_object_put(o);
	return stream__error(out);
}

/* The lines of a file as the elements of an array. */
static int put_list(FILE *out, const char *key, FILE *from)
{
	bool first = true;
	int c, before = '\n', err = stream__flush(from);

	if (err)
		return err;
	rewind(from);
	fprintf(out, ",\n\"%s\":[", key);
	while ((c = getc_unlocked(from)) != EOF) {
		if (before == '\n') {
			fputs(first ? "\n" : ",\n", out);
			first = false;
		}
		if (c != '\n')
			putc_unlocked(c, out);
		before = c;
	}
	fputc(']', out);
	return stream__error(from);
}

static int document_finish(struct sink *base)
{
	struct document *d = (struct document *)base;
	FILE *out = base->out;
	int err = sink__finish(d->verdict);

	if (err)
		return err;
	fprintf(out, "{\"schema\":%d,\"complete\":%s,\n", RECORD_SCHEMA, d->complete ? "true" : "false");
	fprintf(out,
		"\"totals\":{\"records\":%" PRIu64 ",\"ooms\":%" PRIu64 ",\"killed\":%" PRIu64
		",\"limits\":%" PRIu64 ",\"lost\":%" PRIu64,
		d->records, d->ooms, d->kills, d->writes, d->lost);
	if (d->usages)
		fprintf(out, ",\"usages\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"usage_peak_bytes\":%" PRIu64,
			d->usages, d->failed, d->peak_bytes);
	fputc('}', out);
	for (int i = 0; i < LIST_COUNT && !err; i++)
		err = put_list(out, list_keys[i], d->files[i]);
	fputs("}\n", out);
	return err;
}

static void document_free(struct sink *base)
{
	struct document *d = (struct document *)base;

	for (int i = 0; i < LIST_COUNT; i++) {
		if (d->sinks[i])
			d->sinks[i]->ops->free(d->sinks[i]);
		if (d->files[i])
			fclose(d->files[i]);
	}
	if (d->verdict)
		d->verdict->ops->free(d->verdict);
	free(d);
}

static const struct sink_ops document_ops = {
	.take = document_take,
	.free = document_free,
	.finish = document_finish,
};

struct sink *document__new(FILE *out)
{
	struct document *d = calloc(1, sizeof(*d));
	bool whole = d;

	if (!d)
		return NULL;
	d->base = (struct sink){ .ops = &document_ops, .out = out };
	d->verdict = verdict__new(tell, d);
	for (int i = 0; i < LIST_COUNT && whole; i++) {
		d->files[i] = temp_file__new();
		d->sinks[i] = d->files[i] ? jsonl_write__new_buffered(d->files[i]) : NULL;
		whole = d->sinks[i];
	}
	if (whole && d->verdict)
		return &d->base;
	document_free(&d->base);
	return NULL;
}
