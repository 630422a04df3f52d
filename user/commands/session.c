// SPDX-License-Identifier: GPL-2.0-only
/* One tracing session: the event loop, and what ends it. */
#include "commands/session.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/exit_codes.h"
#include "base/privileges.h"
#include "base/units.h"
#include "commands/diagnose.h"
#include "commands/dry_run.h"
#include "containers/names.h"
#include "host/cgroup_limits.h"
#include "host/meminfo.h"
#include "limit/guard.h"
#include "limit/writer.h"
#include "model/limit_steps.h"
#include "model/model.h"
#include "stacks/collect.h"
#include "stacks/symbols.h"
#include "target/subtree.h"
#include "terminal/key_actions.h"
#include "terminal/status_feed.h"
#include "trace/cmdlines.h"
#include "trace/decode.h"
#include "trace/follow_usage.h"
#include "trace/tracer.h"

#define TICK_NS 200000000LL
/* How long after the target's end its runtime may take to know the exit code. */
#define RUNTIME_WAIT_NS (20 * NS_PER_S)
/* How long after the target's end the run of the OOM killer that ended it may still go on. */
#define RESTORED_SIZE 160
#define DRAIN_NS (NS_PER_S / 2)

struct session {
	const struct trace_options *opts;
	const struct cgroup__hierarchy *hierarchy;
	const struct target *target;
	struct sink *sink;
	struct record_time started; /* before anything could be seen */
	struct plan plan;
	struct tracer *tracer;
	struct model *model;
	struct names *names;
	struct subtree subtree;
	struct symbols *symbols; /* NULL: stacks are addresses */
	struct stack_collector *stacks;
	struct stack_collector_health symbols_told;
	struct limit_steps *steps; /* NULL without a target */
	struct guard *guard;	   /* these two: only when the limit is to be changed */
	struct limit_writer *limiter;
	int limit_error;
	struct key_actions hotkeys;
	struct console *console; /* NULL: stdout is no terminal, or JSON is wanted */
	struct status_feed *live;
	int epoll_fd, signal_fd, duration_fd, tick_fd, draw_fd;

	uint64_t bad_events; /* bytes in the ring that were no event */
	uint64_t bad_told;
	uint64_t lost_told[EVENT_KIND_MAX];
	uint64_t lost_told_ns; /* when loss was last reported */
	int write_error;       /* the first error of writing to the sink */
	int model_error;
	const char *end_reason; /* NULL: go on */

	uint64_t gone_since_ns; /* when the target was found to be gone; 0: it isn't */
	bool has_init_exit;
	struct record init_exit;
	char init_comm[EVENT_COMM_LEN];
};

static struct record_time now(void)
{
	uint64_t boot_ns = clock__ns(CLOCK_BOOTTIME);

	return (struct record_time){ boot_ns, (int64_t)boot_ns + clock__wall_offset_ns() };
}

static void note_write(struct session *s, int err)
{
	if (err && !s->write_error)
		s->write_error = err;
}

/* Hands a record to the sink. */
static void tell(struct session *s, const struct record *record)
{
	note_write(s, sink__take(s->sink, record));
}

static void tell_step(struct session *s, const struct record_step *step, struct record_time time)
{
	struct record record = { .kind = RECORD_STEP, .time = time };

	if (!step)
		return;
	record.step = *step;
	tell(s, &record);
}

static void on_stack(void *ctx, struct record *record)
{
	if (record->time.boot_ns)
		record->time.wall_ns = (int64_t)record->time.boot_ns + clock__wall_offset_ns();
	else
		record->time = now();
	tell(ctx, record);
}

/* The step that a write ends is told before the write. */
static void follow_limit(struct session *s, const struct record *record)
{
	const struct record_limit *limit = &record->limit;
	uint64_t floor_bytes;

	if (s->limiter && limit->writer_self &&
	    limit_writer__floor(s->limiter, limit->new_bytes, &floor_bytes))
		limit_steps__predict(s->steps, floor_bytes);
	if (s->steps)
		tell_step(s, limit_steps__on_limit(s->steps, record), record->time);
}

/* The init's is told with the container's end, when the runtime's word on it is known. */
static bool is_init_exit(const struct session *s, const struct record *record)
{
	return record->kind == RECORD_EXIT && s->target->init_pid && record->exit.pid == s->target->init_pid;
}

static void keep_init_exit(struct session *s, const struct record *record)
{
	s->init_exit = *record;
	snprintf(s->init_comm, sizeof(s->init_comm), "%s", record->exit.comm);
	s->init_exit.exit.comm = s->init_comm;
	s->init_exit.exit.cgroup = NULL;
	s->has_init_exit = true;
}

/* From the model. */
static void on_record(void *ctx, const struct record *record)
{
	struct session *s = ctx;

	if (is_init_exit(s, record)) {
		keep_init_exit(s, record);
		return;
	}
	if (record->kind == RECORD_LIMIT)
		follow_limit(s, record);
	status_feed__on_record(s->live, record);
	tell(s, record);
	if (record->kind != RECORD_OOM)
		return;
	stack_collector__on_oom(s->stacks, record->oom.id);
	if (s->steps)
		limit_steps__on_oom(s->steps, record);
}

static int on_event(void *ctx, const void *data, size_t size)
{
	struct session *s = ctx;
	union event event;
	int err = decode__event(data, size, &event);

	if (err) {
		s->bad_events++;
		return 0;
	}
	stack_collector__event(s->stacks, &event);
	err = model__event(s->model, &event, clock__wall_offset_ns());
	if (err && !s->model_error)
		s->model_error = err;
	return 0;
}

static int find_cmdline(void *ctx, const struct event_victim *victim, struct cmdline_entry *out,
			const char **source)
{
	struct session *s = ctx;

	return cmdlines__of_victim(s->tracer, victim, out, source);
}

static const char *find_container_name(void *ctx, const struct container_ref *ref)
{
	struct session *s = ctx;

	return names__container(s->names, ref);
}

static bool find_cgroup_path(void *ctx, uint64_t cgroup_id, char *path, size_t size)
{
	struct session *s = ctx;

	return subtree__path(&s->subtree, cgroup_id, clock__ns(CLOCK_BOOTTIME), path, size);
}

static bool records_usage(const struct session *s)
{
	return s->target->cgroup_id && s->hierarchy->version == 2 && !s->opts->no_usage;
}

static int watch(struct session *s, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int watch_timer(struct session *s, int64_t first_ns, int64_t interval_ns, int *out)
{
	struct itimerspec spec = {
		.it_value = { first_ns / NS_PER_S, first_ns % NS_PER_S },
		.it_interval = { interval_ns / NS_PER_S, interval_ns % NS_PER_S },
	};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0 || timerfd_settime(fd, 0, &spec, NULL))
		return -errno;
	*out = fd;
	return watch(s, fd, EPOLLIN);
}

static int watch_signals(struct session *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signal_fd < 0 ? -errno : watch(s, s->signal_fd, EPOLLIN);
}

static int set_up_loop(struct session *s)
{
	int err;

	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll_fd < 0)
		return -errno;
	err = watch_signals(s);
	if (!err)
		err = watch(s, tracer__fd(s->tracer), EPOLLIN);
	if (!err && s->symbols)
		err = watch(s, symbols__fd(s->symbols), EPOLLIN);
	/* The tick looks for loss, and for the end of a target that can't be polled for it. */
	if (!err)
		err = watch_timer(s, TICK_NS, TICK_NS, &s->tick_fd);
	if (!err && s->opts->duration_ns)
		err = watch_timer(s, s->opts->duration_ns, 0, &s->duration_fd);
	/* It polls ready until somebody reads it, which is done to look for the target's end only. */
	if (!err && s->opts->until_exit && s->target->events_fd >= 0)
		err = watch(s, s->target->events_fd, EPOLLPRI);
	return err;
}

static const char *kind_name(int kind)
{
	static const char *const names[EVENT_KIND_MAX] = {
		[EVENT_OOM] = "oom",	     [EVENT_CGROUP] = "cgroup",	  [EVENT_VICTIM] = "victim",
		[EVENT_OOM_END] = "oom-end", [EVENT_EXIT] = "exit",	  [EVENT_LIMIT] = "limit",
		[EVENT_USAGE] = "usage",     [EVENT_RECLAIM] = "reclaim", [EVENT_MEMORY] = "memory",
		[EVENT_SAMPLED] = "sampled", [EVENT_STACK] = "stack",
	};

	return names[kind];
}

static void tell_lost_of(struct session *s, const char *kind, uint64_t count)
{
	const struct record record = { .kind = RECORD_LOST, .time = now(), .lost = { kind, count } };

	if (count)
		tell(s, &record);
}

/* Reports what has been lost since the last time. */
static void tell_lost(struct session *s)
{
	for (int kind = 1; kind < EVENT_KIND_MAX; kind++) {
		uint64_t lost = tracer__lost(s->tracer, kind) +
				(kind == EVENT_STACK ? stack_collector__lost(s->stacks) : 0);

		tell_lost_of(s, kind_name(kind), lost - s->lost_told[kind]);
		s->lost_told[kind] = lost;
	}
	tell_lost_of(s, "malformed", s->bad_events - s->bad_told);
	s->bad_told = s->bad_events;
}

/* All that has been lost and told of. */
static uint64_t lost_total(const struct session *s)
{
	uint64_t total = s->bad_told;

	for (int kind = 1; kind < EVENT_KIND_MAX; kind++)
		total += s->lost_told[kind];
	return total;
}

static void tell_quiet(void *ctx, uint64_t limit_cgroup_id, const struct quiet_runs *quiet)
{
	struct session *s = ctx;
	struct record record = {
		.kind = RECORD_REPEATS,
		.time = now(),
		.repeats = { .limit_cgroup_id = limit_cgroup_id, .repeats = quiet->repeats },
	};

	if (limit_cgroup_id && limit_cgroup_id == s->target->cgroup_id)
		record.repeats.limit_cgroup = s->target->cgroup;
	if (quiet->repeats)
		tell(s, &record);
}

static void tell_session(struct session *s)
{
	struct utsname uts;
	char max_cgroup[PATH_MAX] = "";
	struct record record = { .kind = RECORD_SESSION, .time = s->started };
	struct record_session *r = &record.session;

	*r = (struct record_session){
		.version = OOMTRACE_VERSION,
		.target_kind = s->target->kind,
		.target_name = s->target->name,
		.target_cgroup = s->target->cgroup[0] ? s->target->cgroup : NULL,
		.container = s->target->container,
		.page_size = sysconf(_SC_PAGESIZE),
		.plan = &s->plan,
	};
	r->has_memory = s->target->cgroup_id &&
			!cgroup__read_u64(s->target->dir_fd, "memory.current", &r->usage_bytes) &&
			!cgroup_limits__lowest(s->hierarchy, s->target->cgroup, &r->max_bytes, max_cgroup,
					       sizeof(max_cgroup)) &&
			!meminfo__machine("MemTotal", &r->machine_total_bytes) &&
			!meminfo__machine("MemAvailable", &r->machine_available_bytes);
	if (max_cgroup[0])
		r->max_cgroup = max_cgroup;
	uname(&uts);
	r->kernel = uts.release;
	r->arch = uts.machine;
	tell(s, &record);
}

static void tell_target_gone(struct session *s, const struct runtime_container *runtime)
{
	struct record record = { .kind = RECORD_EXIT, .time = now() };
	struct record_exit *exit = &record.exit;

	if (s->has_init_exit)
		record = s->init_exit;
	exit->container = true;
	exit->which = s->target->container;
	exit->cgroup = s->target->cgroup;
	if (runtime) {
		exit->runtime_status = runtime->status;
		exit->runtime_exit_code = runtime->exit_code;
		exit->runtime_oom_killed = runtime->oom_killed;
	}
	tell(s, &record);
	s->end_reason = s->target->container.ref.runtime != CONTAINER__UNKNOWN ? "the container is gone"
									       : "the cgroup is empty";
}

/* The target has no process left: waits for the last events and for its runtime's word, then ends. */
static void finish_gone_target(struct session *s)
{
	uint64_t since_ns = clock__ns(CLOCK_BOOTTIME) - s->gone_since_ns;
	struct runtime_container state;
	int err;

	if (since_ns < DRAIN_NS)
		return;
	err = resolve__final_state(&s->target->resolved, &state);
	/* A runtime that hasn't noticed yet, or doesn't answer, is asked again for a while. */
	if (((!err && state.running) || err == -ETIMEDOUT) && since_ns < RUNTIME_WAIT_NS)
		return;
	model__finish(s->model);
	tell_target_gone(s, !err && !state.running ? &state : NULL);
}

static void check_target(struct session *s)
{
	if (!s->opts->until_exit || s->end_reason)
		return;
	if (s->gone_since_ns)
		finish_gone_target(s);
	else if (target__is_gone(s->target))
		s->gone_since_ns = clock__ns(CLOCK_BOOTTIME);
}

static void clear_timer(int fd)
{
	uint64_t expirations;

	if (read(fd, &expirations, sizeof(expirations)) < 0)
		return; /* not expired after all: nothing to clear */
}

/* The guard must not be missing when oomtrace is killed. */
static void watch_guard(struct session *s)
{
	int result = s->guard ? guard__watch(s->guard) : 0;

	if (result > 0)
		fputs("oomtrace: the process that puts the limit back had died; another has taken its place.\n",
		      stderr);
	else if (result < 0)
		fprintf(stderr,
			"oomtrace: warning: the process that puts the limit back has died, and there can't be "
			"another (%s): the limit stays if oomtrace is killed.\n",
			strerror(-result));
}

static void handle_key(struct session *s)
{
	console__clear(s->console);
	switch (key_actions__read(&s->hotkeys)) {
	case KEY_ACTIONS_QUIT:
		s->end_reason = "interrupted";
		break;
	case KEY_ACTIONS_CLOSED: /* the terminal is gone */
		epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
		break;
	case KEY_ACTIONS_DONE:
		break;
	}
}

static void check_limiter(struct session *s)
{
	char size[UNITS__TEXT_SIZE];
	uint64_t bytes = 0;
	int result = limit_writer__poll(s->limiter, &bytes);

	if (!result)
		return;
	/* With its last process a container's cgroup goes: that is told as the container's end. */
	if (result == -ENODEV && s->opts->until_exit)
		return;
	s->limit_error = result;
	console__clear(s->console);
	fprintf(stderr, "oomtrace: setting memory.max to %s: %s.\n",
		units__format_size(size, sizeof(size), bytes), limit_writer__error(result));
	s->end_reason = "memory.max could not be set";
}

/* Without its helpers oomtrace goes on: it is the names in stacks that are gone. */
static void tell_symbols(struct session *s)
{
	struct stack_collector_health health = stack_collector__health(s->stacks);

	if (!s->symbols)
		return;
	if (health.replaced > s->symbols_told.replaced) {
		console__clear(s->console);
		fputs("oomtrace: the process that finds the names of functions has failed, and another one takes its "
		      "place; some stacks may be addresses.\n",
		      stderr);
	}
	if (health.alone && !s->symbols_told.alone) {
		console__clear(s->console);
		epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, symbols__fd(s->symbols), NULL);
		fputs("oomtrace: the process that finds the names of functions has failed; stacks are addresses "
		      "from now on.\n",
		      stderr);
	}
	s->symbols_told = health;
}

/* Takes in the events that nobody is woken for, and those that had to be asked for. */
static void settle_usage(struct session *s)
{
	if (records_usage(s))
		follow_usage__settle(s->target);
	tracer__consume(s->tracer);
}

static void handle_fd(struct session *s, int fd)
{
	if (fd == s->signal_fd) {
		s->end_reason = "interrupted";
	} else if (fd == s->duration_fd) {
		s->end_reason = "the time is over";
	} else if (fd == s->tick_fd) {
		clear_timer(fd);
		settle_usage(s);
		model__expire(s->model, clock__ns(CLOCK_BOOTTIME));
		watch_guard(s);
		check_target(s);
		stack_collector__tick(s->stacks, s->tracer);
		tell_symbols(s);
		tell_lost(s);
		note_write(s, sink__sync(s->sink));
	} else if (s->symbols && fd == symbols__fd(s->symbols)) {
		stack_collector__answers(s->stacks);
		tell_symbols(s);
	} else if (s->limiter && fd == limit_writer__fd(s->limiter)) {
		check_limiter(s);
	} else if (fd == s->draw_fd) {
		clear_timer(fd);
		/* A prompt stands in its place. */
		if (!s->hotkeys.keys.typing)
			status_feed__draw(s->live, s->model, clock__ns(CLOCK_BOOTTIME));
	} else if (fd == STDIN_FILENO) {
		handle_key(s);
	} else if (fd == s->target->events_fd) {
		check_target(s);
		/* A removed cgroup polls ready for ever; the tick goes on from here. */
		if (s->gone_since_ns)
			epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	}
}

static int loop(struct session *s)
{
	while (!s->end_reason && !s->write_error && !s->model_error) {
		struct epoll_event events[8];
		int count = epoll_wait(s->epoll_fd, events, 8, -1);
		int err;

		if (count < 0 && errno != EINTR)
			return -errno;
		/* Events first: what ends the session may have come after them. */
		err = tracer__consume(s->tracer);
		if (err < 0 && err != -EINTR)
			return err;
		for (int i = 0; i < count; i++)
			handle_fd(s, events[i].data.fd);
	}
	return s->model_error;
}

/* Puts the limit back. Returns what became of it, in words; NULL: it was never changed. */
static const char *put_back(struct session *s, char *text, size_t size)
{
	struct guard_outcome outcome = guard__finish(s->guard, s->opts->keep);
	const char *words = guard__words(outcome.result);

	s->guard = NULL;
	if (guard__has_failed(outcome.result)) {
		s->limit_error = -EIO;
		fprintf(stderr, "oomtrace: memory.max: %s.\n", words);
	}
	if (!words || !outcome.kills)
		return words;
	snprintf(text, size, "%s, which killed %" PRIu64 " of its processes", words, outcome.kills);
	return text;
}

/* Ends the changes of the limit, puts it back, and tells what they led to. */
static void finish_limits(struct session *s)
{
	bool alive = !target__is_gone(s->target);
	struct record record = { .kind = RECORD_STEPS };
	char restored[RESTORED_SIZE];

	limit_writer__stop(s->limiter);
	s->limiter = NULL;
	tracer__consume(s->tracer);
	model__finish(s->model);
	tell_step(s, limit_steps__close(s->steps, alive), now());
	record.steps = limit_steps__table(s->steps);
	record.time = now();
	if (s->guard)
		record.steps.restored = put_back(s, restored, sizeof(restored));
	/* Until the limit was back. */
	tracer__consume(s->tracer);
	model__finish(s->model);
	if (record.steps.count)
		tell(s, &record);
}

/* The last events, what they could not say, and the last line. */
static void finish(struct session *s)
{
	struct record record = { .kind = RECORD_END };

	settle_usage(s);
	model__finish(s->model);
	if (s->steps)
		finish_limits(s);
	record.time = now(); /* what comes from now on isn't told, and finding names can take a second */
	stack_collector__finish(s->stacks, s->tracer);
	tell_symbols(s);
	tracer__each_quiet(s->tracer, tell_quiet, s);
	tell_lost(s);
	record.end = (struct record_end){
		.reason = s->end_reason,
		.ooms = model__totals(s->model).ooms,
		.kills = model__totals(s->model).kills,
		.lost = lost_total(s),
		.nameless = stack_collector__health(s->stacks).nameless,
	};
	tell(s, &record);
}

static int exit_code(const struct session *s)
{
	if (s->write_error == -EPIPE)
		return EXIT_DONE; /* the reader has seen enough */
	if (s->write_error) {
		fprintf(stderr, "oomtrace: writing the output: %s.\n", strerror(-s->write_error));
		return EXIT_RUNTIME;
	}
	if (s->limit_error)
		return EXIT_RUNTIME;
	return lost_total(s) ? EXIT_LOST : EXIT_DONE;
}

static int open_tracer(struct session *s)
{
	struct tracer_options opts = {
		.target_cgroup_id = s->target->cgroup_id,
		.memory_on_v1 = s->hierarchy->version == 1,
		.usage = records_usage(s),
		.force_kprobes = s->opts->force_kprobes,
		.ring_bytes = s->opts->ring_bytes,
		.want_stacks = s->opts->stacks,
	};
	int err;

	memcpy(opts.target_ancestors, s->target->ancestors, sizeof(opts.target_ancestors));
	err = tracer__open(&opts, on_event, s, &s->plan, &s->tracer);

	if (err)
		return diagnose__open_failure(err, &s->plan);
	return EXIT_DONE;
}

/* Before BPF and threads: the helpers must hold none of them. */
static void open_symbols(struct session *s)
{
	int err = symbols__start(&s->symbols);

	if (err)
		fprintf(stderr,
			"oomtrace: starting the helpers that find the names of functions: %s; stacks "
			"are addresses.\n",
			strerror(-err));
}

static int open_model(struct session *s)
{
	struct model_env env = {
		.ctx = s,
		.page_size = sysconf(_SC_PAGESIZE),
		.on_record = on_record,
		.cgroup_path = find_cgroup_path,
		.cmdline = find_cmdline,
		.container_name = find_container_name,
		.init_pid = s->target->init_pid,
		.sees_writes = s->hierarchy->version == 2 && plan__has(&s->plan, "max-write-begin") &&
			       plan__has(&s->plan, "max-write-end"),
		.self_pid = getpid(),
	};

	s->stacks = stack_collector__new(s->symbols, on_stack, s);
	s->names = names__new(&s->target->container);
	s->model = model__new(&env);
	if (s->target->cgroup[0])
		s->steps = limit_steps__new(s->target->cgroup);
	return s->stacks && s->names && s->model && (s->steps || !s->target->cgroup[0]) ? 0 : -ENOMEM;
}

static int start_changes(struct session *s)
{
	int err = limit_writer__start(&s->opts->changes, s->target->dir_fd, s->guard, &s->limiter);

	if (!err)
		err = watch(s, limit_writer__fd(s->limiter), EPOLLIN);
	s->hotkeys = (struct key_actions){
		.dir_fd = s->target->dir_fd,
		.writer = s->limiter,
	};
	if (!err && s->opts->output == TRACE_OPTIONS_OUTPUT_TEXT && keys__available() && !keys__open()) {
		fputs("oomtrace: " KEYS_HELP "\n", stderr);
		err = watch(s, STDIN_FILENO, EPOLLIN);
	}
	return err;
}

static int start_live(struct session *s)
{
	s->live = status_feed__new(s->console, s->hierarchy, s->target, clock__ns(CLOCK_BOOTTIME));
	return s->live ? watch_timer(s, STATUS_FEED__INTERVAL_NS, STATUS_FEED__INTERVAL_NS, &s->draw_fd)
		       : -ENOMEM;
}

static int trace(struct session *s)
{
	int err = set_up_loop(s);

	if (!err) {
		tell_session(s);
		cmdlines__learn(s->tracer, s->hierarchy, s->target);
		if (records_usage(s))
			follow_usage__begin(s->hierarchy, s->target);
		follow_usage__find_statistics(s->tracer);
		err = privileges__drop();
	}
	if (!err && s->guard) {
		err = start_changes(s);
	}
	if (!err && s->console)
		err = start_live(s);
	if (!err) {
		check_target(s);
		err = loop(s);
	}
	console__clear(s->console);
	if (err) {
		fprintf(stderr, "oomtrace: %s.\n", strerror(-err));
		return EXIT_RUNTIME;
	}
	if (!s->write_error)
		finish(s);
	return exit_code(s);
}

int session__run(const struct trace_options *opts, const struct cgroup__hierarchy *h,
		 const struct target *target, struct guard *guard, struct sink *sink, struct console *console)
{
	struct session s = {
		.guard = guard,
		.started = now(),
		.opts = opts,
		.hierarchy = h,
		.target = target,
		.subtree = { h, target, 0 },
		.sink = sink,
		.console = console,
		.epoll_fd = -1,
		.signal_fd = -1,
		.duration_fd = -1,
		.tick_fd = -1,
		.draw_fd = -1,
	};
	int code;

	if (!opts->dry_run)
		open_symbols(&s);
	/* The model after the tracer: what it can say depends on what could be attached. */
	code = open_tracer(&s);
	if (code == EXIT_DONE && open_model(&s))
		code = EXIT_RUNTIME;
	if (code == EXIT_DONE && opts->dry_run) {
		tell_session(&s);
		if (opts->output == TRACE_OPTIONS_OUTPUT_TEXT)
			diagnose__print_plan(stdout, &s.plan);
		if (opts->output == TRACE_OPTIONS_OUTPUT_TEXT &&
		    (opts->changes.has_ramp || opts->changes.has_max))
			dry_run__print_changes(stdout, &opts->changes, s.target->dir_fd);
		code = exit_code(&s);
	} else if (code == EXIT_DONE) {
		if (opts->verbose)
			diagnose__print_plan(stderr, &s.plan);
		code = trace(&s);
	}
	keys__close();
	limit_writer__stop(s.limiter);
	guard__finish(s.guard, opts->keep);
	tracer__close(s.tracer);
	model__free(s.model);
	status_feed__free(s.live);
	limit_steps__free(s.steps);
	names__free(s.names);
	stack_collector__free(s.stacks);
	symbols__stop(s.symbols);
	for (size_t i = 0; i < 5; i++) {
		int fd = (const int[]){ s.epoll_fd, s.signal_fd, s.duration_fd, s.tick_fd, s.draw_fd }[i];

		if (fd >= 0)
			close(fd);
	}
	return code;
}
