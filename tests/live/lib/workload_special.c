// SPDX-License-Identifier: GPL-2.0-only
/* Processes that are more, or less, than one thread with its own memory, or that are in a bad way already. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "workload.h"

static bool is_zombie(pid_t tid)
{
	char path[64], text[512] = "", *state;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	state = strrchr(text, ')');
	return state && state[1] == ' ' && state[2] == 'Z';
}

static void *zombie_thread(void *arg)
{
	const struct timespec tick = { .tv_nsec = 10000000 };

	prctl(PR_SET_NAME, "second-thread");
	for (int i = 0; !is_zombie(getpid()); i++) {
		if (i == 1000) {
			fprintf(stderr, "workload: the leader lives on\n");
			exit(1);
		}
		nanosleep(&tick, NULL);
	}
	say("zombie-leader", "start");
	touch_anon((size_t)(uintptr_t)arg);
	hold("zombie-leader");
	return NULL;
}

/* zombie-leader MIB: the leader of the thread group is gone, another thread has the memory. */
int run_zombie_leader(int argc, char **argv)
{
	uintptr_t size = number(argv[1]) * MIB;
	pthread_t thread;

	(void)argc;
	errno = pthread_create(&thread, NULL, zombie_thread, (void *)size);
	if (errno)
		die("pthread_create");
	pthread_exit(NULL);
}

static volatile int sharer_ready;

static int sharer(void *arg)
{
	(void)arg;
	prctl(PR_SET_NAME, "sharer");
	say("sharer", "start");
	sharer_ready = 1;
	for (;;)
		pause();
	return 0;
}

/* share-mm MIB: a second process, not a thread, that uses the same memory. */
int run_share_mm(int argc, char **argv)
{
	static char stack[256 << 10] __attribute__((aligned(16)));
	const struct timespec tick = { .tv_nsec = 10000000 };

	(void)argc;
	say("sharing", "start");
	if (clone(sharer, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL) < 0)
		die("clone");
	for (int i = 0; !sharer_ready; i++) {
		if (i == 1000) {
			fprintf(stderr, "workload: the other process does not start\n");
			return 1;
		}
		nanosleep(&tick, NULL);
	}
	touch_anon(number(argv[1]) * MIB);
	hold("sharing");
	return 0;
}

/*
 * init MIB STATUS: the init of a pid namespace takes memory, then exits with STATUS. Its parent
 * leaves the cgroup, so that this is empty when the init is gone, as a container's is.
 */
int run_init(int argc, char **argv)
{
	const char *root = getenv("CGROUP_ROOT");
	size_t size = number(argv[1]) * MIB;
	char path[512];
	int status;
	pid_t pid;

	(void)argc;
	if (unshare(CLONE_NEWPID))
		die("unshare");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		prctl(PR_SET_NAME, "ns-init");
		say("init", "start");
		wait_gate();
		touch_anon(size);
		_exit(number(argv[2]));
	}
	snprintf(path, sizeof(path), "%s/cgroup.procs", root ? root : "/sys/fs/cgroup");
	write_file(path, "0");
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void pin_to_cpu0(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

/*
 * exiting MIB CGROUP LIMIT: a victim that is dying already when the OOM killer finds it. The child
 * holds memory in CGROUP. It gets SIGKILL, which marks its whole group as exiting at once, but
 * can't run to act on it: we have its only CPU at real-time priority, and don't let go of it until
 * CGROUP's memory.max has been lowered to LIMIT bytes.
 */
int run_exiting(int argc, char **argv)
{
	const struct sched_param idle = { 0 }, high = { .sched_priority = 50 };
	char path[512];
	int fds[2], limit_fd;
	pid_t pid;

	(void)argc;
	pin_to_cpu0();
	snprintf(path, sizeof(path), "%s/memory.max", argv[2]);
	limit_fd = open(path, O_WRONLY | O_CLOEXEC);
	if (limit_fd < 0)
		die(path);
	if (pipe(fds))
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		snprintf(path, sizeof(path), "%s/cgroup.procs", argv[2]);
		write_file(path, "0");
		if (sched_setscheduler(0, SCHED_IDLE, &idle))
			die("sched_setscheduler");
		pool_worker(number(argv[1]) * MIB, fds[1]);
	}
	close(fds[1]);
	wait_worker(fds[0]);
	say("writer", "start");
	if (sched_setscheduler(0, SCHED_FIFO, &high))
		die("sched_setscheduler");
	if (kill(pid, SIGKILL))
		die("kill");
	if (write(limit_fd, argv[3], strlen(argv[3])) < 0)
		die("memory.max");
	if (waitpid(pid, NULL, 0) != pid)
		die("waitpid");
	return 0;
}

/* Waits in a new process, which holds memory and is the parent of one that does; SIZES: parent's, child's. */
static void fork_pair(const size_t *sizes)
{
	int parent_done[2], child_done[2];
	pid_t pid;

	if (pipe(parent_done))
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		if (pipe(child_done))
			die("pipe");
		pid = fork();
		if (pid < 0)
			die("fork");
		if (!pid) /* before its parent has memory, which would be counted as its own, too */
			pool_worker(sizes[1], child_done[1]);
		close(child_done[1]);
		wait_worker(child_done[0]);
		pool_worker(sizes[0], parent_done[1]);
	}
	close(parent_done[1]);
	wait_worker(parent_done[0]);
}

/*
 * lineage MIB: a process that forks two pairs of parent and child, in which no one executes a program.
 * By size, the OOM killer takes the first pair's parent before its child, the second's after it, and
 * last ourselves. Those whose parent is dead come to us, as in a container they come to its init.
 */
int run_lineage(int argc, char **argv)
{
	size_t unit = number(argv[1]) * MIB;

	(void)argc;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1))
		die("PR_SET_CHILD_SUBREAPER");
	say("lineage", "start");
	wait_gate();
	fork_pair((size_t[]){ 5 * unit, 4 * unit });
	fork_pair((size_t[]){ 2 * unit, 3 * unit });
	hold("lineage");
	return 0;
}
