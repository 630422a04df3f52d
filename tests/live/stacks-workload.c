// SPDX-License-Identifier: GPL-2.0-only
/*
 * stacks-workload MIB ROUNDS [--then-die]: charges MIB of memory ROUNDS times, 70 % of it in alloc_a()
 * and 30 % in alloc_b(), gives it back each time, and prints what each has charged. With --then-die it
 * goes on in die_here() until it is killed. Compiled with frame pointers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096UL
/* Shares no factor with a batch of charges (32 or 64 pages): batches fall everywhere. */
#define A_PAGES (7 * 37UL)
#define B_PAGES (3 * 37UL)

static unsigned long charged_a, charged_b;

static inline __attribute__((always_inline)) void touch(char *memory, unsigned long pages)
{
	for (unsigned long i = 0; i < pages; i++)
		((volatile char *)memory)[i * PAGE] = 1;
}

__attribute__((noinline)) void alloc_a(char *memory)
{
	touch(memory, A_PAGES);
	charged_a += A_PAGES * PAGE;
}

__attribute__((noinline)) void alloc_b(char *memory)
{
	touch(memory, B_PAGES);
	charged_b += B_PAGES * PAGE;
}

__attribute__((noinline)) void die_here(void)
{
	for (;;) {
		char *memory = mmap(NULL, A_PAGES * PAGE, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		touch(memory, A_PAGES);
	}
}

__attribute__((noinline)) void one_round(char *memory, unsigned long pages)
{
	for (unsigned long at = 0; at + A_PAGES + B_PAGES <= pages; at += A_PAGES + B_PAGES) {
		alloc_a(memory + at * PAGE);
		alloc_b(memory + (at + A_PAGES) * PAGE);
	}
	madvise(memory, pages * PAGE, MADV_DONTNEED);
}

int main(int argc, char **argv)
{
	unsigned long pages = argc > 2 ? strtoul(argv[1], NULL, 10) << 8 : 0;
	char *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (!pages || memory == MAP_FAILED)
		return 2;
	madvise(memory, pages * PAGE, MADV_NOHUGEPAGE);
	for (int round = atoi(argv[2]); round > 0; round--)
		one_round(memory, pages);
	printf("{\"alloc_a\":%lu,\"alloc_b\":%lu}\n", charged_a, charged_b);
	fflush(stdout);
	if (argc > 3)
		die_here();
	return 0;
}
