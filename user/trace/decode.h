/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes from the ring -> a checked event. Pure: no state, no system calls. */
#ifndef OOMTRACE_DECODE_H
#define OOMTRACE_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "event.h"

union event {
	struct event_header h;
	struct event_oom oom;
	struct event_cgroup cgroup;
	struct event_victim victim;
	struct event_oom_end oom_end;
	struct event_exit exit;
	struct event_limit limit;
	struct event_usage usage;
	struct event_reclaim reclaim;
	struct event_memory memory;
	struct event_sampled sampled;
	struct event_stack stack;
	struct event_signal signal;
	struct event_candidates candidates;
	struct event_relief relief;
	struct event_made made;
	struct event_machine machine;
};

/* The least size of an event of this kind, in bytes; 0: the kind is not known here. */
size_t decode__least_size(uint32_t kind);

/*
 * Checks `size` bytes at `data` and copies them to *out; of an event that is longer than the
 * struct known here, the known part. Afterwards every string is NUL-terminated, every length is
 * within its array and every enumeration within its range. Returns 0, -EINVAL for bytes that are
 * no event, or -ENOTSUP for a kind that is not known here. *out is written on success only.
 */
int decode__event(const void *data, size_t size, union event *out);

#endif
