// SPDX-License-Identifier: GPL-2.0-only
/*
 * For each line on stdin, prints one with what it took, by the clock of the thread: what other processes do
 * meanwhile isn't in it.
 *
 * charge fault CGROUP MIB: in CGROUP, faults in MIB of 4 KiB pages and frees them: "FAULT_NS FREE_NS" of a page.
 *
 * charge kill CGROUP CANDIDATES: puts CANDIDATES small processes into CGROUP, and a limit on it, and then each
 * time a big one, which gets killed when another, that mustn't be, asks for more: "NS" of the fault that the
 * kill came of.
 *
 * On a machine whose clock counts instructions, one each nanosecond, these are instructions.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB (1UL << 20)
#define PAGE 4096UL
#define BIG_MIB 40  /* what is killed has */
#define ROOM_MIB 48 /* between the candidates' memory and the limit */

static void die(const char *what)
{
	fprintf(stderr, "charge: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

static long long thread_ns(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts))
		die("clock");
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static char *map(size_t size)
{
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED || madvise(at, size, MADV_NOHUGEPAGE))
		die("mmap");
	return at;
}

static void touch(char *at, size_t size)
{
	for (size_t i = 0; i < size; i += PAGE)
		*(volatile char *)(at + i) = 1;
}

static void fault_round(size_t size)
{
	long long start, touched, freed;
	char *at = map(size);
	size_t pages = size / PAGE;

	start = thread_ns();
	touch(at, size);
	touched = thread_ns();
	munmap(at, size);
	freed = thread_ns();
	printf("%.3f %.3f\n", (double)(touched - start) / pages, (double)(freed - touched) / pages);
}

/* A process that waits to be killed. Returns when it is there with all its memory. */
static pid_t start_waiting(size_t size, const char *oom_score_adj)
{
	int ready[2];
	pid_t pid;
	char byte;

	if (pipe2(ready, O_CLOEXEC))
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		write_file("/proc/self", "oom_score_adj", oom_score_adj);
		if (size)
			touch(map(size), size);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		die("a child");
	close(ready[0]);
	return pid;
}

/* Asks for page after page until one of them has cost the big process its life. */
static void kill_round(void)
{
	size_t size = ROOM_MIB * MIB;
	pid_t big = start_waiting(BIG_MIB * MIB, "1000");
	char *at = map(size);
	long long longest = 0;

	for (size_t i = 0; i < size && waitpid(big, NULL, WNOHANG) != big; i += PAGE) {
		long long start = thread_ns(), took;

		touch(at + i, PAGE);
		took = thread_ns() - start;
		if (took > longest)
			longest = took;
	}
	munmap(at, size);
	printf("%lld\n", longest);
}

static void set_limit(const char *cgroup)
{
	char path[512], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/memory.current", cgroup);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		die(path);
	close(fd);
	snprintf(text, sizeof(text), "%lu", strtoul(text, NULL, 10) + ROOM_MIB * MIB);
	write_file(cgroup, "memory.max", text);
}

int main(int argc, char **argv)
{
	char line[16];
	int number;

	if (argc != 4) {
		fprintf(stderr, "usage: charge fault|kill CGROUP NUMBER\n");
		return 2;
	}
	number = atoi(argv[3]);
	write_file(argv[2], "cgroup.procs", "0");
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(argv[1], "fault")) {
		while (fgets(line, sizeof(line), stdin))
			fault_round(number * MIB);
		return 0;
	}
	write_file("/proc/self", "oom_score_adj", "-1000");
	for (int i = 0; i < number; i++)
		start_waiting(0, "0");
	set_limit(argv[2]);
	while (fgets(line, sizeof(line), stdin))
		kill_round();
	return 0;
}
