// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "stacks/mapping.h"

static void test_parse_mapping(void **state)
{
	struct mapping m = {};
	char line[1024];

	(void)state;
	assert_true(mapping__parse("55d0c0a00000-55d0c0a21000 r-xp 00002000 fe:01 1234     /bin/a b\n", &m));
	assert_int_equal(m.start, 0x55d0c0a00000);
	assert_int_equal(m.end, 0x55d0c0a21000);
	assert_int_equal(m.file_offset, 0x2000);
	assert_true(m.is_file);
	assert_string_equal(m.path, "/bin/a b");
	assert_true(mapping__parse("7f00-7f10 rwxp 00000000 00:00 0 \n", &m));
	assert_false(m.is_file);
	assert_string_equal(m.path, "[anon]");
	assert_true(mapping__parse("7f00-7f10 r-xp 00000000 00:00 0          [vdso]\n", &m));
	assert_string_equal(m.path, "[vdso]");
	assert_false(mapping__parse("7f00-7f10 rw-p 00000000 fe:01 1234 /bin/a\n", &m));
	assert_false(mapping__parse("7f10-7f00 r-xp 00000000 fe:01 1234 /bin/a\n", &m));
	assert_false(mapping__parse("", &m));
	assert_false(mapping__parse("7f00-7f10 r-xp\n", &m));
	snprintf(line, sizeof(line), "1000-2000 r-xp 0 fe:01 1 /%0900d/end\n", 0);
	assert_true(mapping__parse(line, &m));
	assert_int_equal(strlen(m.path), MAPPING_PATH_SIZE - 1);
	assert_string_equal(m.path + strlen(m.path) - 4, "/end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_mapping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
