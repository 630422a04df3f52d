// SPDX-License-Identifier: GPL-2.0-only
/* Where symbols of the kernel are, from texts in the form of /proc/kallsyms. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/kallsyms.h"
#include "text_file.h"

static int find(const char *text, struct kallsyms_range *wanted, size_t count)
{
	char path[] = "/tmp/kallsyms-XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	err = kallsyms__find_ranges(path, wanted, count);
	unlink(path);
	return err;
}

static void test_ranges(void **state)
{
	struct kallsyms_range wanted[] = {
		{ .name = "one" }, { .name = "two" }, { .name = "three" }, { .name = "last" }
	};

	(void)state;
	assert_int_equal(find("0000000000000000 A percpu\n"
			      "ffffffff81000000 T two_more\n"
			      "ffffffff81000100 t one\n"
			      "ffffffff81000100 T alias_of_one\n"
			      "ffffffff81000180 T two\n"
			      "ffffffff81000200 T next\n"
			      "ffffffff81000300 t one\n"
			      "ffffffff81000400 T last\n"
			      "ffffffffc0000000 t three\t[module]\n",
			      wanted, 4),
			 0);
	assert_int_equal(wanted[0].start, 0xffffffff81000100);
	assert_int_equal(wanted[0].end, 0xffffffff81000180);
	assert_int_equal(wanted[1].start, 0xffffffff81000180);
	assert_int_equal(wanted[1].end, 0xffffffff81000200);
	/* A module's isn't the kernel's. */
	assert_int_equal(wanted[2].start, 0);
	/* No end is known: that of the kernel isn't at the first module. */
	assert_int_equal(wanted[3].end, 0);
}

static void test_hidden(void **state)
{
	struct kallsyms_range wanted[] = { { .name = "one", .start = 1, .end = 2 } };

	(void)state;
	assert_int_equal(find("0000000000000000 T one\n0000000000000000 T two\n", wanted, 1), 0);
	assert_int_equal(wanted[0].start, 0);
	assert_int_equal(wanted[0].end, 0);
	assert_int_equal(kallsyms__find_ranges("/nonexistent/kallsyms", wanted, 1), -ENOENT);
}

static void test_odd_lines(void **state)
{
	struct kallsyms_range wanted[] = { { .name = "one" } };

	(void)state;
	assert_int_equal(find("\nffffffff81000000\nffffffff81000000 T\nffffffff81000000 T \nx\n", wanted, 1),
			 0);
	assert_int_equal(wanted[0].start, 0);
	assert_int_equal(find("ffffffff81000010 T one\nffffffff81000020 T", wanted, 1), 0);
	assert_int_equal(wanted[0].start, 0xffffffff81000010);
}

static void test_symbols(void **state)
{
	int fd = text_file("ffffffff81000000 T _stext\nffffffff81000000 T _text\n"
			   "ffffffff81000100 t do_it\nffffffff81000200 D data\n"
			   "ffffffffc0000000 t in_module\t[ext4]\nffffffffc0000100 t bpf_prog_1\t[bpf]\n"
			   "ffffffff80000000 T early\n");
	struct kallsyms *k = NULL;
	const char *module;
	uint64_t offset;

	(void)state;
	assert_int_equal(kallsyms__load(fd, &k), 0);
	assert_string_equal(kallsyms__find(k, 0xffffffff81000001, &module, &offset), "_stext");
	assert_int_equal(offset, 1);
	assert_string_equal(kallsyms__find(k, 0xffffffff81000210, &module, &offset), "do_it");
	assert_null(module);
	assert_string_equal(kallsyms__find(k, 0xffffffffc0000010, &module, &offset), "in_module");
	assert_string_equal(module, "ext4");
	assert_string_equal(kallsyms__find(k, 0xffffffffc0000110, &module, &offset), "bpf_prog_1");
	assert_string_equal(kallsyms__find(k, 0xffffffff80000000, &module, &offset), "early");
	assert_null(kallsyms__find(k, 0xfffffff000000000, &module, &offset));
	assert_null(kallsyms__find(k, 0xffffffff90000000, &module, &offset));
	kallsyms__free(k);
	close(fd);
	fd = text_file("0000000000000000 T _stext\n0000000000000000 T do_it\n");
	assert_int_equal(kallsyms__load(fd, &k), -EPERM);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_odd_lines),
		cmocka_unit_test(test_symbols),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
