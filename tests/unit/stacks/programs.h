/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs that are compiled for the tests, run, and stopped. */
#ifndef OOMTRACE_TEST_PROGRAMS_H
#define OOMTRACE_TEST_PROGRAMS_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

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

__attribute__((format(printf, 1, 2))) static inline void shell(const char *format, ...)
{
	char command[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command))
		fail_msg("failed: %s", command);
}

static inline void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
{
	(void)state;
	shell("rm -rf %s", dir);
	return 0;
}

static inline struct run start(const char *name)
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

static inline void stop(struct run *run)
{
	close(run->in);
	assert_int_equal(waitpid(run->pid, NULL, 0), run->pid);
}

#endif
