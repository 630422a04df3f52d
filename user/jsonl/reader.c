// SPDX-License-Identifier: GPL-2.0-only
#include "jsonl/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json_size.h"
#include "jsonl/parser.h"

#define BUFFER_MIN (256U << 10)
#define DEPTH_MAX 32
/*
 * Every object takes the JSON library a kilobyte, however short it is in the line. What oomtrace
 * writes has at most some three for each of 4096 victims.
 */
#define OBJECTS_MAX 65536
#define VALUES_MAX (16 * OBJECTS_MAX)

struct jsonl_reader {
	struct sink *sink;
	struct jsonl_parser *parser;
	struct json_tokener *tokener;
	struct jsonl_reader_stats stats;
	int sink_error;
	uint64_t line; /* number, in this file */

	char *buffer;
	size_t size;
	size_t used;	 /* bytes of it that are read */
	size_t start;	 /* of the line that isn't handled yet */
	size_t searched; /* from start: has no newline */
	bool skipping;	 /* within a line that is too long */

	uint64_t session_ns; /* when the session that is being read began, and its part */
	uint64_t session_part;
};

struct jsonl_reader *jsonl_reader__new(struct sink *sink)
{
	struct jsonl_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->sink = sink;
	r->size = BUFFER_MIN;
	r->buffer = malloc(r->size);
	r->parser = jsonl_parser__new();
	r->tokener = json_tokener_new_ex(DEPTH_MAX);
	if (r->buffer && r->parser && r->tokener)
		return r;
	jsonl_reader__free(r);
	return NULL;
}

void jsonl_reader__free(struct jsonl_reader *r)
{
	if (!r)
		return;
	if (r->tokener)
		json_tokener_free(r->tokener);
	jsonl_parser__free(r->parser);
	free(r->buffer);
	free(r);
}

/* NULL: it isn't one JSON value and nothing else. */
static struct json_object *parse_json(struct jsonl_reader *r, const char *line, size_t len)
{
	struct json_object *o;

	if (!json_size__is_bounded(line, len, OBJECTS_MAX, VALUES_MAX))
		return NULL;
	json_tokener_reset(r->tokener);
	o = json_tokener_parse_ex(r->tokener, line, (int)len);
	if (o && json_tokener_get_parse_end(r->tokener) == len)
		return o;
	json_object_put(o);
	return NULL;
}

static uint64_t number_of(struct json_object *o, const char *key)
{
	struct json_object *value;
	int64_t number = 0;

	if (json_object_object_get_ex(o, key, &value) && json_object_is_type(value, json_type_int))
		number = json_object_get_int64(value);
	return number > 0 ? (uint64_t)number : 0;
}

/* Whether the session goes on from the file before: its first line stands in each of its parts. */
static bool is_next_part(struct jsonl_reader *r, struct json_object *o)
{
	uint64_t began_ns = number_of(o, "ts_ns"), part = number_of(o, "part");
	bool next = began_ns && began_ns == r->session_ns && part == r->session_part + 1;

	r->session_ns = began_ns;
	r->session_part = part ? part : 1;
	return next;
}

static void note_unknown(struct jsonl_reader *r, const char *type)
{
	if (!r->stats.unknown++)
		snprintf(r->stats.unknown_type, sizeof(r->stats.unknown_type), "%s", type);
}

static bool handle_object(struct jsonl_reader *r, struct json_object *o)
{
	struct json_object *value = NULL;
	const char *type = "";
	int err;

	if (json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, "type", &value) &&
	    json_object_is_type(value, json_type_string))
		type = json_object_get_string(value);
	if (!strcmp(type, "session") && is_next_part(r, o))
		return true;
	err = jsonl_parser__deliver(r->parser, o, r->sink, &r->sink_error);
	if (err == -ENOENT)
		note_unknown(r, type);
	if (err)
		return err == -ENOENT;
	r->stats.records++;
	if (!strcmp(type, "session")) {
		r->stats.sessions++;
		if (number_of(o, "schema") > RECORD_SCHEMA && number_of(o, "schema") > r->stats.schema)
			r->stats.schema = number_of(o, "schema");
	} else if (!strcmp(type, "end")) {
		r->stats.ends++;
	} else if (!strcmp(type, "stack") && number_of(o, "bytes")) {
		r->stats.samples++;
	}
	return true;
}

static bool is_blank(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
			return false;
	}
	return true;
}

/* False: the line is no record. */
static bool handle_line(struct jsonl_reader *r, const char *line, size_t len)
{
	struct json_object *o;
	bool good;

	while (len && (line[len - 1] == '\r' || line[len - 1] == ' '))
		len--;
	if (is_blank(line, len))
		return true;
	o = parse_json(r, line, len);
	if (!o)
		return false;
	good = handle_object(r, o);
	json_object_put(o);
	return good;
}

static void note_malformed(struct jsonl_reader *r)
{
	if (!r->stats.malformed++)
		r->stats.first_malformed = r->line;
}

/* Handles the whole lines in the buffer. */
static void handle_lines(struct jsonl_reader *r)
{
	while (!r->sink_error) {
		char *line = r->buffer + r->start;
		char *end = memchr(line + r->searched, '\n', r->used - r->start - r->searched);

		if (!end) {
			r->searched = r->used - r->start;
			return;
		}
		r->line++;
		if (r->skipping)
			r->skipping = false;
		else if ((size_t)(end - line) > RECORDING_LINE_MAX)
			r->stats.too_long++;
		else if (!handle_line(r, line, (size_t)(end - line)))
			note_malformed(r);
		r->start = (size_t)(end + 1 - r->buffer);
		r->searched = 0;
	}
}

/* Makes room for more of the line that the buffer ends with. */
static int make_room(struct jsonl_reader *r)
{
	size_t len = r->used - r->start;
	char *bigger;

	memmove(r->buffer, r->buffer + r->start, len);
	r->start = 0;
	r->used = len;
	if (len > RECORDING_LINE_MAX || r->skipping) {
		r->stats.too_long += !r->skipping;
		r->skipping = true;
		r->used = r->searched = 0;
	}
	if (r->used < r->size)
		return 0;
	/* NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI): the size is BUFFER_MIN or more */
	bigger = realloc(r->buffer, r->size * 2);
	if (!bigger)
		return -ENOMEM;
	r->buffer = bigger;
	r->size *= 2;
	return 0;
}

/* What comes after the last newline: a record whose newline is missing, or the half of one. */
static void handle_rest(struct jsonl_reader *r)
{
	size_t len = r->used - r->start;

	if (r->skipping || len > RECORDING_LINE_MAX)
		r->stats.too_long += !r->skipping;
	else if (len && !handle_line(r, r->buffer + r->start, len))
		r->stats.cut = true;
}

int jsonl_reader__read_input(struct jsonl_reader *r, struct input *input)
{
	ssize_t got = 1;
	int err = 0;

	r->line = r->start = r->used = r->searched = 0;
	r->skipping = false;
	while (!err && got && !r->sink_error) {
		got = input__read(input, r->buffer + r->used, r->size - r->used);
		if (got < 0)
			return (int)got;
		r->used += (size_t)got;
		handle_lines(r);
		if (got)
			err = make_room(r);
	}
	if (!err && !r->sink_error)
		handle_rest(r);
	return err;
}

int jsonl_reader__read(struct jsonl_reader *r, int fd)
{
	struct input *input = input__new(fd);
	int err = input ? jsonl_reader__read_input(r, input) : -ENOMEM;

	input__free(input);
	return err;
}

int jsonl_reader__sink_error(const struct jsonl_reader *r)
{
	return r->sink_error;
}

const struct jsonl_reader_stats *jsonl_reader__stats(const struct jsonl_reader *r)
{
	return &r->stats;
}
