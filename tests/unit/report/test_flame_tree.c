// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "report/flame_tree.h"

/* The node at this path of names from the root, "a;b;c", or NULL. */
static const struct flame_node *node_at(const struct flame_tree *flame, const char *path)
{
	char names[256], *save, *name;
	uint32_t at = 0;

	snprintf(names, sizeof(names), "%s", path);
	for (name = strtok_r(names, ";", &save); name; name = strtok_r(NULL, ";", &save)) {
		uint32_t child = 0;

		for (uint32_t i = 1; i < flame_tree__node_count(flame) && !child; i++) {
			const struct flame_node *node = flame_tree__node(flame, i);

			assert_true(node->parent < i);
			if (node->parent == at && !strcmp(flame_tree__name(flame, node->name), name))
				child = i;
		}
		if (!child)
			return NULL;
		at = child;
	}
	return flame_tree__node(flame, at);
}

static uint64_t bytes_at(const struct flame_tree *flame, const char *path)
{
	const struct flame_node *node = node_at(flame, path);

	return node ? node->bytes : 0;
}

static uint64_t own_bytes(const struct flame_tree *flame, const char *name)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < flame_tree__name_count(flame); i++) {
		if (!strcmp(flame_tree__name(flame, i), name))
			bytes += flame_tree__own_bytes(flame, i);
	}
	return bytes;
}

/* Frames are innermost first, as records have them. */
static void add(struct flame_tree *flame, uint64_t bytes, const char *inner, const char *outer)
{
	const struct record_frame user[] = { { .function = inner }, { .function = outer } };
	const struct record_frame kernel[] = { { .function = "charge" }, { .function = "fault" } };
	const struct record_stack stack = { .comm = "hog",
					    .samples = 2,
					    .bytes = bytes,
					    .user = user,
					    .user_count = 2,
					    .kernel = kernel,
					    .kernel_count = 2 };

	flame_tree__add(flame, &stack);
}

static void from_the_outside_in(void **state)
{
	struct flame_tree *flame = flame_tree__new();

	(void)state;
	add(flame, 100, "f", "main");
	add(flame, 20, "g", "main");
	add(flame, 3, "f", "main");
	assert_true(flame_tree__bytes(flame) == 123);
	assert_true(flame_tree__samples(flame) == 6);
	assert_true(bytes_at(flame, "hog") == 123);
	assert_true(bytes_at(flame, "hog;main") == 123);
	assert_true(bytes_at(flame, "hog;main;f") == 103);
	assert_true(bytes_at(flame, "hog;main;g") == 20);
	assert_true(bytes_at(flame, "hog;main;f;fault;charge") == 103);
	assert_true(bytes_at(flame, "hog;f") == 0);
	assert_int_equal(node_at(flame, "hog")->kind, FLAME_PROCESS);
	assert_int_equal(node_at(flame, "hog;main;f")->kind, FLAME_USER);
	assert_int_equal(node_at(flame, "hog;main;f;fault")->kind, FLAME_KERNEL);
	/* A user function is what charged, whatever the kernel did for it; its caller didn't. */
	assert_true(own_bytes(flame, "f") == 103);
	assert_true(own_bytes(flame, "main") == 0);
	assert_true(own_bytes(flame, "charge") == 0);
	flame_tree__free(flame);
}

static void names_of_frames(void **state)
{
	char name[32];

	(void)state;
	assert_string_equal(flame_tree__frame_name(name, sizeof(name),
						   &(struct record_frame){ .function = "f", .module = "m" }),
			    "f");
	assert_string_equal(flame_tree__frame_name(name, sizeof(name),
						   &(struct record_frame){ .module = "m.so" }),
			    "[m.so]");
	assert_string_equal(flame_tree__frame_name(name, sizeof(name),
						   &(struct record_frame){ .address = 1 }),
			    "[unknown]");
}

/* Any number of different stacks: what there is no room for counts for its caller. */
static void bounded(void **state)
{
	struct flame_tree *flame = flame_tree__new();
	uint32_t nodes, most;
	char name[32];

	(void)state;
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		add(flame, 1, name, "main");
	}
	nodes = flame_tree__node_count(flame);
	most = flame_tree__name_count(flame);
	for (int i = 100000; i < 200000; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		add(flame, 1, name, "main");
	}
	assert_int_equal(flame_tree__node_count(flame), nodes);
	assert_int_equal(flame_tree__name_count(flame), most);
	assert_true(flame_tree__bytes(flame) == 200000);
	assert_true(bytes_at(flame, "hog;main") == 200000);
	flame_tree__free(flame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_the_outside_in),
		cmocka_unit_test(names_of_frames),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
