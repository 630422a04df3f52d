/* SPDX-License-Identifier: GPL-2.0-only */
/* What shares a limit: the cgroups right below the one whose limit was hit. The lifetimes are those of record.h. */
#ifndef OOMTRACE_RECORD_CHILDREN_H
#define OOMTRACE_RECORD_CHILDREN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "containers/container.h"

struct record_child {
	const char *cgroup;
	struct record_container container;
	bool exact; /* what the victim was in, as it was at the kill; else it was read a little later */
	uint64_t usage_bytes, max_bytes; /* RECORD_NO_LIMIT: none of its own */
	bool has_before;
	uint64_t before_bytes, before_ns; /* usage at a time so long before the kill */
};

struct record_children {
	uint64_t count, read;	/* how many there are, and of how many the usage was read */
	uint64_t read_after_ns; /* after the victim had been chosen */
	bool has_rest;
	uint64_t
		rest_bytes; /* charged to the cgroup with the limit and to none of these, when they were read */
	uint64_t removed;   /* cgroups below it that have been removed and that something still refers to */
	const struct record_child
		*largest; /* by usage, the most first; that with the victim always among them */
	size_t largest_count;
};

#endif
