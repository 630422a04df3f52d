/* SPDX-License-Identifier: GPL-2.0-only */
/* A file system that hangs, where not even SIGKILL reaches those who wait for it. */
#ifndef OOMTRACE_TEST_HANGING_FUSE_H
#define OOMTRACE_TEST_HANGING_FUSE_H

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static inline void must(int result)
{
	if (result)
		_exit(1);
}

static inline int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return !written;
}

/* Root's way, and everybody's. */
static inline int fuse_unshare(void)
{
	char users[64], groups[64];

	if (!unshare(CLONE_NEWNS))
		return 0;
	snprintf(users, sizeof(users), "0 %u 1", getuid());
	snprintf(groups, sizeof(groups), "0 %u 1", getgid());
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) || put("/proc/self/uid_map", users) ||
	       put("/proc/self/setgroups", "deny") || put("/proc/self/gid_map", groups);
}

/* The mounts of this process are its own from now on. Not 0: none can be made on this machine. */
static inline int fuse_leave_mounts(void)
{
	return fuse_unshare() || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static volatile bool *fuse_hangs; /* shared: it takes requests and answers none */

static inline void fuse_answer(int fd, uint64_t unique, int error, const void *data, size_t size)
{
	struct {
		struct fuse_out_header head;
		char data[256];
	} out = { { (uint32_t)(sizeof(out.head) + size), error, unique }, "" };

	if (size)
		memcpy(out.data, data, size);
	if (write(fd, &out, out.head.len) < 0 && errno != ENOENT)
		_exit(1);
}

/* Knows a root and folders in it, all of which are alike. */
static _Noreturn inline void fuse_serve(int fd)
{
	static char in[FUSE_MIN_READ_BUFFER * 32];
	const struct fuse_in_header *head = (void *)in;
	const struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION,
					    .minor = FUSE_KERNEL_MINOR_VERSION,
					    .max_write = 4096 };
	struct fuse_entry_out entry = { .nodeid = 2,
					.attr = { .ino = 2, .mode = S_IFDIR | 0755, .nlink = 2 } };
	struct fuse_attr_out attr = { .attr = entry.attr };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(fd, in, sizeof(in)) > 0) {
		if (*fuse_hangs && head->opcode != FUSE_INIT)
			continue;
		if (head->opcode == FUSE_INIT)
			fuse_answer(fd, head->unique, 0, &init, sizeof(init));
		else if (head->opcode == FUSE_LOOKUP)
			fuse_answer(fd, head->unique, 0, &entry, sizeof(entry));
		else if (head->opcode == FUSE_GETATTR)
			fuse_answer(fd, head->unique, 0, &attr, sizeof(attr));
		else if (head->opcode != FUSE_FORGET && head->opcode != FUSE_BATCH_FORGET &&
			 head->opcode != FUSE_INTERRUPT)
			fuse_answer(fd, head->unique, -ENOSYS, NULL, 0);
	}
	_exit(0);
}

/* On a folder of a process that has left its mounts. Returns the pid of who serves it, 0: there can be none here. */
static inline pid_t fuse_mount(const char *path)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[128];
	pid_t pid;

	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (fd < 0 || mount("f", path, "fuse", MS_NOSUID | MS_NODEV, options))
		return 0;
	pid = fork();
	if (!pid)
		fuse_serve(fd);
	close(fd);
	return pid;
}

/* Before who serves it is started, and when all is over. */
static inline void fuse_begin(void)
{
	fuse_hangs =
		mmap(NULL, sizeof(*fuse_hangs), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(fuse_hangs != MAP_FAILED);
}

static inline void fuse_end(void)
{
	munmap((void *)fuse_hangs, sizeof(*fuse_hangs));
}

#endif
