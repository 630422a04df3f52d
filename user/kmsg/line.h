/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One line of a log. Splits the kernel's own text from the prefixes that logs put before it: a level,
 * stamps of syslog, dmesg and consoles, the host, the program, printk's caller. Pure.
 */
#ifndef OOMTRACE_KMSG_LINE_H
#define OOMTRACE_KMSG_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct kmsg_line {
	struct span text; /* the message, without blanks at its ends; it may have several lines */
	struct span time; /* the leftmost stamp, as it stands there; empty: none */
	struct span host;
	struct span boot;    /* journald's id of the boot */
	bool has_prefix;     /* something was before the text */
	unsigned int joined; /* lines that it stands on, beside the first */
	bool broken;	     /* it was broken into them, by a terminal or a mail */
	bool wrapped;	     /* by syslog or the journal: it has a program's name */
	bool user;	     /* not the kernel's: the log says so */
	bool user_level;     /* by the number before the line */
	struct span program; /* of user space, where the log names it */
	bool has_uptime;     /* seconds since boot */
	uint64_t uptime_ns;
	bool has_wall; /* with a date, year and zone */
	int64_t wall_ns;
	char caller_kind; /* of printk's caller: 'T' or 'C'; 0: not told */
	uint64_t caller;
};

/*
 * Takes a line apart, without its newline. The text is changed in place: escape sequences, carriage
 * returns and syslog's "#012" go. `line` points into it.
 */
void kmsg_line__parse(char *raw, size_t len, struct kmsg_line *line);

#endif
