// SPDX-License-Identifier: GPL-2.0-only
/* What shares the limit of an OOM, through the model. */
#include "model/usage_events.h"

#include <errno.h>

#define API 101
#define OTHERS 200 /* and on */

static struct cgroup_children there;
static int result;
static uint64_t asked_id;
static char asked[256];

/* What the record had; its texts are copied. */
static struct record_children got;
static struct record_child list[10];
static char paths[10][256];

static int read_children(void *ctx, const char *path, uint64_t id, struct cgroup_children *out)
{
	(void)ctx;
	set(asked, path);
	asked_id = id;
	*out = there;
	return result;
}

static void keep(void *ctx, const struct record *record)
{
	if (record->kind == RECORD_OOM) {
		const struct record_children *c = record->oom.children;

		got = c ? *c : (struct record_children){};
		for (size_t i = 0; i < got.largest_count; i++) {
			list[i] = got.largest[i];
			set(paths[i], list[i].cgroup);
		}
		/* The history isn't spoiled by looking at others'. */
		if (record->oom.history)
			assert_string_equal(record->oom.history->cgroup, "/parent/leaf");
	}
	on_record(ctx, record);
}

static void begin(struct told *t)
{
	const struct model_env env = { .ctx = t,
				       .page_size = PAGE,
				       .on_record = keep,
				       .cgroup_path = find_path,
				       .children = read_children };

	memset(t, 0, sizeof(*t));
	memset(&there, 0, sizeof(there));
	memset(&got, 0, sizeof(got));
	result = 0;
	asked_id = 0;
	t->model = model__new(&env);
	assert_non_null(t->model);
}

static void put(uint64_t id, const char *name, uint64_t mib)
{
	struct cgroup_child *child = &there.list[there.read++];

	*child = (struct cgroup_child){ .id = id, .usage_bytes = mib * MIB, .max_bytes = UINT64_MAX };
	snprintf(child->name, sizeof(child->name), "%s", name);
	there.count = there.read;
}

/* What the victim was in has the figures of the kill; what is beside it has grown. */
static void test_two(void **state)
{
	struct told t;

	(void)state;
	begin(&t);
	put(LEAF, "leaf", 1);
	put(API, "api", 45);
	there.read_ns = 11 * S + 3 * MS;
	send(&t, usage(5 * S, API, 1));
	send(&t, usage(6 * S, API, 30));
	send(&t, usage(5 * S, LEAF, 60));
	send_kill(&t, 11 * S, PARENT, LEAF);
	assert_string_equal(asked, "/parent");
	assert_int_equal(asked_id, PARENT);
	assert_int_equal(got.count, 2);
	assert_int_equal(got.read, 2);
	assert_int_equal(got.read_after_ns, 3 * MS);
	assert_int_equal(got.largest_count, 2);
	assert_string_equal(paths[0], "/parent/leaf");
	assert_true(list[0].exact);
	assert_int_equal(list[0].usage_bytes, 60 * MIB);
	assert_int_equal(list[0].max_bytes, 64 * MIB);
	assert_string_equal(paths[1], "/parent/api");
	assert_false(list[1].exact);
	assert_int_equal(list[1].usage_bytes, 45 * MIB);
	assert_true(list[1].has_before);
	assert_int_equal(list[1].before_bytes, MIB);
	assert_int_equal(list[1].before_ns, 6 * S);
	assert_non_null(t.oom.history);
	model__free(t.model);
}

/* The ten largest; what the victim was in is one of them, also when it has the least or is gone. */
static void test_many(void **state)
{
	char name[16];
	struct told t;

	(void)state;
	for (int gone = 0; gone < 2; gone++) {
		begin(&t);
		for (uint64_t i = 0; i < 20; i++) {
			snprintf(name, sizeof(name), "c%d", (int)i);
			put(OTHERS + i, name, 70 + i);
		}
		if (!gone)
			put(LEAF, "leaf", 1);
		send_kill(&t, 11 * S, PARENT, LEAF);
		assert_int_equal(got.count, 21);
		assert_int_equal(got.largest_count, 10);
		assert_string_equal(paths[0], "/parent/c19");
		assert_string_equal(paths[8], "/parent/c11");
		assert_string_equal(paths[9], "/parent/leaf");
		assert_true(list[9].exact);
		assert_false(list[0].exact || list[0].has_before);
		model__free(t.model);
	}
}

/* All that can be read, and none of them is the victim's. */
static void test_full(void **state)
{
	struct told t;

	(void)state;
	begin(&t);
	for (uint64_t i = 0; i < CGROUP_CHILDREN_MAX; i++)
		put(OTHERS + i, "other", 1);
	there.count = 1000;
	/* The last that was read is the largest. */
	there.list[CGROUP_CHILDREN_MAX - 1].usage_bytes = 90 * MIB;
	set(there.list[CGROUP_CHILDREN_MAX - 1].name, "large");
	send_kill(&t, 11 * S, PARENT, LEAF);
	/* The victim's is among those that weren't read. */
	assert_int_equal(got.count, 1000);
	assert_int_equal(got.read, CGROUP_CHILDREN_MAX);
	assert_string_equal(paths[0], "/parent/large");
	assert_string_equal(paths[1], "/parent/leaf");
	model__free(t.model);
}

/* At the victim's own limit there is nothing to share; and what can't be read isn't told. */
static void test_none(void **state)
{
	struct told t;

	(void)state;
	begin(&t);
	put(LEAF, "leaf", 1);
	send_kill(&t, 11 * S, LEAF, LEAF);
	assert_int_equal(asked_id, 0);
	assert_int_equal(got.largest_count, 0);
	result = -ESTALE;
	send_kill(&t, 12 * S, PARENT, LEAF);
	assert_int_equal(asked_id, PARENT);
	assert_int_equal(got.largest_count, 0);
	model__free(t.model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests_name("children", tests, NULL, NULL);
}
