// SPDX-License-Identifier: GPL-2.0-only
/* Bytes -> a program's file with the names of the code that it has made. Its second half comes later. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stacks/jit_map.h"

static void require(int condition)
{
	if (!condition)
		abort();
}

static void find(struct jit_map *map, uint64_t address, size_t room)
{
	char *name = malloc(room); /* exactly: ASan sees a write beyond */
	uint64_t offset;

	require(name != NULL);
	if (jit_map__find(map, address, name, room, &offset)) {
		require(*name && strnlen(name, room) < room);
		require(offset <= address);
	}
	free(name);
}

/* The first of the bytes are the addresses. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t addresses[3] = { 0, 0x1000, UINT64_MAX };
	int fd = memfd_create("map", MFD_CLOEXEC);
	struct jit_map *map;

	if (size >= 4) {
		memcpy(&addresses[1], data, 4);
		data += 4;
		size -= 4;
	}
	require(fd >= 0);
	map = jit_map__new(fd);
	require(map != NULL);
	for (int part = 0; part < 2; part++) {
		size_t begin = part ? size / 2 : 0, end = part ? size : size / 2;

		require(pwrite(fd, data + begin, end - begin, (off_t)begin) == (ssize_t)(end - begin));
		for (int i = 0; i < 3; i++)
			find(map, addresses[i], 1 + i * 100);
	}
	jit_map__free(map);
	return 0;
}
