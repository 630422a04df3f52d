// SPDX-License-Identifier: GPL-2.0-only
/*
 * This isn't done by json-c, because a line may be huge or broken, and its strings may not be UTF-8. Only
 * some keys of the outermost object matter. The rest of a line after a fault is ignored.
 */
#include "kmsg/json_line.h"

#include <string.h>

#include "kmsg/scan.h"
#include "kmsg/stamp.h"

struct json {
	char *at, *end;
};

static void blanks(struct json *j)
{
	while (j->at < j->end && (*j->at == ' ' || *j->at == '\t' || *j->at == '\n' || *j->at == '\r'))
		j->at++;
}

static bool take(struct json *j, char c)
{
	blanks(j);
	if (j->at == j->end || *j->at != c)
		return false;
	j->at++;
	return true;
}

static int hex4(const char *p)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		char c = p[i] | 0x20;

		if (p[i] >= '0' && p[i] <= '9')
			v = v * 16 + p[i] - '0';
		else if (c >= 'a' && c <= 'f')
			v = v * 16 + c - 'a' + 10;
		else
			return -1;
	}
	return v;
}

/* As UTF-8, which is never longer than its escape. Halves of a pair become '?'. */
static char *put_code(char *out, int code)
{
	if (code < 0 || (code >= 0xd800 && code < 0xe000)) {
		*out++ = '?';
	} else if (code < 0x80) {
		*out++ = (char)code;
	} else if (code < 0x800) {
		*out++ = (char)(0xc0 | code >> 6);
		*out++ = (char)(0x80 | (code & 0x3f));
	} else {
		*out++ = (char)(0xe0 | code >> 12);
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
		*out++ = (char)(0x80 | (code & 0x3f));
	}
	return out;
}

/* A string, unescaped in place. */
static bool string(struct json *j, struct span *s)
{
	char *out;

	if (!take(j, '"'))
		return false;
	out = j->at;
	s->start = out;
	while (j->at < j->end && *j->at != '"') {
		char c = *j->at++;

		if (c == '\\' && j->at < j->end) {
			c = *j->at++;
			if (c == 'u' && j->end - j->at >= 4) {
				out = put_code(out, hex4(j->at));
				j->at += 4;
				continue;
			}
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
		}
		*out++ = c;
	}
	s->len = (size_t)(out - s->start);
	if (j->at < j->end)
		j->at++;
	return true;
}

/* A message that isn't UTF-8 is an array of its bytes. */
static bool bytes(struct json *j, struct span *s)
{
	char *out;

	if (!take(j, '['))
		return false;
	out = j->at;
	s->start = out;
	do {
		struct span rest;
		uint64_t byte;

		blanks(j);
		rest = (struct span){ j->at, (size_t)(j->end - j->at) };
		if (!scan__take_u64(&rest, &byte) || byte > 255)
			break;
		j->at += rest.start - j->at;
		*out++ = (char)byte;
	} while (take(j, ','));
	s->len = (size_t)(out - s->start);
	return take(j, ']');
}

/* Passes over a value: a number, a word, an object or an array. */
static bool skip(struct json *j)
{
	unsigned int depth = 0;

	do {
		struct span s;

		blanks(j);
		if (j->at == j->end)
			return false;
		if (*j->at == '"') {
			string(j, &s);
		} else if (*j->at == '{' || *j->at == '[') {
			depth++;
			j->at++;
		} else if (*j->at == '}' || *j->at == ']') {
			if (!depth)
				return true;
			depth--;
			j->at++;
		} else if (!depth && *j->at == ',') {
			return true;
		} else {
			j->at++;
			while (j->at < j->end && !strchr(" \t\n\r,]}\"", *j->at))
				j->at++;
		}
	} while (depth || (j->at < j->end && *j->at != ',' && *j->at != '}'));
	return true;
}

static bool value(struct json *j, struct span *s)
{
	char *start;

	blanks(j);
	start = j->at;
	*s = (struct span){ start, 0 };
	if (j->at == j->end)
		return false;
	if (*j->at == '"')
		return string(j, s);
	if (*j->at == '[' && bytes(j, s))
		return true;
	j->at = start;
	if (!skip(j))
		return false;
	*s = scan__trim((struct span){ start, (size_t)(j->at - start) });
	return true;
}

/* What the keys say that are of interest. */
struct fields {
	struct span message, transport, identifier, pri, time;
	bool journal;
};

static void field(struct fields *f, struct kmsg_line *line, struct span key, struct span v)
{
	uint64_t us;

	if (span__is(key, "MESSAGE")) {
		f->message = v;
		f->journal = true;
	} else if (span__is(key, "message") || span__is(key, "msg") || span__is(key, "log") ||
		   span__is(key, "@message") || span__is(key, "textPayload")) {
		if (!f->message.len)
			f->message = v;
	} else if (span__is(key, "pri")) {
		f->pri = v;
	} else if (span__is(key, "time")) {
		f->time = v;
	} else if (span__is(key, "_TRANSPORT")) {
		f->transport = v;
	} else if (span__is(key, "SYSLOG_IDENTIFIER")) {
		f->identifier = v;
	} else if (span__is(key, "_HOSTNAME")) {
		line->host = v;
	} else if (span__is(key, "_BOOT_ID")) {
		line->boot = v;
	} else if (span__is(key, "__REALTIME_TIMESTAMP")) {
		line->time = v;
		line->has_wall = span__u64(v, &us) && us <= INT64_MAX / 1000;
		if (line->has_wall)
			line->wall_ns = (int64_t)us * 1000;
	} else if (span__is(key, "_SOURCE_MONOTONIC_TIMESTAMP")) {
		line->has_uptime = span__u64(v, &us) && us <= UINT64_MAX / 1000;
		if (line->has_uptime)
			line->uptime_ns = us * 1000;
	}
}

/* dmesg --json: "pri" has the facility, too; "time" is in seconds since boot, or as --time-format has it. */
static void take_dmesg(const struct fields *f, struct kmsg_line *line)
{
	struct span rest = f->time;
	struct stamp stamp;
	uint64_t pri;

	line->user = span__u64(f->pri, &pri) && pri > 7;
	if (stamp__parse_uptime(f->time, &line->uptime_ns)) {
		line->has_uptime = true;
		line->time = f->time;
	} else if (stamp__take(&rest, &stamp)) {
		line->time = stamp.text;
		line->has_wall = stamp.has_wall;
		line->wall_ns = stamp.wall_ns;
	}
}

bool json_line__parse(char *raw, size_t len, struct kmsg_line *line)
{
	struct json j = { raw, raw + len };
	struct fields f = { 0 };
	struct span key, v;

	if (!take(&j, '{'))
		return false;
	while (string(&j, &key) && take(&j, ':') && value(&j, &v)) {
		field(&f, line, key, v);
		if (!take(&j, ','))
			break;
	}
	if (!f.message.start)
		return false;
	line->text = f.message;
	line->has_prefix = true;
	if (f.pri.len)
		take_dmesg(&f, line);
	if (!f.journal)
		return true;
	line->wrapped = true;
	line->user = f.transport.len ? !span__is(f.transport, "kernel") : !span__is(f.identifier, "kernel");
	if (line->user)
		line->program = f.identifier;
	return true;
}
