// SPDX-License-Identifier: GPL-2.0-only
/* The process that reads, on real processes that stand still; the folder of their cgroup is one of the test's own. */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/cgroup.h"
#include "host/snapshot.h"

#define MIB ((size_t)1 << 20)

static struct cgroup__hierarchy h = { .root = "/" };
static char own[PATH_MAX]; /* the cgroup of this test and its processes, in whose place there is a folder */

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

		if (fd < 0 || ftruncate(fd, 4 * (off_t)MIB) || prctl(PR_SET_PDEATHSIG, SIGKILL))
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

static int make(void **state)
{
	char command[3 * PATH_MAX + 64];

	(void)state;
	strcpy(h.mount, "/tmp/oomtrace-snapshot-XXXXXX");
	if (!mkdtemp(h.mount))
		return -1;
	h.version = 2;
	if (cgroup__of_pid(&h, getpid(), own, sizeof(own))) {
		h.version = 1;
		if (cgroup__of_pid(&h, getpid(), own, sizeof(own)))
			return -1;
	}
	if (!strcmp(own, "/"))
		own[0] = '\0';
	snprintf(command, sizeof(command), "mkdir -p '%s%s/below' '%s/other'", h.mount, own, h.mount);
	return system(command);
}

static int unmake(void **state)
{
	char command[PATH_MAX + 64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", h.mount);
	return system(command);
}

static void write_procs(const char *above, const char *folder, const pid_t *pids, size_t count)
{
	char path[2 * PATH_MAX + 64];
	FILE *f;

	snprintf(path, sizeof(path), "%s%s%s/cgroup.procs", h.mount, above, folder);
	f = fopen(path, "we");
	assert_non_null(f);
	for (size_t i = 0; i < count; i++)
		fprintf(f, "%d\n", pids[i]);
	fclose(f);
}

static pid_t begin_taking(const char *cgroup, bool freezing, int *out)
{
	int fd = *out = memfd_create("snapshot", MFD_CLOEXEC);
	struct snapshot_wanted wanted = { .hierarchy = &h,
					  .cgroup = *cgroup ? cgroup : "/",
					  .freezing = freezing,
					  .fd = fd,
					  .iterators = { -1, -1 },
					  .files_map = -1,
					  .parent = getpid() };
	pid_t pid;

	assert_true(fd >= 0 && !ftruncate(fd, sizeof(struct snapshot)));
	pid = fork();
	if (!pid)
		snapshot_process__run(&wanted);
	assert_true(pid > 0);
	return pid;
}

static void end_taking(pid_t pid, int fd, struct snapshot *out)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	assert_int_equal(snapshot__read(fd, out), 0);
	close(fd);
}

static void take(const char *cgroup, bool freezing, struct snapshot *out)
{
	int fd;
	pid_t pid = begin_taking(cgroup, freezing, &fd);

	end_taking(pid, fd, out);
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

	(void)state;
	/* The largest comes last. */
	for (size_t i = 0; i < count; i++)
		pids[i] = start(8 * (i + 1) * MIB);
	pids[count] = 0x3ffffffe;
	write_procs(own, "", pids, 3);
	write_procs(own, "/below", pids + 3, count - 3 + 1);
	take(own, false, &got);
	assert_int_equal(got.seen, count + 1);
	assert_int_equal(got.count, count);
	assert_false(got.frozen); /* there is nothing that says so */
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
}

/* A pid of the cgroup's list is another process's by now: nothing of it is told. */
static void test_stranger(void **state)
{
	static struct snapshot got;
	pid_t pid = start(8 * MIB);

	(void)state;
	write_procs("/other", "", &pid, 1);
	take("/other", false, &got);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(got.seen, 1);
	assert_int_equal(got.count, 0);
}

static void write_events(const char *text)
{
	char path[2 * PATH_MAX + 64];
	FILE *f;

	snprintf(path, sizeof(path), "%s%s/cgroup.events", h.mount, own);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

#define STILL "populated 1\nfrozen 1\n"
#define RUNS "populated 1\nfrozen 0\n"

/* What was to be frozen may run for longer than anybody waits. */
static void test_frozen(void **state)
{
	static struct snapshot got;
	pid_t pid = start(8 * MIB);

	(void)state;
	write_procs(own, "", &pid, 1);
	for (int freezing = 0; freezing < 2; freezing++) {
		write_events(RUNS);
		take(own, freezing, &got);
		assert_int_equal(got.count, 1);
		assert_false(got.frozen);
		write_events(STILL);
		take(own, freezing, &got);
		assert_int_equal(got.count, 1);
		assert_true(got.frozen);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* It is let go while its processes are looked for. */
static void test_thawed(void **state)
{
	static struct snapshot got;
	pid_t pid = start(8 * MIB), reader;
	char path[2 * PATH_MAX + 64];
	int fd, procs;

	(void)state;
	snprintf(path, sizeof(path), "%s%s/cgroup.procs", h.mount, own);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	write_events(STILL);
	reader = begin_taking(own, true, &fd);
	/* Waits until it is opened for reading. */
	procs = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(procs >= 0);
	write_events(RUNS);
	dprintf(procs, "%d\n", pid);
	/* It is read once more, for files in tmpfs. */
	unlink(path);
	write_procs(own, "", &pid, 1);
	close(procs);
	end_taking(reader, fd, &got);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(got.count, 1);
	assert_false(got.frozen);
}

static void write_memory(void)
{
	char path[2 * PATH_MAX + 64];
	FILE *f;

	snprintf(path, sizeof(path), "%s%s/memory.stat", h.mount, own);
	f = fopen(path, "we");
	assert_non_null(f);
	fprintf(f, h.version == 2 ? "anon 1\nfile 9\nshmem 7\nfile_mapped 2\nfile_dirty 3\nfile_writeback 4\n"
				  : "rss 8\ntotal_rss 1\ntotal_cache 9\ntotal_shmem 7\ntotal_mapped_file 2\n"
				    "total_dirty 3\ntotal_writeback 4\n");
	fclose(f);
}

/* In a tmpfs that is all it sees, two files, one of which is mapped; stands still. */
static _Noreturn void be_in_tmpfs(const char *root)
{
	int fd;

	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", root, "tmpfs", 0, "size=64m") || chdir(root))
		_exit(77);
	fd = open("mapped", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, 3 * (off_t)MIB) || prctl(PR_SET_PDEATHSIG, SIGKILL))
		_exit(1);
	memset(map(3 * MIB, fd), 1, 3 * MIB);
	fd = open("written", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, map(5 * MIB, -1), 5 * MIB) != 5 * (ssize_t)MIB || close(fd))
		_exit(1);
	if (chroot(".") || chdir("/"))
		_exit(1);
	raise(SIGSTOP);
	_exit(0);
}

static void test_tmpfs(void **state)
{
	static const char *const paths[] = { "/written", "/mapped" };
	static struct snapshot got;
	char root[] = "/tmp/oomtrace-snapshot-root-XXXXXX";
	pid_t pid;
	int status;

	(void)state;
	assert_non_null(mkdtemp(root));
	pid = fork();
	if (!pid)
		be_in_tmpfs(root);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	if (WIFEXITED(status)) {
		rmdir(root);
		assert_int_equal(WEXITSTATUS(status), 77);
		print_message("no mounts can be made on this machine\n");
		skip();
	}
	write_procs(own, "", &pid, 1);
	write_memory();
	take(own, false, &got);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	rmdir(root); /* not before: that takes the mount away */
	assert_int_equal(got.count, 1);
	assert_true(got.has_memory);
	assert_int_equal(got.memory.shmem_bytes, 7);
	assert_true(got.tmpfs.read_ns >= got.began_ns && got.tmpfs.read_ns <= got.ended_ns);
	assert_int_equal(got.tmpfs.count, 2);
	assert_int_equal(got.tmpfs.bytes, 8 * MIB);
	assert_int_equal(got.tmpfs.largest_count, 2);
	assert_false(got.tmpfs.incomplete);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(got.tmpfs.largest[i].path, paths[i]);
		assert_int_equal(got.tmpfs.largest[i].bytes, (i ? 3 : 5) * MIB);
		assert_false(got.tmpfs.largest[i].machine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_snapshot), cmocka_unit_test(test_stranger),
					    cmocka_unit_test(test_frozen), cmocka_unit_test(test_thawed),
					    cmocka_unit_test(test_tmpfs) };

	return cmocka_run_group_tests(tests, make, unmake);
}
