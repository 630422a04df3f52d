// SPDX-License-Identifier: GPL-2.0-only
/* What was recorded is read as what it was. */
#include "jsonl/reading.h"
#include "jsonl/variants.h"
#include "jsonl/variants_log.h"

/* Every string of a record that somebody else chose; the end of the table is NULL. */
static const char *const names[] = {
	"web",
	"",
	"\"},\"type\":\"end\"",
	"a\nb\r\tc",
	"\033[2J\033]0;x\007",
	"back\\slash/",
	"\xff\xfe",
	"cut\xe2\x82",
	"\xc0\xaf",
	"\xed\xa0\x80",
	"gr\xc3\xbc\xc3\x9f",
	"\x01\x1f\x7f\xc2\x9b",
	("\xe2\x80\xae"
	 "right"),
	NULL,
};

/* What was recorded is read as what it was: it is recorded again to the byte, and prints the same. */
static void test_round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; names[i]; i++) {
		for (int full = 0; full < 2; full++) {
			const struct variant v = { names[i], full };
			struct output json, text, json_again, text_again;
			struct sink *sink = open_sink(&json, true);
			struct jsonl_reader_stats stats;

			write_all(sink, &v);
			write_kernel_log(sink, v.name, v.full);
			close_sink(&json, sink);
			sink = open_sink(&text, false);
			write_all(sink, &v);
			write_kernel_log(sink, v.name, v.full);
			close_sink(&text, sink);

			stats = read_bytes(&json_again, true, json.text, json.size);
			assert_string_equal(json.text, json_again.text);
			assert_int_equal(stats.malformed, 0);
			assert_int_equal(stats.records, 53);
			assert_false(stats.cut);
			read_bytes(&text_again, false, json.text, json.size);
			assert_string_equal(text.text, text_again.text);
			free(json.text);
			free(text.text);
			free(json_again.text);
			free(text_again.text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
