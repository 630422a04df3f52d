// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process whose command line others can't read as they please.
 *
 *   target swapped   its arguments are swapped out
 *   target locked    a thread of it holds the lock of its memory, for which another one waits: whoever reads its command
 *                    line waits, too. Wants a low memory.high, and no swap
 *
 * Prints a line when it is so, or is about to be, and goes on until it is killed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#define PAGE 4096
#define MIB (1UL << 20)
#define SWAPPED (1ULL << 62) /* Documentation/admin-guide/mm/pagemap.rst */
#define BYTES (5 * PAGE)     /* of its own arguments, so that none shares a page with what runs */

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static size_t swapped_out(uintptr_t first, size_t pages)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	size_t count = 0;

	for (size_t i = 0; i < pages; i++) {
		uint64_t entry;

		if (pread(fd, &entry, sizeof(entry), (first / PAGE + i) * sizeof(entry)) != sizeof(entry))
			fail("pagemap");
		count += !!(entry & SWAPPED);
	}
	close(fd);
	return count;
}

/* Deep in the stack: what runs from here on is on other pages than the arguments. */
static void __attribute__((noinline)) swap_out(char **argv)
{
	volatile char deep[16 * PAGE];
	uintptr_t first = (uintptr_t)argv[0] & ~(PAGE - 1UL), end = (uintptr_t)argv[2] + BYTES;
	size_t pages = (end - first + PAGE - 1) / PAGE;

	for (size_t i = 0; i < sizeof(deep); i += PAGE)
		deep[i] = 1;
	for (int i = 0; i < 600 && swapped_out(first, pages) < pages; i++) {
		if (madvise((void *)first, pages * PAGE, MADV_PAGEOUT))
			fail("madvise");
		usleep(100000);
	}
	printf("%zu of %zu pages are swapped out\n", swapped_out(first, pages), pages);
	fflush(stdout);
	for (;;)
		pause();
}

static void *fill(void *arg)
{
	(void)arg;
	if (mmap(NULL, 256 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1,
		 0) == MAP_FAILED)
		fail("it can't ask for memory");
	fail("it has all that it wants");
	return NULL;
}

static void lock(void)
{
	pthread_t thread;

	puts("about to be held back");
	fflush(stdout);
	if (pthread_create(&thread, NULL, fill, NULL))
		fail("pthread_create");
	for (;;) {
		void *memory = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		munmap(memory, PAGE);
		usleep(1000);
	}
}

static void hold(size_t mib)
{
	if (mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1,
		 0) == MAP_FAILED)
		fail("it can't have its memory");
	puts("it has all");
	fflush(stdout);
	for (;;)
		pause();
}

static int execs(const char *own_path, int count)
{
	for (int i = 0; i < count; i++) {
		char *const args[] = { (char *)own_path, "ends", NULL };
		int status;
		pid_t pid;

		if (posix_spawn(&pid, own_path, NULL, NULL, args, NULL) || waitpid(pid, &status, 0) != pid ||
		    status)
			fail("a program");
	}
	return 0;
}

int main(int argc, char **argv)
{
	static char long_one[BYTES];

	if (argc == 3 && !strcmp(argv[1], "hold"))
		hold(atoi(argv[2]));
	if (argc == 3 && !strcmp(argv[1], "execs"))
		return execs(argv[0], atoi(argv[2]));
	if (argc == 2 && !strcmp(argv[1], "ends"))
		return 0;

	if (argc == 3 && !strcmp(argv[1], "swapped"))
		swap_out(argv);
	if (argc != 2)
		return 2;
	if (!strcmp(argv[1], "locked"))
		lock();
	memset(long_one, 'x', sizeof(long_one) - 1);
	execl("/proc/self/exe", argv[0], "swapped", long_one, (char *)NULL);
	fail("exec");
}
