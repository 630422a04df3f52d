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
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "stacks/demangle.h"
#include "stacks/jit_map.h"
#include "host/kallsyms.h"
#include "base/sandbox.h"
#include "stacks/elf_symbols.h"

static char dir[] = "/tmp/oomtrace-symbolize.XXXXXX";

/* Prints the address of a function of its own and one of its library, and waits. */
static const char program_source[] =
	"#include <stdio.h>\n"
	"#include <unistd.h>\n"
	"int in_library(int);\n"
	"__attribute__((noinline)) int in_program(int n) { return n * 7; }\n"
	"int main(void) { printf(\"%p %p\\n\", (void *)in_program, (void *)in_library); fflush(stdout);\n"
	"  while (read(0, (char[1]){0}, 1) > 0) ; return in_program(1) + in_library(2); }\n";
static const char library_source[] = "int in_library(int n) { return n * 3; }\n"
				     "int after_it(int n) { return n * 5; }\n";

struct run {
	pid_t pid;
	int in;
	uint64_t in_program, in_library;
};

__attribute__((format(printf, 1, 2))) static void shell(const char *format, ...)
{
	char command[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command))
		fail_msg("failed: %s", command);
}

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	write_file("program.c", program_source);
	write_file("library.c", library_source);
	shell("cd %s && gcc -shared -fPIC -O1 -o liblib.so library.c", dir);
	shell("cd %s && gcc -O1 -o pie program.c -L. -llib -Wl,-rpath,%s", dir, dir);
	shell("cd %s && gcc -O1 -no-pie -o fixed program.c -L. -llib -Wl,-rpath,%s", dir, dir);
	shell("cd %s && gcc -O1 -static -o static program.c library.c", dir);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	shell("rm -rf %s", dir);
	return 0;
}

static struct run start(const char *name)
{
	struct run run;
	int in[2], out[2];
	FILE *answer;
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
	run.pid = fork();
	if (!run.pid) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		execl(path, path, NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	run.in = in[1];
	answer = fdopen(out[0], "r");
	assert_int_equal(fscanf(answer, "%lx %lx", &run.in_program, &run.in_library), 2);
	fclose(answer);
	return run;
}

static void stop(struct run *run)
{
	close(run->in);
	assert_int_equal(waitpid(run->pid, NULL, 0), run->pid);
}

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

static int cut_in_use(void)
{
	struct elf_symbols *s = elf_symbols__new(NULL);
	struct mapping mapping = { 0x1000, 0x100000000, 0, true, "cut" };
	struct process_id id = { .start_ns = 1, .pid = 1 };
	uint64_t address = 0x2100;
	struct symbol symbol;
	char path[128];

	shell("cp %s/static %s/cut", dir, dir);
	snprintf(path, sizeof(path), "%s/cut", dir);
	elf_symbols__begin(s, &id);
	elf_symbols__add(s, &mapping, open(path, O_RDONLY | O_CLOEXEC));
	elf_symbols__resolve(s, &id, &address, 1, &symbol);
	if (truncate(path, 4096))
		return 2;
	for (; address < 0x80000; address += 0x1111)
		elf_symbols__resolve(s, &id, &address, 1, &symbol);
	return symbol.function[0] ? 3 : 0;
}

/*
 * Cut short while it is in use: the library has it mapped, and reading it is SIGBUS. In a process of
 * its own, since what the library had is leaked then.
 */
static void test_cut_in_use(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (!pid)
		_exit(cut_in_use());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
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

static int text_file(const char *text)
{
	FILE *file = tmpfile();
	int fd;

	fputs(text, file);
	fflush(file);
	fd = dup(fileno(file));
	fclose(file);
	return fd;
}

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
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	unlink(path);
	assert_int_equal(jit_map__open((uint32_t)getpid()), -ENOENT);
	shell("echo 1000 10 name >%s", path);
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

static void check_name(const char *symbol, const char *name)
{
	char *found = demangle__copy(symbol, SYMBOL_NAME_SIZE);

	assert_string_equal(found, name);
	free(found);
}

static void test_demangle(void **state)
{
	char *found;

	(void)state;
	check_name("main", "main");
	check_name("_Z", "_Z");
	check_name("", "");
	check_name("_ZN5space3BoxIlE3getEl", "space::Box<long>::get");
	check_name("_Znwm", "operator new");
	check_name("_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write");
	check_name("_RNvCs1234_7mycrate3foo", "mycrate::foo");
	found = demangle__copy("_ZN5space3BoxIlE3getEl", 6);
	assert_string_equal(found, "space");
	free(found);
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

static void expect_refused(long result)
{
	if (result != -1 || errno != ENOSYS)
		_exit(1);
}

/* In a process of its own: what the sandbox allows and what it doesn't. */
static int in_sandbox(const char *file)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = open(file, O_RDONLY);

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || sandbox__enter())
		return 2;
	expect_refused(socket(AF_UNIX, SOCK_STREAM, 0));
	expect_refused(connect(fd, (struct sockaddr *)&address, sizeof(address)));
	expect_refused(write(fd, "x", 1));
	expect_refused(open(file, O_RDWR));
	expect_refused(open(file, O_WRONLY));
	expect_refused(open("/tmp", O_TMPFILE | O_RDWR, 0600));
	expect_refused(unlink(file));
	expect_refused(kill(getppid(), 0));
	expect_refused(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
	expect_refused(execl(file, file, NULL));
	expect_refused((long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0));
	expect_refused(ptrace(PTRACE_TRACEME, 0, 0, 0));
	if (open(file, O_RDONLY | O_CLOEXEC) < 0 || read(fd, (char[4]){}, 4) != 4 ||
	    mmap(NULL, 1 << 24, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
		return 3;
	return 0;
}

static void test_sandbox(void **state)
{
	char path[128];
	pid_t pid;
	int status;

	(void)state;
	snprintf(path, sizeof(path), "%s/static", dir);
	pid = fork();
	if (!pid)
		syscall(SYS_exit_group,
			in_sandbox(path)); /* not _exit(): the sanitizer looks for leaks there */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_parse_mapping(void **state)
{
	struct mapping m = {};
	char line[1024];

	(void)state;
	assert_true(mapping__parse("55d0c0a00000-55d0c0a21000 r-xp 00002000 fe:01 1234     /bin/a b\n", &m));
	assert_int_equal(m.start, 0x55d0c0a00000);
	assert_int_equal(m.end, 0x55d0c0a21000);
	assert_int_equal(m.file_offset, 0x2000);
	assert_true(m.is_file);
	assert_string_equal(m.path, "/bin/a b");
	assert_true(mapping__parse("7f00-7f10 rwxp 00000000 00:00 0 \n", &m));
	assert_false(m.is_file);
	assert_string_equal(m.path, "[anon]");
	assert_true(mapping__parse("7f00-7f10 r-xp 00000000 00:00 0          [vdso]\n", &m));
	assert_string_equal(m.path, "[vdso]");
	assert_false(mapping__parse("7f00-7f10 rw-p 00000000 fe:01 1234 /bin/a\n", &m));
	assert_false(mapping__parse("7f10-7f00 r-xp 00000000 fe:01 1234 /bin/a\n", &m));
	assert_false(mapping__parse("", &m));
	assert_false(mapping__parse("7f00-7f10 r-xp\n", &m));
	snprintf(line, sizeof(line), "1000-2000 r-xp 0 fe:01 1 /%0900d/end\n", 0);
	assert_true(mapping__parse(line, &m));
	assert_int_equal(strlen(m.path), MAPPING_PATH_SIZE - 1);
	assert_string_equal(m.path + strlen(m.path) - 4, "/end");
}

static void test_ksyms(void **state)
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
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_return_address),
		cmocka_unit_test(test_stripped_and_debuglink),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_cut_in_use),
		cmocka_unit_test(test_look_again),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_guard),
		cmocka_unit_test(test_jit_map),
		cmocka_unit_test(test_jit_map_open),
		cmocka_unit_test(test_made_code),
		cmocka_unit_test(test_demangle),
		cmocka_unit_test(test_cxx_program),
		cmocka_unit_test(test_sandbox),
		cmocka_unit_test(test_parse_mapping),
		cmocka_unit_test(test_ksyms),
	};

	return cmocka_run_group_tests_name("symbolize", tests, set_up, tear_down);
}
