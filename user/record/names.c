// SPDX-License-Identifier: GPL-2.0-only
#include "record/names.h"

const char *record_names__type(enum record_kind kind)
{
	static const char *const names[RECORD_KINDS] = {
		[RECORD_SESSION] = "session",
		[RECORD_OOM] = "oom",
		[RECORD_LIMIT] = "limit",
		[RECORD_STEP] = "step",
		[RECORD_STEPS] = "steps",
		[RECORD_REPEATS] = "oom-repeats",
		[RECORD_USAGE] = "usage",
		[RECORD_RECLAIM] = "reclaim",
		[RECORD_STALL] = "stall",
		[RECORD_STACK] = "stack",
		[RECORD_EXIT] = "exit",
		[RECORD_LOST] = "lost",
		[RECORD_END] = "end",
		[RECORD_MIN_TRY] = "min-try",
		[RECORD_MIN] = "min",
		[RECORD_USER_KILL] = "user-kill",
		[RECORD_RELIEF] = "relief",
		[RECORD_KERNEL_LOG] = "kernel-log",
		[RECORD_SIGKILL] = "sigkill",
		[RECORD_START] = "start",
		[RECORD_NEAR_LIMIT] = "near-limit",
		[RECORD_SNAPSHOT] = "snapshot",
		[RECORD_HOOK] = "hook",
	};

	return names[kind];
}

const char *record_names__hook_event(enum record_hook_event event)
{
	return event == HOOK_EVENT_OOM ? "oom" : "near-limit";
}

const char *record_names__hook_result(enum record_hook_result result)
{
	switch (result) {
	case HOOK_RESULT_ENDED:
		return "ended";
	case HOOK_RESULT_TIMED_OUT:
		return "timed-out";
	case HOOK_RESULT_BUSY:
		return "busy";
	case HOOK_RESULT_FAILED:
		return "failed";
	}
	return NULL;
}

const char *record_names__role(enum record_role role)
{
	switch (role) {
	case ROLE_CHOSEN:
		return "chosen";
	case ROLE_GROUP:
		return "group";
	case ROLE_SHARES_MM:
		return "shares-mm";
	case ROLE_EXITING:
		return "exiting";
	}
	return NULL;
}

const char *record_names__outcome(enum oom_outcome outcome)
{
	switch (outcome) {
	case OOM_KILLED:
		return "killed";
	case OOM_NO_VICTIM:
		return "no-victim";
	case OOM_EXITING:
		return "exiting";
	}
	return NULL;
}

const char *record_names__cause(enum record_cause cause)
{
	switch (cause) {
	case CAUSE_UNKNOWN:
		return NULL;
	case CAUSE_INSIDE_WRITE:
		return "inside-write";
	case CAUSE_LIMIT_LOWERED:
		return "limit-lowered";
	case CAUSE_ANCESTOR_LIMIT:
		return "ancestor-limit";
	case CAUSE_LIMIT_UNCHANGED:
		return "limit-unchanged";
	case CAUSE_WHOLE_MACHINE:
		return "whole-machine";
	case CAUSE_SYSRQ:
		return "sysrq";
	case CAUSE_NOT_KNOWN:
		return "not-known";
	case CAUSE_OBSERVER:
		return "observer";
	}
	return NULL;
}

const char *record_names__not_known(enum record_not_known reason)
{
	switch (reason) {
	case NOT_KNOWN_UNSAID:
		return NULL;
	case NOT_KNOWN_OTHER_WRITE:
		return "other-write";
	case NOT_KNOWN_LATER_WRITE:
		return "later-write";
	}
	return NULL;
}

const char *record_names__way(enum record_kill_way way)
{
	static const char *const names[] = {
		[KILL_WAY_KILL] = "kill",
		[KILL_WAY_CGROUP_KILL] = "cgroup.kill",
		[KILL_WAY_PID_NAMESPACE] = "pid-namespace-end",
		[KILL_WAY_PARENT_DEATH] = "parent-death",
		[KILL_WAY_RLIMIT] = "rlimit",
		[KILL_WAY_TIMER] = "timer",
		[KILL_WAY_OOM_KILLER] = "oom-killer",
	};

	return names[way];
}

const char *record_names__reclaim(enum reclaim_kind kind)
{
	return kind == RECLAIM_THROTTLE ? "throttle" : "limit";
}

const char *record_names__memory(enum memory_item item)
{
	static const char *const keys[MEMORY_ITEMS] = {
		[MEMORY_ANON] = "anon_bytes",
		[MEMORY_FILE] = "file_bytes",
		[MEMORY_SHMEM] = "shmem_bytes",
		[MEMORY_SLAB_RECLAIMABLE] = "slab_reclaimable_bytes",
		[MEMORY_SLAB_UNRECLAIMABLE] = "slab_unreclaimable_bytes",
		[MEMORY_KERNEL_STACK] = "kernel_stack_bytes",
		[MEMORY_PAGETABLES] = "pagetables_bytes",
		[MEMORY_SOCK] = "sock_bytes",
		[MEMORY_SWAP] = "swap_bytes",
		[MEMORY_KERNEL] = "kernel_bytes",
		[MEMORY_PERCPU] = "percpu_bytes",
		[MEMORY_VMALLOC] = "vmalloc_bytes",
		[MEMORY_UNEVICTABLE] = "unevictable_bytes",
	};

	return keys[item];
}

const char *record_names__limit_file(enum limit_file file)
{
	switch (file) {
	case LIMIT_MAX:
		return "memory.max";
	case LIMIT_HIGH:
		return "memory.high";
	case LIMIT_SWAP_MAX:
		return "memory.swap.max";
	}
	return NULL;
}
