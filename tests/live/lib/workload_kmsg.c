// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's log, as it comes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "workload.h"

/* What of the kernel's log the tests look at. */
static const char *const log_marks[] = {
	"oomtrace-test:",
	"Killed process ",
	"invoked oom-killer",
	"oom-kill:",
	"oom_reaper",
	"no killable processes",
	"already exiting",
	"due to memory.oom.group",
	"BUG:",
	"WARNING:",
	"Oops",
	"general protection",
	"rcu: INFO",
	"rcu_sched",
	"blocked for more than",
	"Kernel panic",
};

/*
 * kmsg END: copies these lines of the kernel's log to stdout, until it reads the line END. An OOM with no
 * killable process logs megabytes in a second, so /proc/kmsg's reader and dmesg miss lines: here
 * a gap is seen, and said.
 */
int run_kmsg(int argc, char **argv)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_CLOEXEC);

	(void)argc;
	if (fd < 0)
		die("/dev/kmsg");
	for (;;) {
		char text[16384], *message, *end;
		ssize_t len = read(fd, text, sizeof(text) - 1);

		if (len < 0 && errno == EPIPE) {
			puts("LOST");
			fflush(stdout);
			continue;
		}
		if (len < 0)
			die("/dev/kmsg");
		text[len] = '\0';
		message = strchr(text, ';');
		if (!message)
			continue;
		/* after the first line come continuation lines, " KEY=value" */
		end = strchr(message, '\n');
		if (end)
			*end = '\0';
		for (size_t i = 0; i < sizeof(log_marks) / sizeof(*log_marks); i++) {
			if (strstr(message, log_marks[i])) {
				puts(message + 1);
				fflush(stdout);
				break;
			}
		}
		if (!strcmp(message + 1, argv[1]))
			return 0;
	}
}
