// SPDX-License-Identifier: GPL-2.0-only
/* Real programs, run, stopped, looked at in /proc, killed, and only then asked for symbols. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "stacks/elf_symbols.h"
#include "stacks/wire.h"
#include "programs.h"

/* What the helper that may do so does: here the file is opened by its name, as any user may. */
static void snapshot(struct elf_symbols *s, const struct process_id *id, pid_t pid)
{
	struct mapping mapping;
	char path[64], line[4096];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	file = fopen(path, "r");
	assert_non_null(file);
	elf_symbols__begin(s, id);
	while (fgets(line, sizeof(line), file)) {
		if (mapping__parse(line, &mapping))
			elf_symbols__add(s, &mapping,
					 mapping.is_file ? open(mapping.path, O_RDONLY | O_CLOEXEC) : -1);
	}
	fclose(file);
}

static void check_program(const char *name, const char *library)
{
	struct elf_symbols *s = elf_symbols__new(NULL);
	struct run run = start(name);
	struct process_id id = { .start_ns = 1, .pid = (uint32_t)run.pid };
	uint64_t stack[3] = { run.in_library, run.in_program + 4, 8 };
	struct symbol symbols[3];

	assert_non_null(s);
	snapshot(s, &id, run.pid);
	stop(&run);
	/* Its file may go too. */
	shell("mv %s/%s %s/%s.moved", dir, name, dir, name);
	assert_int_equal(elf_symbols__resolve(s, &id, stack, 3, symbols), 1);
	assert_string_equal(symbols[0].function, "in_library");
	assert_int_equal(symbols[0].offset, 0);
	assert_non_null(strstr(symbols[0].module, library));
	assert_string_equal(symbols[1].function, "in_program");
	assert_int_equal(symbols[1].offset, 4);
	assert_non_null(strstr(symbols[1].module, name));
	assert_string_equal(symbols[2].function, "");
	assert_null(symbols[2].module);
	assert_int_equal(symbols[2].address, 8);
	/* Another program in the same process has other addresses. */
	id.exec_id++;
	assert_int_equal(elf_symbols__resolve(s, &id, stack, 3, symbols), 3);
	assert_string_equal(symbols[0].function, "");
	elf_symbols__free(s);
	shell("mv %s/%s.moved %s/%s", dir, name, dir, name);
}

static void test_programs(void **state)
{
	(void)state;
	check_program("pie", "liblib.so");
	check_program("fixed", "liblib.so");
	check_program("static", "static");
}

/* A return address after a call that ends a function is in the next one; the call isn't. */
static void test_return_address(void **state)
{
	struct elf_symbols *s = elf_symbols__new(NULL);
	struct run run = start("pie");
	struct process_id id = { .start_ns = 1, .pid = (uint32_t)run.pid };
	struct symbol first, both[2];
	uint64_t address = run.in_library;
	uint64_t stack[2];

	(void)state;
	snapshot(s, &id, run.pid);
	stop(&run);
	do {
		address++;
		elf_symbols__resolve(s, &id, &address, 1, &first);
	} while (strcmp(first.function, "after_it"));
	stack[0] = stack[1] = address;
	elf_symbols__resolve(s, &id, stack, 2, both);
	assert_string_equal(both[0].function, "after_it");
	assert_true(!*both[1].function || !strcmp(both[1].function, "in_library"));
	elf_symbols__free(s);
}

static void test_stripped_and_debuglink(void **state)
{
	struct elf_symbols *s = elf_symbols__new(NULL);
	struct process_id id = { .start_ns = 1 };
	struct symbol symbol;
	struct run run;

	(void)state;
	shell("cd %s && strip -o stripped pie", dir);
	run = start("stripped");
	id.pid = (uint32_t)run.pid;
	snapshot(s, &id, run.pid);
	stop(&run);
	elf_symbols__resolve(s, &id, &run.in_program, 1, &symbol);
	assert_string_equal(symbol.function, "");
	assert_non_null(strstr(symbol.module, "stripped"));
	assert_true(symbol.address && symbol.address < 1 << 20);

	shell("cd %s && mkdir .debug && objcopy --only-keep-debug pie .debug/linked.debug", dir);
	shell("cd %s && objcopy --add-gnu-debuglink=.debug/linked.debug stripped linked", dir);
	run = start("linked");
	id.pid = (uint32_t)run.pid;
	snapshot(s, &id, run.pid);
	stop(&run);
	elf_symbols__resolve(s, &id, &run.in_program, 1, &symbol);
	assert_string_equal(symbol.function, "in_program");

	/* The same file by a name with a slash, which could lead anywhere. */
	shell("cd %s && sed 's/linked.debug/.\\/nked.debug/' linked >slash && chmod +x slash", dir);
	shell("cd %s && mv .debug/linked.debug .debug/nked.debug", dir);
	run = start("slash");
	id.pid = (uint32_t)run.pid;
	snapshot(s, &id, run.pid);
	stop(&run);
	elf_symbols__resolve(s, &id, &run.in_program, 1, &symbol);
	assert_string_equal(symbol.function, "");
	elf_symbols__free(s);
}

/* A file that is cut short, or isn't what it claims to be, costs its symbols and nothing else. */
static void test_bad_files(void **state)
{
	struct elf_symbols *s = elf_symbols__new(NULL);
	struct process_id id = { .start_ns = 1 };
	struct symbol symbol;

	(void)state;
	for (int kept = 0; kept < 20000; kept += kept < 64 ? 16 : 1777) {
		struct mapping mapping = { 0x1000, 0x100000, 0, true, "bad" };
		char path[128];

		shell("head -c %d %s/pie > %s/bad", kept, dir, dir);
		snprintf(path, sizeof(path), "%s/bad", dir);
		id.pid++;
		elf_symbols__begin(s, &id);
		elf_symbols__add(s, &mapping, open(path, O_RDONLY | O_CLOEXEC));
		for (uint64_t address = 0x1000; address < 0x5000; address += 0x111)
			assert_int_equal(elf_symbols__resolve(s, &id, &address, 1, &symbol), 0);
	}
	elf_symbols__free(s);
}

/* The keeper of the process that reads files, and what it is sent and answers. */
struct keeper {
	pid_t pid;
	int in, out;
};

static struct keeper start_keeper(void)
{
	struct keeper keeper;
	int in[2], out[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, in), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, out), 0);
	keeper = (struct keeper){ fork(), in[1], out[1] };
	if (!keeper.pid) {
		close(in[1]);
		close(out[1]);
		if (!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
			keeper_process__run(in[0], out[0], -1);
		_exit(0);
	}
	close(in[0]);
	close(out[0]);
	return keeper;
}

static const struct process_id cut_process = { .start_ns = 1, .pid = 1 };

static void send_file(const struct keeper *keeper, const char *path, uint64_t start)
{
	struct wire_message message = { .kind = WIRE_BEGIN, .process = cut_process };
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(wire__send(keeper->in, &message, sizeof(message), -1), 0);
	message = (struct wire_message){ .kind = WIRE_MAPPING };
	message.mapping = (struct mapping){ start, start + 0x10000000, 0, true, "a-file" };
	assert_int_equal(wire__send(keeper->in, &message, sizeof(message), fd), 0);
	close(fd);
}

/* Asks for names all over the file, and returns whether one was found; *replaced: by another process. */
static bool finds_names(const struct keeper *keeper, uint32_t number, uint64_t start, bool *replaced)
{
	static struct symbols_answer answer;
	static struct wire_answer wire;
	struct wire_message message = { .kind = WIRE_STACK, .number = number };
	bool found = false;
	ssize_t size;

	message.stack.process = cut_process;
	for (message.stack.user_count = 0; message.stack.user_count < STACK_DEPTH; message.stack.user_count++)
		message.stack.user[message.stack.user_count] =
			start + 0x1e00 + message.stack.user_count * 0x111;
	assert_int_equal(wire__send(keeper->in, &message, sizeof(message), -1), 0);
	size = wire__receive(keeper->out, &wire, sizeof(wire), NULL);
	assert_true(size > 0);
	assert_int_equal(wire__take(&wire, (size_t)size, &answer), 0);
	assert_int_equal(answer.number, number);
	*replaced = answer.replaced;
	for (size_t i = 0; i < answer.user_count; i++)
		found |= answer.user[i].function != NULL;
	return found;
}

/*
 * Cut short while it is in use: the library has it mapped, and reading it is SIGBUS. That ends the process that reads
 * it, in the middle of the library, and another goes on with other files.
 */
static void test_cut_in_use(void **state)
{
	struct keeper keeper = start_keeper();
	bool replaced;
	char path[128];
	int status;

	(void)state;
	shell("cp %s/static %s/cut", dir, dir);
	snprintf(path, sizeof(path), "%s/cut", dir);
	send_file(&keeper, path, 0x1000);
	assert_true(finds_names(&keeper, 1, 0x1000, &replaced));
	assert_false(replaced);
	assert_int_equal(truncate(path, 4096), 0);
	assert_false(finds_names(&keeper, 2, 0x21000, &replaced));
	assert_true(replaced);
	snprintf(path, sizeof(path), "%s/static", dir);
	send_file(&keeper, path, 0x1000);
	assert_true(finds_names(&keeper, 3, 0x1000, &replaced));
	assert_false(replaced);
	close(keeper.in);
	assert_int_equal(waitpid(keeper.pid, &status, 0), keeper.pid);
	assert_int_equal(status, 0);
	close(keeper.out);
}

/* A second look, at a process that is exiting: what was known of it stays. */
static void test_look_again(void **state)
{
	struct elf_symbols *s = elf_symbols__new(NULL);
	struct run run = start("static");
	struct process_id id = { .start_ns = 1, .pid = (uint32_t)run.pid };
	struct mapping over = { run.in_program & ~0xfffULL, (run.in_program & ~0xfffULL) + 4096, 0, false,
				"[anon]" };
	struct symbol symbol;
	struct mapping mapping;
	char path[64], line[4096];
	FILE *file;

	(void)state;
	snapshot(s, &id, run.pid);
	snprintf(path, sizeof(path), "/proc/%d/maps", run.pid);
	file = fopen(path, "r");
	elf_symbols__begin(s, &id);
	while (fgets(line, sizeof(line), file)) {
		if (mapping__parse(line, &mapping))
			elf_symbols__add(s, &mapping, -1);
	}
	fclose(file);
	stop(&run);
	elf_symbols__resolve(s, &id, &run.in_program, 1, &symbol);
	assert_string_equal(symbol.function, "in_program");
	/* But something else in its place is something else. */
	elf_symbols__begin(s, &id);
	elf_symbols__add(s, &over, -1);
	elf_symbols__resolve(s, &id, &run.in_program, 1, &symbol);
	assert_string_equal(symbol.function, "");
	assert_string_equal(symbol.module, "[anon]");
	elf_symbols__free(s);
}

/* More processes and files than are kept: the latest are. */
static void test_bounds(void **state)
{
	struct elf_symbols *s = elf_symbols__new(NULL);
	struct run run = start("static");
	struct process_id id = { .start_ns = 1 };
	struct symbol symbol;

	(void)state;
	for (uint32_t i = 0; i < 2 * SYMBOLIZE_PROCESSES_MAX; i++) {
		id.pid = i;
		snapshot(s, &id, run.pid);
	}
	stop(&run);
	elf_symbols__resolve(s, &id, &run.in_program, 1, &symbol);
	assert_string_equal(symbol.function, "in_program");
	id.pid = 0;
	assert_int_equal(elf_symbols__resolve(s, &id, &run.in_program, 1, &symbol), 1);
	elf_symbols__free(s);
}

/* A file that has ended a process before is not read again; while one is read, the guard knows which. */
static void test_guard(void **state)
{
	struct file_id reading = {}, bad;
	struct elf_symbols_guard guard = { .reading = &reading, .bad = &bad };
	struct run run = start("static");
	struct process_id id = { .start_ns = 1, .pid = (uint32_t)run.pid };
	struct elf_symbols *s;
	struct symbol symbol;
	struct stat st;
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/static", dir);
	assert_int_equal(stat(path, &st), 0);
	bad = (struct file_id){ st.st_dev, st.st_ino, st.st_size, st.st_mtim };
	for (guard.bad_count = 0; guard.bad_count < 2; guard.bad_count++) {
		s = elf_symbols__new(&guard);
		snapshot(s, &id, run.pid);
		assert_int_equal(elf_symbols__resolve(s, &id, &run.in_program, 1, &symbol), 0);
		assert_string_equal(symbol.function, guard.bad_count ? "" : "in_program");
		assert_non_null(strstr(symbol.module, "/static"));
		assert_int_equal(reading.ino, 0);
		assert_int_equal(reading.size, guard.bad_count ? 0 : st.st_size);
		reading.size = 0;
		elf_symbols__free(s);
	}
	stop(&run);
}

static const char cxx_source[] =
	"#include <cstdio>\n"
	"namespace space { struct Box { __attribute__((noinline)) static int get(int n); }; }\n"
	"int space::Box::get(int n) { return n * 7; }\n"
	"int main() { std::printf(\"%p %p\\n\", (void *)space::Box::get, (void *)main);\n"
	"  std::fflush(stdout); while (std::getchar() != EOF) ; return space::Box::get(1); }\n";

static void test_cxx_program(void **state)
{
	struct elf_symbols *s = elf_symbols__new(NULL);
	struct process_id id = { .start_ns = 1 };
	struct symbol symbol;
	struct run run;

	(void)state;
	write_file("cxx.cc", cxx_source);
	shell("cd %s && g++ -O1 -o cxx cxx.cc", dir);
	run = start("cxx");
	id.pid = (uint32_t)run.pid;
	snapshot(s, &id, run.pid);
	stop(&run);
	elf_symbols__resolve(s, &id, &run.in_program, 1, &symbol);
	assert_string_equal(symbol.function, "space::Box::get");
	elf_symbols__free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_return_address),
		cmocka_unit_test(test_stripped_and_debuglink),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_cut_in_use),
		cmocka_unit_test(test_look_again),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_guard),
		cmocka_unit_test(test_cxx_program),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
