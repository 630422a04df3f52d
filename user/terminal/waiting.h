/* SPDX-License-Identifier: GPL-2.0-only */
/* A line on a terminal while a call takes long that can't say itself how far it is. */
#ifndef OOMTRACE_WAITING_H
#define OOMTRACE_WAITING_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct waiting {
	FILE *out;
	const char *what; /* not owned */
	uint64_t begun_ns, after_ns;
	bool is_running, is_over, is_shown;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t over;
};

/*
 * From now on a thread says on `out` that oomtrace is `what`, and for how long, once after_ns are over.
 * out NULL: nothing is shown. Without a thread nothing is shown, too. Whoever is to hold no threads is started
 * before, or after waiting__end().
 */
void waiting__begin(struct waiting *waiting, FILE *out, const char *what, uint64_t after_ns);

/* Takes the line away. */
void waiting__end(struct waiting *waiting);

#endif
