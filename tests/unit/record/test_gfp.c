// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "record/gfp.h"

/* As kernel logs have them: "gfp_mask=0x100cca(GFP_HIGHUSER_MOVABLE)". */
static const struct {
	uint32_t mask;
	const char *text;
} logged[] = {
	{ 0xcc0, "GFP_KERNEL" },
	{ 0x100cca, "GFP_HIGHUSER_MOVABLE" },
	{ 0x100dca, "GFP_HIGHUSER_MOVABLE|__GFP_ZERO" },
	{ 0xdc0, "GFP_KERNEL|__GFP_ZERO" },
	{ 0x400cc0, "GFP_KERNEL_ACCOUNT" },
	{ 0x400dc0, "GFP_KERNEL_ACCOUNT|__GFP_ZERO" },
	{ 0x40cc0, "GFP_KERNEL|__GFP_COMP" },
	{ 0x140cca, "GFP_HIGHUSER_MOVABLE|__GFP_COMP" },
	{ 0x100cc0, "GFP_USER" },
	{ 0x100cc2, "GFP_HIGHUSER" },
	{ 0xc40, "GFP_NOFS" },
	{ 0xc00, "GFP_NOIO" },
	{ 0x8c40, "GFP_NOFS|__GFP_NOFAIL" },
	{ 0xd0cc0, "GFP_KERNEL|__GFP_NORETRY|__GFP_COMP|__GFP_NOMEMALLOC" },
	{ 0x152c4a, "GFP_NOFS|__GFP_HIGHMEM|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP|__GFP_HARDWALL"
		    "|__GFP_MOVABLE" },
	{ 0x1c24ca, "GFP_TRANSHUGE" },
	{ 0x1c20ca, "GFP_TRANSHUGE_LIGHT" },
};

static void test_logged_masks(void **state)
{
	char text[GFP_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(logged); i++)
		assert_string_equal(gfp__format(text, sizeof(text), logged[i].mask), logged[i].text);
}

static void test_unknown_bits(void **state)
{
	char text[GFP_TEXT_SIZE];

	(void)state;
	assert_string_equal(gfp__format(text, sizeof(text), 0), "0");
	assert_string_equal(gfp__format(text, sizeof(text), 0x800000), "0x800000");
	assert_string_equal(gfp__format(text, sizeof(text), 0x80000cc0), "GFP_KERNEL|0x80000000");
	assert_string_equal(gfp__format(text, sizeof(text), 0x5000ec0), "GFP_KERNEL|0x5000200");
}

/* Every mask of one bit and of all bits: fits in GFP_TEXT_SIZE, which is the header's promise. */
static void test_fits(void **state)
{
	char text[GFP_TEXT_SIZE];

	(void)state;
	for (int bit = 0; bit < 32; bit++) {
		uint32_t mask = UINT32_MAX ^ (1u << bit);

		assert_true(strlen(gfp__format(text, sizeof(text), 1u << bit)) > 2);
		assert_true(strlen(gfp__format(text, sizeof(text), mask)) < sizeof(text) - 1);
	}
	assert_true(strlen(gfp__format(text, sizeof(text), UINT32_MAX)) < sizeof(text) - 1);
}

/* In too small a buffer: the beginning of the text, terminated, and nothing beyond. */
static void test_tiny_buffers(void **state)
{
	static const uint32_t masks[] = { 0, 0xdc0, 0x100dca, 0x80000cc0, UINT32_MAX };
	char whole[GFP_TEXT_SIZE];
	char untouched = 'x';

	(void)state;
	assert_ptr_equal(gfp__format(&untouched, 0, 0xcc0), &untouched);
	assert_int_equal(untouched, 'x');
	for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
		size_t len = strlen(gfp__format(whole, sizeof(whole), masks[i]));

		for (size_t size = 1; size <= len + 1; size++) {
			char *text = malloc(size); /* exactly: ASan sees a write beyond */

			assert_non_null(text);
			gfp__format(text, size, masks[i]);
			assert_int_equal(strnlen(text, size), size - 1);
			assert_memory_equal(text, whole, size - 1);
			free(text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_logged_masks),
		cmocka_unit_test(test_unknown_bits),
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_tiny_buffers),
	};

	return cmocka_run_group_tests_name("gfp", tests, NULL, NULL);
}
