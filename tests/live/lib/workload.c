// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the live tests let the OOM killer loose on. One static program: the guest has no libraries.
 *
 * Each process and thread that may die says who it is on stdout, one JSON line in one write(2),
 * before it touches memory: the tests compare what oomtrace reports with that. One that has all its
 * memory and now only waits says so too ("state": "holding"): its figures no longer change, so the
 * kernel's log and oomtrace must agree to the byte, and the scripts know when to go on.
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

#include "workload.h"

#define PAGE 4096UL

static const char *gate; /* a file: memory is not touched before it exists */

void die(const char *what)
{
	fprintf(stderr, "workload: %s: %s\n", what, strerror(errno));
	exit(1);
}

unsigned long number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 0);

	if (!*text || *end) {
		fprintf(stderr, "workload: '%s' is not a number\n", text);
		exit(2);
	}
	return n;
}

void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

/* The cgroup as the process itself sees it: "" when it can't. */
static void own_cgroup(char *dst, size_t size)
{
	char text[4096], *line;
	int fd = open("/proc/thread-self/cgroup", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	dst[0] = '\0';
	if (fd >= 0)
		close(fd);
	if (len <= 0)
		return;
	text[len] = '\0';
	/* v2's line, "0::/path"; on v1, the one of the memory controller, "N:memory:/path" */
	line = strstr(text, ":memory:");
	if (line)
		line += strlen(":memory:");
	else if ((line = strstr(text, "0::")))
		line += strlen("0::");
	else
		return;
	line[strcspn(line, "\n")] = '\0';
	snprintf(dst, size, "%s", line);
}

static long self_pid(const char *link)
{
	char text[64] = "";
	ssize_t len = readlink(link, text, sizeof(text) - 1);

	return len > 0 ? atol(text) : -1;
}

/*
 * Pids are those of /proc, which is the machine's even for a process in a pid namespace of its own;
 * those that getpid() gives would be that namespace's.
 */
void say(const char *role, const char *state)
{
	char cgroup[2048], thread[64] = "", line[4096];
	const char *scenario = getenv("SCENARIO");
	long pid = self_pid("/proc/self"), tid = pid;
	const char *slash;
	int len;

	own_cgroup(cgroup, sizeof(cgroup));
	if (readlink("/proc/thread-self", thread, sizeof(thread) - 1) > 0) {
		slash = strrchr(thread, '/');
		if (slash)
			tid = atol(slash + 1);
	}
	len = snprintf(line, sizeof(line),
		       "{\"scenario\":\"%s\",\"pid\":%ld,\"tid\":%ld,\"role\":\"%s\","
		       "\"state\":\"%s\",\"cgroup\":\"%s\"}\n",
		       scenario ? scenario : "", pid, tid, role, state, cgroup);
	if (write(STDOUT_FILENO, line, len) != len)
		die("stdout");
}

static void touch(char *from, size_t size)
{
	for (size_t at = 0; at < size; at += PAGE)
		*(volatile char *)(from + at) = 1;
}

static char *map(size_t size, int flags, int fd)
{
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (at == MAP_FAILED)
		die("mmap");
	return at;
}

void touch_anon(size_t size)
{
	if (size)
		touch(map(size, MAP_PRIVATE | MAP_ANONYMOUS, -1), size);
}

static void touch_shmem(size_t size)
{
	if (size)
		touch(map(size, MAP_SHARED | MAP_ANONYMOUS, -1), size);
}

static void touch_file(size_t size, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, size))
		die(path);
	touch(map(size, MAP_SHARED, fd), size);
	close(fd);
}

void wait_gate(void)
{
	const struct timespec tick = { .tv_nsec = 20000000 };

	for (int i = 0; gate && access(gate, F_OK); i++) {
		if (i == 6000) {
			errno = ETIMEDOUT;
			die(gate);
		}
		nanosleep(&tick, NULL);
	}
}

void hold(const char *role)
{
	say(role, "holding");
	for (;;)
		pause();
}

/* hog ANON_MIB [SHMEM_MIB [FILE_MIB FILE]]: the file and shared parts first, then the rest. */
static int run_hog(int argc, char **argv)
{
	say("hog", "start");
	wait_gate();
	if (argc > 4)
		touch_file(number(argv[3]) * MIB, argv[4]);
	if (argc > 2)
		touch_shmem(number(argv[2]) * MIB);
	touch_anon(number(argv[1]) * MIB);
	hold("hog");
	return 0;
}

/* Waits until the worker at the other end of the pipe holds its memory, or is gone. */
void wait_worker(int fd)
{
	char byte;

	while (read(fd, &byte, 1) < 0 && errno == EINTR)
		;
	close(fd);
}

void pool_worker(size_t size, int done)
{
	say("worker", "start");
	touch_anon(size);
	/* "holding" must be said before the next one starts */
	say("worker", "holding");
	if (write(done, "", 1) != 1)
		die("pipe");
	for (;;)
		pause();
}

/*
 * pool N MIB: N workers, one after the other, so that at most one of them is growing when the
 * limit is hit. Ends when all workers are gone.
 */
static int run_pool(int argc, char **argv)
{
	unsigned long count = number(argv[1]);
	size_t size = number(argv[2]) * MIB;

	(void)argc;
	say("pool", "start");
	for (unsigned long i = 0; i < count; i++) {
		int fds[2];
		pid_t pid;

		if (pipe(fds))
			die("pipe");
		pid = fork();
		if (pid < 0)
			die("fork");
		if (!pid) {
			close(fds[0]);
			pool_worker(size, fds[1]);
		}
		close(fds[1]);
		wait_worker(fds[0]);
	}
	say("pool", "holding");
	while (wait(NULL) > 0 || errno == EINTR)
		;
	return 0;
}

/* storm N MIB DEATHS: N workers that grow at once, each started again when it is killed. */
static int run_storm(int argc, char **argv)
{
	unsigned long count = number(argv[1]), deaths = number(argv[3]), died = 0;
	size_t size = number(argv[2]) * MIB;

	(void)argc;
	setpgid(0, 0); /* what is sent to the group at the end is not for our parent */
	say("storm", "start");
	for (unsigned long running = 0; died < deaths;) {
		int status;

		for (; running < count; running++) {
			pid_t pid = fork();

			if (pid < 0)
				die("fork");
			if (!pid) {
				say("worker", "start");
				touch_anon(size);
				hold("worker");
			}
		}
		if (wait(&status) < 0)
			die("wait");
		running--;
		died += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	}
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
	while (wait(NULL) > 0)
		;
	return 0;
}

/* drop-caps NUMBER[,NUMBER...] COMMAND...: runs it as root without these capabilities. */
static int run_drop_caps(int argc, char **argv)
{
	char *list = argv[1];

	(void)argc;
	for (char *cap = strtok(list, ","); cap; cap = strtok(NULL, ",")) {
		/* exec gives root all that the bounding set has */
		if (prctl(PR_CAPBSET_DROP, number(cap), 0, 0, 0))
			die("PR_CAPBSET_DROP");
	}
	execvp(argv[2], argv + 2);
	die(argv[2]);
	return 1;
}

/* exec COMMAND...: for -u, -g, -a and -n before another program. */
static int run_exec(int argc, char **argv)
{
	(void)argc;
	execvp(argv[1], argv + 1);
	die(argv[1]);
	return 1;
}

static const struct {
	const char *name;
	int args; /* at least */
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "hog", 1, run_hog },
	{ "pool", 2, run_pool },
	{ "storm", 3, run_storm },
	{ "zombie-leader", 1, run_zombie_leader },
	{ "share-mm", 1, run_share_mm },
	{ "init", 2, run_init },
	{ "exiting", 3, run_exiting },
	{ "lineage", 1, run_lineage },
	{ "drop-caps", 2, run_drop_caps },
	{ "exec", 1, run_exec },
	{ "kmsg", 1, run_kmsg },
};

static int usage(void)
{
	fprintf(stderr, "usage: workload [-g CGROUP_FOLDER] [-a OOM_SCORE_ADJ] [-u UID] [-n COMM] "
			"[-w FILE] COMMAND ARG...\n");
	return 2;
}

int main(int argc, char **argv)
{
	const char *comm = NULL, *cgroup = NULL, *adj = NULL, *uid = NULL;
	int opt;

	while ((opt = getopt(argc, argv, "+g:a:u:n:w:")) != -1) {
		switch (opt) {
		case 'g':
			cgroup = optarg;
			break;
		case 'a':
			adj = optarg;
			break;
		case 'u':
			uid = optarg;
			break;
		case 'n':
			comm = optarg;
			break;
		case 'w':
			gate = optarg;
			break;
		default:
			return usage();
		}
	}
	if (cgroup) {
		char path[512];

		snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
		write_file(path, "0");
	}
	if (adj)
		write_file("/proc/self/oom_score_adj", adj);
	if (comm)
		prctl(PR_SET_NAME, comm);
	/* the group first: with the user's id go the rights to change it */
	if (uid && (setgid(number(uid)) || setuid(number(uid))))
		die("setuid");
	argc -= optind;
	argv += optind;
	for (size_t i = 0; argc && i < sizeof(commands) / sizeof(*commands); i++) {
		if (!strcmp(commands[i].name, argv[0]) && argc > commands[i].args)
			return commands[i].run(argc, argv);
	}
	return usage();
}
