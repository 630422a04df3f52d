/* SPDX-License-Identifier: GPL-2.0-only */
/* An OOM to have next steps of, and what is told of it. */
#ifndef OOMTRACE_TEST_STEPS_SCENE_H
#define OOMTRACE_TEST_STEPS_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output/steps.h"
#include "output/wrap.h"

#define MIB (1ULL << 20)
#define S 1000000000ULL

static char told[4096];
static int told_count;

static int tell(void *ctx, const char *rule, const char *marked)
{
	char *text = strdup(marked);

	(void)ctx;
	assert_non_null(text);
	snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s: %s\n", rule, wrap__plain(text));
	told_count++;
	free(text);
	return 0;
}

/* What is told after these records. */
static void expect(const struct record *const *records, size_t count, const char *want)
{
	struct steps steps = {};

	told[0] = '\0';
	told_count = 0;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(steps__take(&steps, records[i]), 0);
	assert_int_equal(steps__tell(&steps, tell, NULL), 0);
	assert_string_equal(told, want);
	assert_true(told_count <= STEPS_TOLD);
	/* Each session begins anew. */
	told[0] = '\0';
	assert_int_equal(steps__tell(&steps, tell, NULL), 0);
	assert_string_equal(told, "");
}

static void expect_one(const struct record *record, const char *want)
{
	expect(&record, 1, want);
}

/* Usage of 60 MiB at a limit of 64, in which pid 1 was killed. */
struct scene {
	struct record record;
	struct record_level limit, chain[2];
	struct record_victim victim;
	struct record_candidate first[20];
	struct record_candidates candidates;
	struct record_memory memory;
	struct record_history history;
};

static struct record_oom *set_up(struct scene *s)
{
	*s = (struct scene){ .record = { .kind = RECORD_OOM } };
	s->limit = (struct record_level){
		.path = "/web",
		.has_memory = true,
		.usage_bytes = 60 * MIB,
		.max_bytes = 64 * MIB,
		.has_swap = true,
	};
	s->victim = (struct record_victim){ .pid = 1, .comm = "hog", .role = ROLE_CHOSEN, .has_mm = true };
	s->first[0] = (struct record_candidate){
		.pid = 1,
		.comm = "hog",
		.has_points = true,
		.points = 9,
		.has_counted = true,
		.has_adj = true,
	};
	s->candidates = (struct record_candidates){ .count = 3, .first = s->first, .first_count = 1 };
	s->record.oom = (struct record_oom){ .id = 1,
					     .outcome = OOM_KILLED,
					     .cause = CAUSE_LIMIT_UNCHANGED,
					     .limit = &s->limit,
					     .victims = &s->victim,
					     .victim_count = 1,
					     .killed = 1,
					     .candidates = &s->candidates };
	return &s->record.oom;
}

#endif
