// SPDX-License-Identifier: GPL-2.0-only
/*
 * duplicate FOLDER SECONDS: what happens to a program when another process has duplicates of its files. One process writes a
 * program, closes it and executes it, again and again; or locks a file, closes it and locks it again. Another one looks at
 * its descriptors all the while, by readlink() of /proc/PID/fd, or takes a duplicate of each, asks for its page cache, and
 * closes it. Prints how often each failed, and the longest time for which a duplicate was there. For Linux 6.5; built by
 * hand: cc -O2 -o /tmp/duplicate tests/bench/duplicate.c
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* All architectures have these numbers. */
#define PIDFD_OPEN 434
#define PIDFD_GETFD 438
#define CACHESTAT 451

struct sums {
	uint64_t tries, failures; /* of the program that is looked at */
	uint64_t looks, longest_ns;
};

static struct sums *sums; /* shared */
static char path[4096];

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

/* ---- the program that is looked at ---- */

static void write_and_execute(void)
{
	static char program[1 << 20];
	int from = open("/bin/true", O_RDONLY | O_CLOEXEC), to, status;
	ssize_t size = read(from, program, sizeof(program));
	pid_t pid;

	close(from);
	to = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (size <= 0 || to < 0 || write(to, program, (size_t)size) != size)
		_exit(1);
	close(to);
	pid = fork();
	if (!pid) {
		execl(path, path, NULL);
		_exit(errno == ETXTBSY ? 99 : 98);
	}
	waitpid(pid, &status, 0);
	sums->tries++;
	sums->failures += WIFEXITED(status) && WEXITSTATUS(status) == 99;
}

static void lock_and_close(void)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0755);

	sums->tries++;
	sums->failures += fd < 0 || flock(fd, LOCK_EX | LOCK_NB);
	usleep(100);
	close(fd);
}

static pid_t start(void (*act)(void))
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (;;)
		act();
}

/* ---- who looks ---- */

static void take_duplicate(int pidfd, int number)
{
	uint64_t whole[2] = { 0, 0 }, figures[5], began_ns = now_ns();
	int fd = (int)syscall(PIDFD_GETFD, pidfd, number, 0);

	if (fd < 0)
		return;
	syscall(CACHESTAT, fd, whole, figures, 0);
	close(fd);
	began_ns = now_ns() - began_ns;
	sums->looks++;
	if (began_ns > sums->longest_ns)
		sums->longest_ns = began_ns;
}

static void look(pid_t pid, int pidfd, int duplicates)
{
	const struct dirent *entry;
	char name[300], text[4096];
	DIR *dir;

	snprintf(name, sizeof(name), "/proc/%d/fd", pid);
	dir = opendir(name);
	while (dir && (entry = readdir(dir))) {
		int number = atoi(entry->d_name);

		if (number < 3)
			continue;
		if (duplicates)
			take_duplicate(pidfd, number);
		else
			sums->looks += readlinkat(dirfd(dir), entry->d_name, text, sizeof(text)) > 0;
	}
	if (dir)
		closedir(dir);
}

static void run(const char *what, void (*act)(void), int duplicates, uint64_t duration_ns)
{
	uint64_t end_ns = now_ns() + duration_ns;
	pid_t pid = start(act);
	int pidfd = (int)syscall(PIDFD_OPEN, pid, 0);

	*sums = (struct sums){ 0 };
	while (now_ns() < end_ns)
		look(pid, pidfd, duplicates);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(pidfd);
	printf("%-8s %-10s %8lu looks, %5lu of %6lu failed", what, duplicates ? "duplicate" : "readlink",
	       (unsigned long)sums->looks, (unsigned long)sums->failures, (unsigned long)sums->tries);
	if (duplicates)
		printf(", longest %.1f ms", (double)sums->longest_ns / 1e6);
	putchar('\n');
	fflush(stdout);
}

int main(int argc, char **argv)
{
	uint64_t duration_ns;

	if (argc != 3)
		return 2;
	snprintf(path, sizeof(path), "%s/duplicate-test", argv[1]);
	duration_ns = strtoul(argv[2], NULL, 10) * 1000000000ULL;
	sums = mmap(NULL, sizeof(*sums), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sums == MAP_FAILED)
		return 1;
	for (int duplicates = 0; duplicates < 2; duplicates++) {
		run("execute", write_and_execute, duplicates, duration_ns);
		run("flock", lock_and_close, duplicates, duration_ns);
	}
	unlink(path);
	return 0;
}
