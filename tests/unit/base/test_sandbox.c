// SPDX-License-Identifier: GPL-2.0-only
/* In a process of its own: there is no way back. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sandbox.h"
#include "base/seclusion.h"

static void expect_refused(long result)
{
	if (result != -1 || errno != ENOSYS)
		_exit(1);
}

/* In a process of its own: what the sandbox allows and what it doesn't. */
static int in_sandbox(const char *file)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = open(file, O_RDONLY);

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || sandbox__enter())
		return 2;
	expect_refused(socket(AF_UNIX, SOCK_STREAM, 0));
	expect_refused(connect(fd, (struct sockaddr *)&address, sizeof(address)));
	expect_refused(write(fd, "x", 1));
	expect_refused(open(file, O_RDWR));
	expect_refused(open(file, O_WRONLY));
	expect_refused(open("/tmp", O_TMPFILE | O_RDWR, 0600));
	expect_refused(unlink(file));
	expect_refused(kill(getppid(), 0));
	expect_refused(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
	expect_refused(execl(file, file, NULL));
	expect_refused((long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0));
	expect_refused(ptrace(PTRACE_TRACEME, 0, 0, 0));
	if (open(file, O_RDONLY | O_CLOEXEC) < 0 || read(fd, (char[4]){}, 4) != 4 ||
	    mmap(NULL, 1 << 24, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
		return 3;
	return 0;
}

static void test_sandbox(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	pid = fork();
	if (!pid)
		syscall(SYS_exit_group,
			in_sandbox("/proc/self/exe")); /* not _exit(): the sanitizer looks for leaks there */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void expect_forbidden(long result)
{
	if (result != -1 || errno != EPERM)
		syscall(SYS_exit_group, 1);
}

/* What a process can still do that keeps to itself, and what it can't. */
static int in_seclusion(void)
{
	int pair[2], status;
	pid_t pid;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || seclusion__enter())
		return 2;
	expect_forbidden(socket(AF_UNIX, SOCK_STREAM, 0));
	expect_forbidden(execl("/bin/true", "true", NULL));
	expect_forbidden(kill(getppid(), 0));
	expect_forbidden(syscall(SYS_tgkill, getppid(), getppid(), 0));
	expect_forbidden(ptrace(PTRACE_TRACEME, 0, 0, 0));
	expect_forbidden(unshare(CLONE_NEWUSER));
	expect_forbidden(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
	expect_forbidden(syscall(SYS_bpf, 0, NULL, 0));
	expect_forbidden(syscall(425 /* io_uring_setup */, 1, NULL));
	expect_forbidden(syscall(438 /* pidfd_getfd */, -1, 0, 0));
	if (pipe(pair))
		return 3;
	/* A pipe is no terminal: without the filter the error is another one. */
	expect_forbidden(ioctl(pair[0], TIOCSTI, "x"));
	expect_forbidden(syscall(SYS_ioctl, pair[0], 1UL << 32 | TIOCSTI, "x"));
	expect_forbidden(ioctl(pair[0], TIOCLINUX, "x"));
	/* Reading, writing, and processes of its own, which are kept so, too. */
	if (ioctl(pair[0], FIONREAD, &status) || write(pair[1], "x", 1) != 1 ||
	    open("/proc/self/exe", O_RDONLY | O_CLOEXEC) < 0)
		return 3;
	pid = fork();
	if (!pid)
		syscall(SYS_exit_group, socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? 0 : 4);
	return waitpid(pid, &status, 0) == pid ? status : 5;
}

static void test_seclusion(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid)
		syscall(SYS_exit_group, in_seclusion());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* Its own end by abort() is seen as that. */
	pid = fork();
	if (!pid && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && !seclusion__enter())
		syscall(SYS_tgkill, getpid(), getpid(), SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sandbox),
		cmocka_unit_test(test_seclusion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
