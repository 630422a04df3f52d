// SPDX-License-Identifier: GPL-2.0-only
#include "kmsg/join.h"

#include <string.h>

#include "kmsg/memory.h"
#include "kmsg/oom_report.h"
#include "kmsg/scan.h"

/* Terminals and mails are no narrower. */
#define WIDTH_MIN 60

void join__reset(struct join *join)
{
	join->holding = join->has_prefixes = join->in_json = join->has_json = false;
	join->width = join->widest = 0;
}

bool join__is_holding(const struct join *join)
{
	return join->holding || join->has_json;
}

/* Whether a line of the report's is at its end, as far as its kind can tell. */
static bool is_whole(struct span text)
{
	if (scan__has(text, "invoked oom-killer: "))
		return scan__has(text, "oom_score_adj=") || scan__has(text, "oom_adj=");
	if (scan__starts(text, "oom-kill:constraint="))
		return scan__has(text, ",uid=");
	if (scan__starts(text, "Task in /"))
		return scan__has(text, "limit of /");
	if (scan__starts(text, "Memory cgroup stats for /"))
		return scan__has(text, "unevictable:") || text.start[text.len - 1] == ':';
	if (scan__has(text, "Killed process ") && scan__has(text, " total-vm:"))
		return scan__has(text, "file-rss:") && text.start[text.len - 1] != ',' &&
		       (!scan__has(text, "UID:") || scan__has(text, "oom_score_adj:"));
	return true;
}

/* Whether a line without a prefix can be nothing but a line of its own. */
static bool is_own(struct span held, struct span text)
{
	struct kmsg_stats stats = { 0 };

	return (memory__stat_line(text, &stats) &&
		(memory__stat_line(held, &stats) || scan__starts(held, "Memory cgroup stats"))) ||
	       scan__starts(text, "Memory cgroup stats") || scan__starts(text, "Task in ") ||
	       scan__starts(text, "memory: usage") || scan__starts(text, "Mem-Info:") ||
	       scan__starts(text, "Tasks state") || scan__has(text, "invoked oom-killer") ||
	       scan__starts(text, "oom-kill:") || scan__starts(text, "Call Trace:") ||
	       (scan__starts(text, "Killed process") && held.len && held.start[held.len - 1] != ':') ||
	       scan__starts(text, "Memory cgroup out of memory: ") || scan__starts(text, "Out of memory: ");
}

static bool is_rest(const struct join *join, const struct kmsg_line *next)
{
	struct span text = { join->text, join->text_len };

	if (next->has_prefix || !next->text.len || !text.len || is_own(text, next->text))
		return false;
	if (!is_whole(text))
		return true;
	/* As wide as the widest, and the rest of it has no stamp as the others have. */
	return join->has_prefixes && join->width >= WIDTH_MIN && join->width == join->widest &&
	       !(scan__starts(text, "Memory cgroup stats") && text.start[text.len - 1] == ':');
}

/* A terminal breaks anywhere, a mail between words. */
static void append(struct join *join, const char *raw, size_t len, const struct kmsg_line *next)
{
	bool blank = join->ends_blank || (len && *raw == ' ') || join->width != join->widest;
	size_t room = sizeof(join->text) - join->text_len;

	if (blank && room) {
		join->text[join->text_len++] = ' ';
		room--;
	}
	if (room > next->text.len)
		room = next->text.len;
	memcpy(join->text + join->text_len, next->text.start, room);
	join->text_len += room;
	join->line.joined++;
	join->line.broken = true;
}

int join__flush(struct join *join, struct kmsg_streams *streams)
{
	if (!join->holding)
		return 0;
	join->holding = false;
	join->line.text = (struct span){ join->text, join->text_len };
	return streams__take(streams, &join->line, join->number);
}

/* A whole line, as it was or put together. */
static int take_line(struct join *join, struct kmsg_streams *streams, const char *raw, size_t len,
		     uint64_t number)
{
	char *buffer = join->raw[!join->held];
	struct kmsg_line next;
	int err = 0;

	memcpy(buffer, raw, len);
	kmsg_line__parse(buffer, len, &next);
	if (len > join->widest)
		join->widest = len;
	if (join->holding && is_rest(join, &next)) {
		append(join, raw, len, &next);
	} else {
		err = join__flush(join, streams);
		join->held = !join->held;
		join->line = next;
		join->number = number;
		join->holding = true;
		join->has_prefixes |= next.has_prefix;
		join->text_len = next.text.len;
		memcpy(join->text, next.text.start, next.text.len);
	}
	join->width = len;
	join->ends_blank = len && raw[len - 1] == ' ';
	return err;
}

static bool is_alone(const char *raw, size_t len, const char *a, const char *b)
{
	struct span text = scan__trim((struct span){ raw, len });

	return span__is(text, a) || span__is(text, b);
}

static void begin_json(struct join *join, uint64_t number)
{
	join->in_json = join->has_json = true;
	join->json_len = 0;
	join->json_number = number;
}

/* A JSON object over several lines, as journalctl -o json-pretty, jq and dmesg --json write it. */
static int take_json(struct join *join, struct kmsg_streams *streams, const char *raw, size_t len,
		     uint64_t number)
{
	size_t room = sizeof(join->json) - join->json_len;
	bool goes_on = is_alone(raw, len, "},{", "}, {");
	int err;

	/* The objects that are of interest are in this list. */
	if (len >= room || is_alone(raw, len, "\"dmesg\": [", "\"dmesg\":[")) {
		join->in_json = false;
		return 0;
	}
	for (; !join->json_len && len && (*raw == ' ' || *raw == '\t'); len--)
		raw++;
	if (goes_on)
		len = 1 + (size_t)((const char *)memchr(raw, '}', len) - raw);
	memcpy(join->json + join->json_len, raw, len);
	join->json_len += len;
	join->json[join->json_len++] = '\n';
	if (!goes_on && !is_alone(raw, len, "}", "},"))
		return 0;
	join->in_json = false;
	err = take_line(join, streams, join->json, join->json_len - 1, join->json_number);
	join->line.joined = (unsigned int)(number - join->json_number);
	if (!goes_on)
		return err;
	begin_json(join, number);
	join->json[join->json_len++] = '{';
	return err;
}

int join__take(struct join *join, struct kmsg_streams *streams, const char *raw, size_t len, uint64_t number)
{
	if (!join->in_json && is_alone(raw, len, "{", "[{"))
		begin_json(join, number);
	return join->in_json ? take_json(join, streams, raw, len, number)
			     : take_line(join, streams, raw, len, number);
}
