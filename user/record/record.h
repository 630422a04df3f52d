/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The records: everything that oomtrace reports, with the names of docs/schema.md. The model makes
 * records, sinks print them. Strings and arrays belong to the maker of the record, and are valid during
 * the call that hands the record over. Names are as the kernel has them, unescaped. NULL is unknown.
 * Sizes are bytes, RECORD_NO_LIMIT is "max" (no limit), times are CLOCK_BOOTTIME ns.
 */
#ifndef OOMTRACE_RECORD_H
#define OOMTRACE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "containers/container.h"
#include "event.h"
#include "record/record_candidates.h"
#include "record/record_children.h"
#include "record/record_hook.h"
#include "record/record_log.h"
#include "record/record_relief.h"
#include "record/record_killer.h"
#include "record/record_snapshot.h"
#include "record/record_tmpfs.h"

#define RECORD_SCHEMA 1
#define RECORD_NO_LIMIT UINT64_MAX

/* The kernel's clock, and the wall clock at that moment. */
struct record_time {
	uint64_t boot_ns;
	int64_t wall_ns; /* since 1970-01-01 UTC */
	/* From a log that doesn't tell it: the number is for the order in that log alone. */
	bool no_boot, no_wall;
};

/* What is attached for one purpose. All are text for people and keys of JSON, known to the maker alone. */
struct record_probe {
	const char *purpose;
	const char *attached; /* how, and to what; NULL: nothing */
	const char *lost; /* what the trace lacks, when it was wanted and nothing is attached; else NULL */
	int error;	  /* the negative errno of the last candidate that failed; 0: none did */
	bool later; /* `attached` is what is to be tried first; whether it could be is known at the end */
};

struct record_session {
	bool from_log; /* a kernel log, which doesn't tell much of what follows */
	const char *host;
	const char *machine_id, *boot_id;
	const char *version;
	const char *kernel;
	const char *arch;
	const char *target_kind; /* "machine", "all", "container", "cgroup", "pid", "many" */
	const char *target_name; /* as the user gave it; of many, as words of a command line */
	const char *target_cgroup;
	struct record_container container;
	uint32_t page_size;
	const struct record_probe *probes; /* the probe plan */
	size_t probe_count;
	/* What `free` shows in the container is the machine's memory, not the cgroup's. */
	bool has_memory;
	uint64_t machine_total_bytes, machine_available_bytes;
	uint64_t usage_bytes, max_bytes; /* of the target; max: the lowest limit of it and its ancestors */
	const char *max_cgroup;		 /* whose limit that is */
	/* CLOCK_BOOTTIME when everything was attached; 0: not known. The record's time is before loading. */
	uint64_t attached_ns;
	uint64_t kills_while_attaching; /* that the kernel counted between; they may not be in here */
	const char *
		kills_counted_in; /* the cgroup above a target that was gone by then; NULL: the target's count */
	uint64_t part; /* of a recording that goes on in another file: 2, 3, ...; 0: its beginning */
	uint64_t
		order_ns; /* of an incident among those of a store, whatever the clock; 0: not from a store */
};

struct record_level {
	uint64_t id;
	const char *path; /* from the root of the hierarchy */
	bool has_memory;  /* the figures below are known */
	bool from_log;	  /* id, high, peak and oom_group aren't */
	bool is_limit;	  /* the cgroup whose limit was hit */
	bool oom_group;
	uint64_t usage_bytes, max_bytes, high_bytes, peak_bytes;
	bool has_swap;
	uint64_t swap_usage_bytes, swap_max_bytes;
};

#define RECORD_MEMORY_KIND_MAX (UINT64_MAX >> 2) /* the most bytes of a kind that can be told */

/* The part of a usage that isn't user pages. Small, because each point of each curve has one. */
struct record_memory_kinds {
	uint64_t kernel_bytes : 62;
	uint64_t has_kernel : 1;
	uint64_t kernel_is_least : 1; /* it is only what this kernel counts by itself, which isn't all */
	uint64_t sock_bytes : 62;
	uint64_t has_sock : 1;
	uint64_t exact : 1;
};

/* One point of a usage curve. */
struct record_point {
	uint64_t ts_ns;
	uint64_t usage_bytes;
	uint64_t max_bytes; /* the limit in force */
	struct record_memory_kinds kinds;
};

/* Sums over the runs of reclaim (or of throttling) of one cgroup. */
struct record_reclaim_sum {
	uint64_t runs, duration_ns, longest_ns, reclaimed_bytes;
};

/* The seconds before an OOM: what the flight recorder had. */
struct record_history {
	const struct record_point *points; /* oldest first, the last at the kill */
	size_t count;
	bool has_growth;
	int64_t growth_bytes_per_s; /* over the last second, or as far back as the points go */
	struct record_reclaim_sum reclaim, throttle;
	uint64_t failed;    /* charges refused */
	uint64_t cgroup_id; /* whose: the limit's or, when that isn't recorded, the first victim's */
	const char *cgroup; /* NULL: unknown */
};

/* What the memory of a cgroup was, as memory.stat has it; by enum memory_item (event.h). */
struct record_memory {
	bool exact;	/* else approximate: the kernel sums some of it up later */
	uint32_t known; /* bits */
	uint64_t bytes[MEMORY_ITEMS];
};

/* What a kernel log doesn't tell of a victim. */
enum record_victim_unknown {
	VICTIM_UNKNOWN_IDS = 1 << 0, /* ts, tid, ppid, ns_pid, init */
	VICTIM_UNKNOWN_UID = 1 << 1,
	VICTIM_UNKNOWN_ADJ = 1 << 2,
	VICTIM_UNKNOWN_SHMEM = 1 << 3,
	VICTIM_UNKNOWN_PGTABLES = 1 << 4,
	VICTIM_UNKNOWN_SWAP = 1 << 5,
};

enum record_role { ROLE_CHOSEN, ROLE_GROUP, ROLE_SHARES_MM, ROLE_EXITING };

struct record_victim {
	uint64_t ts_ns;
	uint32_t pid, tid, ppid, ns_pid, uid;
	int oom_score_adj;
	enum record_role role;
	bool repeated; /* the kernel killed, logged and counted this process before in this run */
	bool init;     /* the container's (or pid namespace's) init */
	bool has_points;
	int64_t points;
	bool has_mm;
	bool rss_exact;
	uint64_t total_vm_bytes, anon_rss_bytes, file_rss_bytes, shmem_rss_bytes;
	uint64_t pgtables_bytes, swap_bytes;
	const char *comm;
	const char *cmdline; /* NUL-separated */
	size_t cmdline_len;
	bool cmdline_cut;
	const char *cmdline_source; /* "kill", "earlier", "parent" or "ancestor", see names.h */
	const char *cgroup;
	struct record_container container;
	uint32_t unknown; /* bits */
	/* What the kernel's reaper logs: it was done; it couldn't; what it left. */
	bool reaped, unable_to_reap, has_left;
	uint64_t left_anon_bytes, left_file_bytes, left_shmem_bytes;
};

/* Why the limit was hit. docs/causes.md has the rule for each, and what can't be known. */
enum record_cause {
	CAUSE_UNKNOWN,	       /* the event that has it was lost */
	CAUSE_INSIDE_WRITE,    /* inside a write of memory.max, by the writer's own thread: certain */
	CAUSE_LIMIT_LOWERED,   /* at a limit that a known write had set below what usage then was */
	CAUSE_ANCESTOR_LIMIT,  /* at the limit of a cgroup above the container (or the victim's cgroup) */
	CAUSE_LIMIT_UNCHANGED, /* the workload grew into its limit, which no known write had set below usage */
	CAUSE_WHOLE_MACHINE,   /* the whole machine ran out of memory, or a cpuset or memory policy did */
	CAUSE_SYSRQ,
	CAUSE_NOT_KNOWN, /* what could tell it wasn't seen, or had no room */
	CAUSE_OBSERVER,	 /* a task outside of the limit's cgroup accessed memory of a process in it */
};

/* Why the cause isn't known, where that was seen. */
enum record_not_known {
	NOT_KNOWN_UNSAID,
	NOT_KNOWN_OTHER_WRITE, /* another write had set the limit than the last one that was seen to begin */
	NOT_KNOWN_LATER_WRITE, /* the limit was written while the OOM killer ran */
};

struct record_oom {
	uint64_t id;
	enum record_cause cause;
	enum record_not_known cause_not_known; /* of CAUSE_NOT_KNOWN */
	uint64_t cause_limit_id; /* the write that set the limit, by its limit record; 0: none is known */
	uint64_t cause_since_ns; /* from that write's beginning to the kill */
	uint64_t duration_ns;	 /* of the whole run of the OOM killer; 0: unknown */
	enum oom_outcome outcome;
	const char *constraint; /* NULL: a number we don't know */
	uint64_t totalpages_bytes;
	uint64_t waits, repeats;
	uint32_t trigger_pid, trigger_tid;
	const char *trigger_comm;
	const char *trigger_cgroup;
	struct record_container trigger_container;
	uint32_t gfp_mask;
	int order;
	const struct record_level *limit; /* NULL: the whole machine, or lost; see has_limit */
	bool whole_machine;
	bool sysrq;
	struct record_container limit_container;
	const struct record_level *chain; /* leaf to root, through the limit's cgroup */
	size_t chain_count;
	const struct record_victim *victims;
	size_t victim_count;
	uint64_t killed;  /* victims but those that were exiting already, repeats not counted */
	uint64_t missing; /* victims whose events were lost */
	bool incomplete;  /* some event of this run was lost */
	bool joined_late; /* it was going on when we attached: its beginning was not seen */
	const struct record_memory *memory;	    /* of the limit's cgroup; NULL: unknown */
	const struct record_history *history;	    /* NULL: not recorded */
	const struct record_candidates *candidates; /* NULL: unknown, or a log's: see `log` */
	const struct record_before *before;	/* a snapshot of the limit's cgroup; NULL: there is none */
	const struct record_children *children; /* NULL: the victim's cgroup was the limit's, or unknown */
	const struct record_tmpfs *tmpfs;	/* NULL: unknown, or there is little in it */
	const struct record_machine *machine;	/* NULL: unknown, a log's, or it was a cgroup's limit */
	/* Victims before, at the same limit, whose memory wasn't back yet, and how much they had. */
	uint64_t in_flight_victims, in_flight_bytes;
	uint64_t started_ns;	      /* when this run of the OOM killer began; 0: not seen */
	const struct record_log *log; /* NULL: it was seen live */
};

/* Usage of a traced cgroup at its page counter. */
struct record_usage {
	uint64_t cgroup_id;
	const char *cgroup; /* NULL: not known any more */
	struct record_container container;
	uint64_t usage_bytes, max_bytes, high_bytes;
	struct record_memory_kinds kinds;
	uint64_t failed;	/* charges refused since this cgroup's last usage record */
	uint64_t asked_bytes;	/* by the last one that was */
	const char *refused_by; /* the cgroup whose limit refused it; NULL: unknown, or none was */
	uint32_t pid;		/* who charged */
	const char *comm;
	const struct record_level *chain; /* leaf to root, when a charge was refused; is_limit: refused */
	size_t chain_count;
};

/* Reclaim for a cgroup's limit, or throttling by its memory.high, since the last such record. */
struct record_reclaim {
	enum reclaim_kind kind;
	uint64_t cgroup_id;
	const char *cgroup;
	struct record_container container;
	uint64_t since_ns; /* when the first of the runs began */
	struct record_reclaim_sum sum;
};

/* A cgroup that is stuck in reclaim at its limit without a kill. Told once a second while it lasts. */
struct record_stall {
	uint64_t cgroup_id;
	const char *cgroup;
	struct record_container container;
	uint64_t since_ns; /* when it began */
	bool over;
	uint64_t duration_ns;		 /* so far */
	uint64_t reclaim_ns;		 /* of tasks in reclaim or throttled in that time */
	uint64_t usage_bytes, max_bytes; /* the limit that it is stuck at: the lower of the two */
	enum limit_file file;		 /* whose limit that is: memory.max or memory.high */
	uint64_t failed;		 /* charges refused in that time */
};

struct record_frame {
	const char *function; /* NULL: unknown */
	const char *module;   /* file of the program or library, or "kernel"; NULL: unknown */
	uint64_t address;     /* in the module's file if there is one; kernel: 0 */
	uint64_t offset;      /* into the function */
};

/* Where memory was charged: a stack, weighted by the bytes that its charges stand for. */
struct record_stack {
	uint32_t pid; /* 0: several processes have the same stack */
	const char *comm;
	uint64_t oom_id;			  /* the trigger's stack in this OOM; 0: a sample */
	uint64_t samples, bytes;		  /* 0 for a trigger's */
	const struct record_frame *user, *kernel; /* innermost first */
	size_t user_count, kernel_count;
};

/* One write of a limit, by anybody. */
struct record_limit {
	uint64_t id;
	enum limit_file file;
	const char *cgroup;
	struct record_container container;
	uint32_t writer_pid, writer_tid;
	bool writer_self; /* it was oomtrace */
	const char *writer_comm;
	const char *writer_cgroup;
	uint64_t old_max_bytes, new_max_bytes; /* RECORD_NO_LIMIT: no limit */
	uint64_t usage_before_bytes, usage_after_bytes, reclaimed_bytes;
	uint64_t duration_ns;
	uint32_t kills, ooms; /* inside the write */
	int64_t result;	      /* bytes, or a negative errno */
	uint32_t vain; /* writes of this file since its last record that changed nothing, and have none */
};

/* What a change of the target's own memory.max led to, until the next one or the end. */
struct record_step {
	uint64_t limit_id;
	uint64_t old_max_bytes, new_max_bytes;
	uint64_t usage_before_bytes, usage_after_bytes, reclaimed_bytes;
	uint64_t duration_ns;	/* of the write */
	uint64_t killed_inside; /* processes killed inside the write */
	uint64_t killed_after;	/* and by others at that limit, mostly after it, in the target */
	bool has_first_kill;
	uint64_t first_kill_ns; /* from the beginning of the write to the first kill */
	bool has_needed;
	uint64_t needed; /* kills, in the order chosen, that would have been enough */
	bool has_floor;
	uint64_t floor_bytes; /* predicted: the least that reclaim can get usage down to */
	bool alive;	      /* the target has processes left */
};

/* All the steps, at the end. */
struct record_steps {
	const struct record_step *steps;
	size_t count;
	bool has_first_kill; /* some process was killed, at a limit of at most: */
	uint64_t first_kill_max_bytes;
	bool died; /* the target has ended, at a limit of at most: */
	uint64_t died_max_bytes;
	const char *outcome;	/* what became of the limit: "restored", "kept", ...; NULL: unchanged */
	uint64_t old_max_bytes; /* the limit before the first change */
};

/* OOM_NO_VICTIM runs that were only counted, told of at the end. */
struct record_repeats {
	uint64_t limit_cgroup_id;
	const char *limit_cgroup;
	uint64_t repeats;
};

/* The target is there again, as another cgroup; or one of many is there. */
struct record_start {
	uint64_t run; /* 1, 2, ...; of a single target the first is that of the session record */
	const char *cgroup;
	uint64_t cgroup_id;
	uint64_t pause_ns; /* since the end of the run before was seen; 0: not known */
	struct record_container container;
};

/* How often a limit of another kind than memory refused something to a target. */
struct record_refusal {
	const char *file; /* whose limit it is: "pids.max", "hugetlb.2MB.max" */
	bool has_max;
	uint64_t max; /* processes and threads, or bytes; RECORD_NO_LIMIT: a limit above the target refused */
	uint64_t count;
};

/* What a process had of what a resource limit counts when it ended, or sent itself the signal that ended it. */
struct record_rlimit {
	bool has; /* that is known, and there is a limit */
	uint64_t bytes, max_bytes;
};

struct record_exit {
	uint64_t run; /* of the target, which may come back: 1, 2, ...; 0: it isn't waited for */
	uint32_t pid;
	const char *comm;
	const char *cgroup;
	uint32_t status; /* as wait(2) has it */
	bool has_status;
	bool container; /* this is the end of the target, not of one of its processes */
	bool ns_init;	/* it was the init of a pid namespace; isn't written */
	struct record_container which;
	bool oom_victim;	    /* this process was killed by the OOM killer, as seen by us */
	const char *runtime_status; /* what the runtime's API says; NULL: not asked or no answer */
	int runtime_exit_code;
	bool runtime_oom_killed;
	const struct record_killer *killer; /* who sent it SIGKILL; NULL: nobody was seen to */
	struct record_stop stop; /* what asked it to end before, of a process that SIGKILL didn't end */
	bool has_refusals; /* of the target as a whole: these are all, since the trace began or it came back */
	const struct record_refusal *refusals;
	size_t refusal_count;
	struct record_rlimit address_space, data; /* RLIMIT_AS, RLIMIT_DATA */
};

enum record_try_result { TRY_BEGUN, TRY_HOLDS, TRY_TOO_SMALL };

/* --find-min: one limit that is tried, when that begins and when it is over. */
struct record_min_try {
	uint64_t max_bytes;
	enum record_try_result result;
};

/* --find-min: told before the first try with found_bytes 0 and tries 0, and at the end. */
struct record_min {
	const char *cgroup;
	uint64_t usage_bytes, floor_bytes; /* when it began; the floor is what reclaim can get to, at best */
	uint64_t hold_ns;		   /* for how long each limit was watched */
	uint64_t found_bytes;  /* the smallest limit that held; 0: usage grows or stalls already */
	uint64_t margin_bytes; /* that we recommend to add */
	unsigned int tries;
	uint64_t kills; /* in the cgroup meanwhile */
};

struct record_lost {
	const char *kind;
	uint64_t count;
	uint64_t within_ns; /* they were lost within so long before this record; 0: not known */
};

/* Of memory.events. max and oom count attempts; docs/notes/kernel-counts.md says of what. */
struct record_kernel_events {
	uint64_t max, oom, oom_kill, oom_group_kill;
	bool has_group_kill; /* from 5.17 on */
	bool whole; /* up to the end; else a cgroup was removed before it could be read for the last time */
};

struct record_end {
	const char *reason;
	uint64_t ooms, kills, lost;
	uint64_t nameless; /* samples of stacks, and triggers' stacks, whose names a failure has cost */
	/* How often the kernel left out the programs that tell of ends and of signals, whomever they concerned. */
	uint64_t skipped_exits, skipped_signals;
	uint64_t
		early_kills; /* of an OOM that may have begun before the trace: there are no records of them */
	uint64_t given_up;   /* flight recorders, for others, within seconds of their cgroup's last move */
	const struct record_probe *missing; /* of those that were to come later: what could not be attached */
	size_t missing_count;
	bool has_kernel_events; /* in the target since the trace began */
	struct record_kernel_events kernel_events;
};

/* What there is to say. A new kind comes last but for RECORD_KINDS, and gets a type name in sink.c. */
enum record_kind {
	RECORD_SESSION,
	RECORD_OOM,
	RECORD_LIMIT,
	RECORD_STEP,
	RECORD_STEPS,
	RECORD_REPEATS,
	RECORD_USAGE,
	RECORD_RECLAIM,
	RECORD_STALL,
	RECORD_STACK,
	RECORD_EXIT,
	RECORD_LOST,
	RECORD_END,
	RECORD_MIN_TRY,
	RECORD_MIN,
	RECORD_USER_KILL,
	RECORD_RELIEF,
	RECORD_KERNEL_LOG,
	RECORD_SIGKILL,
	RECORD_START,
	RECORD_NEAR_LIMIT,
	RECORD_HOOK,
	RECORD_SNAPSHOT,
	RECORD_KINDS, /* how many there are */
};

/* One record of any kind. */
struct record {
	enum record_kind kind;
	/* When it was true. oom: of the choice of the victim; limit: when the write returned. */
	struct record_time time;
	union {
		struct record_session session;
		struct record_oom oom;
		struct record_limit limit;
		struct record_step step;
		struct record_steps steps;
		struct record_repeats repeats;
		struct record_usage usage;
		struct record_reclaim reclaim;
		struct record_stall stall;
		struct record_stack stack;
		struct record_exit exit;
		struct record_lost lost;
		struct record_end end;
		struct record_min_try min_try;
		struct record_min min;
		struct record_user_kill user_kill;
		struct record_relief relief;
		struct record_kernel_log kernel_log;
		struct record_sigkill sigkill;
		struct record_start start;
		struct record_near_limit near_limit;
		struct record_hook hook;
		struct record_snapshot snapshot;
	};
};

/* The first victim that was killed and not only marked, since it was exiting already; NULL: none. */
const struct record_victim *record__first_killed(const struct record_oom *oom);

/* Whether it may have killed somebody whom the record doesn't name, since events were lost or a log was cut. */
bool record__kills_untold(const struct record_oom *oom);

/* The OOM killer ended it: as one of its victims, or with SIGKILL from a run that there is no record of. */
bool record__ended_by_oom(const struct record_exit *exit);

/* What became of a process, from a status as wait(2) has it: the exit code of a shell or of Docker. */
int record__exit_code(uint32_t status);

#endif
