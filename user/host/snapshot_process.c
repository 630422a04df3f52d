// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process that reads what the memory is. /proc/PID/smaps walks the page tables of a process, and takes the lock of its
 * memory for some mappings at a time (fs/proc/task_mmu.c): it brings no page in, and nothing is charged to the process.
 * But who waits for that lock, because a process holds it while it is held back at memory.high, can wait for minutes. The
 * wait ends with SIGKILL, which comes from outside. So what has been read is in the shared memory by then. Open files
 * are read by BPF iterators that who forks has made, because that takes a right that isn't here any more. Files in tmpfs
 * come last, because on the way to a mount there may be somebody else's file system, which hangs.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/array.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/copy.h"
#include "base/privileges.h"
#include "base/sandbox.h"
#include "host/cgroup.h"
#include "host/cgroup_pids.h"
#include "host/snapshot.h"

#define PIDS_MAX 4096
/* Of the text of one process: some 100,000 mappings. */
#define TEXT_MAX (64U << 20)
#define ONE_NS (1000 * NS_PER_MS)
#define TMPFS_NS (1000 * NS_PER_MS)
/* For a cgroup to stand still: a process that is in the kernel does when it comes back. */
#define STILL_NS (200 * NS_PER_MS)
#define STILL_STEP_NS NS_PER_MS

/*
 * A process, by its folder in /proc: all that is read through the descriptor is of this very process, also when it has
 * ended and another one has its pid.
 */
struct process {
	int fd;
	struct snapshot_one one;
};

struct reading {
	struct snapshot *out;
	const struct cgroup__hierarchy *h;
	const char *cgroup;
	uint32_t pids;
	struct process largest[SNAPSHOT__PROCESSES]; /* the largest first */
	size_t count;
};

/* ---- which ones ---- */

/* "PID (COMM) STATE PPID ...": fields 20 and 24, counted from the last ")", because a name may hold anything. */
static bool read_stat(int process_fd, uint32_t pid, struct snapshot_one *out)
{
	char text[1024], *at, *name;

	if (cgroup__read_text(process_fd, "stat", text, sizeof(text)) <= 0)
		return false;
	at = strrchr(text, ')');
	name = strchr(text, '(');
	if (!at || !name || name > at)
		return false;
	*at = '\0';
	*out = (struct snapshot_one){ .pid = pid };
	copy__text(out->comm, sizeof(out->comm), name + 1);
	at++;
	for (int field = 3; field <= 24; field++) {
		at = strchr(at, ' ');
		if (!at)
			return false;
		at++;
		if (field == 20)
			out->threads = (uint32_t)strtoul(at, NULL, 10);
	}
	out->stat_rss_bytes = strtoull(at, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
	return out->stat_rss_bytes;
}

/* The descriptor is the list's from here on. */
static void note_process(struct reading *r, const struct process *process)
{
	size_t at = r->count;

	while (at && r->largest[at - 1].one.stat_rss_bytes < process->one.stat_rss_bytes)
		at--;
	if (at == SNAPSHOT__PROCESSES) {
		close(process->fd);
		return;
	}
	if (r->count < SNAPSHOT__PROCESSES)
		r->count++;
	else
		close(r->largest[r->count - 1].fd);
	memmove(&r->largest[at + 1], &r->largest[at], (r->count - 1 - at) * sizeof(*r->largest));
	r->largest[at] = *process;
}

static bool note_pid(void *ctx, uint32_t pid)
{
	struct reading *r = ctx;
	struct process process;
	char path[64];

	if (r->pids == PIDS_MAX)
		return false;
	r->pids++;
	r->out->seen++;
	snprintf(path, sizeof(path), "/proc/%u", pid);
	process.fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (process.fd < 0)
		return true;
	if (read_stat(process.fd, pid, &process.one))
		note_process(r, &process);
	else
		close(process.fd);
	return true;
}

static int note_cgroup(const struct cgroup__node *node, void *ctx)
{
	struct reading *r = ctx;
	cgroup_pids__each(node->dir_fd, note_pid, r);
	r->out->uncounted = r->pids == PIDS_MAX;
	return r->out->uncounted;
}

/* ---- what their memory is ---- */

/* Reads a file of a process, of one text. Returns whether that came to its end. */
static bool read_into(struct smaps *smaps, int process_fd, const char *name)
{
	uint64_t end_ns = clock__ns(CLOCK_MONOTONIC) + ONE_NS, size = 0;
	char text[16384];
	ssize_t got = -1;
	int fd = openat(process_fd, name, O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && size < TEXT_MAX && clock__ns(CLOCK_MONOTONIC) < end_ns) {
		got = read(fd, text, sizeof(text));
		if (got <= 0)
			break;
		smaps__take(smaps, text, (size_t)got);
		size += (uint64_t)got;
	}
	if (fd >= 0)
		close(fd);
	return !got && size; /* a process that is ending has none */
}

static bool read_sums(int process_fd, struct snapshot_one *one)
{
	struct smaps *smaps = smaps__new();
	bool whole = smaps && read_into(smaps, process_fd, "smaps_rollup");

	if (whole) {
		one->total = smaps__total(smaps);
		/* Of one mapping, as the kernel prints them. */
		one->total.mappings = one->total.size_bytes = 0;
		one->state = SNAPSHOT_TOTALS;
	}
	smaps__free(smaps);
	return whole;
}

static bool read_parts(int process_fd, struct snapshot_one *one)
{
	struct smaps *smaps = smaps__new();
	bool whole = smaps && read_into(smaps, process_fd, "smaps");

	if (smaps) {
		one->total = smaps__total(smaps);
		one->part_count = (uint32_t)smaps__parts(smaps, one->parts, SNAPSHOT__PARTS, &one->rest);
		one->largest_count = (uint32_t)smaps__largest(smaps, one->largest);
	}
	if (whole)
		one->state = SNAPSHOT_TOTALS | SNAPSHOT_PARTS;
	smaps__free(smaps);
	return one->total.mappings;
}

/* Whether the cgroup's processes all stand still, whoever has frozen them. */
static bool is_still(int dir_fd)
{
	uint64_t frozen;

	return dir_fd >= 0 && !cgroup__read_key(dir_fd, "cgroup.events", "frozen", &frozen) && frozen == 1;
}

static bool wait_until_still(int dir_fd, bool freezing)
{
	const struct timespec pause = clock__timespec(STILL_STEP_NS);
	uint64_t end_ns = clock__ns(CLOCK_MONOTONIC) + (freezing ? STILL_NS : 0);

	while (!is_still(dir_fd)) {
		if (clock__ns(CLOCK_MONOTONIC) >= end_ns)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

static void read_all(struct reading *r, int dir_fd)
{
	for (size_t i = 0; i < r->count; i++) {
		struct snapshot_one *one = &r->out->processes[r->out->count];
		int fd = r->largest[i].fd;

		/* Its names are nobody's business if it isn't, or is no longer, in there. */
		if (!cgroup__has_process(r->h, r->cgroup, fd))
			continue;
		*one = r->largest[i].one;
		if (i < SNAPSHOT__DETAILED ? !read_parts(fd, one) : !read_sums(fd, one))
			continue;
		r->out->frozen = r->out->frozen && is_still(dir_fd);
		__atomic_store_n(&r->out->count, r->out->count + 1, __ATOMIC_RELEASE);
	}
}

static void read_files(struct reading *r, const struct snapshot_wanted *wanted)
{
	struct open_files__process processes[SNAPSHOT__PROCESSES];
	size_t count = 0;

	for (size_t i = 0; i < r->count; i++) {
		if (cgroup__has_process(r->h, r->cgroup, r->largest[i].fd))
			processes[count++] = (struct open_files__process){ r->largest[i].one.pid,
									   r->largest[i].fd,
									   r->largest[i].one.comm };
	}
	open_files__read(wanted->iterators, wanted->files_map, processes, count, &r->out->files);
}

/* ---- the process ---- */

_Noreturn void snapshot_process__run(const struct snapshot_wanted *wanted)
{
	static struct reading r;
	const int keep[] = { wanted->fd, wanted->iterators[0], wanted->iterators[1], wanted->files_map };
	int dir_fd;

	r.h = wanted->hierarchy;
	r.cgroup = wanted->cgroup;
	child__settle("oomtrace-snap", keep, wanted->iterators[0] < 0 ? 1 : ARRAY_SIZE(keep));
	/* Of who has forked us; it has all rights, and so the one to end us. */
	child__die_with_parent(wanted->parent);
	/* Not Landlock: who has it may not look into others' mappings. */
	if (chdir("/") || privileges__keep(1ULL << CAP_SYS_PTRACE) || sandbox__seclude(0))
		_exit(1);
	r.out = mmap(NULL, sizeof(*r.out), PROT_READ | PROT_WRITE, MAP_SHARED, wanted->fd, 0);
	if (r.out == MAP_FAILED)
		_exit(1);
	dir_fd = cgroup__open(r.h, r.cgroup);
	r.out->frozen = wait_until_still(dir_fd, wanted->freezing);
	r.out->began_ns = clock__ns(CLOCK_BOOTTIME);
	r.out->has_memory = dir_fd >= 0 && !cgroup_memory__read(dir_fd, r.h->version, &r.out->memory);
	if (cgroup__walk(r.h, r.cgroup, note_cgroup, &r) >= 0)
		read_all(&r, dir_fd);
	if (wanted->iterators[0] >= 0)
		read_files(&r, wanted);
	tmpfs_files__read(r.h, r.cgroup, 0, TMPFS_NS, &r.out->tmpfs);
	r.out->ended_ns = clock__ns(CLOCK_BOOTTIME);
	_exit(0);
}
