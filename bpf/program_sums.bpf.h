/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory of those whom the kernel compares, summed by program: of as many as there are. See candidates.bpf.h. */
#ifndef OOMTRACE_PROGRAM_SUMS_BPF_H
#define OOMTRACE_PROGRAM_SUMS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "event.h"
#include "task.bpf.h"

#define PROGRAM_TRIES 4 /* places that a program may have */

/* The event. Its sums grow while the kernel compares; the rest is filled in when a victim has been chosen. */
static struct {
	struct event_candidates event;
} candidates;

/* The program that was added to last. */
static volatile struct {
	__u64 name[2];
	__u32 place;
	__s32 adj; /* oom_score_adj of the last one that was added to it */
	bool has_adj;
	bool known;
} last;

static __always_inline void program_sums__reset(void)
{
	last.known = false;
	candidates.event.scan++;
	candidates.event.other_count = 0;
	candidates.event.other_pages = 0;
}

/*
 * The place of a program among the sums; EVENT_PROGRAMS_MAX: there is none left for it. A program keeps its place, and
 * one that finds none never does, so each sum has all processes of its program.
 */
__noinline __u32 place_of_program(__u64 task)
{
	__u64 name[2] = {}, hash;

	BPF_CORE_READ_STR_INTO(&name, (struct task_struct *)task, comm);
	hash = (name[0] ^ name[1] << 1) * 0x9e3779b97f4a7c15ULL; /* a golden ratio of 2^64 */
	for (__u32 i = 0; i < PROGRAM_TRIES; i++) {
		__u32 at = ((hash >> 32) + i) & (EVENT_PROGRAMS_MAX - 1);
		struct event_program *p = &candidates.event.programs[at];
		__u64 *comm = (__u64 *)p->comm;

		if (p->scan != candidates.event.scan) {
			comm[0] = name[0];
			comm[1] = name[1];
			p->pages = 0;
			p->count = 0;
			p->scan = candidates.event.scan;
			return at;
		}
		if (comm[0] == name[0] && comm[1] == name[1])
			return at;
	}
	return EVENT_PROGRAMS_MAX;
}

/* Finds the place of one's program. Those of one program often come one after the other. */
__noinline int program_sums__find(__u64 task)
{
	__u64 name[2] = {};

	BPF_CORE_READ_INTO(&name, (struct task_struct *)task, comm);
	if (last.known && name[0] == last.name[0] && name[1] == last.name[1])
		return 0;
	last.place = place_of_program(task);
	last.name[0] = name[0];
	last.name[1] = name[1];
	last.known = true;
	last.has_adj = false;
	return 0;
}

/* Adds one to the sum of the program that was found last. */
static __always_inline void program_sums__add(__s64 pages)
{
	__u32 at = last.place;

	if (at < EVENT_PROGRAMS_MAX) {
		candidates.event.programs[at].count++;
		candidates.event.programs[at].pages += pages;
	} else {
		candidates.event.other_count++;
		candidates.event.other_pages += pages;
	}
}

#endif
