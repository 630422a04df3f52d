// SPDX-License-Identifier: GPL-2.0-only
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

#include "cgroup_tree.h"
#include "commands/dry_run.h"

#define MIB (1ULL << 20)

static struct cgroup__hierarchy h;

/* It uses 100 MiB, of which 40 can go. */
static int make(void **state)
{
	(void)state;
	tree_make(&h);
	tree_add(&h, "/a");
	tree_put(&h, "/a/memory.current", "104857600\n");
	tree_put(&h, "/a/memory.stat", "active_anon 62914560\ninactive_file 41943040\n");
	tree_put(&h, "/a/memory.max", "134217728\n");
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	tree_remove(&h, "");
	return 0;
}

/* What is printed; to be freed. */
static char *print(const struct limit_changes *changes)
{
	int dir_fd = cgroup__open(&h, "/a");
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	dry_run__print_changes(out, changes, dir_fd);
	fclose(out);
	close(dir_fd);
	return text;
}

static void which_steps_would_kill(void **state)
{
	const struct limit_changes changes = {
		.has_ramp = true,
		.ramp = { .from_now = true, .to_bytes = 32 * MIB, .step_bytes = 48 * MIB },
		.has_max = true,
		.max_bytes = UINT64_MAX,
	};
	char *text = print(&changes);

	(void)state;
	/* The limit that is there now isn't written again. */
	assert_string_equal(text, "    usage is 100.0 MiB; reclaim can get it at best down to 60.0 MiB "
				  "(approximately)\n"
				  "    memory.max 80.0 MiB would hold\n"
				  "    memory.max 32.0 MiB would kill\n"
				  "    memory.max max would hold\n");
	free(text);
}

/* A limit at what is left is one that holds. */
static void just_enough(void **state)
{
	const struct limit_changes enough = { .has_max = true, .max_bytes = 60 * MIB };
	const struct limit_changes less = { .has_max = true, .max_bytes = 60 * MIB - 4096 };
	char *text = print(&enough);

	(void)state;
	assert_non_null(strstr(text, "60.0 MiB would hold\n"));
	free(text);
	text = print(&less);
	assert_non_null(strstr(text, " would kill\n"));
	free(text);
}

static void a_ramp_of_many_steps(void **state)
{
	const struct limit_changes changes = {
		.has_ramp = true,
		.ramp = { .from_bytes = 100 * MIB, .to_bytes = 50 * MIB, .step_bytes = MIB },
	};
	char *text = print(&changes), *end;
	int lines = 0;

	(void)state;
	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, 1 + 32 + 2);
	end = strstr(text, "69.0 MiB would hold\n    ... and steps between, up to the last:\n");
	assert_non_null(end);
	assert_non_null(strstr(end, "50.0 MiB would kill\n"));
	free(text);
}

static void a_target_that_is_gone(void **state)
{
	const struct limit_changes changes = { .has_max = true, .max_bytes = MIB };
	char *text;

	(void)state;
	tree_remove(&h, "/a/memory.current");
	text = print(&changes);
	assert_string_equal(text, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(which_steps_would_kill, make, unmake),
		cmocka_unit_test_setup_teardown(just_enough, make, unmake),
		cmocka_unit_test_setup_teardown(a_ramp_of_many_steps, make, unmake),
		cmocka_unit_test_setup_teardown(a_target_that_is_gone, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
