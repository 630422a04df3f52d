/* SPDX-License-Identifier: GPL-2.0-only */
/* The source of events: loads and attaches the BPF programs and hands over what they send. */
#ifndef OOMTRACE_TRACER_H
#define OOMTRACE_TRACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "trace/execs.h"
#include "trace/plan.h"
#include "trace/stack_maps.h"

struct tracer;

/* As target_cgroup_id, of a target that isn't there yet: no cgroup has it. */
#define TRACER_NO_CGROUP UINT64_MAX

/* Cgroups that several targets are, and that are above these, and that are new. */
#define TRACER_TARGETS_MAX 16384

struct tracer_options {
	uint64_t target_cgroup_id;		    /* kernfs id; 0: the whole machine, or several targets */
	bool many_targets;			    /* those of tracer__set_target() */
	uint64_t target_ancestors[EVENT_DEPTH_MAX]; /* ids of the cgroups above it; then 0 */
	uint32_t target_init_pid; /* its first process, whose end is told; 0: none is known */
	bool memory_on_v1;	  /* the memory controller is on a cgroup v1 hierarchy */
	bool usage;		  /* follow usage; without a target, of all cgroups; not on v1 */
	uint32_t cgroups;	  /* of the target, or of the machine, now; may be 0 without usage */
	uint32_t near_percent;	  /* with usage: of a limit, to be told at once; 0: nobody wants to know */
	bool force_kprobes;
	bool want_stacks;    /* sample stacks where memory is charged */
	bool want_snapshots; /* find the page cache of open files */
	uint32_t ring_bytes; /* a power of two, a multiple of the page size */
};

/* Gets each event as it lies in the ring, unchecked. A negative return value stops the poll. */
typedef int (*tracer_event_fn)(void *ctx, const void *data, size_t size);

/*
 * Loads and attaches the programs, each purpose by the first candidate that the kernel takes.
 * *plan says what was chosen, also after a failure. Returns 0 and a tracer for tracer__close(), or
 * a negative errno: -EPERM (privileges, lock-down), -ENOENT (no kernel BTF), or whatever the
 * last candidate of a required purpose failed with.
 */
int tracer__open(const struct tracer_options *opts, tracer_event_fn on_event, void *ctx, struct plan *plan,
		 struct tracer **out);

/*
 * Where the plan is in steps: loads and attaches what needs not be there from the first kill on. To be called before
 * privileges are dropped. Returns 0 or a negative errno; *plan says what could not be.
 */
int tracer__attach_rest(struct tracer *tracer, struct plan *plan);

/* Detaches everything. Takes NULL. */
void tracer__close(struct tracer *tracer);

/* A file descriptor that polls readable when there are events. Owned by the tracer. */
int tracer__fd(const struct tracer *tracer);

/* Hands over all events that are in the ring now. Returns their number or a negative errno. */
int tracer__consume(struct tracer *tracer);

/* Events of `kind` that found no room in the ring, or whose program was skipped, since the start. */
uint64_t tracer__lost(const struct tracer *tracer, enum event_kind kind);

/*
 * How often the kernel has left out the program for a purpose since the start, whether that would have had something to
 * tell or not. 0, too, where the kernel doesn't say: before 5.12, and for kprobes before 6.7.
 */
uint64_t tracer__skipped(const struct tracer *tracer, const char *purpose);

/* Cgroups of the target whose usage isn't followed, because there are too many. */
uint64_t tracer__unfollowed(const struct tracer *tracer);

/* Kills that the programs have seen, delivered or not, since they were attached. */
uint64_t tracer__kills_seen(const struct tracer *tracer);

/* How many of them were of a run that may have begun before all was attached, so that there are no records of them. */
uint64_t tracer__kills_early(const struct tracer *tracer);

/* Takes out the command lines of programs that were executed, before others are written over them. */
void tracer__take_execs(struct tracer *tracer);

/* The command line with which `program` was executed, and by whom. Returns 0, or -ENOENT when that isn't known. */
int tracer__program_cmdline(struct tracer *tracer, const struct program *program, struct cmdline_entry *out,
			    struct execs_who *who);

/*
 * The command line that was added for process `pid`. Returns 0, or -ENOENT when there is none, or it
 * belongs to an earlier process with the same pid (another start time).
 */
int tracer__cmdline(const struct tracer *tracer, uint32_t pid, uint64_t start_ns, struct cmdline_entry *out);

/*
 * The target is another cgroup from now on: it has been removed and made again. Not for a trace of the whole
 * machine.
 */
void tracer__follow(struct tracer *tracer, uint64_t cgroup_id, const uint64_t ancestors[EVENT_DEPTH_MAX]);

/*
 * Of several targets: sets and clears flags (TARGET_*, event_made.h) of a cgroup. Returns 0 or a negative errno; -E2BIG:
 * there are too many (TRACER_TARGETS_MAX).
 */
int tracer__set_target(struct tracer *tracer, uint64_t cgroup_id, uint32_t set, uint32_t clear);

/* From now on this is the target's first process; 0: none is known. */
void tracer__set_init(struct tracer *tracer, uint32_t init_pid);

/*
 * Finds addresses in the kernel by which the programs know more: whether a kill comes inside of a write that they haven't
 * seen, who sent a SIGKILL how, and on some kernels what the memory at a kill was and how long memory.high held tasks back. To be called once everything is attached, since it takes a while, and before privileges
 * are dropped. Attaches what depends on them; *plan says what could not be. Returns 0 or a negative errno of reading
 * /proc/kallsyms.
 */
int tracer__find_addresses(struct tracer *tracer, struct plan *plan);

/*
 * Since when the ends of memory are seen: CLOCK_BOOTTIME, 0: from the start, UINT64_MAX: not yet. A trace of the whole
 * machine may see them from tracer__attach_rest() on.
 */
uint64_t tracer__relief_since(const struct tracer *tracer);

/* The way that a SIGKILL took, from its sender's stack; unknown before tracer__find_addresses(). */
enum record_kill_way tracer__kill_way(const struct tracer *tracer, const __u64 *frames, size_t count);

/* Says that this process reads memory.current for the programs to look on; what others read is nothing to them. */
void tracer__set_reading(struct tracer *tracer, bool reading);

/* Adds a command line that user space has read. It is forgotten when the process executes a program. */
int tracer__add_cmdline(struct tracer *tracer, uint32_t pid, const struct cmdline_entry *entry);

/*
 * What it takes to read which files are open (bpf/files.bpf.c): the link that iterators are made of, and the map. The
 * descriptors stay the tracer's. False: the kernel can't tell, or nobody wants to know.
 */
bool tracer__open_files(const struct tracer *tracer, int *link_fd, int *map_fd);

/*
 * Makes the programs write their sums of stacks to the other of two sets. Returns whether there are any sums.
 * Before the set that they have left is taken, programs that still write to it must be done.
 */
bool tracer__swap_stacks(struct tracer *tracer);

/* Takes the set that isn't written to (stack_maps__take()). Returns whether it is empty now. */
bool tracer__take_stacks(struct tracer *tracer, stack_maps_fn fn, void *ctx);

/*
 * Calls `fn` for each limit with OOM runs that killed nothing and have not been reported in an
 * event yet. Returns 0 or a negative errno.
 */
int tracer__each_quiet(const struct tracer *tracer,
		       void (*fn)(void *ctx, uint64_t limit_cgroup_id, const struct quiet_runs *q),
		       void *ctx);

#endif
