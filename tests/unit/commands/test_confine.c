// SPDX-License-Identifier: GPL-2.0-only
/* What is left to a process that makes a report. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/temp_file.h"
#include "commands/confine.h"

#define NO_LANDLOCK 77

static char dir[] = "/tmp/oomtrace-confine-XXXXXX";

static int set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(mkdir("temporary", 0700), 0);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	for (const char *name = "abc"; *name; name++)
		close(open((char[]){ *name, 0 }, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	return setenv("TMPDIR", "temporary", 1);
}

static int tear_down(void **state)
{
	(void)state;
	for (const char *name = "abc"; *name; name++)
		unlink((char[]){ *name, 0 });
	unlink("pipe");
	rmdir("temporary");
	return rmdir(dir);
}

static bool can(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool has_landlock(void)
{
	return syscall(444 /* landlock_create_ruleset */, NULL, 0, 1) > 0;
}

/* The number of the first thing that isn't as it should be. */
static int check_reader(void)
{
	char *files[] = {
		(char *)"a", (char *)"-", (char *)"not-there", (char *)"pipe", (char *)"/proc/self/fd/0", NULL
	};
	FILE *file;

	if (confine__report(files, "b", "temporary", false))
		return 1;
	if (!can("a", O_RDONLY) || !can("b", O_RDONLY) || !can("pipe", O_RDONLY))
		return 2;
	file = temp_file__new();
	if (!file || fputs("text", file) < 0 || fclose(file))
		return 3;
	/* Of Docker's socket, say, which does what root asks for; and root's processes. */
	if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0 || !kill(getppid(), 0) || !unshare(CLONE_NEWUSER))
		return 8;
	if (!has_landlock())
		return NO_LANDLOCK;
	if (can("a", O_WRONLY) || can("b", O_RDWR))
		return 4;
	if (can("c", O_RDONLY) || can("/etc/passwd", O_RDONLY) || can("/proc/self/status", O_RDONLY))
		return 5;
	if (can("d", O_WRONLY | O_CREAT) || !unlink("c") || !rename("a", "c"))
		return 6;
	execl("/bin/true", "true", NULL);
	return errno == EPERM ? 0 : 7;
}

static void test_reader(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (!pid)
		syscall(SYS_exit_group, check_reader()); /* see test_sandbox.c */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_LANDLOCK)
		print_message("SKIP files that may not be opened: this kernel has no Landlock\n");
	else
		assert_int_equal(status, 0);
}

/* Of capabilities that of reading other users' files is left, if there was any. */
static int check_capabilities(void)
{
	unsigned long long effective = ~0ULL;
	char *none[] = { NULL };
	char line[256];
	FILE *file = fopen("/proc/self/status", "re");

	if (!file || confine__report(none, NULL, "temporary", false))
		return 1;
	while (fgets(line, sizeof(line), file))
		sscanf(line, "CapEff: %llx", &effective);
	fclose(file);
	return (effective & ~(1ULL << CAP_DAC_READ_SEARCH)) ? 2 : 0;
}

static void test_capabilities(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (!pid)
		syscall(SYS_exit_group, check_capabilities());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reader),
		cmocka_unit_test(test_capabilities),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
