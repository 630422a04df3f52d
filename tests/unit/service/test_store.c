// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
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
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "service/entry.h"
#include "service/incident_file.h"
#include "service/store.h"
#include "take.h"

#define WALL_NS 1795748666000000000 /* 2026-11-27T03:04:26Z */
#define STEM "2026-11-27T030426Z_"

static char folder[64];
static int failure;

static int make(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/oomtrace-store-XXXXXX");
	failure = 0;
	return !mkdtemp(folder);
}

static int unmake(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static void on_failure(int err)
{
	failure = err;
}

static int open_folder(void)
{
	char why[STORE_FOLDER_WHY_SIZE];
	int fd = store_folder__open(folder, why, sizeof(why));

	assert_true(fd >= 0);
	return fd;
}

/* Seconds since the trace began, which was long ago. */
static struct record_time at(uint64_t seconds)
{
	return (struct record_time){ .boot_ns = seconds * NS_PER_S, .wall_ns = WALL_NS };
}

static struct sink *open_store(void)
{
	const struct store_options opts = { .folder_fd = open_folder(), .on_failure = on_failure };
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

static void send_oom(struct sink *sink, uint64_t id, const char *path, uint64_t seconds)
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

static void send_limit(struct sink *sink, uint64_t id, const char *path, uint64_t seconds)
{
	const struct record_limit limit = { .id = id,
					    .file = LIMIT_MAX,
					    .cgroup = path,
					    .writer_comm = "runc",
					    .old_max_bytes = 2 << 20,
					    .new_max_bytes = 1 << 20 };

	assert_int_equal(TAKE(sink, LIMIT, limit, at(seconds), limit), 0);
}

static int count_names(void)
{
	struct dirent **names;
	int count = store_folder__scan(folder, &names);

	for (int i = 0; i < count; i++)
		free(names[i]);
	if (count >= 0)
		free(names);
	return count;
}

static struct entry read_entry(const char *name)
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

/* OOMs of one limit within seconds are one incident, with the write that caused it, and those of another another. */
static void test_incidents(void **state)
{
	struct sink *sink = open_store();
	const struct record_exit exit = { .pid = 7, .cgroup = "/docker/a/b", .comm = "hog" };
	struct entry e;

	(void)state;
	send_limit(sink, 3, "/docker/a", 1);
	send_limit(sink, 4, "/other", 1);
	send_oom(sink, 1, "/docker/a", 2);
	send_oom(sink, 2, "/other", 3);
	send_oom(sink, 3, "/docker/a", 11);
	assert_int_equal(TAKE(sink, EXIT, exit, at(11), exit), 0);
	assert_int_equal(count_names(), 0); /* nobody sees half of one */
	send_oom(sink, 4, "/docker/a", 22);
	assert_int_equal(count_names(), 1);
	assert_int_equal(sink__finish(sink), 0);
	assert_int_equal(count_names(), 3);
	sink->ops->free(sink);

	e = read_entry(STEM "web_daff88f9.jsonl.zst");
	assert_int_equal(e.ooms, 2);
	assert_int_equal(e.kills, 2);
	assert_string_equal(e.host, "here");
	assert_string_equal(e.container, "web");
	assert_string_equal(e.cause, "limit-lowered");
	assert_non_null(strstr(e.verdict, "lowered"));
	assert_non_null(strstr(e.verdict, "runc")); /* the write is in it */
	assert_true(e.matches && !e.cut);
	assert_true(e.wall_ns == WALL_NS);
	entry__free(&e);
	e = read_entry(STEM "web_daff88f9-2.jsonl.zst");
	assert_int_equal(e.ooms, 1);
	entry__free(&e);
	e = read_entry(STEM "other.jsonl.zst");
	assert_false(e.matches);
	entry__free(&e);
	assert_int_equal(failure, 0);
}

/* Time goes on without records: the trace's own clock ends it. */
static void test_sync(void **state)
{
	struct sink *sink = open_store();

	(void)state;
	send_oom(sink, 1, "/a", clock__ns(CLOCK_BOOTTIME) / NS_PER_S + 1);
	assert_int_equal(sink__sync(sink), 0);
	assert_int_equal(count_names(), 0);
	send_oom(sink, 2, "/bb", 1);
	assert_int_equal(sink__sync(sink), 0);
	assert_int_equal(count_names(), clock__ns(CLOCK_BOOTTIME) > 12 * NS_PER_S ? 1 : 0);
	sink->ops->free(sink);
	assert_int_equal(count_names(), 2);
}

/* More limits at a time than there are files: the one that was quiet for longest ends, and none is lost. */
static void test_many(void **state)
{
	struct sink *sink = open_store();
	char path[64];

	(void)state;
	for (int i = 1; i <= 40; i++) {
		snprintf(path, sizeof(path), "/%.*s", i,
			 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
		send_oom(sink, (uint64_t)i, path, 5);
	}
	sink->ops->free(sink);
	assert_int_equal(count_names(), 40);
	assert_int_equal(failure, 0);
}

/* Killed in the middle: what was flushed is a whole incident at the next start, once. */
static void test_crash(void **state)
{
	static const char text[] =
		"{\"type\":\"session\",\"ts_ns\":1,\"time\":\"2026-11-27T03:04:26.000000Z\",\"schema\":1,"
		"\"host\":\"here\",\"version\":\"1\",\"kernel\":\"6.1\",\"arch\":\"x\",\"page_size\":4096,"
		"\"wall_offset_ns\":0,\"target\":{\"kind\":\"machine\"},\"plan\":[]}\n"
		"{\"type\":\"lost\",\"ts_ns\":1,\"time\":\"2026-11-27T03:04:26.000000Z\",\"kind\":\"oom\",\"count\":7}\n"
		"{\"type\":\"oo";
	struct incident_file f;
	struct entry e;
	int fd = open_folder();

	(void)state;
	assert_int_equal(incident_file__open(&f, fd, STEM "web"), 0);
	assert_int_equal(incident_file__put(&f, text, strlen(text)), 0);
	assert_int_equal(incident_file__flush(&f), 0);
	incident_file__close(&f);
	assert_int_equal(count_names(), 0);
	assert_int_equal(incident_file__recover(fd), 1);
	assert_int_equal(incident_file__recover(fd), 0);
	assert_int_equal(count_names(), 1);
	e = read_entry(STEM "web.jsonl.zst");
	assert_int_equal(e.lost, 7);
	assert_true(e.cut);
	entry__free(&e);
	/* Of nothing nothing is made. */
	assert_int_equal(incident_file__open(&f, fd, STEM "empty"), 0);
	incident_file__close(&f);
	assert_int_equal(incident_file__recover(fd), 1);
	assert_int_equal(count_names(), 1);
	close(fd);
}

/* A disk that is full stops the store and says so once; when there is room again, so is the store. */
static void test_full_disk(void **state)
{
	struct sink *sink = open_store();
	struct rlimit all, none;

	(void)state;
	getrlimit(RLIMIT_FSIZE, &all);
	none = all;
	none.rlim_cur = 0;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &none);
	send_oom(sink, 1, "/a", 1);
	send_oom(sink, 2, "/a", 30);
	setrlimit(RLIMIT_FSIZE, &all);
	assert_int_equal(failure, -EFBIG);
	send_oom(sink, 3, "/bb", 31);
	sink->ops->free(sink);
	assert_true(count_names() >= 1);
}

/* ---- the folder ---- */

static void test_names(void **state)
{
	char stem[STORE_FOLDER_STEM_SIZE], name[STORE_FOLDER_STEM_SIZE + 16];

	(void)state;
	store_folder__stem(stem, WALL_NS, "web", "daff88f9cafe");
	assert_string_equal(stem, STEM "web_daff88f9");
	store_folder__stem(stem, WALL_NS, "daff88f9cafe", "daff88f9cafe");
	assert_string_equal(stem, STEM "daff88f9cafe");
	/* A container chooses its name. */
	store_folder__stem(stem, WALL_NS, "../../etc/$(reboot);\n\xff", NULL);
	assert_string_equal(stem, STEM "..-..-etc---reboot----");
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	store_folder__stem(stem, WALL_NS, name, name);
	assert_true(strlen(stem) < sizeof(stem) - 8);
	snprintf(name, sizeof(name), "%s" STORE_FOLDER_ENDING, stem);
	assert_true(store_folder__is_incident(name));
	assert_false(store_folder__is_incident("notes.jsonl.zst"));
	assert_false(store_folder__is_incident("2026-11-27T030426Z_web.jsonl"));
	assert_false(store_folder__is_incident(""));
}

static void put_file(int fd, const char *name, size_t size)
{
	int file = openat(fd, name, O_WRONLY | O_CREAT, 0600);

	assert_true(file >= 0);
	assert_int_equal(ftruncate(file, (off_t)size), 0);
	close(file);
}

/* The oldest go first, and nothing that isn't the store's. */
static void test_bounds(void **state)
{
	const struct timespec old[] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	int fd = open_folder();

	(void)state;
	put_file(fd, "2026-11-27T030426Z_a.jsonl.zst", 1000);
	put_file(fd, "2026-11-27T030427Z_b.jsonl.zst", 1000);
	put_file(fd, "2026-11-27T030428Z_c.jsonl.zst", 1000);
	put_file(fd, "mine.jsonl", 5000);
	assert_int_equal(store_folder__prune(fd, 0, WALL_NS, 0), 0);
	assert_int_equal(store_folder__prune(fd, 3000, WALL_NS, 0), 0);
	assert_int_equal(store_folder__prune(fd, 2999, WALL_NS, 0), 1);
	assert_int_equal(faccessat(fd, "2026-11-27T030426Z_a.jsonl.zst", F_OK, 0), -1);
	futimens(openat(fd, "2026-11-27T030428Z_c.jsonl.zst", O_WRONLY), old);
	assert_int_equal(store_folder__prune(fd, 0, 2000 * (int64_t)NS_PER_S, 1001 * NS_PER_S), 0);
	assert_int_equal(store_folder__prune(fd, 0, 2000 * (int64_t)NS_PER_S, 999 * NS_PER_S), 1);
	/* A clock that was set back makes nothing old. */
	assert_int_equal(store_folder__prune(fd, 0, 1, 1), 0);
	assert_int_equal(faccessat(fd, "2026-11-27T030427Z_b.jsonl.zst", F_OK, 0), 0);
	assert_int_equal(faccessat(fd, "mine.jsonl", F_OK, 0), 0);
	close(fd);
}

/* There is one writer, and no place that others may write to is taken. */
static void test_whose_folder(void **state)
{
	char why[STORE_FOLDER_WHY_SIZE];
	int fd = open_folder();

	(void)state;
	assert_int_equal(store_folder__open(folder, why, sizeof(why)), -1);
	assert_string_equal(why, "is written by another oomtrace already");
	close(fd);
	chmod(folder, 0777);
	assert_int_equal(store_folder__open(folder, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "can be written by others"));
	chmod(folder, 0700);
	assert_int_equal(store_folder__open("/proc/nothing/here", why, sizeof(why)), -1);
	assert_non_null(strstr(why, "can't be made"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_incidents, make, unmake),
		cmocka_unit_test_setup_teardown(test_sync, make, unmake),
		cmocka_unit_test_setup_teardown(test_many, make, unmake),
		cmocka_unit_test_setup_teardown(test_crash, make, unmake),
		cmocka_unit_test_setup_teardown(test_full_disk, make, unmake),
		cmocka_unit_test_setup_teardown(test_names, make, unmake),
		cmocka_unit_test_setup_teardown(test_bounds, make, unmake),
		cmocka_unit_test_setup_teardown(test_whose_folder, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
