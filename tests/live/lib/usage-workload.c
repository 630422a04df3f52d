// SPDX-License-Identifier: GPL-2.0-only
/*
 * What usage-guest.sh measures the recorder with, in the cgroup CGROUP.
 *
 * steps CGROUP MIB...  holds so many MiB of anonymous memory, one amount after the other, each for 0.7 s; with
 *                      TRACER, a pid, in the environment until that process must have looked at it. Prints for
 *                      each "FROM_NS TO_NS BYTES CURRENT": between the two times, CLOCK_BOOTTIME, it held this
 *                      and nothing moved; and memory.current of CGROUP then
 * kinds CGROUP FOLDER  holds user pages, then kernel memory too (pipes, and files in FOLDER, of a file system that
 *                      keeps them in memory), then socket memory too; for how long as steps does. Prints for each
 *                      "FROM_NS TO_NS USER KERNEL SOCK": what it holds at least of each; after that memory.stat
 * spike CGROUP MIB [TRIES]    has a child of its own fault in MiB at once, more than CGROUP's limit; prints
 *                      "PID START_NS END_NS": before the child's first page, and when the child was gone. Again
 *                      until one has taken less than SPIKE_NS, on a machine that has other work, too
 * churn CGROUP N       makes N cgroups below CGROUP, one after another, uses memory in each, and removes it
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB (1UL << 20)
#define PAGE 4096UL
#define REST_NS 700000000L
#define POLL_NS 50000000L
#define LOOKED_MAX_NS 60000000000LL
#define SPIKE_NS 50000000L

static void die(const char *what)
{
	fprintf(stderr, "usage-workload: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void join(const char *cgroup)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		die(path);
	close(fd);
}

static long long boot_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static char *map(size_t size)
{
	char *at =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED || madvise(at, size, MADV_NOHUGEPAGE))
		die("mmap");
	return at;
}

static void touch(char *at, size_t from, size_t to)
{
	for (size_t i = from; i < to; i += PAGE)
		*(volatile char *)(at + i) = 1;
}

static unsigned long current_bytes(const char *cgroup)
{
	char path[512], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/memory.current", cgroup);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		die(path);
	close(fd);
	return strtoul(text, NULL, 10);
}

/* How often a process has gone to sleep. */
static unsigned long sleeps(const char *pid)
{
	char path[64], line[128];
	unsigned long count = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	file = fopen(path, "re");
	if (!file)
		die(path);
	while (fgets(line, sizeof(line), file) && sscanf(line, "voluntary_ctxt_switches: %lu", &count) != 1)
		;
	fclose(file);
	return count;
}

/*
 * However slow the machine is, the tracer has its turn: when it has gone to sleep five times since, what it did
 * before the first is none of ours, an event may have woken it for the second, and its timer did for the rest.
 */
static void rest_until_looked(const char *tracer)
{
	const struct timespec rest = { .tv_nsec = REST_NS }, poll = { .tv_nsec = POLL_NS };
	unsigned long before;
	long long since = boot_ns();

	if (!tracer) {
		nanosleep(&rest, NULL);
		return;
	}
	before = sleeps(tracer);
	while (sleeps(tracer) < before + 5) {
		if (boot_ns() - since > LOOKED_MAX_NS) {
			errno = ETIMEDOUT;
			die(tracer);
		}
		nanosleep(&poll, NULL);
	}
}

static void steps(const char *cgroup, int count, char **mib)
{
	size_t held = 0, room = 1024 * MIB;
	char *at = map(room);

	for (int i = 0; i < count; i++) {
		size_t wanted = strtoul(mib[i], NULL, 10) * MIB;
		long long from, to;

		if (wanted > room)
			die("too much");
		if (wanted > held)
			touch(at, held, wanted);
		else if (madvise(at + wanted, held - wanted, MADV_DONTNEED))
			die("madvise");
		held = wanted;
		from = boot_ns();
		rest_until_looked(getenv("TRACER"));
		to = boot_ns();
		printf("%lld %lld %zu %lu\n", from, to, held, current_bytes(cgroup));
	}
}

static void spike(const char *cgroup, size_t size, int tries)
{
	const struct timespec rest = { .tv_nsec = REST_NS };
	long long *start = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long long end;

	/* A huge page would be one charge, and no batch. */
	if (start == MAP_FAILED || prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
		die("spike");
	for (int i = 0; i < tries; i++) {
		pid_t child = fork();

		if (child < 0)
			die("fork");
		if (!child) {
			join(cgroup);
			*start = boot_ns();
			(void)mmap(NULL, size, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
			_exit(1); /* it should have been killed */
		}
		if (waitpid(child, NULL, 0) != child)
			die("waitpid");
		end = boot_ns();
		printf("%d %lld %lld\n", child, *start, end);
		if (end - *start < SPIKE_NS)
			return;
		nanosleep(&rest, NULL);
	}
}

/* Both ends stay open, and full. */
static size_t fill_pipes(int count)
{
	static const char bytes[65536];
	size_t filled = 0;

	for (int i = 0; i < count; i++) {
		int fds[2];
		ssize_t n;

		if (pipe2(fds, O_NONBLOCK))
			die("pipe");
		while ((n = write(fds[1], bytes, sizeof(bytes))) > 0)
			filled += (size_t)n;
	}
	return filled;
}

static void make_files(const char *folder, int count)
{
	char path[512];

	for (int i = 0; i < count; i++) {
		int fd;

		snprintf(path, sizeof(path), "%s/%d", folder, i);
		fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
		if (fd < 0)
			die(path);
		close(fd);
	}
}

static void loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo))
		die("lo");
	close(fd);
}

/* TCP connections whose other side doesn't read: returns the bytes that wait in them. */
static size_t fill_connections(int count, size_t each)
{
	static const char bytes[65536];
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int room = 4 << 20;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t size = sizeof(at);
	size_t filled = 0;

	loopback_up();
	if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, count) ||
	    getsockname(listener, (struct sockaddr *)&at, &size))
		die("listen");
	for (int i = 0; i < count; i++) {
		int from = socket(AF_INET, SOCK_STREAM, 0);
		size_t sent = 0;
		ssize_t n = 0;

		if (from < 0 || setsockopt(from, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) ||
		    connect(from, (struct sockaddr *)&at, sizeof(at)) || accept(listener, NULL, NULL) < 0 ||
		    fcntl(from, F_SETFL, O_NONBLOCK))
			die("connect");
		while (sent < each && (n = write(from, bytes, sizeof(bytes))) > 0)
			sent += (size_t)n;
		if (n < 0 && errno != EAGAIN)
			die("send");
		filled += sent;
	}
	return filled;
}

static void print_stat(const char *cgroup)
{
	char path[512], text[16384];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "%s/memory.stat", cgroup);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (len <= 0)
		die(path);
	fwrite(text, 1, (size_t)len, stdout);
	close(fd);
}

static void rest_with_kinds(const char *cgroup, size_t user, size_t kernel, size_t sock)
{
	long long from = boot_ns(), to;

	rest_until_looked(getenv("TRACER"));
	to = boot_ns();
	printf("%lld %lld %zu %zu %zu\n", from, to, user, kernel, sock);
	print_stat(cgroup);
}

static void kinds(const char *cgroup, const char *folder)
{
	const size_t user = 16 * MIB;
	size_t kernel, sock;

	touch(map(user), 0, user);
	rest_with_kinds(cgroup, user, 0, 0);
	make_files(folder, 8000);
	kernel = fill_pipes(100);
	rest_with_kinds(cgroup, user, kernel, 0);
	sock = fill_connections(4, 2 * MIB);
	rest_with_kinds(cgroup, user, kernel, sock);
	/* Now that the kernel has summed up, to have been told of the cgroups above, too. */
	rest_with_kinds(cgroup, user, kernel, sock);
}

static void churn(const char *cgroup, int count)
{
	char path[512];

	for (int i = 0; i < count; i++) {
		char *at = map(MIB);

		snprintf(path, sizeof(path), "%s/%d", cgroup, i);
		if (mkdir(path, 0755))
			die(path);
		join(path);
		touch(at, 0, MIB / 2);
		munmap(at, MIB);
		snprintf(path, sizeof(path), "%s/home", cgroup);
		join(path);
		snprintf(path, sizeof(path), "%s/%d", cgroup, i);
		if (rmdir(path))
			die(path);
	}
}

int main(int argc, char **argv)
{
	const char *mode = argc > 3 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(mode, "steps")) {
		join(argv[2]);
		steps(argv[2], argc - 3, argv + 3);
	} else if (!strcmp(mode, "kinds")) {
		join(argv[2]);
		kinds(argv[2], argv[3]);
	} else if (!strcmp(mode, "spike")) {
		spike(argv[2], strtoul(argv[3], NULL, 10) * MIB, argc > 4 ? atoi(argv[4]) : 1);
	} else if (!strcmp(mode, "churn")) {
		churn(argv[2], atoi(argv[3]));
	} else {
		fputs("usage: usage-workload steps|kinds|spike|churn CGROUP NUMBER...\n", stderr);
		return 2;
	}
	return 0;
}
