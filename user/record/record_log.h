/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a kernel log says of an OOM beside that which oomtrace sees live. What the log doesn't say isn't
 * there: NULL, or a `has_` or `known` that is false. The lifetimes are those of record.h.
 */
#ifndef OOMTRACE_RECORD_LOG_H
#define OOMTRACE_RECORD_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/record_candidates.h"
#include "record/record_relief.h"

struct record_counter {
	bool known;
	uint64_t usage_bytes, max_bytes, failcnt;
};

/* What the call trace proves of a write of the limit. */
enum record_inside_write {
	INSIDE_WRITE_UNTOLD,
	INSIDE_WRITE_NO,
	INSIDE_WRITE_PERHAPS,
	INSIDE_WRITE_YES,
};

struct record_zone {
	uint32_t node;
	const char *name;
	bool has_boost, has_managed;
	uint64_t free_bytes, min_bytes, low_bytes, high_bytes, boost_bytes, managed_bytes;
	uint64_t chunk_bytes; /* of the smallest free chunk; each next one is twice as large */
	const uint64_t *chunks;
	size_t orders;
};

enum record_machine_item {
	MACHINE_TOTAL,
	MACHINE_RESERVED,
	MACHINE_FREE,
	MACHINE_ACTIVE_ANON,
	MACHINE_INACTIVE_ANON,
	MACHINE_ACTIVE_FILE,
	MACHINE_INACTIVE_FILE,
	MACHINE_UNEVICTABLE,
	MACHINE_SLAB_RECLAIMABLE,
	MACHINE_SLAB_UNRECLAIMABLE,
	MACHINE_SHMEM,
	MACHINE_PAGETABLES,
	MACHINE_SWAP_FREE,
	MACHINE_SWAP_TOTAL,
	MACHINE_ITEMS,
};

struct record_cgroup_usage {
	const char *path;
	struct record_container container;
	uint64_t usage_bytes;
};

/* The cgroups with the most memory, of those that have none below them. They were read after the event. */
struct record_largest {
	const struct record_cgroup_usage *list;
	size_t count;	    /* 0: they weren't read */
	uint64_t looked_at; /* of how many */
	uint64_t after_ns;  /* when they had been read, since the OOM killer had chosen */
	bool cut;	    /* there were more cgroups than could be read in time */
};

/* The memory of the whole machine, when that ran out or a part of it did. */
struct record_machine {
	struct record_largest largest;
	uint32_t known; /* bits */
	uint64_t bytes[MACHINE_ITEMS];
	const struct record_zone *zones;
	size_t zone_count;
	const char *why; /* why the allocation failed, a sentence; NULL: the figures don't show it */
};

struct record_log {
	const char *file; /* as it was given; "-": stdin */
	uint64_t first_line, last_line;
	const char *stamp; /* of the first line, the leftmost as it stands there */
	int64_t stamp_ns;  /* for the order alone: without year or zone they are taken for 1970 and UTC */
	const char *host, *kernel;
	const char *dump; /* how much of the report is there: "full", "headless", "cut", "grepped", "none" */
	const char *group_kill; /* the cgroup whose memory.oom.group is set */
	const char *panic;	/* the kernel's words */
	bool is_panic;		/* it panicked instead of killing */
	enum record_inside_write inside_write;
	const char *asked_for; /* "anonymous memory", ... by the call trace */
	const char *gfp;       /* names of the flags, as they stand there */
	bool has_gfp_mask, has_order, has_trigger_pid, has_trigger_uid, has_trigger_adj;
	uint32_t trigger_uid;
	int trigger_oom_score_adj;
	const char *cpuset, *mems_allowed, *nodemask;	 /* the trigger's */
	struct record_counter memory, memsw, kmem, swap; /* of the limit's cgroup */
	uint32_t page_size;				 /* 0: not told */
	uint64_t suppressed; /* reports that the kernel left out before this one */
	const struct record_candidates *candidates;
	const struct record_machine *machine;
	const char *const *ambiguous; /* what isn't certain, a sentence each */
	size_t ambiguous_count;
};

/*
 * A kill for memory that isn't the kernel's OOM killer, as its killer logs it. Or, seen live, what asked a process to
 * end for want of memory; SIGKILL is a record of its own.
 */
struct record_user_kill {
	const char *killer; /* "systemd-oomd", "earlyoom", "lowmemorykiller" */
	const char *file, *stamp, *host;
	uint64_t line; /* from 1; 0: it isn't from a log */
	int64_t stamp_ns;
	const char *comm, *cgroup, *signal, *reason;
	bool has_uid, has_rss, has_adj;
	uint32_t pid; /* 0: not told */
	uint32_t uid;
	int oom_score_adj;
	uint64_t rss_bytes, processes; /* 0: not told */
};

enum record_difference_kind { DIFFERENCE_NUMBER, DIFFERENCE_SIGNED, DIFFERENCE_LIMIT, DIFFERENCE_TEXT };

union record_difference_value {
	uint64_t number; /* also a limit */
	int64_t signed_number;
	const char *text;
};

/* Something that a record and the kernel's log tell differently of the same kill. */
struct record_difference {
	const char *field; /* as docs/schema.md has it */
	enum record_difference_kind kind;
	bool close; /* resident memory, by less than the kernel counts in parts */
	union record_difference_value recorded, logged;
};

/* --kernel-log: what the kernel's log has of a kill that is traced live. */
struct record_kernel_log {
	uint64_t oom_id; /* 0: no OOM that was traced is this one */
	uint32_t pid;
	const char *comm;
	const struct record_log *log; /* NULL: the log has no line of it */
	const struct record_difference *differences;
	size_t difference_count;
	uint64_t missed; /* lines that were overwritten before they were read; then nothing else is told */
};

/* The key of one of the machine's figures. */
const char *record_log__machine_key(enum record_machine_item item);

#endif
