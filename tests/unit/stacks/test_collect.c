// SPDX-License-Identifier: GPL-2.0-only
/* Sums of stacks, what is printed of them, and the helper processes that find names. */
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
	struct sink *sink = folded_sink__new(out);

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
	assert_ptr_equal(strstr(text, "Where memory was charged: 19.5 MiB in 6000 samples\n"), text);
	assert_non_null(
		strstr(text, "\n     70.0 %    13.7 MiB  hog: memset < alloc_a < hog < ? < [anon]\n"));
	assert_non_null(strstr(text, "\n     20.0 %     3.9 MiB  kern: in the kernel: page_fault\n"));
	assert_non_null(strstr(text, "elsewhere\n"));
	stack_top__free(top);
}

/* What is shown begins with what differs. */
static void test_top_of_an_oom(void **state)
{
	struct record_frame frames[] = {
		{ .function = "oom_kill_process" },
		{ .function = "out_of_memory" },
		{ .function = "mem_cgroup_out_of_memory" },
		{ .function = "try_charge_memcg" },
		{ .function = "charge_memcg" },
		{ .function = "asm_exc_page_fault" },
	};
	struct record_stack stack = { .oom_id = 1, .kernel = frames, .kernel_count = 6 };
	char text[256] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	(void)state;
	stack_top__print_functions(out, &stack);
	fputc('\n', out);
	stack.kernel_count = 4; /* never nothing */
	stack_top__print_functions(out, &stack);
	fclose(out);
	assert_string_equal(text, "in the kernel: charge_memcg < asm_exc_page_fault\n"
				  "in the kernel: try_charge_memcg");
}

__attribute__((noinline)) void a_function_to_find(void)
{
	__asm__ volatile("");
}

static int await(struct symbols *symbols, struct symbols_answer *answer)
{
	struct pollfd wait = { .fd = symbols__fd(symbols), .events = POLLIN };

	assert_int_equal(poll(&wait, 1, 60000), 1);
	return symbols__read(symbols, answer);
}

/* The test program itself is the process that is looked at. */
static void test_helpers(void **state)
{
	static struct symbols_answer answer;
	static struct symbols_stack stack;
	struct symbols *symbols = NULL;

	(void)state;
	assert_int_equal(symbols__start(&symbols), 0);
	stack.process.pid = (uint32_t)getpid();
	assert_int_equal(proc__start(stack.process.pid, &stack.process.start_ns), 0);
	stack.user[0] = (uintptr_t)a_function_to_find;
	stack.user[1] = (uintptr_t)test_helpers + 1;
	stack.user_count = 2;
	assert_int_equal(symbols__read(symbols, &answer), 0);
	assert_int_equal(symbols__ask(symbols, &stack, 41), 0);
	assert_int_equal(symbols__look_at(symbols, &stack.process), 0);
	assert_int_equal(symbols__ask(symbols, &stack, 42), 0);

	/* In order, and so before the process was looked at. */
	assert_int_equal(await(symbols, &answer), 1);
	assert_int_equal(answer.number, 41);
	assert_int_equal(answer.unmapped, 2);
	assert_int_equal(answer.user_count, 2);
	assert_null(answer.user[0].module);
	assert_int_equal(answer.user[0].address, (uintptr_t)a_function_to_find);
	assert_int_equal(await(symbols, &answer), 1);
	assert_int_equal(answer.number, 42);
	assert_int_equal(answer.unmapped, 0);
	assert_non_null(strstr(answer.user[0].module, "test_collect"));
	/* Opening what is mapped takes a privilege that the test needn't have. */
	if (answer.user[0].function) {
		assert_string_equal(answer.user[0].function, "a_function_to_find");
		assert_string_equal(answer.user[1].function, "test_helpers");
	} else {
		print_message("SKIP names of functions: the files that are mapped can't be opened\n");
	}

	/* Another process with this pid, and one that isn't there. */
	stack.process.start_ns += 1000000000;
	assert_int_equal(symbols__look_at(symbols, &stack.process), 0);
	assert_int_equal(symbols__ask(symbols, &stack, 43), 0);
	assert_int_equal(await(symbols, &answer), 1);
	assert_int_equal(answer.unmapped, 2);
	symbols__stop(symbols);
}

/* Code that the program has made, whose names are in its file in /tmp. */
static void test_made_code(void **state)
{
	static struct symbols_answer answer;
	static struct symbols_stack stack;
	struct symbols *symbols = NULL;
	char path[64];
	void *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "%lx 100 made_at_run_time\n", (unsigned long)code);
	fclose(file);
	assert_int_equal(symbols__start(&symbols), 0);
	stack.process.pid = (uint32_t)getpid();
	assert_int_equal(proc__start(stack.process.pid, &stack.process.start_ns), 0);
	stack.user[0] = (uintptr_t)code + 0x20;
	stack.user_count = 1;
	assert_int_equal(symbols__look_at(symbols, &stack.process), 0);
	assert_int_equal(symbols__ask(symbols, &stack, 1), 0);
	assert_int_equal(await(symbols, &answer), 1);
	assert_string_equal(answer.user[0].function, "made_at_run_time");
	assert_int_equal(answer.user[0].offset, 0x20);
	symbols__stop(symbols);
	munmap(code, 4096);
	unlink(path);
}

struct search {
	const char *name;
	pid_t parent, found;
};

/* "PID (NAME) STATE PPID ...": is it that child? */
static void look(void *ctx, uint32_t pid)
{
	struct search *search = ctx;
	char path[64], name[32];
	int parent;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return;
	if (fscanf(file, "%*d (%31[^)]) %*c %d", name, &parent) == 2 && parent == search->parent &&
	    !strcmp(name, search->name))
		search->found = (pid_t)pid;
	fclose(file);
}

static pid_t child_named(pid_t parent, const char *name)
{
	struct search search = { .name = name, .parent = parent };

	assert_int_equal(proc__each(look, &search), 0);
	assert_true(search.found > 0);
	return search.found;
}

/* A helper that is gone is an error, not a hang. */
static void test_helper_dies(void **state)
{
	static const char *const names[] = { "oomtrace-syms", "oomtrace-maps" };
	static struct symbols_answer answer;
	static struct symbols_stack stack;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct symbols *symbols = NULL;
		int err = 0;

		assert_int_equal(symbols__start(&symbols), 0);
		assert_int_equal(symbols__ask(symbols, &stack, 1), 0);
		assert_int_equal(await(symbols, &answer), 1);
		assert_int_equal(kill(child_named(getpid(), names[i]), SIGKILL), 0);
		for (int n = 0; !err && n < 1000; n++)
			err = symbols__ask(symbols, &stack, 2);
		/* What was answered before it ended is there. */
		do
			err = await(symbols, &answer);
		while (err == 1);
		assert_int_equal(err, -EPIPE);
		symbols__stop(symbols);
	}
}

/* The process that reads files fails: another one goes on, but not for ever. */
static void test_reader_replaced(void **state)
{
	static struct symbols_answer answer;
	static struct symbols_stack stack = { .user = { 1 }, .user_count = 1 };
	struct symbols *symbols = NULL;
	uint32_t number = 0;
	pid_t keeper;

	(void)state;
	assert_int_equal(symbols__start(&symbols), 0);
	for (int i = 0; i < SYMBOLS_REPLACED_MAX; i++) {
		assert_int_equal(symbols__ask(symbols, &stack, ++number), 0);
		assert_int_equal(await(symbols, &answer), 1);
		assert_int_equal(answer.number, number);
		assert_false(answer.replaced);
		assert_int_equal(answer.user_count, 1);
		keeper = child_named(getpid(), "oomtrace-syms");
		assert_int_equal(kill(child_named(keeper, "oomtrace-syms"), SIGKILL), 0);
		assert_int_equal(await(symbols, &answer), 1);
		assert_true(answer.replaced);
		assert_int_equal(answer.user_count, 0);
		/* Its answer was out, but perhaps it wasn't done with the question. */
		assert_true(!answer.number || answer.number == number);
	}
	assert_int_equal(symbols__ask(symbols, &stack, ++number), 0);
	assert_int_equal(await(symbols, &answer), 1);
	assert_int_equal(answer.number, number);
	assert_int_equal(kill(child_named(keeper, "oomtrace-syms"), SIGKILL), 0);
	assert_int_equal(await(symbols, &answer), -EPIPE);
	symbols__stop(symbols);
}

/* A question that is there when it fails is answered, and so are those behind it. */
static void test_question_survives(void **state)
{
	static struct symbols_answer answer;
	static struct symbols_stack stack = { .user = { 1 }, .user_count = 1 };
	struct symbols *symbols = NULL;
	pid_t worker;

	(void)state;
	assert_int_equal(symbols__start(&symbols), 0);
	assert_int_equal(symbols__ask(symbols, &stack, 1), 0);
	assert_int_equal(await(symbols, &answer), 1);
	worker = child_named(child_named(getpid(), "oomtrace-syms"), "oomtrace-syms");
	assert_int_equal(kill(worker, SIGSTOP), 0);
	assert_int_equal(symbols__ask(symbols, &stack, 2), 0);
	assert_int_equal(symbols__ask(symbols, &stack, 3), 0);
	assert_int_equal(kill(worker, SIGKILL), 0);
	assert_int_equal(await(symbols, &answer), 1);
	assert_true(answer.replaced);
	/* Perhaps it wasn't done with the first, or the second had not come through the other helper. */
	assert_in_range(answer.number, 0, 2);
	for (uint32_t number = answer.number == 2 ? 3 : 2; number <= 3; number++) {
		assert_int_equal(await(symbols, &answer), 1);
		assert_false(answer.replaced);
		assert_int_equal(answer.number, number);
	}
	symbols__stop(symbols);
}

/* What the helper may say, taken over by a file as it may be. */
static void test_hostile_answers(void **state)
{
	static struct wire_answer wire;
	static struct symbols_answer answer;
	const size_t head = offsetof(struct wire_answer, text);

	(void)state;
	wire.text_len = 1;
	wire.user_count = 2;
	wire.frames[0].function = 1; /* behind the end */
	wire.frames[1].module = UINT32_MAX;
	assert_int_equal(wire__take(&wire, head + 1, &answer), 0);
	assert_null(answer.user[0].function);
	assert_null(answer.user[1].module);
	for (size_t size = 0; size <= head; size++)
		assert_int_equal(wire__take(&wire, size, &answer), -EPIPE);
	assert_int_equal(wire__take(&wire, head + 2, &answer), -EPIPE);
	wire.text[0] = 'x';
	assert_int_equal(wire__take(&wire, head + 1, &answer), -EPIPE);
	wire.text[0] = 0;
	wire.user_count = STACK_DEPTH + 1;
	assert_int_equal(wire__take(&wire, head + 1, &answer), -EPIPE);
	wire.user_count = 0;
	wire.kernel_count = UINT32_MAX;
	assert_int_equal(wire__take(&wire, head + 1, &answer), -EPIPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_sums),
		cmocka_unit_test(test_table_differences),
		cmocka_unit_test(test_table_full),
		cmocka_unit_test(test_folded),
		cmocka_unit_test(test_top),
		cmocka_unit_test(test_top_of_an_oom),
		cmocka_unit_test(test_helpers),
		cmocka_unit_test(test_made_code),
		cmocka_unit_test(test_helper_dies),
		cmocka_unit_test(test_reader_replaced),
		cmocka_unit_test(test_question_survives),
		cmocka_unit_test(test_hostile_answers),
	};

	return cmocka_run_group_tests_name("stacks", tests, NULL, NULL);
}
