/* SPDX-License-Identifier: GPL-2.0-only */
/* The stamps that logs put before a line: of syslog, dmesg, journalctl, Android, and ISO 8601. Pure. */
#ifndef OOMTRACE_KMSG_STAMP_H
#define OOMTRACE_KMSG_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum stamp_form {
	STAMP_NONE,
	STAMP_UPTIME, /* seconds since boot */
	STAMP_DELTA,  /* since the line before */
	STAMP_SYSLOG, /* what follows is a host and a program */
	STAMP_BARE,   /* what follows is the text: dmesg's ISO form, container logs */
	STAMP_LOGCAT, /* what follows is pid, tid, level and tag */
};

struct stamp {
	enum stamp_form form;
	struct span text;
	uint64_t uptime_ns; /* STAMP_UPTIME */
	bool has_wall;	    /* date, year and zone are told */
	int64_t wall_ns;
};

/* A stamp without brackets at the beginning, which is taken off. False: there is none. */
bool stamp__take(struct span *s, struct stamp *stamp);

/* What stands between brackets. False: it is no stamp. */
bool stamp__parse_bracketed(struct span s, struct stamp *stamp);

/*
 * A number of ns that orders the stamps of one log: without a year they are taken for 1970, without a zone
 * for UTC. 0: it has no date.
 */
int64_t stamp__order_ns(const char *text);

/* "907.567101", as seconds. */
bool stamp__parse_uptime(struct span s, uint64_t *ns);

#endif
