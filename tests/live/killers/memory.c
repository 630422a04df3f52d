// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes that programs kill for want of memory.
 *
 *   grow MIB     takes so many MiB more every tenth of a second
 *   churn MIB    touches each page of so many MiB again and again
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096UL

static void touch(volatile char *memory, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += PAGE)
		memory[at]++;
}

static char *more(size_t bytes)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return memory;
}

int main(int argc, char **argv)
{
	size_t bytes = argc == 3 ? strtoul(argv[2], NULL, 10) << 20 : 0;
	bool grows = bytes && !strcmp(argv[1], "grow");
	char *memory = bytes ? more(bytes) : NULL;

	if (!memory)
		return 2;
	for (;;) {
		touch(memory, bytes);
		if (!grows)
			continue;
		usleep(100000);
		memory = more(bytes);
	}
}
