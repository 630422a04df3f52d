// SPDX-License-Identifier: GPL-2.0-only
/* BTF is made, and what comes out of it is read, by libbpf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <cmocka.h>
#include <errno.h>

#include "trace/btf_scan.h"

#define STRUCTS (1U << BTF_KIND_STRUCT | 1U << BTF_KIND_UNION)
#define FUNCS (1U << BTF_KIND_FUNC)

enum { NAME_TASK, NAME_FUNC, NAME_TRACE, NAME_KIND, NAME_ABSENT, NAME_COUNT };

static const struct btf_scan__name wanted[NAME_COUNT] = {
	[NAME_TASK] = { "task", STRUCTS, true, 0 },
	[NAME_FUNC] = { "do_it", FUNCS, false, 0 },
	[NAME_TRACE] = { "btf_trace_it", 1U << BTF_KIND_TYPEDEF, false, 0 },
	[NAME_KIND] = { "kinds", 1U << BTF_KIND_ENUM, true, 0 },
	[NAME_ABSENT] = { "tasks", STRUCTS | FUNCS, true, 0 },
};

struct sample {
	struct btf *btf;
	int int_id, other_id, task_id, second_id, func_id, trace_id, enum_id;
};

/*
 * struct other { struct other *next; int a[3]; };
 * typedef struct { const volatile int inner; } holder;
 * struct task { struct other *by_pointer; struct other by_value; holder held; union { int x; };
 *               unsigned flags : 3; enum kinds { KIND_ONE = 1 } kind; };
 * struct task { int differs; };
 * int do_it(void); typedef void *btf_trace_it; struct unrelated { int unseen; };
 */
static struct sample make_sample(void)
{
	struct sample s = { .btf = btf__new_empty() };
	struct btf *b = s.btf;
	int pointer, array, anonymous, holder, inner, choice;

	s.int_id = btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	btf__add_struct(b, "unrelated", 4);
	btf__add_field(b, "unseen", s.int_id, 0, 0);
	s.other_id = btf__add_struct(b, "other", 24);
	pointer = s.other_id + 1;
	array = s.other_id + 2;
	btf__add_field(b, "next", pointer, 0, 0);
	btf__add_field(b, "a", array, 64, 0);
	assert_int_equal(btf__add_ptr(b, s.other_id), pointer);
	assert_int_equal(btf__add_array(b, s.int_id, s.int_id, 3), array);
	inner = btf__add_const(b, btf__add_volatile(b, s.int_id));
	anonymous = btf__add_struct(b, NULL, 4);
	btf__add_field(b, "inner", inner, 0, 0);
	holder = btf__add_typedef(b, "holder", anonymous);
	choice = btf__add_union(b, NULL, 4);
	btf__add_field(b, "x", s.int_id, 0, 0);
	s.enum_id = btf__add_enum(b, "kinds", 4);
	btf__add_enum_value(b, "KIND_ONE", 1);
	s.task_id = btf__add_struct(b, "task", 48);
	btf__add_field(b, "by_pointer", pointer, 0, 0);
	btf__add_field(b, "by_value", s.other_id, 64, 0);
	btf__add_field(b, "held", holder, 256, 0);
	btf__add_field(b, NULL, choice, 288, 0);
	btf__add_field(b, "flags", s.int_id, 320, 3);
	btf__add_field(b, "kind", s.enum_id, 352, 0);
	s.second_id = btf__add_struct(b, "task", 4);
	btf__add_field(b, "differs", s.int_id, 0, 0);
	s.func_id = btf__add_func(b, "do_it", BTF_FUNC_STATIC, btf__add_func_proto(b, s.int_id));
	s.trace_id = btf__add_typedef(b, "btf_trace_it", pointer);
	return s;
}

/* A copy of exactly this many bytes, so that ASan sees a read beyond them. */
static void *exact_copy(const void *bytes, size_t size)
{
	void *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	return copy;
}

static const struct btf_member *member_of(const struct btf *btf, const struct btf_type *type,
					  const char *name)
{
	for (int i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];

		if (!strcmp(btf__name_by_offset(btf, member->name_off), name))
			return member;
	}
	fail_msg("no member '%s'", name);
	return NULL;
}

static void test_finds_first_of_each_kind(void **state)
{
	struct sample s = make_sample();
	struct btf_scan__name names[NAME_COUNT];
	struct btf_scan *scan = NULL;
	__u32 size;
	const void *bytes = btf__raw_data(s.btf, &size);

	(void)state;
	memcpy(names, wanted, sizeof(names));
	assert_int_equal(btf_scan__new(bytes, size, names, NAME_COUNT, &scan), 0);
	assert_int_equal(names[NAME_TASK].id, s.task_id);
	assert_int_equal(names[NAME_FUNC].id, s.func_id);
	assert_int_equal(names[NAME_TRACE].id, s.trace_id);
	assert_int_equal(names[NAME_KIND].id, s.enum_id);
	assert_int_equal(names[NAME_ABSENT].id, 0);
	btf_scan__free(scan);
	btf__free(s.btf);
}

static struct btf *subset_of(const struct btf *btf)
{
	struct btf_scan__name names[NAME_COUNT];
	struct btf_scan *scan = NULL;
	struct btf *subset;
	void *out = NULL;
	size_t out_size = 0;
	__u32 size;
	const void *bytes = btf__raw_data(btf, &size);

	memcpy(names, wanted, sizeof(names));
	assert_int_equal(btf_scan__new(bytes, size, names, NAME_COUNT, &scan), 0);
	assert_int_equal(btf_scan__subset(scan, &out, &out_size), 0);
	btf_scan__free(scan);
	subset = btf__new(out, out_size);
	free(out);
	assert_non_null(subset);
	return subset;
}

static void test_subset_has_the_members(void **state)
{
	struct sample s = make_sample();
	struct btf *subset = subset_of(s.btf);
	int id = btf__find_by_name_kind(subset, "task", BTF_KIND_STRUCT);
	const struct btf_type *task, *type;

	(void)state;
	assert_true(id > 0);
	task = btf__type_by_id(subset, id);
	assert_int_equal(task->size, 48);
	assert_int_equal(btf_vlen(task), 6);
	assert_int_equal(member_of(subset, task, "by_value")->offset, 64);
	type = btf__type_by_id(subset, member_of(subset, task, "by_value")->type);
	assert_string_equal(btf__name_by_offset(subset, type->name_off), "other");
	type = btf__type_by_id(subset, member_of(subset, type, "a")->type);
	assert_true(btf_is_array(type));
	assert_int_equal(btf_array(type)->nelems, 3);
	/* The typedef of an anonymous struct and the qualifiers inside are gone. */
	type = btf__type_by_id(subset, member_of(subset, task, "held")->type);
	assert_true(btf_is_struct(type));
	type = btf__type_by_id(subset, member_of(subset, type, "inner")->type);
	assert_true(btf_is_int(type));
	assert_int_equal(btf_int_encoding(type), BTF_INT_SIGNED);
	type = btf__type_by_id(subset, member_of(subset, task, "")->type);
	assert_true(btf_is_union(type));
	type = btf__type_by_id(subset, member_of(subset, task, "by_pointer")->type);
	assert_true(btf_is_ptr(type));
	assert_int_equal(type->type, 0);
	assert_true(btf_kflag(task));
	assert_int_equal(btf_member_bitfield_size(task, 4), 3);
	type = btf__type_by_id(subset, member_of(subset, task, "kind")->type);
	assert_int_equal(btf_enum(type)[0].val, 1);
	btf__free(subset);
	btf__free(s.btf);
}

/* Of two types with one name libbpf must see both: it refuses to choose if they differ. */
static void test_subset_has_no_more_and_no_less(void **state)
{
	struct sample s = make_sample();
	struct btf *subset = subset_of(s.btf);
	int tasks = 0;

	(void)state;
	for (__u32 i = 1; i < btf__type_cnt(subset); i++) {
		const struct btf_type *type = btf__type_by_id(subset, i);

		tasks += !strcmp(btf__name_by_offset(subset, type->name_off), "task");
	}
	assert_int_equal(tasks, 2);
	assert_true(btf__find_by_name(subset, "unrelated") < 0);
	assert_true(btf__find_by_name(subset, "do_it") < 0);
	assert_true(btf__find_by_name(subset, "btf_trace_it") < 0);
	btf__free(subset);
	btf__free(s.btf);
}

static int scan_copy(const void *bytes, size_t size)
{
	struct btf_scan__name names[NAME_COUNT];
	struct btf_scan *scan = NULL;
	void *copy = exact_copy(bytes, size), *out = NULL;
	size_t out_size;
	int err;

	memcpy(names, wanted, sizeof(names));
	err = btf_scan__new(copy, size, names, NAME_COUNT, &scan);
	if (!err) {
		err = btf_scan__subset(scan, &out, &out_size);
		free(out);
	}
	btf_scan__free(scan);
	free(copy);
	return err;
}

static void test_every_truncation_is_refused(void **state)
{
	struct sample s = make_sample();
	__u32 size;
	const void *bytes = btf__raw_data(s.btf, &size);

	(void)state;
	assert_int_equal(scan_copy(bytes, size), 0);
	for (__u32 len = 0; len < size; len++)
		assert_int_equal(scan_copy(bytes, len), -EINVAL);
	btf__free(s.btf);
}

static void test_bad_headers_are_refused(void **state)
{
	struct sample s = make_sample();
	__u32 size;
	const void *bytes = btf__raw_data(s.btf, &size);
	struct btf_header *h = exact_copy(bytes, size), whole = *h;

	(void)state;
	h->magic = __builtin_bswap16(BTF_MAGIC);
	assert_int_equal(scan_copy(h, size), -EINVAL);
	*h = whole, h->version++;
	assert_int_equal(scan_copy(h, size), -EINVAL);
	*h = whole, h->hdr_len = sizeof(*h) - 4;
	assert_int_equal(scan_copy(h, size), -EINVAL);
	*h = whole, h->hdr_len = UINT32_MAX;
	assert_int_equal(scan_copy(h, size), -EINVAL);
	*h = whole, h->type_len -= 4; /* cuts the last type, a typedef */
	assert_int_equal(scan_copy(h, size), -EINVAL);
	*h = whole, h->type_off = UINT32_MAX;
	assert_int_equal(scan_copy(h, size), -EINVAL);
	*h = whole, h->type_off += 2, h->type_len -= 2;
	assert_int_equal(scan_copy(h, size), -EINVAL);
	*h = whole, h->str_len = 0;
	assert_int_equal(scan_copy(h, size), -EINVAL);
	*h = whole, h->str_len--; /* the last string is open */
	assert_int_equal(scan_copy(h, size), -EINVAL);
	*h = whole;
	assert_int_equal(scan_copy(h, size), 0);
	free(h);
	btf__free(s.btf);
}

/* One word of one type is changed to `value`: of the type itself, or of what follows it. */
static int scan_changed(const struct sample *s, int id, size_t word, uint32_t value)
{
	size_t at = (const char *)btf__type_by_id(s->btf, id) - (const char *)btf__type_by_id(s->btf, 1);
	__u32 size;
	const void *bytes = btf__raw_data(s->btf, &size);
	struct btf_header *copy = exact_copy(bytes, size);
	int result;

	((uint32_t *)((char *)copy + copy->hdr_len + copy->type_off + at))[word] = value;
	result = scan_copy(copy, size);
	free(copy);
	return result;
}

static void test_bad_types_are_refused(void **state)
{
	struct sample s = make_sample();

	(void)state;
	assert_int_equal(scan_changed(&s, s.task_id, 0, UINT32_MAX), -EINVAL); /* a name nowhere */
	assert_int_equal(scan_changed(&s, s.task_id, 1, 31U << 24), -EOPNOTSUPP);
	assert_int_equal(scan_changed(&s, s.second_id, 1, BTF_KIND_STRUCT << 24 | 0xffff), -EINVAL);
	assert_int_equal(scan_changed(&s, s.task_id, 3, UINT32_MAX), -EINVAL); /* a member's name */
	assert_int_equal(scan_changed(&s, s.task_id, 4, UINT32_MAX), -EINVAL); /* a member's type */
	assert_int_equal(scan_changed(&s, s.task_id, 4, s.func_id), -EINVAL);
	/* A struct that holds itself is nonsense, but ends. */
	assert_int_equal(scan_changed(&s, s.task_id, 4, s.task_id), 0);
	btf__free(s.btf);
}

static void test_short_names_are_refused(void **state)
{
	struct btf_scan__name name = { "fd", STRUCTS, true, 0 };
	struct sample s = make_sample();
	struct btf_scan *scan;
	__u32 size;
	const void *bytes = btf__raw_data(s.btf, &size);

	(void)state;
	assert_int_equal(btf_scan__new(bytes, size, &name, 1, &scan), -EINVAL);
	btf__free(s.btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_first_of_each_kind),
		cmocka_unit_test(test_subset_has_the_members),
		cmocka_unit_test(test_subset_has_no_more_and_no_less),
		cmocka_unit_test(test_every_truncation_is_refused),
		cmocka_unit_test(test_bad_headers_are_refused),
		cmocka_unit_test(test_bad_types_are_refused),
		cmocka_unit_test(test_short_names_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
