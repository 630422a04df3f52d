/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One decision of the kernel's OOM killer, as far as a log shows it. A value that the log doesn't have is
 * absent: its `has_` is false, or its text is "". Texts are the kernel's and not escaped.
 */
#ifndef OOMTRACE_KMSG_INCIDENT_H
#define OOMTRACE_KMSG_INCIDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KMSG_COMM_SIZE 64
#define KMSG_PATH_SIZE 4096
#define KMSG_STAMP_SIZE 64
#define KMSG_HOST_SIZE 256
#define KMSG_RELEASE_SIZE 128
#define KMSG_GFP_SIZE 256
#define KMSG_VICTIMS_MAX 4096
#define KMSG_TASKS_MAX 65536
#define KMSG_ZONES_MAX 64
#define KMSG_ORDERS_MAX 16
#define KMSG_NO_LIMIT UINT64_MAX

enum kmsg_outcome { KMSG_UNKNOWN, KMSG_KILLED, KMSG_NO_KILLABLE, KMSG_EXITING, KMSG_PANIC };
enum kmsg_constraint { KMSG_UNTOLD, KMSG_MEMCG, KMSG_MACHINE, KMSG_CPUSET, KMSG_MEMPOLICY };

/* How much of the kernel's report is there. */
enum kmsg_dump { KMSG_DUMP_NONE, KMSG_DUMP_GREPPED, KMSG_DUMP_CUT, KMSG_DUMP_HEADLESS, KMSG_DUMP_FULL };

/* What stands in the call trace about a write of the limit. */
enum kmsg_write { KMSG_WRITE_UNTOLD, KMSG_WRITE_NO, KMSG_WRITE_PERHAPS, KMSG_WRITE_YES };

/* What memory was asked for, by the call trace. */
enum kmsg_asked {
	KMSG_ASKED_UNTOLD,
	KMSG_ASKED_ANON,
	KMSG_ASKED_COPY,  /* on write */
	KMSG_ASKED_TMPFS, /* and shared memory */
	KMSG_ASKED_FILE,  /* page cache */
	KMSG_ASKED_SWAPIN,
	KMSG_ASKED_KERNEL,
	KMSG_ASKED_SOCKET,
	KMSG_ASKED_SYSRQ,
};

struct kmsg_counter {
	bool known;
	uint64_t usage_bytes, limit_bytes; /* KMSG_NO_LIMIT */
	uint64_t failcnt;
};

enum kmsg_role { KMSG_CHOSEN, KMSG_GROUP, KMSG_SHARES_MM };

struct kmsg_victim {
	uint32_t pid;
	enum kmsg_role role;
	char comm[KMSG_COMM_SIZE];
	bool has_figures;
	uint64_t total_vm_bytes, anon_rss_bytes, file_rss_bytes, shmem_rss_bytes;
	bool has_shmem;
	bool has_uid, has_adj, has_pgtables, has_swap, has_score;
	uint32_t uid;
	int oom_score_adj;
	uint64_t pgtables_bytes, swap_bytes, score;
	bool reaped, unable_to_reap;
	bool has_left; /* what the reaper left */
	uint64_t left_anon_bytes, left_file_bytes, left_shmem_bytes;
	bool has_reaped_at;
	uint64_t reaped_uptime_ns;
};

/* A row of the task table: sizes in pages, as they stand there. */
struct kmsg_task {
	uint32_t pid, uid;
	int oom_score_adj;
	bool has_uid, has_adj, has_swap, has_pgtables;
	bool pgtables_in_bytes;
	uint64_t total_vm, rss, swap, pgtables;
	char comm[KMSG_COMM_SIZE];
};

struct kmsg_zone {
	unsigned int node;
	char name[16];
	bool has_boost, has_managed;
	uint64_t free_bytes, min_bytes, low_bytes, high_bytes, boost_bytes, managed_bytes;
	unsigned int orders; /* of the list of free chunks; 0: not told */
	uint64_t chunks[KMSG_ORDERS_MAX];
	uint64_t chunk_bytes; /* of the smallest, which is a page */
};

/* What the memory of the machine was. Sizes in pages where the kernel counts pages. */
struct kmsg_machine {
	bool known;
	uint32_t has; /* bits by enum kmsg_pages */
	uint64_t pages[16];
	bool has_swap;
	uint64_t swap_free_bytes, swap_total_bytes;
	size_t zone_count;
	struct kmsg_zone zones[KMSG_ZONES_MAX];
};

enum kmsg_pages {
	KMSG_FREE,
	KMSG_ACTIVE_ANON,
	KMSG_INACTIVE_ANON,
	KMSG_ACTIVE_FILE,
	KMSG_INACTIVE_FILE,
	KMSG_UNEVICTABLE,
	KMSG_SLAB_RECLAIMABLE,
	KMSG_SLAB_UNRECLAIMABLE,
	KMSG_SHMEM,
	KMSG_PAGETABLES,
	KMSG_RAM,
	KMSG_RESERVED,
	KMSG_PAGES,
};

/* The memory of the limit's cgroup, in bytes; bits as enum kmsg_stat. */
enum kmsg_stat {
	KMSG_STAT_ANON,
	KMSG_STAT_FILE,
	KMSG_STAT_SHMEM,
	KMSG_STAT_SLAB_RECLAIMABLE,
	KMSG_STAT_SLAB_UNRECLAIMABLE,
	KMSG_STAT_KERNEL_STACK,
	KMSG_STAT_PAGETABLES,
	KMSG_STAT_SOCK,
	KMSG_STAT_SWAP,
	KMSG_STAT_KERNEL,
	KMSG_STATS,
};

struct kmsg_stats {
	uint32_t has;
	uint64_t bytes[KMSG_STATS];
};

/* What the frames of the call trace say. */
struct kmsg_trace {
	unsigned int frames, unmarked;
	bool begun, over;	  /* it was seen from its beginning; to its end */
	bool write, write_marked; /* a frame of a write of the limit; one with "?" */
	bool charge;
	bool oom;      /* an unmarked frame of the OOM killer's */
	bool past_oom; /* an unmarked frame below the OOM killer's own */
	enum kmsg_asked asked;
};

/* What can't be said for certain: bits. */
enum kmsg_unclear {
	KMSG_UNCLEAR_WRITE = 1 << 0,	  /* whether it was inside a write of the limit */
	KMSG_UNCLEAR_TRACE = 1 << 1,	  /* the trace is woven with another one */
	KMSG_UNCLEAR_PATH = 1 << 2,	  /* a path was broken over lines and put together */
	KMSG_UNCLEAR_GROUP = 1 << 3,	  /* where the group kill ends */
	KMSG_UNCLEAR_PAGE_SIZE = 1 << 4,  /* the table's sizes have no unit */
	KMSG_UNCLEAR_PGTABLES = 1 << 5,	  /* bytes or kB */
	KMSG_UNCLEAR_CONSTRAINT = 1 << 6, /* machine, or a cpuset or a memory policy */
	KMSG_UNCLEAR_COPIES = 1 << 7,	  /* the same report from two places, taken for one */
	KMSG_UNCLEAR_CUT = 1 << 8,	  /* the report ends early: whether something was killed isn't told */
};

struct kmsg_incident {
	struct kmsg_incident *next; /* in its list */
	uint64_t serial;
	uint64_t file_number; /* of the files that are read, from 1 */
	uint64_t first_line, last_line;
	char file[KMSG_HOST_SIZE];
	char host[KMSG_HOST_SIZE], release[KMSG_RELEASE_SIZE], stamp[KMSG_STAMP_SIZE];
	bool has_uptime, has_wall;
	uint64_t uptime_ns;
	int64_t wall_ns;
	char caller_kind;
	uint64_t caller;

	enum kmsg_outcome outcome;
	enum kmsg_constraint constraint;
	bool sysrq;
	bool no_killable;
	char panic[256]; /* the kernel's words */

	/* Which parts of the report were seen. */
	bool invoked, cpu_line, memory_seen, table_seen, oom_kill_seen, kill_seen, body;

	bool has_trigger;
	char trigger_comm[KMSG_COMM_SIZE];
	bool has_trigger_pid, has_gfp, has_order, has_trigger_adj, has_trigger_uid;
	uint32_t trigger_pid, trigger_uid;
	uint64_t gfp_mask;
	char gfp_text[32]; /* the number, as it stands there */
	char gfp_flags[KMSG_GFP_SIZE];
	int order, trigger_adj;
	char trigger_cpuset[KMSG_PATH_SIZE], mems_allowed[64], nodemask[64];

	char limit_cgroup[KMSG_PATH_SIZE], victim_cgroup[KMSG_PATH_SIZE], group_cgroup[KMSG_PATH_SIZE];
	struct kmsg_counter memory, memsw, kmem, swap;
	struct kmsg_stats stats;

	uint32_t chosen_pid; /* as "oom-kill:" or "Kill process" has it */
	bool has_chosen, has_chosen_uid;
	uint32_t chosen_uid;
	bool one_line;		  /* that was "oom-kill:" alone: the victim is this process itself */
	uint64_t last_added_line; /* of the victim that came last */
	uint64_t last_kill_ns;	  /* uptime; 0: not told */
	char last_kill_stamp[KMSG_STAMP_SIZE];

	struct kmsg_victim *victims;
	size_t victim_count, victim_room;
	uint64_t victims_left_out;

	struct kmsg_task *tasks;
	size_t task_count, task_room;
	uint32_t *task_index; /* of rows by pid, with open addresses; row + 1 */
	size_t task_index_size;
	uint64_t task_rows; /* all of them, also those that found no room */
	uint64_t unkillable;

	struct kmsg_machine machine;
	uint32_t page_size; /* 0: not told */
	bool x86;	    /* the registers are */
	struct kmsg_trace trace;
	uint64_t suppressed; /* reports that the kernel left out before this one */
	uint32_t unclear;    /* bits */
};

struct kmsg_incident *incident__new(void);
void incident__free(struct kmsg_incident *incident);

/* The victim with this pid, or NULL. */
struct kmsg_victim *incident__victim(const struct kmsg_incident *incident, uint32_t pid);

/* Adds a victim; the caller fills it. NULL: no room or memory, which is counted. */
struct kmsg_victim *incident__add_victim(struct kmsg_incident *incident, uint32_t pid);

/* Fills what the table of tasks has of a victim that came when all else was there; incident__finish() does it, too. */
void incident__complete_victim(struct kmsg_incident *incident, struct kmsg_victim *victim);

enum kmsg_dump incident__dump(const struct kmsg_incident *incident);
enum kmsg_write incident__inside_write(const struct kmsg_incident *incident);

/* Fills what follows from the whole: page size, the victims' rows of the table, what is unclear. */
void incident__finish(struct kmsg_incident *incident, uint32_t known_page_size);

/* Whether two are the same decision, seen in two places of a log or replayed. */
bool incident__same(const struct kmsg_incident *a, const struct kmsg_incident *b);

#endif
