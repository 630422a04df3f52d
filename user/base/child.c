// SPDX-License-Identifier: GPL-2.0-only
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"

#ifndef SYS_close_range
#define SYS_close_range 436 /* of all architectures; since 5.9, and oomtrace needs 5.10 */
#endif

#define HELD_BACK_MAX 64 /* children that can wait at a time */

/* Each child that waits takes one byte out of this pipe. Not its end: other children may have the pipe, too. */
static int turns[2] = { -1, -1 };

static void close_range_of(unsigned int first, unsigned int last)
{
	long most = sysconf(_SC_OPEN_MAX);

	if (!syscall(SYS_close_range, first, last, 0))
		return;
	/* Filters of system calls that don't know it refuse it. */
	for (unsigned int fd = first; fd <= last && fd < (unsigned long)most; fd++)
		close((int)fd);
}

/* Closes all descriptors but these (negative ones are none), however many there are. */
static void close_others(const int *keep, size_t count)
{
	unsigned int from = 0;

	for (;;) {
		unsigned int next = UINT_MAX;

		for (size_t i = 0; i < count; i++) {
			if (keep[i] >= 0 && (unsigned int)keep[i] >= from && (unsigned int)keep[i] < next)
				next = (unsigned int)keep[i];
		}
		if (next > from)
			close_range_of(from, next == UINT_MAX ? next : next - 1);
		if (next == UINT_MAX)
			return;
		from = next + 1;
	}
}

pid_t child__fork_into(int *cgroup_fd)
{
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = (__u64)*cgroup_fd,
	};
	pid_t pid = *cgroup_fd < 0 ? -1 : (pid_t)syscall(SYS_clone3, &args, sizeof(args));

	if (pid < 0)
		return fork();
	if (!pid)
		*cgroup_fd = -1;
	return pid;
}

void child__die_with_parent(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It may have ended before. Then nobody will tell. */
	if (getppid() != parent)
		raise(SIGKILL);
}

int child__die_with_pipe(int read_fd)
{
	/* Permission is that of whoever has set the owner, at that time (sigio_perm(), fs/fcntl.c). */
	if (fcntl(read_fd, F_SETOWN, getpid()) || fcntl(read_fd, F_SETSIG, SIGKILL) ||
	    fcntl(read_fd, F_SETFL, O_ASYNC))
		return -errno;
	return 0;
}

void child__settle(const char *name, const int *keep, size_t count)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1 };

	setsid();
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_NAME, name);
	close_others(keep, count);
}

void child__hold_back(void)
{
	if (turns[0] < 0 && pipe2(turns, O_CLOEXEC))
		turns[0] = turns[1] = -1;
}

void child__give_turn(void)
{
	static const char bytes[HELD_BACK_MAX];

	if (turns[0] < 0)
		return;
	/* An empty pipe has room for so few bytes. */
	while (write(turns[1], bytes, sizeof(bytes)) < 0 && errno == EINTR)
		;
	close(turns[0]);
	close(turns[1]);
	turns[0] = turns[1] = -1;
}

void child__await_turn(void)
{
	char byte;

	if (turns[0] < 0)
		return;
	while (read(turns[0], &byte, 1) < 0 && errno == EINTR)
		;
}
