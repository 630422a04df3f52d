/* SPDX-License-Identifier: GPL-2.0-only */
/* The keys that change the target's limit while it is being traced on a terminal. */
#ifndef OOMTRACE_KEYS_H
#define OOMTRACE_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#define KEYS_HELP "keys: - lower memory.max by 10 %, + raise it, s set it, q quit"

enum keys_action {
	KEYS_NONE,
	KEYS_SET,    /* to the value that comes with it */
	KEYS_PROMPT, /* show what is typed until now, again */
	KEYS_BAD,    /* what was typed is no size */
	KEYS_HELP_WANTED,
	KEYS_QUIT,
};

/* What has been typed of a size after "s". */
struct keys {
	bool typing;
	char typed[32];
};

/*
 * Pure: takes one key. `limit_bytes` is the present limit, or usage where there is none. Sets *bytes
 * with KEYS_SET only.
 */
enum keys_action keys__take(struct keys *keys, char key, uint64_t limit_bytes, uint64_t *bytes);

/*
 * Whether stdin and stdout are a terminal that this process may read keys from, which a background
 * job may not.
 */
bool keys__available(void);

/* Whether keys are meant for us, and not for the shell or another of its jobs. */
bool keys__in_foreground(void);

/*
 * Makes the terminal give each key at once and without echo; again after the shell has had the terminal.
 * From then on reading a key in the background fails (EIO) and doesn't stop the process. Returns 0 or a
 * negative errno.
 */
int keys__open(void);

/* Undoes keys__open(), if that was called; in the background the modes are the shell's, and stay. */
void keys__close(void);

#endif
