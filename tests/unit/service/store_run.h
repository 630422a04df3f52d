/* SPDX-License-Identifier: GPL-2.0-only */
/* A store in a folder of its own, and records for it, for the tests of the store. */
#ifndef OOMTRACE_TEST_STORE_RUN_H
#define OOMTRACE_TEST_STORE_RUN_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "service/entry.h"
#include "service/store.h"
#include "service/store_folder.h"
#include "take.h"

#define WALL_NS 1795748666000000000 /* 2026-11-27T03:04:26Z */
#define STEM "2026-11-27T030426Z_"

static char folder[64];
static int failure;
static int64_t wall_ns = WALL_NS; /* what the clock says, whatever happens */

static inline int make(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/oomtrace-store-XXXXXX");
	wall_ns = WALL_NS;
	failure = 0;
	return !mkdtemp(folder);
}

static inline int unmake(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static inline void on_failure(int err)
{
	failure = err;
}

static int lock_fd; /* of the latest */

static inline int open_folder(void)
{
	char why[STORE_FOLDER_WHY_SIZE];
	int fd = store_folder__open(folder, &lock_fd, why, sizeof(why));

	assert_true(fd >= 0);
	return fd;
}

/* Seconds since the trace began, which was long ago. */
static inline struct record_time at(uint64_t seconds)
{
	return (struct record_time){ .boot_ns = seconds * NS_PER_S, .wall_ns = wall_ns };
}

static inline struct sink *open_store(void)
{
	const struct store_options opts = { .folder_fd = open_folder(),
					    .lock_fd = lock_fd,
					    .on_failure = on_failure };
	struct sink *sink = store__new(&opts);
	const struct record_session session = { .host = "here",
						.version = "1",
						.kernel = "6.1",
						.arch = "x86_64",
						.target_kind = "machine",
						.page_size = 4096 };

	assert_non_null(sink);
	assert_int_equal(TAKE(sink, SESSION, session, at(0), session), 0);
	return sink;
}

static inline void send_oom(struct sink *sink, uint64_t id, const char *path, uint64_t seconds)
{
	const struct record_container web = { .ref = { CONTAINER__DOCKER, "daff88f9cafe", "", 0 },
					      .name = "web" };
	struct record_victim victim = { .pid = 7, .tid = 7, .comm = "hog", .cgroup = path };
	struct record_level limit = {
		.id = strlen(path), .path = path, .has_memory = true, .max_bytes = 1 << 20
	};
	struct record_oom oom = {
		.id = id,
		.cause = CAUSE_LIMIT_LOWERED,
		.cause_limit_id = 3,
		.outcome = OOM_KILLED,
		.constraint = "memcg",
		.trigger_comm = "hog",
		.trigger_pid = 7,
		.limit = &limit,
		.victims = &victim,
		.victim_count = 1,
		.killed = 1,
	};

	if (!strncmp(path, "/docker", 7))
		oom.limit_container = victim.container = web;
	assert_int_equal(TAKE(sink, OOM, oom, at(seconds), oom), 0);
}

static inline void send_limit(struct sink *sink, uint64_t id, const char *path, uint64_t seconds)
{
	const struct record_limit limit = { .id = id,
					    .file = LIMIT_MAX,
					    .cgroup = path,
					    .writer_comm = "runc",
					    .old_max_bytes = 2 << 20,
					    .new_max_bytes = 1 << 20 };

	assert_int_equal(TAKE(sink, LIMIT, limit, at(seconds), limit), 0);
}

static inline int count_names(void)
{
	struct dirent **names;
	int count = store_folder__scan(AT_FDCWD, folder, &names);

	for (int i = 0; i < count; i++)
		free(names[i]);
	if (count >= 0)
		free(names);
	return count;
}

static inline int count_hidden(void)
{
	DIR *dir = opendir(folder);
	struct dirent *e;
	int count = 0;

	assert_non_null(dir);
	while ((e = readdir(dir)))
		count += strlen(e->d_name) > 5 && !strcmp(e->d_name + strlen(e->d_name) - 5, ".part");
	closedir(dir);
	return count;
}

static inline struct entry read_entry(const char *name)
{
	char path[256];
	struct entry entry;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(entry__read(fd, "web", &entry), 0);
	close(fd);
	return entry;
}

#endif
