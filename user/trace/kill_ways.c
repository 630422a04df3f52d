// SPDX-License-Identifier: GPL-2.0-only
#include "trace/kill_ways.h"

#include "base/array.h"

#if defined(__aarch64__)
#define SYSCALL(name) "__arm64_sys_" name
#else
#define SYSCALL(name) "__x64_sys_" name
#endif

/* Not every kernel has all of them: the compiler puts some into their callers. */
static const struct {
	const char *function;
	enum record_kill_way way;
} table[] = {
	/* kernel/time/posix-timers.c; a timer goes off in the middle of anything else */
	{ "posix_timer_fn", KILL_WAY_TIMER },
	/* mm/oom_kill.c */
	{ "__oom_kill_process", KILL_WAY_OOM_KILLER },
	/* kernel/cgroup/cgroup.c, from 5.14 */
	{ "__cgroup_kill", KILL_WAY_CGROUP_KILL },
	{ "cgroup_kill_write", KILL_WAY_CGROUP_KILL },
	/* kernel/pid_namespace.c */
	{ "zap_pid_ns_processes", KILL_WAY_PID_NAMESPACE },
	/* kernel/time/posix-cpu-timers.c: in the task's own context, or from the timer's interrupt */
	{ "posix_cpu_timers_work", KILL_WAY_RLIMIT },
	{ "run_posix_cpu_timers", KILL_WAY_RLIMIT },
	/* kernel/exit.c; what else sends SIGKILL while a task exits is above */
	{ "forget_original_parent", KILL_WAY_PARENT_DEATH },
	{ "do_exit", KILL_WAY_PARENT_DEATH },
	/* kernel/signal.c */
	{ "kill_something_info", KILL_WAY_KILL },
	{ "do_send_specific", KILL_WAY_KILL },
	{ "do_tkill", KILL_WAY_KILL },
	{ "do_rt_sigqueueinfo", KILL_WAY_KILL },
	{ "do_rt_tgsigqueueinfo", KILL_WAY_KILL },
	{ "do_pidfd_send_signal", KILL_WAY_KILL },
	/* Up to 6.1 its caller jumps to it, and isn't on the stack. */
	{ "__do_sys_pidfd_send_signal", KILL_WAY_KILL },
	{ SYSCALL("kill"), KILL_WAY_KILL },
	{ SYSCALL("tkill"), KILL_WAY_KILL },
	{ SYSCALL("tgkill"), KILL_WAY_KILL },
	{ SYSCALL("rt_sigqueueinfo"), KILL_WAY_KILL },
	{ SYSCALL("rt_tgsigqueueinfo"), KILL_WAY_KILL },
	{ SYSCALL("pidfd_send_signal"), KILL_WAY_KILL },
};

_Static_assert(ARRAY_SIZE(table) == KILL_WAYS_FUNCTIONS, "KILL_WAYS_FUNCTIONS is another number");

void kill_ways__init(struct kallsyms_range functions[KILL_WAYS_FUNCTIONS])
{
	for (size_t i = 0; i < KILL_WAYS_FUNCTIONS; i++)
		functions[i] = (struct kallsyms_range){ .name = table[i].function };
}

enum record_kill_way kill_ways__of(const struct kallsyms_range functions[KILL_WAYS_FUNCTIONS],
				   const __u64 *frames, size_t count)
{
	/* The innermost of them: a namespace's init sends from within do_exit(), too. */
	for (size_t frame = 0; frame < count; frame++) {
		for (size_t i = 0; i < KILL_WAYS_FUNCTIONS; i++) {
			/* A frame is where a call returns to: the end of a function that doesn't, at most. */
			if (frames[frame] > functions[i].start && frames[frame] <= functions[i].end)
				return table[i].way;
		}
	}
	return KILL_WAY_UNKNOWN;
}
