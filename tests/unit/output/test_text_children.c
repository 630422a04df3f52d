// SPDX-License-Identifier: GPL-2.0-only
/* What shares a limit, as text and on the page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output/text.h"
#include "output/text_sink.h"
#include "report/html/children.h"

#define MIB (1ULL << 20)
#define S 1000000000ULL
#define MS 1000000ULL

static const struct record_child four[] = {
	{ .cgroup = "/pod/api",
	  .usage_bytes = 45 * MIB,
	  .max_bytes = RECORD_NO_LIMIT,
	  .has_before = true,
	  .before_bytes = MIB,
	  .before_ns = 9 * S },
	{ .cgroup = "/pod/docker-3f2a91c0b1de.scope",
	  .container = { .ref = { .runtime = CONTAINER__DOCKER, .id = "3f2a91c0b1de" }, .name = "db" },
	  .usage_bytes = 9 * MIB,
	  .max_bytes = RECORD_NO_LIMIT,
	  .has_before = true,
	  .before_bytes = 9 * MIB - 4096,
	  .before_ns = 9 * S },
	{ .cgroup = "/pod/<x>", .usage_bytes = 5 * MIB, .max_bytes = RECORD_NO_LIMIT },
	{ .cgroup = "/pod/web", .exact = true, .usage_bytes = 3 * MIB, .max_bytes = 64 * MIB },
};

static char *text_of(const struct record_oom *oom)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct text_sink *sink = (struct text_sink *)text__new(out, (struct text_look){ 0 });

	text_children__put(sink, oom);
	fflush(sink->base.out);
	sink->base.ops->free(&sink->base);
	fclose(out);
	return text;
}

static void expect(const struct record_children *children, const char *want)
{
	const struct record_level limit = { .has_memory = true, .usage_bytes = 64 * MIB };
	const struct record_oom oom = { .children = children, .limit = &limit };
	char *text = text_of(&oom);

	assert_string_equal(text, want);
	free(text);
}

/* The three largest, and what the victim was in. A change by little isn't growth. */
static void test_text(void **state)
{
	struct record_children c = {
		.count = 6, .read = 6, .read_after_ns = 100 * MS, .largest = four, .largest_count = 4
	};

	(void)state;
	expect(&c,
	       "    shared by api 45.0 MiB, 44.0 MiB more than 9.1 s before; db 9.0 MiB; <x> 5.0 MiB; "
	       "web (where it was killed) 3.0 MiB of its own 64.0 MiB; and 2 more; read up to 100.0 ms later\n");
	c.count = 300;
	c.read = 256;
	expect(&c, "    shared by api 45.0 MiB, 44.0 MiB more than 9.1 s before; db 9.0 MiB; <x> 5.0 MiB; "
		   "web (where it was killed) 3.0 MiB of its own 64.0 MiB; and 296 more, 44 of which weren't "
		   "read; read up to 100.0 ms later\n");
	c.read = c.count = 4;
	c.has_rest = true;
	c.rest_bytes = 4 * MIB;
	c.removed = 3;
	expect(&c,
	       "    shared by api 45.0 MiB, 44.0 MiB more than 9.1 s before; db 9.0 MiB; <x> 5.0 MiB; "
	       "web (where it was killed) 3.0 MiB of its own 64.0 MiB; 4.0 MiB of none of them (3 removed "
	       "below, not gone yet); read up to 100.0 ms later\n");
	/* Less than a twentieth says nothing. */
	c.rest_bytes = 3 * MIB;
	expect(&c, "    shared by api 45.0 MiB, 44.0 MiB more than 9.1 s before; db 9.0 MiB; <x> 5.0 MiB; "
		   "web (where it was killed) 3.0 MiB of its own 64.0 MiB; read up to 100.0 ms later\n");
	/* It shares its limit with nobody. */
	c.count = c.read = c.largest_count = 1;
	expect(&c, "");
	expect(NULL, "");
}

static void test_page(void **state)
{
	const struct record_children c = { .count = 300,
					   .read = 256,
					   .read_after_ns = 100 * MS,
					   .has_rest = true,
					   .rest_bytes = 9 * MIB,
					   .removed = 1,
					   .largest = four,
					   .largest_count = 4 };
	const struct record_level limit = { .has_memory = true, .usage_bytes = 64 * MIB };
	const struct record_oom oom = { .children = &c, .limit = &limit };
	char *page = NULL;
	size_t size;
	FILE *out = open_memstream(&page, &size);

	(void)state;
	html_children__put(out, &oom);
	fclose(out);
	assert_non_null(strstr(page, "What shares this limit"));
	assert_non_null(strstr(page, "&lt;x&gt;"));
	assert_null(strstr(page, "<x>"));
	assert_non_null(strstr(page, "web</bdi> <span class=\"tag\">killed here</span>"));
	assert_non_null(strstr(page, ">+44.0 MiB in 9.1 s<"));
	assert_non_null(strstr(
		page,
		"296 more aren’t listed; 44 weren’t read. 9.0 MiB are of none of them; 1 removed cgroup is not gone yet. Where"));
	assert_non_null(strstr(page, "read up to 100.0 ms later"));
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_page),
	};

	return cmocka_run_group_tests_name("text_children", tests, NULL, NULL);
}
