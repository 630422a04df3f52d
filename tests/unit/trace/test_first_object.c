// SPDX-License-Identifier: GPL-2.0-only
/* The object of the first step has what the plan asks for, and shares maps, variables and types with the whole one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "first.skel.h"
#include "oomtrace.skel.h"
#include "trace/plan.h"

struct objects {
	struct bpf_object *first, *whole;
};

static struct bpf_object *open_bytes(const void *bytes, size_t size)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "oomtrace_bpf");

	return bpf_object__open_mem(bytes, size, &opts);
}

static int open_both(void **state)
{
	static struct objects both;
	size_t first_size, whole_size;
	const void *first = first_bpf__elf_bytes(&first_size), *whole = oomtrace_bpf__elf_bytes(&whole_size);

	both = (struct objects){ open_bytes(first, first_size), open_bytes(whole, whole_size) };
	*state = &both;
	return both.first && both.whole ? 0 : -1;
}

static int close_both(void **state)
{
	struct objects *both = *state;

	bpf_object__close(both->first);
	bpf_object__close(both->whole);
	return 0;
}

/* Also what is next where the kernel refuses one that isn't the shared one. */
static void test_programs(void **state)
{
	const struct objects *both = *state;
	struct plan plan;
	int checked = 0;

	plan__init(&plan, &(struct plan_wants){ .shared = true });
	for (int i = 0; i < PLAN_PURPOSES; i++) {
		while (plan__step(&plan, i) == PLAN_FIRST && plan__chosen(&plan, i)) {
			const char *name = plan__chosen(&plan, i)->program;

			if (!bpf_object__find_program_by_name(both->first, name))
				fail_msg("no %s", name);
			checked++;
			if (plan.choices[i].candidate == PLAN_SHARED)
				break;
			plan__fail(&plan, i, -1);
		}
	}
	assert_true(checked > 7);
	assert_null(bpf_object__find_program_by_name(both->first, "kp_more"));
}

/* As libbpf finds them: the same bytes of code, before calls are resolved, aren't asked for. */
static void test_code(void **state)
{
	const struct objects *both = *state;
	struct bpf_program *program;

	bpf_object__for_each_program(program, both->first)
	{
		const struct bpf_program *its =
			bpf_object__find_program_by_name(both->whole, bpf_program__name(program));

		assert_non_null(its);
		assert_string_equal(bpf_program__section_name(program), bpf_program__section_name(its));
		assert_int_equal(bpf_program__insn_cnt(program), bpf_program__insn_cnt(its));
	}
}

static void test_maps(void **state)
{
	const struct objects *both = *state;
	const struct bpf_map *map;
	int checked = 0;

	bpf_object__for_each_map(map, both->whole)
	{
		const struct bpf_map *its = bpf_object__find_map_by_name(both->first, bpf_map__name(map));

		assert_non_null(its);
		assert_int_equal(bpf_map__type(its), bpf_map__type(map));
		assert_int_equal(bpf_map__key_size(its), bpf_map__key_size(map));
		assert_int_equal(bpf_map__value_size(its), bpf_map__value_size(map));
		assert_int_equal(bpf_map__max_entries(its), bpf_map__max_entries(map));
		checked++;
	}
	assert_true(checked > 10);
}

/* They say where each variable is, too. */
static void test_types(void **state)
{
	const struct objects *both = *state;
	__u32 first_size, whole_size;
	const void *first = btf__raw_data(bpf_object__btf(both->first), &first_size);
	const void *whole = btf__raw_data(bpf_object__btf(both->whole), &whole_size);

	assert_int_equal(first_size, whole_size);
	assert_memory_equal(first, whole, first_size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_programs, open_both, close_both),
		cmocka_unit_test_setup_teardown(test_code, open_both, close_both),
		cmocka_unit_test_setup_teardown(test_maps, open_both, close_both),
		cmocka_unit_test_setup_teardown(test_types, open_both, close_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
