// SPDX-License-Identifier: GPL-2.0-only
/* In a process of its own: there is no way back. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sandbox.h"

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

/* In place of the one that failed before it: `errno` is that of this call. */
static void expect_other(long result)
{
	if (result == -1 && (errno == EPERM || errno == ENOSYS))
		syscall(SYS_exit_group, 6);
}

static int seclude(unsigned int needs)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || sandbox__seclude(needs);
}

/* What nobody can do, whatever it needs. Where a call could do harm, or could be refused without the filter, its arguments are wrong in another way. */
static void expect_what_nobody_needs(int fd)
{
	static const int calls[] = {
		SYS_setns,
		SYS_mount,
		SYS_umount2,
		SYS_pivot_root,
		SYS_chroot,
		SYS_swapon,
		SYS_reboot,
		SYS_kexec_load,
		SYS_init_module,
		SYS_finit_module,
		SYS_delete_module,
		SYS_keyctl,
		SYS_add_key,
		SYS_userfaultfd,
		SYS_perf_event_open,
		SYS_process_vm_readv,
		SYS_process_vm_writev,
		SYS_open_by_handle_at,
		SYS_fchmod,
		SYS_fchown,
		SYS_setxattr,
		SYS_bind,
		SYS_listen,
		SYS_setpriority,
		SYS_sched_setaffinity,
		SYS_shmat,
		SYS_tkill,
		SYS_pidfd_send_signal,
		SYS_fanotify_init,
		SYS_mknodat,
		425 /* io_uring_setup */,
		438 /* pidfd_getfd */,
		440 /* process_madvise */,
		429 /* move_mount */,
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		expect_forbidden(syscall(calls[i], -1, -1, -1, -1, -1));
	expect_forbidden(execl("/bin/true", "true", NULL));
	expect_forbidden(ptrace(PTRACE_TRACEME, 0, 0, 0));
	expect_forbidden(unshare(CLONE_NEWUSER));
	expect_forbidden(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
	expect_forbidden(syscall(SYS_tgkill, getppid(), getppid(), 0));
	expect_forbidden(syscall(SYS_prlimit64, getppid(), RLIMIT_NOFILE, NULL, NULL));
	expect_forbidden(syscall(SYS_bpf, BPF_PROG_LOAD, NULL, 0));
	expect_forbidden(socket(AF_INET, SOCK_STREAM, 0));
	/* A pipe is no terminal: without the filter the error is another one. */
	expect_forbidden(ioctl(fd, TIOCSTI, "x"));
	expect_forbidden(syscall(SYS_ioctl, fd, 1UL << 32 | TIOCSTI, "x"));
	expect_forbidden(ioctl(fd, TIOCLINUX, "x"));
	expect_forbidden(fcntl(fd, F_SETOWN, getppid()));
	expect_forbidden(kill(-1, 0));
	if (syscall(435 /* clone3 */, NULL, 0) != -1 || errno != ENOSYS || syscall(100000, 0) != -1 ||
	    errno != ENOSYS)
		syscall(SYS_exit_group, 1);
}

/* Of what some need, what a process has that needs none of it. */
static void expect_nothing_more(const char *file)
{
	expect_forbidden(socket(AF_UNIX, SOCK_STREAM, 0));
	expect_forbidden(connect(-1, NULL, 0));
	expect_forbidden(kill(getppid(), SIGCONT));
	expect_forbidden(syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, NULL, 0));
	expect_forbidden(open(file, O_RDWR));
	expect_forbidden(open(file, O_WRONLY));
	expect_forbidden(open("/tmp", O_TMPFILE | O_RDWR, 0600));
	expect_forbidden(open("/not/there", O_CREAT, 0600));
	expect_forbidden(unlink("/not/there"));
	expect_forbidden(unlinkat(-1, "not there", 0));
	expect_forbidden(rename("/not/there", "/not/here"));
	expect_forbidden(mkdir("/not/there", 0700));
	expect_forbidden(truncate("/not/there", 0));
}

/* What a process can still do that keeps to itself, and what it can't. */
static int in_seclusion(void)
{
	int pair[2], status;
	pid_t pid;

	if (pipe(pair) || seclude(0))
		return 2;
	expect_what_nobody_needs(pair[0]);
	expect_nothing_more("/proc/self/comm");
	/* Reading, writing, its own limits, and processes of its own, which are kept so, too. */
	if (ioctl(pair[0], FIONREAD, &status) || write(pair[1], "x", 1) != 1 ||
	    open("/proc/self/exe", O_RDONLY | O_CLOEXEC) < 0 || sandbox__limit(RLIMIT_CORE, 0))
		return 3;
	pid = fork();
	if (!pid)
		syscall(SYS_exit_group, socket(AF_UNIX, SOCK_STREAM, 0) < 0 && sandbox__enter() == 0 ? 0 : 4);
	return waitpid(pid, &status, 0) == pid ? status : 5;
}

/* What is left to those that need it, and no more than that. */
static int with_needs(void)
{
	pid_t child = fork();
	int pair[2];

	if (!child) {
		pause();
		syscall(SYS_exit_group, 0);
	}
	if (child < 0 || pipe(pair) ||
	    seclude(SANDBOX__MAPS | SANDBOX__SOCKETS | SANDBOX__CHILDREN | SANDBOX__FILES))
		return 2;
	expect_what_nobody_needs(pair[0]);
	expect_forbidden(kill(0, SIGCONT));
	expect_forbidden(kill(1, SIGCONT));
	expect_forbidden(kill(-child, SIGKILL));
	expect_forbidden(kill(child, SIGTERM));
	expect_other(kill(child, SIGKILL));
	expect_other(socket(AF_UNIX, SOCK_STREAM, 0));
	expect_other(connect(-1, NULL, 0));
	expect_other(open("/proc/self/comm", O_WRONLY | O_CLOEXEC));
	expect_other(unlink("/not/there"));
	expect_other(unlinkat(AT_FDCWD, "/not/there", 0));
	expect_other(rename("/not/there", "/not/here"));
	return 0;
}

/* A guard takes its lock away, and nothing else. */
static int with_removing(void)
{
	if (seclude(SANDBOX__REMOVES))
		return 2;
	expect_other(unlinkat(AT_FDCWD, "/not/there", 0));
	expect_forbidden(unlink("/not/there"));
	expect_forbidden(open("/proc/self/comm", O_WRONLY | O_CLOEXEC));
	return 0;
}

static void *try_socket(void *go)
{
	char byte;

	/* Its thread was there before the filter. */
	if (read(*(int *)go, &byte, 1) != 1)
		return NULL;
	return socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM ? go : NULL;
}

static int with_threads(void)
{
	pthread_t thread;
	int pair[2];
	void *result;

	if (pipe(pair) || pthread_create(&thread, NULL, try_socket, &pair[0]) || seclude(0))
		return 2;
	if (write(pair[1], "x", 1) != 1 || pthread_join(thread, &result) || !result)
		return 3;
	return pthread_create(&thread, NULL, try_socket, &pair[0]) ? 4 : 0;
}

static int status_of(int (*run)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		syscall(SYS_exit_group, run());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Its own end by abort() is seen as that. */
static int killing_itself(void)
{
	if (!seclude(0))
		syscall(SYS_tgkill, getpid(), getpid(), SIGKILL);
	return 0;
}

static void test_seclusion(void **state)
{
	int status;

	(void)state;
	assert_int_equal(status_of(in_seclusion), 0);
	assert_int_equal(status_of(with_needs), 0);
	assert_int_equal(status_of(with_removing), 0);
	assert_int_equal(status_of(with_threads), 0);
	status = status_of(killing_itself);
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
