/* SPDX-License-Identifier: GPL-2.0-only */
/* A folder that looks like a cgroup hierarchy: files with the text that a kernel would have in them. */
#ifndef OOMTRACE_TEST_CGROUP_TREE_H
#define OOMTRACE_TEST_CGROUP_TREE_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host/cgroup.h"

/* An empty one, of version 2. */
static inline void tree_make(struct cgroup__hierarchy *h)
{
	memset(h, 0, sizeof(*h));
	h->version = 2;
	strcpy(h->root, "/");
	strcpy(h->mount, "/tmp/oomtrace-test-XXXXXX");
	assert_non_null(mkdtemp(h->mount));
}

/* A cgroup, whose parent is there, as "/a/b". */
static inline void tree_add(const struct cgroup__hierarchy *h, const char *path)
{
	char full[2 * PATH_MAX];

	snprintf(full, sizeof(full), "%s%s", h->mount, path);
	assert_int_equal(mkdir(full, 0755), 0);
}

/* A file of a cgroup, as "/a/b/memory.max". */
static inline void tree_put(const struct cgroup__hierarchy *h, const char *path, const char *text)
{
	char full[2 * PATH_MAX];
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", h->mount, path);
	file = fopen(full, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static inline int tree_remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

/* A cgroup, or a file of one, with all below; "" is the whole tree. */
static inline void tree_remove(const struct cgroup__hierarchy *h, const char *path)
{
	char full[2 * PATH_MAX];

	snprintf(full, sizeof(full), "%s%s", h->mount, path);
	assert_int_equal(nftw(full, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
