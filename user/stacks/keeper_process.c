// SPDX-License-Identifier: GPL-2.0-only
/* The process that starts the one that reads other people's files, and another one when that has failed. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/sandbox.h"
#include "stacks/wire.h"

/* Of processor time; more than an honest session takes for names, whose files are limited one by one. */
#define WORKER_SECONDS 600

static _Noreturn void worker_main(int in, int out, int kallsyms_fd, const struct elf_symbols_guard *guard,
				  pid_t parent)
{
	child__die_with_parent(parent);
	if (sandbox__limit(RLIMIT_NPROC, 0) || sandbox__limit(RLIMIT_CPU, WORKER_SECONDS) || sandbox__enter())
		_exit(1);
	names_process__run(in, out, kallsyms_fd, guard);
	/* Not _exit(), where sanitizers look for leaks, with a process that may not be started here. */
	for (;;)
		syscall(SYS_exit_group, 0);
}

/* Returns whether the process ended because there was nothing more to do. */
static bool run_worker(int in, int out, int kallsyms_fd, const struct elf_symbols_guard *guard)
{
	pid_t parent = getpid(), pid = fork(), ended;
	int status = 0;

	if (!pid)
		worker_main(in, out, kallsyms_fd, guard, parent);
	if (pid < 0)
		return false;
	do
		ended = waitpid(pid, &status, 0);
	while (ended < 0 && errno == EINTR);
	return ended == pid && WIFEXITED(status) && !WEXITSTATUS(status);
}

/* If a question is next, answers it without names, because perhaps this question ended the process. */
static int tell_replaced(int in, int out)
{
	/* Larger than the stack may be. */
	static struct wire_answer answer;
	static struct wire_message message;

	answer.number = 0;
	answer.replaced = answer.text_len = 1;
	if (wire__peek(in, MSG_DONTWAIT) == WIRE_STACK &&
	    wire__receive(in, &message, sizeof(message), NULL) == sizeof(message))
		answer.number = message.number;
	return wire__send(out, &answer, offsetof(struct wire_answer, text) + 1, -1);
}

void keeper_process__run(int in, int out, int kallsyms_fd)
{
	struct file_id bad[SYMBOLS_REPLACED_MAX];
	struct elf_symbols_guard guard = { .bad = bad };

	guard.reading =
		mmap(NULL, sizeof(*guard.reading), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (guard.reading == MAP_FAILED)
		return;
	for (int replaced = 0; replaced <= SYMBOLS_REPLACED_MAX; replaced++) {
		/* In most sessions there is never anything to do. */
		if (!wire__peek(in, 0) || run_worker(in, out, kallsyms_fd, &guard))
			return;
		if (replaced == SYMBOLS_REPLACED_MAX || tell_replaced(in, out))
			return;
		if (guard.reading->ino)
			bad[guard.bad_count++] = *guard.reading;
		guard.reading->ino = 0;
	}
}
