/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of JSON Lines write of files in tmpfs. */
#ifndef VARIANTS_TMPFS_H
#define VARIANTS_TMPFS_H

#include "record/record.h"

/* Valid until the next call. */
static inline const struct record_tmpfs *variants_tmpfs(const char *name, bool all)
{
	static struct record_tmpfs_file files[2];
	static struct record_tmpfs tmpfs;

	files[0] = (struct record_tmpfs_file){ name, UINT64_MAX, all };
	files[1] = (struct record_tmpfs_file){ "/x", 0, !all };
	tmpfs = (struct record_tmpfs){ .read_after_ns = 1,
				       .count = 3,
				       .bytes = 4,
				       .incomplete = all,
				       .largest = files,
				       .largest_count = 2 };
	return &tmpfs;
}

#endif
