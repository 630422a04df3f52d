// SPDX-License-Identifier: GPL-2.0-only
/* Real tmpfs mounts, of a process with a root and mounts of its own; the folder of its cgroup is the test's. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "hanging_fuse.h"
#include "host/cgroup.h"
#include "host/tmpfs_files.h"

#define MIB ((size_t)1 << 20)
#define NOT_HERE 77 /* no mounts can be made on this machine */

static struct cgroup__hierarchy h = { .root = "/" };
static char own[PATH_MAX]; /* the cgroup of this test and its processes */
static char root[64];	   /* of the other process */

static int make(void **state)
{
	char command[3 * PATH_MAX + 64];

	(void)state;
	strcpy(h.mount, "/tmp/oomtrace-tmpfs-XXXXXX");
	strcpy(root, "/tmp/oomtrace-root-XXXXXX");
	if (!mkdtemp(h.mount) || !mkdtemp(root))
		return -1;
	h.version = 2;
	if (cgroup__of_pid(&h, getpid(), own, sizeof(own))) {
		h.version = 1;
		if (cgroup__of_pid(&h, getpid(), own, sizeof(own)))
			return -1;
	}
	snprintf(command, sizeof(command), "mkdir -p '%s%s' '%s/other'", h.mount, own, h.mount);
	return system(command);
}

static int unmake(void **state)
{
	char command[PATH_MAX + 128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s %s", h.mount, root);
	return system(command);
}

static void write_procs(const char *cgroup, pid_t pid)
{
	char path[2 * PATH_MAX + 64];
	FILE *f;

	snprintf(path, sizeof(path), "%s%s/cgroup.procs", h.mount, cgroup);
	f = fopen(path, "we");
	assert_non_null(f);
	if (pid)
		fprintf(f, "%d\n", pid);
	fclose(f);
}

static void fill(const char *path, size_t bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	char *memory = calloc(1, bytes);

	if (fd < 0 || !memory || write(fd, memory, bytes) != (ssize_t)bytes)
		_exit(1);
	close(fd);
	free(memory);
}

static int make_folder(const char *path)
{
	return mkdir(path, 0755) && errno != EEXIST;
}

static _Noreturn void be_other(void)
{
	int fd;

	if (fuse_leave_mounts())
		_exit(NOT_HERE);
	must(chdir(root) || make_folder("a") || make_folder("b") || make_folder("c d\n") || make_folder("e"));
	if (mount("none", "a", "tmpfs", 0, "size=64m"))
		_exit(NOT_HERE);
	fill("a/large", 6 * MIB);
	must(mkdir("a/in", 0700));
	fill("a/in/larger", 8 * MIB);
	must(symlink("/etc", "a/link") || mkfifo("a/fifo", 0600));
	/* Holes have no memory. */
	fd = open("a/holes", O_WRONLY | O_CREAT, 0600);
	must(fd < 0 || ftruncate(fd, 32 * (off_t)MIB) || pwrite(fd, "x", 1, 16 * (off_t)MIB) != 1);
	/* The same once more, and another one inside of it. */
	must(mount("a", "b", NULL, MS_BIND, NULL));
	must(mkdir("a/mounted", 0755) || mount("none", "a/mounted", "tmpfs", 0, "size=16m"));
	fill("a/mounted/x y", 2 * MIB);
	/* A file of two names, one that is over another, and folders that are elsewhere, too. */
	must(link("a/large", "a/in/large"));
	fill("a/under", 1);
	must(mount("a/in/larger", "a/under", NULL, MS_BIND, NULL));
	must(mkdir("a/0", 0755) || mount("a/in", "a/0", NULL, MS_BIND, NULL));
	must(mount("a/in", "e", NULL, MS_BIND, NULL));
	must(mount("none", "c d\n", "tmpfs", 0, "size=16m"));
	fill("c d\n/z", MIB);
	must(chroot(".") || chdir("/") || prctl(PR_SET_DUMPABLE, 1) || prctl(PR_SET_PDEATHSIG, SIGKILL));
	raise(SIGSTOP);
	_exit(0);
}

/* It stands still. 0: there can be none on this machine. */
static pid_t start_other(void)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		be_other();
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	if (WIFEXITED(status)) {
		assert_int_equal(WEXITSTATUS(status), NOT_HERE);
		return 0;
	}
	return pid;
}

static void end_other(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void check(const struct tmpfs_files *files)
{
	/* Or another name of the same. */
	static const char *const paths[][2] = { { "/a/in/larger", "/a/under" },
						{ "/a/large", "/a/in/large" },
						{ "/a/mounted/x y", "" },
						{ "/c d\n/z", "" },
						{ "/a/holes", "" } };

	assert_int_equal(files->count, 5);
	assert_int_equal(files->largest_count, 5);
	for (size_t i = 0; i < 5; i++)
		assert_true(!strcmp(files->largest[i].path, paths[i][0]) ||
			    !strcmp(files->largest[i].path, paths[i][1]));
	assert_int_equal(files->largest[0].bytes, 8 * MIB);
	assert_int_equal(files->largest[1].bytes, 6 * MIB);
	assert_true(files->largest[4].bytes && files->largest[4].bytes < 4 * MIB);
	assert_int_equal(files->bytes, 17 * MIB + files->largest[4].bytes);
	assert_false(files->incomplete || files->largest[0].machine);
	assert_true(files->read_ns);
}

/* Asks until all was read: a busy machine may take longer than anybody waits. */
static int ask_for(struct tmpfs_reader *reader, const char *cgroup, const char *whose, uint32_t pid,
		   struct tmpfs_files *files)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	int err = 0;

	for (int i = 0; i < 600; i++) {
		err = tmpfs_reader__ask(reader, cgroup, whose, pid, files);
		if (err ? err != -ETIMEDOUT && err != -EBUSY : !files->incomplete)
			break;
		nanosleep(&pause, NULL);
	}
	return err;
}

static void test_files(void **state)
{
	struct tmpfs_reader *reader;
	struct tmpfs_files files;
	pid_t pid = start_other();

	(void)state;
	if (!pid)
		skip();
	assert_int_equal(tmpfs_reader__start(&h, &reader), 0);
	write_procs(own, pid);
	assert_int_equal(ask_for(reader, own, "/", 0, &files), 0);
	check(&files);
	/* A victim is on no list any more. */
	write_procs(own, 0);
	assert_int_equal(ask_for(reader, own, "/", (uint32_t)pid, &files), 0);
	check(&files);
	/* One that isn't in the cgroup is a stranger. */
	write_procs("/other", pid);
	assert_int_equal(ask_for(reader, "/other", "/", (uint32_t)pid, &files), 0);
	assert_int_equal(files.count, 0);
	tmpfs_reader__stop(reader);
	end_other(pid);
}

/* Without the process that reads nothing is known, and nobody waits. */
static void test_gone(void **state)
{
	struct tmpfs_reader *reader;
	struct tmpfs_files files;

	(void)state;
	write_procs(own, 0);
	assert_int_equal(tmpfs_reader__start(&h, &reader), 0);
	ask_for(reader, "/none", "/", 0, &files);
	assert_int_equal(files.count, 0);
	tmpfs_reader__stop(reader);
	tmpfs_reader__stop(NULL);
}

/* A tmpfs, on the way to which is such a file system. */
static _Noreturn void be_behind_fuse(void)
{
	if (fuse_leave_mounts())
		_exit(NOT_HERE);
	must(chdir(root) || make_folder("f"));
	if (!fuse_mount("f") || mount("none", "f/t", "tmpfs", 0, "size=16m"))
		_exit(NOT_HERE);
	fill("f/t/hidden", MIB);
	must(chroot(".") || chdir("/") || prctl(PR_SET_DUMPABLE, 1) || prctl(PR_SET_PDEATHSIG, SIGKILL));
	*fuse_hangs = true;
	raise(SIGSTOP);
	_exit(0);
}

/* For whom reading hangs, where not even SIGKILL reaches it, has one such; others' goes on; and then all is as before. */
static void test_hangs(void **state)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	struct tmpfs_reader *reader;
	struct tmpfs_files files;
	pid_t other, behind;
	int status;

	(void)state;
	fuse_begin();
	behind = fork();
	if (!behind)
		be_behind_fuse();
	assert_int_equal(waitpid(behind, &status, WUNTRACED), behind);
	other = WIFEXITED(status) ? 0 : start_other();
	if (WIFEXITED(status) || !other)
		skip();
	assert_int_equal(tmpfs_reader__start(&h, &reader), 0);
	write_procs(own, behind);
	assert_int_equal(tmpfs_reader__ask(reader, own, "/hangs", 0, &files), -ETIMEDOUT);
	for (int i = 0; i < 60; i++) {
		assert_int_equal(tmpfs_reader__ask(reader, own, "/hangs", 0, &files), -EBUSY);
		nanosleep(&pause, NULL);
	}
	write_procs(own, other);
	assert_int_equal(ask_for(reader, own, "/other", 0, &files), 0);
	check(&files);
	assert_int_equal(tmpfs_reader__ask(reader, own, "/hangs", 0, &files), -EBUSY);
	end_other(behind);
	assert_int_equal(ask_for(reader, own, "/hangs", 0, &files), 0);
	check(&files);
	tmpfs_reader__stop(reader);
	end_other(other);
	fuse_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_files), cmocka_unit_test(test_gone),
					    cmocka_unit_test(test_hangs) };

	return cmocka_run_group_tests(tests, make, unmake);
}
