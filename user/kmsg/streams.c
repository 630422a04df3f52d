// SPDX-License-Identifier: GPL-2.0-only
#include "kmsg/streams.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/copy.h"
#include "kmsg/killers.h"
#include "kmsg/oom_report.h"
#include "kmsg/scan.h"

#define STREAMS_MAX 64
/* Closed incidents that may still get lines, or turn out to be two copies of one. */
#define PENDING_MAX 32
/* Incidents that were given back, by what tells one from a replay of it. */
#define GIVEN_MAX 1024
/* A report whose lines stop coming is cut. */
#define QUIET_MAX 5000
#define TENTATIVE_QUIET_MAX 3
/* Lines that are further apart are of two reports. Slow serial consoles take their time. */
#define REPORT_NS 120000000000ULL
/* Of a file, in which a report's middle may stand without its head. */
#define FIRST_LINES 4

struct kmsg_streams {
	struct kmsg_handlers handlers;
	struct kmsg_stream streams[STREAMS_MAX];
	struct kmsg_stream *current;
	uint64_t clock, serial, file_number;
	char file[KMSG_HOST_SIZE];
	bool in_user;	   /* the line before was a program's, and so are those without a prefix after it */
	bool has_prefixes; /* in this file */
	bool has_stamps;
	struct kmsg_incident *pending; /* by their first lines */
	size_t pending_count;
	uint64_t given[GIVEN_MAX];
	size_t given_next;
	int error;
};

struct kmsg_streams *streams__new(const struct kmsg_handlers *handlers)
{
	struct kmsg_streams *streams = calloc(1, sizeof(*streams));

	if (streams)
		streams->handlers = *handlers;
	return streams;
}

void streams__free(struct kmsg_streams *streams)
{
	if (!streams)
		return;
	for (size_t i = 0; i < STREAMS_MAX; i++)
		incident__free(streams->streams[i].open);
	while (streams->pending) {
		struct kmsg_incident *next = streams->pending->next;

		incident__free(streams->pending);
		streams->pending = next;
	}
	free(streams);
}

static uint64_t hash_bytes(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 0x100000001b3ULL;
	return hash;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	return hash_bytes(hash, text, strlen(text) + 1);
}

/* ---- giving back ---- */

/* What tells one decision from all others and is the same where it is replayed. */
static uint64_t identity(const struct kmsg_incident *incident)
{
	uint64_t hash = hash_text(0xcbf29ce484222325ULL, incident->host);

	hash = hash_bytes(hash, &incident->uptime_ns, sizeof(incident->uptime_ns));
	if (!incident->has_uptime)
		hash = hash_text(hash, incident->stamp);
	hash = hash_text(hash, incident->trigger_comm);
	hash = hash_bytes(hash, &incident->trigger_pid, sizeof(incident->trigger_pid));
	hash = hash_bytes(hash, &incident->memory.failcnt, sizeof(incident->memory.failcnt));
	hash = hash_bytes(hash, &incident->outcome, sizeof(incident->outcome));
	for (size_t i = 0; i < incident->victim_count; i++) {
		const struct kmsg_victim *victim = &incident->victims[i];

		hash = hash_bytes(hash, &victim->pid, sizeof(victim->pid));
		hash = hash_bytes(hash, &victim->total_vm_bytes, sizeof(victim->total_vm_bytes));
		hash = hash_bytes(hash, &victim->anon_rss_bytes, sizeof(victim->anon_rss_bytes));
		hash = hash_text(hash, victim->comm);
	}
	return hash;
}

/* Without a stamp and a victim, two decisions may well look the same. */
static bool has_identity(const struct kmsg_incident *incident)
{
	return incident->victim_count || incident->has_uptime;
}

static bool was_given(const struct kmsg_streams *streams, const struct kmsg_incident *incident)
{
	uint64_t hash = identity(incident);

	for (size_t i = 0; i < GIVEN_MAX && has_identity(incident); i++)
		if (streams->given[i] == hash)
			return true;
	return false;
}

static void note_given(struct kmsg_streams *streams, const struct kmsg_incident *incident)
{
	streams->given[streams->given_next] = identity(incident);
	streams->given_next = (streams->given_next + 1) % GIVEN_MAX;
}

static void forget(struct kmsg_streams *streams, const struct kmsg_incident *incident,
		   struct kmsg_incident *instead)
{
	for (size_t i = 0; i < STREAMS_MAX; i++)
		if (streams->streams[i].last == incident)
			streams->streams[i].last = instead;
}

/* Two copies: what one of them has alone goes to the first. */
static void merge(struct kmsg_incident *first, const struct kmsg_incident *copy)
{
	if (copy->file_number == first->file_number && copy->first_line <= first->last_line + 1 &&
	    copy->last_line > first->last_line)
		first->last_line = copy->last_line;
	if (!first->host[0])
		copy__text(first->host, sizeof(first->host), copy->host);
	if (!first->has_wall && copy->has_wall) {
		first->has_wall = true;
		first->wall_ns = copy->wall_ns;
	}
	for (size_t i = 0; i < copy->victim_count; i++)
		if (!first->victims[i].reaped && copy->victims[i].reaped)
			first->victims[i] = copy->victims[i];
	first->unclear |= KMSG_UNCLEAR_COPIES;
}

static void drop_copies(struct kmsg_streams *streams, struct kmsg_incident *first)
{
	struct kmsg_incident **at = &streams->pending;

	while (*at) {
		struct kmsg_incident *copy = *at;

		if (!has_identity(first) || !incident__same(first, copy)) {
			at = &copy->next;
			continue;
		}
		merge(first, copy);
		forget(streams, copy, NULL);
		*at = copy->next;
		streams->pending_count--;
		note_given(streams, copy);
		incident__free(copy);
	}
}

static void give_first(struct kmsg_streams *streams)
{
	struct kmsg_incident *first = streams->pending;
	bool is_replay;

	streams->pending = first->next;
	streams->pending_count--;
	forget(streams, first, NULL);
	is_replay = was_given(streams, first);
	note_given(streams, first);
	drop_copies(streams, first);
	if (!is_replay && !streams->error)
		streams->error = streams->handlers.incident(streams->handlers.ctx, first);
	incident__free(first);
}

static void add_pending(struct kmsg_streams *streams, struct kmsg_incident *incident)
{
	struct kmsg_incident **at = &streams->pending;

	while (*at &&
	       ((*at)->file_number < incident->file_number ||
		((*at)->file_number == incident->file_number && (*at)->first_line <= incident->first_line)))
		at = &(*at)->next;
	incident->next = *at;
	*at = incident;
	streams->pending_count++;
	while (streams->pending_count > PENDING_MAX)
		give_first(streams);
}

/* ---- for the reader of a report ---- */

struct kmsg_incident *streams__new_incident(struct kmsg_streams *streams, const struct kmsg_stream *stream,
					    const struct kmsg_line *line, uint64_t number)
{
	struct kmsg_incident *incident = incident__new();

	if (!incident) {
		streams->error = -ENOMEM;
		return NULL;
	}
	incident->serial = ++streams->serial;
	incident->file_number = streams->file_number;
	incident->first_line = incident->last_line = number;
	copy__text(incident->file, sizeof(incident->file), streams->file);
	copy__text(incident->host, sizeof(incident->host), stream->host);
	copy__text(incident->release, sizeof(incident->release), stream->release);
	scan__copy(incident->stamp, sizeof(incident->stamp), line->time);
	incident->has_uptime = line->has_uptime;
	incident->uptime_ns = line->uptime_ns;
	incident->has_wall = line->has_wall;
	incident->wall_ns = line->wall_ns;
	incident->caller_kind = line->caller_kind;
	incident->caller = line->caller;
	return incident;
}

void streams__open(struct kmsg_streams *streams, struct kmsg_stream *stream, struct kmsg_incident *incident)
{
	streams__close(streams, stream);
	stream->open = incident;
	stream->section = SECTION_NONE;
	stream->columns.count = 0;
	stream->foreign = stream->tentative = false;
	stream->quiet = 0;
}

void streams__discard(struct kmsg_stream *stream)
{
	incident__free(stream->open);
	stream->open = NULL;
	stream->section = SECTION_NONE;
	stream->tentative = false;
}

void streams__close(struct kmsg_streams *streams, struct kmsg_stream *stream)
{
	struct kmsg_incident *incident = stream->open;

	if (!incident)
		return;
	if (stream->tentative) {
		streams__discard(stream);
		return;
	}
	stream->open = NULL;
	stream->section = SECTION_NONE;
	incident__finish(incident, stream->page_size);
	if (incident->page_size)
		stream->page_size = incident->page_size;
	stream->last = incident;
	add_pending(streams, incident);
}

struct kmsg_incident *streams__find_victim(struct kmsg_streams *streams, const struct kmsg_stream *stream,
					   uint32_t pid, struct kmsg_victim **victim)
{
	struct kmsg_incident *found = NULL;

	for (struct kmsg_incident *i = streams->pending; i; i = i->next) {
		struct kmsg_victim *v = strcmp(i->host, stream->host) ? NULL : incident__victim(i, pid);

		if (v) {
			found = i;
			*victim = v;
		}
	}
	return found;
}

int streams__tell_killer(struct kmsg_streams *streams, const struct kmsg_killer *killer)
{
	if (!streams->error)
		streams->error = streams->handlers.killer(streams->handlers.ctx, killer);
	return streams->error;
}

/* ---- lines to streams ---- */

static bool is_stream_of(const struct kmsg_stream *stream, const struct kmsg_line *line)
{
	return stream->used && stream->wrapped == line->wrapped && span__is(line->host, stream->host);
}

static struct kmsg_stream *take_stream(struct kmsg_streams *streams, const struct kmsg_line *line)
{
	struct kmsg_stream *oldest = &streams->streams[0];

	if (streams->current && is_stream_of(streams->current, line))
		return streams->current;
	for (size_t i = 0; i < STREAMS_MAX; i++) {
		struct kmsg_stream *stream = &streams->streams[i];

		if (is_stream_of(stream, line))
			return stream;
		if (!stream->used || (oldest->used && stream->last_used < oldest->last_used))
			oldest = oldest->used ? stream : oldest;
	}
	streams__close(streams, oldest);
	*oldest = (struct kmsg_stream){ .used = true, .wrapped = line->wrapped };
	scan__copy(oldest->host, sizeof(oldest->host), line->host);
	return oldest;
}

/* A new boot, or a line that is far from the report in time, ends what is open. */
static void follow_time(struct kmsg_streams *streams, struct kmsg_stream *stream,
			const struct kmsg_line *line)
{
	struct kmsg_incident *open = stream->open;

	if (line->boot.len && line->boot.len < sizeof(stream->boot) && !span__is(line->boot, stream->boot)) {
		if (stream->boot[0]) {
			streams__close(streams, stream);
			stream->last = NULL;
			stream->release[0] = '\0';
		}
		scan__copy(stream->boot, sizeof(stream->boot), line->boot);
	}
	if (scan__starts(line->text, "Linux version ")) {
		streams__close(streams, stream);
		memset(stream->seen, 0, sizeof(stream->seen));
		stream->last = NULL;
		stream->release[0] = '\0';
	}
	if (open && stream->open == open && open->has_uptime && line->has_uptime &&
	    (line->uptime_ns + REPORT_NS < open->uptime_ns || open->uptime_ns + REPORT_NS < line->uptime_ns))
		streams__close(streams, stream);
	if (line->has_uptime) {
		stream->has_uptime = true;
		stream->uptime_ns = line->uptime_ns;
	}
}

/* Whether a console has printed this line already. Without an uptime equal lines may be two. */
static bool is_seen(struct kmsg_stream *stream, const struct kmsg_line *line)
{
	uint64_t hash;

	if (!line->has_uptime)
		return false;
	hash = hash_bytes(0xcbf29ce484222325ULL, &line->uptime_ns, sizeof(line->uptime_ns));
	hash = hash_bytes(hash, &line->caller, sizeof(line->caller));
	hash = hash_bytes(hash, line->text.start, line->text.len) | 1;
	for (size_t i = 0; i < ARRAY_SIZE(stream->seen); i++)
		if (stream->seen[i] == hash)
			return true;
	stream->seen[stream->seen_next] = hash;
	stream->seen_next = (stream->seen_next + 1) % ARRAY_SIZE(stream->seen);
	return false;
}

/* The copy of a line belongs to the incident that the line belongs to. */
static void extend(struct kmsg_stream *stream, uint64_t number)
{
	if (stream->open && !stream->quiet)
		stream->open->last_line = number;
	else if (!stream->open && stream->last && !stream->quiet)
		stream->last->last_line = number;
}

static void take_kernel_line(struct kmsg_streams *streams, struct kmsg_stream *stream,
			     const struct kmsg_line *line, bool continues, uint64_t number)
{
	struct span rest = line->text;

	if (!stream->open && number <= FIRST_LINES && oom_report__is_inside(line->text)) {
		streams__open(streams, stream, streams__new_incident(streams, stream, line, number));
		stream->tentative = true;
		stream->section = SECTION_TRACE;
	}
	do {
		struct span part = span__cut(&rest, '\n');

		oom_report__take(streams, stream, line, part, continues, number);
	} while (rest.len);
	if (stream->open && stream->quiet > (stream->tentative ? TENTATIVE_QUIET_MAX : QUIET_MAX))
		streams__close(streams, stream);
}

int streams__take(struct kmsg_streams *streams, const struct kmsg_line *line, uint64_t number)
{
	bool continues = !line->has_prefix && streams->has_prefixes;
	struct kmsg_stream *stream;
	struct kmsg_killer killer;

	if (!line->text.len)
		return streams->error;
	if (killers__parse(line, number, &killer)) {
		streams->in_user = line->user;
		copy__text(killer.file, sizeof(killer.file), streams->file);
		return streams__tell_killer(streams, &killer);
	}
	if (line->user || (continues && streams->in_user)) {
		streams->in_user = true;
		return streams->error;
	}
	streams->in_user = false;
	streams->has_prefixes |= line->has_prefix;
	streams->has_stamps |= line->time.len || line->has_uptime;
	stream = continues && streams->current ? streams->current : take_stream(streams, line);
	streams->current = stream;
	stream->last_used = ++streams->clock;
	follow_time(streams, stream, line);
	if (!continues && is_seen(stream, line))
		extend(stream, number);
	else
		take_kernel_line(streams, stream, line, continues, number);
	return streams->error;
}

void streams__begin_file(struct kmsg_streams *streams, const char *name)
{
	for (size_t i = 0; i < STREAMS_MAX; i++)
		streams__close(streams, &streams->streams[i]);
	copy__text(streams->file, sizeof(streams->file), name);
	streams->file_number++;
	streams->in_user = streams->has_prefixes = false;
	streams->current = NULL;
	memset(streams->streams, 0, sizeof(streams->streams));
}

int streams__settle(struct kmsg_streams *streams, uint64_t age_ns)
{
	uint64_t newest_ns = 0;

	for (size_t i = 0; i < STREAMS_MAX; i++)
		if (streams->streams[i].has_uptime && streams->streams[i].uptime_ns > newest_ns)
			newest_ns = streams->streams[i].uptime_ns;
	while (streams->pending &&
	       (!age_ns || (newest_ns >= age_ns && streams->pending->uptime_ns <= newest_ns - age_ns)))
		give_first(streams);
	return streams->error;
}

int streams__finish(struct kmsg_streams *streams)
{
	for (size_t i = 0; i < STREAMS_MAX; i++)
		streams__close(streams, &streams->streams[i]);
	while (streams->pending)
		give_first(streams);
	return streams->error;
}

bool streams__has_stamps(const struct kmsg_streams *streams)
{
	return streams->has_stamps;
}

bool streams__is_busy(const struct kmsg_streams *streams)
{
	for (size_t i = 0; i < STREAMS_MAX; i++)
		if (streams->streams[i].open)
			return true;
	return false;
}
