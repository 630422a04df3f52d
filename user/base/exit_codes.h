/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_EXIT_CODES_H
#define OOMTRACE_EXIT_CODES_H

/* The exit status of oomtrace: a contract with scripts, described in oomtrace(8). Append only. */
enum {
	EXIT_DONE = 0,	      /* traced to the end that was asked for; nothing was lost */
	EXIT_RUNTIME = 1,     /* something failed: no such container, a write error, ... */
	EXIT_USAGE = 2,	      /* the command line is wrong; nothing was attached or changed */
	EXIT_UNSUPPORTED = 3, /* this kernel or these privileges cannot do it */
	EXIT_LOST = 4,	      /* as EXIT_DONE, but events were lost: the trace has gaps */
	EXIT_DIFFERENT = 5,   /* report --check: the recording and the log differ */
};

#endif
