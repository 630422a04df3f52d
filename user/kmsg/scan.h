/* SPDX-License-Identifier: GPL-2.0-only */
/* Small readers of the kernel's text: what stands after a key, numbers, sizes. Pure. */
#ifndef OOMTRACE_KMSG_SCAN_H
#define OOMTRACE_KMSG_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct span scan__trim(struct span s);

bool scan__starts(struct span s, const char *prefix);

/* Whether `text` stands in it somewhere. */
bool scan__has(struct span s, const char *text);

/* What stands before and after the last place where `text` stands. */
bool scan__find_last(struct span s, const char *text, struct span *before, struct span *after);

/* Takes the next word off the front, with the white space around it. Empty: there is none. */
struct span scan__word(struct span *s);

/* Takes a number off the front, with the white space before it. False: there is none, or it is too large. */
bool scan__take_u64(struct span *s, uint64_t *value);
bool scan__take_i64(struct span *s, int64_t *value);

/* The number after the first place where `key` stands. */
bool scan__u64(struct span s, const char *key, uint64_t *value);
bool scan__i64(struct span s, const char *key, int64_t *value);

/* The same of a number of kB, as bytes. What is too large for 64 bits is UINT64_MAX. */
bool scan__kb(struct span s, const char *key, uint64_t *bytes);

/* What stands after `key`, up to the separator or the end. */
bool scan__value(struct span s, const char *key, char separator, struct span *value);

/* A copy with a NUL at its end, cut to what has room. */
void scan__copy(char *dst, size_t size, struct span s);

#endif
