// SPDX-License-Identifier: GPL-2.0-only
/* What oomtrace refuses to write to, in folders that others may write, and what it writes. */
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
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/output_file.h"

static char folder[] = "/tmp/oomtrace-test-XXXXXX";
static int start_fd; /* of the folder we were started in */

static int set_up(void **state)
{
	(void)state;
	start_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return start_fd < 0 || !mkdtemp(folder) || chdir(folder);
}

static int clean_up(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return fchdir(start_fd) || close(start_fd) || system(command);
}

static void put_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void assert_holds(const char *name, const char *text)
{
	char bytes[64] = "";
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, bytes, sizeof(bytes) - 1), strlen(text));
	assert_string_equal(bytes, text);
	close(fd);
}

/* Opens in both ways, with the same refusal, and leaves nothing open or behind. */
static void assert_refused_by(int (*open_it)(struct output_file *, const char *, char *, size_t),
			      const char *path, int err, const char *words)
{
	char why[OUTPUT_FILE__WHY_SIZE] = "";
	struct output_file file;
	int next = dup(start_fd);

	close(next);
	assert_int_equal(open_it(&file, path, why, sizeof(why)), -err);
	if (!strstr(why, words))
		fail_msg("%s: '%s' instead of '%s'", path, why, words);
	assert_int_equal(file.fd, -1);
	assert_int_equal(dup(start_fd), next);
	close(next);
}

static void assert_refused(const char *path, int err, const char *words)
{
	assert_refused_by(output_file__open, path, err, words);
	assert_refused_by(output_file__open_beside, path, err, words);
}

static void open_ok(struct output_file *file, const char *path)
{
	char why[OUTPUT_FILE__WHY_SIZE] = "";

	if (output_file__open(file, path, why, sizeof(why)))
		fail_msg("%s %s", path, why);
	assert_true(fcntl(file->fd, F_GETFD) & FD_CLOEXEC);
}

static void close_both(struct output_file *file)
{
	assert_int_equal(close(file->fd), 0);
	output_file__close(file);
}

static void test_new_file_is_ours_alone(void **state)
{
	struct output_file file;
	struct stat st;

	(void)state;
	open_ok(&file, "new");
	assert_int_equal(write(file.fd, "x", 1), 1);
	assert_int_equal(stat("new", &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	close_both(&file);
	/* A path with folders, and from the root. */
	assert_int_equal(mkdir("sub", 0755), 0);
	open_ok(&file, "./sub//new");
	close_both(&file);
	assert_holds("sub/new", "");
}

static void test_empty_file_of_ours_is_taken(void **state)
{
	struct output_file file;

	(void)state;
	put_file("empty", "");
	open_ok(&file, "empty");
	assert_int_equal(fcntl(file.fd, F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(write(file.fd, "x", 1), 1);
	close_both(&file);
	assert_holds("empty", "x");
}

static void test_links_are_not_followed(void **state)
{
	(void)state;
	put_file("target", "");
	assert_int_equal(symlink("target", "link"), 0);
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_int_equal(symlink("/dev/null", "null"), 0);
	assert_refused("link", ELOOP, "is a link");
	assert_refused("dangling", ELOOP, "is a link");
	assert_refused("null", ELOOP, "is a link");
	assert_holds("target", "");
	assert_int_equal(access("nowhere", F_OK), -1);
}

static void test_foreign_things_are_refused(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "socket" };
	int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	put_file("one", "");
	assert_int_equal(link("one", "two"), 0);
	assert_refused("one", EMLINK, "has 2 names");
	/* Nobody reads it: to open it would wait for ever. */
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_refused("fifo", ENXIO, "is a named pipe");
	assert_int_equal(bind(socket_fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(socket_fd);
	assert_refused("socket", ENXIO, "is a device or a socket");
	assert_refused(".", EISDIR, "is a folder");
	assert_refused("..", EISDIR, "is a folder");
	assert_refused("missing/", EISDIR, "is a folder");
	assert_refused(folder, EISDIR, "is a folder");
	assert_refused("missing/new", ENOENT, "is in a folder that can't be opened: No such file");
	if (geteuid()) {
		assert_refused("/etc/passwd", EPERM, "belongs to user 0");
		return;
	}
	put_file("theirs", "");
	assert_int_equal(chown("theirs", 12345, 0), 0);
	assert_refused("theirs", EPERM, "belongs to user 12345, and oomtrace runs as user 0");
}

static void test_full_file_is_kept(void **state)
{
	(void)state;
	put_file("full", "text");
	assert_refused_by(output_file__open, "full", EEXIST, "is there already and isn't empty");
	assert_holds("full", "text");
	put_file("recording", "{\"type\":\"session\"}\n");
	assert_refused_by(output_file__open_beside, "recording", EEXIST, "is a recording");
	assert_holds("recording", "{\"type\":\"session\"}\n");
}

static void test_descriptors_and_devices(void **state)
{
	struct output_file file;
	char path[64];
	int ends[2];
	char byte;

	(void)state;
	open_ok(&file, "/dev/null");
	close_both(&file);
	open_ok(&file, "/dev/full");
	close_both(&file);
	open_ok(&file, "/dev/stdout");
	close_both(&file);
	/* As bash's >(COMMAND): an inherited descriptor. */
	assert_int_equal(pipe(ends), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[1]);
	open_ok(&file, path);
	assert_int_equal(file.folder_fd, -1);
	assert_int_equal(write(file.fd, "x", 1), 1);
	close_both(&file);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[1]);
	open_ok(&file, path);
	close_both(&file);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	assert_refused(path, EBADF, "isn't open for writing");
	/* One of our own, which the user can't mean. */
	assert_int_equal(fcntl(ends[1], F_SETFD, FD_CLOEXEC), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[1]);
	assert_refused(path, EBADF, "is no descriptor that oomtrace was started with");
	assert_refused("/dev/fd/987654321", EBADF, "is no descriptor");
	close(ends[0]);
	close(ends[1]);
}

static void test_beside_replaces_when_published(void **state)
{
	char why[OUTPUT_FILE__WHY_SIZE];
	struct output_file file;
	struct stat st;

	(void)state;
	put_file("report", "old");
	assert_int_equal(output_file__open_beside(&file, "report", why, sizeof(why)), 0);
	assert_int_equal(write(file.fd, "new", 3), 3);
	assert_holds("report", "old");
	assert_int_equal(output_file__publish(&file), 0);
	assert_holds("report", "new");
	close_both(&file);
	/* The mode that it had, which somebody gave it. */
	assert_int_equal(stat("report", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	/* Not published: as if nothing had been. */
	assert_int_equal(output_file__open_beside(&file, "report", why, sizeof(why)), 0);
	assert_int_equal(access(file.beside, F_OK), 0);
	snprintf(why, sizeof(why), "%s", file.beside);
	close_both(&file);
	assert_int_equal(access(why, F_OK), -1);
	assert_holds("report", "new");
}

static void test_signal_takes_beside_away(void **state)
{
	char why[OUTPUT_FILE__WHY_SIZE], name[NAME_MAX + 1] = "";
	struct output_file file;
	int ends[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		if (output_file__open_beside(&file, "signalled", why, sizeof(why)) ||
		    write(ends[1], file.beside, sizeof(file.beside)) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	close(ends[1]);
	assert_true(read(ends[0], name, sizeof(name)) > 0);
	assert_int_equal(access(name, F_OK), 0);
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	assert_int_equal(access(name, F_OK), -1);
	assert_int_equal(access("signalled", F_OK), -1);
	close(ends[0]);
}

/* The folder that was named is the one that is written, wherever its name leads by now. */
static void test_rotation_stays_in_its_folder(void **state)
{
	struct output_file file;
	int first;

	(void)state;
	assert_int_equal(mkdir("volume", 0755), 0);
	assert_int_equal(mkdir("elsewhere", 0755), 0);
	open_ok(&file, "volume/rec");
	assert_true(output_file__may_rotate(&file));
	assert_int_equal(write(file.fd, "1", 1), 1);
	assert_int_equal(rename("volume", "moved"), 0);
	assert_int_equal(symlink("elsewhere", "volume"), 0);
	first = file.fd;
	assert_int_equal(output_file__rotate(&file, "rec.1"), 0);
	assert_int_not_equal(file.fd, first);
	assert_int_equal(write(file.fd, "2", 1), 1);
	close(first);
	assert_holds("moved/rec.1", "1");
	assert_holds("moved/rec", "2");
	assert_int_equal(access("elsewhere/rec", F_OK), -1);
	/* Somebody puts another file in its place: that isn't renamed. */
	assert_int_equal(unlink("moved/rec"), 0);
	put_file("moved/rec", "theirs");
	assert_int_equal(output_file__rotate(&file, "rec.1"), -ESTALE);
	assert_holds("moved/rec.1", "1");
	assert_holds("moved/rec", "theirs");
	close_both(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_file_is_ours_alone),
		cmocka_unit_test(test_empty_file_of_ours_is_taken),
		cmocka_unit_test(test_links_are_not_followed),
		cmocka_unit_test(test_foreign_things_are_refused),
		cmocka_unit_test(test_full_file_is_kept),
		cmocka_unit_test(test_descriptors_and_devices),
		cmocka_unit_test(test_beside_replaces_when_published),
		cmocka_unit_test(test_signal_takes_beside_away),
		cmocka_unit_test(test_rotation_stays_in_its_folder),
	};

	return cmocka_run_group_tests(tests, set_up, clean_up);
}
