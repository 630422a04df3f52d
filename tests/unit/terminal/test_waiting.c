// SPDX-License-Identifier: GPL-2.0-only
#include "terminal/waiting.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MS 1000000ULL
#define HOUR (3600 * 1000 * MS)

/* What is over soon has no line, and no trace of one. */
static void test_short(void **state)
{
	struct waiting waiting;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	waiting__begin(&waiting, out, "attaching", HOUR);
	waiting__end(&waiting);
	fclose(out);
	assert_string_equal(text, "");
	free(text);
}

/* A line that is there while it takes long, and taken away. */
static void test_long(void **state)
{
	static const char shown[] = "\r\033[Kattaching: 0 s";
	struct waiting waiting;
	char text[512];
	int ends[2];
	ssize_t len;
	FILE *out;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	out = fdopen(ends[1], "w");
	waiting__begin(&waiting, out, "attaching", MS);
	/* As long as the line takes to come, on a busy machine, too. */
	assert_int_equal(poll(&(struct pollfd){ ends[0], POLLIN, 0 }, 1, 60000), 1);
	waiting__end(&waiting);
	fclose(out);
	len = read(ends[0], text, sizeof(text) - 1);
	assert_true(len > 0);
	text[len] = '\0';
	close(ends[0]);
	assert_memory_equal(text, "\r\033[Kattaching: ", strlen("\r\033[Kattaching: "));
	assert_true((size_t)len >= strlen(shown) + strlen("\r\033[K"));
	assert_string_equal(text + len - strlen("\r\033[K"), "\r\033[K");
}

/* In a pipe there is no one to see it. */
static void test_nobody(void **state)
{
	struct waiting waiting;

	(void)state;
	waiting__begin(&waiting, NULL, "attaching", 0);
	assert_false(waiting.is_running);
	waiting__end(&waiting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
