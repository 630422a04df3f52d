// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes that are ended by SIGKILL, and those that send it. Each says who it is before anything happens, one line
 * on stdout: "ROLE PID", with the pid that the machine knows it by.
 *
 *   wait ROLE       waits for its end
 *   container       an init in a pid namespace of its own (role init), with a child (role child) that has tried in
 *                   vain to kill it. SIGUSR2 ends the init
 *   parent          a process whose child (role orphan) wants SIGKILL at its death. SIGUSR2 ends it
 *   rlimit          uses up its RLIMIT_CPU
 *   timer           has a timer that sends itself SIGKILL
 *   seccomp         makes a system call that its filter doesn't allow
 *   strict          makes a system call that seccomp's strict mode doesn't allow
 *   send HOW PID    sends SIGKILL: kill, tkill, tgkill, sigqueue or pidfd
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_send_signal 424
#define SYS_pidfd_open 434
#endif

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void say(const char *role)
{
	char self[32] = "", line[64];
	int len;

	if (readlink("/proc/self", self, sizeof(self) - 1) < 0)
		die("/proc/self");
	len = snprintf(line, sizeof(line), "%s %s\n", role, self);
	if (write(STDOUT_FILENO, line, len) != len)
		die("stdout");
}

static void end(int sig)
{
	(void)sig;
	_exit(0);
}

static void wait_for_end(void)
{
	for (;;)
		pause();
}

static void be_init(void)
{
	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (!child) {
		/* From inside of its namespace an init can't be killed. */
		kill(1, SIGKILL);
		say("child");
		wait_for_end();
	}
	signal(SIGUSR2, end);
	say("init");
	wait_for_end();
}

static void container(void)
{
	pid_t init;

	if (unshare(CLONE_NEWPID))
		die("unshare");
	init = fork();
	if (init < 0)
		die("fork");
	if (!init)
		be_init();
	waitpid(init, NULL, 0);
}

static void parent(void)
{
	pid_t child;

	signal(SIGUSR2, end);
	child = fork();
	if (child < 0)
		die("fork");
	if (!child) {
		signal(SIGUSR2, SIG_DFL);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		say("orphan");
		wait_for_end();
	}
	say("parent");
	wait_for_end();
}

static void use_up_cpu(void)
{
	const struct rlimit limit = { 1, 1 };

	say("rlimit");
	if (setrlimit(RLIMIT_CPU, &limit))
		die("setrlimit");
	for (;;)
		;
}

static void set_timer(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
	struct itimerspec soon = { .it_value.tv_nsec = 100000000 };
	timer_t timer;

	say("timer");
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &soon, NULL))
		die("timer");
	wait_for_end();
}

/* getppid() ends the process. */
static void seccomp_filter(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	say("seccomp");
	sleep(2);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		die("seccomp");
	syscall(SYS_getppid);
	die("seccomp");
}

static void seccomp_strict(void)
{
	say("strict");
	sleep(2);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		die("strict");
	syscall(SYS_getppid);
	die("strict");
}

static void send_kill(const char *how, pid_t pid)
{
	const union sigval value = { .sival_int = 0 };
	long failed = -1;

	say("sender");
	if (!strcmp(how, "kill"))
		failed = kill(pid, SIGKILL);
	else if (!strcmp(how, "tkill"))
		failed = syscall(SYS_tkill, pid, SIGKILL);
	else if (!strcmp(how, "tgkill"))
		failed = syscall(SYS_tgkill, pid, pid, SIGKILL);
	else if (!strcmp(how, "sigqueue"))
		failed = sigqueue(pid, SIGKILL, value);
	else if (!strcmp(how, "pidfd"))
		failed = syscall(SYS_pidfd_send_signal, syscall(SYS_pidfd_open, pid, 0), SIGKILL, NULL, 0);
	if (failed)
		die(how);
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (!strcmp(command, "wait") && argc == 3) {
		say(argv[2]);
		wait_for_end();
	} else if (!strcmp(command, "container")) {
		container();
	} else if (!strcmp(command, "parent")) {
		parent();
	} else if (!strcmp(command, "rlimit")) {
		use_up_cpu();
	} else if (!strcmp(command, "timer")) {
		set_timer();
	} else if (!strcmp(command, "seccomp")) {
		seccomp_filter();
	} else if (!strcmp(command, "strict")) {
		seccomp_strict();
	} else if (!strcmp(command, "send") && argc == 4) {
		send_kill(argv[2], atoi(argv[3]));
	} else {
		fprintf(stderr, "ends: the top of ends.c lists the commands\n");
		return 2;
	}
	return 0;
}
