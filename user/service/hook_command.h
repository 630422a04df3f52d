/* SPDX-License-Identifier: GPL-2.0-only */
/* The command of a hook: its words, its environment, and the process that becomes it. No shell is involved. */
#ifndef OOMTRACE_HOOK_COMMAND_H
#define OOMTRACE_HOOK_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * The words of a command, NULL-terminated: separated by blanks; '...' and "..." keep blanks in a word, and a backslash
 * keeps the character after it (not between '...'). Nothing else has a meaning. Free by hook_command__free(). Returns 0,
 * -EINVAL (no word, or a quote that isn't closed) or -ENOMEM.
 */
int hook_command__split(const char *text, char ***words);
void hook_command__free(char **words);

/* Whether the first word is a program: by its path, or in PATH. Returns 0 or a negative errno. */
int hook_command__find(char *const *words);

/*
 * Whether this is an environment that a hook may get: strings "OOMTRACE_NAME=value", each ended by a NUL, and an empty
 * one at the end, without control characters.
 */
bool hook_command__is_environment(const char *strings, int size);

struct hook_command_start {
	char *const *words;
	const char *environment; /* strings as above, beside our own environment */
	int stdin_fd;
	int cgroup_fd; /* its folder, for the process to enter; -1: none */
	pid_t parent;  /* who forks it */
	volatile unsigned long long
		*started_ns; /* shared memory: CLOCK_BOOTTIME just before it is executed */
};

/*
 * Called in the child: becomes the command, in a session of its own, with no descriptors but 0, 1 and 2. Its output goes to
 * stderr. It is killed when the thread that forked it ends. Exits with 127 when the command can't be executed.
 */
_Noreturn void hook_command__become(const struct hook_command_start *start);

#endif
