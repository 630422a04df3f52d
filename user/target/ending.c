// SPDX-License-Identifier: GPL-2.0-only
#include "target/ending.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/copy.h"
#include "record/time.h"

/* How long after the target's end its runtime may take to know the exit code. */
#define RUNTIME_WAIT_NS (20 * NS_PER_S)
/* How long after the target's end the run of the OOM killer that ended it may still go on. */
#define DRAIN_NS (NS_PER_S / 2)

/* Whether a process was the target's init: the one that is known, else one in a cgroup of that name. */
static bool is_init(const struct target *target, const struct record_exit *e)
{
	if (target->init_pid)
		return e->pid == target->init_pid;
	return target->container.ref.runtime != CONTAINER__UNKNOWN && e->ns_init && e->cgroup &&
	       !strcmp(e->cgroup, target->cgroup);
}

bool ending__take(struct ending *ending, const struct record *record)
{
	uint32_t init_pid = ending->target->init_pid;

	if (record->kind == RECORD_SIGKILL && init_pid && record->sigkill.pid == init_pid) {
		record_killer__copy(&ending->killer, &record->sigkill.killer);
		ending->has_killer = true;
	}
	if (record->kind != RECORD_EXIT || !is_init(ending->target, &record->exit))
		return false;
	ending->init_exit = *record;
	copy__text(ending->init_comm, sizeof(ending->init_comm), record->exit.comm);
	ending->init_exit.exit.comm = ending->init_comm;
	copy__text(ending->stop_comm, sizeof(ending->stop_comm), record->exit.stop.comm);
	if (record->exit.stop.comm)
		ending->init_exit.exit.stop.comm = ending->stop_comm;
	ending->init_exit.exit.cgroup = NULL;
	ending->has_init_exit = true;
	return true;
}

void ending__begin(struct ending *ending)
{
	refusals__begin(&ending->refusals, ending->target->dir_fd);
}

void ending__begin_again(struct ending *ending)
{
	if (ending->question)
		asker__forget(ending->asker, ending->question);
	*ending = (struct ending){
		.target = ending->target,
		.may_return = ending->may_return,
		.run = ending->run + 1,
		.asker = ending->asker,
	};
	ending__begin(ending);
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

/* Whether a runtime says that the container has ended. One that it restarts "runs", but has an exit code. */
static bool has_ended(const struct runtime_container *state)
{
	return !state->running || state->has_exit_code;
}

/* Whether the runtime has said its last word on it. */
static bool ask_runtime(struct ending *ending, uint64_t since_ns)
{
	int result = ask(ending);

	/* A runtime that hasn't noticed yet, or doesn't answer, is asked again for a while. */
	if ((!result || (result > 0 && !has_ended(&ending->state)) || result == -ETIMEDOUT ||
	     result == -EAGAIN) &&
	    since_ns < RUNTIME_WAIT_NS)
		return false;
	ending->has_state = result > 0 && has_ended(&ending->state);
	return true;
}

bool ending__is_over(struct ending *ending, uint64_t now_ns)
{
	const struct target *target = ending->target;

	if (ending->over)
		return true;
	if (!ending->gone_since_ns) {
		refusals__read(&ending->refusals, target->dir_fd, target__is_gone(target));
		if (ending->may_return ? !target__is_removed(target) : !target__is_gone(target))
			return false;
		ending->gone_since_ns = now_ns;
	}
	/* At once: one that restarts it forgets the exit code when it runs again. */
	if (!ending->answered)
		ending->answered = ask_runtime(ending, now_ns - ending->gone_since_ns);
	ending->over = ending->answered && now_ns - ending->gone_since_ns >= DRAIN_NS;
	return ending->over;
}

struct record ending__record(struct ending *ending)
{
	struct record record = { .kind = RECORD_EXIT, .time = record_time__now() };

	if (ending->has_init_exit)
		record = ending->init_exit;
	record.exit.container = true;
	record.exit.run = ending->run;
	record.exit.which = ending->target->container;
	if (ending->has_killer)
		record.exit.killer = &ending->killer.killer;
	record.exit.cgroup = ending->target->cgroup;
	record.exit.has_refusals = ending->refusals.known;
	record.exit.refusals = ending->refused;
	record.exit.refusal_count = refusals__list(&ending->refusals, ending->refused);
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
