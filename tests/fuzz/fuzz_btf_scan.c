// SPDX-License-Identifier: GPL-2.0-only
/* Bytes -> BTF -> a subset of it, which must be BTF itself, and the same when it is scanned again. */
#include <linux/btf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "trace/btf_scan.h"

#define KINDS (1U << BTF_KIND_STRUCT | 1U << BTF_KIND_UNION | 1U << BTF_KIND_ENUM | 1U << BTF_KIND_TYPEDEF)

static void require(int condition)
{
	if (!condition)
		abort();
}

static void scan_again(const void *bytes, size_t size)
{
	struct btf_scan__name names[] = { { "abc", KINDS, true, 0 } };
	struct btf_scan *scan = NULL;

	require(!btf_scan__new(bytes, size, names, 1, &scan));
	btf_scan__free(scan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct btf_scan__name names[] = {
		{ "abc", KINDS, true, 0 },
		{ "abcd", 1U << BTF_KIND_FUNC, false, 0 },
		{ "task_struct", KINDS, true, 0 },
	};
	struct btf_scan *scan = NULL;
	uint8_t *copy = malloc(size + !size); /* exactly: ASan sees a read beyond */
	void *subset = NULL;
	size_t subset_size = 0;

	require(copy != NULL);
	memcpy(copy, data, size);
	if (!btf_scan__new(copy, size, names, 3, &scan) && !btf_scan__subset(scan, &subset, &subset_size))
		scan_again(subset, subset_size);
	free(subset);
	btf_scan__free(scan);
	free(copy);
	return 0;
}
