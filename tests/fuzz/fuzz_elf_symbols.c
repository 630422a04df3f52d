// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes -> a file that a process has mapped -> names for addresses in it. The library that parses it isn't
 * instrumented: what of its faults shows here is what its calls of malloc() and memcpy() give away. They end the
 * helper process that does this, and no more.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stacks/elf_symbols.h"

#define ADDRESSES 16
#define START 0x1000

static void require(int condition)
{
	if (!condition)
		abort();
}

/* All over the file, and beyond its end. */
static void ask(struct elf_symbols *s, const struct process_id *id, size_t size)
{
	static struct symbol symbols[ADDRESSES];
	uint64_t addresses[ADDRESSES];

	for (size_t i = 0; i < ADDRESSES; i++)
		addresses[i] = START + 1 + i * (size / (ADDRESSES - 1) + 1);
	require(!elf_symbols__resolve(s, id, addresses, ADDRESSES, symbols));
	for (size_t i = 0; i < ADDRESSES; i++) {
		require(!strcmp(symbols[i].module, "file"));
		require(strnlen(symbols[i].function, SYMBOL_NAME_SIZE) < SYMBOL_NAME_SIZE);
		/* Again: what is remembered is what was found. */
		if (!i) {
			struct symbol again;

			require(!elf_symbols__resolve(s, id, addresses, 1, &again));
			require(!strcmp(again.function, symbols[0].function));
			require(again.offset == symbols[0].offset && again.address == symbols[0].address);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct mapping mapping = { START, 1ULL << 32, 0, true, "file" };
	const struct process_id id = { .start_ns = 1, .pid = 1 };
	struct elf_symbols *s = elf_symbols__new(NULL);
	int fd = memfd_create("file", MFD_CLOEXEC);

	require(s && fd >= 0);
	require(write(fd, data, size) == (ssize_t)size);
	elf_symbols__begin(s, &id);
	elf_symbols__add(s, &mapping, fd);
	ask(s, &id, size);
	elf_symbols__free(s);
	return 0;
}
