// SPDX-License-Identifier: GPL-2.0-only
/* What limits-guest.sh needs beside workload.c: writes and waits that a shell can't do. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "limits-workload: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e3 + ts.tv_nsec / 1e6;
}

/* loop MIB: needs exactly so much memory; touches every page of it, again and again. */
static _Noreturn void run_loop(char **argv)
{
	size_t size = strtoul(argv[2], NULL, 10) << 20;
	char *memory = calloc(1, size); /* of the kernel's zero pages: not touched yet */

	if (!memory)
		die("calloc");
	for (;;) {
		for (size_t i = 0; i < size; i += 4096)
			memory[i]++;
		usleep(10000);
	}
}

/*
 * churn FOLDER COUNT: makes so many cgroups in FOLDER, one after another; in each a process takes 1 MiB and
 * ends, then the cgroup is removed.
 */
static int run_churn(char **argv)
{
	char path[256];

	for (long i = 0, count = atol(argv[2]); i < count; i++) {
		struct clone_args args = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD };
		long pid;
		int fd;

		snprintf(path, sizeof(path), "%s/churn%ld", argv[1], i);
		if (mkdir(path, 0755))
			die(path);
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			die(path);
		args.cgroup = (unsigned int)fd;
		pid = syscall(SYS_clone3, &args, sizeof(args));
		if (pid < 0)
			die("clone3");
		if (!pid) {
			volatile char *memory = malloc(1 << 20);

			for (size_t at = 0; memory && at < 1 << 20; at += 4096)
				memory[at] = 1;
			_exit(0);
		}
		waitpid((pid_t)pid, NULL, 0);
		close(fd);
		/* A process is out of its cgroup only some time after it can be waited for. */
		while (rmdir(path) && errno == EBUSY)
			usleep(100);
	}
	return 0;
}

/* nonblock FILE VALUE: one write with O_NONBLOCK. Prints its pid before it writes. */
static int run_nonblock(char **argv)
{
	int fd = open(argv[1], O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		die(argv[1]);
	printf("%d\n", getpid());
	fflush(stdout);
	if (write(fd, argv[2], strlen(argv[2])) < 0)
		die("write");
	return 0;
}

/* write-and-grow GATE FILE VALUE MIB: when GATE exists, a write, and then the same thread takes memory. */
static int run_write_and_grow(char **argv)
{
	size_t size = strtoul(argv[4], NULL, 10) << 20;
	int fd = open(argv[2], O_WRONLY | O_CLOEXEC);
	volatile char *memory = calloc(1, size);

	if (fd < 0 || !memory)
		die(argv[2]);
	while (access(argv[1], F_OK))
		usleep(1000);
	if (write(fd, argv[3], strlen(argv[3])) < 0)
		die("write");
	for (size_t i = 0; i < size; i += 4096)
		memory[i]++;
	free((void *)memory);
	return 0;
}

/*
 * end PID SIGNAL FILE VALUE MS: sends the signal and looks at FILE for MS. Prints FILE's value just
 * before, and for how many ms after it was last seen not to be VALUE (0: never); exits with 1 if it
 * isn't at the end.
 */
static int run_end(char **argv)
{
	const struct timespec tick = { .tv_nsec = 1000000 };
	int fd = open(argv[3], O_RDONLY | O_CLOEXEC);
	double from, wrong_ms = 0;
	char before[64] = "", text[64];
	ssize_t len;

	if (fd < 0)
		die(argv[3]);
	len = pread(fd, before, sizeof(before) - 1, 0);
	if (len <= 0)
		die(argv[3]);
	before[len - 1] = '\0';
	if (kill(atoi(argv[1]), atoi(argv[2])))
		die("kill");
	from = now_ms();
	do {
		len = pread(fd, text, sizeof(text) - 1, 0);
		if (len <= 0)
			die(argv[3]);
		text[len - 1] = '\0';
		if (strcmp(text, argv[4]))
			wrong_ms = now_ms() - from;
		nanosleep(&tick, NULL);
	} while (now_ms() - from < atoi(argv[5]));
	printf("{\"before\":\"%s\",\"wrong_ms\":%.1f,\"after\":\"%s\"}\n", before, wrong_ms, text);
	return strcmp(text, argv[4]) != 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "loop"))
		run_loop(argv);
	if (argc == 4 && !strcmp(argv[1], "churn"))
		return run_churn(argv + 1);
	if (argc == 4 && !strcmp(argv[1], "nonblock"))
		return run_nonblock(argv + 1);
	if (argc == 6 && !strcmp(argv[1], "write-and-grow"))
		return run_write_and_grow(argv + 1);
	if (argc == 7 && !strcmp(argv[1], "end"))
		return run_end(argv + 1);
	fprintf(stderr,
		"usage: limits-workload loop MIB | churn FOLDER COUNT | nonblock FILE VALUE | end PID SIGNAL FILE VALUE MS |\n"
		"write-and-grow GATE FILE VALUE MIB\n");
	return 2;
}
