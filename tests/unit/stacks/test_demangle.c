// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stacks/demangle.h"
#include "stacks/elf_symbols.h"

static void check_name(const char *symbol, const char *name)
{
	char *found = demangle__copy(symbol, SYMBOL_NAME_SIZE);

	assert_string_equal(found, name);
	free(found);
}

static void test_demangle(void **state)
{
	char *found;

	(void)state;
	check_name("main", "main");
	check_name("_Z", "_Z");
	check_name("", "");
	check_name("_ZN5space3BoxIlE3getEl", "space::Box<long>::get");
	check_name("_Znwm", "operator new");
	check_name("_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write");
	check_name("_RNvCs1234_7mycrate3foo", "mycrate::foo");
	found = demangle__copy("_ZN5space3BoxIlE3getEl", 6);
	assert_string_equal(found, "space");
	free(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_demangle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
