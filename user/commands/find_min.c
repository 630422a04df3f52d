// SPDX-License-Identifier: GPL-2.0-only
#include "commands/find_min.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/changing.h"
#include "commands/confine.h"
#include "base/clock.h"
#include "base/exit_codes.h"
#include "host/cgroup.h"
#include "limit/predict.h"
#include "record/time.h"
#include "terminal/status_feed.h"
#include "terminal/status_line.h"

#define POLL_NS 20000000ULL
#define SHOW_NS 200000000ULL
/* How long reclaim may take to get usage below a new memory.high. A limit that takes longer is too small. */
#define SETTLE_NS (2 * NS_PER_S)
/* The search ends when it knows the answer to 1 %, or to a MiB. */
#define RESOLUTION_PERCENT 1
#define RESOLUTION_BYTES (1ULL << 20)
/* How long a search that is told to end may hang before it is ended. */
#define HANG_S 1
/* More than this share of the time spent waiting for memory is a stall. */
#define STALL_PERCENT 1

struct search {
	const struct target *target;
	struct guard *guard;
	uint64_t hold_ns;
	uint64_t slack_bytes; /* usage may be so far above memory.high, because CPUs charge ahead */
	unsigned int tries;
	struct sink *sink;
	/* for the live line */
	struct console *console;
	uint64_t kills_before, begun_ns, shown_ns;
	unsigned int tries_left; /* after the present one, about */
};

static volatile sig_atomic_t interrupted;

/* Who is told to end and doesn't get on, because nobody reads what it prints, leaves the rest to the guard. */
static void on_hang(int sig)
{
	static const char words[] = "oomtrace: it was told to end, and hangs: it is ended here.\n";
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };

	(void)sig;
	if (poll(&fd, 1, 0) == 1 && fd.revents == POLLOUT && write(STDERR_FILENO, words, strlen(words)) < 0)
		_exit(EXIT_RUNTIME);
	_exit(EXIT_RUNTIME);
}

static void on_signal(int sig)
{
	interrupted = sig;
	alarm(HANG_S);
}

static uint64_t now_ns(void)
{
	return clock__ns(CLOCK_MONOTONIC);
}

static int usage(const struct search *s, uint64_t *bytes)
{
	return cgroup__read_u64(s->target->dir_fd, "memory.current", bytes);
}

/*
 * Time in which some task of the target waited for memory, in ns; 0 where the kernel has no PSI. From
 * "some avg10=0.00 avg60=0.00 avg300=0.00 total=12345" (us).
 */
static uint64_t stalled_ns(const struct search *s)
{
	char text[512], *total;
	uint64_t us;

	if (cgroup__read_text(s->target->dir_fd, "memory.pressure", text, sizeof(text)) < 0)
		return 0;
	total = strstr(text, "total=");
	if (!total || sscanf(total, "total=%" SCNu64, &us) != 1)
		return 0;
	return us * 1000;
}

/* For a moment, in which the guard must not be missing either. */
static void pause_a_little(const struct search *s)
{
	int result = guard__watch(s->guard);

	if (result)
		console__clear(s->console);
	changing__tell_guard(result);
	usleep(POLL_NS / 1000);
}

/* What is frozen (docker pause) asks for no memory: any limit would do. */
static bool is_frozen(const struct search *s)
{
	uint64_t frozen = 0;

	return !cgroup__read_key(s->target->dir_fd, "cgroup.events", "frozen", &frozen) && frozen;
}

static uint64_t kills(const struct search *s)
{
	uint64_t count = 0;

	cgroup__read_key(s->target->dir_fd, "memory.events", "oom_kill", &count);
	return count;
}

/* So close is close enough. */
static uint64_t resolution(uint64_t high)
{
	uint64_t step = high / 100 * RESOLUTION_PERCENT;

	return step > RESOLUTION_BYTES ? step : RESOLUTION_BYTES;
}

/* How many tries a search between the two takes at most. */
static unsigned int tries_between(uint64_t low, uint64_t high)
{
	unsigned int count = 0;

	for (uint64_t width = high - low; width > resolution(high); width /= 2)
		count++;
	return count;
}

static void draw(const struct search *s, uint64_t limit, uint64_t usage_bytes, uint64_t hold_left_ns)
{
	const struct text_look look = console__look(COLOUR_AUTO);
	char line[STATUS_LINE__SIZE], what[64];
	struct status_line status = {
		.ascii = look.ascii,
		.colour = look.colour,
		.name = status_feed__name(s->target),
		.what = what,
		.has_usage = true,
		.usage_bytes = usage_bytes,
		.max_bytes = limit,
		.kills = kills(s) - s->kills_before,
		.running_ns = s->shown_ns - s->begun_ns,
		.has_left = true,
		.left_ns = hold_left_ns + s->tries_left * s->hold_ns,
	};

	snprintf(what, sizeof(what), "find-min: try %u of ~%u", s->tries, s->tries + s->tries_left);
	console__draw(s->console, line, status_line__format(line, &status, console__columns(s->console) - 1));
}

/* Shows on a terminal that it lives: what is tried, and how long it may take. hold_left_ns: of the present try. */
static void show(struct search *s, uint64_t limit, uint64_t usage_bytes, uint64_t hold_left_ns)
{
	uint64_t now = now_ns();

	if (!s->console || now - s->shown_ns < SHOW_NS)
		return;
	s->shown_ns = now;
	draw(s, limit, usage_bytes, hold_left_ns);
}

/* Waits until usage is at or below the limit, or the time is over. Returns 1, 0, or an errno. */
static int settle(struct search *s, uint64_t limit)
{
	uint64_t end = now_ns() + SETTLE_NS, bytes;

	do {
		int err = usage(s, &bytes);

		if (err)
			return err;
		if (bytes <= limit + s->slack_bytes)
			return 1;
		show(s, limit, bytes, s->hold_ns);
		pause_a_little(s);
	} while (now_ns() < end && !interrupted);
	return 0;
}

/* Whether the target lives with the limit for the time. Returns 1, 0, or a negative errno. */
static int holds(struct search *s, uint64_t limit)
{
	uint64_t start, stalled, bytes, passed;
	int settled, err = guard__write(s->guard, limit);

	s->tries++;
	if (err)
		return err;
	settled = settle(s, limit);
	if (settled <= 0)
		return settled;
	start = now_ns();
	stalled = stalled_ns(s);
	while (now_ns() - start < s->hold_ns && !interrupted) {
		pause_a_little(s);
		err = usage(s, &bytes);
		if (!err && is_frozen(s))
			err = -ECANCELED;
		if (err)
			return err;
		if (bytes > limit + s->slack_bytes)
			return 0;
		passed = now_ns() - start;
		show(s, limit, bytes, passed < s->hold_ns ? s->hold_ns - passed : 0);
		/* No need to wait for the end when it has stalled enough already. */
		if (stalled_ns(s) - stalled > s->hold_ns * STALL_PERCENT / 100)
			return 0;
	}
	return 1;
}

static int tell_try(const struct search *s, uint64_t limit, enum record_try_result result)
{
	struct record record = {
		.kind = RECORD_MIN_TRY,
		.time = record_time__now(),
		.min_try = { limit, result },
	};

	return sink__take(s->sink, &record);
}

static int try_limit(struct search *s, uint64_t limit)
{
	int result, err = tell_try(s, limit, TRY_BEGUN);

	if (err)
		return err;
	result = holds(s, limit);
	if (result < 0 || interrupted)
		return result;
	err = tell_try(s, limit, result ? TRY_HOLDS : TRY_TOO_SMALL);
	return err ? err : result;
}

/* Binary search between a limit that is too small and one that holds. */
static int search(struct search *s, uint64_t low, uint64_t high, uint64_t *found)
{
	while (!interrupted) {
		uint64_t middle = (low + (high - low) / 2) & ~(uint64_t)(sysconf(_SC_PAGESIZE) - 1);
		int result;

		if (high - low <= resolution(high))
			break;
		s->tries_left = tries_between(low, high) - 1;
		result = try_limit(s, middle);
		if (result < 0)
			return result;
		if (result)
			high = middle;
		else
			low = middle;
		/* Gives the target room before the next try. */
		if (!result) {
			int err = guard__write(s->guard, high);

			if (err)
				return err;
		}
	}
	*found = high;
	return interrupted ? -EINTR : 0;
}

static int tell_min(const struct search *s, struct record_min *min)
{
	struct record record = { .kind = RECORD_MIN, .time = record_time__now() };

	min->tries = s->tries;
	record.min = *min;
	return sink__take(s->sink, &record);
}

static void warn_without_pressure(const struct search *s)
{
	char text[512];

	if (cgroup__read_text(s->target->dir_fd, "memory.pressure", text, sizeof(text)) < 0)
		fputs("oomtrace: warning: this kernel doesn't measure how long tasks wait for memory (psi=1 on its "
		      "command line): a limit at which the target runs slowly counts as one that it can live with.\n",
		      stderr);
}

static int run(struct search *s)
{
	struct record_min record = { .cgroup = s->target->cgroup, .hold_ns = s->hold_ns };
	struct prediction p;
	uint64_t enough;
	int err = predict__floor(s->target->dir_fd, &p);

	if (!err && is_frozen(s))
		err = -ECANCELED;
	if (err)
		return err;
	warn_without_pressure(s);
	record.usage_bytes = p.usage_bytes;
	record.floor_bytes = p.floor_bytes;
	err = tell_min(s, &record);
	if (err)
		return err;
	enough = p.usage_bytes + p.usage_bytes / 20 + RESOLUTION_BYTES;
	s->tries_left = tries_between(p.floor_bytes / 2, enough);
	err = try_limit(s, enough);
	if (err < 0)
		return err;
	if (err) {
		err = search(s, p.floor_bytes / 2, enough, &record.found_bytes);
		if (err)
			return err;
	}
	if (interrupted)
		return -EINTR;
	record.margin_bytes = record.found_bytes / 10;
	record.kills = kills(s) - s->kills_before;
	return tell_min(s, &record);
}

int find_min__run(const struct cgroup__hierarchy *h, const struct target *target, struct guard *guard,
		  uint64_t hold_ns, struct sink *sink, struct console *console)
{
	struct search s = { .target = target,
			    .guard = guard,
			    .hold_ns = hold_ns,
			    .sink = sink,
			    .console = console,
			    .begun_ns = now_ns() };
	struct sigaction action = { .sa_handler = on_signal }, hang = { .sa_handler = on_hang };
	struct guard_outcome outcome;
	int err;

	/* 64 pages a CPU: MEMCG_CHARGE_BATCH, include/linux/memcontrol.h. */
	s.slack_bytes = 64ULL * sysconf(_SC_PAGESIZE) * sysconf(_SC_NPROCESSORS_ONLN);
	sigaction(SIGALRM, &hang, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	err = confine__trace(h, NULL, NULL, NULL, true);
	s.kills_before = kills(&s);
	if (!err)
		err = run(&s);
	console__clear(console);
	alarm(0);
	outcome = guard__finish(guard);
	if (outcome.result != GUARD_RESTORED && outcome.result != GUARD_NOTHING)
		fprintf(stderr, "oomtrace: memory.high: %s.\n", guard__words(outcome.result));
	if (!err)
		return guard__has_failed(outcome.result) ? EXIT_RUNTIME : EXIT_DONE;
	if (err == -EINTR)
		fputs("oomtrace: interrupted.\n", stderr);
	else if (err == -ECANCELED)
		fputs("oomtrace: the target is frozen, and shows nothing of what it needs: let it go on (docker "
		      "unpause) and try again.\n",
		      stderr);
	else if (err == -ENODEV || err == -ENOENT)
		fputs("oomtrace: the target has ended.\n", stderr);
	else
		fprintf(stderr, "oomtrace: --find-min: %s.\n", strerror(-err));
	return EXIT_RUNTIME;
}
