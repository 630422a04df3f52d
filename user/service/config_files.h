/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lines of the configuration, in the order in which they count: oomtrace.conf of the first of the folders that has
 * one, then the files *.conf of oomtrace.conf.d by their names, each from the first folder that has a file of that name
 * (an empty file, or a link to /dev/null, so hides one of a later folder).
 */
#ifndef OOMTRACE_CONFIG_FILES_H
#define OOMTRACE_CONFIG_FILES_H

#include <stddef.h>

struct config_files_line {
	char *file, *key, *value; /* the value may be empty */
	unsigned int number;
};

struct config_files {
	struct config_files_line *lines;
	size_t count;
	size_t wrong; /* lines and files that had to be left out; each was told */
};

/* NULL-terminated, in their order, without a root before them. */
extern const char *const config_files__folders[];

/* `what`: the rest of a sentence that begins with the file, and its line (0: the whole file). */
typedef void (*config_files_wrong_fn)(void *ctx, const char *file, unsigned int line, const char *what);

/*
 * Reads the files below `root` ("": /). A file counts only if nobody but root, or whoever we are, can write it or replace
 * it. Returns 0 or -ENOMEM; then there is nothing to free.
 */
int config_files__read(const char *root, config_files_wrong_fn on_wrong, void *ctx, struct config_files *out);

void config_files__free(struct config_files *files);

#endif
