// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/array.h"
#include "base/escape.h"
#include "base/exit_codes.h"
#include "base/notify.h"
#include "base/oom_score.h"
#include "base/output_file.h"
#include "base/signals.h"
#include "base/stream.h"
#include "base/units.h"
#include "commands/await_target.h"
#include "commands/diagnose.h"
#include "commands/diagnose_target.h"
#include "commands/find_min.h"
#include "commands/inner_limits.h"
#include "commands/list.h"
#include "commands/old_limit.h"
#include "commands/report.h"
#include "commands/service.h"
#include "commands/session.h"
#include "commands/show.h"
#include "commands/trace_options.h"
#include "jsonl/file.h"
#include "jsonl/write.h"
#include "limit/guard.h"
#include "output/folded.h"
#include "output/tee.h"
#include "output/text.h"
#include "record/sink.h"
#include "record/time.h"
#include "target/target.h"
#include "terminal/console.h"
#include "trace/messages.h"

#define FILES_WANTED 1024

static int start_guard(const struct trace_options *opts, const struct cgroup__hierarchy *h,
		       const struct target *target, struct guard **guard)
{
	const char *file = opts->find_min ? "memory.high" : "memory.max";
	struct guard_request request = {
		.dir_fd = target->dir_fd,
		.file = file,
		.cgroup_id = target->cgroup_id,
		.mount = h->mount,
		.even_if_it_kills = opts->restore,
		.keep = opts->keep,
	};
	int err = guard__start(&request, guard);

	if (!err) {
		if (guard__lock_error(*guard))
			fprintf(stderr,
				"oomtrace: warning: there is no place for a lock (%s): let no other oomtrace "
				"change this cgroup's limit meanwhile.\n",
				strerror(-guard__lock_error(*guard)));
		old_limit__warn_left_over(h, target, file, *guard);
		if (!opts->keep)
			old_limit__tell(h, target, file, *guard);
		return EXIT_DONE;
	}
	if (err == -EWOULDBLOCK)
		fputs("oomtrace: another oomtrace is changing this cgroup's limit already.\n", stderr);
	else if (err == -EUSERS)
		fputs("oomtrace: the process that puts the limit back can't be started: there is a limit on the "
		      "number of processes (pids.max, ulimit -u).\n",
		      stderr);
	else
		fprintf(stderr, "oomtrace: %s of the target can't be opened for writing: %s.\n", file,
			strerror(-err));
	return EXIT_RUNTIME;
}

/* memory.min protects from reclaim for other cgroups only, not from the cgroup's own limit. */
static void warn_protected(const struct trace_options *opts, const struct target *target)
{
	uint64_t min = 0, lowest = UINT64_MAX;
	char size[UNITS__TEXT_SIZE];

	if (opts->changes.has_max)
		lowest = opts->changes.max_bytes;
	if (opts->changes.has_ramp && opts->changes.ramp.to_bytes < lowest)
		lowest = opts->changes.ramp.to_bytes;
	if (!cgroup__read_u64(target->dir_fd, "memory.min", &min) && lowest < min)
		fprintf(stderr,
			"oomtrace: warning: memory.min promises the target %s, and a lower limit "
			"breaks that promise.\n",
			units__format_size(size, sizeof(size), min));
}

static struct text_look look_of(const struct trace_options *opts)
{
	struct text_look look = console__look(opts->colour);

	look.local_time = opts->local_time;
	look.detail = opts->verbose ? TEXT_ALL : opts->brief ? TEXT_BRIEF : TEXT_DEFAULT;
	return look;
}

static void say_stopped(const char *path, int err)
{
	fprintf(stderr, "oomtrace: recording to %s has stopped: %s. Tracing goes on.\n", escape__shown(path),
		err == -ESTALE ? "somebody else has put another file in its place" : strerror(-err));
}

static struct sink *open_record(const struct trace_options *opts)
{
	const struct jsonl_file_options options = {
		.max_bytes = opts->record_bytes,
		.keep_files = opts->keep_files,
		.now_ns = record_time__now().wall_ns,
	};
	char why[JSONL_FILE__WHY_SIZE];
	struct sink *record = jsonl_file__new(opts->record, &options, say_stopped, why, sizeof(why));

	if (!record)
		fprintf(stderr, "oomtrace: --record: %s %s.\n", escape__shown(opts->record), why);
	return record;
}

/* Makes the sink of the output and, beside it, those of the recording and of folded stacks. */
static struct sink *open_sinks(const struct trace_options *opts, FILE *out, struct sink **record,
			       FILE *folded)
{
	struct sink *sinks[4];
	size_t count = 0;

	sinks[count++] = opts->output == TRACE_OPTIONS_OUTPUT_JSON ? jsonl_write__new(stdout)
								   : text__new(out, look_of(opts));
	if (opts->record)
		sinks[count++] = *record = open_record(opts);
	if (folded)
		sinks[count++] = folded__new(folded);
	if (opts->store)
		sinks[count++] = service__open_store(opts);
	return count == 1 ? sinks[0] : tee__new(sinks, count);
}

static int open_folded(const struct trace_options *opts, FILE **out)
{
	char why[OUTPUT_FILE__WHY_SIZE], path[ESCAPE__TERMINAL_SIZE(256)];
	struct output_file file;

	if (!opts->folded_path || opts->dry_run)
		return EXIT_DONE;
	if (output_file__open(&file, opts->folded_path, why, sizeof(why))) {
		escape__terminal(path, sizeof(path), opts->folded_path, strlen(opts->folded_path));
		fprintf(stderr, "oomtrace: --folded: %s %s.\n", path, why);
		return EXIT_RUNTIME;
	}
	output_file__close(&file);
	*out = stream__new(file.fd, "w");
	if (*out)
		return EXIT_DONE;
	fprintf(stderr, "oomtrace: --folded: %s.\n", strerror(errno));
	return EXIT_RUNTIME;
}

/* Writing may fail only now, when the stream is flushed. */
static int close_folded(FILE *folded, int code)
{
	int err = stream__close(folded);

	if (!err || err == -EPIPE)
		return code;
	fprintf(stderr, "oomtrace: writing the folded stacks: %s.\n", strerror(-err));
	return EXIT_RUNTIME;
}

static int trace(const struct trace_options *opts, const struct cgroup__hierarchy *hierarchy,
		 struct target *target, struct guard *guard)
{
	struct console *console;
	struct sink *record = NULL, *sink;
	FILE *folded = NULL;
	int code = open_folded(opts, &folded);

	if (code) {
		guard__finish(guard);
		return code;
	}
	if (hierarchy->version == 1 && !opts->dry_run)
		fputs("oomtrace: the memory controller is on cgroup v1: oomtrace reports kills there, but no writes "
		      "of limits, no usage and no stalls.\n",
		      stderr);
	console = opts->output == TRACE_OPTIONS_OUTPUT_TEXT && !opts->dry_run ? console__new() : NULL;
	sink = open_sinks(opts, console ? console__out(console) : stdout, &record, folded);
	code = sink ? session__run(opts, hierarchy, target, guard, sink, console) : EXIT_RUNTIME;

	if (sink && record && jsonl_file__failed(record) && (code == EXIT_DONE || code == EXIT_LOST))
		code = EXIT_RUNTIME;
	if (sink)
		sink->ops->free(sink);
	console__free(console);
	return close_folded(folded, code);
}

static int find_min(const struct trace_options *opts, const struct cgroup__hierarchy *hierarchy,
		    const struct target *target, struct guard *guard)
{
	struct console *console = opts->output == TRACE_OPTIONS_OUTPUT_TEXT ? console__new() : NULL;
	struct sink *record,
		*sink = open_sinks(opts, console ? console__out(console) : stdout, &record, NULL);
	int code = sink ? find_min__run(hierarchy, target, guard, opts->hold_ns, sink, console)
			: EXIT_RUNTIME;

	if (sink)
		sink->ops->free(sink);
	console__free(console);
	return code;
}

/*
 * BPF programs, their maps and the helpers need some hundred descriptors, whatever the shell allows. Who may not allow
 * more keeps what there is, and hears of it when that is too few.
 */
static void allow_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= FILES_WANTED)
		return;
	limit.rlim_cur = FILES_WANTED;
	if (limit.rlim_max >= FILES_WANTED) {
		setrlimit(RLIMIT_NOFILE, &limit);
		return;
	}
	limit.rlim_max = FILES_WANTED;
	if (!setrlimit(RLIMIT_NOFILE, &limit) || getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static bool changes_limit(const struct trace_options *opts)
{
	return opts->changes.has_max || opts->changes.has_ramp || opts->find_min || opts->interactive;
}

/*
 * Returns an exit code. A trace can be attached before its target is there, and then waits by itself. Whoever changes
 * the limit opens it first.
 */
static int find_target(const struct trace_options *opts, const struct cgroup__hierarchy *hierarchy,
		       int hierarchy_error, struct target *target)
{
	enum target_failure failure = target__find(&opts->target, hierarchy, hierarchy_error, target);

	if (opts->wait && failure && await_target__may_come(failure, target)) {
		target__close(target);
		target->awaited = !changes_limit(opts);
		if (target->awaited)
			return EXIT_DONE;
		failure = await_target__find(&opts->target, hierarchy, target);
	}
	return diagnose_target__not_found(failure, target, hierarchy);
}

static int run(const struct trace_options *opts)
{
	static struct cgroup__hierarchy hierarchy;
	static struct target target;
	int hierarchy_error = cgroup__discover(&hierarchy);
	struct guard *guard = NULL;
	int code = diagnose__privileges();

	if (code)
		return code;
	notify__open();
	allow_files();
	oom_score__protect();
	code = find_target(opts, &hierarchy, hierarchy_error, &target);
	if (!code && changes_limit(opts)) {
		code = diagnose_target__not_changeable(target__obstacle(&target, &hierarchy), &target);
		if (!code)
			warn_protected(opts, &target);
		if (!code)
			inner_limits__tell(&hierarchy, &target);
		/* Starts before BPF and threads, because the guard must hold none of them. */
		if (!code && !opts->dry_run)
			code = start_guard(opts, &hierarchy, &target, &guard);
	}
	if (!code && opts->find_min) {
		code = find_min(opts, &hierarchy, &target, guard);
	} else if (!code) {
		code = trace(opts, &hierarchy, &target, guard);
	}
	target__close(&target);
	return code;
}

/* Writing what --help and --dry-run print may fail only now. A trace has reported its error already. */
static int flush_output(int code)
{
	int err = stream__flush(stdout);

	if (!err || err == -EPIPE || code != EXIT_DONE)
		return code;
	fprintf(stderr, "oomtrace: writing the output: %s.\n", strerror(-err));
	return EXIT_RUNTIME;
}

static const struct command {
	const char *name;
	int (*main)(int argc, char **argv);
} commands[] = { { "report", report__main }, { "list", list__main }, { "show", show__main } };

/* NULL: it traces. */
static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	}
	return NULL;
}

/* As other programs have it: "help", "help report" become "--help", "report --help". */
static char **turn_help(int *argc, char **argv)
{
	static char option[] = "--help";

	if (*argc < 2 || strcmp(argv[1], "help"))
		return argv;
	if (*argc == 2) {
		argv[1] = option;
		return argv;
	}
	argv[1] = argv[2];
	argv[2] = option;
	argv[3] = NULL;
	*argc = 3;
	return argv;
}

static enum option_table_result parse(int argc, char **argv, struct trace_options *opts)
{
	if (argc > 1 && !strcmp(argv[1], "service"))
		return service__parse(argc - 1, argv + 1, opts);
	return trace_options__parse(argc, argv, opts, stdout, stderr);
}

int main(int argc, char **argv)
{
	const struct command *command;
	struct trace_options opts;

	stream__set_up_standard();
	signals__set_up();
	argv = turn_help(&argc, argv);
	command = argc > 1 ? find_command(argv[1]) : NULL;
	if (command)
		return command->main(argc - 1, argv + 1);
	switch (parse(argc, argv, &opts)) {
	case OPTION_TABLE_USAGE:
		return EXIT_USAGE;
	case OPTION_TABLE_DONE:
		return flush_output(EXIT_DONE);
	case OPTION_TABLE_RUN:
		break;
	}
	signals__heed_ends();
	messages__set_verbose(opts.verbose);
	return flush_output(run(&opts));
}
