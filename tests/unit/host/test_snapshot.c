// SPDX-License-Identifier: GPL-2.0-only
/* The process that reads, on real processes that stand still; the folder of their cgroup is one of the test's own. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/snapshot.h"

#define MIB ((size_t)1 << 20)

static struct cgroup__hierarchy h = { .version = 2, .root = "/" };

static char *map(size_t bytes, int fd)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		_exit(1);
	return memory;
}

/* A process that has so much, and stands still. */
static pid_t start(size_t anon)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		int fd = memfd_create("held by a test", 0);

		if (fd < 0 || ftruncate(fd, 4 * (off_t)MIB))
			_exit(1);
		memset(map(4 * MIB, fd), 1, 2 * MIB);
		memset(map(anon, -1), 1, anon);
		raise(SIGSTOP);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	return pid;
}

static uint64_t rollup(pid_t pid, const char *field)
{
	char path[64], line[256];
	uint64_t kib = UINT64_MAX;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, field, strlen(field)))
			kib = strtoull(line + strlen(field), NULL, 10);
	}
	fclose(f);
	return kib << 10;
}

static void write_procs(const char *folder, const pid_t *pids, size_t count)
{
	char path[PATH_MAX + 64];
	FILE *f;

	snprintf(path, sizeof(path), "%s%s/cgroup.procs", h.mount, folder);
	f = fopen(path, "we");
	assert_non_null(f);
	for (size_t i = 0; i < count; i++)
		fprintf(f, "%d\n", pids[i]);
	fclose(f);
}

static void take(struct snapshot *out)
{
	int fd = memfd_create("snapshot", MFD_CLOEXEC), status;
	pid_t self = getpid(), pid;

	assert_true(fd >= 0 && !ftruncate(fd, sizeof(*out)));
	pid = fork();
	if (!pid)
		snapshot_process__run(&h, "/a", fd, self);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	assert_int_equal(snapshot__read(fd, out), 0);
	close(fd);
}

static void check_memfd(const struct snapshot_one *one)
{
	for (uint32_t i = 0; i < one->part_count; i++) {
		if (one->parts[i].kind != SMAPS_MEMFD)
			continue;
		assert_string_equal(one->parts[i].name, "held by a test");
		assert_int_equal(one->parts[i].sum.size_bytes, 4 * MIB);
		assert_int_equal(one->parts[i].sum.rss_bytes, 2 * MIB);
		return;
	}
	fail_msg("there is no memfd");
}

static void test_snapshot(void **state)
{
	static struct snapshot got;
	/* The last one is nobody. */
	pid_t pids[SNAPSHOT__DETAILED + 3];
	size_t count = SNAPSHOT__DETAILED + 2;
	char command[PATH_MAX + 64];

	(void)state;
	strcpy(h.mount, "/tmp/oomtrace-snapshot-XXXXXX");
	assert_non_null(mkdtemp(h.mount));
	snprintf(command, sizeof(command), "mkdir -p %s/a/below", h.mount);
	assert_int_equal(system(command), 0);
	/* The largest comes last. */
	for (size_t i = 0; i < count; i++)
		pids[i] = start(8 * (i + 1) * MIB);
	pids[count] = 0x3ffffffe;
	write_procs("/a", pids, 3);
	write_procs("/a/below", pids + 3, count - 3 + 1);
	take(&got);
	assert_int_equal(got.seen, count + 1);
	assert_int_equal(got.count, count);
	assert_true(got.ended_ns >= got.began_ns);
	for (size_t i = 0; i < count; i++) {
		const struct snapshot_one *one = &got.processes[i];

		assert_int_equal(one->pid, pids[count - 1 - i]);
		assert_int_equal(one->threads, 1);
		assert_true(one->state & SNAPSHOT_TOTALS);
		assert_int_equal(one->total.rss_bytes, rollup(pids[count - 1 - i], "Rss:"));
		assert_int_equal(one->total.anon_bytes, rollup(pids[count - 1 - i], "Anonymous:"));
		assert_int_equal(!!(one->state & SNAPSHOT_PARTS), i < SNAPSHOT__DETAILED);
		if (i >= SNAPSHOT__DETAILED)
			continue;
		check_memfd(one);
		assert_true(one->largest_count);
		assert_true(one->largest[0].rss_bytes >= 8 * (count - i) * MIB);
	}
	for (size_t i = 0; i < count; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	snprintf(command, sizeof(command), "rm -rf %s", h.mount);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_snapshot) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
