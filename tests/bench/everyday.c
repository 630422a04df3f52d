// SPDX-License-Identifier: GPL-2.0-only
/*
 * everyday CGROUP: what everybody does all day, in CGROUP, but for page faults: charge.c has them. For each line on
 * stdin, does each of it some times, and prints a line "NAME NS NAME NS ...": the CPU time of one, all processes that
 * take part together. For a line "NAME" does only that, some times, and prints "NAME TIMES".
 *
 * On a machine whose clock counts instructions, one each nanosecond, these are instructions. Two things of the kernel
 * would make them differ from round to round by more than is measured here:
 *
 * - It frees a struct file, a mapping or a task only after a grace period of RCU, so that the next ones take new pages.
 *   How many that are depends on when a period ends, and so on whoever else wakes up. Each path is therefore done a
 *   few times, and then rests for longer than a period takes.
 * - A task that is woken may run at once or when the other one sleeps, by what each has run before. SCHED_BATCH makes
 *   it always the latter.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define PAGE 4096UL
#define MAPPED (16 * PAGE)
#define REST_US 40000 /* several grace periods */

static const char *own_path;
/* One at the other end of two pipes, and one at that of a pair of sockets: they send back each byte. */
static struct peer {
	clockid_t clock; /* its CPU time */
	int in, out;
} pipe_peer, socket_peer;

static void die(const char *what)
{
	fprintf(stderr, "everyday: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long long ns_of(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts))
		die("clock");
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static long long us_of(struct timeval tv)
{
	return tv.tv_sec * 1000000LL + tv.tv_usec;
}

/* The CPU time of all that take part, so far. */
static long long cpu_ns(void)
{
	struct rusage children;

	getrusage(RUSAGE_CHILDREN, &children); /* of those that have been waited for */
	return ns_of(CLOCK_PROCESS_CPUTIME_ID) + ns_of(pipe_peer.clock) + ns_of(socket_peer.clock) +
	       1000 * (us_of(children.ru_utime) + us_of(children.ru_stime));
}

static void start_peer(struct peer *peer, const int to[2], const int from[2])
{
	pid_t pid = fork();
	char byte;

	if (pid < 0)
		die("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (read(to[0], &byte, 1) == 1 && write(from[1], &byte, 1) == 1)
			;
		_exit(1);
	}
	if (clock_getcpuclockid(pid, &peer->clock))
		die("a peer's clock");
	peer->out = to[1];
	peer->in = from[0];
}

static void start_peers(void)
{
	int to[2], from[2], pair[2];

	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
		die("pipe");
	start_peer(&pipe_peer, to, from);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		die("socketpair");
	start_peer(&socket_peer, (int[]){ pair[0], pair[1] }, (int[]){ pair[1], pair[0] });
}

static void round_trip(const struct peer *peer)
{
	char byte = 0;

	if (write(peer->out, &byte, 1) != 1 || read(peer->in, &byte, 1) != 1)
		die("a peer");
}

static void pipe_round_trip(void)
{
	round_trip(&pipe_peer);
}

static void socket_round_trip(void)
{
	round_trip(&socket_peer);
}

static void run_child(bool executes)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		die("fork");
	if (!pid) {
		if (executes)
			execl(own_path, own_path, (char *)NULL);
		_exit(executes);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		die("a child");
}

static void fork_exit(void)
{
	run_child(false);
}

static void fork_exec(void)
{
	run_child(true);
}

static void open_read_close(void)
{
	char bytes[64];
	int fd = open(own_path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, bytes, sizeof(bytes)) != sizeof(bytes) || close(fd))
		die(own_path);
}

static char *map(size_t size)
{
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("mmap");
	return at;
}

static void map_unmap(void)
{
	munmap(map(MAPPED), MAPPED);
}

static void handle(int sig)
{
	(void)sig;
}

static void signal_self(void)
{
	kill(getpid(), SIGUSR1);
}

/* The kernel reckons points as it does in a run of the OOM killer. */
static void read_oom_score(void)
{
	static int fd = -1;
	char bytes[16];

	if (fd < 0)
		fd = open("/proc/self/oom_score", O_RDONLY | O_CLOEXEC);
	if (pread(fd, bytes, sizeof(bytes), 0) <= 0)
		die("/proc/self/oom_score");
}

static const struct path {
	const char *name;
	void (*once)(void);
	int bursts, times; /* `times` in each of them */
} paths[] = {
	{ "pipe", pipe_round_trip, 20, 200 },
	{ "socket", socket_round_trip, 20, 200 },
	{ "fork+exit", fork_exit, 60, 10 },
	{ "fork+exec+exit", fork_exec, 40, 10 },
	{ "open+read+close", open_read_close, 200, 20 },
	{ "mmap+munmap", map_unmap, 200, 20 },
	{ "signal", signal_self, 50, 200 },
	{ "oom_score", read_oom_score, 50, 200 },
};

/* What one costs. The first of each burst isn't counted. */
static double ns_of_one(const struct path *path)
{
	long long ns = 0;

	for (int burst = 0; burst < path->bursts; burst++) {
		usleep(REST_US);
		path->once();
		ns -= cpu_ns();
		for (int n = 0; n < path->times; n++)
			path->once();
		ns += cpu_ns();
	}
	return (double)ns / path->bursts / path->times;
}

/* Each once before it is measured. */
static void all_paths(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		ns_of_one(&paths[i]);
		printf("%s %.2f ", paths[i].name, ns_of_one(&paths[i]));
	}
	printf("\n");
}

static void one_path(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (strcmp(paths[i].name, name))
			continue;
		ns_of_one(&paths[i]);
		printf("%s %d\n", name, paths[i].bursts * (paths[i].times + 1));
		return;
	}
	errno = EINVAL;
	die(name);
}

int main(int argc, char **argv)
{
	char line[64], procs[512];
	int fd;

	if (argc == 1) /* what fork_exec() executes */
		return 0;
	if (argc != 2) {
		fprintf(stderr, "usage: everyday CGROUP\n");
		return 2;
	}
	own_path = argv[0];
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", argv[1]);
	fd = open(procs, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		die(procs);
	close(fd);
	signal(SIGUSR1, handle);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){ 0 }))
		die("SCHED_BATCH");
	start_peers();
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (*line)
			one_path(line);
		else
			all_paths();
	}
	return 0;
}
