/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds the kernel's own count of OOM kills against the kills that the programs have seen. The kernel can leave a
 * program out without saying so (docs/notes/skipped-programs.md), and then its count is all that tells.
 *
 * The counts are `oom_kill` in /proc/vmstat, for the whole machine, and in memory.events of a target; on v1 in its
 * memory.oom_control, which leaves out the cgroups below (from 4.13 on). All count what the kernel's log has as "Killed
 * process": a group's first victim twice, those that share a victim's memory not at all.
 */
#ifndef OOMTRACE_RECONCILE_H
#define OOMTRACE_RECONCILE_H

#include <stdbool.h>
#include <stdint.h>

struct reconcile {
	bool begun;
	uint64_t base;	  /* the kernel's count, less what was seen then */
	uint64_t kernel;  /* its count at the last look */
	uint64_t missed;  /* in all, so far */
	uint64_t even_ns; /* the last look at which nothing was missing */
};

/* How many kills the programs have seen. */
typedef uint64_t (*reconcile_seen_fn)(const void *ctx);

/*
 * Reads both counts for a look: `seen` first, because the kernel counts a kill before a program sees it. A kill between
 * the two is then one that goes on, which the next look finds seen. The other way round it would look like one that
 * went on at the first look, and the base would be put right where it was right. The last look, which no other follows,
 * asks for `seen` again at its end. Returns as reconcile__read().
 */
int reconcile__read_both(int fd, reconcile_seen_fn seen, const void *ctx, bool last, uint64_t *kernel_count,
			 uint64_t *seen_count);

/*
 * A look at both counts. Returns how many kills more are known to be missed. The kernel counts a kill before a program
 * sees it: so those that it had counted at the look before, or all at the `last`. *since_ns is the time after which
 * they were.
 */
uint64_t reconcile__look(struct reconcile *r, uint64_t kernel, uint64_t seen, uint64_t now_ns, bool last,
			 uint64_t *since_ns);

/* How many kills are missing by these counts: missed, or going on. */
uint64_t reconcile__missing(const struct reconcile *r, uint64_t kernel, uint64_t seen);

/* Opens the kernel's count of a cgroup by its folder; with -1 that of the machine. Returns a descriptor or a negative errno. */
int reconcile__open(int cgroup_fd);

/* Reads it. Returns 0, or a negative errno: -ENODEV when the cgroup is gone, -ENODATA when there is no such count. */
int reconcile__read(int fd, uint64_t *count);

/* Both for once. Returns 0 or a negative errno as these two. */
int reconcile__count(int cgroup_fd, uint64_t *count);

#endif
