// SPDX-License-Identifier: GPL-2.0-only
/* Every kind and every enumerator has a word, and no two have the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "record/names.h"

/* The words of first..last, all there and all different. */
#define assert_words(name_of, type, first, last)                                             \
	do {                                                                                 \
		for (int i = (first); i <= (int)(last); i++) {                               \
			assert_non_null(name_of((type)i));                                   \
			for (int j = (first); j < i; j++)                                    \
				assert_string_not_equal(name_of((type)i), name_of((type)j)); \
		}                                                                            \
	} while (0)

static void test_all_have_words(void **state)
{
	(void)state;
	assert_words(record_names__type, enum record_kind, 0, RECORD_KINDS - 1);
	assert_words(record_names__role, enum record_role, ROLE_CHOSEN, ROLE_EXITING);
	assert_words(record_names__outcome, enum oom_outcome, OOM_KILLED, OOM_EXITING);
	assert_words(record_names__reclaim, enum reclaim_kind, RECLAIM_LIMIT, RECLAIM_THROTTLE);
	assert_words(record_names__memory, enum memory_item, 0, MEMORY_ITEMS - 1);
	assert_words(record_names__hook_result, enum record_hook_result, HOOK_RESULT_ENDED,
		     HOOK_RESULT_FAILED);
	assert_words(record_names__limit_file, enum limit_file, LIMIT_MAX, LIMIT_SWAP_MAX);
}

/* That the cause isn't known is no cause. */
static void test_causes(void **state)
{
	(void)state;
	assert_null(record_names__cause(CAUSE_UNKNOWN));
	assert_words(record_names__cause, enum record_cause, CAUSE_UNKNOWN + 1, CAUSE_SYSRQ);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_have_words),
		cmocka_unit_test(test_causes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
