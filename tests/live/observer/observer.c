// SPDX-License-Identifier: GPL-2.0-only
/*
 * observer CGROUP WAY: a process outside of CGROUP looks at the memory of a process in it until the kernel kills there.
 *
 *   fill     the process has mapped 16 MiB and touched none of it; the observer writes to /proc/PID/mem
 *   swapped  the process's 8 MiB are swapped out, and another one's locked memory has filled the cgroup, which may not
 *            swap any more; the observer reads by process_vm_readv(2). Wants a limit of 16 MiB, and swap
 *
 * Prints the observer's pid, and those of the processes in the cgroup.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define MIB (1UL << 20)
#define FILL (16 * MIB)
#define SLEEPER (8 * MIB)
#define LOCKED (14 * MIB)

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void put(const char *cgroup, const char *file, const char *text)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", cgroup, file);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fail(path);
	close(fd);
}

static char *map(size_t size)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED || madvise(memory, size, MADV_NOHUGEPAGE))
		fail("map");
	return memory;
}

/* A process in the cgroup that touches the memory, locks it if it is to, and waits. Returns when it has. */
static pid_t inside(const char *cgroup, const char *name, char *memory, size_t touched, int locked)
{
	int fds[2];
	char ready;
	pid_t child;

	if (pipe(fds))
		fail("pipe");
	child = fork();
	if (child < 0)
		fail("fork");
	if (child) {
		close(fds[1]);
		if (read(fds[0], &ready, 1) != 1)
			fail(name);
		close(fds[0]);
		return child;
	}
	put(cgroup, "cgroup.procs", "0");
	prctl(PR_SET_NAME, name);
	if (locked && mlock2(memory, touched, MLOCK_ONFAULT))
		fail("mlock2");
	for (size_t at = 0; at < touched; at += PAGE)
		memory[at] = 1;
	if (write(fds[1], "", 1) != 1)
		fail("pipe");
	for (;;)
		pause();
}

/* The kernel isn't to choose the observer, which may be in the cgroup itself. */
static void protect_itself(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	if (fd < 0 || write(fd, "-1000", 5) != 5)
		fail("oom_score_adj");
	close(fd);
}

static int is_dead(pid_t pid)
{
	siginfo_t info = { 0 };

	return !waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid == pid;
}

static void fill(pid_t pid, char *memory)
{
	char path[64], page[PAGE] = "x";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		fail(path);
	for (size_t done = 0;
	     done < FILL && pwrite(fd, page, PAGE, (off_t)(uintptr_t)(memory + done)) == PAGE;)
		done += PAGE;
}

static void look(pid_t pid, char *memory)
{
	char page[PAGE];
	struct iovec here = { page, PAGE }, there = { memory, PAGE };

	for (size_t at = 0; at < SLEEPER; at += PAGE) {
		there.iov_base = memory + at;
		if (process_vm_readv(pid, &here, 1, &there, 1, 0) != PAGE)
			return;
	}
}

int main(int argc, char **argv)
{
	int swapped = argc == 3 && !strcmp(argv[2], "swapped"), signal, dead = 0;
	pid_t observed, locker = 0;
	char *memory;

	if (argc != 3)
		return 2;
	memory = map(FILL);
	observed = inside(argv[1], "observed", memory, swapped ? SLEEPER : 0, 0);
	if (swapped) {
		locker = inside(argv[1], "locker", map(LOCKED), LOCKED, 1);
		put(argv[1], "memory.swap.max", "0");
	}
	protect_itself();
	if (swapped) {
		look(observed, memory);
	} else {
		fill(observed, memory);
	}
	/* The victim's end comes some time after its signal. */
	for (int i = 0; i < 6000 && !dead; i++) {
		dead = is_dead(observed) || (locker && is_dead(locker));
		usleep(10000);
	}
	kill(observed, SIGTERM);
	if (waitpid(observed, &signal, 0) != observed)
		fail("waitpid");
	printf("{\"pid\":%d,\"observed\":%d,\"locker\":%d,\"dead\":%d}\n", getpid(), observed, locker, dead);
	if (locker) {
		kill(locker, SIGTERM);
		waitpid(locker, &signal, 0);
	}
	return 0;
}
