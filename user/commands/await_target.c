// SPDX-License-Identifier: GPL-2.0-only
#include "commands/await_target.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/exit_codes.h"

/* A path costs a look at a folder; for a container all runtimes are asked, and the whole tree is searched. */
#define LOOK_CGROUP_NS (20 * NS_PER_MS)
#define LOOK_CONTAINER_NS (200 * NS_PER_MS)

bool await_target__may_come(enum target_failure failure, const struct target *target)
{
	switch (failure) {
	case TARGET_NOT_RESOLVED:
		return target->resolved.outcome != RESOLVE__AMBIGUOUS;
	case TARGET_NO_CGROUP:
		return target->error == -ENOENT;
	case TARGET_NOT_OPENED: /* it has gone between two looks, and may come again */
		return target->error == -ENOENT || target->error == -ENODEV;
	default:
		return false;
	}
}

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

/* At once, since a runtime that hangs holds up a look for seconds. Nothing has been told or changed yet. */
static void on_signal(int number)
{
	static const char words[] = "oomtrace: interrupted before the target was there.\n";
	ssize_t put = write(STDERR_FILENO, words, sizeof(words) - 1);

	(void)number;
	(void)put;
	_exit(EXIT_DONE);
}

/* As nohup has it, a hangup that is ignored stays so. */
static void listen_to_signals(struct sigaction before[])
{
	const struct sigaction action = { .sa_handler = on_signal };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		sigaction(signals[i], NULL, &before[i]);
		if (signals[i] == SIGHUP && before[i].sa_handler == SIG_IGN)
			continue;
		sigaction(signals[i], &action, NULL);
		sigaddset(&set, signals[i]);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* What comes from now on is the trace's. */
static void leave_signals(const struct sigaction before[])
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		if (signals[i] != SIGHUP || before[i].sa_handler != SIG_IGN)
			sigaddset(&set, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &before[i], NULL);
}

enum target_failure await_target__find(const struct target_request *request,
				       const struct cgroup__hierarchy *h, struct target *target)
{
	const struct timespec gap =
		clock__timespec(request->kind == TARGET_CGROUP ? LOOK_CGROUP_NS : LOOK_CONTAINER_NS);
	struct sigaction before[ARRAY_SIZE(signals)];
	enum target_failure failure;

	listen_to_signals(before);
	fprintf(stderr, "oomtrace: waiting for %s '%s'.\n",
		request->kind == TARGET_CGROUP ? "the cgroup" : "container", escape__shown(request->name));
	while ((failure = target__find(request, h, 0, target)) && await_target__may_come(failure, target)) {
		target__close(target);
		nanosleep(&gap, NULL);
	}
	leave_signals(before);
	return failure;
}
