// SPDX-License-Identifier: GPL-2.0-only
/* What to do now about a limit that was lowered, and about one at which nothing could be killed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "steps_scene.h"

static void test_write(void **state)
{
	struct record record = { .kind = RECORD_LIMIT,
				 .limit = { .id = 3,
					    .writer_pid = 4242,
					    .writer_comm = "docker",
					    .cgroup = "/web",
					    .old_max_bytes = 128 * MIB,
					    .new_max_bytes = 32 * MIB,
					    .usage_before_bytes = 60 * MIB,
					    .kills = 2 } };

	(void)state;
	expect_one(
		&record,
		"undo-write: docker (pid 4242) lowered the limit of /web from 128.0 MiB to 32.0 MiB when usage was "
		"60.0 MiB, and 2 processes were killed in that write: put the limit back, or find out "
		"who asked for it\n");
	/* It was we: --ramp or --set-max. */
	record.limit.writer_self = true;
	expect_one(&record, "");
	record.limit.writer_self = false;
	record.limit.kills = 0;
	expect_one(&record, "");
}

/* A limit that was raised again isn't to be put back, unless it is another's. */
static void test_put_back(void **state)
{
	struct scene s;
	struct record_oom *oom = set_up(&s);
	struct record back = { .kind = RECORD_LIMIT,
			       .limit = { .file = LIMIT_MAX,
					  .cgroup = "/web",
					  .old_max_bytes = 64 * MIB,
					  .new_max_bytes = 128 * MIB } };
	const struct record *records[] = { &s.record, &back };

	(void)state;
	oom->cause = CAUSE_LIMIT_LOWERED;
	expect(records, 2, "");
	back.limit.cgroup = "/db";
	expect(records, 2, "undo-write: the limit of 64.0 MiB of /web was set below usage: put it back\n");
	back.limit.cgroup = "/web";
	back.limit.new_max_bytes = 32 * MIB;
	expect(records, 2, "undo-write: the limit of 64.0 MiB of /web was set below usage: put it back\n");
}

/* What oomtrace has lowered it puts back itself. */
static void test_own_write(void **state)
{
	struct scene s;
	struct record_oom *oom = set_up(&s);
	struct record write = { .kind = RECORD_LIMIT,
				.limit = { .id = 7,
					   .file = LIMIT_MAX,
					   .writer_self = true,
					   .cgroup = "/web",
					   .old_max_bytes = 128 * MIB,
					   .new_max_bytes = 64 * MIB } };
	const struct record *records[] = { &write, &s.record };

	(void)state;
	oom->cause = CAUSE_LIMIT_LOWERED;
	oom->cause_limit_id = 7;
	expect(records, 2, "");
	write.limit.writer_self = false;
	expect(records, 2,
	       "undo-write: the limit of 64.0 MiB of /web was set below usage: put it back; its record is "
	       "limit 7\n");
}

static void test_lowered(void **state)
{
	struct scene s;
	struct record_oom *oom = set_up(&s);

	(void)state;
	oom->cause = CAUSE_LIMIT_LOWERED;
	oom->cause_since_ns = 2 * S;
	oom->cause_limit_id = 7;
	expect_one(&s.record,
		   "undo-write: the limit of 64.0 MiB of /web was set below usage 2.0 s before the kill: "
		   "put it back; its record is limit 7\n");
}

static void test_needless(void **state)
{
	struct scene s;
	struct record_oom *oom = set_up(&s);
	struct record record = { .kind = RECORD_RELIEF,
				 .relief = {
					 .live = true, .needless_kills = 2, .needless_bytes = 80 * MIB } };
	const struct record *records[] = { &s.record, &record };

	(void)state;
	/* Nobody has lowered a limit. */
	expect(records, 2, "");
	oom->cause = CAUSE_INSIDE_WRITE;
	expect(records, 2,
	       "smaller-steps: 2 kills were not needed, because memory was on its way back: lower a limit in "
	       "smaller steps, as --ramp does; up to 80.0 MiB were killed in vain\n");
	record.relief.needless_kills = 0;
	expect(records, 2, "");
}

static void test_exempt(void **state)
{
	struct scene s;
	struct record_oom *oom = set_up(&s);

	(void)state;
	oom->outcome = OOM_NO_VICTIM;
	oom->killed = oom->victim_count = 0;
	s.candidates.first_count = 0;
	s.candidates.spared = s.first;
	s.candidates.spared_count = 1;
	s.first[0].oom_score_adj = -1000;
	s.first[0].counted_bytes = 59 * MIB;
	expect_one(
		&s.record,
		"exempt: hog (pid 1) has 59.0 MiB and can't be killed (oom_score_adj -1000): raise the limit "
		"of 64.0 MiB of /web, or give up the exemption of a process (oom_score_adj -1000)\n");
	/* The victim of before had most of it, and was about to give it back. */
	oom->in_flight_victims = 1;
	oom->in_flight_bytes = 50 * MIB;
	s.limit.usage_bytes = 110 * MIB;
	expect_one(&s.record, "");
	s.limit.usage_bytes = 115 * MIB;
	/* One that the kernel has killed before and is done with: no exemption. */
	s.first[0].oom_score_adj = 0;
	expect_one(&s.record, "exempt: nothing could be killed: raise the limit of 64.0 MiB of /web\n");
	oom->candidates = NULL;
	expect_one(&s.record,
		   "exempt: nothing could be killed: raise the limit of 64.0 MiB of /web, or look for "
		   "processes that are exempt (oom_score_adj -1000)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),	  cmocka_unit_test(test_put_back),
		cmocka_unit_test(test_own_write), cmocka_unit_test(test_lowered),
		cmocka_unit_test(test_needless),  cmocka_unit_test(test_exempt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
