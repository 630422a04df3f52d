/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of the reader share: bytes in, JSON or text out. */
#ifndef READING_H
#define READING_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "jsonl/reader.h"
#include "jsonl/write.h"
#include "output/text.h"

struct output {
	FILE *out;
	char *text;
	size_t size;
};

static inline struct sink *open_sink(struct output *o, bool json)
{
	struct sink *sink;

	o->out = open_memstream(&o->text, &o->size);
	assert_non_null(o->out);
	sink = json ? jsonl_write__new(o->out) : text__new(o->out, (struct text_look){ 0 });
	assert_non_null(sink);
	return sink;
}

static inline void close_sink(struct output *o, struct sink *sink)
{
	sink->ops->free(sink);
	fclose(o->out);
}

static inline int file_of(const char *bytes, size_t size)
{
	int fd = memfd_create("recording", MFD_CLOEXEC);

	assert_true(fd >= 0);
	for (size_t done = 0; done < size;) {
		ssize_t n = write(fd, bytes + done, size - done);

		assert_true(n > 0);
		done += (size_t)n;
	}
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* Reads the bytes as one recording into such a sink. o->text is the caller's. */
static inline struct jsonl_reader_stats read_bytes(struct output *o, bool json, const char *bytes,
						   size_t size)
{
	struct sink *sink = open_sink(o, json);
	struct jsonl_reader *r = jsonl_reader__new(sink);
	struct jsonl_reader_stats stats;
	int fd = file_of(bytes, size);

	assert_non_null(r);
	assert_int_equal(jsonl_reader__read(r, fd), 0);
	assert_int_equal(jsonl_reader__sink_error(r), 0);
	stats = *jsonl_reader__stats(r);
	jsonl_reader__free(r);
	close_sink(o, sink);
	close(fd);
	return stats;
}

static inline struct jsonl_reader_stats read_text(struct output *o, const char *text)
{
	return read_bytes(o, true, text, strlen(text));
}

#endif
