// SPDX-License-Identifier: GPL-2.0-only
#include "stacks/symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/child.h"
#include "base/landlock.h"
#include "base/oom_score.h"
#include "base/privileges.h"
#include "base/sandbox.h"
#include "host/kallsyms.h"
#include "host/proc.h"
#include "stacks/wire.h"

#ifndef CAP_CHECKPOINT_RESTORE
#define CAP_CHECKPOINT_RESTORE 40
#endif

#define NOBODY 65534

/* What ASan maps is beyond any limit. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED false
#endif

/* Address space for other people's files, and for the tables that are made of them. */
#define SYMS_BYTES_MAX (256U << 20)
#define SYMS_FILES_MAX 1024
/* Tries, a millisecond each, to see a helper end: one can hang in a file system of a container's. */
#define WAIT_TRIES 500

struct symbols {
	int in, out; /* to the first, from the last */
	int leash;   /* closed: the last, which is another user's, is killed */
	pid_t maps, syms;
	struct wire_answer answer;
};

struct sockets {
	int main[2], between[2], answers[2]; /* the writer's end, the reader's */
	int leash[2];			     /* the reader's end, the writer's */
};

static int open_pair(int pair[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) ? -errno : 0;
}

static int open_sockets(struct sockets *s)
{
	int err;

	memset(s, -1, sizeof(*s));
	err = open_pair(s->main);
	if (!err)
		err = open_pair(s->between);
	if (!err)
		err = open_pair(s->answers);
	if (!err && pipe2(s->leash, O_CLOEXEC))
		err = -errno;
	return err;
}

static void close_pair(const int pair[2])
{
	for (int i = 0; i < 2; i++) {
		if (pair[i] >= 0)
			close(pair[i]);
	}
}

/* Where there is no Landlock, SECURITY.md says what is left. */
static bool has_failed(int landlock_error)
{
	return landlock_error && landlock_error != -EOPNOTSUPP && landlock_error != -E2BIG;
}

static _Noreturn void maps_main(const struct sockets *s, pid_t parent)
{
	int keep[] = { s->main[1], s->between[0] };

	child__die_with_parent(parent);
	child__await_turn();
	child__settle("oomtrace-maps", keep, 2);
	oom_score__set(OOM_SCORE__NEUTRAL);
	/* No Landlock: with it a process may not look at others that aren't confined alike (/proc/PID/maps). */
	if (chdir("/") || privileges__keep(1ULL << CAP_SYS_PTRACE | 1ULL << CAP_CHECKPOINT_RESTORE) ||
	    sandbox__seclude(0))
		_exit(1);
	maps_process__run(s->main[1], s->between[0]);
	_exit(0);
}

/* For the keeper, and so for the process that it starts, which gives up more. */
static int give_up_everything(pid_t parent)
{
	int err = privileges__empty_bounding_set();

	if (err)
		return err;
	/* Without the right to change them, they are the user's own: harmless enough. */
	if (!setgroups(0, NULL) && (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY)))
		return -errno;
	child__die_with_parent(parent); /* a change of the user has ended that */
	prctl(PR_SET_DUMPABLE, 0);
	if ((!SANITIZED && sandbox__limit(RLIMIT_AS, SYMS_BYTES_MAX)) || sandbox__limit(RLIMIT_FSIZE, 0) ||
	    sandbox__limit(RLIMIT_CORE, 0) || sandbox__limit(RLIMIT_NOFILE, SYMS_FILES_MAX))
		return -EPERM;
	return privileges__keep(0);
}

static _Noreturn void syms_main(const struct sockets *s, int kallsyms_fd, pid_t parent)
{
	static const struct landlock_place debuginfo = { .path = "/usr/lib/debug" };
	int keep[] = { s->between[1], s->answers[0], kallsyms_fd, s->leash[0] };

	child__die_with_parent(parent);
	child__await_turn();
	child__settle("oomtrace-syms", keep, 4);
	oom_score__set(OOM_SCORE__NEUTRAL);
	if (chdir("/") || child__die_with_pipe(s->leash[0]) || give_up_everything(parent) ||
	    has_failed(landlock__confine(&debuginfo, 1)) || sandbox__seclude(0))
		_exit(1);
	keeper_process__run(s->between[1], s->answers[0], kallsyms_fd);
	_exit(0);
}

int symbols__start(struct symbols **out)
{
	/* Opened by who may see addresses; reading it, which takes long, is for when it is needed. */
	int kallsyms_fd = open(kallsyms__path(), O_RDONLY | O_CLOEXEC);
	struct symbols *symbols = calloc(1, sizeof(*symbols));
	pid_t parent = getpid();
	struct sockets s;
	int err = open_sockets(&s);

	if (!symbols)
		err = -ENOMEM;
	else
		symbols->in = symbols->out = symbols->leash = -1;
	if (err)
		goto out;
	symbols->in = fcntl(s.main[0], F_DUPFD_CLOEXEC, 0);
	symbols->out = fcntl(s.answers[1], F_DUPFD_CLOEXEC, 0);
	symbols->leash = fcntl(s.leash[1], F_DUPFD_CLOEXEC, 0);
	if (symbols->in < 0 || symbols->out < 0 || symbols->leash < 0)
		err = -errno;
	if (!err) {
		symbols->maps = fork();
		if (!symbols->maps)
			maps_main(&s, parent);
		symbols->syms = symbols->maps < 0 ? -1 : fork();
		if (!symbols->syms)
			syms_main(&s, kallsyms_fd, parent);
		if (symbols->syms < 0)
			err = -errno;
	}
out:
	close_pair(s.main);
	close_pair(s.between);
	close_pair(s.answers);
	close_pair(s.leash);
	if (kallsyms_fd >= 0)
		close(kallsyms_fd);
	if (err)
		symbols__stop(symbols);
	else
		*out = symbols;
	return err;
}

int symbols__fd(const struct symbols *symbols)
{
	return symbols->out;
}

static int say(struct symbols *symbols, const struct wire_message *message)
{
	ssize_t sent;

	child__give_turn();
	sent = send(symbols->in, message, sizeof(*message), MSG_DONTWAIT | MSG_NOSIGNAL);

	return sent < 0 ? -errno : 0;
}

int symbols__look_at(struct symbols *symbols, const struct process_id *process)
{
	struct wire_message message = { .kind = WIRE_LOOK, .process = *process };

	return say(symbols, &message);
}

int symbols__ask(struct symbols *symbols, const struct symbols_stack *stack, uint32_t number)
{
	struct wire_message message = { .kind = WIRE_STACK, .number = number, .stack = *stack };

	return say(symbols, &message);
}

int symbols__read(struct symbols *symbols, struct symbols_answer *answer)
{
	ssize_t size = recv(symbols->out, &symbols->answer, sizeof(symbols->answer), MSG_DONTWAIT);
	int err;

	if (size < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	err = wire__take(&symbols->answer, (size_t)size, answer);
	return err ? err : 1;
}

bool symbols__hang(const struct symbols *symbols)
{
	uint32_t worker = proc__first_child((uint32_t)symbols->syms);

	return proc__hangs((uint32_t)symbols->maps) || proc__hangs((uint32_t)symbols->syms) ||
	       (worker && proc__hangs(worker));
}

static void end_helper(pid_t pid)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	for (int i = 0; i < WAIT_TRIES && !waitpid(pid, NULL, WNOHANG); i++)
		nanosleep(&pause, NULL);
}

void symbols__stop(struct symbols *symbols)
{
	if (!symbols)
		return;
	if (symbols->leash >= 0)
		close(symbols->leash);
	end_helper(symbols->maps);
	end_helper(symbols->syms);
	if (symbols->in >= 0)
		close(symbols->in);
	if (symbols->out >= 0)
		close(symbols->out);
	free(symbols);
}
