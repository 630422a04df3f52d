// SPDX-License-Identifier: GPL-2.0-only
/* One tracing session: how it begins, its loop, and what ends it. */
#include "commands/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/array.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/exit_codes.h"
#include "base/notify.h"
#include "commands/await_target.h"
#include "commands/confine.h"
#include "commands/diagnose.h"
#include "commands/diagnose_target.h"
#include "commands/dry_run.h"
#include "commands/kernel_log.h"
#include "commands/service.h"
#include "commands/session_parts.h"
#include "commands/session_record.h"
#include "record/time.h"
#include "service/config_files.h"
#include "terminal/progress.h"
#include "terminal/waiting.h"
#include "trace/cmdlines.h"
#include "trace/follow_usage.h"

#define TICK_NS (200 * NS_PER_MS)
/* How long a session that is told to end may hang before it is ended. */
#define HANG_NS (1500 * NS_PER_MS)

/* ---- the loop ---- */

bool session__records_usage(const struct session *s)
{
	const struct target *target = s->target;

	return (target->cgroup_id || target->all || target->many || target->awaited) &&
	       s->hierarchy->version == 2 && !s->opts->no_usage;
}

void session__follow_usage(struct session *s)
{
	follow_usage__begin(&s->following, s->tracer, session_events__take_in, s);
}

/* Takes in the events that nobody is woken for, and those that had to be asked for. */
static void settle_usage(struct session *s)
{
	if (session__records_usage(s))
		follow_usage__settle(&s->following);
	session_events__take_events(s);
}

static void tell_health(struct session *s)
{
	stack_helpers__tell(&s->helpers, s->stacks, s->loop, s->console);
}

static void tell_lost(struct session *s, bool last)
{
	session_events__note_write(s, loss__tell(&s->loss, s->tracer, stack_collector__lost(s->stacks), last,
						 s->sink));
}

/* Events go before all else: what ends the session may have come after them. */
static int on_turn(void *ctx)
{
	return session_events__take_events(ctx);
}

static void on_signal(void *ctx)
{
	struct session *s = ctx;

	s->end_reason = "interrupted";
}

/* Of a service, which has no terminal that could hang up. */
static void on_reload(void *ctx)
{
	(void)ctx;
	service__reload();
}

/* Perhaps from the background to the foreground. */
static void on_continue(void *ctx)
{
	struct session *s = ctx;

	changing__listen(&s->changing, true);
}

static void on_duration(void *ctx)
{
	struct session *s = ctx;

	s->end_reason = "the time is over";
}

/* Looks for what nobody is woken for: loss, the end of a target that can't be polled, small changes of usage. */
static void on_tick(void *ctx)
{
	struct session *s = ctx;

	settle_usage(s);
	tracer__take_execs(s->tracer);
	model__expire(s->model, clock__ns(CLOCK_BOOTTIME));
	changing__watch_guard(&s->changing);
	changing__listen(&s->changing, false);
	session_target__check(s);
	stack_collector__tick(s->stacks, s->tracer);
	kernel_log__tick(s->kernel_log, clock__ns(CLOCK_BOOTTIME));
	hooks__tick(s->hooks, clock__ns(CLOCK_BOOTTIME));
	tell_health(s);
	tell_lost(s, false);
	session_events__note_write(s, sink__sync(s->sink));
	notify__alive(clock__ns(CLOCK_MONOTONIC));
}

static void on_draw(void *ctx)
{
	struct session *s = ctx;

	/* A prompt stands in its place. */
	if (!s->changing.actions.keys.typing)
		status_feed__draw(s->status, s->model, clock__ns(CLOCK_BOOTTIME));
}

static void on_symbols(void *ctx)
{
	struct session *s = ctx;

	stack_collector__answers(s->stacks);
	tell_health(s);
}

static void on_kernel_log(void *ctx)
{
	struct session *s = ctx;
	int err = kernel_log__read(s->kernel_log, clock__ns(CLOCK_BOOTTIME));

	if (!err)
		return;
	event_loop__remove(s->loop, kernel_log__fd(s->kernel_log));
	console__clear(s->console);
	fprintf(stderr, "oomtrace: --kernel-log: /dev/kmsg can't be read any more: %s.\n", strerror(-err));
}

/* A hook is over. */
static void on_hook(void *ctx)
{
	struct session *s = ctx;

	if (!hooks__answers(s->hooks))
		event_loop__remove(s->loop, hooks__fd(s->hooks));
}

/* A runtime has answered: perhaps on the end of the target. A name is looked for when it is wanted again. */
static void on_answer(void *ctx)
{
	struct session *s = ctx;

	if (!asker__receive(s->asker))
		event_loop__remove(s->loop, asker__fd(s->asker));
	session_target__check(s);
}

/* The events in the ring wake the loop; on_turn() takes them. */
static void on_ring(void *ctx)
{
	(void)ctx;
}

/* As nohup has it. A signal that is ignored comes all the same to whoever has blocked it. */
static bool ignores_hangup(void)
{
	struct sigaction action;

	return !sigaction(SIGHUP, NULL, &action) && action.sa_handler == SIG_IGN;
}

static int set_up_loop(struct session *s)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP }, continued = SIGCONT, hangup = SIGHUP;
	bool is_service = s->opts->config;
	size_t count = ARRAY_SIZE(signals) - (is_service || ignores_hangup());
	int err;

	s->loop = event_loop__new();
	if (!s->loop)
		return -errno;
	err = event_loop__add_signals(s->loop, signals, count, on_signal, s);
	if (!err)
		err = watchdog__start(signals, count, HANG_NS, EXIT_RUNTIME, session_events__last_words, s,
				      &s->watchdog);
	if (!err)
		err = event_loop__add_signals(s->loop, &continued, 1, on_continue, s);
	if (!err && is_service)
		err = event_loop__add_signals(s->loop, &hangup, 1, on_reload, s);
	if (!err)
		err = event_loop__add(s->loop, tracer__fd(s->tracer), EPOLLIN, on_ring, s);
	if (!err && s->asker)
		err = event_loop__add(s->loop, asker__fd(s->asker), EPOLLIN, on_answer, s);
	if (!err && s->hooks)
		err = event_loop__add(s->loop, hooks__fd(s->hooks), EPOLLIN, on_hook, s);
	if (!err && s->helpers.symbols)
		err = event_loop__add(s->loop, symbols__fd(s->helpers.symbols), EPOLLIN, on_symbols, s);
	if (!err)
		err = event_loop__add_timer(s->loop, TICK_NS, TICK_NS, on_tick, s);
	if (!err && s->opts->duration_ns)
		err = event_loop__add_timer(s->loop, (int64_t)s->opts->duration_ns, 0, on_duration, s);
	return err ? err : session_target__watch(s);
}

static int start_status(struct session *s)
{
	if (!s->console)
		return 0;
	s->status = status_feed__new(s->console, s->hierarchy, s->target, clock__ns(CLOCK_BOOTTIME));
	if (!s->status)
		return -ENOMEM;
	return event_loop__add_timer(s->loop, STATUS_FEED__INTERVAL_NS, STATUS_FEED__INTERVAL_NS, on_draw, s);
}

/* Where it is said that something takes long: on a terminal, and never in a pipe. */
FILE *session__talk(void)
{
	return isatty(STDERR_FILENO) ? stderr : NULL;
}

/* ---- the end ---- */

/* Ends the changes of the limit, puts it back, and tells what they led to. */
static void finish_limits(struct session *s)
{
	bool alive = !target__is_gone(s->target);
	struct record record = { .kind = RECORD_STEPS };
	char words[CHANGING__WORDS_SIZE];

	/* Both have time limits of their own, which are longer. */
	watchdog__hold(s->watchdog);
	changing__stop(&s->changing);
	session_events__take_events(s);
	model__finish(s->model);
	session_events__tell_step(s, limit_steps__close(s->steps, alive), record_time__now());
	record.steps = limit_steps__table(s->steps);
	record.time = record_time__now();
	record.steps.outcome = changing__put_back(&s->changing, words);
	watchdog__beat(s->watchdog);
	/* Until the limit was back. */
	session_events__take_events(s);
	model__finish(s->model);
	if (record.steps.count)
		session_events__tell(s, &record);
}

/* Told to end once more. */
static bool is_in_a_hurry(void *ctx)
{
	struct session *s = ctx;

	notify__alive(clock__ns(CLOCK_MONOTONIC));
	return event_loop__has_signal(s->loop);
}

/* The last events, what they could not say, and the last line. */
static void finish(struct session *s)
{
	struct record record = { .kind = RECORD_END };
	struct record_probe missing[PLAN_PURPOSES];
	struct waiting waiting;

	settle_usage(s);
	model__finish(s->model);
	if (s->many)
		session_many__finish(s);
	if (s->steps)
		finish_limits(s);
	kernel_log__finish(s->kernel_log, clock__ns(CLOCK_BOOTTIME));
	watchdog__hold(s->watchdog);
	hooks__finish(s->hooks, is_in_a_hurry, s);
	/* What comes from now on isn't told, and finding names can take a second. */
	record.time = record_time__now();
	watchdog__hold(s->watchdog);
	waiting__begin(&waiting, session__talk(), "finding the names of functions", PROGRESS__AFTER_NS);
	stack_collector__finish(s->stacks, s->tracer);
	waiting__end(&waiting);
	watchdog__beat(s->watchdog);
	tell_health(s);
	tracer__each_quiet(s->tracer, session_events__tell_quiet, s);
	tell_lost(s, true);
	record.end = (struct record_end){
		.reason = s->end_reason,
		.ooms = model__totals(s->model).ooms,
		.kills = model__totals(s->model).kills,
		.lost = loss__total(&s->loss),
		.nameless = stack_collector__health(s->stacks).nameless,
		.missing = missing,
		.missing_count = plan__missing(&s->plan, missing),
	};
	record.end.skipped_exits = tracer__skipped(s->tracer, "exit");
	record.end.skipped_signals = tracer__skipped(s->tracer, "signal");
	record.end.early_kills = tracer__kills_early(s->tracer);
	record.end.given_up = model__given_up(s->model);
	record.end.has_kernel_events = kernel_events__sum(&s->loss.events, &record.end.kernel_events);
	session_events__tell(s, &record);
}

static int exit_code(const struct session *s)
{
	if (s->write_error && s->write_error != -EPIPE) {
		fprintf(stderr, "oomtrace: writing the output: %s.\n", strerror(-s->write_error));
		return EXIT_RUNTIME;
	}
	if (s->changing.error)
		return EXIT_RUNTIME;
	if (s->write_error)
		return EXIT_DONE; /* the reader has seen enough */
	return loss__total(&s->loss) ? EXIT_LOST : EXIT_DONE;
}

/* ---- the beginning ---- */

/* Before BPF and threads: the helpers must hold none of them. */
static void start_helpers(struct session *s)
{
	int err;

	child__hold_back(); /* until what tells kills is attached */
	err = asker__start(&s->asker);

	if (err)
		fprintf(stderr,
			"oomtrace: starting the helper that asks runtimes: %s; containers have no names.\n",
			strerror(-err));
	s->ending.asker = s->returning.asker = s->asker;
	stack_helpers__start(&s->helpers);
}

static void tell_record(void *ctx, const struct record *record)
{
	session_events__tell(ctx, record);
}

/* Before anything is traced, so that each kill has its lines. A trace goes on without it. */
static void open_kernel_log(struct session *s)
{
	const char *cgroup = s->target->cgroup[0] ? s->target->cgroup : NULL;
	int err;

	err = kernel_log__open(cgroup, tell_record, s, &s->kernel_log);
	if (err)
		fprintf(stderr,
			"oomtrace: --kernel-log: /dev/kmsg can't be opened: %s; the trace goes on without it.\n",
			strerror(-err));
}

static int follow_kernel_log(struct session *s)
{
	if (!s->kernel_log)
		return 0;
	kernel_log__begin(s->kernel_log, clock__ns(CLOCK_BOOTTIME));
	return event_loop__add(s->loop, kernel_log__fd(s->kernel_log), EPOLLIN, on_kernel_log, s);
}

static void tell_session(struct session *s)
{
	session_events__note_write(s,
				   session_record__tell(s->sink, s->hierarchy, s->target, &s->plan,
							s->started, s->attached_ns, s->kills_while_attaching,
							s->kills_counted_in[0] ? s->kills_counted_in : NULL));
}

static int dry_run(struct session *s)
{
	const struct limit_changes *changes = &s->opts->changes;

	tracer__attach_rest(s->tracer, &s->plan);
	tell_session(s);
	if (s->opts->output == TRACE_OPTIONS_OUTPUT_TEXT) {
		diagnose__print_plan(stdout, &s->plan);
		if (changes->has_ramp || changes->has_max)
			dry_run__print_changes(stdout, changes, s->target->dir_fd);
	}
	return exit_code(s);
}

/* All that needs privileges, and then nothing that does. */
static int begin(struct session *s)
{
	int err = set_up_loop(s), left_out, files_link, files_map;

	if (!err)
		err = follow_kernel_log(s);
	if (err)
		return err;
	if (!s->loss.kills.begun) /* with a target that was waited for */
		loss__begin(&s->loss, s->tracer, s->target->cgroup_id ? s->target->dir_fd : -1);
	tell_session(s);
	child__give_turn();
	/* Before command lines are read: from here on programs that are started tell theirs. */
	tracer__attach_rest(s->tracer, &s->plan);
	if (tracer__open_files(s->tracer, &files_link, &files_map))
		hooks__give_files(s->hooks, files_link, files_map);
	left_out = cmdlines__learn(s->tracer, s->hierarchy, s->target);
	if (left_out > 0)
		fprintf(stderr,
			"oomtrace: the command line%s of %d process%s could not be read in time: the machine is "
			"busy, or something in the kernel holds them up.\n",
			left_out == 1 ? "" : "s", left_out, left_out == 1 ? "" : "es");
	if (session__records_usage(s))
		session__follow_usage(s);
	if (s->many)
		session_many__begin(s);
	/* Without it the files in tmpfs aren't told. */
	if (tmpfs_reader__start(s->hierarchy, &s->tmpfs))
		s->tmpfs = NULL;
	tracer__find_addresses(s->tracer, &s->plan);
	diagnose__print_given_up(stderr, &s->plan);
	/* Only a recording that is cut into files opens more of them. */
	err = confine__trace(s->hierarchy,
			     s->opts->record_bytes || s->opts->keep_files ? s->opts->record : NULL,
			     s->opts->store, s->opts->config ? config_files__folders : NULL,
			     s->changing.guard);
	if (!err)
		notify__ready();
	if (!err)
		err = changing__start(&s->changing, s->opts, s->target, s->loop);
	return err ? err : start_status(s);
}

static int trace(struct session *s)
{
	int err;

	if (s->opts->verbose)
		diagnose__print_plan(stderr, &s->plan);
	err = begin(s);
	if (!err)
		session_target__check(s);
	while (!err && !s->end_reason && !s->write_error) {
		err = event_loop__turn(s->loop, on_turn, s);
		watchdog__beat(s->watchdog);
		if (!err)
			err = s->model_error;
	}
	notify__stopping();
	console__clear(s->console);
	if (err) {
		fprintf(stderr, "oomtrace: %s.\n", strerror(-err));
		return EXIT_RUNTIME;
	}
	if (!s->write_error)
		finish(s);
	changing__free(&s->changing); /* where finish() hasn't come to it, or wasn't called */
	return exit_code(s);
}

static void tear_down(struct session *s)
{
	child__give_turn();
	watchdog__stop(s->watchdog);
	changing__free(&s->changing);
	kernel_log__free(s->kernel_log);
	loss__end(&s->loss);
	follow_usage__end(&s->following);
	tracer__close(s->tracer);
	model__free(s->model);
	status_feed__free(s->status);
	limit_steps__free(s->steps);
	names__free(s->names);
	tmpfs_reader__stop(s->tmpfs);
	stack_collector__free(s->stacks);
	session_many__free(s->many);
	symbols__stop(s->helpers.symbols);
	returning__end(&s->returning);
	hooks__free(s->hooks);
	asker__stop(s->asker);
	event_queue__free(s->queue);
	event_loop__free(s->loop);
}

/*
 * Everything is attached before the target is there, so that next to nothing of it is missed: what is has been counted
 * by the kernel. Returns an exit code.
 */
static int await_target(struct session *s)
{
	enum target_failure failure;

	/* That may take for ever, and they still have all that they were started with. */
	child__give_turn();
	failure = await_target__find(&s->opts->target, s->hierarchy, s->target);
	if (failure)
		return diagnose_target__not_found(failure, s->target, s->hierarchy);
	if (s->opts->kernel_log)
		open_kernel_log(s);
	loss__begin_again(&s->loss, s->tracer, s->target->dir_fd);
	tracer__follow(s->tracer, s->target->cgroup_id, s->target->ancestors);
	return EXIT_DONE;
}

/* Whether the session ends with its target. A container that is started again is waited for. */
static bool ends_with(const struct trace_options *opts, const struct target *target)
{
	const struct resolve_result *resolved = &target->resolved;

	return opts->until_exit ||
	       (opts->target.kind == TARGET_CONTAINER && !resolved->container.restarts && !resolved->of_pod);
}

int session__run(const struct trace_options *opts, const struct cgroup__hierarchy *h, struct target *target,
		 struct guard *guard, struct sink *sink, struct console *console)
{
	/* Off the stack, which may be small. */
	static struct session s;
	int code;

	s = (struct session){
		.started = record_time__now(),
		.opts = opts,
		.hierarchy = h,
		.target = target,
		.subtree = { h, target, 0 },
		.following = { .hierarchy = h, .target = target, .settle_fd = -1 },
		.ending = { .target = target },
		.returning = { .target = target, .hierarchy = h, .watch_fd = -1 },
		.changing = {
			.guard = guard,
			.console = console,
			.end_reason = &s.end_reason,
		},
		.sink = sink,
		.console = console,
	};
	if (!opts->dry_run && hooks__start(opts, h, target, session_events__tell_hook, &s, &s.hooks))
		return EXIT_RUNTIME;
	if (!opts->dry_run)
		start_helpers(&s);
	if (opts->kernel_log && !opts->dry_run && !target->awaited)
		open_kernel_log(&s);
	s.queue = event_queue__new();
	code = s.queue ? EXIT_DONE : EXIT_RUNTIME;
	if (code == EXIT_DONE && target->many)
		code = session_many__new(&s);
	if (code == EXIT_DONE)
		code = session_attach__open_tracer(&s);
	if (code == EXIT_DONE && target->awaited)
		code = await_target(&s);
	s.ending.may_return = !ends_with(opts, target);
	/* A changed limit goes with the cgroup, so the changes end with it. */
	s.ending.run = s.ending.may_return && !guard;
	if (code == EXIT_DONE)
		code = session_events__open_model(&s);
	if (code == EXIT_DONE)
		code = opts->dry_run ? dry_run(&s) : trace(&s);
	tear_down(&s);
	return code;
}
