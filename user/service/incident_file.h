/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file of an incident while it is written: hidden and unfinished under ".STEM.part", so that nobody reads half of
 * it, and packed by zstd. What was flushed is there after a crash, and is made a whole file at the next start.
 */
#ifndef OOMTRACE_INCIDENT_FILE_H
#define OOMTRACE_INCIDENT_FILE_H

#include <zstd.h>

#include "service/store_folder.h"

#define INCIDENT_FILE_NAME_SIZE (STORE_FOLDER_STEM_SIZE + 32)

struct incident_file {
	int folder_fd; /* the caller's */
	int fd;	       /* -1: none */
	ZSTD_CCtx *zstd;
	uint64_t bytes; /* written */
	uint64_t whole; /* bytes of them that can be read, when no more follow */
	int err;	/* of the first write that failed: nothing more is written after it */
	int64_t order_ns; /* the time that the file is given once it is whole, for store_folder__prune(); 0: of writing */
	char stem[STORE_FOLDER_STEM_SIZE];
};

/* Makes the file; f->stem is STEM, or STEM-2 and so on, while others of that stem are written. 0 or a negative errno. */
int incident_file__open(struct incident_file *f, int folder_fd, const char *stem);

/* Returns 0 or a negative errno; the file then stays what it was at the last flush, whatever else is put. */
int incident_file__put(struct incident_file *f, const char *bytes, size_t size);

/* What was put is in the file, whatever happens to this process. Returns 0 or a negative errno. */
int incident_file__flush(struct incident_file *f);

/*
 * Ends it and gives it its name, STEM.jsonl.zst, or STEM-2 and so on, which is written to `name`. Closes it in any case.
 * Returns 0 or a negative errno; what was flushed of it then has a name already, or gets one by recovering.
 */
int incident_file__publish(struct incident_file *f, char name[INCIDENT_FILE_NAME_SIZE]);

/* Closes it, as it is; of one of which nothing can be read nothing is left. */
void incident_file__close(struct incident_file *f);

/*
 * Makes whole files of those that a crash, or a full disk, has left. None may be open. What isn't a file of this user's
 * is left alone. *order_ns is that of the latest incident, and of the last of these afterwards. Returns how many, or the
 * negative errno of the first that failed.
 */
int incident_file__recover(int folder_fd, int64_t *order_ns);

#endif
