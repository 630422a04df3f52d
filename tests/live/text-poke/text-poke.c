// SPDX-License-Identifier: GPL-2.0-only
/*
 * text-poke SECONDS FILE: writes 1 and 0 to FILE, a tracepoint's "enable" in tracefs, on the first CPU, over and
 * over, so that the kernel patches its code, while processes end on the second, as fast as they can. No BPF, no
 * oomtrace: see docs/notes/text-poke.md. Tells every second how often it has done so.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "text-poke: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static _Noreturn void end_processes(atomic_ulong *exits)
{
	run_on(1);
	for (;;) {
		pid_t pid = vfork();

		if (!pid)
			_exit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			die("vfork");
		atomic_fetch_add(exits, 1);
	}
}

int main(int argc, char **argv)
{
	atomic_ulong *exits;
	unsigned long toggles = 0;
	time_t end, told;
	pid_t pid;
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: text-poke SECONDS FILE\n");
		return 2;
	}
	fd = open(argv[2], O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		die(argv[2]);
	exits = mmap(NULL, sizeof(*exits), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (exits == MAP_FAILED)
		die("mmap");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid)
		end_processes(exits);
	run_on(0);
	told = now();
	end = told + atol(argv[1]);
	while (now() < end) {
		if (pwrite(fd, "1", 1, 0) != 1 || pwrite(fd, "0", 1, 0) != 1)
			die(argv[2]);
		toggles++;
		if (now() != told) {
			told = now();
			printf("%lu times on and off, %lu processes ended\n", toggles, *exits);
			fflush(stdout);
		}
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return 0;
}
