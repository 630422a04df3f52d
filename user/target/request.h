/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_REQUEST_H
#define OOMTRACE_REQUEST_H

#include <sys/types.h>

enum target_kind {
	TARGET_MACHINE = 0, /* every OOM kill on the machine */
	TARGET_ALL,	    /* the same, with a flight recorder for each cgroup */
	TARGET_CONTAINER,   /* name: name, id or prefix, as the user gave it */
	TARGET_CGROUP,	    /* name: path, as the user gave it, without ".." */
	TARGET_PID,	    /* pid */
};

/* What the user wants to be traced. */
struct target_request {
	enum target_kind kind;
	const char *name; /* not owned; NULL for MACHINE, ALL and PID */
	pid_t pid;	  /* > 0 with TARGET_PID, else 0 */
};

#endif
