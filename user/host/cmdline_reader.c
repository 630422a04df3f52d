// SPDX-License-Identifier: GPL-2.0-only
#include "host/cmdline_reader.h"

#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/privileges.h"
#include "base/sandbox.h"

/* Tries, a millisecond each, to see a reader end that was killed. */
#define REAP_TRIES 100
/* One that dies at once would be followed by another that does. */
#define READERS_MAX 16

/* What a reader sends before each process, and again with its command line. */
struct answer {
	uint32_t index; /* into pids */
	uint32_t has_entry;
	struct cmdline_entry entry; /* only then it is sent */
};

#define HEAD offsetof(struct answer, entry)

struct reader {
	pid_t pid;
	int fd;
};

static _Noreturn void reader_main(const uint32_t *pids, size_t first, size_t count,
				  cmdline_reader_fn read_one, int fd, pid_t parent)
{
	struct answer answer;

	child__settle("oomtrace-args", &fd, 1);
	child__die_with_parent(parent);
	/* To see processes of others where /proc hides them, and their page tables. */
	if (chdir("/") || privileges__keep(1ULL << CAP_SYS_PTRACE) || sandbox__seclude(0))
		_exit(1);
	for (size_t i = first; i < count; i++) {
		answer = (struct answer){ .index = (uint32_t)i };
		/* Before it is read: so it is known at which one a reader hangs. */
		if (send(fd, &answer, HEAD, MSG_NOSIGNAL) < 0)
			_exit(1);
		if (read_one(pids[i], &answer.entry))
			continue;
		answer.has_entry = 1;
		if (send(fd, &answer, sizeof(answer), MSG_NOSIGNAL) < 0)
			_exit(1);
	}
	_exit(0);
}

static int start(struct reader *reader, const uint32_t *pids, size_t first, size_t count,
		 cmdline_reader_fn read_one)
{
	pid_t parent = getpid();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	reader->pid = fork();
	if (!reader->pid)
		reader_main(pids, first, count, read_one, pair[1], parent);
	close(pair[1]);
	reader->fd = pair[0];
	if (reader->pid > 0)
		return 0;
	close(pair[0]);
	return -EAGAIN;
}

/*
 * Ends a reader, and returns whether it had come to its end by itself. One that hangs where not even SIGKILL
 * reaches it is left: it dies when it comes back.
 */
static bool stop(const struct reader *reader, bool by_itself)
{
	const struct timespec pause = clock__timespec(NS_PER_MS);
	int status = 1;

	close(reader->fd);
	if (by_itself) {
		while (waitpid(reader->pid, &status, 0) < 0 && errno == EINTR)
			;
		return WIFEXITED(status) && !WEXITSTATUS(status);
	}
	kill(reader->pid, SIGKILL);
	for (int i = 0; i < REAP_TRIES && !waitpid(reader->pid, NULL, WNOHANG); i++)
		nanosleep(&pause, NULL);
	return false;
}

/* Waits for the next answer. Returns its size, 0 when the reader has ended, or -ETIMEDOUT. */
static ssize_t receive(const struct reader *reader, struct answer *answer, uint64_t end_ns)
{
	struct pollfd fd = { .fd = reader->fd, .events = POLLIN };

	for (;;) {
		uint64_t now_ns = clock__ns(CLOCK_MONOTONIC);
		struct timespec left = clock__timespec(now_ns < end_ns ? (int64_t)(end_ns - now_ns) : 0);
		int ready = ppoll(&fd, 1, &left, NULL);
		ssize_t size;

		if (!ready)
			return -ETIMEDOUT;
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready < 0)
			continue;
		size = recv(reader->fd, answer, sizeof(*answer), 0);
		return size < 0 ? -errno : size;
	}
}

struct reading {
	const uint32_t *pids;
	size_t count;
	size_t next; /* the first that isn't done */
	uint64_t each_ns, end_ns;
	cmdline_reader_fn read_one;
	void (*on_entry)(void *ctx, uint32_t pid, const struct cmdline_entry *entry);
	void *ctx;
};

/* Reads on with one reader, as far as that comes. Returns 1 when it came to the end, 0, or a negative errno. */
static int read_on(struct reading *r)
{
	struct reader reader = { .fd = -1 };
	struct answer answer = { 0 };
	ssize_t size;
	int err = start(&reader, r->pids, r->next, r->count, r->read_one);

	if (err)
		return err;
	for (;;) {
		uint64_t end_ns = clock__ns(CLOCK_MONOTONIC) + r->each_ns;

		size = receive(&reader, &answer, end_ns < r->end_ns ? end_ns : r->end_ns);
		if (size < (ssize_t)HEAD || answer.index >= r->count)
			break;
		r->next = answer.index;
		if (answer.has_entry && size == sizeof(answer))
			r->on_entry(r->ctx, r->pids[r->next++], &answer.entry);
	}
	return stop(&reader, !size);
}

int cmdline_reader__read(const uint32_t *pids, size_t count, const struct cmdline_reader_limits *limits,
			 cmdline_reader_fn read_one,
			 void (*on_entry)(void *ctx, uint32_t pid, const struct cmdline_entry *entry),
			 void *ctx)
{
	struct reading r = {
		.pids = pids,
		.count = count,
		.each_ns = limits->each_ns,
		.end_ns = clock__ns(CLOCK_MONOTONIC) + limits->all_ns,
		.read_one = read_one,
		.on_entry = on_entry,
		.ctx = ctx,
	};
	int left_out = 0;

	for (int readers = 0; readers < READERS_MAX && r.next < count; readers++) {
		int result = clock__ns(CLOCK_MONOTONIC) < r.end_ns ? read_on(&r) : -ETIMEDOUT;

		if (result > 0)
			return left_out;
		if (result < 0 && result != -ETIMEDOUT && !readers)
			return result;
		if (result < 0)
			break;
		/* Not that one again. */
		if (r.next < count) {
			r.next++;
			left_out++;
		}
	}
	return left_out + (int)(count - r.next);
}
