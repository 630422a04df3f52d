// SPDX-License-Identifier: GPL-2.0-only
/*
 * killer CGROUP TIMES: lowers the limit of a cgroup, so that the kernel kills a process there in this thread, and then
 * sends SIGKILL to another process there itself. Prints the pids of those others.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOG (12UL << 20)

static void put(const char *cgroup, const char *file, const char *text)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", cgroup, file);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, text, strlen(text)) < 0) {
		perror(path);
		exit(1);
	}
	close(fd);
}

/* A process in the cgroup that holds so much. Returns when it does. */
static pid_t start(const char *cgroup, size_t bytes)
{
	int fds[2];
	char ready, *memory;
	pid_t child;

	if (pipe(fds))
		exit(1);
	child = fork();
	if (child < 0)
		exit(1);
	if (child) {
		close(fds[1]);
		if (read(fds[0], &ready, 1) != 1)
			exit(1);
		close(fds[0]);
		return child;
	}
	put(cgroup, "cgroup.procs", "0");
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory == MAP_FAILED)
		_exit(1);
	if (write(fds[1], "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	int times = argc == 3 ? atoi(argv[2]) : 0;

	for (int i = 0; i < times; i++) {
		pid_t hog = start(argv[1], HOG), other;

		put(argv[1], "memory.max", "8M");
		/* The kernel has killed it, or this ends it. */
		kill(hog, SIGTERM);
		waitpid(hog, NULL, 0);
		put(argv[1], "memory.max", "max");
		other = start(argv[1], 4096);
		kill(other, SIGKILL);
		waitpid(other, NULL, 0);
		printf("%d\n", other);
		fflush(stdout);
	}
	return 0;
}
