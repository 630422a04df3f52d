/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads a kernel log from bytes in pieces of any size. Most bytes are only searched for the few words with
 * which something of interest begins. Memory doesn't grow with the log.
 */
#ifndef OOMTRACE_KMSG_READER_H
#define OOMTRACE_KMSG_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kmsg/streams.h"

/* What is longer is cut: no line of the kernel's is. */
#define KMSG_LINE_MAX (64U << 10)

struct kmsg_reader;

/* NULL without memory. */
struct kmsg_reader *kmsg_reader__new(const struct kmsg_handlers *handlers);
void kmsg_reader__free(struct kmsg_reader *reader);

/* A file of this name begins, whose lines count from 1. */
void kmsg_reader__begin_file(struct kmsg_reader *reader, const char *name);

/* Some more of the file. Returns 0 or what a handler returned. */
int kmsg_reader__feed(struct kmsg_reader *reader, const char *data, size_t len);

/* The file has ended; its last line needs no newline. */
int kmsg_reader__end_file(struct kmsg_reader *reader);

/* What is complete is handed over now, as streams__settle() has it: for a log that is followed. */
int kmsg_reader__settle(struct kmsg_reader *reader, uint64_t age_ns);

/* No file will come: what was held back is handed over. */
int kmsg_reader__finish(struct kmsg_reader *reader);

/* Lines so far, over all files. */
uint64_t kmsg_reader__lines(const struct kmsg_reader *reader);

/* Whether one of the lines that were looked at is the kernel's by its stamp. dmesg -t and others leave stamps out. */
bool kmsg_reader__has_stamps(const struct kmsg_reader *reader);

#endif
