// SPDX-License-Identifier: GPL-2.0-only
/*
 * filler map FILE MIB     makes a file of so many MiB, without data, and writes to its memory
 * filler write FILE MIB   writes so many MiB to a file, and ends
 * filler huge MIB 0       takes so many MiB of huge pages, and writes to them
 * filler tables GIB 0     reads a byte of each page table's range of so many GiB: it has page tables, and no pages
 * filler until END KIB    takes memory, so many KiB at a time, until that fails; END: abort, or an exit code
 * filler grow MIB STEP    takes so many MiB, STEP KiB every tenth of a second, and waits
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MIB (1UL << 20)
#define PAGE 4096UL

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int open_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		die(path);
	return fd;
}

static void map(const char *path, size_t bytes)
{
	int fd = open_file(path);
	char *memory;

	if (ftruncate(fd, (off_t)bytes))
		die("ftruncate");
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		die("mmap");
	for (size_t at = 0; at < bytes; at += PAGE)
		memory[at] = 1;
}

static void write_out(const char *path, size_t bytes)
{
	static char block[1 << 16];
	int fd = open_file(path);

	for (size_t done = 0; done < bytes; done += sizeof(block)) {
		if (write(fd, block, sizeof(block)) != sizeof(block))
			die("write");
	}
}

static void huge(size_t bytes)
{
	char *memory =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap");
	for (size_t at = 0; at < bytes; at += 2 * MIB)
		memory[at] = 1;
}

/* The kernel's zero page is nobody's memory. */
static void tables(size_t bytes)
{
	const volatile char *memory =
		mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED || madvise((void *)memory, bytes, MADV_NOHUGEPAGE))
		die("mmap");
	for (size_t at = 0; at < bytes; at += 2 * MIB)
		(void)memory[at];
	for (;;)
		pause();
}

/* As a program does that can't go on without memory. */
static void until(const char *how, size_t step)
{
	while (mmap(NULL, step, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		;
	perror("mmap");
	if (!strcmp(how, "abort"))
		abort();
	exit(atoi(how));
}

static void grow(size_t bytes, size_t step)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap");
	for (size_t at = 0; at < bytes; at += step) {
		memset(memory + at, 1, bytes - at < step ? bytes - at : step);
		usleep(100000);
	}
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	if (!strcmp(argv[1], "map"))
		map(argv[2], strtoul(argv[3], NULL, 10) * MIB);
	else if (!strcmp(argv[1], "write"))
		write_out(argv[2], strtoul(argv[3], NULL, 10) * MIB);
	else if (!strcmp(argv[1], "huge"))
		huge(strtoul(argv[2], NULL, 10) * MIB);
	else if (!strcmp(argv[1], "tables"))
		tables(strtoul(argv[2], NULL, 10) << 30);
	else if (!strcmp(argv[1], "until"))
		until(argv[2], strtoul(argv[3], NULL, 10) << 10);
	else if (!strcmp(argv[1], "grow"))
		grow(strtoul(argv[2], NULL, 10) * MIB, strtoul(argv[3], NULL, 10) << 10);
	return 0;
}
