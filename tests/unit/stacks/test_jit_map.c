// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "stacks/elf_symbols.h"
#include "stacks/jit_map.h"
#include "text_file.h"

static void check_made(struct jit_map *map, uint64_t address, const char *name, uint64_t offset)
{
	char found[16] = "";
	uint64_t at = 0;

	assert_int_equal(jit_map__find(map, address, found, sizeof(found), &at), name != NULL);
	if (name) {
		assert_string_equal(found, name);
		assert_int_equal(at, offset);
	}
}

/* The file grows, and code takes the place of other code. */
static void test_jit_map(void **state)
{
	FILE *file = tmpfile();
	struct jit_map *map = jit_map__new(dup(fileno(file)));

	(void)state;
	check_made(map, 0x1000, NULL, 0);
	assert_false(jit_map__is_read(map));
	fputs("1000 20 first\n3000 10 a longer name than there is room\n2000 10 second one\n2000", file);
	fflush(file);
	check_made(map, 0x1000, "first", 0);
	check_made(map, 0x101f, "first", 0x1f);
	check_made(map, 0x1020, NULL, 0);
	check_made(map, 0xfff, NULL, 0);
	check_made(map, 0x2004, "second one", 4);
	check_made(map, 0x3000, "a longer name t", 0);
	assert_true(jit_map__is_read(map));
	/* The half of a line that was there, and what is no line. */
	fputs(" 20 third\n\nxyz\n5000 0 empty\n6000 10\nffffffffffffffff 10 beyond\n", file);
	for (int i = 0; i < 3000; i++)
		fputc('7', file);
	fputs("\n0x4000 10 fourth\n5000 10 unfinished", file);
	fflush(file);
	check_made(map, 0x4001, "fourth", 1);
	check_made(map, 0x2014, "third", 0x14);
	check_made(map, 0x2004, "third", 4);
	check_made(map, 0x5000, NULL, 0);
	check_made(map, 0x6000, NULL, 0);
	check_made(map, UINT64_MAX, NULL, 0);
	jit_map__forget(map);
	assert_false(jit_map__is_read(map));
	check_made(map, 0x1001, "first", 1);
	assert_int_equal(ftruncate(fileno(file), 0), 0);
	check_made(map, 0x1001, NULL, 0);
	jit_map__free(map);
	fclose(file);
}

/* The file has to be the process's own, and really there. */
static void test_jit_map_open(void **state)
{
	char path[64];
	FILE *file;
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	unlink(path);
	assert_int_equal(jit_map__open((uint32_t)getpid()), -ENOENT);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fputs("1000 10 name\n", file) < 0 || fclose(file), 0);
	fd = jit_map__open((uint32_t)getpid());
	assert_true(fd >= 0);
	close(fd);
	/* Without root it can't be given away. */
	if (!chown(path, 12345, 12345))
		assert_int_equal(jit_map__open((uint32_t)getpid()), -EPERM);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(jit_map__open((uint32_t)getpid()), -ELOOP);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(jit_map__open((uint32_t)getpid()), -EBADF);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(jit_map__open(UINT32_MAX), -ENOENT);
}

/* More processes with such a file than are kept in memory. */
static void test_made_code(void **state)
{
	const struct mapping made = { 0x1000, 0x3000, 0, false, "[anon]" };
	const struct mapping other = { 0x8000, 0x9000, 0, false, "[vdso]" };
	const uint64_t stack[] = { 0x1010, 0x2000, 0x8001 };
	struct elf_symbols *s = elf_symbols__new(NULL);
	struct process_id id = { .start_ns = 1 };
	struct symbol symbols[3];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (id.pid = 1; id.pid <= 2 * SYMBOLIZE_JIT_MAPS_MAX; id.pid++) {
			elf_symbols__begin(s, &id);
			elf_symbols__add(s, &made, -1);
			elf_symbols__add(s, &other, -1);
			elf_symbols__add_jit_map(s, text_file("1000 1000 made();\n8000 10 no\n"));
			assert_int_equal(elf_symbols__resolve(s, &id, stack, 3, symbols), 0);
			assert_string_equal(symbols[0].function, "made();");
			assert_int_equal(symbols[0].offset, 0x10);
			assert_string_equal(symbols[0].module, "[anon]");
			/* Where a call returns to. */
			assert_string_equal(symbols[1].function, "made();");
			assert_int_equal(symbols[1].offset, 0x1000);
			assert_string_equal(symbols[2].function, "");
		}
	}
	elf_symbols__free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jit_map),
		cmocka_unit_test(test_jit_map_open),
		cmocka_unit_test(test_made_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
