// SPDX-License-Identifier: GPL-2.0-only
/*
 * What usage-guest.sh measures the recorder with. Each mode joins the cgroup CGROUP first.
 *
 * steps CGROUP MIB...  holds so many MiB of anonymous memory, one amount after the other. Prints for each
 *                      "FROM_NS TO_NS BYTES CURRENT": between the two times, CLOCK_BOOTTIME, it held this and
 *                      nothing moved; and memory.current of CGROUP then
 * spike CGROUP MIB     faults in MiB at once; prints "START_NS" before
 * churn CGROUP N       makes N cgroups below CGROUP, one after another, uses memory in each, and removes it
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MIB (1UL << 20)
#define PAGE 4096UL
#define REST_NS 700000000L

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
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

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

static void steps(const char *cgroup, int count, char **mib)
{
	const struct timespec rest = { .tv_nsec = REST_NS };
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
		nanosleep(&rest, NULL);
		to = boot_ns();
		printf("%lld %lld %zu %lu\n", from, to, held, current_bytes(cgroup));
	}
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
	if (argc < 4) {
		fprintf(stderr, "usage: usage-workload steps|spike|churn CGROUP NUMBER...\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(argv[1], "churn")) {
		churn(argv[2], atoi(argv[3]));
		return 0;
	}
	join(argv[2]);
	if (!strcmp(argv[1], "steps")) {
		steps(argv[2], argc - 3, argv + 3);
	} else {
		size_t size = strtoul(argv[3], NULL, 10) * MIB;
		char *at = map(size);

		printf("%lld\n", boot_ns());
		touch(at, 0, size);
	}
	return 0;
}
