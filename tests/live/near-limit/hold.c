// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold CGROUP MIB [MAPPINGS]: in this cgroup, maps memory of each kind, and makes use of so many MiB; before that, makes so
 * many mappings more, of a page that it doesn't use. After SIGUSR1 it takes more until it is killed. Without MAPPINGS there
 * is a tmpfs, /hold: it has a file there that it maps, and one that it doesn't; and what it has grows after SIGUSR2. And
 * there is a ramfs, /ram: it has a file open there, of which it leaves in /tmp/cached how many bytes are in memory.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (1UL << 20)
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

static volatile sig_atomic_t grow, go_on;

static void on_signal(int number)
{
	if (number == SIGUSR2)
		grow = 1;
	else
		go_on = 1;
}

static void fill(char *memory, size_t bytes)
{
	for (size_t page = 0; page < bytes; page += 4096)
		memory[page] = 1;
}

static char *map(size_t bytes, int flags, int fd)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (memory == MAP_FAILED) {
		perror("hold: mmap");
		exit(1);
	}
	return memory;
}

static int make(const char *path, size_t bytes)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, (off_t)bytes)) {
		perror(path);
		exit(1);
	}
	return fd;
}

/* Of each kind another number of pages, some of which were never touched. */
static void hold_kinds(void)
{
	int fd = memfd_create("cache", MFD_CLOEXEC), id = shmget(IPC_PRIVATE, 3 * MIB, IPC_CREAT | 0600);
	char *heap = sbrk(7 * MIB), *named = map(5 * MIB, MAP_PRIVATE | MAP_ANONYMOUS, -1), *memory;

	fill(heap, 6 * MIB);
	prctl(PR_SET_VMA, 0, named, 5 * MIB, "pool of hold"); /* from 5.17 */
	fill(named, 4 * MIB);
	if (fd < 0 || ftruncate(fd, 4 * MIB))
		exit(1);
	fill(map(4 * MIB, MAP_SHARED, fd), 3 * MIB);
	fill(map(2 * MIB, MAP_SHARED | MAP_ANONYMOUS, -1), MIB);
	fd = make("/tmp/hold file", 4 * MIB);
	memory = map(4 * MIB, MAP_PRIVATE, fd);
	for (size_t page = 0; page < 3 * MIB; page += 4096)
		(void)*(volatile char *)&memory[page];
	fill(memory, MIB);
	mkdir("/dev/shm", 0755);
	fill(map(2 * MIB, MAP_SHARED, make("/dev/shm/hold", 2 * MIB)), 2 * MIB);
	memory = id < 0 ? (char *)-1 : shmat(id, NULL, 0);
	if (memory != (char *)-1)
		fill(memory, 2 * MIB);
	shmctl(id, IPC_RMID, NULL);
}

/* Neighbours that are alike would be one. */
static void make_mappings(size_t count)
{
	char *memory = map(count * 4096, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	for (size_t i = 1; i < count; i += 2) {
		if (mprotect(memory + i * 4096, 4096, PROT_READ)) {
			perror("hold: mprotect");
			exit(1);
		}
	}
}

static void hold_tmpfs(void)
{
	static char bytes[MIB];
	int fd = make("/hold/written", 0);

	fill(map(9 * MIB, MAP_SHARED, make("/hold/mapped", 9 * MIB)), 9 * MIB);
	for (int i = 0; i < 12; i++) {
		if (write(fd, bytes, sizeof(bytes)) != sizeof(bytes))
			exit(1);
	}
	close(fd);
}

/* Open twice, and not mapped any more. Files in ramfs are page cache, as those on disks are. */
static void hold_page_cache(void)
{
	static unsigned char in_memory[24 * MIB / 4096];
	static char bytes[MIB];
	int fd = make("/ram/data", 24 * MIB);
	unsigned long cached = 0;
	char *memory;
	FILE *out;

	/* The last 4 MiB are a hole. */
	for (int i = 0; i < 20; i++) {
		if (write(fd, bytes, sizeof(bytes)) != sizeof(bytes))
			exit(1);
	}
	memory = map(24 * MIB, MAP_SHARED, fd);
	if (mincore(memory, 24 * MIB, in_memory) || munmap(memory, 24 * MIB) || dup(fd) < 0)
		exit(1);
	for (size_t i = 0; i < sizeof(in_memory); i++)
		cached += in_memory[i] & 1 ? 4096 : 0;
	out = fopen("/tmp/cached", "we");
	if (!out || fprintf(out, "%lu\n", cached) < 0 || fclose(out))
		exit(1);
}

/* What has grown by the next snapshot. */
static void hold_more(void)
{
	char *memory;
	int fd = open("/hold/written", O_WRONLY | O_APPEND | O_CLOEXEC);

	while (!grow)
		usleep(10000);
	memory = map(5 * MIB, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	fill(memory, 5 * MIB);
	fill(sbrk(3 * MIB), 3 * MIB);
	if (fd < 0 || write(fd, memory, MIB) != (ssize_t)MIB)
		exit(1);
	close(fd);
}

int main(int argc, char **argv)
{
	char path[512];
	size_t count;
	int fd;

	if (argc != 3 && argc != 4)
		return 2;
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
	snprintf(path, sizeof(path), "%s/cgroup.procs", argv[1]);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1) {
		perror(path);
		return 1;
	}
	if (argc == 4)
		make_mappings(strtoul(argv[3], NULL, 10));
	hold_kinds();
	if (argc == 3) {
		hold_tmpfs();
		hold_page_cache();
	}
	count = strtoul(argv[2], NULL, 10);
	fill(map(count * MIB, MAP_PRIVATE | MAP_ANONYMOUS, -1), count * MIB);
	if (argc == 3)
		hold_more();
	while (!go_on)
		usleep(10000);
	for (;;)
		fill(map(MIB, MAP_PRIVATE | MAP_ANONYMOUS, -1), MIB);
}
