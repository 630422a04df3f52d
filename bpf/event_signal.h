/* SPDX-License-Identifier: GPL-2.0-only */
/* The event for a signal that ends a process. A part of event.h, by whose rules it is. */
#ifndef OOMTRACE_EVENT_SIGNAL_H
#define OOMTRACE_EVENT_SIGNAL_H

#define EVENT_MEMORY_KILLERS 6 /* programs that end others for want of memory: user/record/memory_killers.h */
#define EVENT_SIGNAL_MAX 64    /* _NSIG */
#define EVENT_SIGNAL_FRAMES 16 /* of the sender's kernel stack: enough to tell the way the signal took */

/* event_signal.h.flags */
enum {
	SIGNAL_TO_INIT = 1 << 0,   /* to pid 1 of a pid namespace that isn't the machine's */
	SIGNAL_BY_KERNEL = 1 << 1, /* no process asked for it (SEND_SIG_PRIV) */
	SIGNAL_IGNORED = 1 << 2,   /* the receiver ignores it, or is ending already; never so for SIGKILL */
	SIGNAL_CMDLINE_CUT = 1 << 3,
};

/*
 * A signal was sent to a process by the thread that is current: SIGKILL, or one that asks a process to end. The
 * chains of the two cgroups came before, same group, unless they did so for an earlier signal.
 */
struct event_signal {
	struct event_header h;
	__u64 cgroup_id; /* the receiver's */
	__u64 start_ns;	 /* of its thread group */
	__u64 sender_cgroup_id;
	__u32 signal;
	__u32 pid; /* thread group id */
	__u32 tid;
	__u32 sender_pid;
	__u32 sender_tid;
	__u32 sender_uid;
	__u32 sender_ppid;
	__u32 cmdline_len; /* of the sender; 0: unknown */
	__u32 frame_count;
	__u32 pad;
	char comm[EVENT_COMM_LEN];
	char sender_comm[EVENT_COMM_LEN];
	char parent_comm[EVENT_COMM_LEN];  /* of the sender's parent */
	__u64 frames[EVENT_SIGNAL_FRAMES]; /* innermost first */
	char cmdline[EVENT_CMDLINE_LEN];   /* NUL-separated arguments */
};

EVENT_ASSERT(sizeof(struct event_signal) == 136 + 8 * EVENT_SIGNAL_FRAMES + EVENT_CMDLINE_LEN);
EVENT_ASSERT(__builtin_offsetof(struct event_signal, frames) == 136);

#endif
