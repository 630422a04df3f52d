// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output/held.h"

#define SECOND 1000000000LL

struct page {
	struct held *held;
	FILE *out;
	char *text;
	size_t size;
};

static void begin(struct page *page)
{
	*page = (struct page){ 0 };
	page->out = open_memstream(&page->text, &page->size);
	assert_non_null(page->out);
	page->held = held__new(page->out);
	assert_non_null(page->held);
}

static void put(struct page *page, const char *text)
{
	fputs(text, held__out(page->held));
	assert_int_equal(fflush(held__out(page->held)), 0);
}

static void expect(struct page *page, const char *text)
{
	fflush(page->out);
	assert_string_equal(page->text, text);
}

static void end(struct page *page)
{
	held__free(page->held);
	fclose(page->out);
	free(page->text);
}

/* The block is there at once; what comes after it waits for its last line. */
static void test_answer(void **state)
{
	struct page page;

	(void)state;
	begin(&page);
	put(&page, "before\n");
	put(&page, "block 1\n");
	assert_int_equal(held__wait(page.held, 1, 0), 0);
	expect(&page, "before\nblock 1\n");
	put(&page, "after\n");
	expect(&page, "before\nblock 1\n");
	assert_false(held__answer(page.held, 2, "not its\n"));
	assert_true(held__answer(page.held, 1, "was in f\n"));
	expect(&page, "before\nblock 1\nwas in f\nafter\n");
	assert_false(held__answer(page.held, 1, "twice\n"));
	put(&page, "and on\n");
	expect(&page, "before\nblock 1\nwas in f\nafter\nand on\n");
	end(&page);
}

static void test_answers_out_of_order(void **state)
{
	struct page page;

	(void)state;
	begin(&page);
	put(&page, "block 1\n");
	held__wait(page.held, 1, 0);
	put(&page, "block 2\n");
	held__wait(page.held, 2, 0);
	put(&page, "block 3\n");
	held__wait(page.held, 3, 0);
	assert_true(held__answer(page.held, 2, "of 2\n"));
	expect(&page, "block 1\n");
	assert_true(held__answer(page.held, 1, "of 1\n"));
	expect(&page, "block 1\nof 1\nblock 2\nof 2\nblock 3\n");
	assert_true(held__answer(page.held, 3, "of 3\n"));
	expect(&page, "block 1\nof 1\nblock 2\nof 2\nblock 3\nof 3\n");
	end(&page);
}

static void test_time_passes(void **state)
{
	struct page page;

	(void)state;
	begin(&page);
	put(&page, "block 1\n");
	held__wait(page.held, 1, 0);
	put(&page, "block 2\n");
	held__wait(page.held, 2, SECOND);
	assert_int_equal(held__pass(page.held, 3 * SECOND), 0);
	expect(&page, "block 1\n");
	assert_int_equal(held__pass(page.held, 3 * SECOND + 1), 0);
	expect(&page, "block 1\nblock 2\n");
	assert_false(held__answer(page.held, 1, "too late\n"));
	assert_true(held__answer(page.held, 2, "of 2\n"));
	expect(&page, "block 1\nblock 2\nof 2\n");
	end(&page);
}

/* Nothing waits for ever, and not too much. */
static void test_bounds(void **state)
{
	struct page page;
	char *much = malloc((2 << 20) + 1);

	(void)state;
	assert_non_null(much);
	memset(much, 'x', 2 << 20);
	much[2 << 20] = '\0';
	begin(&page);
	held__wait(page.held, 1, 0);
	put(&page, "after\n");
	expect(&page, "");
	for (int i = 0; i < 150; i++)
		assert_int_equal(held__sync(page.held), 0);
	expect(&page, "after\n");
	held__wait(page.held, 2, 0);
	put(&page, much);
	fflush(page.out);
	assert_int_equal(page.size, strlen("after\n") + (2 << 20));
	for (uint64_t id = 3; id < 203; id++)
		assert_int_equal(held__wait(page.held, id, 0), 0);
	assert_false(held__answer(page.held, 3, "gone\n"));
	assert_int_equal(held__release(page.held), 0);
	assert_false(held__answer(page.held, 202, "gone\n"));
	end(&page);
	free(much);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_answers_out_of_order),
		cmocka_unit_test(test_time_passes),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
