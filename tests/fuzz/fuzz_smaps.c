// SPDX-License-Identifier: GPL-2.0-only
/* Bytes -> the text of /proc/PID/smaps, in two pieces -> sums: what is listed and the rest are the total. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "host/smaps.h"

#define ROOM 4

static void require(int condition)
{
	if (!condition)
		abort();
}

static struct smaps *take(const uint8_t *data, size_t size, size_t first)
{
	struct smaps *smaps = smaps__new();

	require(smaps != NULL);
	smaps__take(smaps, (const char *)data, first);
	smaps__take(smaps, (const char *)data + first, size - first);
	return smaps;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smaps *smaps = take(data, size, size / 3), *other = take(data, size, size);
	struct smaps_sum total = smaps__total(smaps), same = smaps__total(other), rest;
	struct smaps_mapping largest[SMAPS__LARGEST];
	struct smaps_part parts[ROOM];
	size_t count = smaps__largest(smaps, largest);
	uint64_t rss, mappings;

	require(!memcmp(&total, &same, sizeof(total)));
	require(count <= SMAPS__LARGEST);
	for (size_t i = 0; i < count; i++)
		require(strnlen(largest[i].name, sizeof(largest[i].name)) < sizeof(largest[i].name));
	count = smaps__parts(smaps, parts, ROOM, &rest);
	require(count <= ROOM);
	rss = rest.rss_bytes;
	mappings = rest.mappings;
	for (size_t i = 0; i < count; i++) {
		require(parts[i].kind < SMAPS_KINDS);
		require(strnlen(parts[i].name, sizeof(parts[i].name)) < sizeof(parts[i].name));
		rss += parts[i].sum.rss_bytes;
		mappings += parts[i].sum.mappings;
	}
	require(rss == total.rss_bytes && mappings == total.mappings);
	smaps__free(smaps);
	smaps__free(other);
	return 0;
}
