// SPDX-License-Identifier: GPL-2.0-only
/* Sums of stacks, and what is printed of them. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/proc.h"
#include "output/folded.h"
#include "record/sink.h"
#include "stacks/sums.h"
#include "output/stack_top.h"
#include "stacks/symbols.h"
#include "stacks/wire.h"
#include "take.h"

#define NO_TIME   \
	{         \
		0 \
	}

static const struct record_frame user[] = {
	{ "memset", "/lib/libc.so.6", 0x100, 4 }, { "alloc_a", "/bin/hog", 0x200, 8 },
	{ NULL, "/bin/hog", 0x300, 0 },		  { NULL, NULL, 0x7f0000000000, 0 },
	{ NULL, "[anon]", 0x7f0000000001, 0 },
};
static const struct record_frame kernel[] = {
	{ "try_charge", "kernel", 0, 1 },
	{ "page_fault", "kernel", 0, 2 },
};

static struct record_stack stack_of(uint32_t pid, const char *comm, uint64_t bytes)
{
	return (struct record_stack){ .pid = pid,
				      .comm = comm,
				      .samples = 1,
				      .bytes = bytes,
				      .user = user,
				      .kernel = kernel,
				      .user_count = 5,
				      .kernel_count = 2 };
}

struct seen {
	size_t count;
	uint64_t bytes, samples;
	uint32_t pid;
	char function[32];
};

static void see(void *ctx, const struct record_stack *stack)
{
	struct seen *seen = ctx;

	seen->count++;
	seen->bytes += stack->bytes;
	seen->samples += stack->samples;
	seen->pid = stack->pid;
	snprintf(seen->function, sizeof(seen->function), "%s", stack->user[1].function);
}

static void test_table_sums(void **state)
{
	struct stack_sums *table = stack_sums__new();
	struct record_frame other[5];
	struct record_stack stack;
	struct seen seen = {};
	char name[] = "hog", function[] = "alloc_a";

	(void)state;
	stack = stack_of(1, name, 100);
	memcpy(other, user, sizeof(other));
	other[1].function = function;
	stack.user = other;
	assert_int_equal(stack_sums__add(table, &stack), 0);
	/* What was handed over is ours to change. */
	memset(function, 'x', sizeof(function) - 1);
	memset(name, 'x', sizeof(name) - 1);
	stack = stack_of(1, "hog", 10);
	assert_int_equal(stack_sums__add(table, &stack), 0);
	stack_sums__take(table, see, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.bytes, 110);
	assert_int_equal(seen.samples, 2);
	assert_int_equal(seen.pid, 1);
	assert_string_equal(seen.function, "alloc_a");
	seen = (struct seen){};
	stack_sums__take(table, see, &seen);
	assert_int_equal(seen.count, 0);
	stack_sums__free(table);
}

/* What differs in anything but the process has a sum of its own. */
static void test_table_differences(void **state)
{
	struct stack_sums *table = stack_sums__new();
	struct record_frame other[5];
	struct record_stack stack = stack_of(1, "hog", 1);
	struct seen seen = {};

	(void)state;
	assert_int_equal(stack_sums__add(table, &stack), 0);
	stack.pid = 2;
	assert_int_equal(stack_sums__add(table, &stack), 0);
	stack.comm = "dog";
	assert_int_equal(stack_sums__add(table, &stack), 0);
	stack = stack_of(1, "hog", 1);
	stack.user_count = 4;
	assert_int_equal(stack_sums__add(table, &stack), 0);
	stack.user_count = 5;
	stack.kernel_count = 0;
	assert_int_equal(stack_sums__add(table, &stack), 0);
	for (int i = 0; i < 4; i++) {
		stack = stack_of(1, "hog", 1);
		memcpy(other, user, sizeof(other));
		stack.user = other;
		if (i == 0)
			other[1].function = NULL;
		else if (i == 1)
			other[1].module = "/bin/dog";
		else if (i == 2)
			other[1].address++;
		else
			other[3].address++;
		assert_int_equal(stack_sums__add(table, &stack), 0);
	}
	stack_sums__take(table, see, &seen);
	assert_int_equal(seen.count, 8);
	assert_int_equal(seen.bytes, 9);
	stack_sums__free(table);
}

static void test_table_full(void **state)
{
	struct stack_sums *table = stack_sums__new();
	struct record_stack stack = stack_of(1, "hog", 1);
	struct seen seen = {};
	char name[32];

	(void)state;
	stack.comm = name;
	for (int i = 0; i < STACK_TABLE_MAX; i++) {
		snprintf(name, sizeof(name), "hog%d", i);
		assert_int_equal(stack_sums__add(table, &stack), 0);
	}
	assert_int_equal(stack_sums__add(table, &stack), 0);
	snprintf(name, sizeof(name), "one more");
	assert_int_equal(stack_sums__add(table, &stack), -ENOSPC);
	stack_sums__take(table, see, &seen);
	assert_int_equal(seen.count, STACK_TABLE_MAX);
	assert_int_equal(seen.bytes, STACK_TABLE_MAX + 1);
	assert_int_equal(stack_sums__add(table, &stack), 0);
	stack_sums__free(table);
}

static void test_folded(void **state)
{
	struct record_frame hostile[] = { { "a;b\nc d 7", "/bin/\033[1m", 1, 1 } };
	struct record_stack stack = stack_of(1, "h;o\ng", 4096);
	char text[512] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");
	struct sink *sink = folded__new(out);

	(void)state;
	assert_int_equal(TAKE(sink, STACK, stack, NO_TIME, stack), 0);
	fflush(out);
	assert_string_equal(text, "h:o\\x0ag;[anon];[unknown];[hog];alloc_a;memset;page_fault_[k];"
				  "try_charge_[k] 4096\n");
	rewind(out);
	memset(text, 0, sizeof(text));
	stack.comm = NULL;
	stack.user = hostile;
	stack.user_count = 1;
	stack.kernel_count = 0;
	assert_int_equal(TAKE(sink, STACK, stack, NO_TIME, stack), 0);
	stack.oom_id = 1; /* without a weight */
	assert_int_equal(TAKE(sink, STACK, stack, NO_TIME, stack), 0);
	sink->ops->free(sink);
	fclose(out);
	assert_string_equal(text, "[unknown];a:b\\x0ac d 7 4096\n");
}

static void test_top(void **state)
{
	struct stack_top *top = stack_top__new();
	struct record_stack stack;
	char text[8192] = "", name[32];
	FILE *out = fmemopen(text, sizeof(text), "w");

	(void)state;
	stack_top__print(top, out);
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "small%d", i);
		stack = stack_of(1, name, 1024);
		stack_top__add(top, &stack);
		stack = stack_of(1, "hog", 7 * 1024);
		stack_top__add(top, &stack);
		stack = stack_of(1, "kern", 2 * 1024);
		stack.user_count = 0;
		stack_top__add(top, &stack);
	}
	stack.oom_id = 1;
	stack_top__add(top, &stack);
	stack_top__print(top, out);
	fclose(out);
	assert_ptr_equal(strstr(text, "Where memory was charged: 19.5\001MiB in 6000\001samples\n"), text);
	assert_non_null(
		strstr(text, "\n     70.0 %    13.7 MiB  \002hog: memset < alloc_a < hog < ? < [anon]\n"));
	assert_non_null(strstr(text, "\n     20.0 %     3.9 MiB  \002kern: in the kernel: page_fault\n"));
	assert_non_null(strstr(text, "elsewhere\n"));
	stack_top__free(top);
}

/* What is shown begins with what differs. */
static void test_top_of_the_kernel(void **state)
{
	struct record_frame frames[] = {
		{ .function = "oom_kill_process" },
		{ .function = "out_of_memory" },
		{ .function = "mem_cgroup_out_of_memory" },
		{ .function = "try_charge_memcg" },
		{ .function = "charge_memcg" },
		{ .function = "asm_exc_page_fault" },
	};
	struct record_stack stack = {
		.comm = "sh", .bytes = 1024, .samples = 1, .kernel = frames, .kernel_count = 6
	};
	struct stack_top *top = stack_top__new();
	char text[512] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	(void)state;
	stack_top__add(top, &stack);
	stack.kernel_count = 4; /* never nothing */
	stack_top__add(top, &stack);
	stack_top__print(top, out);
	fclose(out);
	stack_top__free(top);
	assert_non_null(strstr(text, "sh: in the kernel: charge_memcg < asm_exc_page_fault\n"));
	assert_non_null(strstr(text, "sh: in the kernel: try_charge_memcg\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_sums), cmocka_unit_test(test_table_differences),
		cmocka_unit_test(test_table_full), cmocka_unit_test(test_folded),
		cmocka_unit_test(test_top),	   cmocka_unit_test(test_top_of_the_kernel),
	};

	return cmocka_run_group_tests_name("stacks", tests, NULL, NULL);
}
