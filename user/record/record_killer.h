/* SPDX-License-Identifier: GPL-2.0-only */
/* Who ended a process by SIGKILL, and how. The lifetimes are those of record.h. */
#ifndef OOMTRACE_RECORD_SIGNAL_H
#define OOMTRACE_RECORD_SIGNAL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "containers/container.h"
#include "event.h"

/* The way that a SIGKILL took through the kernel, by the sender's stack. */
enum record_kill_way {
	KILL_WAY_UNKNOWN,
	KILL_WAY_KILL,		/* kill(2) and its kin: tkill, tgkill, pidfd_send_signal, rt_sigqueueinfo */
	KILL_WAY_CGROUP_KILL,	/* a write to cgroup.kill */
	KILL_WAY_PID_NAMESPACE, /* the sender was the init of the receiver's pid namespace, and ended */
	KILL_WAY_PARENT_DEATH,	/* PR_SET_PDEATHSIG: the sender was the receiver's parent, and ended */
	KILL_WAY_RLIMIT,	/* RLIMIT_CPU or RLIMIT_RTTIME; the sender is the receiver itself */
	KILL_WAY_TIMER,		/* a POSIX timer; the sender is whoever was interrupted by it */
	KILL_WAY_OOM_KILLER,	/* of a run that oomtrace has no record of */
};

struct record_sender {
	uint32_t pid, tid, uid, ppid;
	const char *comm, *parent_comm;
	const char *cmdline; /* NUL-separated; NULL: unknown */
	size_t cmdline_len;
	bool cmdline_cut;
	const char *cgroup;
	struct record_container container;
};

/* A signal before the SIGKILL, or before the end, that asked the same process to end. */
struct record_stop {
	int signal;	    /* 0: there was none */
	uint64_t before_ns; /* how long before */
	bool ignored;	    /* the receiver ignored it, as an init does that has no handler for it */
	uint32_t pid;	    /* of its sender */
	const char *comm;
};

struct record_killer {
	enum record_kill_way way;
	bool by_kernel; /* no process asked for it: the sender is whoever the kernel was running */
	struct record_sender sender;
	struct record_stop stop;
};

/* SIGKILL was sent to a process. What the OOM killer sends is told by its victims. */
struct record_sigkill {
	uint32_t pid, tid;
	const char *comm;
	bool init; /* the container's (or pid namespace's) init */
	const char *cgroup;
	struct record_container container;
	struct record_killer killer;
};

/* A killer that outlives the record that it is of. */
struct record_killer_copy {
	struct record_killer killer;
	char comm[EVENT_COMM_LEN], parent_comm[EVENT_COMM_LEN], stop_comm[EVENT_COMM_LEN];
	char cmdline[EVENT_CMDLINE_LEN];
	char cgroup[PATH_MAX];
	char container_name[EVENT_NAME_LEN];
};

/* Copies a killer; its strings are cut to what the kernel side sends at most. */
void record_killer__copy(struct record_killer_copy *to, const struct record_killer *from);

#endif
