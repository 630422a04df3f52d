/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command lines of programs as they were executed. The kernel side notes each, in few places, and soon writes over it
 * (bpf/process.bpf.c): they are taken out of there, and as many are kept as there is room for. When there is none left,
 * the cgroups that have the most lose some, so that whoever executes many has their own forgotten. Each cgroup has at
 * least one, while they are no more than three quarters of the places. Of those of a cgroup that of a process that has
 * ended goes first: a container's first process stays, however often its health is checked.
 */
#ifndef OOMTRACE_EXECS_H
#define OOMTRACE_EXECS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

#define EXECS_KEPT 2048

struct execs;

/* Where the kernel side writes them. */
struct execs_places {
	const struct exec_entry *entries; /* of each CPU in turn `of_cpu` ones */
	const __u32 *heads;		  /* how many each CPU has written */
	size_t cpus, of_cpu;		  /* the latter a power of two */
};

/* Whether there is a process; one that has ended, and hasn't been waited for, may count as one. */
typedef bool (*execs_is_there_fn)(uint32_t pid);

/* Returns NULL when there is no memory. */
struct execs *execs__new(const struct execs_places *places, execs_is_there_fn is_there);

/* Takes NULL. */
void execs__free(struct execs *execs);

/* Takes out what has been written by now (CLOCK_BOOTTIME). The kernel side may be writing meanwhile. */
void execs__take(struct execs *execs, uint64_t now_ns);

/* How many the kernel side has written over before they were taken. */
uint64_t execs__missed(const struct execs *execs);

/* Who executed a program. */
struct execs_who {
	uint32_t pid;
	uint64_t before_ns; /* CLOCK_BOOTTIME: it was executed before */
};

/*
 * The command line with which a program was executed last, of those taken, without the start of its process. Returns 0, or
 * -ENOENT when there is none.
 */
int execs__find(const struct execs *execs, const struct program *program, struct cmdline_entry *out,
		struct execs_who *who);

/* Whether it was a process that started then, and not an earlier one of this pid. */
bool execs__is(const struct execs_who *who, uint32_t pid, uint64_t start_ns);

#endif
