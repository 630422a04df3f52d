// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is said at random of snapshots: what the memory held at the mark, and what grew until the next one. Processes
 * come and go between the two, pids are used again, and not all is read in time. Each size must be true of the processes
 * as they were.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/before.h"
#include "output/sentences.h"
#include "output/text.h"
#include "output/text_sink.h"
#include "output/text_snapshot.h"
#include "record/snapshot_words.h"

#define WORLDS 3000
#define PROCESSES 4
#define PARTS 3
#define S 1000000000ULL

static const struct {
	enum smaps_kind kind;
	const char *name, *words;
} kinds[PARTS] = {
	{ SMAPS_HEAP, NULL, "heap of " },
	{ SMAPS_ANON, "arena", "anonymous memory arena of " },
	{ SMAPS_FILE, "libx.so", "libx.so of " },
};

#define FILE_NAME "/dev/shm/x"
#define FILE_WORDS "file in tmpfs " FILE_NAME " "

/* The processes of a moment: parts of 0 aren't there. */
struct moment {
	const char *comms[PROCESSES]; /* NULL: there is none with that pid */
	uint64_t pages[PROCESSES][PARTS];
	bool whole[PROCESSES]; /* it was read to its end */
	uint64_t file_pages;   /* of a file in tmpfs that nobody has mapped */
};

static uint64_t any(uint64_t most)
{
	return (uint64_t)rand() % (most + 1);
}

static void change(struct moment *m)
{
	static const char *const comms[] = { "java", "node", "sh", NULL };

	for (size_t i = 0; i < PROCESSES; i++) {
		if (!m->comms[i] || !any(3))
			m->comms[i] = comms[any(3)];
		m->whole[i] = any(4);
		for (size_t n = 0; n < PARTS; n++)
			m->pages[i][n] = any(3) ? any(20000) : 0;
	}
	m->file_pages = any(3) ? any(20000) : 0;
}

/* As it was read: of a process that wasn't read to its end there is less than it has. */
static void note(struct before *before, const struct moment *m, uint64_t at_ns, bool again)
{
	struct record_snapshot_part parts[PROCESSES][PARTS];
	struct record_snapshot_process processes[PROCESSES];
	const struct record_tmpfs_file file = { .path = FILE_NAME, .bytes = m->file_pages * PAGE };
	const struct record_tmpfs tmpfs = { .largest = &file, .largest_count = 1 };
	struct record record = { .kind = RECORD_SNAPSHOT, .time = { .boot_ns = at_ns } };
	size_t count = 0;

	for (size_t i = 0; i < PROCESSES; i++) {
		size_t part_count = 0;

		for (size_t n = 0; m->comms[i] && n < PARTS; n++) {
			uint64_t pages = m->whole[i] ? m->pages[i][n] : m->pages[i][n] / 2;

			if (!pages)
				continue;
			parts[count][part_count++] =
				(struct record_snapshot_part){ .kind = kinds[n].kind,
							       .name = kinds[n].name,
							       .sum = { .rss_bytes = pages * PAGE } };
		}
		if (!m->comms[i])
			continue;
		processes[count] = (struct record_snapshot_process){ .pid = 100 + (uint32_t)i,
								     .comm = m->comms[i],
								     .has_total = m->whole[i],
								     .has_parts = m->whole[i],
								     .parts = parts[count],
								     .part_count = part_count };
		count++;
	}
	record.snapshot = (struct record_snapshot){ .cgroup_id = 7,
						    .percent = 90,
						    .again = again,
						    .duration_ns = 1,
						    .processes = processes,
						    .process_count = count,
						    .tmpfs = m->file_pages ? &tmpfs : NULL };
	before__note(before, &record);
}

static void check_growth(uint64_t pages, uint64_t next_pages, const char *at, const char *line)
{
	int64_t grown = (int64_t)(next_pages - pages);
	char words[128];

	at += strcspn(at, " ") + strlen(" MiB");
	if (!begins(at, " (+") && !begins(at, " (-"))
		return;
	snprintf(words, sizeof(words), " (%c%s in 2.0 s)", grown < 0 ? '-' : '+',
		 size_of((uint64_t)(grown < 0 ? -grown : grown)));
	demand(begins(at, words), "its growth", line);
}

static void check_file(const struct moment *first, const struct moment *next, const char *at,
		       const char *line)
{
	at += strlen(FILE_WORDS);
	demand(begins(at, size_of(first->file_pages)), "all of the file", line);
	check_growth(first->file_pages, next->file_pages, at, line);
}

/* "heap of java (pid 100) 380.0 MiB (+12.0 MiB in 2.0 s)" */
static void check_part(const struct moment *first, const struct moment *next, const char *at,
		       const char *line)
{
	const char *of = strstr(at, " of ");
	unsigned int pid = 0;
	char comm[16], words[128];
	size_t i, n = 0;
	const char *rest;

	if (begins(at, FILE_WORDS)) {
		check_file(first, next, at, line);
		return;
	}
	demand(of && sscanf(of, " of %15s (pid %u)", comm, &pid) == 2 && pid >= 100 && pid < 100 + PROCESSES,
	       "a process", line);
	i = pid - 100;
	while (n < PARTS && !begins(at, kinds[n].words))
		n++;
	demand(n < PARTS && first->comms[i] && !strcmp(first->comms[i], comm), "such a part", line);
	at += snprintf(words, sizeof(words), "%s%s (pid %u) ", kinds[n].words, comm, pid);
	if (first->whole[i])
		demand(begins(at, size_of(first->pages[i][n])), "its size", line);
	else
		demand(begins(at, "at least ") &&
			       begins(at + strlen("at least "), size_of(first->pages[i][n] / 2)),
		       "at least its size", line);
	at += begins(at, "at least ") ? strlen("at least ") : 0;
	rest = at + strcspn(at, " ") + strlen(" MiB");
	if (begins(rest, " (+") || begins(rest, " (-"))
		demand(first->whole[i] && next->whole[i] && next->comms[i] && !strcmp(next->comms[i], comm),
		       "what grew is known", line);
	check_growth(first->pages[i][n], next->pages[i][n], at, line);
}

static void check(const struct moment *first, const struct moment *next)
{
	const char *line = find(text, "held"), *at;

	demand(line && begins(line, "at 90 %, 5.0 s before: "), "when it was", text);
	at = strstr(line, "before: ") + strlen("before: ");
	while (*at && *at != '\n') {
		check_part(first, next, at, line);
		at += strcspn(at, ",\n");
		at += *at == ',' ? 2 : 0;
	}
}

static void test_before(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < WORLDS; seed++) {
		struct before *before = before__new();
		struct moment first = {}, next;
		struct record_before out;
		struct text_sink *sink;
		size_t size;
		FILE *to;

		srand(seed);
		change(&first);
		note(before, &first, 10 * S, false);
		next = first;
		change(&next);
		if (any(3))
			note(before, &next, 12 * S, true);
		if (before__find(before, 7, 15 * S, &out)) {
			to = open_memstream(&text, &size);
			sink = (struct text_sink *)text__new(to, (struct text_look){ .detail = TEXT_ALL });
			fputc('\n', sink->base.out);
			text_snapshot__before(sink, &out);
			fflush(sink->base.out);
			sink->base.ops->free(&sink->base);
			fclose(to);
			check(&first, &next);
			free(text);
		}
		before__free(before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_before) };

	return cmocka_run_group_tests_name("sentences_snapshot", tests, NULL, NULL);
}
