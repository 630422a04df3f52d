// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/input.h"
#include "base/sandbox.h"
#include "service/incident_file.h"
#include "store_run.h"

/* The store beside full disks and neighbours that mean ill. */

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
}

static uint64_t count_ooms(int *unreadable)
{
	struct dirent **names;
	int count = store_folder__scan(AT_FDCWD, folder, &names);
	uint64_t ooms = 0;

	*unreadable = 0;
	for (int i = 0; i < count; i++) {
		char path[512];
		struct entry entry = {};
		int fd;

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
		fd = open(path, O_RDONLY);
		*unreadable += fd < 0 || entry__read(fd, NULL, &entry) < 0 || entry.cut;
		ooms += entry.ooms;
		entry__free(&entry);
		close(fd);
		free(names[i]);
	}
	free(names);
	return ooms;
}

/* A disk that is full for a while in the middle of an incident leaves no file that can't be read to its end. */
static void test_full_for_a_while(void **state)
{
	const uint64_t now = clock__ns(CLOCK_BOOTTIME) / NS_PER_S;
	struct sink *sink = open_store();
	int unreadable;

	(void)state;
	send_oom(sink, 1, "/a", now);
	sink__sync(sink);
	limit_files(256);
	for (uint64_t id = 2; id < 6; id++) {
		send_oom(sink, id, "/a", now);
		sink__sync(sink);
	}
	assert_int_equal(failure, -EFBIG);
	limit_files(RLIM_INFINITY);
	for (uint64_t id = 6; id < 10; id++) {
		send_oom(sink, id, "/a", now);
		sink__sync(sink);
	}
	sink->ops->free(sink);
	/* What was flushed before, and what came when there was room again. */
	assert_true(count_ooms(&unreadable) >= 4);
	assert_true(unreadable <= 1);
	assert_int_equal(count_hidden(), 0);
}

/* A disk that stays full isn't filled by empty files. */
static void test_full_for_long(void **state)
{
	struct sink *sink = open_store();

	(void)state;
	limit_files(0);
	for (uint64_t id = 1; id < 50; id++)
		send_oom(sink, id, "/a", 30 * id);
	sink->ops->free(sink);
	limit_files(RLIM_INFINITY);
	assert_int_equal(count_hidden(), 0);
	assert_int_equal(count_names(), 0);
}

/* Anybody to whom a cgroup was delegated can call one below it like another's, and have OOMs there each second. */
static void test_same_name(void **state)
{
	struct sink *sink = open_store();

	(void)state;
	send_oom(sink, 1, "/user.slice/web.service", 5);
	send_oom(sink, 2, "/system.slice/web.service", 5);
	sink->ops->free(sink);
	assert_int_equal(failure, 0);
	assert_int_equal(count_names(), 2);
}

/* What the trace lost belongs to each incident that went on then, as its end says. */
static void test_lost(void **state)
{
	struct sink *sink = open_store();
	const struct record_lost lost = { .kind = "oom", .count = 7 };
	struct entry e;

	(void)state;
	send_oom(sink, 1, "/docker/a", 5);
	assert_int_equal(TAKE(sink, LOST, lost, at(6), lost), 0);
	sink->ops->free(sink);
	e = read_entry(STEM "web_daff88f9.jsonl.zst");
	assert_int_equal(e.lost, 7);
	entry__free(&e);
}

static int count_lines(const char *name, const char *text)
{
	char command[256];
	int count = -1;
	FILE *out;

	snprintf(command, sizeof(command), "cd %s && zstdcat *%s* | grep -c '%s'", folder, name, text);
	out = popen(command, "r");
	assert_non_null(out);
	assert_int_equal(fscanf(out, "%d", &count), 1);
	pclose(out);
	return count;
}

/* What comes after an OOM and is about it is in its incident, and in no other. */
static void test_after(void **state)
{
	struct sink *sink = open_store();
	const struct record_relief relief = { .oom_id = 2, .pid = 7, .comm = "relieved", .live = true };
	const struct record_repeats repeats = { .limit_cgroup = "/other", .repeats = 123456 };
	const struct record_kernel_log log = { .oom_id = 2, .pid = 7, .comm = "logged" };
	char command[256];

	(void)state;
	send_oom(sink, 1, "/docker/a", 5);
	send_oom(sink, 2, "/other", 5);
	assert_int_equal(TAKE(sink, RELIEF, relief, at(6), relief), 0);
	assert_int_equal(TAKE(sink, REPEATS, repeats, at(6), repeats), 0);
	assert_int_equal(TAKE(sink, KERNEL_LOG, kernel_log, at(6), log), 0);
	sink->ops->free(sink);
	snprintf(command, sizeof(command),
		 "cd %s && ! zstdcat *web* | grep -E 'relief|oom-repeats|kernel-log' && "
		 "test $(zstdcat *other* | grep -cE '\"relieved\"|123456|\"logged\"') = 3",
		 folder);
	assert_int_equal(system(command), 0);
}

/* What belongs to an incident is in it, however long the path of its cgroup is. */
static void test_long_path(void **state)
{
	struct sink *sink = open_store();
	char path[3000] = "/docker";
	struct entry e;

	(void)state;
	while (strlen(path) < sizeof(path) - 2)
		strcat(path, strlen(path) % 10 ? "x" : "/");
	send_limit(sink, 9, path, 1); /* none but its path says that it is about this cgroup */
	send_oom(sink, 1, path, 2);
	send_limit(sink, 10, path, 3);
	sink->ops->free(sink);
	e = read_entry(STEM "web_daff88f9.jsonl.zst");
	assert_string_equal(e.cgroup, path);
	entry__free(&e);
	assert_int_equal(count_lines("web", "\"type\":\"limit\""), 2);
}

/* Somebody else's writes of limits, however many, don't push out the one that is a cause. */
static void test_many_writes(void **state)
{
	struct sink *sink = open_store();
	struct entry e;

	(void)state;
	send_limit(sink, 3, "/docker/a", 1);
	for (uint64_t id = 10; id < 2000; id++)
		send_limit(sink, id, "/user.slice/mine", 1);
	send_oom(sink, 1, "/docker/a", 2);
	sink->ops->free(sink);
	e = read_entry(STEM "web_daff88f9.jsonl.zst");
	assert_non_null(strstr(e.verdict, "runc"));
	entry__free(&e);
}

/* Nor those of somebody who may make as many cgroups as they like. */
static void check_many_cgroups(const char *format)
{
	struct sink *sink = open_store();
	char path[128];
	struct entry e;

	send_limit(sink, 3, "/docker/a", 1);
	for (uint64_t id = 10; id < 4000; id++) {
		snprintf(path, sizeof(path), "%s/%d", format, (int)id);
		send_limit(sink, id, path, 1);
	}
	send_oom(sink, 1, "/docker/a", 2);
	sink->ops->free(sink);
	e = read_entry(STEM "web_daff88f9.jsonl.zst");
	assert_non_null(strstr(e.verdict, "runc"));
	entry__free(&e);
}

static void test_many_cgroups_of_a_user(void **state)
{
	(void)state;
	check_many_cgroups("/user.slice/user-1000.slice/user@1000.service");
}

static void test_many_cgroups_of_a_unit(void **state)
{
	(void)state;
	check_many_cgroups("/system.slice/web.service");
}

/* What was planted while others could write to the folder is neither followed, nor waited for, nor taken. */
static void test_planted(void **state)
{
	char path[512];
	int fd = open_folder();
	int64_t order_ns = 0;

	(void)state;
	snprintf(path, sizeof(path), "%s/." STEM "fifo.part", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(path, sizeof(path), "%s/." STEM "link.part", folder);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	snprintf(path, sizeof(path), "%s/." STEM "folder.part", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	alarm(20);
	assert_int_equal(incident_file__recover(fd, &order_ns), 0);
	alarm(0);
	assert_int_equal(count_names(), 0);
	close(fd);
}

static uint64_t count_bytes(const char *name)
{
	static char buffer[1 << 20];
	char path[512];
	struct input *input;
	uint64_t bytes = 0;
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	input = input__new(fd);
	assert_non_null(input);
	while ((got = input__read(input, buffer, sizeof(buffer))) > 0)
		bytes += (uint64_t)got;
	assert_int_equal(got, 0);
	input__free(input);
	close(fd);
	return bytes;
}

/* Some KiB that unpack to more than an incident has hold up neither the start, nor who reads them. */
static void test_bomb(void **state)
{
	const size_t size = 160U << 20, room = 1U << 20;
	char *lines = malloc(size), *packed = malloc(room), path[512];
	int fd = open_folder(), file;
	struct entry entry;
	int64_t order_ns = 0;
	size_t packed_size;

	(void)state;
	assert_true(lines && packed);
	memset(lines, '\n', size);
	packed_size = ZSTD_compress(packed, room, lines, size, 1);
	assert_false(ZSTD_isError(packed_size));
	free(lines);
	snprintf(path, sizeof(path), "%s/." STEM "bomb.part", folder);
	file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_int_equal(write(file, packed, packed_size), packed_size);
	free(packed);
	assert_int_equal(lseek(file, 0, SEEK_SET), 0);
	assert_int_equal(entry__read(file, NULL, &entry), -EOVERFLOW);
	entry__free(&entry);
	close(file);
	assert_int_equal(incident_file__recover(fd, &order_ns), 1);
	assert_true(count_bytes(STEM "bomb.jsonl.zst") <= 128U << 20);
	close(fd);
}

/* In the sandbox nobody may change a file's mode: it is made so that the folder's group reads it. */
static void test_mode(void **state)
{
	struct stat st;
	char file[128];
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		struct sink *sink = open_store();

		umask(0077); /* as the unit has it */
		if (sandbox__seclude(SANDBOX__FILES))
			_exit(2);
		send_oom(sink, 1, "/a", 1);
		_exit(sink__finish(sink) || failure);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	snprintf(file, sizeof(file), "%s/" STEM "a.jsonl.zst", folder);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_full_for_a_while, make, unmake),
		cmocka_unit_test_setup_teardown(test_full_for_long, make, unmake),
		cmocka_unit_test_setup_teardown(test_same_name, make, unmake),
		cmocka_unit_test_setup_teardown(test_lost, make, unmake),
		cmocka_unit_test_setup_teardown(test_after, make, unmake),
		cmocka_unit_test_setup_teardown(test_many_writes, make, unmake),
		cmocka_unit_test_setup_teardown(test_many_cgroups_of_a_user, make, unmake),
		cmocka_unit_test_setup_teardown(test_many_cgroups_of_a_unit, make, unmake),
		cmocka_unit_test_setup_teardown(test_long_path, make, unmake),
		cmocka_unit_test_setup_teardown(test_planted, make, unmake),
		cmocka_unit_test_setup_teardown(test_bomb, make, unmake),
		cmocka_unit_test_setup_teardown(test_mode, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
