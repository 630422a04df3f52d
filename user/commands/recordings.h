/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recordings that 'oomtrace list' and 'oomtrace show' look through. Others may write to their folder: each is opened in
 * the folder itself, by no link, and what was looked at is what is read.
 */
#ifndef OOMTRACE_RECORDINGS_H
#define OOMTRACE_RECORDINGS_H

#include <dirent.h>
#include <stdbool.h>

#include "service/entry.h"

struct recordings {
	int folder_fd;
	const char *folder; /* as it was named; the caller's */
	struct dirent **names;
	int count;
};

/* The recordings in a folder, which may be a link. Returns 0 or a negative errno. */
int recordings__open(struct recordings *r, const char *folder);
void recordings__close(struct recordings *r);

/* Opens one for reading. Returns a descriptor or a negative errno, of which recordings__complain() says what it means. */
int recordings__open_one(const struct recordings *r, int i);

/* Gets what a list says of one, and frees it with entry__free(). `i`: which of the folder; -1: one that was named. */
typedef void (*recordings_take_fn)(void *ctx, int i, const char *path, struct entry *entry);

/* Reads one after the other. Of those that can't be read it says why, and returns false. `who` as for entry__read(). */
bool recordings__each(const struct recordings *r, const char *who, recordings_take_fn take, void *ctx);

/* The same of one that the user has named: by a link, too. */
bool recordings__take_file(const char *path, const char *who, recordings_take_fn take, void *ctx);

/*
 * Of incidents that aren't recordings yet, as store_folder__unfinished() counts them, says how many there are: who looks
 * right after a kill would else take the one before for the last.
 */
void recordings__tell_unfinished(int unfinished, int left);

/* Says why a file or folder can't be read. */
void recordings__complain(const char *path, int err);

#endif
