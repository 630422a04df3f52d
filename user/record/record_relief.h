/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that comes back after a kill, as seen live or as a kernel log has it. The lifetimes are those of record.h. */
#ifndef OOMTRACE_RECORD_RELIEF_H
#define OOMTRACE_RECORD_RELIEF_H

#include <stdbool.h>
#include <stdint.h>

#include "containers/container.h"

/* A victim has let go of its memory, or the kernel's reaper was done with it. */
struct record_relief {
	uint64_t oom_id;
	uint32_t pid;
	const char *comm;
	/* Of a log, which tells of the reaper alone. */
	bool unable;
	bool has_left; /* what it left in the process */
	uint64_t left_anon_bytes, left_file_bytes, left_shmem_bytes;
	/* Live. */
	bool live;
	bool by_exit; /* else by the reaper */
	uint64_t since_kill_ns;
	const char *cgroup; /* whose limit was hit; NULL: the whole machine, or unknown */
	struct record_container container;
	bool has_usage; /* of that cgroup's counter: when the victim was marked, and now */
	uint64_t usage_before_bytes, usage_after_bytes, max_bytes;
	uint64_t kills_meanwhile; /* at the same limit, since the victim was marked */
	/* Of these and those before, the ones that are known now not to have been needed: their memory would fit. */
	uint64_t needless_kills, needless_bytes;
};

#endif
