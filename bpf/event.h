/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The events that the BPF programs put into the ring buffer. Both sides include this file and event_*.h, and no others.
 *
 * Rules: types have a fixed width, and padding is explicit. Every event starts with struct event_header. Kinds are
 * numbered by hand and only ever appended. A struct only ever grows at its end, and the reader takes events that
 * are longer than it knows. Counts in pages are in the kernel's PAGE_SIZE. A flag says whether a value could be
 * read, so an unknown value is never a zero.
 */
#ifndef OOMTRACE_EVENT_H
#define OOMTRACE_EVENT_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define EVENT_COMM_LEN 16  /* TASK_COMM_LEN, include/linux/sched.h */
#define EVENT_NAME_LEN 256 /* NAME_MAX + 1: the longest name of one cgroup */
#define EVENT_CMDLINE_LEN 512
#define EVENT_DEPTH_MAX 64     /* levels of cgroups that are looked at */
#define EVENT_CGROUP_LEVELS 32 /* levels captured, leaf first; deeper ones are flagged as cut */
#define EVENT_STACK_DEPTH 32   /* frames of a stack in an event, innermost first; outer ones are cut */
#define STACK_DEPTH 64	       /* the same of one in the maps `stacks_*` */

enum event_kind {
	EVENT_OOM = 1,	       /* struct event_oom: one run of the OOM killer */
	EVENT_CGROUP = 2,      /* struct event_cgroup: one level of a chain of cgroups */
	EVENT_VICTIM = 3,      /* struct event_victim */
	EVENT_OOM_END = 4,     /* struct event_oom_end: the run is over */
	EVENT_EXIT = 5,	       /* struct event_exit: a process of interest is gone */
	EVENT_LIMIT = 6,       /* struct event_limit: a limit has been written */
	EVENT_USAGE = 7,       /* struct event_usage: usage has moved by a step, or a charge was refused */
	EVENT_RECLAIM = 8,     /* struct event_reclaim: reclaim or throttling for a cgroup */
	EVENT_MEMORY = 9,      /* struct event_memory: what the memory at the limit was, in an OOM's group */
	EVENT_SAMPLED = 10,    /* struct event_sampled: a process whose stacks are sampled from now on */
	EVENT_STACK = 11,      /* struct event_stack: the stack of an OOM's trigger, or a sample */
	EVENT_SIGNAL = 12,     /* struct event_signal: SIGKILL, or a signal that asks to end, was sent */
	EVENT_CANDIDATES = 13, /* struct event_candidates: whom the kernel compared, in an OOM's group */
	EVENT_RELIEF = 14,     /* struct event_relief: the memory of a victim has come back */
	EVENT_MACHINE = 15,    /* struct event_machine: the machine's memory, in an OOM's group */
	EVENT_MADE = 16, /* struct event_made: a cgroup has been made or removed; with several targets */
	EVENT_KIND_MAX,
};

#define EVENT_KIND_SLOTS 32 /* length of arrays by kind: at least EVENT_KIND_MAX */

struct event_header {
	__u32 size;  /* of the whole event, this header included */
	__u16 kind;  /* enum event_kind */
	__u16 flags; /* per kind */
	__u64 ts_ns; /* CLOCK_BOOTTIME */
	__u64 group; /* the events that belong together: an OOM's id, or GROUP_LIMIT | a write's start */
};

/*
 * Runs of the OOM killer come one by one, because oom_lock serialises them. Writes overlap with them and with each
 * other. A write is named by the time at which it began, because a counter would need an atomic that returns its
 * value, which BPF has only from 5.12 on.
 */
#define GROUP_LIMIT (1ULL << 63)
#define GROUP_CHARGE (1ULL << 62) /* a refused charge and its chain of cgroups; the rest is its time */
#define GROUP_SIGNAL (1ULL << 61) /* a signal and its chains of cgroups; the rest is its time */
#define GROUP_KINDS (GROUP_LIMIT | GROUP_CHARGE | GROUP_SIGNAL) /* none of them: a run of the OOM killer */

/* The files of the memory controller whose writes are seen. */
enum limit_file {
	LIMIT_MAX = 1,	    /* memory.max */
	LIMIT_HIGH = 2,	    /* memory.high */
	LIMIT_SWAP_MAX = 3, /* memory.swap.max */
};

/* As long as the largest number of 64 bits, a line's end and a NUL: 24 with what aligns it. */
#define LIMIT_TEXT_LEN 24

/* A write to a cgroup's memory.max. */
struct limit_write {
	__u64 started_ns; /* LIMIT_WRITE_MISSED: a later one than all whose beginning was seen */
	__u64 old_pages;
	__u64 usage_pages;	   /* when it began */
	char text[LIMIT_TEXT_LEN]; /* that is written, as far as there is room */
};

/* Value of the map `last_writes`, by cgroup id: the latest write, and the one before it. */
struct latest_writes {
	struct limit_write last, before;
};

#define LIMIT_WRITE_MISSED 1

/* event_oom.outcome */
enum oom_outcome {
	OOM_KILLED = 1,	   /* a victim was chosen (its EVENT_VICTIMs follow) */
	OOM_NO_VICTIM = 2, /* "Out of memory and no killable processes..." */
	OOM_EXITING = 3,   /* nothing was killed: the task that asked is exiting, and got the reserves */
};

/* event_oom.h.flags */
enum {
	OOM_IN_UNSEEN_WRITE = 1 << 0,  /* inside a write of memory.max that we know by the stack alone */
	OOM_WRITES_NOT_KNOWN = 1 << 1, /* last_write is empty for want of room: there may have been one */
	OOM_IN_REMOTE_ACCESS = 1 << 2, /* by the stack: inside an access to another task's memory */
	OOM_WRITE_MISSED = 1 << 3, /* last_write is empty: the latest one was seen to end, but not to begin */
};

/* One run of out_of_memory(), mm/oom_kill.c. All its events are sent with oom_lock held. */
struct event_oom {
	struct event_header h;
	__u64 started_ns;      /* CLOCK_BOOTTIME at the entry of out_of_memory(); 0: not seen */
	__u64 limit_cgroup_id; /* cgroup of oc->memcg; 0: whole machine */
	__u64 trigger_cgroup_id;
	__u64 totalpages;    /* what the points are measured against: limit + swap, not a usage */
	__s64 chosen_points; /* oc->chosen_points; meaningful with OOM_KILLED */
	__u64 waits;	     /* runs for this limit since its last event that found a dying victim */
	__u64 repeats;	     /* OOM_NO_VICTIM runs for this limit that were not sent, since the last */
	__u32 outcome;	     /* enum oom_outcome */
	__s32 constraint;    /* enum oom_constraint, include/linux/oom.h */
	__u32 gfp_mask;
	__s32 order;	   /* -1: asked for by sysrq */
	__u32 trigger_pid; /* thread group id */
	__u32 trigger_tid;
	__u32 chosen_pid; /* of oc->chosen, which may be a leader that has exited already */
	__u32 chosen_tid;
	char trigger_comm[EVENT_COMM_LEN];
	__u64 in_write_ns; /* start of the write that this run is inside of, in its thread; 0: none */
	struct limit_write last_write;	 /* the latest one to the limit's memory.max; start 0: none seen */
	struct limit_write write_before; /* the one before it, which may be LIMIT_WRITE_MISSED */
};

/* event_cgroup.h.flags */
enum {
	CGROUP_HAS_MEMORY = 1 << 0, /* the memory controller is on at this level: figures are valid */
	CGROUP_OOM_GROUP = 1 << 1,  /* memory.oom.group is set */
	CGROUP_HAS_SWAP = 1 << 3,   /* the swap figures are valid: v1 counts memory and swap together */
	CGROUP_CUT = 1 << 2,	    /* deeper than EVENT_CGROUP_LEVELS: the levels above are missing */
};

/* One level of a chain, sent from the leaf to the root, before the event that refers to it. */
struct event_cgroup {
	struct event_header h;
	__u64 leaf_id;	   /* the cgroup whose chain this is */
	__u64 id;	   /* kernfs id = inode number of the cgroup's folder */
	__u64 parent_id;   /* 0: this is the root */
	__u64 usage_pages; /* page counter, exact */
	__u64 max_pages;   /* PAGE_COUNTER_MAX (LONG_MAX / PAGE_SIZE) or more: no limit */
	__u64 high_pages;
	__u64 peak_pages; /* the counter's watermark */
	__u64 swap_usage_pages;
	__u64 swap_max_pages;
	char name[EVENT_NAME_LEN];
};

/* event_victim.h.flags */
enum {
	VICTIM_GROUP = 1 << 0,	   /* killed as a member of a memory.oom.group */
	VICTIM_SHARES_MM = 1 << 1, /* killed because it shares the victim's memory */
	VICTIM_EXITING = 1 << 2,   /* marked only: it was exiting already, nothing was killed */
	VICTIM_NS_INIT = 1 << 3,   /* pid 1 of a pid namespace that isn't the machine's */
	VICTIM_HAS_MM = 1 << 4,	   /* the memory figures are valid */
	VICTIM_CMDLINE_CUT = 1 << 5,
	VICTIM_RSS_EXACT = 1 << 6, /* the rss figures are exact sums over all CPUs */
};

/*
 * A program as it was executed once. What a process forks runs the same one until it executes another, however many of
 * those in between have ended.
 */
struct program {
	__u64 exe;	 /* address of the struct file that was executed: another for each exec; never read */
	__u64 arg_start; /* of mm_struct: random for each exec, unless that is switched off */
};

struct event_victim {
	struct event_header h;
	__u64 cgroup_id;
	__u64 start_ns;	       /* CLOCK_BOOTTIME when the thread group started */
	__u64 parent_start_ns; /* 0: the parent runs another program, its command line is not ours */
	__u64 total_vm_pages;
	__s64 file_rss_pages;
	__s64 anon_rss_pages;
	__s64 shmem_rss_pages;
	__s64 swap_entries;
	__u64 pgtables_bytes;
	__u32 pid; /* thread group id */
	__u32 tid; /* the thread the kernel chose: what its log calls the pid */
	__u32 ppid;
	__u32 ns_pid; /* pid as seen inside its own pid namespace */
	__u32 uid;
	__s32 oom_score_adj;
	__u32 cmdline_len; /* bytes of cmdline that are valid; 0: unknown */
	__u32 pad;
	char comm[EVENT_COMM_LEN];
	char cmdline[EVENT_CMDLINE_LEN]; /* NUL-separated arguments */
	struct program program;
	__u64 ancestor_start_ns; /* the furthest ancestor found that runs the victim's program; 0: none */
	__u32 ancestor_pid;
	__u32 pad2;
};

struct event_oom_end {
	struct event_header h;
	__u32 victims; /* EVENT_VICTIMs that were due, delivered or not */
	__u32 killed;  /* of these, "Killed process" lines that the kernel logged */
};

/* event_exit.h.flags */
enum {
	EXIT_NS_INIT = 1 << 0,	  /* pid 1 of a pid namespace that isn't the machine's */
	EXIT_OOM_VICTIM = 1 << 1, /* the OOM killer had begun to kill it */
	EXIT_HAS_SIZE = 1 << 2,	  /* vm_pages and data_pages are known */
};

struct event_exit {
	struct event_header h;
	__u64 cgroup_id;
	__u64 start_ns;
	__u32 pid;
	__u32 status; /* as wait(2) has it: exit code << 8 | signal */
	char comm[EVENT_COMM_LEN];
	__u64 vm_pages, data_pages; /* of its address space, and what of that counts for RLIMIT_DATA */
	__u64 vm_max_bytes, data_max_bytes; /* RLIMIT_AS and RLIMIT_DATA; all ones: no limit */
};

/* One write to a limit's file, sent when it returns. */
struct event_limit {
	struct event_header h;
	__u64 started_ns;
	__u64 cgroup_id;
	__u64 writer_cgroup_id;
	__u64 old_pages;
	__u64 new_pages;	  /* as the kernel has it now */
	__u64 usage_before_pages; /* of the counter that the file limits */
	__u64 usage_after_pages;
	__u64 reclaimed_pages; /* by reclaim inside the write; what kills freed isn't in it */
	__s64 result;	       /* what the write returned: bytes, or a negative errno */
	__u32 file;	       /* enum limit_file */
	__u32 kills;	       /* "Killed process" lines that the kernel logged inside the write */
	__u32 ooms;	       /* runs of the OOM killer inside the write, whatever came of them */
	__u32 writer_pid;
	__u32 writer_tid;
	__u32 vain; /* writes of this file that changed nothing since its last event, and have none of their own */
	char writer_comm[EVENT_COMM_LEN];
	char text[LIMIT_TEXT_LEN]; /* what was written, as far as there is room; empty: not known */
};

enum {			       /* event_usage.h.flags */
       USAGE_REFUSED = 1 << 0, /* a charge was refused; its chain of EVENT_CGROUPs came before, same group */
       USAGE_HAS_KERNEL = 1 << 1,
       USAGE_HAS_SOCK = 1 << 2,
       USAGE_KERNEL_LEAST = 1 << 3, /* kernel_bytes: what the kernel counts of it, which isn't all */
       USAGE_KINDS_EXACT = 1 << 4,  /* else the kernel sums them up later: after two seconds at most */
       USAGE_NEAR = 1 << 5,	    /* usage has passed the mark of --on-near-limit: wakes the reader */
};

/* Usage of one memory cgroup at its page counter: exact, charges in flight (batches) included. */
struct event_usage {
	struct event_header h;
	__u64 cgroup_id;
	__u64 usage_pages;
	__u64 max_pages;
	__u64 high_pages;
	__u64 refused_by;  /* id of the cgroup whose counter refused; 0: none did, or it isn't known */
	__u64 refusals;	   /* charges refused to this cgroup since its last event, this one included */
	__u32 asked_pages; /* by the charge that was refused */
	__u32 pid;	   /* thread group that charged (or uncharged) */
	char comm[EVENT_COMM_LEN];
	__u64 kernel_bytes; /* of this usage; the charge that is being made isn't in these two yet */
	__u64 sock_bytes;
};

enum reclaim_kind {
	RECLAIM_LIMIT = 1,    /* try_to_free_mem_cgroup_pages(): reclaim for a limit */
	RECLAIM_THROTTLE = 2, /* mem_cgroup_handle_over_high(): held back by memory.high */
};

/* What tasks did for a cgroup since the last such event: summed up, so that there are few. */
struct event_reclaim {
	struct event_header h;
	__u64 cgroup_id;
	__u64 since_ns;	   /* CLOCK_BOOTTIME when the first of these runs began */
	__u64 duration_ns; /* sum over the runs: of several tasks it may be longer than the time since */
	__u64 longest_ns;
	__u64 pages; /* reclaimed */
	__u32 kind;  /* enum reclaim_kind */
	__u32 runs;
};

/* Sent for a process at its first samples: what its addresses mean must be found while it lives. */
struct event_sampled {
	struct event_header h;
	__u64 start_ns;
	__u32 pid;     /* thread group id */
	__u32 exec_id; /* counts the programs it has run: another has other addresses */
};

/* The stack of the trigger, in an OOM's group; else a sample that found no room in the maps of samples. */
struct event_stack {
	struct event_header h;
	__u64 start_ns; /* of the thread group */
	__u64 bytes;	/* charged here; 0 in an OOM's group */
	__u32 pid;
	__u32 exec_id;
	__u32 user_count; /* frames; 0: none, or they could not be read */
	__u32 kernel_count;
	char comm[EVENT_COMM_LEN];
	__u64 user[EVENT_STACK_DEPTH];
	__u64 kernel[EVENT_STACK_DEPTH];
};

/* One program run by one process. */
struct stack_process {
	__u64 start_ns; /* of the thread group */
	__u32 pid;
	__u32 exec_id;
};

/* Key and value of the maps `sums_*`: what was charged where. */
struct stack_key {
	struct stack_process process;
	__s32 user_id; /* in the map `stacks_*` of the same number; negative: none */
	__s32 kernel_id;
};

struct stack_sum {
	__u64 bytes;
	__u64 samples;
	char comm[EVENT_COMM_LEN];
};

/* Value of the map `cmdlines`: what user space has read from /proc, where the file that was executed can't be told. */
struct cmdline_entry {
	__u64 start_ns; /* CLOCK_BOOTTIME of the start of the thread group that it was found at; 0: not known */
	__u32 len;
	__u32 cut;
	char bytes[EVENT_CMDLINE_LEN];
};

/* Value of the map `execs`: a program that was executed while oomtrace looked on. */
struct exec_entry {
	struct program program; /* exe 0: nothing is here, or it is being written */
	__u64 number;		/* later ones have larger ones */
	__u64 cgroup_id;	/* in the hierarchy of v2, where that has one */
	__u32 pid;		/* thread group id of who executed it */
	__u32 len;
	__u32 cut;
	char bytes[EVENT_CMDLINE_LEN];
	__u32 pad;
};

#define EXECS_CPUS_MAX 4096 /* of CPUs with greater ids none are noted */
#define CMDLINE_PIDS 32768  /* bits of `cmdline_pids` */

/* Value of the map `quiet_runs`: runs of the OOM killer that killed nothing, by limit's cgroup id. */
struct quiet_runs {
	__u64 last_sent_ns;
	__u64 waits;   /* since the last event: a victim was dying already */
	__u64 repeats; /* since the last event: nothing could be killed, again */
	__u32 in_target;
	__u32 pad;
};

/* Cookies of a program that stands for several. */
enum hook {
	HOOK_OOM_ENTER = 1,
	HOOK_OOM_EXIT,
	HOOK_VICTIM_CHOSEN,
	HOOK_KILL_BEGIN,
	HOOK_MARK,
	HOOK_MAX_BEGIN,
	HOOK_MAX_END,
	HOOK_CANDIDATE_BEGIN,
	HOOK_CANDIDATE_END,
};
#define EVENT_ASSERT(cond) _Static_assert(cond, #cond)
EVENT_ASSERT(sizeof(struct event_header) == 24);
EVENT_ASSERT(sizeof(struct limit_write) == 48);
EVENT_ASSERT(sizeof(struct event_oom) == 232);
EVENT_ASSERT(__builtin_offsetof(struct event_oom, outcome) == 80);
EVENT_ASSERT(sizeof(struct event_cgroup) == 352);
EVENT_ASSERT(__builtin_offsetof(struct event_cgroup, name) == 96);
EVENT_ASSERT(sizeof(struct event_victim) == 688);
EVENT_ASSERT(__builtin_offsetof(struct event_victim, pid) == 96);
EVENT_ASSERT(sizeof(struct event_oom_end) == 32);
EVENT_ASSERT(sizeof(struct event_exit) == 96);
EVENT_ASSERT(sizeof(struct event_limit) == 160);
EVENT_ASSERT(sizeof(struct event_usage) == 112);
EVENT_ASSERT(sizeof(struct event_reclaim) == 72);
EVENT_ASSERT(sizeof(struct event_sampled) == 40);
EVENT_ASSERT(sizeof(struct stack_key) == 24);
EVENT_ASSERT(EVENT_KIND_MAX <= EVENT_KIND_SLOTS);
EVENT_ASSERT(sizeof(struct event_stack) == 72 + 16 * EVENT_STACK_DEPTH);

#include "event_candidates.h"
#include "event_machine.h"
#include "event_memory.h"
#include "event_files.h"
#include "event_made.h"
#include "event_relief.h"
#include "event_signal.h"

#endif
