// SPDX-License-Identifier: GPL-2.0-only
#include "report/csv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/escape.h"
#include "record/names.h"
#include "record/time.h"

/* Columns are only ever added, at the end. The names are those of docs/schema.md. */
enum column {
	COLUMN_ROW, /* "kill", "no-victim", "unknown" (more may have been killed) or "step" */
	COLUMN_SESSION,
	COLUMN_TIME,
	COLUMN_TS,
	COLUMN_OOM,
	COLUMN_WRITE,
	COLUMN_CAUSE,
	COLUMN_CGROUP,
	COLUMN_CONTAINER,
	COLUMN_PID,
	COLUMN_COMM,
	COLUMN_ROLE,
	COLUMN_ADJ,
	COLUMN_ANON,
	COLUMN_FILE,
	COLUMN_SHMEM,
	COLUMN_SWAP,
	COLUMN_PGTABLES,
	COLUMN_MAX,
	COLUMN_OLD_MAX,
	COLUMN_USAGE,
	COLUMN_USAGE_AFTER,
	COLUMN_RECLAIMED,
	COLUMN_KILLED_INSIDE,
	COLUMN_KILLED_AFTER,
	COLUMN_DURATION,
	COLUMNS,
};

static const char *const names[COLUMNS] = {
	[COLUMN_ROW] = "row",
	[COLUMN_SESSION] = "session",
	[COLUMN_TIME] = "time",
	[COLUMN_TS] = "ts_ns",
	[COLUMN_OOM] = "oom_id",
	[COLUMN_WRITE] = "limit_id",
	[COLUMN_CAUSE] = "cause",
	[COLUMN_CGROUP] = "cgroup",
	[COLUMN_CONTAINER] = "container",
	[COLUMN_PID] = "pid",
	[COLUMN_COMM] = "comm",
	[COLUMN_ROLE] = "role",
	[COLUMN_ADJ] = "oom_score_adj",
	[COLUMN_ANON] = "anon_rss_bytes",
	[COLUMN_FILE] = "file_rss_bytes",
	[COLUMN_SHMEM] = "shmem_rss_bytes",
	[COLUMN_SWAP] = "swap_bytes",
	[COLUMN_PGTABLES] = "pgtables_bytes",
	[COLUMN_MAX] = "max_bytes",
	[COLUMN_OLD_MAX] = "old_max_bytes",
	[COLUMN_USAGE] = "usage_bytes",
	[COLUMN_USAGE_AFTER] = "usage_after_bytes",
	[COLUMN_RECLAIMED] = "reclaimed_bytes",
	[COLUMN_KILLED_INSIDE] = "killed_inside",
	[COLUMN_KILLED_AFTER] = "killed_after",
	[COLUMN_DURATION] = "duration_ns",
};

#define CELL_SIZE 8192 /* a path, and what escaping makes of it; longer ones are cut */

struct csv_sink {
	struct sink base;
	uint64_t sessions;
	bool begun;
	char cells[COLUMNS][CELL_SIZE]; /* of the row that is being made */
};

static void set_number(struct csv_sink *s, enum column column, uint64_t number)
{
	snprintf(s->cells[column], CELL_SIZE, "%" PRIu64, number);
}

static void set_limit(struct csv_sink *s, enum column column, uint64_t bytes)
{
	if (bytes == RECORD_NO_LIMIT)
		snprintf(s->cells[column], CELL_SIZE, "max");
	else
		set_number(s, column, bytes);
}

/* A spreadsheet takes a text that begins so for a formula: an apostrophe makes it text. */
static bool is_formula(const char *name)
{
	return *name && strchr("=+-@", *name);
}

/* A name that somebody else chose. */
static void set_name(struct csv_sink *s, enum column column, const char *name)
{
	char *cell = s->cells[column];

	if (!name)
		return;
	if (is_formula(name))
		*cell++ = '\'';
	escape__terminal(cell, CELL_SIZE - 1, name, strlen(name));
}

static void put_cell(FILE *out, const char *cell)
{
	if (!strpbrk(cell, ",\"\r\n ")) {
		fputs(cell, out);
		return;
	}
	fputc('"', out);
	for (; *cell; cell++) {
		if (*cell == '"')
			fputc('"', out);
		fputc(*cell, out);
	}
	fputc('"', out);
}

static void begin_row(struct csv_sink *s, const char *kind, const struct record_time *time)
{
	for (size_t i = 0; i < COLUMNS; i++)
		s->cells[i][0] = '\0';
	snprintf(s->cells[COLUMN_ROW], CELL_SIZE, "%s", kind);
	set_number(s, COLUMN_SESSION, s->sessions);
	if (!time->no_wall)
		record_time__format(s->cells[COLUMN_TIME], CELL_SIZE, time->wall_ns);
	if (!time->no_boot)
		set_number(s, COLUMN_TS, time->boot_ns);
}

static int put_heading(struct csv_sink *s)
{
	FILE *out = s->base.out;

	for (size_t i = 0; !s->begun && i < COLUMNS; i++)
		fprintf(out, "%s%s", i ? "," : "", names[i]);
	fputs(s->begun ? "" : "\r\n", out);
	s->begun = true;
	return ferror(out) ? sink__flush(&s->base) : 0;
}

static int end_row(struct csv_sink *s)
{
	FILE *out = s->base.out;
	int err = put_heading(s);

	for (size_t i = 0; i < COLUMNS && !err; i++) {
		fputs(i ? "," : "", out);
		put_cell(out, s->cells[i]);
	}
	fputs("\r\n", out);
	return err ? err : ferror(out) ? sink__flush(&s->base) : 0;
}

static void set_oom(struct csv_sink *s, const struct record_oom *oom)
{
	const char *cause = record_names__cause(oom->cause);

	set_number(s, COLUMN_OOM, oom->id);
	if (oom->cause_limit_id)
		set_number(s, COLUMN_WRITE, oom->cause_limit_id);
	snprintf(s->cells[COLUMN_CAUSE], CELL_SIZE, "%s", cause ? cause : "");
	if (oom->limit && oom->limit->has_memory) {
		set_limit(s, COLUMN_MAX, oom->limit->max_bytes);
		set_number(s, COLUMN_USAGE, oom->limit->usage_bytes);
	}
}

static void set_victim(struct csv_sink *s, const struct record_victim *v)
{
	const struct {
		enum column column;
		uint32_t unknown;
		uint64_t bytes;
	} sizes[] = {
		{ COLUMN_ANON, 0, v->anon_rss_bytes },
		{ COLUMN_FILE, 0, v->file_rss_bytes },
		{ COLUMN_SHMEM, VICTIM_UNKNOWN_SHMEM, v->shmem_rss_bytes },
		{ COLUMN_SWAP, VICTIM_UNKNOWN_SWAP, v->swap_bytes },
		{ COLUMN_PGTABLES, VICTIM_UNKNOWN_PGTABLES, v->pgtables_bytes },
	};

	set_name(s, COLUMN_CGROUP, v->cgroup);
	set_name(s, COLUMN_CONTAINER, v->container.name ? v->container.name : v->container.ref.id);
	set_number(s, COLUMN_PID, v->pid);
	set_name(s, COLUMN_COMM, v->comm);
	snprintf(s->cells[COLUMN_ROLE], CELL_SIZE, "%s", record_names__role(v->role));
	if (!(v->unknown & VICTIM_UNKNOWN_ADJ))
		snprintf(s->cells[COLUMN_ADJ], CELL_SIZE, "%d", v->oom_score_adj);
	for (size_t i = 0; v->has_mm && i < ARRAY_SIZE(sizes); i++) {
		if (!(v->unknown & sizes[i].unknown))
			set_number(s, sizes[i].column, sizes[i].bytes);
	}
}

/* A row without a process. */
static int put_oom(struct csv_sink *s, const struct record *record, const char *kind)
{
	const struct record_oom *oom = &record->oom;

	begin_row(s, kind, &record->time);
	set_oom(s, oom);
	if (oom->limit)
		set_name(s, COLUMN_CGROUP, oom->limit->path);
	return end_row(s);
}

static int csv_oom(struct sink *base, const struct record *record)
{
	struct csv_sink *s = (struct csv_sink *)base;
	const struct record_oom *oom = &record->oom;
	int err = 0;

	if (oom->outcome == OOM_NO_VICTIM)
		return put_oom(s, record, "no-victim");
	if (record__kills_untold(oom))
		err = put_oom(s, record, "unknown");
	for (size_t i = 0; i < oom->victim_count && !err; i++) {
		const struct record_victim *v = &oom->victims[i];

		if (v->role == ROLE_EXITING || v->repeated)
			continue;
		begin_row(s, "kill", &record->time);
		set_oom(s, oom);
		set_victim(s, v);
		err = end_row(s);
	}
	return err;
}

static int csv_step(struct sink *base, const struct record *record)
{
	struct csv_sink *s = (struct csv_sink *)base;
	const struct record_step *step = &record->step;

	begin_row(s, "step", &record->time);
	set_number(s, COLUMN_WRITE, step->limit_id);
	set_limit(s, COLUMN_MAX, step->new_max_bytes);
	set_limit(s, COLUMN_OLD_MAX, step->old_max_bytes);
	set_number(s, COLUMN_USAGE, step->usage_before_bytes);
	set_number(s, COLUMN_USAGE_AFTER, step->usage_after_bytes);
	set_number(s, COLUMN_RECLAIMED, step->reclaimed_bytes);
	set_number(s, COLUMN_KILLED_INSIDE, step->killed_inside);
	set_number(s, COLUMN_KILLED_AFTER, step->killed_after);
	set_number(s, COLUMN_DURATION, step->duration_ns);
	return end_row(s);
}

static int csv_session(struct sink *base, const struct record *record)
{
	(void)record;
	((struct csv_sink *)base)->sessions++;
	return 0;
}

static const sink_take_fn csv_takes[RECORD_KINDS] = {
	[RECORD_SESSION] = csv_session,
	[RECORD_OOM] = csv_oom,
	[RECORD_STEP] = csv_step,
};

static int csv_take(struct sink *sink, const struct record *record)
{
	return sink__dispatch(csv_takes, sink, record);
}

/* Without a row, too, it is a table. */
static int csv_finish(struct sink *sink)
{
	return put_heading((struct csv_sink *)sink);
}

static void csv_free(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops csv_ops = { .take = csv_take, .free = csv_free, .finish = csv_finish };

struct sink *csv__new(FILE *out)
{
	struct csv_sink *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->base = (struct sink){ .ops = &csv_ops, .out = out };
	return &s->base;
}
