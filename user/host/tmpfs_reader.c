// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process that reads what is in tmpfs mounts. For each question it starts another one, because that may hang at a file
 * system that somebody else has mounted on the way. One that hangs is killed; where not even SIGKILL reaches it, it is
 * left behind.
 */
#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/copy.h"
#include "base/oom_score.h"
#include "base/privileges.h"
#include "base/sandbox.h"
#include "host/tmpfs_files.h"

#define WAIT_MS 300 /* for an answer */
#define READ_NS (1000 * NS_PER_MS)
#define STEP_NS (5 * NS_PER_MS)
#define LEFT_MAX 4 /* until one of them has ended, nothing is read */

struct question {
	uint32_t number, pid;
	char cgroup[PATH_MAX];
};

struct answer {
	uint32_t number, pad;
	struct tmpfs_files files;
};

struct tmpfs_reader {
	pid_t pid;
	int fd;
	uint32_t number; /* of the last question */
};

/* ---- the process ---- */

static _Noreturn void answer_question(const struct cgroup__hierarchy *h, const struct question *question,
				      int fd, pid_t parent)
{
	static struct answer answer;

	child__die_with_parent(parent);
	answer.number = question->number;
	tmpfs_files__read(h, question->cgroup, question->pid, &answer.files);
	_exit(send(fd, &answer, sizeof(answer), MSG_DONTWAIT | MSG_NOSIGNAL) < 0);
}

/* That nothing is known, so that nobody waits for more. */
static void refuse_question(const struct question *question, int fd)
{
	static struct answer no;

	no.number = question->number;
	no.files.incomplete = true;
	if (send(fd, &no, sizeof(no), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return; /* who asks sees it by the time */
}

/* Returns whether it has ended. */
static bool wait_for(pid_t pid)
{
	const struct timespec pause = clock__timespec(STEP_NS);
	uint64_t end_ns = clock__ns(CLOCK_MONOTONIC) + READ_NS;
	bool killed = false;

	for (;;) {
		if (waitpid(pid, NULL, WNOHANG))
			return true;
		if (clock__ns(CLOCK_MONOTONIC) >= end_ns) {
			if (killed)
				return false;
			kill(pid, SIGKILL);
			killed = true;
			end_ns += READ_NS;
		}
		nanosleep(&pause, NULL);
	}
}

static _Noreturn void reader_main(const struct cgroup__hierarchy *h, int fd, pid_t parent)
{
	static struct question question;
	int left = 0;

	child__settle("oomtrace-tmpfs", &fd, 1);
	child__die_with_parent(parent);
	oom_score__set(OOM_SCORE__NEUTRAL);
	/* Not Landlock: who has it may not look at others' folders in /proc. */
	if (chdir("/") || privileges__keep(1ULL << CAP_SYS_PTRACE) || sandbox__seclude(SANDBOX__CHILDREN))
		_exit(1);
	while (recv(fd, &question, sizeof(question), 0) == sizeof(question)) {
		pid_t self = getpid(), pid;

		/* Nobody waits any more for those before the last one. */
		while (recv(fd, &question, sizeof(question), MSG_DONTWAIT) == sizeof(question))
			;
		while (waitpid(-1, NULL, WNOHANG) > 0)
			left--;
		if (left == LEFT_MAX) {
			refuse_question(&question, fd);
			continue;
		}
		question.cgroup[sizeof(question.cgroup) - 1] = '\0';
		pid = fork();
		if (!pid)
			answer_question(h, &question, fd, self);
		if (pid > 0)
			left += !wait_for(pid);
	}
	_exit(0);
}

/* ---- who asks ---- */

int tmpfs_reader__start(const struct cgroup__hierarchy *h, struct tmpfs_reader **out)
{
	struct tmpfs_reader *reader = calloc(1, sizeof(*reader));
	pid_t parent = getpid();
	int pair[2];

	if (!reader)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		free(reader);
		return -errno;
	}
	reader->pid = fork();
	if (!reader->pid)
		reader_main(h, pair[1], parent);
	close(pair[1]);
	reader->fd = pair[0];
	if (reader->pid < 0) {
		reader->pid = 0;
		tmpfs_reader__stop(reader);
		return -EAGAIN;
	}
	*out = reader;
	return 0;
}

/* An answer to this question. Those that came too late for theirs are dropped. */
static int take_answer(const struct tmpfs_reader *reader, struct tmpfs_files *out)
{
	static struct answer answer;
	ssize_t got = recv(reader->fd, &answer, sizeof(answer), MSG_DONTWAIT);

	if (got <= 0)
		return got < 0 ? -errno : -EPIPE;
	if (got != sizeof(answer) || answer.files.largest_count > TMPFS_FILES__LARGEST)
		return -EBADMSG;
	if (answer.number != reader->number)
		return -EAGAIN;
	*out = answer.files;
	for (uint32_t i = 0; i < out->largest_count; i++)
		out->largest[i].path[sizeof(out->largest[i].path) - 1] = '\0';
	return 0;
}

int tmpfs_reader__ask(struct tmpfs_reader *reader, const char *cgroup, uint32_t pid, struct tmpfs_files *out)
{
	static struct question question;
	uint64_t end_ns = clock__ns(CLOCK_BOOTTIME) + WAIT_MS * NS_PER_MS, now_ns;
	struct pollfd fd = { .fd = reader->fd, .events = POLLIN };

	question.number = ++reader->number;
	question.pid = pid;
	copy__text(question.cgroup, sizeof(question.cgroup), cgroup);
	if (send(reader->fd, &question, sizeof(question), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return -errno;
	while ((now_ns = clock__ns(CLOCK_BOOTTIME)) < end_ns) {
		int ready = poll(&fd, 1, (int)((end_ns - now_ns) / NS_PER_MS) + 1), err;

		if (ready <= 0)
			continue;
		err = take_answer(reader, out);
		if (err != -EAGAIN)
			return err;
	}
	return -ETIMEDOUT;
}

void tmpfs_reader__stop(struct tmpfs_reader *reader)
{
	if (!reader)
		return;
	if (reader->pid > 0) {
		kill(reader->pid, SIGKILL);
		waitpid(reader->pid, NULL, 0);
	}
	close(reader->fd);
	free(reader);
}
