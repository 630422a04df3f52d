/* SPDX-License-Identifier: GPL-2.0-only */
/* Names chosen by somebody else, made safe for a terminal or for JSON. */
#ifndef OOMTRACE_ESCAPE_H
#define OOMTRACE_ESCAPE_H

#include <stddef.h>

/* Room that always suffices for len bytes of input. */
#define ESCAPE__TERMINAL_SIZE(len) (4 * (size_t)(len) + 1)
#define ESCAPE__UTF8_SIZE(len) (3 * (size_t)(len) + 1)

/*
 * Write len bytes of src as text that cannot steer a terminal or mislead its reader. Printable,
 * valid UTF-8 stays as it is. Control bytes (ESC, newline, DEL, NUL) and bytes that are not valid
 * UTF-8 become \xNN; C1, bidirectional, zero-width and other invisible characters and the line and
 * paragraph separators become \u{NNNN}; a backslash becomes \\.
 * dst is NUL-terminated when size > 0; what doesn't fit is cut between characters, never inside
 * one nor inside an escape. Returns the length written, without the NUL.
 */
size_t escape__terminal(char *dst, size_t size, const char *src, size_t len);

/*
 * Write len bytes of src as valid UTF-8 for JSON: each byte that is not part of a valid sequence
 * becomes U+FFFD, and so does NUL, because dst is a C string. Quotes and control characters are left
 * for the JSON library. Terminated and cut as above. Returns the length written.
 */
size_t escape__utf8(char *dst, size_t size, const char *src, size_t len);

/* Longer names are cut in messages. */
#define ESCAPE__SHOWN_MAX 256

/*
 * A name for a message: safe for a terminal, of at most max_len bytes of it (ESCAPE__SHOWN_MAX), with
 * "..." for the rest. Static text, until the fourth call after it; for the main thread only.
 */
const char *escape__shown(const char *name);
const char *escape__shown_cut(const char *name, size_t max_len);

#endif
