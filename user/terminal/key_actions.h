/* SPDX-License-Identifier: GPL-2.0-only */
/* What a key does while the target is traced on a terminal. */
#ifndef OOMTRACE_KEY_ACTIONS_H
#define OOMTRACE_KEY_ACTIONS_H

#include "limit/writer.h"
#include "terminal/keys.h"

struct key_actions {
	struct keys keys;
	int dir_fd; /* of the target */
	struct limit_writer *writer;
	uint64_t asked_bytes; /* a limit that waits for a "y", because it would kill; 0: none does */
};

enum key_actions_result {
	KEY_ACTIONS_DONE,
	KEY_ACTIONS_QUIT,
	KEY_ACTIONS_CLOSED,	/* the terminal is gone */
	KEY_ACTIONS_BACKGROUND, /* the key is for the shell: to be read again in the foreground only */
};

/* Reads a key from the terminal and does what the key asks, and says so on stderr. */
enum key_actions_result key_actions__read(struct key_actions *actions);

#endif
