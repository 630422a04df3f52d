/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A folder with the files of a cgroup, and a guard on it: what a guard promises needs no kernel's limit. Limits have
 * nine digits, since a plain file keeps what a shorter write leaves over.
 */
#ifndef GUARD_FOLDER_H
#define GUARD_FOLDER_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/array.h"
#include "limit/guard.h"

#define OLD 134217728ULL
#define RAISED 268435456ULL
#define LOWERED 104857600ULL

static char folder[] = "/tmp/oomtrace-guard-XXXXXX";
static int dir_fd;

static void put(const char *name, const char *text)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static uint64_t limit(void)
{
	char text[32] = "";
	int fd = openat(dir_fd, "memory.max", O_RDONLY | O_CLOEXEC);

	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return strtoull(text, NULL, 10);
}

static struct guard *start_keeping(bool even_if_it_kills, bool keep)
{
	struct guard_request request = {
		.dir_fd = dir_fd,
		.file = "memory.max",
		.cgroup_id = (uint64_t)getpid() << 32,
		.even_if_it_kills = even_if_it_kills,
		.keep = keep,
	};
	struct guard *guard = NULL;

	assert_int_equal(guard__start(&request, &guard), 0);
	assert_int_equal(guard__lock_error(guard), 0);
	assert_int_equal(guard__old_bytes(guard), OLD);
	return guard;
}

static struct guard *start_with(bool even_if_it_kills)
{
	return start_keeping(even_if_it_kills, false);
}

static int set_up(void **state)
{
	(void)state;
	put("memory.max", "134217728\n");
	put("memory.current", "52428800\n");
	put("memory.stat", "active_anon 52428800\ninactive_file 0\n");
	put("memory.events", "oom 0\noom_kill 0\n");
	return 0;
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	/* Where locks are, of all users but root. */
	setenv("XDG_RUNTIME_DIR", folder, 1);
	dir_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir_fd < 0;
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "memory.max", "memory.current", "memory.stat", "memory.events" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unlinkat(dir_fd, names[i], 0);
	unlinkat(dir_fd, "oomtrace", AT_REMOVEDIR);
	close(dir_fd);
	return rmdir(folder);
}

#endif
