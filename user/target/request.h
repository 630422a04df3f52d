/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_REQUEST_H
#define OOMTRACE_REQUEST_H

#include <stddef.h>
#include <sys/types.h>

enum target_kind {
	TARGET_MACHINE = 0, /* every OOM kill on the machine */
	TARGET_ALL,	    /* the same, with a flight recorder for each cgroup */
	TARGET_CONTAINER,   /* name: name, id or prefix, as the user gave it */
	TARGET_CGROUP,	    /* name: path, as the user gave it, without ".." */
	TARGET_PID,	    /* pid */
	TARGET_MANY,	    /* selections: several of the two before, or patterns */
};

#define TARGET_SELECTIONS_MAX 64

/* One --container or --cgroup. */
struct target_selection {
	enum target_kind kind; /* TARGET_CONTAINER or TARGET_CGROUP */
	const char *text;      /* as the user gave it; not owned */
};

/* What the user wants to be traced. */
struct target_request {
	enum target_kind kind;
	const char *name; /* not owned; NULL for MACHINE, ALL, PID and MANY */
	pid_t pid;	  /* > 0 with TARGET_PID, else 0 */
	struct target_selection selections[TARGET_SELECTIONS_MAX]; /* with CONTAINER, CGROUP and MANY */
	size_t selection_count;
};

#endif
