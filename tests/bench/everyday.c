// SPDX-License-Identifier: GPL-2.0-only
/*
 * everyday CGROUP: what everybody does all day, in CGROUP, but for page faults: charge.c has them. For each line on stdin, does each of it some times, and
 * prints a line "NAME NS NAME NS ...": the CPU time of one, all processes that take part together.
 *
 * On a machine whose clock counts instructions, one each nanosecond, these are instructions.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
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
	int times;
} paths[] = {
	{ "pipe", pipe_round_trip, 4000 },
	{ "socket", socket_round_trip, 4000 },
	{ "fork+exit", fork_exit, 300 },
	{ "fork+exec+exit", fork_exec, 200 },
	{ "open+read+close", open_read_close, 10000 },
	{ "mmap+munmap", map_unmap, 10000 },
	{ "signal", signal_self, 10000 },
	{ "oom_score", read_oom_score, 10000 },
};

static void repeat(const struct path *path)
{
	for (int n = 0; n < path->times; n++)
		path->once();
}

/*
 * Each once before it is measured. The kernel frees a struct file only after a grace period, so that the first ones of a
 * round take new pages: some 900,000 instructions for 10,000 files. That differs by a fifth from round to round, whatever
 * is attached.
 */
static void all_paths(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const struct path *path = &paths[i];
		long long start;

		repeat(path);
		start = cpu_ns();
		repeat(path);
		printf("%s %.2f ", path->name, (double)(cpu_ns() - start) / path->times);
	}
	printf("\n");
}

int main(int argc, char **argv)
{
	char line[16], procs[512];
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
	start_peers();
	while (fgets(line, sizeof(line), stdin))
		all_paths();
	return 0;
}
