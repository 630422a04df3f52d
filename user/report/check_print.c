// SPDX-License-Identifier: GPL-2.0-only
/* Pairs of kills as a table, or as JSON (docs/schema.md, "A check"). */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "base/stream.h"
#include "jsonl/member.h"
#include "jsonl/write.h"
#include "jsonl/write_log.h"
#include "output/text_log.h"
#include "output/wrap.h"
#include "record/names.h"
#include "record/time.h"
#include "report/check_kill.h"

const char *check_print__result_name(enum check_result result)
{
	static const char *const names[CHECK_RESULTS] = {
		[CHECK_SAME] = "same",		 [CHECK_CLOSE] = "close",
		[CHECK_DIFFERENT] = "different", [CHECK_ONLY_RECORDING] = "only-recording",
		[CHECK_ONLY_LOG] = "only-log",	 [CHECK_OUTSIDE] = "outside",
	};

	return names[result];
}

uint64_t check_print__lost(const struct check *check)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < check->session_count; i++)
		lost += check->sessions[i].lost;
	return lost;
}

/*
 * The pairs in the recording's order, each line that only the log has before the pair that it stands before
 * in the log.
 */
static int each_row(const struct check *check,
		    int (*tell)(void *ctx, const struct check_kill *recorded,
				const struct check_kill *logged),
		    void *ctx)
{
	size_t told = 0;
	int err = 0;

	for (size_t i = 0; i < check->recorded.count && !err; i++) {
		const struct check_kill *kill = &check->recorded.kills[i];

		for (; kill->other && &check->logged.kills[told] < kill->other && !err; told++)
			if (!check->logged.kills[told].other)
				err = tell(ctx, NULL, &check->logged.kills[told]);
		if (!err)
			err = tell(ctx, kill, kill->other);
	}
	for (; told < check->logged.count && !err; told++)
		if (!check->logged.kills[told].other)
			err = tell(ctx, NULL, &check->logged.kills[told]);
	return err;
}

/* ---- text ---- */

struct text {
	FILE *out;
	uint64_t number;
};

/* In so many columns, which a name that is escaped may need more of. */
static void print_name(FILE *out, const char *name, int width)
{
	char safe[ESCAPE__TERMINAL_SIZE(CHECK_COMM_SIZE)];

	escape__terminal(safe, sizeof(safe), name, strlen(name));
	fprintf(out, " %-*s", width, safe);
}

static void print_side(FILE *out, const struct check_kill *kill)
{
	if (!kill) {
		fprintf(out, " %7s %-15s %10s", "-", "(no such kill)", "-");
		return;
	}
	fprintf(out, " %7" PRIu32, kill->tid);
	print_name(out, kill->comm, 15);
	if (kill->has_figures & (1U << FIGURE_ANON))
		fprintf(out, " %10" PRIu64, kill->figures[FIGURE_ANON] / 1024);
	else
		fprintf(out, " %10s", "-");
}

static void print_differences(FILE *out, const struct check_kill *recorded, const struct check_kill *logged)
{
	struct record_difference all[CHECK_DIFFERENCES_MAX];
	size_t count = check_compare__kills(recorded, logged, all);

	for (size_t i = 0; i < count; i++) {
		fputs("       ", out);
		text_log__difference(out, &all[i]);
	}
}

static int print_row(void *ctx, const struct check_kill *recorded, const struct check_kill *logged)
{
	static const char *const words[CHECK_RESULTS] = {
		[CHECK_SAME] = "same",
		[CHECK_CLOSE] = "close",
		[CHECK_DIFFERENT] = "DIFFERENT",
		[CHECK_ONLY_RECORDING] = "ONLY IN THE RECORDING",
		[CHECK_ONLY_LOG] = "ONLY IN THE LOG",
	};
	const struct check_kill *kill = recorded ? recorded : logged;
	struct text *text = ctx;
	FILE *out = text->out;

	fprintf(out, "%5" PRIu64 " ", ++text->number);
	print_side(out, recorded);
	fputs(" |", out);
	if (logged)
		fprintf(out, " %7" PRIu64, logged->last_line);
	else
		fprintf(out, " %7s", "-");
	print_side(out, logged);
	fprintf(out, " | %s\n", kill->result == CHECK_OUTSIDE ? kill->why_outside : words[kill->result]);
	if (recorded && logged)
		print_differences(out, recorded, logged);
	return stream__error(out);
}

static void print_totals(const struct check *check, FILE *out)
{
	const uint64_t *totals = check->totals;
	uint64_t both = totals[CHECK_SAME] + totals[CHECK_CLOSE] + totals[CHECK_DIFFERENT];
	uint64_t lost = check_print__lost(check);

	fputs("The recording and the log both have ", out);
	text_parts__count(out, both, "kill");
	fprintf(out, ": %" PRIu64 " the same, %" PRIu64 " close, %" PRIu64 " different.\n",
		totals[CHECK_SAME], totals[CHECK_CLOSE], totals[CHECK_DIFFERENT]);
	fprintf(out, "Only in the recording: %" PRIu64 ". Only in the log: %" PRIu64 ".\n",
		totals[CHECK_ONLY_RECORDING], totals[CHECK_ONLY_LOG]);
	if (totals[CHECK_OUTSIDE]) {
		fputs("The log has ", out);
		text_parts__count(out, totals[CHECK_OUTSIDE], "more kill");
		fputs(", which the recording was not made for.\n", out);
	}
	if (lost) {
		fputs("The recording says itself that it lost ", out);
		text_parts__count(out, lost, "event");
		fputs(".\n", out);
	}
	if (check->recorded.left_out || check->logged.left_out)
		fprintf(out, "Not compared: all kills after the first %u of one side.\n", CHECK_KILLS_MAX);
	fputs("Compared, where both have it: thread, name, uid, oom_score_adj, total-vm, anon-rss, file-rss, shmem-rss,\n"
	      "pgtables; cgroup, constraint, the limit and its cgroup, who asked for memory, and whether it was inside a\n"
	      "write of the limit. Close: resident memory alone differs, by no more than the kernel counts in parts.\n",
	      out);
}

static int print_table(const struct check *check, FILE *out)
{
	struct text text = { .out = out };

	print_totals(check, out);
	if (!check->recorded.count && !check->logged.count)
		return 0;
	fprintf(out, "\n%5s %-34s | %-42s |\n", "", "recording", "kernel log");
	fprintf(out, "%5s  %7s %-15s %10s | %7s %7s %-15s %10s |\n", "", "thread", "name", "anon kB", "line",
		"pid", "name", "anon kB");
	return each_row(check, print_row, &text);
}

int check_print__text(const struct check *check, FILE *out)
{
	FILE *text = wrap__open(out, (struct text_look){ 0 });
	int err = text ? print_table(check, text) : -ENOMEM;

	if (text && fclose(text) && !err)
		err = -errno;
	return err ? err : stream__error(out);
}

/* ---- JSON ---- */

static void add_figures(struct json_object *o, const struct check_kill *kill)
{
	static const char *const keys[FIGURES] = {
		[FIGURE_TOTAL_VM] = "total_vm_bytes", [FIGURE_ANON] = "anon_rss_bytes",
		[FIGURE_FILE] = "file_rss_bytes",     [FIGURE_SHMEM] = "shmem_rss_bytes",
		[FIGURE_PGTABLES] = "pgtables_bytes",
	};

	for (int i = 0; i < FIGURES; i++)
		if (kill->has_figures & (1U << i))
			member__number(o, keys[i], kill->figures[i]);
}

/* What both sides have. */
static struct json_object *new_side(const struct check_kill *kill)
{
	struct json_object *o = json_object_new_object();
	char time[64];

	member__number(o, "oom_id", kill->oom_id);
	if (!kill->time.no_boot)
		member__number(o, "ts_ns", kill->time.boot_ns);
	if (!kill->time.no_wall)
		member__text(o, "time", record_time__format(time, sizeof(time), kill->time.wall_ns));
	member__number(o, "pid", kill->pid);
	member__text(o, "comm", kill->comm);
	if (kill->has_uid)
		member__number(o, "uid", kill->uid);
	if (kill->has_adj)
		member__signed(o, "oom_score_adj", kill->oom_score_adj);
	add_figures(o, kill);
	member__text(o, "cgroup", kill->cgroup);
	return o;
}

static struct json_object *new_recorded(const struct check_kill *kill)
{
	struct json_object *o = new_side(kill);

	member__number(o, "tid", kill->tid);
	member__text(o, "cause", record_names__cause(kill->cause));
	return o;
}

static struct json_object *new_logged(const struct check_kill *kill)
{
	struct json_object *o = new_side(kill), *lines = json_object_new_array();

	member__text(o, "file", kill->file);
	json_object_array_add(lines, json_object_new_uint64(kill->first_line));
	json_object_array_add(lines, json_object_new_uint64(kill->last_line));
	member__add(o, "lines", lines);
	if (kill->inside_write == INSIDE_WRITE_PERHAPS)
		member__text(o, "inside_write", "perhaps");
	else if (kill->inside_write != INSIDE_WRITE_UNTOLD)
		member__flag(o, "inside_write", kill->inside_write == INSIDE_WRITE_YES);
	member__text(o, "trigger", *kill->trigger_comm ? kill->trigger_comm : NULL);
	member__text(o, "limit_cgroup", kill->limit_cgroup);
	return o;
}

static struct json_object *new_differences(const struct check_kill *recorded, const struct check_kill *logged)
{
	struct record_difference all[CHECK_DIFFERENCES_MAX];

	return write_log__new_differences(all, check_compare__kills(recorded, logged, all));
}

struct json {
	FILE *out;
	bool begun;
};

static int put_row(void *ctx, const struct check_kill *recorded, const struct check_kill *logged)
{
	const struct check_kill *kill = recorded ? recorded : logged;
	struct json_object *o = json_object_new_object();
	struct json *json = ctx;

	/* cppcheck-suppress nullPointerRedundantCheck; one of the two is there */
	member__text(o, "result", check_print__result_name(kill->result));
	/* cppcheck-suppress nullPointerRedundantCheck */
	member__text(o, "why", kill->why_outside);
	if (recorded)
		member__add(o, "recording", new_recorded(recorded));
	if (logged)
		member__add(o, "log", new_logged(logged));
	if (recorded && logged)
		member__add(o, "differences", new_differences(recorded, logged));
	fputs(json->begun ? "," : "", json->out);
	json->begun = true;
	jsonl_write__put(json->out, o);
	json_object_put(o);
	return stream__error(json->out);
}

int check_print__json(const struct check *check, FILE *out)
{
	struct json json = { .out = out };
	int err;

	fprintf(out, "{\"schema\":%d,\"totals\":{\"recorded\":%zu,\"logged\":%zu", RECORD_SCHEMA,
		check->recorded.count, check->logged.count);
	for (int i = 0; i < CHECK_RESULTS; i++)
		fprintf(out, ",\"%s\":%" PRIu64, check_print__result_name((enum check_result)i),
			check->totals[i]);
	fprintf(out, ",\"not_compared\":%" PRIu64 ",\"lost\":%" PRIu64 "}",
		check->recorded.left_out + check->logged.left_out, check_print__lost(check));
	if (check->has_offset)
		fprintf(out, ",\"log_clock_offset_ns\":%" PRId64, check->offset_ns);
	fputs(",\n\"kills\":[\n", out);
	err = each_row(check, put_row, &json);
	fputs("]}\n", out);
	return err ? err : stream__error(out);
}
