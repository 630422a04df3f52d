// SPDX-License-Identifier: GPL-2.0-only
/* The helper processes that find names. */
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

#include "base/clock.h"
#include "host/proc.h"
#include "stacks/symbols.h"
#include "stacks/wire.h"

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
	assert_non_null(strstr(answer.user[0].module, "test_symbols"));
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

/* Until the kernel says so, too: a signal takes its time. */
static void await_hang(const struct symbols *symbols, bool hang)
{
	const struct timespec step = clock__timespec(NS_PER_MS);

	for (int i = 0; i < 60000 && symbols__hang(symbols) != hang; i++)
		nanosleep(&step, NULL);
	assert_true(symbols__hang(symbols) == hang);
}

/* Whichever is stopped: that there will be no answer is seen. */
static void test_helper_hangs(void **state)
{
	static struct symbols_answer answer;
	static struct symbols_stack stack = { .user = { 1 }, .user_count = 1 };
	struct symbols *symbols = NULL;
	pid_t maps, keeper, worker;

	(void)state;
	assert_int_equal(symbols__start(&symbols), 0);
	assert_int_equal(symbols__ask(symbols, &stack, 1), 0);
	assert_int_equal(await(symbols, &answer), 1);
	maps = child_named(getpid(), "oomtrace-maps");
	keeper = child_named(getpid(), "oomtrace-syms");
	worker = child_named(keeper, "oomtrace-syms");
	await_hang(symbols, false);
	assert_int_equal(kill(maps, SIGSTOP), 0);
	await_hang(symbols, true);
	assert_int_equal(kill(maps, SIGCONT), 0);
	await_hang(symbols, false);
	if (proc__first_child((uint32_t)keeper)) {
		assert_int_equal(kill(worker, SIGSTOP), 0);
		await_hang(symbols, true);
		assert_int_equal(kill(worker, SIGCONT), 0);
		await_hang(symbols, false);
	}
	symbols__stop(symbols);
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
		cmocka_unit_test(test_helpers),		cmocka_unit_test(test_made_code),
		cmocka_unit_test(test_helper_dies),	cmocka_unit_test(test_helper_hangs),
		cmocka_unit_test(test_reader_replaced), cmocka_unit_test(test_question_survives),
		cmocka_unit_test(test_hostile_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
