// SPDX-License-Identifier: GPL-2.0-only
/* What the guest of this suite needs beside workload.c: many small processes, a vfork, and what /proc says of all. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096UL

static void die(const char *what)
{
	fprintf(stderr, "tasks: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void touch(size_t pages)
{
	char *at =
		pages ? mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
		      : NULL;

	if (at == MAP_FAILED)
		die("mmap");
	for (size_t i = 0; i < pages; i++)
		at[i * PAGE] = 1;
}

/*
 * crowd COUNT KINDS: so many processes, no two of KINDS in a row with as much memory: up to KINDS pages. Says "ready"
 * once all have theirs.
 */
static int run_crowd(char **argv)
{
	long count = atol(argv[2]), kinds = atol(argv[3]);
	int fds[2];
	char byte;

	if (pipe(fds))
		die("pipe");
	for (long i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid)
			continue;
		touch(i % kinds);
		if (write(fds[1], "", 1) != 1)
			die("pipe");
		for (;;)
			pause();
	}
	for (long i = 0; i < count; i++) {
		if (read(fds[0], &byte, 1) != 1)
			die("pipe");
	}
	puts("ready");
	fflush(stdout);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	return 0;
}

/* vfork PAGES: a process that waits for a child, which uses its memory. */
static int run_vfork(char **argv)
{
	pid_t pid;

	touch(strtoul(argv[2], NULL, 10));
	pid = vfork();
	if (pid < 0)
		die("vfork");
	if (!pid) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Vfork): it changes nothing of the parent's */
		if (write(STDOUT_FILENO, "ready\n", 6) != 6)
			_exit(1);
		for (;;)
			pause();
	}
	return 0;
}

static int is_number(const char *name)
{
	return *name && strspn(name, "0123456789") == strlen(name);
}

/* scores: a line for each process: its pid and what /proc/PID/oom_score has. */
static int run_scores(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	if (!proc)
		die("/proc");
	while ((entry = readdir(proc))) {
		char path[300];
		FILE *file;
		long score;

		if (!is_number(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/oom_score", entry->d_name);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fscanf(file, "%ld", &score) == 1)
			printf("%s %ld\n", entry->d_name, score);
		fclose(file);
	}
	closedir(proc);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 3 && !strcmp(argv[1], "crowd"))
		return run_crowd(argv);
	if (argc > 2 && !strcmp(argv[1], "vfork"))
		return run_vfork(argv);
	if (argc > 1 && !strcmp(argv[1], "scores"))
		return run_scores();
	fprintf(stderr, "usage: tasks crowd COUNT KINDS | vfork PAGES | scores\n");
	return 2;
}
