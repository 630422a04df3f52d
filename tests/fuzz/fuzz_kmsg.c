// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes -> the reader of kernel logs -> records -> JSON Lines -> the reader of recordings -> JSON Lines: the
 * records are read as they were written, in pieces of any size, and none has a byte that steers a terminal.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "jsonl/reader.h"
#include "jsonl/write.h"
#include "kmsg/reader.h"
#include "kmsg/records.h"
#include "record/sink.h"

static void require(int condition)
{
	if (!condition)
		abort();
}

/* Reads a log in pieces of this size, and returns its records as text. */
static char *read_log(const char *data, size_t size, size_t piece, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	struct sink *sink = out ? jsonl_write__new_buffered(out) : NULL;
	struct kmsg_records records = { .sink = sink };
	const struct kmsg_handlers handlers = { kmsg_records__incident, kmsg_records__killer, &records };
	struct kmsg_reader *reader = kmsg_reader__new(&handlers);

	require(sink && reader);
	kmsg_reader__begin_file(reader, "log");
	for (size_t at = 0; at < size; at += piece)
		require(!kmsg_reader__feed(reader, data + at, size - at < piece ? size - at : piece));
	require(!kmsg_reader__end_file(reader) && !kmsg_reader__finish(reader));
	require(!kmsg_records__finish(&records));
	kmsg_reader__free(reader);
	sink->ops->free(sink);
	require(!fclose(out));
	return text;
}

static char *read_records(const char *data, size_t size, size_t *len)
{
	static int fd = -1;
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	struct sink *sink = out ? jsonl_write__new_buffered(out) : NULL;
	struct jsonl_reader *reader = sink ? jsonl_reader__new(sink) : NULL;

	if (fd < 0)
		fd = memfd_create("records", MFD_CLOEXEC);
	require(fd >= 0 && reader && !ftruncate(fd, 0));
	require(pwrite(fd, data, size, 0) == (ssize_t)size && !lseek(fd, 0, SEEK_SET));
	require(!jsonl_reader__read(reader, fd));
	require(!jsonl_reader__stats(reader)->malformed && !jsonl_reader__stats(reader)->too_long);
	jsonl_reader__free(reader);
	sink->ops->free(sink);
	require(!fclose(out));
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len, small_len, again_len;
	char *text, *small, *again;

	if (size > 64 << 10)
		return 0;
	text = read_log((const char *)data, size, size + 1, &len);
	small = read_log((const char *)data, size, 7, &small_len);
	require(len == small_len && !memcmp(text, small, len));
	for (size_t i = 0; i < len; i++)
		require(text[i] == '\n' || ((unsigned char)text[i] >= 0x20 && text[i] != 0x7f));
	again = read_records(text, len, &again_len);
	require(len == again_len && !memcmp(text, again, len));
	free(text);
	free(small);
	free(again);
	return 0;
}
