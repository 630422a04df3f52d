/* SPDX-License-Identifier: GPL-2.0-only */
/* What the memory of a cgroup's processes was, before it came to a kill. The lifetimes are those of record.h. */
#ifndef OOMTRACE_RECORD_SNAPSHOT_H
#define OOMTRACE_RECORD_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "containers/container.h"
#include "host/cgroup_memory.h"
#include "host/smaps.h"
#include "record/record_tmpfs.h"

struct record_snapshot_part {
	enum smaps_kind kind;
	const char *name; /* NULL: it has none */
	struct smaps_sum sum;
};

struct record_snapshot_mapping {
	uint64_t start, size_bytes, rss_bytes, swap_bytes;
	const char *name; /* NULL: it has none */
};

struct record_snapshot_process {
	uint32_t pid, threads;
	const char *comm;
	bool has_total;	   /* else less than all mappings were read */
	bool has_parts;	   /* likewise, of the parts */
	bool has_mappings; /* total has their number and size */
	struct smaps_sum total;
	struct smaps_sum rest;			  /* of the parts that aren't listed */
	const struct record_snapshot_part *parts; /* the largest first */
	size_t part_count;
	const struct record_snapshot_mapping *largest; /* without a file; the largest first */
	size_t largest_count;
};

/* A file that a process has open. */
struct record_snapshot_file {
	const char *path;      /* as that process sees it; the end of one that is longer */
	uint64_t cached_bytes; /* of it in the page cache, whoever was charged for them */
	uint32_t pid;
	const char *comm;
};

struct record_snapshot {
	uint64_t cgroup_id;
	const char *cgroup; /* NULL: not known any more */
	struct record_container container;
	uint64_t usage_bytes, max_bytes;		 /* at the mark */
	uint32_t percent;				 /* the mark */
	uint64_t since_mark_ns;				 /* from the mark to the beginning of this */
	uint64_t duration_ns;				 /* 0: it was ended, because its time was over */
	bool again;					 /* a later one, to tell growth */
	bool frozen;					 /* the cgroup stood still meanwhile */
	uint64_t seen;					 /* processes of the cgroup, and those below it */
	bool more;					 /* and there were more than that */
	const struct record_snapshot_process *processes; /* the largest first */
	size_t process_count;
	const struct cgroup_memory *memory; /* of the cgroup; NULL: unknown */
	const struct record_tmpfs *tmpfs;   /* NULL: there is nothing, or it wasn't read */
	bool has_files;			    /* they were read */
	const struct record_snapshot_file
		*files; /* that are open, and in the page cache; the largest first */
	size_t file_count;
};

/* What an OOM's record has of the last snapshot. */
struct record_before_part {
	uint32_t pid; /* 0: a file in tmpfs that none of the processes has mapped */
	const char *comm;
	enum smaps_kind kind; /* not of a file in tmpfs */
	const char *name;     /* NULL: it has none */
	uint64_t bytes;	      /* memory and swap */
	bool has_growth;      /* it was there in the snapshot before or after, too */
	int64_t growth_bytes;
	bool at_least;	 /* not all mappings of the process were read: there may be more of this */
	bool is_tmpfs;	 /* a file in tmpfs: `bytes` are all of it, whoever has them mapped */
	bool is_machine; /* likewise, in a mount of the machine */
	bool is_cache;	 /* an open file: `bytes` are in the page cache, whoever has them mapped */
	bool is_copy;	 /* a process's own copies of pages of a file that is a part by itself */
};

#define RECORD_BEFORE_PARTS 5

struct record_before {
	uint32_t percent;   /* of the limit: the mark */
	uint64_t since_ns;  /* from the snapshot to the OOM */
	uint64_t growth_ns; /* from this snapshot to the next one, which growth is of; 0: there was none */
	struct record_before_part parts[RECORD_BEFORE_PARTS];
	size_t count;
	const struct cgroup_memory *memory; /* of the cgroup at the snapshot; NULL: unknown */
	bool has_cache_growth;
	int64_t cache_growth_bytes; /* of the page cache, without tmpfs */
};

#endif
