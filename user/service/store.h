/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sink that keeps incidents on disk: a recording for each, with the session it was seen in, the OOMs of one limit that
 * follow each other within seconds, and the writes of limits, ends and signals that belong to them. Tracing goes on
 * when writing fails.
 */
#ifndef OOMTRACE_STORE_H
#define OOMTRACE_STORE_H

#include <stdbool.h>

#include "record/sink.h"
#include "service/entry.h"

struct store_options {
	int folder_fd;	    /* of store_folder__open(); the store's from now on */
	int lock_fd;	    /* the same */
	uint64_t max_bytes; /* of all incidents; 0: no bound */
	uint64_t max_age_ns;
	/* An incident, or a part of it, can't be written because of err, a negative errno; told once until it can again. */
	void (*on_failure)(int err);
	/* An incident is over, and in this file of the folder. NULL: nobody wants to know. */
	void (*on_incident)(void *ctx, const struct entry *entry, const char *file);
	void *ctx;
};

/* NULL without memory. What a crash has left of incidents is made whole first. */
struct sink *store__new(const struct store_options *opts);

/* Other bounds from now on: what is beyond them is removed at once. Returns 0 or a negative errno. */
int store__set_bounds(struct sink *store, uint64_t max_bytes, uint64_t max_age_ns);

/* Whether the path leads to the store's folder still. */
bool store__is_at(const struct sink *store, const char *path);

/*
 * Goes on in this folder. Both descriptors are those of store_folder__open(), and the store's from now on. Incidents
 * that are not over yet end: theirs is the folder before.
 */
void store__move(struct sink *store, int folder_fd, int lock_fd);

#endif
