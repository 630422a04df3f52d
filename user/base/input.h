/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes of a file, packed by gzip, xz or zstd or not at all: its first bytes tell. */
#ifndef OOMTRACE_INPUT_H
#define OOMTRACE_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct input;

/* Reads from `fd`, which stays the caller's. NULL without memory. */
struct input *input__new(int fd);
void input__free(struct input *input);

/* `watch` hears of each piece of the file how many bytes were read until then, packed as they are. */
void input__watch(struct input *input, void (*watch)(void *ctx, uint64_t bytes), void *ctx);

/*
 * From now on reading fails with -EOVERFLOW beyond so many bytes, of the file or of what is unpacked from it: a few bytes
 * can be packed that unpack to any number of them. To be called before any is read.
 */
void input__limit(struct input *input, uint64_t max_bytes);

/* Up to `size` bytes, 0 at the end, or a negative errno. -EBADMSG: it is broken, or cut off. */
ssize_t input__read(struct input *input, void *buffer, size_t size);

/* The first bytes, before any is read: as many as there are at once, but some unless there are none. */
ssize_t input__peek(struct input *input, const char **data);

#endif
