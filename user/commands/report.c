// SPDX-License-Identifier: GPL-2.0-only
/* From recordings to one of the formats: reader -> filter -> sink. */
#include "commands/report.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/exit_codes.h"
#include "base/output_file.h"
#include "base/stream.h"
#include "base/temp_file.h"
#include "base/input.h"
#include "commands/confine.h"
#include "commands/report_log.h"
#include "commands/report_options.h"
#include "jsonl/reader.h"
#include "jsonl/write.h"
#include "output/folded.h"
#include "output/text.h"
#include "record/sink.h"
#include "report/check.h"
#include "report/chrome_trace.h"
#include "report/compare.h"
#include "report/compare_print.h"
#include "report/csv.h"
#include "report/document.h"
#include "report/filter.h"
#include "report/html/collect.h"
#include "report/html/compare_page.h"
#include "report/summary.h"
#include "terminal/console.h"
#include "terminal/progress.h"

struct report {
	const struct report_options *opts;
	int first_fd;		 /* the first of the files, which is open already; -1: it isn't */
	struct output_file file; /* with --output */
	FILE *out;
	struct text_look look;
	struct sink *sink;    /* of the format, or the filter before it */
	struct sink *check;   /* with --check: the one of the format */
	struct sink *compare; /* with --compare: the one of the format */
	bool filtered;
	struct jsonl_reader *recording;
	struct report_log *log;
};

static struct sink *open_text(const struct report *r)
{
	if (r->opts->compare)
		return compare__new(r->out, r->look, compare_print__text);
	if (r->opts->no_summary)
		return text__new(r->out, r->look);
	return summary__new(r->out, r->look, r->opts->summary);
}

static struct sink *open_json(const struct report *r)
{
	return r->opts->compare ? compare__new(r->out, r->look, compare_print__json) : document__new(r->out);
}

static struct sink *open_folded(const struct report *r)
{
	return folded__new(r->out);
}

static struct sink *open_html(const struct report *r)
{
	return r->opts->compare ? compare__new(r->out, r->look, html_compare_page__put)
				: html_collect__new(r->out);
}

static struct sink *open_chrome(const struct report *r)
{
	return chrome_trace__new(r->out);
}

static struct sink *open_jsonl(const struct report *r)
{
	return jsonl_write__new_buffered(r->out);
}

static struct sink *open_csv(const struct report *r)
{
	return csv__new(r->out);
}

/* Makes the sink of each format. */
static struct sink *(*const formats[REPORT_FORMATS])(const struct report *r) = {
	[REPORT_TEXT] = open_text, [REPORT_JSON] = open_json,	  [REPORT_FOLDED] = open_folded,
	[REPORT_HTML] = open_html, [REPORT_CHROME] = open_chrome, [REPORT_JSONL] = open_jsonl,
	[REPORT_CSV] = open_csv,
};

static struct sink *open_sink(struct report *r)
{
	if (!r->opts->check)
		return formats[r->opts->format](r);
	r->check = check__new(r->out, r->opts->format == REPORT_JSON);
	return r->check;
}

/* A file's name as the user gave it, safe for the terminal. Static text. */
static const char *shown(const char *name)
{
	return strcmp(name, "-") ? escape__shown(name) : "stdin";
}

/* -1: it isn't open. */
static int open_already(const struct report *r, const char *name)
{
	if (!strcmp(name, "-"))
		return STDIN_FILENO;
	/* By its place: of the same name there may be another now. */
	return name == r->opts->files[0] ? r->first_fd : -1;
}

static int stat_input(const struct report *r, const char *name, struct stat *st)
{
	int fd = open_already(r, name);

	return fd >= 0 ? fstat(fd, st) : stat(name, st);
}

static int open_input(const struct report *r, const char *name)
{
	int fd = open_already(r, name);

	if (fd < 0)
		fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fprintf(stderr, "oomtrace: %s can't be opened: %s.\n", shown(name), strerror(errno));
	return fd;
}

static int read_error(const char *name, int err)
{
	if (err == -EBADMSG)
		fprintf(stderr, "oomtrace: %s can't be unpacked: it is broken, or its end is missing.\n",
			shown(name));
	else
		fprintf(stderr, "oomtrace: %s can't be read: %s.%s\n", shown(name), strerror(-err),
			err == -EISDIR ? " 'oomtrace list DIR' lists the recordings in a folder." : "");
	return EXIT_RUNTIME;
}

/* It is no recording, as far as its first bytes tell. */
static int tell_no_recording(const char *name, bool empty)
{
	if (empty)
		fprintf(stderr, "oomtrace: %s is empty: nothing was recorded in it.\n", shown(name));
	else
		fprintf(stderr,
			"oomtrace: %s is no recording: it has no line that 'oomtrace --record' or "
			"'--output json' would write.\n",
			shown(name));
	return EXIT_RUNTIME;
}

/* A recording or a kernel log: its content tells. */
static int read_input(struct report *r, struct input *input, const char *name)
{
	uint64_t before = jsonl_reader__stats(r->recording)->records;
	const char *data;
	ssize_t got = input__peek(input, &data);
	int err;

	if (got < 0)
		return read_error(name, (int)got);
	if (report_log__is_binary(data, (size_t)got)) {
		fprintf(stderr,
			"oomtrace: %s is neither a recording nor a kernel log: it isn't text. What a journal's own "
			"file has, 'journalctl --file FILE -k -o json' prints.\n",
			shown(name));
		return EXIT_RUNTIME;
	}
	if (r->compare && !report_log__is_recording(data, (size_t)got)) {
		fprintf(stderr, "oomtrace: %s is a kernel log, and --compare takes recordings.\n",
			shown(name));
		return EXIT_RUNTIME;
	}
	if (!report_log__is_recording(data, (size_t)got)) {
		err = report_log__read(r->log, input, strcmp(name, "-") ? name : "stdin");
		return err ? read_error(name, err) : EXIT_DONE;
	}
	err = jsonl_reader__read_input(r->recording, input);
	if (err)
		return read_error(name, err);
	if (!jsonl_reader__sink_error(r->recording) && jsonl_reader__stats(r->recording)->records == before)
		return tell_no_recording(name, !got);
	return EXIT_DONE;
}

static void on_read(void *progress, uint64_t bytes)
{
	progress__at(progress, bytes, clock__ns(CLOCK_MONOTONIC));
}

/* Only where nothing else writes to the terminal meanwhile: these formats are printed when all is read. */
static FILE *progress_out(const struct report *r)
{
	enum report_format format = r->opts->format;
	bool at_end = (format == REPORT_TEXT && !r->opts->no_summary) || format == REPORT_JSON ||
		      format == REPORT_HTML;

	return isatty(STDERR_FILENO) && (at_end || r->opts->out || !isatty(STDOUT_FILENO)) ? stderr : NULL;
}

static int read_file(struct report *r, const char *name)
{
	int fd = open_input(r, name), code = EXIT_RUNTIME;
	struct progress progress;
	struct input *input;
	struct stat st = {};

	if (fd < 0)
		return code;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		st.st_size = 0;
	progress__begin(&progress, progress_out(r), strcmp(name, "-") ? name : "stdin", (uint64_t)st.st_size,
			clock__ns(CLOCK_MONOTONIC));
	input = input__new(fd);
	if (input) {
		input__watch(input, on_read, &progress);
		code = read_input(r, input, name);
	} else {
		read_error(name, -ENOMEM);
	}
	progress__end(&progress);
	input__free(input);
	if (fd != open_already(r, name))
		close(fd);
	return code;
}

/* Without a file: the log of this machine. */
static int read_own_log(struct report *r)
{
	int err = report_log__read_own(r->log);

	if (!err || !report_log__read_journal(r->log))
		return EXIT_DONE;
	fprintf(stderr,
		"oomtrace: this machine's kernel log can't be read: /dev/kmsg: %s, and neither can the journal. Run oomtrace as root, or give it "
		"a FILE: a recording or a kernel log, such as 'dmesg | oomtrace report -'.\n",
		strerror(-err));
	return err == -EPERM || err == -EACCES ? EXIT_UNSUPPORTED : EXIT_RUNTIME;
}

/* Prints, once each, what the reader could not hand on. */
static void tell_problems(const struct jsonl_reader_stats *stats)
{
	char type[ESCAPE__TERMINAL_SIZE(sizeof(stats->unknown_type))];

	escape__terminal(type, sizeof(type), stats->unknown_type, strlen(stats->unknown_type));
	if (stats->schema)
		fprintf(stderr,
			"oomtrace: the recording was made by a newer oomtrace (schema %" PRIu64
			"; this one knows %d): this version may misread it.\n",
			stats->schema, RECORD_SCHEMA);
	if (stats->unknown)
		fprintf(stderr,
			"oomtrace: %" PRIu64 " record%s skipped, because this version doesn't know types "
			"such as '%s'.\n",
			stats->unknown, stats->unknown == 1 ? " is" : "s are", type);
	if (stats->malformed == 1)
		fprintf(stderr, "oomtrace: line %" PRIu64 " is no record and is skipped.\n",
			stats->first_malformed);
	else if (stats->malformed)
		fprintf(stderr,
			"oomtrace: %" PRIu64 " lines are no records and are skipped; the first "
			"is line %" PRIu64 ".\n",
			stats->malformed, stats->first_malformed);
	if (stats->too_long)
		fprintf(stderr, "oomtrace: %" PRIu64 " line%s longer than %u MiB and skipped.\n",
			stats->too_long, stats->too_long == 1 ? " is" : "s are", RECORDING_LINE_MAX >> 20);
	if (stats->cut)
		fputs("oomtrace: the last line is cut: the recording was not closed.\n", stderr);
	else if (stats->ends < stats->sessions)
		fputs("oomtrace: the recording has no end: oomtrace was killed, or is still running.\n",
		      stderr);
}

/* An empty report must not look like good news when nothing was looked at. */
static void tell_nothing(const struct report *r)
{
	const struct jsonl_reader_stats *stats = jsonl_reader__stats(r->recording);

	if (r->filtered && !filter__selected(r->sink))
		fputs("oomtrace: nothing in the recording is what --kill, --cgroup, --since and --until "
		      "ask for.\n",
		      stderr);
	else if (r->opts->format == REPORT_FOLDED && !stats->samples)
		fputs("oomtrace: the recording has no sampled stacks: record with --stacks.\n", stderr);
}

static int write_error(int err)
{
	if (!err || err == -EPIPE)
		return EXIT_DONE; /* the reader has seen enough */
	fprintf(stderr, "oomtrace: writing the report: %s.\n", strerror(-err));
	return EXIT_RUNTIME;
}

/* The sink could not write the report, or the parts of it that wait in temporary files. */
static int sink_error(const struct report *r, int err)
{
	if (stream__error(r->out))
		return write_error(err);
	fprintf(stderr,
		"oomtrace: parts of the report can't be kept in %s (TMPDIR names another folder): %s.\n",
		temp_file__folder(), strerror(-err));
	return EXIT_RUNTIME;
}

static int input_error(const struct report *r)
{
	int err = jsonl_reader__sink_error(r->recording);

	return err ? err : report_log__sink_error(r->log);
}

/* Whether a file was given before under any name: read twice, each of its kills would be two. */
static bool is_given_before(const struct report *r, char **name)
{
	struct stat this, other;

	if (!strcmp(*name, "-") || stat_input(r, *name, &this) || !S_ISREG(this.st_mode))
		return false;
	for (char **file = r->opts->files; file < name; file++) {
		if (strcmp(*file, "-") && !stat_input(r, *file, &other) && other.st_dev == this.st_dev &&
		    other.st_ino == this.st_ino)
			return true;
	}
	return false;
}

/* All files, and this machine's log where none of them is one and it is wanted. Returns the exit code. */
static int read_inputs(struct report *r)
{
	const struct report_options *opts = r->opts;
	int code = opts->check_file ? read_file(r, opts->check_file) : EXIT_DONE;

	for (char **name = opts->files; *name && code == EXIT_DONE && !input_error(r); name++) {
		if (r->compare)
			compare__begin(r->compare, *name);
		if (!r->compare && is_given_before(r, name))
			fprintf(stderr, "oomtrace: %s is given twice and is read once.\n", shown(*name));
		else
			code = read_file(r, *name);
	}
	if (code != EXIT_DONE || input_error(r))
		return code;
	if (opts->check ? !report_log__is_used(r->log) && check__verdict(r->check) == CHECK_NO_LOG
			: !*opts->files)
		code = read_own_log(r);
	return code;
}

/* What --check has found, as an exit code. */
static int check_code(const struct report *r, int code)
{
	switch (check__verdict(r->check)) {
	case CHECK_NO_RECORDING:
		fputs("oomtrace: --check needs a recording, which 'oomtrace --record FILE' makes, and none is "
		      "among the files.\n",
		      stderr);
		return EXIT_USAGE;
	case CHECK_NO_LOG:
		fputs("oomtrace: --check needs a kernel log, and none is among the files.\n", stderr);
		return EXIT_USAGE;
	case CHECK_DISAGREES:
		return code == EXIT_DONE ? EXIT_DIFFERENT : code;
	case CHECK_AGREES:
		break;
	}
	return code;
}

static int read_files(struct report *r)
{
	int code = read_inputs(r), err = input_error(r);

	if (err)
		return sink_error(r, err);
	if (code != EXIT_DONE)
		return code;
	err = report_log__finish(r->log);
	if (!err)
		err = sink__finish(r->sink);
	if (err)
		return sink_error(r, err);
	tell_problems(jsonl_reader__stats(r->recording));
	report_log__tell_nothing(r->log);
	tell_nothing(r);
	if (jsonl_reader__stats(r->recording)->malformed || jsonl_reader__stats(r->recording)->too_long)
		code = EXIT_LOST;
	return r->check ? check_code(r, code) : code;
}

static bool is_file(const struct report *r, const char *name, const struct stat *file)
{
	struct stat in;

	return !stat_input(r, name, &in) && S_ISREG(in.st_mode) && in.st_dev == file->st_dev &&
	       in.st_ino == file->st_ino;
}

/* Whether the report would be written over a recording that it is made from. */
static bool is_input(const struct report *r)
{
	const struct report_options *opts = r->opts;
	struct stat out;

	if (stat(opts->out, &out))
		return false;
	if (opts->check_file && is_file(r, opts->check_file, &out))
		return true;
	for (char **name = opts->files; *name; name++)
		if (is_file(r, *name, &out))
			return true;
	return false;
}

static int open_output(struct report *r)
{
	char why[OUTPUT_FILE__WHY_SIZE];

	r->out = stdout;
	if (!r->opts->out)
		return EXIT_DONE;
	if (is_input(r)) {
		fprintf(stderr, "oomtrace: %s is the recording itself: give another file to --output.\n",
			shown(r->opts->out));
		return EXIT_USAGE;
	}
	if (output_file__open_beside(&r->file, r->opts->out, why, sizeof(why))) {
		fprintf(stderr, "oomtrace: --output: %s %s.\n", shown(r->opts->out), why);
		return EXIT_RUNTIME;
	}
	r->out = stream__new(r->file.fd, "w");
	if (r->out)
		return EXIT_DONE;
	fprintf(stderr, "oomtrace: --output: %s.\n", strerror(errno));
	output_file__close(&r->file);
	return EXIT_RUNTIME;
}

static bool is_whole(int code)
{
	return code == EXIT_DONE || code == EXIT_LOST || code == EXIT_DIFFERENT;
}

/* The exit code after a step that may fail; of a report that isn't whole it was said why. */
static int after(int code, int err)
{
	return is_whole(code) && write_error(err) != EXIT_DONE ? EXIT_RUNTIME : code;
}

/* Gives the file its name, if the report is whole. */
static int close_output(struct report *r, int code)
{
	int err = stream__close(r->out);

	if (!err && is_whole(code))
		err = output_file__publish(&r->file);
	output_file__close(&r->file);
	return after(code, err);
}

static bool wants_filter(const struct report_filter *filter)
{
	return filter->since.kind != REPORT_TIME_NONE || filter->until.kind != REPORT_TIME_NONE ||
	       filter->cgroup || filter->kill;
}

/* Gives up what reading other people's files doesn't need. */
static int confine(const struct report *r)
{
	const struct report_options *opts = r->opts;
	int err = confine__report(opts->files + (r->first_fd >= 0), opts->check_file, temp_file__folder(),
				  opts->check || !*opts->files);

	if (!err)
		return EXIT_DONE;
	fprintf(stderr, "oomtrace: rights that a report doesn't need can't be given up: %s.\n",
		strerror(-err));
	return EXIT_RUNTIME;
}

/* Reads the files and writes the report. */
static int make_report(struct report *r)
{
	const struct report_options *opts = r->opts;
	int code = confine(r);

	if (code != EXIT_DONE)
		return code;
	r->sink = open_sink(r);
	r->compare = opts->compare ? r->sink : NULL;
	if (r->sink && wants_filter(&opts->filter)) {
		r->sink = filter__new(r->sink, &opts->filter);
		r->filtered = true;
	}
	r->recording = r->sink ? jsonl_reader__new(r->sink) : NULL;
	r->log = r->sink ? report_log__new(r->sink) : NULL;
	if (r->recording && r->log) {
		code = read_files(r);
	} else {
		fprintf(stderr,
			"oomtrace: the report needs memory, and room in %s (TMPDIR names another folder): "
			"%s.\n",
			temp_file__folder(), strerror(errno));
		code = EXIT_RUNTIME;
	}
	jsonl_reader__free(r->recording);
	report_log__free(r->log);
	if (r->sink)
		r->sink->ops->free(r->sink);
	return code;
}

/*
 * Makes the report in a process of its own, which can't give the file its name, or any other. Returns its exit code.
 */
static int make_report_apart(struct report *r)
{
	pid_t parent = getpid(), pid = fork(), ended;
	int status = 0, code;

	if (!pid) {
		child__die_with_parent(parent);
		code = make_report(r);
		exit(after(code, stream__close(r->out)));
	}
	if (pid < 0) {
		fprintf(stderr, "oomtrace: a process that makes the report can't be started: %s.\n",
			strerror(errno));
		return EXIT_RUNTIME;
	}
	do
		ended = waitpid(pid, &status, 0);
	while (ended < 0 && errno == EINTR);
	if (ended == pid && WIFEXITED(status))
		return WEXITSTATUS(status);
	fprintf(stderr, "oomtrace: the process that makes the report was ended by signal %d.\n",
		WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	return EXIT_RUNTIME;
}

static int run(const struct report_options *opts, int first_fd)
{
	struct text_look in_file = { .colour = opts->colour == COLOUR_ALWAYS };
	struct report r = { .opts = opts,
			    .first_fd = first_fd,
			    .look = opts->out ? in_file : console__look(opts->colour) };
	int code = open_output(&r);

	if (code != EXIT_DONE)
		return code;
	r.look.detail = opts->detail;
	r.look.local_time = opts->local_time;
	if (r.out == stdout)
		return make_report(&r);
	return close_output(&r, make_report_apart(&r));
}

int report__open_main(int argc, char **argv, int first_fd)
{
	struct report_options opts;

	switch (report_options__parse(argc, argv, &opts, stdout, stderr)) {
	case OPTION_TABLE_USAGE:
		return EXIT_USAGE;
	case OPTION_TABLE_DONE:
		return write_error(stream__flush(stdout));
	case OPTION_TABLE_RUN:
		break;
	}
	return run(&opts, first_fd);
}

int report__main(int argc, char **argv)
{
	return report__open_main(argc, argv, -1);
}
