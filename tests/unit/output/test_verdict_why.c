// SPDX-License-Identifier: GPL-2.0-only
/* Which OOMs have the same why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "output/verdict.h"
#include "output/verdict_why.h"
#include "take.h"

static int keep(void *ctx, const struct verdict_sentence *sentence)
{
	snprintf(ctx, 512, "%s", sentence->text);
	return 0;
}

/* A container that comes back has its limit written each time: that is no other reason. */
static void test_one_reason(void **state)
{
	char told[512] = "";
	const struct record_level limit = { .path = "/web", .has_memory = true, .max_bytes = 32 << 20 };
	const struct record_victim victim = { .pid = 7, .cgroup = "/web" };
	struct sink *sink = verdict__new(keep, told);

	(void)state;
	for (uint64_t id = 1; id <= 3; id++) {
		const struct record_oom oom = { .id = id,
						.cause = CAUSE_LIMIT_UNCHANGED,
						.cause_limit_id = 8 * id,
						.limit = &limit,
						.killed = 1,
						.victims = &victim,
						.victim_count = 1 };

		assert_int_equal(TAKE(sink, OOM, oom, (struct record_time){}, oom), 0);
	}
	assert_int_equal(sink__finish(sink), 0);
	assert_string_equal(
		told, "/web lost 3 processes in 3 OOMs to the OOM killer: its own limit of 32.0 MiB, into "
		      "which the workload grew");
	sink->ops->free(sink);
}

/* A script that lowers the limit again and again, the last time to another one: one reason for all that are alike. */
static void test_writes_alike(void **state)
{
	char told[512] = "";
	const struct record_victim victim = { .pid = 7, .cgroup = "/web" };
	struct sink *sink = verdict__new(keep, told);

	(void)state;
	for (uint64_t id = 1; id <= 12; id++) {
		const struct record_level limit = { .path = "/web",
						    .has_memory = true,
						    .max_bytes = (id < 12 ? 32ULL : 16) << 20 };
		const struct record_oom oom = { .id = id,
						.cause = CAUSE_INSIDE_WRITE,
						.cause_limit_id = 1 + id / 2,
						.limit = &limit,
						.killed = 1,
						.victims = &victim,
						.victim_count = 1 };
		const struct record_limit write = { .id = 1 + id / 2,
						    .cgroup = "/web",
						    .old_max_bytes = 64 << 20,
						    .new_max_bytes = limit.max_bytes,
						    .writer_pid = (uint32_t)(80 + id / 2),
						    .writer_comm = "runc" };

		assert_int_equal(TAKE(sink, OOM, oom, (struct record_time){}, oom), 0);
		if (id % 2 || id == 12)
			assert_int_equal(TAKE(sink, LIMIT, limit, (struct record_time){}, write), 0);
	}
	assert_int_equal(sink__finish(sink), 0);
	assert_string_equal(
		told,
		"/web lost 12 processes in 12 OOMs to the OOM killer: its own limit of 32.0 MiB, lowered "
		"from 64.0 MiB by runc, each inside such a write (11 OOMs), its own limit of 16.0 MiB, "
		"lowered from 64.0 MiB by runc (pid 86), inside that write (1 OOM)");
	sink->ops->free(sink);
}

/* Counts an OOM at a limit of so many MiB. */
static void count_at(struct verdict_whys *whys, uint64_t mib, bool decisive)
{
	const struct record_level limit = { .path = "/web", .has_memory = true, .max_bytes = mib << 20 };
	const struct record_oom oom = { .cause = CAUSE_LIMIT_UNCHANGED, .limit = &limit };

	verdict_why__count(whys, &oom, "/web", decisive, decisive);
}

static void assert_number(const struct verdict_whys *whys, const char *expected)
{
	char told[64] = "";
	FILE *out = fmemopen(told, sizeof(told), "w");

	assert_non_null(out);
	verdict_why__put_number(out, whys);
	fclose(out);
	assert_string_equal(told, expected);
}

/* The decisive why is counted from its first OOM on, also where others had taken all room before it. */
static void test_many_whys(void **state)
{
	struct verdict_whys whys = {};

	(void)state;
	for (uint64_t mib = 1; mib <= 20; mib++) {
		for (uint64_t n = 0; n < mib; n++)
			count_at(&whys, mib, false);
	}
	count_at(&whys, 20, true);
	assert_number(&whys, "21");
	assert_int_equal(whys.other_ooms, 20 * 21 / 2 - 20 - 1 - 2 - 3);
	count_at(&whys, 4, true); /* whose room the one above has taken */
	assert_number(&whys, "5");
	count_at(&whys, 1, true);
	assert_number(&whys, "2");
}

/* Counts an OOM inside a write that lowered the limit to 1 MiB. */
static void count_in(struct verdict_whys *whys, uint64_t write_id)
{
	const struct record_level limit = { .path = "/web", .has_memory = true, .max_bytes = 1 << 20 };
	const struct record_oom oom = { .cause = CAUSE_INSIDE_WRITE,
					.cause_limit_id = write_id,
					.limit = &limit };

	verdict_why__count(whys, &oom, "/web", false, false);
}

/* Two whys turn out to be alike, and another one takes the room that this leaves. */
static void test_room_that_was_left(void **state)
{
	struct verdict_whys whys = {};

	(void)state;
	count_in(&whys, 1);
	count_in(&whys, 2);
	count_at(&whys, 3, false);
	count_at(&whys, 4, false);
	for (int n = 0; n < 10; n++)
		count_at(&whys, 5, false);
	for (uint64_t id = 1; id <= 2; id++) {
		const struct verdict_write write = { .id = id,
						     .old_max_bytes = 2 << 20,
						     .new_max_bytes = 1 << 20 };

		verdict_why__note_write(&whys, &write);
	}
	assert_int_equal(whys.count, 3);
	count_at(&whys, 5, true);
	assert_number(&whys, "11");
	assert_int_equal(whys.other_ooms, 0);
}

/* Of too many there is no count any more. */
static void test_too_many_whys(void **state)
{
	struct verdict_whys whys = {};

	(void)state;
	for (uint64_t mib = 1; mib <= 100; mib++)
		count_at(&whys, mib, false);
	count_at(&whys, 100, true);
	assert_number(&whys, "at least 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_reason),    cmocka_unit_test(test_writes_alike),
		cmocka_unit_test(test_many_whys),     cmocka_unit_test(test_room_that_was_left),
		cmocka_unit_test(test_too_many_whys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
