// SPDX-License-Identifier: GPL-2.0-only
#include "terminal/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND 1000000000ULL
#define MIB (1ULL << 20)

struct line {
	struct progress progress;
	FILE *out;
	char *text;
	size_t size;
};

static void begin(struct line *l, const char *name, uint64_t total_bytes)
{
	l->text = NULL;
	l->out = open_memstream(&l->text, &l->size);
	assert_non_null(l->out);
	progress__begin(&l->progress, l->out, name, total_bytes, 7 * SECOND);
}

static void end(struct line *l, const char *expected)
{
	progress__end(&l->progress);
	fclose(l->out);
	assert_string_equal(l->text, expected);
	free(l->text);
}

/* What is quick has no line, and no trace of one. */
static void test_short(void **state)
{
	struct line l;

	(void)state;
	begin(&l, "web.jsonl", 100 * MIB);
	progress__at(&l.progress, 50 * MIB, 8 * SECOND);
	progress__at(&l.progress, 99 * MIB, 9 * SECOND - 1);
	end(&l, "");
}

static void test_long(void **state)
{
	struct line l;

	(void)state;
	begin(&l, "a\033b", 200 * MIB);
	progress__at(&l.progress, 50 * MIB, 9 * SECOND);
	progress__at(&l.progress, 51 * MIB, 9 * SECOND + SECOND / 10); /* too soon */
	progress__at(&l.progress, 100 * MIB, 10 * SECOND);
	progress__at(&l.progress, 201 * MIB, 11 * SECOND); /* it has grown */
	end(&l, "\r\033[Kreading a\\x1bb: 25 % of 200.0 MiB\r\033[Kreading a\\x1bb: 50 % of 200.0 MiB"
		"\r\033[Kreading a\\x1bb: 201.0 MiB\r\033[K");
}

static void test_unknown_size(void **state)
{
	struct line l;

	(void)state;
	begin(&l, "stdin", 0);
	progress__at(&l.progress, 3 * MIB, 20 * SECOND);
	end(&l, "\r\033[Kreading stdin: 3.0 MiB\r\033[K");
}

static void test_no_terminal(void **state)
{
	struct progress progress;

	(void)state;
	progress__begin(&progress, NULL, "web.jsonl", 1, 0);
	progress__at(&progress, 1, 100 * SECOND);
	progress__end(&progress);
	assert_false(progress.is_shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_unknown_size),
		cmocka_unit_test(test_no_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
