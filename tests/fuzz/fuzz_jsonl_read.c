// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes -> the reader of recordings -> every sink that a report has. What was read and written again
 * must be read as the same: JSON as the first pass wrote it is the second's, to the byte.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "jsonl/reader.h"
#include "commands/report_options.h"
#include "jsonl/write.h"
#include "output/folded.h"
#include "output/tee.h"
#include "output/text.h"
#include "output/verdict.h"
#include "output/wrap.h"
#include "record/sink.h"
#include "report/chrome_trace.h"
#include "report/compare_print.h"
#include "report/csv.h"
#include "report/filter.h"
#include "report/html/collect.h"
#include "report/html/compare_page.h"
#include "report/summary.h"
#include "report/timeline.h"

#define COUNT 11 /* of sinks */

static void require(int condition)
{
	if (!condition)
		abort();
}

static int ignore(void *ctx, const struct verdict_sentence *sentence)
{
	(void)ctx;
	require(strlen(sentence->text) > 0 && strlen(sentence->kind) > 0);
	return 0;
}

/* Reads the bytes into the sink, which is freed. */
static struct jsonl_reader_stats read_into(struct sink *sink, const char *bytes, size_t size)
{
	static int fd = -1;
	struct jsonl_reader *r = jsonl_reader__new(sink);
	struct jsonl_reader_stats stats;
	int err;

	if (fd < 0)
		fd = memfd_create("recording", MFD_CLOEXEC);
	require(fd >= 0 && r && !ftruncate(fd, 0));
	require(pwrite(fd, bytes, size, 0) == (ssize_t)size && !lseek(fd, 0, SEEK_SET));
	err = jsonl_reader__read(r, fd);
	/* What begins as a packed file does may be none. */
	require((!err || err == -EBADMSG) && !jsonl_reader__sink_error(r));
	require(!sink__finish(sink));
	stats = *jsonl_reader__stats(r);
	jsonl_reader__free(r);
	sink->ops->free(sink);
	return stats;
}

static struct jsonl_reader_stats to_json(const char *bytes, size_t size, char **text, size_t *text_size)
{
	FILE *out = open_memstream(text, text_size);
	struct jsonl_reader_stats stats;

	require(out != NULL);
	stats = read_into(jsonl_write__new_buffered(out), bytes, size);
	require(!fclose(out));
	return stats;
}

/* The sinks of text and charts; what they print can only be looked at for what it must not have. */
static void to_all(const char *bytes, size_t size)
{
	const struct report_filter filter = {
		.since = { REPORT_TIME_RELATIVE, 0 },
		.until = { REPORT_TIME_OF_DAY, 1 << 30 },
		.cgroup = "/a",
	};
	char *text;
	size_t text_size;
	FILE *out = open_memstream(&text, &text_size), *null = fopen("/dev/null", "w");
	FILE *lines = wrap__open(
		out, (struct text_look){}); /* the timeline leaves its joints to whoever breaks the lines */
	struct sink *sinks[COUNT] = {
		text__new(out, (struct text_look){ 0 }),
		timeline__new(lines, (struct text_look){ .detail = TEXT_ALL }),
		verdict__new(ignore, NULL),
		folded__new(out),
		html_collect__new(null),
		chrome_trace__new(null),
		filter__new(text__new(out, (struct text_look){ 0 }), &filter),
		summary__new(out, (struct text_look){ .columns = 40 }, false),
		csv__new(null),
		compare__new(out, (struct text_look){ 0 }, compare_print__text),
		compare__new(null, (struct text_look){ 0 }, html_compare_page__put),
	};

	for (size_t i = COUNT - 2; i < COUNT; i++)
		compare__begin(sinks[i], "a");
	read_into(tee__new(sinks, COUNT), bytes, size);
	require(!fclose(lines) && !fclose(out) && !fclose(null));
	for (size_t i = 0; i < text_size; i++)
		require((unsigned char)text[i] >= ' ' ? text[i] != 0x7f : text[i] == '\n');
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct jsonl_reader_stats first, second;
	char *once, *twice;
	size_t once_size, twice_size;

	first = to_json((const char *)data, size, &once, &once_size);
	second = to_json(once, once_size, &twice, &twice_size);
	require(!second.malformed && !second.unknown && !second.too_long && !second.cut);
	require(first.records == second.records);
	require(once_size == twice_size && !memcmp(once, twice, once_size));
	free(once);
	free(twice);
	to_all((const char *)data, size);
	return 0;
}
