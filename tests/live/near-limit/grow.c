// SPDX-License-Identifier: GPL-2.0-only
/*
 * grow CGROUP MIB: in this cgroup, makes use of so many MiB, an MiB each millisecond, or as fast as the machine can.
 * grow CGROUP MIB TIMES: lets go of them and begins again, that often, as fast as the machine can.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MIB (1UL << 20)

static int again_and_again(size_t bytes, unsigned long times)
{
	for (unsigned long i = 0; i < times; i++) {
		char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (memory == MAP_FAILED)
			return 1;
		for (size_t page = 0; page < bytes; page += 4096)
			memory[page] = 1;
		munmap(memory, bytes);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct timespec next;
	char path[512], *memory;
	size_t count;
	int fd;

	if (argc < 3)
		return 2;
	count = strtoul(argv[2], NULL, 10);
	snprintf(path, sizeof(path), "%s/cgroup.procs", argv[1]);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1) {
		perror(path);
		return 1;
	}
	if (argc > 3)
		return again_and_again(count * MIB, strtoul(argv[3], NULL, 10));
	/* The large pages make it as fast as it is meant to be, on a machine that is emulated. */
	memory = mmap(NULL, count * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || madvise(memory, count * MIB, MADV_HUGEPAGE))
		perror("grow");
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (size_t i = 0; i < count; i++) {
		for (size_t page = 0; page < MIB; page += 4096)
			memory[i * MIB + page] = 1;
		next.tv_nsec += 1000000;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	return 0;
}
