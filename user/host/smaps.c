// SPDX-License-Identifier: GPL-2.0-only
#include "host/smaps.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/copy.h"

/* Of one process. A program can map a file for each of its pages; what counts is nearly always among the first. */
#define PARTS_MAX 1024
#define BUCKETS 2048
/* No path is longer than PATH_MAX; each byte of it may be an escape of four. */
#define LINE_SIZE (4 * 4096 + 128)

struct entry {
	struct smaps_part part;
	uint64_t hash; /* of the whole name */
};

struct smaps {
	char line[LINE_SIZE];
	size_t filled;
	struct entry entries[PARTS_MAX];
	size_t count;
	uint16_t buckets[BUCKETS]; /* of entries, counted from 1; 0: none */
	struct smaps_part others;
	struct smaps_sum total;
	struct smaps_part *part; /* of the mapping that is being read; NULL: none */
	struct smaps_mapping now;
	struct smaps_mapping largest[SMAPS__LARGEST];
	size_t largest_count;
};

struct smaps *smaps__new(void)
{
	struct smaps *smaps = calloc(1, sizeof(*smaps));

	if (smaps)
		smaps->others.kind = SMAPS_OTHERS;
	return smaps;
}

void smaps__free(struct smaps *smaps)
{
	free(smaps);
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static void copy_end(char *to, size_t size, const char *from, size_t len)
{
	if (len >= size) {
		from += len - (size - 1);
		len = size - 1;
	}
	memcpy(to, from, len);
	to[len] = '\0';
}

/* What the name says of a mapping, and which part of it names that. Returns the kind. */
static enum smaps_kind classify(const char *name, const char **begin, size_t *len)
{
	static const struct {
		const char *begins;
		enum smaps_kind kind;
		bool named; /* by what follows, up to the "]" */
	} kinds[] = {
		{ "[heap]", SMAPS_HEAP, false },  { "[stack", SMAPS_STACK, false },
		{ "[anon:", SMAPS_ANON, true },	  { "[anon_shmem:", SMAPS_SHARED, true },
		{ "[", SMAPS_SPECIAL, false },	  { "/dev/zero", SMAPS_SHARED, false },
		{ "/SYSV", SMAPS_SHARED, false },
	};

	*begin = name;
	*len = strlen(name);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!begins(name, kinds[i].begins))
			continue;
		if (kinds[i].named) {
			*begin += strlen(kinds[i].begins);
			*len = strlen(*begin);
			*len -= *len && (*begin)[*len - 1] == ']';
		} else if (kinds[i].kind == SMAPS_HEAP || kinds[i].kind == SMAPS_STACK) {
			*len = 0;
		}
		return kinds[i].kind;
	}
	if (!*name)
		return SMAPS_ANON;
	if (begins(name, "/memfd:")) {
		*begin += strlen("/memfd:");
		*len = strlen(*begin);
		if (*len > strlen(" (deleted)") &&
		    !strcmp(*begin + *len - strlen(" (deleted)"), " (deleted)"))
			*len -= strlen(" (deleted)");
		return SMAPS_MEMFD;
	}
	return begins(name, "/dev/shm/") ? SMAPS_SHARED : SMAPS_FILE;
}

static uint64_t hash_of(enum smaps_kind kind, const char *name, size_t len)
{
	uint64_t hash = 14695981039346656037ULL ^ (uint64_t)kind; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)name[i]) * 1099511628211ULL;
	return hash;
}

/* The part that a mapping belongs to. */
static struct smaps_part *find_part(struct smaps *s, enum smaps_kind kind, const char *name, size_t len)
{
	uint64_t hash = hash_of(kind, name, len);
	size_t bucket = hash % BUCKETS;
	struct entry *e;

	for (; s->buckets[bucket]; bucket = (bucket + 1) % BUCKETS) {
		e = &s->entries[s->buckets[bucket] - 1];
		if (e->hash == hash && e->part.kind == (uint32_t)kind)
			return &e->part;
	}
	if (s->count == PARTS_MAX)
		return &s->others;
	e = &s->entries[s->count++];
	s->buckets[bucket] = (uint16_t)s->count;
	e->hash = hash;
	e->part.kind = (uint32_t)kind;
	copy_end(e->part.name, sizeof(e->part.name), name, len);
	return &e->part;
}

static uint64_t weight(uint64_t rss_bytes, uint64_t swap_bytes)
{
	return rss_bytes + swap_bytes;
}

static void note_largest(struct smaps *s)
{
	const struct smaps_mapping *now = &s->now;
	size_t at = s->largest_count;

	while (at && weight(s->largest[at - 1].rss_bytes, s->largest[at - 1].swap_bytes) <
			     weight(now->rss_bytes, now->swap_bytes))
		at--;
	if (at == SMAPS__LARGEST)
		return;
	if (s->largest_count < SMAPS__LARGEST)
		s->largest_count++;
	memmove(&s->largest[at + 1], &s->largest[at], (s->largest_count - 1 - at) * sizeof(*s->largest));
	s->largest[at] = *now;
}

/* The kernel's names of the heap and of the first stack don't make them files. */
static bool is_without_file(uint32_t kind)
{
	return kind == SMAPS_ANON || kind == SMAPS_HEAP || kind == SMAPS_STACK;
}

/* The mapping that was being read has no more lines. */
static void end_mapping(struct smaps *s)
{
	if (s->part && is_without_file(s->part->kind) && weight(s->now.rss_bytes, s->now.swap_bytes))
		note_largest(s);
	s->part = NULL;
}

/* "55d0c0a00000-55d0c0a21000 rw-p 00000000 00:00 0                          [heap]" */
static bool begin_mapping(struct smaps *s, const char *line)
{
	uint64_t start, end;
	const char *begin;
	size_t len;
	int name = 0;
	enum smaps_kind kind;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %*s %*s %*s %n", &start, &end, &name) < 2 || !name ||
	    start >= end)
		return false;
	end_mapping(s);
	kind = classify(line + name, &begin, &len);
	s->part = find_part(s, kind, begin, len);
	s->part->sum.mappings++;
	s->total.mappings++;
	s->now = (struct smaps_mapping){ .start = start };
	if (kind == SMAPS_HEAP || kind == SMAPS_STACK)
		copy__text(s->now.name, sizeof(s->now.name), kind == SMAPS_HEAP ? "[heap]" : "[stack]");
	else
		copy_end(s->now.name, sizeof(s->now.name), begin, len);
	return true;
}

/* "Rss:                  12 kB" */
static void take_field(struct smaps *s, const char *line)
{
	static const struct {
		const char *name;
		size_t in_sum;
		size_t in_mapping; /* 0: it isn't there */
	} fields[] = {
#define IN_SUM(name) offsetof(struct smaps_sum, name)
#define IN_MAPPING(name) offsetof(struct smaps_mapping, name)
		{ "Size:", IN_SUM(size_bytes), IN_MAPPING(size_bytes) },
		{ "Rss:", IN_SUM(rss_bytes), IN_MAPPING(rss_bytes) },
		{ "Pss:", IN_SUM(pss_bytes), 0 },
		{ "Anonymous:", IN_SUM(anon_bytes), 0 },
		{ "Swap:", IN_SUM(swap_bytes), IN_MAPPING(swap_bytes) },
	};

	for (size_t i = 0; s->part && i < ARRAY_SIZE(fields); i++) {
		uint64_t bytes;

		if (!begins(line, fields[i].name))
			continue;
		bytes = strtoull(line + strlen(fields[i].name), NULL, 10) << 10;
		*(uint64_t *)((char *)&s->part->sum + fields[i].in_sum) += bytes;
		*(uint64_t *)((char *)&s->total + fields[i].in_sum) += bytes;
		if (fields[i].in_mapping)
			*(uint64_t *)((char *)&s->now + fields[i].in_mapping) = bytes;
		return;
	}
}

/* Fields begin with a capital letter, mappings with a digit of an address. */
static void take_line(struct smaps *s, const char *line)
{
	if (isupper((unsigned char)*line))
		take_field(s, line);
	else if (!begin_mapping(s, line))
		end_mapping(s);
}

void smaps__take(struct smaps *s, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\n') {
			s->line[s->filled] = '\0';
			take_line(s, s->line);
			s->filled = 0;
		} else if (s->filled < sizeof(s->line) - 1) {
			s->line[s->filled++] = text[i];
		}
	}
}

struct smaps_sum smaps__total(const struct smaps *s)
{
	return s->total;
}

static int by_weight(const void *a, const void *b)
{
	const struct smaps_part *x = &((const struct entry *)a)->part, *y = &((const struct entry *)b)->part;
	uint64_t left = weight(x->sum.rss_bytes, x->sum.swap_bytes),
		 right = weight(y->sum.rss_bytes, y->sum.swap_bytes);

	if (left != right)
		return left < right ? 1 : -1;
	return x->kind != y->kind ? (x->kind > y->kind ? 1 : -1) : strcmp(x->name, y->name);
}

static void add(struct smaps_sum *to, const struct smaps_sum *from)
{
	to->size_bytes += from->size_bytes;
	to->rss_bytes += from->rss_bytes;
	to->pss_bytes += from->pss_bytes;
	to->anon_bytes += from->anon_bytes;
	to->swap_bytes += from->swap_bytes;
	to->mappings += from->mappings;
}

size_t smaps__parts(struct smaps *s, struct smaps_part *out, size_t room, struct smaps_sum *rest)
{
	size_t count = 0;

	end_mapping(s);
	/* Their places are no longer those that the buckets have, so nothing can be taken after that. */
	qsort(s->entries, s->count, sizeof(*s->entries), by_weight);
	*rest = s->others.sum;
	for (size_t i = 0; i < s->count; i++) {
		if (i < room)
			out[count++] = s->entries[i].part;
		else
			add(rest, &s->entries[i].part.sum);
	}
	return count;
}

size_t smaps__largest(struct smaps *s, struct smaps_mapping out[SMAPS__LARGEST])
{
	end_mapping(s);
	memcpy(out, s->largest, sizeof(s->largest));
	return s->largest_count;
}
