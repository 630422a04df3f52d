// SPDX-License-Identifier: GPL-2.0-only
/*
 * crowd DIR COUNT KIB ROUNDS: one process that goes through the cgroups DIR/1 to DIR/COUNT, ROUNDS times, and in each
 * faults in KIB of memory and frees it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "crowd: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void enter(const char *dir, unsigned long number)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%lu/cgroup.procs", dir, number);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		die(path);
	close(fd);
}

static void touch(size_t size)
{
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("mmap");
	for (size_t i = 0; i < size; i += 4096)
		*(volatile char *)(at + i) = 1;
	munmap(at, size);
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	for (unsigned long round = strtoul(argv[4], NULL, 10); round; round--) {
		for (unsigned long n = 1; n <= strtoul(argv[2], NULL, 10); n++) {
			enter(argv[1], n);
			touch(strtoul(argv[3], NULL, 10) << 10);
		}
	}
	return 0;
}
