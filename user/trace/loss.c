// SPDX-License-Identifier: GPL-2.0-only
#include "trace/loss.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "record/time.h"

static const char *const names[EVENT_KIND_MAX] = {
	[EVENT_OOM] = "oom",
	[EVENT_CGROUP] = "cgroup",
	[EVENT_VICTIM] = "victim",
	[EVENT_OOM_END] = "oom-end",
	[EVENT_EXIT] = "exit",
	[EVENT_LIMIT] = "limit",
	[EVENT_USAGE] = "usage",
	[EVENT_RECLAIM] = "reclaim",
	[EVENT_MEMORY] = "memory",
	[EVENT_SAMPLED] = "sampled",
	[EVENT_STACK] = "stack",
	[EVENT_SIGNAL] = "signal",
	[EVENT_CANDIDATES] = "candidates",
	[EVENT_RELIEF] = "relief",
	[EVENT_MACHINE] = "machine",
	[EVENT_MADE] = "cgroup-made",
};
_Static_assert(EVENT_KIND_MAX == EVENT_MADE + 1, "every kind has a name");

/* `now` of one kind is lost in all, `*told` of it was told before. */
static int tell(struct sink *sink, const char *kind, uint64_t now, uint64_t *told)
{
	const struct record record = {
		.kind = RECORD_LOST,
		.time = record_time__now(),
		.lost = { kind, now - *told, 0 },
	};

	if (now == *told)
		return 0;
	*told = now;
	return sink__take(sink, &record);
}

void loss__note_oom(struct loss *loss, const struct record_oom *oom)
{
	for (size_t i = 0; i < oom->victim_count; i++)
		loss->kills_told += oom->victims[i].role == ROLE_CHOSEN || oom->victims[i].role == ROLE_GROUP;
}

struct seeing {
	const struct loss *loss;
	const struct tracer *tracer;
};

/*
 * The kernel can leave out the program that counts kills, and not the others that tell of the same kill (a kprobe of
 * 7.3 did). A trace of the machine has records of every kill: those count, too.
 */
static uint64_t kills_seen(const void *ctx)
{
	const struct seeing *seeing = ctx;
	const struct loss *loss = seeing->loss;
	uint64_t seen = tracer__kills_seen(seeing->tracer);

	return loss->of_machine && loss->kills_told > seen ? loss->kills_told : seen;
}

static int begin(struct loss *loss, const struct tracer *tracer, int cgroup_fd, bool again, uint64_t *count)
{
	const struct seeing seeing = { loss, tracer };
	int fd = reconcile__open(cgroup_fd);
	uint64_t seen, since_ns;

	if (fd < 0)
		return fd;
	loss->of_machine = cgroup_fd < 0;
	if (reconcile__read_both(fd, kills_seen, &seeing, false, count, &seen)) {
		close(fd);
		return -ENODATA;
	}
	loss->kernel_fd = fd;
	if (!loss->of_machine)
		kernel_events__begin(&loss->events, fd, again);
	loss->looked_ns = clock__ns(CLOCK_BOOTTIME);
	reconcile__look(&loss->kills, *count, seen, loss->looked_ns, false, &since_ns);
	return 0;
}

void loss__begin(struct loss *loss, const struct tracer *tracer, int cgroup_fd)
{
	uint64_t count;

	begin(loss, tracer, cgroup_fd, false, &count);
}

void loss__begin_again(struct loss *loss, const struct tracer *tracer, int cgroup_fd)
{
	uint64_t since_ns = loss->kills.even_ns, count;

	loss__end(loss);
	if (begin(loss, tracer, cgroup_fd, true, &count) || !count)
		return;
	loss->unfollowed += count;
	loss->unfollowed_since_ns = since_ns ? since_ns : loss->looked_ns;
}

void loss__end(struct loss *loss)
{
	if (loss->kills.begun)
		close(loss->kernel_fd);
	loss->kills.begun = false;
}

#define LOOK_GAP_NS NS_PER_S
#define LAST_LOOKS_NS (500 * NS_PER_MS)
#define LAST_LOOKS_MIN 3
#define LAST_LOOK_MS 10

/* A kill may be going on: waits until no kill is missing, and no longer than 0.5 s, or for some looks at a busy machine. */
static void await_kills(const struct seeing *seeing)
{
	const struct loss *loss = seeing->loss;
	const uint64_t until_ns = clock__ns(CLOCK_MONOTONIC) + LAST_LOOKS_NS;
	uint64_t count, seen;

	for (int i = 0; i < LAST_LOOKS_MIN || clock__ns(CLOCK_MONOTONIC) < until_ns; i++) {
		if (reconcile__read_both(loss->kernel_fd, kills_seen, seeing, true, &count, &seen) ||
		    !reconcile__missing(&loss->kills, count, seen))
			return;
		poll(NULL, 0, LAST_LOOK_MS);
	}
}

static int tell_missed(struct sink *sink, uint64_t count, uint64_t since_ns)
{
	struct record record = { .kind = RECORD_LOST, .time = record_time__now() };

	record.lost = (struct record_lost){ "kill", count, record.time.boot_ns - since_ns };
	return sink__take(sink, &record);
}

/*
 * Compares the kernel's count of kills with the kills that were seen. A cgroup that is gone has no count any more, and no
 * kill goes on in it: what its count had at the look before is all.
 */
static int tell_kills(struct loss *loss, const struct tracer *tracer, bool last, struct sink *sink)
{
	const struct seeing seeing = { loss, tracer };
	uint64_t count, seen, missed, since_ns = 0, now = clock__ns(CLOCK_BOOTTIME);

	if (!loss->kills.begun || (!last && now - loss->looked_ns < LOOK_GAP_NS))
		return 0;
	loss->looked_ns = now;
	if (last)
		await_kills(&seeing);
	kernel_events__look(&loss->events, loss->kernel_fd);
	if (reconcile__read_both(loss->kernel_fd, kills_seen, &seeing, last, &count, &seen)) {
		count = loss->kills.kernel;
		seen = kills_seen(&seeing);
		last = true;
	}
	now = clock__ns(CLOCK_BOOTTIME);
	missed = reconcile__look(&loss->kills, count, seen, now, last, &since_ns);
	return missed ? tell_missed(sink, missed, since_ns) : 0;
}

int loss__tell(struct loss *loss, const struct tracer *tracer, uint64_t lost_stacks, bool last,
	       struct sink *sink)
{
	int err = 0;

	for (int kind = 1; kind < EVENT_KIND_MAX; kind++) {
		uint64_t lost = tracer__lost(tracer, kind) + (kind == EVENT_STACK ? lost_stacks : 0);
		int failed = tell(sink, names[kind], lost, &loss->told[kind]);

		err = err ? err : failed;
	}
	if (!err)
		err = tell(sink, "malformed", loss->malformed, &loss->malformed_told);
	if (!err)
		err = tell(sink, "run", loss->runs, &loss->runs_told);
	if (!err)
		err = tell(sink, "target", loss->targets, &loss->targets_told);
	if (!err)
		err = tell(sink, "cgroup-usage", tracer__unfollowed(tracer), &loss->unfollowed_cgroups_told);
	if (!err && loss->unfollowed != loss->unfollowed_told) {
		err = tell_missed(sink, loss->unfollowed - loss->unfollowed_told, loss->unfollowed_since_ns);
		loss->unfollowed_told = loss->unfollowed;
	}
	return err ? err : tell_kills(loss, tracer, last, sink);
}

uint64_t loss__known(const struct loss *loss, const struct tracer *tracer, uint64_t lost_stacks)
{
	uint64_t total = loss->malformed + loss->runs + loss->targets + tracer__unfollowed(tracer) +
			 loss->kills.missed + loss->unfollowed;

	for (int kind = 1; kind < EVENT_KIND_MAX; kind++) {
		/* What the kernel skipped is asked for by a call that whoever has no rights may not make. */
		uint64_t now = tracer__lost(tracer, kind) + (kind == EVENT_STACK ? lost_stacks : 0);

		total += now > loss->told[kind] ? now : loss->told[kind];
	}
	return total;
}

uint64_t loss__total(const struct loss *loss)
{
	uint64_t total = loss->malformed_told + loss->runs_told + loss->targets_told +
			 loss->unfollowed_cgroups_told + loss->kills.missed + loss->unfollowed_told;

	for (int kind = 1; kind < EVENT_KIND_MAX; kind++)
		total += loss->told[kind];
	return total;
}
