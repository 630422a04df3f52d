// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process that reads what is in tmpfs mounts. For each question it starts another one, because that may hang at a file
 * system that somebody else has mounted on the way. One that hangs is killed; where not even SIGKILL reaches it, it stays.
 * Until it is gone nothing is read for its owner of cgroups, and everything for others.
 */
#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
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
#define STEP_MS 50	  /* between looks at those that read */
#define LEFT_STEP_MS 1000 /* at those that have been killed */
#define READERS_MAX 16	  /* at a time, each of another owner */
#define WHOSE_SIZE 256

struct question {
	uint32_t number, pid;
	char whose[WHOSE_SIZE];
	char cgroup[PATH_MAX];
};

struct answer {
	uint32_t number;
	uint32_t busy; /* nothing was read */
	struct tmpfs_files files;
};

struct tmpfs_reader {
	pid_t pid;
	int fd;
	uint32_t number; /* of the last question */
};

/* ---- the process ---- */

/* One that reads. */
struct one {
	pid_t pid; /* 0: none */
	char whose[WHOSE_SIZE];
	uint64_t end_ns; /* 0: it has been killed */
};

static _Noreturn void answer_question(const struct cgroup__hierarchy *h, const struct question *question,
				      int fd, pid_t parent)
{
	static struct answer answer;

	child__die_with_parent(parent);
	answer.number = question->number;
	tmpfs_files__read(h, question->cgroup, question->pid, TMPFS_FILES__TIME_NS, &answer.files);
	_exit(send(fd, &answer, sizeof(answer), MSG_DONTWAIT | MSG_NOSIGNAL) < 0);
}

/* That nothing is known, so that nobody waits for more. */
static void refuse_question(const struct question *question, int fd)
{
	static struct answer no;

	no.number = question->number;
	no.busy = true;
	if (send(fd, &no, sizeof(no), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return; /* who asks sees it by the time */
}

/* NULL: there is no room, or one of this owner isn't over. */
static struct one *find_room(struct one *readers, const char *whose)
{
	struct one *room = NULL;

	for (size_t i = 0; i < READERS_MAX; i++) {
		if (!readers[i].pid)
			room = &readers[i];
		else if (!strcmp(readers[i].whose, whose))
			return NULL;
	}
	return room;
}

static void start_one(const struct cgroup__hierarchy *h, struct one *readers, const struct question *question,
		      int fd)
{
	struct one *one = find_room(readers, question->whose);
	pid_t self = getpid(), pid;

	if (!one) {
		refuse_question(question, fd);
		return;
	}
	pid = fork();
	if (!pid)
		answer_question(h, question, fd, self);
	if (pid < 0) {
		refuse_question(question, fd);
		return;
	}
	one->pid = pid;
	one->end_ns = clock__ns(CLOCK_MONOTONIC) + READ_NS;
	copy__text(one->whose, sizeof(one->whose), question->whose);
}

/* Forgets those that are over, and kills those that take too long. Returns for how long nobody need look again, or -1. */
static int look_after(struct one *readers)
{
	uint64_t now_ns = clock__ns(CLOCK_MONOTONIC);
	int wait_ms = -1;

	for (size_t i = 0; i < READERS_MAX; i++) {
		struct one *one = &readers[i];

		if (!one->pid)
			continue;
		if (waitpid(one->pid, NULL, WNOHANG)) {
			one->pid = 0;
			continue;
		}
		if (one->end_ns && now_ns >= one->end_ns) {
			kill(one->pid, SIGKILL);
			one->end_ns = 0;
		}
		if (one->end_ns || wait_ms < 0)
			wait_ms = one->end_ns ? STEP_MS : LEFT_STEP_MS;
	}
	return wait_ms;
}

static _Noreturn void reader_main(const struct cgroup__hierarchy *h, int fd, pid_t parent)
{
	static struct question question;
	static struct one readers[READERS_MAX];
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	child__settle("oomtrace-tmpfs", &fd, 1);
	child__die_with_parent(parent);
	oom_score__set(OOM_SCORE__NEUTRAL);
	/* Not Landlock: who has it may not look at others' folders in /proc. */
	if (chdir("/") || privileges__keep(1ULL << CAP_SYS_PTRACE) || sandbox__seclude(SANDBOX__CHILDREN))
		_exit(1);
	for (;;) {
		ssize_t got;

		if (poll(&poll_fd, 1, look_after(readers)) <= 0)
			continue;
		got = recv(fd, &question, sizeof(question), 0);
		/* Nobody waits any more for those before the last one. */
		while (got == sizeof(question) &&
		       recv(fd, &question, sizeof(question), MSG_DONTWAIT) == sizeof(question))
			;
		if (got != sizeof(question))
			break;
		question.cgroup[sizeof(question.cgroup) - 1] = '\0';
		question.whose[sizeof(question.whose) - 1] = '\0';
		look_after(readers);
		start_one(h, readers, &question, fd);
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
	if (answer.busy)
		return -EBUSY;
	*out = answer.files;
	for (uint32_t i = 0; i < out->largest_count; i++)
		out->largest[i].path[sizeof(out->largest[i].path) - 1] = '\0';
	return 0;
}

int tmpfs_reader__ask(struct tmpfs_reader *reader, const char *cgroup, const char *whose, uint32_t pid,
		      struct tmpfs_files *out)
{
	static struct question question;
	uint64_t end_ns = clock__ns(CLOCK_BOOTTIME) + WAIT_MS * NS_PER_MS, now_ns;
	struct pollfd fd = { .fd = reader->fd, .events = POLLIN };

	question.number = ++reader->number;
	question.pid = pid;
	copy__text(question.cgroup, sizeof(question.cgroup), cgroup);
	copy__text(question.whose, sizeof(question.whose), whose);
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
