// SPDX-License-Identifier: GPL-2.0-only
#include "report/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "take.h"

static const struct record_time no_time = { .no_boot = true, .no_wall = true };

/* The second line of what a kill of a process of that name makes, without its end. */
static char *row_of(const struct record_victim *victim, enum oom_outcome outcome)
{
	struct record_oom oom = {
		.id = 7, .outcome = outcome, .victims = victim, .victim_count = victim ? 1 : 0, .killed = 1
	};
	char *text = NULL, *row;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct sink *sink = csv__new(out);

	assert_non_null(sink);
	assert_int_equal(TAKE(sink, OOM, oom, no_time, oom), 0);
	assert_int_equal(sink__finish(sink), 0);
	sink->ops->free(sink);
	fclose(out);
	row = strstr(text, "\r\n");
	assert_non_null(row);
	row = strndup(row + 2, strcspn(row + 2, "\r"));
	free(text);
	return row;
}

static void check_name(const char *name, const char *cell)
{
	struct record_victim victim = {
		.pid = 12, .comm = name, .has_mm = false, .unknown = VICTIM_UNKNOWN_ADJ
	};
	char expected[256];
	char *row = row_of(&victim, OOM_KILLED);

	snprintf(expected, sizeof(expected), "kill,0,,,7,,,,,12,%s,chosen,,,,,,,,,,,,,,", cell);
	assert_string_equal(row, expected);
	free(row);
}

/* Whatever a process is called, it is one cell, and no formula. */
static void test_names(void **state)
{
	(void)state;
	check_name("web", "web");
	check_name("a,b", "\"a,b\"");
	check_name("a b", "\"a b\"");
	check_name("\"", "\"\"\"\"");
	check_name("=1+1", "'=1+1");
	check_name("@SUM(A1)", "'@SUM(A1)");
	check_name("-x", "'-x");
	check_name("a\nb\033", "a\\x0ab\\x1b");
	check_name(NULL, "");
}

static void test_nothing_killed(void **state)
{
	char *row = row_of(NULL, OOM_NO_VICTIM);

	(void)state;
	assert_string_equal(row, "no-victim,0,,,7,,,,,,,,,,,,,,,,,,,,,");
	free(row);
}

/* Whom it killed was lost: that is no run that killed nothing, and it doesn't go unsaid. */
static void test_lost_victim(void **state)
{
	char *row = row_of(NULL, OOM_KILLED);

	(void)state;
	assert_string_equal(row, "unknown,0,,,7,,,,,,,,,,,,,,,,,,,,,");
	free(row);
}

/* A table without rows has its heading. */
static void test_empty(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct sink *sink = csv__new(out);

	(void)state;
	assert_non_null(sink);
	assert_int_equal(sink__finish(sink), 0);
	sink->ops->free(sink);
	fclose(out);
	assert_ptr_equal(strstr(text, "row,session,time,"), text);
	assert_ptr_equal(strstr(text, "\r\n"), text + size - 2);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_nothing_killed),
		cmocka_unit_test(test_lost_victim),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
