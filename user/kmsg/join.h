/* SPDX-License-Identifier: GPL-2.0-only */
/* Joins lines that a terminal or a mail program has broken. */
#ifndef OOMTRACE_KMSG_JOIN_H
#define OOMTRACE_KMSG_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kmsg/line.h"
#include "kmsg/streams.h"

#define JOIN__SIZE (64U << 10)

/* The line that is held until the next one has come, since that may be the rest of it. */
struct join {
	char raw[2][JOIN__SIZE]; /* of the line held, whose parts point into it, and of the next one */
	unsigned int held;
	struct kmsg_line line;
	char text[JOIN__SIZE]; /* of the line held, put together */
	size_t text_len;
	bool holding, ends_blank;
	char json[JOIN__SIZE]; /* an object over several lines */
	size_t json_len;
	uint64_t json_number;
	bool in_json, has_json;
	uint64_t number;
	size_t width;  /* of the last line that belongs to the one held */
	size_t widest; /* of all lines */
	bool has_prefixes;
};

void join__reset(struct join *join);
bool join__is_holding(const struct join *join);

/* A line, of at most JOIN__SIZE bytes. Returns 0 or what a handler returned. */
int join__take(struct join *join, struct kmsg_streams *streams, const char *raw, size_t len, uint64_t number);

/* No line comes any more. */
int join__flush(struct join *join, struct kmsg_streams *streams);

#endif
