// SPDX-License-Identifier: GPL-2.0-only
#include "kmsg/reader.h"

#include <stdlib.h>
#include <string.h>

#include "kmsg/join.h"
#include "kmsg/line.h"
#include "kmsg/search.h"

/* Of a file, each line is looked at: a report's middle may stand there, or a text that was pasted. */
#define EARLY_BYTES (1U << 20)

struct kmsg_reader {
	struct kmsg_streams *streams;
	char part[KMSG_LINE_MAX]; /* of a line whose end hasn't come */
	size_t part_len;
	bool in_line;
	uint64_t number; /* of the last whole line */
	uint64_t bytes;	 /* of this file */
	uint64_t lines;	 /* of the files before */
	struct join join;
};

struct kmsg_reader *kmsg_reader__new(const struct kmsg_handlers *handlers)
{
	struct kmsg_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->streams = streams__new(handlers);
	if (!reader->streams) {
		free(reader);
		return NULL;
	}
	return reader;
}

void kmsg_reader__free(struct kmsg_reader *reader)
{
	if (!reader)
		return;
	streams__free(reader->streams);
	free(reader);
}

void kmsg_reader__begin_file(struct kmsg_reader *reader, const char *name)
{
	reader->lines += reader->number;
	reader->number = reader->bytes = reader->part_len = 0;
	reader->in_line = false;
	join__reset(&reader->join);
	streams__begin_file(reader->streams, name);
}

static bool is_busy(const struct kmsg_reader *reader)
{
	return reader->bytes < EARLY_BYTES || join__is_holding(&reader->join) ||
	       streams__is_busy(reader->streams);
}

static int take_line(struct kmsg_reader *reader, const char *line, size_t len)
{
	int err;

	if (len > KMSG_LINE_MAX)
		len = KMSG_LINE_MAX;
	err = join__take(&reader->join, reader->streams, line, len, reader->number);
	if (err || reader->bytes < EARLY_BYTES || streams__is_busy(reader->streams))
		return err;
	/* Held for its rest, unless it can't be of interest. */
	return search__find(line, len) ? 0 : join__flush(&reader->join, reader->streams);
}

/* The end of a line that began in an earlier piece. */
static int end_part(struct kmsg_reader *reader)
{
	size_t len = reader->part_len;

	reader->part_len = 0;
	reader->in_line = false;
	reader->number++;
	if (!is_busy(reader) && !search__find(reader->part, len))
		return 0;
	return take_line(reader, reader->part, len);
}

static void add_part(struct kmsg_reader *reader, const char *data, size_t len)
{
	size_t room = sizeof(reader->part) - reader->part_len;

	memcpy(reader->part + reader->part_len, data, len < room ? len : room);
	reader->part_len += len < room ? len : room;
	reader->in_line = true;
}

static uint64_t count_lines(const char *data, size_t len)
{
	const char *end = data + len;
	uint64_t count = 0;

	while (data < end && (data = memchr(data, '\n', (size_t)(end - data)))) {
		count++;
		data++;
	}
	return count;
}

/* Passes over the whole lines in which there is nothing. Returns how many bytes that is. */
static size_t pass_over(struct kmsg_reader *reader, const char *data, size_t len)
{
	const char *hit = search__find(data, len), *end;
	size_t passed;

	end = memrchr(data, '\n', hit ? (size_t)(hit - data) : len);
	if (!end)
		return 0;
	passed = (size_t)(end - data) + 1;
	reader->number += count_lines(data, passed);
	return passed;
}

/* Takes whole lines, or the beginning of one. Returns how many bytes that is. */
static size_t take_some(struct kmsg_reader *reader, const char *data, size_t len, int *err)
{
	const char *end;
	size_t n = 0;

	if (!reader->in_line && !is_busy(reader)) {
		n = pass_over(reader, data, len);
		if (n)
			return n;
	}
	end = memchr(data, '\n', len);
	n = end ? (size_t)(end - data) : len;
	if (!end || reader->in_line)
		add_part(reader, data, n);
	if (!end)
		return len;
	if (reader->in_line) {
		*err = end_part(reader);
	} else {
		reader->number++;
		*err = take_line(reader, data, n);
	}
	return n + 1;
}

/* NULs before a line, of which a crash may leave more than a line can have. */
static size_t pass_zeros(const char *data, size_t len)
{
	size_t n = 0;

	while (n < len && !data[n])
		n++;
	return n;
}

int kmsg_reader__feed(struct kmsg_reader *reader, const char *data, size_t len)
{
	int err = 0;

	while (len && !err) {
		size_t n = reader->part_len ? 0 : pass_zeros(data, len);

		if (!n)
			n = take_some(reader, data, len, &err);

		reader->bytes += n;
		data += n;
		len -= n;
	}
	return err;
}

int kmsg_reader__end_file(struct kmsg_reader *reader)
{
	int err = reader->in_line ? end_part(reader) : 0;

	return err ? err : join__flush(&reader->join, reader->streams);
}

int kmsg_reader__settle(struct kmsg_reader *reader, uint64_t age_ns)
{
	int err = join__flush(&reader->join, reader->streams);

	return err ? err : streams__settle(reader->streams, age_ns);
}

int kmsg_reader__finish(struct kmsg_reader *reader)
{
	return streams__finish(reader->streams);
}

uint64_t kmsg_reader__lines(const struct kmsg_reader *reader)
{
	return reader->lines + reader->number;
}

bool kmsg_reader__has_stamps(const struct kmsg_reader *reader)
{
	return streams__has_stamps(reader->streams);
}
