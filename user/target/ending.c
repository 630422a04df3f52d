// SPDX-License-Identifier: GPL-2.0-only
#include "target/ending.h"

#include <errno.h>

#include "base/clock.h"
#include "base/copy.h"
#include "record/time.h"

/* How long after the target's end its runtime may take to know the exit code. */
#define RUNTIME_WAIT_NS (20 * NS_PER_S)
/* How long after the target's end the run of the OOM killer that ended it may still go on. */
#define DRAIN_NS (NS_PER_S / 2)

bool ending__take(struct ending *ending, const struct record *record)
{
	uint32_t init_pid = ending->target->init_pid;

	if (record->kind == RECORD_SIGKILL && init_pid && record->sigkill.pid == init_pid) {
		record_killer__copy(&ending->killer, &record->sigkill.killer);
		ending->has_killer = true;
	}
	if (record->kind != RECORD_EXIT || !init_pid || record->exit.pid != init_pid)
		return false;
	ending->init_exit = *record;
	copy__text(ending->init_comm, sizeof(ending->init_comm), record->exit.comm);
	ending->init_exit.exit.comm = ending->init_comm;
	ending->init_exit.exit.cgroup = NULL;
	ending->has_init_exit = true;
	return true;
}

/* Asks the runtime, without waiting. Returns as asker__take(). */
static int ask(struct ending *ending)
{
	const struct resolve_result *resolved = &ending->target->resolved;
	int result;

	if (!resolved->socket[0] || !ending->asker)
		return -EOPNOTSUPP; /* it was found without an API */
	if (!ending->question) {
		result = asker__insist(ending->asker, resolved->socket, resolved->id);
		ending->question = result > 0 ? result : 0;
		return result < 0 ? result : 0;
	}
	result = asker__take(ending->asker, ending->question, &ending->state);
	if (result)
		ending->question = 0;
	return result;
}

/* Whether the runtime has said its last word on it. */
static bool ask_runtime(struct ending *ending, uint64_t since_ns)
{
	int result = ask(ending);

	/* A runtime that hasn't noticed yet, or doesn't answer, is asked again for a while. */
	if ((!result || (result > 0 && ending->state.running) || result == -ETIMEDOUT || result == -EAGAIN) &&
	    since_ns < RUNTIME_WAIT_NS)
		return false;
	ending->has_state = result > 0 && !ending->state.running;
	return true;
}

bool ending__is_over(struct ending *ending, uint64_t now_ns)
{
	if (ending->over)
		return true;
	if (!ending->gone_since_ns) {
		if (target__is_gone(ending->target))
			ending->gone_since_ns = now_ns;
		return false;
	}
	if (now_ns - ending->gone_since_ns >= DRAIN_NS)
		ending->over = ask_runtime(ending, now_ns - ending->gone_since_ns);
	return ending->over;
}

struct record ending__record(const struct ending *ending)
{
	struct record record = { .kind = RECORD_EXIT, .time = record_time__now() };

	if (ending->has_init_exit)
		record = ending->init_exit;
	record.exit.container = true;
	record.exit.which = ending->target->container;
	if (ending->has_killer)
		record.exit.killer = &ending->killer.killer;
	record.exit.cgroup = ending->target->cgroup;
	if (ending->has_state) {
		record.exit.runtime_status = ending->state.status;
		record.exit.runtime_exit_code = ending->state.exit_code;
		record.exit.runtime_oom_killed = ending->state.oom_killed;
	}
	return record;
}

const char *ending__reason(const struct ending *ending)
{
	return ending->target->container.ref.runtime != CONTAINER__UNKNOWN ? "the container is gone"
									   : "the cgroup is empty";
}
