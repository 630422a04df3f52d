/* SPDX-License-Identifier: GPL-2.0-only */
/* A part of a text, which isn't owned and has no NUL at its end. */
#ifndef OOMTRACE_SPAN_H
#define OOMTRACE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	const char *start;
	size_t len;
};

/* Takes the part up to a separator, or to the end, off the front. */
struct span span__cut(struct span *s, char separator);

bool span__is(struct span s, const char *text);

/* Whether a list with commas in between has this item. */
bool span__has_item(struct span list, const char *item);

/* A decimal number, of digits only, that fits. */
bool span__u64(struct span s, uint64_t *value);

/* Take it off, if it is there. */
bool span__strip_prefix(struct span *s, const char *prefix);
bool span__strip_suffix(struct span *s, const char *suffix);

/* What comes after the first place where `text` stands. */
bool span__find(struct span s, const char *text, struct span *after);

#endif
