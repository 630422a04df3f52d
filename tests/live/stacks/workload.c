// SPDX-License-Identifier: GPL-2.0-only
/*
 * stacks-workload MIB ROUNDS [--then-die|--made]: charges MIB of memory ROUNDS times, 70 % of it in alloc_a()
 * and 30 % in alloc_b(), gives it back each time, and prints what each has charged. With --then-die it
 * goes on in die_here() until it is killed. With --made alloc_b() is code made at run time, as
 * /tmp/perf-PID.map says. Compiled with frame pointers.
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
static void (*made_b)(char *memory, unsigned long pages); /* NULL: it isn't made */

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

/* touch() in machine code, and where it is. */
static int make_b(void)
{
	static const unsigned char code[] = {
		0x55,					  /* push %rbp */
		0x48, 0x89, 0xe5,			  /* mov %rsp,%rbp */
		0xc6, 0x07, 0x01,			  /* 1: movb $1,(%rdi) */
		0x48, 0x81, 0xc7, 0x00, 0x10, 0x00, 0x00, /* add $4096,%rdi */
		0x48, 0xff, 0xce,			  /* dec %rsi */
		0x75, 0xf1,				  /* jnz 1b */
		0x5d, 0xc3,				  /* pop %rbp; ret */
	};
	void *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char path[64];
	FILE *file;

	if (at == MAP_FAILED)
		return -1;
	memcpy(at, code, sizeof(code));
	*(void **)&made_b = at;
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	file = fopen(path, "w");
	if (!file)
		return -1;
	fprintf(file, "%lx %zx alloc_b\n", (unsigned long)at, sizeof(code));
	return fclose(file);
}

__attribute__((noinline)) void die_here(void)
{
	for (;;) {
		char *memory = mmap(NULL, A_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				    -1, 0);

		touch(memory, A_PAGES);
	}
}

__attribute__((noinline)) void one_round(char *memory, unsigned long pages)
{
	for (unsigned long at = 0; at + A_PAGES + B_PAGES <= pages; at += A_PAGES + B_PAGES) {
		alloc_a(memory + at * PAGE);
		if (!made_b) {
			alloc_b(memory + (at + A_PAGES) * PAGE);
			continue;
		}
		made_b(memory + (at + A_PAGES) * PAGE, B_PAGES);
		charged_b += B_PAGES * PAGE;
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
	if (argc > 3 && !strcmp(argv[3], "--made") && make_b())
		return 3;
	for (int round = atoi(argv[2]); round > 0; round--)
		one_round(memory, pages);
	printf("{\"alloc_a\":%lu,\"alloc_b\":%lu}\n", charged_a, charged_b);
	fflush(stdout);
	if (argc > 3 && !strcmp(argv[3], "--then-die"))
		die_here();
	return 0;
}
