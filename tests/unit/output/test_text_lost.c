// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output/text.h"
#include "output/text_lost.h"
#include "output/wrap.h"

static void assert_words(struct record_lost lost, const char *expected)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	text_lost__put(out, &lost);
	text_lost__put_why(out, &lost);
	fclose(out);
	assert_string_equal(wrap__plain(text), expected);
	free(text);
}

/* Each kind has its own cause: a full ring is said of what goes through it. */
static void test_why(void **state)
{
	(void)state;
	assert_words((struct record_lost){ .kind = "exit", .count = 1 },
		     "1 exit event: the ring buffer had no room; try a larger --ring-size");
	assert_words((struct record_lost){ .kind = "victim", .count = 2 },
		     "2 victim events: the ring buffer had no room, or the kernel left out the program that "
		     "sends them; try a larger --ring-size");
	assert_words((struct record_lost){ .kind = "stack", .count = 2 },
		     "2 stack events: the ring buffer or oomtrace's own queue had no room; try a larger "
		     "--ring-size");
	assert_words((struct record_lost){ .kind = "malformed", .count = 1 },
		     "1 malformed event: oomtrace could not read or keep what the kernel side had sent");
	assert_words((struct record_lost){ .kind = "kill", .count = 3, .within_ns = 1000000000 },
		     "3 kill events within 1.0 s: the kernel counted more kills than oomtrace saw");
	assert_words((struct record_lost){ .kind = "kill", .count = 1 },
		     "1 kill event: the kernel counted more kills than oomtrace saw");
	assert_words((struct record_lost){ .kind = "run", .count = 1 },
		     "1 run of the target: it was over before oomtrace saw it");
	assert_words((struct record_lost){ .kind = "run", .count = 2 },
		     "2 runs of the target: they were over before oomtrace saw them");
	assert_words(
		(struct record_lost){ .kind = "cgroup-usage", .count = 2 },
		"2 cgroups of the target: there are too many of them; their usage is not followed, only their "
		"kills");
	assert_words((struct record_lost){ .kind = "target", .count = 1 },
		     "1 target: there are too many of them; what happens there is not reported");
	assert_words((struct record_lost){ .kind = "of tomorrow", .count = 2 }, "2 of tomorrow events");
	assert_words((struct record_lost){ .count = 1 }, "1 (unknown) event");
}

/* What was to be attached later, and could not be, stands where the trace is over. */
static void test_missing(void **state)
{
	const struct record_probe missing = { .purpose = "relief", .lost = "the memory", .error = -ENOENT };
	const struct record record = { .kind = RECORD_END,
				       .end = { .reason = "x", .missing = &missing, .missing_count = 1 } };
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct sink *sink = text__new(out, (struct text_look){ 0 });

	(void)state;
	assert_int_equal(sink__take(sink, &record), 0);
	sink->ops->free(sink);
	fclose(out);
	assert_non_null(
		strstr(text, "nothing lost (x)\n    without   the memory (No such file or directory)\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_why),
		cmocka_unit_test(test_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
