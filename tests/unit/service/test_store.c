// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "service/incident_file.h"
#include "base/input.h"
#include "store_run.h"

/* OOMs of one limit within seconds are one incident, with the write that caused it, and those of another another. */
static void test_incidents(void **state)
{
	struct sink *sink = open_store();
	const struct record_exit exit = { .pid = 7, .cgroup = "/docker/a/b", .comm = "hog" };
	const mode_t mask = umask(0077); /* as the unit has it */
	struct stat st;
	char file[128];
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
	umask(mask);
	snprintf(file, sizeof(file), "%s/" STEM "other.jsonl.zst", folder);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640); /* for the folder's group */
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
/* How often a text is in a file. */
static int count_in(const char *name, const char *text)
{
	char command[512];
	FILE *out;
	int count = -1;

	snprintf(command, sizeof(command), "zstdcat '%s/%s' | grep -c -- '%s'", folder, name, text);
	out = popen(command, "re");
	assert_non_null(out);
	assert_int_equal(fscanf(out, "%d", &count), 1);
	pclose(out);
	return count;
}

static void send_near(struct sink *sink, const char *path, uint64_t seconds, bool again)
{
	const struct record_near_limit near = {
		.cgroup_id = strlen(path), .cgroup = path, .max_bytes = 100, .percent = 90
	};
	const struct record_snapshot_process process = { .pid = (uint32_t)seconds, .comm = "hog" };
	const struct record_snapshot snapshot = { .cgroup_id = strlen(path),
						  .cgroup = path,
						  .percent = 90,
						  .duration_ns = 1,
						  .again = again,
						  .seen = 1,
						  .processes = &process,
						  .process_count = 1 };

	if (!again)
		assert_int_equal(TAKE(sink, NEAR_LIMIT, near_limit, at(seconds), near), 0);
	assert_int_equal(TAKE(sink, SNAPSHOT, snapshot, at(seconds), snapshot), 0);
}

/* What was known of its memory before goes with an incident: of the last climb, and of no other cgroup. */
static void test_near(void **state)
{
	struct sink *sink = open_store();

	(void)state;
	send_near(sink, "/other", 1, false);
	send_near(sink, "/the-third", 2, false);
	send_near(sink, "/docker/a", 3, false);
	send_near(sink, "/docker/a", 4, false);
	send_near(sink, "/docker/a", 14, true);
	for (uint64_t i = 0; i < 20; i++)
		send_near(sink, "/quite/another", 15, true);
	send_oom(sink, 1, "/docker/a", 20);
	send_near(sink, "/docker/a", 21, true); /* it goes on */
	send_oom(sink, 2, "/other/1", 22);
	send_near(sink, "/old", 23, false);
	send_oom(sink, 3, "/old", 624);
	assert_int_equal(sink__finish(sink), 0);
	sink->ops->free(sink);
	assert_int_equal(count_in(STEM "web_daff88f9.jsonl.zst", "\"type\":\"near-limit\""), 1);
	assert_int_equal(count_in(STEM "web_daff88f9.jsonl.zst", "\"type\":\"snapshot\""), 3);
	assert_int_equal(count_in(STEM "web_daff88f9.jsonl.zst", "\"pid\":4,"), 1);
	assert_int_equal(count_in(STEM "1.jsonl.zst", "snapshot"), 0);
	assert_int_equal(count_in(STEM "old.jsonl.zst", "snapshot"), 0);
	assert_int_equal(failure, 0);
}

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

/* Whoever comes near their limits as often as they like leaves what is known of others. */
static void test_near_neighbours(void **state)
{
	struct sink *sink = open_store();

	(void)state;
	send_near(sink, "/docker/a", 3, false);
	for (int i = 0; i < 100; i++)
		send_near(sink, i % 2 ? "/lab/one" : "/lab/and-another", 4, true);
	send_oom(sink, 1, "/docker/a", 5);
	sink->ops->free(sink);
	assert_int_equal(count_in(STEM "web_daff88f9.jsonl.zst", "\"type\":\"near-limit\""), 1);
	assert_int_equal(failure, 0);
}

/* One who may make as many limits as they like leaves others' incidents as they are: each is whole, in one file. */
static void test_neighbours(void **state)
{
	struct sink *sink = open_store();
	char path[64];

	(void)state;
	send_oom(sink, 1000, "/web", 5);
	for (int i = 1; i <= 40; i++) {
		snprintf(path, sizeof(path), "/lab/%.*s", i,
			 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
		send_oom(sink, (uint64_t)i, path, 6);
	}
	send_oom(sink, 1000, "/web", 7);
	sink->ops->free(sink);
	assert_int_equal(count_names(), 41);
	assert_int_equal(failure, 0);
}

static bool has_exit(const char *name)
{
	static char text[1 << 16];
	struct input *input;
	char path[256];
	ssize_t got;
	size_t len = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	input = input__new(fd);
	assert_non_null(input);
	while ((got = input__read(input, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)got;
	assert_true(!got && len < sizeof(text) - 1);
	text[len] = '\0';
	input__free(input);
	close(fd);
	return strstr(text, "\"type\":\"exit\"");
}

/* A limit so far down that its path isn't known is not the machine's: what happens elsewhere isn't of its incident. */
static void test_deep(void **state)
{
	struct sink *sink = open_store();
	const struct record_exit exit = { .pid = 7, .cgroup = "/docker/a/b", .comm = "hog" };
	struct record_victim victim = { .pid = 8, .tid = 8, .comm = "hog" };
	struct record_level limit = { .id = 77, .has_memory = true, .max_bytes = 1 << 20 };
	struct record_oom oom = { .id = 1,
				  .outcome = OOM_KILLED,
				  .constraint = "memcg",
				  .limit = &limit,
				  .victims = &victim,
				  .victim_count = 1,
				  .killed = 1 };

	(void)state;
	assert_int_equal(TAKE(sink, OOM, oom, at(2), oom), 0);
	assert_int_equal(TAKE(sink, EXIT, exit, at(3), exit), 0);
	sink->ops->free(sink);
	assert_int_equal(count_names(), 1);
	assert_false(has_exit(STEM "cgroup.jsonl.zst"));
	/* One of the machine has all. */
	sink = open_store();
	oom.limit = NULL;
	assert_int_equal(TAKE(sink, OOM, oom, at(2), oom), 0);
	assert_int_equal(TAKE(sink, EXIT, exit, at(3), exit), 0);
	sink->ops->free(sink);
	assert_int_equal(count_names(), 2);
	assert_true(has_exit(STEM "machine.jsonl.zst"));
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
	int64_t order_ns = WALL_NS;
	struct stat st;

	(void)state;
	assert_int_equal(incident_file__open(&f, fd, STEM "web"), 0);
	assert_int_equal(incident_file__put(&f, text, strlen(text)), 0);
	assert_int_equal(incident_file__flush(&f), 0);
	incident_file__close(&f);
	assert_int_equal(count_names(), 0);
	assert_int_equal(incident_file__recover(fd, &order_ns), 1);
	assert_int_equal(incident_file__recover(fd, &order_ns), 0);
	assert_int_equal(fstatat(fd, STEM "web.jsonl.zst", &st, 0), 0);
	assert_true(order_ns > WALL_NS && store_folder__written_ns(&st) == order_ns);
	assert_int_equal(count_names(), 1);
	e = read_entry(STEM "web.jsonl.zst");
	assert_int_equal(e.lost, 7);
	assert_true(e.cut);
	entry__free(&e);
	/* Of nothing nothing is made. */
	assert_int_equal(incident_file__open(&f, fd, STEM "empty"), 0);
	incident_file__close(&f);
	assert_int_equal(count_hidden(), 0);
	assert_int_equal(incident_file__recover(fd, &order_ns), 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_incidents, make, unmake),
		cmocka_unit_test_setup_teardown(test_near, make, unmake),
		cmocka_unit_test_setup_teardown(test_near_neighbours, make, unmake),
		cmocka_unit_test_setup_teardown(test_sync, make, unmake),
		cmocka_unit_test_setup_teardown(test_many, make, unmake),
		cmocka_unit_test_setup_teardown(test_neighbours, make, unmake),
		cmocka_unit_test_setup_teardown(test_deep, make, unmake),
		cmocka_unit_test_setup_teardown(test_crash, make, unmake),
		cmocka_unit_test_setup_teardown(test_full_disk, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
