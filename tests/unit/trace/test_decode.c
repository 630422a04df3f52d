// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "trace/decode.h"

#define LONGER 64 /* how much longer than we know an event may be in these tests */

static const struct {
	uint16_t kind;
	size_t size;
} kinds[] = {
	{ EVENT_OOM, sizeof(struct event_oom) },	 { EVENT_CGROUP, sizeof(struct event_cgroup) },
	{ EVENT_VICTIM, sizeof(struct event_victim) },	 { EVENT_OOM_END, sizeof(struct event_oom_end) },
	{ EVENT_EXIT, sizeof(struct event_exit) },	 { EVENT_LIMIT, sizeof(struct event_limit) },
	{ EVENT_USAGE, sizeof(struct event_usage) },	 { EVENT_RECLAIM, sizeof(struct event_reclaim) },
	{ EVENT_MEMORY, sizeof(struct event_memory) },	 { EVENT_SAMPLED, sizeof(struct event_sampled) },
	{ EVENT_STACK, sizeof(struct event_stack) },	 { EVENT_SIGNAL, sizeof(struct event_signal) },
	{ EVENT_CANDIDATES, EVENT_CANDIDATES_LEAST },	 { EVENT_RELIEF, sizeof(struct event_relief) },
	{ EVENT_MACHINE, sizeof(struct event_machine) }, { EVENT_MADE, sizeof(struct event_made) },
};

#define KINDS ARRAY_SIZE(kinds)

_Static_assert(KINDS == EVENT_KIND_MAX - 1, "a kind has no test");

/* An event of this kind in memory of exactly `size` bytes, so that ASan sees any read beyond. */
static unsigned char *new_event(uint16_t kind, size_t size)
{
	union event event;
	unsigned char *bytes = malloc(size ? size : 1);

	memset(&event, 0, sizeof(event));
	event.h.size = (uint32_t)size;
	event.h.kind = kind;
	event.h.ts_ns = 42;
	event.h.group = 7;
	if (kind == EVENT_OOM)
		event.oom.outcome = OOM_KILLED;
	if (kind == EVENT_LIMIT) {
		event.limit.file = LIMIT_MAX;
		event.h.group |= GROUP_LIMIT;
	}
	if (kind == EVENT_USAGE)
		event.h.group |= GROUP_CHARGE;
	if (kind == EVENT_SIGNAL) {
		event.signal.signal = 9;
		event.h.group |= GROUP_SIGNAL;
	}
	if (kind == EVENT_RELIEF)
		event.relief.by = RELIEF_EXIT;
	if (kind == EVENT_RECLAIM)
		event.reclaim.kind = RECLAIM_THROTTLE;
	assert_non_null(bytes);
	memset(bytes, 0xaa, size);
	memcpy(bytes, &event, size < sizeof(event) ? size : sizeof(event));
	return bytes;
}

static int decode(const unsigned char *bytes, size_t size, union event *out)
{
	union event before;
	int err;

	memset(out, 0x5a, sizeof(*out));
	before = *out;
	err = decode__event(bytes, size, out);
	if (err)
		assert_memory_equal(out, &before, sizeof(before));
	return err;
}

static void test_every_length(void **state)
{
	union event out;

	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		for (size_t size = 0; size <= kinds[i].size + LONGER; size++) {
			unsigned char *bytes = new_event(kinds[i].kind, size);
			int expected = size < kinds[i].size ? -EINVAL : 0;

			assert_int_equal(decode(bytes, size, &out), expected);
			if (!expected) {
				assert_int_equal(out.h.kind, kinds[i].kind);
				assert_int_equal(out.h.ts_ns, 42);
				assert_int_equal(out.h.size, size);
			}
			free(bytes);
		}
	}
}

/* Of a longer event only the known part is taken: what follows in the union stays zero. */
static void test_longer_event(void **state)
{
	unsigned char *bytes = new_event(EVENT_OOM_END, sizeof(struct event_oom_end) + LONGER);
	union event out;
	unsigned char rest[sizeof(out)] = {};

	(void)state;
	memset(bytes + sizeof(struct event_oom_end), 0xff, LONGER);
	assert_int_equal(decode(bytes, sizeof(struct event_oom_end) + LONGER, &out), 0);
	assert_memory_equal((unsigned char *)&out + sizeof(struct event_oom_end), rest,
			    sizeof(out) - sizeof(struct event_oom_end));
	free(bytes);
}

static void test_wrong_size_field(void **state)
{
	static const int wrong[] = { -1, 1, 8, -24, 1 << 30 };
	union event out;

	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(wrong); j++) {
			unsigned char *bytes = new_event(kinds[i].kind, kinds[i].size);
			uint32_t size = (uint32_t)kinds[i].size + (uint32_t)wrong[j];

			memcpy(bytes, &size, sizeof(size));
			assert_int_equal(decode(bytes, kinds[i].size, &out), -EINVAL);
			free(bytes);
		}
	}
}

/* A newer program's kinds are told from garbage, whatever their length. */
static void test_unknown_kinds(void **state)
{
	union event out;

	(void)state;
	for (uint32_t kind = EVENT_KIND_MAX; kind <= UINT16_MAX; kind++) {
		unsigned char *bytes = new_event((uint16_t)kind, sizeof(struct event_header));

		assert_int_equal(decode(bytes, sizeof(struct event_header), &out), -ENOTSUP);
		assert_int_equal(decode(bytes, sizeof(struct event_header) - 1, &out), -EINVAL);
		free(bytes);
	}
}

static void test_kind_zero(void **state)
{
	unsigned char *bytes = new_event(0, sizeof(struct event_victim));
	union event out;

	(void)state;
	assert_int_equal(decode(bytes, sizeof(struct event_victim), &out), -EINVAL);
	free(bytes);
}

static void assert_terminated(uint16_t kind, size_t size, size_t offset, size_t len)
{
	unsigned char *bytes = new_event(kind, size);
	union event out;

	memset(bytes + offset, 'x', len);
	assert_int_equal(decode(bytes, size, &out), 0);
	assert_int_equal(strnlen((char *)&out + offset, len), len - 1);
	free(bytes);
}

#define ASSERT_TERMINATED(kind, type, member)                                       \
	assert_terminated(kind, sizeof(struct type), offsetof(struct type, member), \
			  sizeof(((struct type *)NULL)->member))

static void test_unterminated_strings(void **state)
{
	(void)state;
	ASSERT_TERMINATED(EVENT_OOM, event_oom, trigger_comm);
	ASSERT_TERMINATED(EVENT_CGROUP, event_cgroup, name);
	ASSERT_TERMINATED(EVENT_VICTIM, event_victim, comm);
	ASSERT_TERMINATED(EVENT_EXIT, event_exit, comm);
	ASSERT_TERMINATED(EVENT_LIMIT, event_limit, writer_comm);
	ASSERT_TERMINATED(EVENT_STACK, event_stack, comm);
	ASSERT_TERMINATED(EVENT_SIGNAL, event_signal, comm);
	ASSERT_TERMINATED(EVENT_SIGNAL, event_signal, sender_comm);
	ASSERT_TERMINATED(EVENT_SIGNAL, event_signal, parent_comm);
	ASSERT_TERMINATED(EVENT_RELIEF, event_relief, comm);
	ASSERT_TERMINATED(EVENT_MADE, event_made, path);
	ASSERT_TERMINATED(EVENT_CANDIDATES, event_candidates, list[EVENT_CANDIDATES_MAX - 1].comm);
}

static int decode_with_u32(uint16_t kind, size_t size, size_t offset, uint32_t value)
{
	unsigned char *bytes = new_event(kind, size);
	union event out;
	int err;

	memcpy(bytes + offset, &value, sizeof(value));
	err = decode(bytes, size, &out);
	free(bytes);
	return err;
}

#define DECODE_WITH(kind, type, member, value) \
	decode_with_u32(kind, sizeof(struct type), offsetof(struct type, member), value)

static void test_cmdline_len(void **state)
{
	const uint32_t max = EVENT_CMDLINE_LEN;

	(void)state;
	assert_int_equal(DECODE_WITH(EVENT_VICTIM, event_victim, cmdline_len, 0), 0);
	assert_int_equal(DECODE_WITH(EVENT_VICTIM, event_victim, cmdline_len, max), 0);
	assert_int_equal(DECODE_WITH(EVENT_VICTIM, event_victim, cmdline_len, max + 1), -EINVAL);
	assert_int_equal(DECODE_WITH(EVENT_VICTIM, event_victim, cmdline_len, UINT32_MAX), -EINVAL);
	assert_int_equal(DECODE_WITH(EVENT_SIGNAL, event_signal, cmdline_len, max), 0);
	assert_int_equal(DECODE_WITH(EVENT_SIGNAL, event_signal, cmdline_len, max + 1), -EINVAL);
}

static void test_stack_depth(void **state)
{
	const uint32_t max = EVENT_STACK_DEPTH;

	(void)state;
	assert_int_equal(DECODE_WITH(EVENT_STACK, event_stack, user_count, max), 0);
	assert_int_equal(DECODE_WITH(EVENT_STACK, event_stack, user_count, max + 1), -EINVAL);
	assert_int_equal(DECODE_WITH(EVENT_STACK, event_stack, kernel_count, max), 0);
	assert_int_equal(DECODE_WITH(EVENT_STACK, event_stack, kernel_count, UINT32_MAX), -EINVAL);
	assert_int_equal(DECODE_WITH(EVENT_SIGNAL, event_signal, frame_count, EVENT_SIGNAL_FRAMES), 0);
	assert_int_equal(DECODE_WITH(EVENT_SIGNAL, event_signal, frame_count, EVENT_SIGNAL_FRAMES + 1),
			 -EINVAL);
}

static void test_candidates(void **state)
{
	const uint32_t max = EVENT_CANDIDATES_MAX;

	(void)state;
	assert_int_equal(DECODE_WITH(EVENT_CANDIDATES, event_candidates, count, max), 0);
	assert_int_equal(DECODE_WITH(EVENT_CANDIDATES, event_candidates, count, max + 1), -EINVAL);
	/* Of none the first can't be by points. */
	assert_int_equal(DECODE_WITH(EVENT_CANDIDATES, event_candidates, top, 1), -EINVAL);
}

/* The sums are there or not, and never a part of them. */
static void test_sums(void **state)
{
	unsigned char *bytes = new_event(EVENT_CANDIDATES, sizeof(struct event_candidates));
	const size_t at = offsetof(struct event_candidates, scan);
	uint16_t flags = CANDIDATES_SUMMED;
	uint32_t size = sizeof(struct event_candidates);
	union event out;

	(void)state;
	memcpy(bytes + offsetof(struct event_header, flags), &flags, sizeof(flags));
	memset(bytes + at, 0x77, size - at);
	assert_int_equal(decode(bytes, size, &out), 0);
	assert_int_equal(out.candidates.programs[EVENT_PROGRAMS_MAX - 1].count, 0x77777777);
	assert_int_equal(out.candidates.programs[0].comm[EVENT_COMM_LEN - 1], '\0');
	size--;
	memcpy(bytes, &size, sizeof(size));
	assert_int_equal(decode(bytes, size, &out), -EINVAL);
	free(bytes);
}

static void test_enumerations(void **state)
{
	(void)state;
	assert_int_equal(DECODE_WITH(EVENT_OOM, event_oom, outcome, 0), -EINVAL);
	assert_int_equal(DECODE_WITH(EVENT_OOM, event_oom, outcome, OOM_NO_VICTIM), 0);
	assert_int_equal(DECODE_WITH(EVENT_OOM, event_oom, outcome, OOM_EXITING), 0);
	assert_int_equal(DECODE_WITH(EVENT_OOM, event_oom, outcome, OOM_EXITING + 1), -EINVAL);
	assert_int_equal(DECODE_WITH(EVENT_OOM, event_oom, outcome, UINT32_MAX), -EINVAL);
	assert_int_equal(DECODE_WITH(EVENT_LIMIT, event_limit, file, 0), -EINVAL);
	assert_int_equal(DECODE_WITH(EVENT_LIMIT, event_limit, file, LIMIT_SWAP_MAX), 0);
	assert_int_equal(DECODE_WITH(EVENT_LIMIT, event_limit, file, LIMIT_SWAP_MAX + 1), -EINVAL);
	assert_int_equal(DECODE_WITH(EVENT_MACHINE, event_machine, zone_count, EVENT_ZONES_MAX), 0);
	assert_int_equal(DECODE_WITH(EVENT_MACHINE, event_machine, zone_count, EVENT_ZONES_MAX + 1), -EINVAL);
	assert_int_equal(DECODE_WITH(EVENT_RELIEF, event_relief, by, 0), -EINVAL);
	assert_int_equal(DECODE_WITH(EVENT_RELIEF, event_relief, by, RELIEF_REAPER), 0);
	assert_int_equal(DECODE_WITH(EVENT_RELIEF, event_relief, by, RELIEF_REAPER + 1), -EINVAL);
	assert_int_equal(DECODE_WITH(EVENT_SIGNAL, event_signal, signal, 0), -EINVAL);
	assert_int_equal(DECODE_WITH(EVENT_SIGNAL, event_signal, signal, 64), 0);
	assert_int_equal(DECODE_WITH(EVENT_SIGNAL, event_signal, signal, 65), -EINVAL);
}

/* The ring's records are 8-byte aligned, a recording's needn't be. */
static void test_unaligned(void **state)
{
	unsigned char *bytes = new_event(EVENT_VICTIM, sizeof(struct event_victim));
	unsigned char *moved = malloc(sizeof(struct event_victim) + 1);
	union event out;

	(void)state;
	assert_non_null(moved);
	memcpy(moved + 1, bytes, sizeof(struct event_victim));
	assert_int_equal(decode(moved + 1, sizeof(struct event_victim), &out), 0);
	free(moved);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_longer_event),
		cmocka_unit_test(test_wrong_size_field),
		cmocka_unit_test(test_unknown_kinds),
		cmocka_unit_test(test_kind_zero),
		cmocka_unit_test(test_unterminated_strings),
		cmocka_unit_test(test_cmdline_len),
		cmocka_unit_test(test_stack_depth),
		cmocka_unit_test(test_enumerations),
		cmocka_unit_test(test_candidates),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_unaligned),
	};

	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
