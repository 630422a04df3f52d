/* SPDX-License-Identifier: GPL-2.0-only */
/* What swap could have done at a limit: whether it was full, and what couldn't go there. For text and page. */
#ifndef OOMTRACE_SWAP_WORDS_H
#define OOMTRACE_SWAP_WORDS_H

#include <stdio.h>

#include "record/record.h"

enum swap_state {
	SWAP_FORBIDDEN, /* memory.swap.max is 0 */
	SWAP_NONE,	/* the machine has none, or this cgroup's swappiness is 0 */
	SWAP_FULL,	/* as much is used as this cgroup may have */
	SWAP_USED,	/* some of it; whether the machine had more isn't known */
	SWAP_UNUSED,
};

struct swap_facts {
	enum swap_state state;
	uint64_t used_bytes, most_bytes; /* most: that this cgroup may have, and that the machine has */
	uint64_t locked_bytes;		 /* 0: unknown, or none */
	bool about;			 /* these, approximately */
	/* Of which one need not ask: memory went to swap, or much couldn't. */
	bool telling;
};

/* Returns false where it isn't known: the whole machine's, on cgroup v1, from a log. */
bool swap_words__facts(const struct record_oom *oom, struct swap_facts *facts);

/* "full, too: 30.0 MiB of 30.0 MiB; 20.0 MiB are locked or in ramfs, and can't go there" */
void swap_words__put(FILE *out, const struct swap_facts *facts, void (*size)(FILE *out, uint64_t bytes));

#endif
