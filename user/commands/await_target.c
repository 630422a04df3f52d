// SPDX-License-Identifier: GPL-2.0-only
#include "commands/await_target.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/escape.h"

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

static void block(sigset_t *signals)
{
	struct sigaction hangup;

	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
	if (sigaction(SIGHUP, NULL, &hangup) || hangup.sa_handler != SIG_IGN)
		sigaddset(signals, SIGHUP);
	sigprocmask(SIG_BLOCK, signals, NULL);
}

int await_target__find(const struct target_request *request, const struct cgroup__hierarchy *h,
		       struct target *target, enum target_failure *failure)
{
	struct timespec gap =
		clock__timespec(request->kind == TARGET_CGROUP ? LOOK_CGROUP_NS : LOOK_CONTAINER_NS);
	sigset_t signals;

	block(&signals);
	fprintf(stderr, "oomtrace: waiting for %s '%s'.\n",
		request->kind == TARGET_CGROUP ? "the cgroup" : "container", escape__shown(request->name));
	for (;;) {
		*failure = target__find(request, h, 0, target);
		if (!*failure || !await_target__may_come(*failure, target))
			return 0;
		target__close(target);
		if (sigtimedwait(&signals, NULL, &gap) > 0)
			return -EINTR;
	}
}
