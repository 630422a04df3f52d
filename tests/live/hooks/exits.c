// SPDX-License-Identifier: GPL-2.0-only
/*
 * exits CGROUP KIND: a process ends in CGROUP; what wait(2) says of it is printed, as JSON.
 *   threads      nine threads map and unmap memory; then SIGKILL
 *   code         the same, and one of them calls exit(3)
 *   zombie       the first thread ends, another lives on; then SIGKILL
 *   zombie-code  the first thread ends with 7, the other calls exit(3)
 *   zombie-hog   the first thread ends, the other takes memory until the OOM killer comes
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 9
#define BUSY_BYTES (256UL << 10)
#define HOG_BYTES (200UL << 20)

static char *map(size_t size)
{
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static void *wait_for_ever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void *busy(void *arg)
{
	for (;;) {
		char *at = map(BUSY_BYTES);

		if (at) {
			memset(at, 1, BUSY_BYTES);
			munmap(at, BUSY_BYTES);
		}
	}
	return arg;
}

/* A zombie of a first thread has no memory any more: what it says of itself is in the state. */
static void until_first_is_gone(void)
{
	char state[256] = "";
	FILE *file;

	while (!strstr(state, ") Z")) {
		file = fopen("/proc/self/stat", "re");
		if (!file || !fgets(state, sizeof(state), file))
			exit(9);
		fclose(file);
	}
}

static void *hog(void *arg)
{
	char *at = map(HOG_BYTES);

	until_first_is_gone();
	memset(at, 1, HOG_BYTES);
	return arg;
}

static void *leave(void *arg)
{
	until_first_is_gone();
	exit(3);
	return arg;
}

static void *leave_busy(void *arg)
{
	usleep(200000);
	exit(3);
	return arg;
}

static void start(void *(*run)(void *))
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, NULL))
		exit(9);
}

static void child(const char *cgroup, const char *kind, int ready)
{
	char path[512];
	bool zombie = !strncmp(kind, "zombie", 6);
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, "0", 1) != 1)
		exit(9);
	if (!strcmp(kind, "zombie"))
		start(wait_for_ever);
	else if (!strcmp(kind, "zombie-code"))
		start(leave);
	else if (!strcmp(kind, "zombie-hog"))
		start(hog);
	else
		for (int i = 0; i < THREADS; i++)
			start(busy);
	if (!strcmp(kind, "code"))
		start(leave_busy);
	if (write(ready, "", 1) != 1)
		exit(9);
	if (zombie)
		syscall(SYS_exit, 7);
	wait_for_ever(NULL);
}

int main(int argc, char **argv)
{
	int ready[2], status;
	char byte;
	pid_t pid;

	if (argc != 3 || pipe(ready))
		return 2;
	pid = fork();
	if (!pid)
		child(argv[1], argv[2], ready[1]);
	if (pid < 0 || read(ready[0], &byte, 1) != 1)
		return 1;
	usleep(200000);
	if (!strcmp(argv[2], "threads") || !strcmp(argv[2], "zombie"))
		kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		return 1;
	printf("{\"kind\":\"%s\",\"pid\":%d,\"status\":%d}\n", argv[2], pid, status);
	return 0;
}
