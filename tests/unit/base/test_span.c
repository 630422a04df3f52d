// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/span.h"

static struct span of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

static void cut_at_separators(void **state)
{
	struct span rest = of("a,,bc");

	(void)state;
	assert_true(span__is(span__cut(&rest, ','), "a"));
	assert_true(span__is(span__cut(&rest, ','), ""));
	assert_true(span__is(span__cut(&rest, ','), "bc"));
	assert_int_equal(rest.len, 0);
	assert_true(span__is(span__cut(&rest, ','), ""));
	/* Not past its end, whatever stands there. */
	rest = (struct span){ "ab,c", 2 };
	assert_true(span__is(span__cut(&rest, ','), "ab"));
	assert_int_equal(rest.len, 0);
}

static void items_are_whole(void **state)
{
	(void)state;
	assert_true(span__has_item(of("rw,memory"), "memory"));
	assert_true(span__has_item(of("memory,rw"), "memory"));
	assert_false(span__has_item(of("rw,memory2"), "memory"));
	assert_false(span__has_item(of("xmemory"), "memory"));
	assert_false(span__has_item(of(""), "memory"));
}

static void numbers(void **state)
{
	static const char *const bad[] = {
		"", "-1", "+1", " 1", "1 ", "0x1", "18446744073709551616", "99999999999999999999"
	};
	uint64_t value = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(span__u64(of(bad[i]), &value));
	assert_int_equal(value, 7);
	assert_true(span__u64(of("18446744073709551615"), &value));
	assert_true(value == UINT64_MAX);
	assert_true(span__u64((struct span){ "123", 2 }, &value));
	assert_int_equal(value, 12);
}

static void ends_are_taken_off(void **state)
{
	struct span s = of("docker-1.scope"), after;

	(void)state;
	assert_false(span__strip_prefix(&s, "podman-"));
	assert_true(span__strip_prefix(&s, "docker-"));
	assert_true(span__strip_suffix(&s, ".scope"));
	assert_true(span__is(s, "1"));
	assert_false(span__strip_suffix(&s, "11"));
	assert_true(span__find(of("kubepods-pod1"), "-pod", &after));
	assert_true(span__is(after, "1"));
	assert_false(span__find((struct span){ "kubepods-pod1", 10 }, "-pod", &after));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_at_separators),
		cmocka_unit_test(items_are_whole),
		cmocka_unit_test(numbers),
		cmocka_unit_test(ends_are_taken_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
