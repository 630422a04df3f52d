// SPDX-License-Identifier: GPL-2.0-only
#include "service/hook_runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/fd_message.h"
#include "containers/owner.h"
#include "host/snapshot.h"
#include "limit/guard_cgroup.h"
#include "service/hook_command.h"
#include "service/hook_files.h"
#include "service/hook_freezer.h"

#define CGROUP "oomtrace-hook-%d-%d"
/* Tries, a millisecond each, to remove the cgroup of a hook whose processes have been killed. */
#define REMOVE_TRIES 100
#define SNAPSHOT_NS (5 * NS_PER_S)
/* Of the socket to it. */
static const int ROOM_BYTES = 1 << 20;

struct hook_runner {
	pid_t pid;
	int fd;
	bool gone;
};

/* ---- the process ---- */

struct running {
	bool used;
	pid_t pid;	 /* of the command; 0: none, or it is over */
	pid_t reader;	 /* of the snapshot; the same */
	int snapshot_fd; /* -1: none */
	uint64_t reader_start_ns, reader_end_ns;
	bool is_over; /* the command: its answer waits for the cgroup to be let go */
	struct hook_answer done;
	/* Given up, and not gone: where not even SIGKILL reaches them. Until then they keep the place. 0: none. */
	pid_t left_command, left_reader;
	uint32_t number, snapshot_number;
	char cgroup[PATH_MAX];	    /* of the container */
	char own[64];		    /* its own, where guards have theirs; "": none */
	int own_fd;		    /* -1: none */
	int frozen;		    /* of hook_freezer.h; negative: it isn't */
	uint64_t end_ns, frozen_ns; /* CLOCK_BOOTTIME */
	int freeze_error;
};

struct process {
	const struct hook_runner_options *opts;
	char **words[HOOK_EVENTS];
	int socket, signals, mount_fd;
	struct hook_freezer *freezer;
	struct running running[HOOK_RUNNER__HOOKS_MAX];
	struct hook_files files;
	volatile unsigned long long *started_ns; /* for each of them, shared with the child */
};

/* Sends it, with a file if there is one. */
static void answer(const struct process *p, const struct hook_answer *answer, int fd)
{
	/* Who asked may be gone. One that takes no answers loses them: a cgroup must not stay frozen for that. */
	fd_message__send(p->socket, answer, sizeof(*answer), fd);
}

/* Answers for all that was wanted of a request. */
static void refuse(const struct process *p, const struct hook_request *request, uint32_t wanted,
		   enum hook_result result, int error)
{
	struct hook_answer no = { .number = request->number, .result = result, .error = error };

	if (wanted & HOOK_WANT_COMMAND)
		answer(p, &no, -1);
	no.number = request->snapshot_number;
	no.is_snapshot = true;
	if (wanted & HOOK_WANT_SNAPSHOT)
		answer(p, &no, -1);
}

/* What runs of this cgroup. NULL: nothing. */
static struct running *find(struct process *p, const char *cgroup)
{
	for (size_t i = 0; i < ARRAY_SIZE(p->running); i++) {
		if (p->running[i].used && !strcmp(p->running[i].cgroup, cgroup))
			return &p->running[i];
	}
	return NULL;
}

/* NULL: there is no place, or the others are for somebody else: who may make cgroups can take as many as there are. */
static struct running *find_free(struct process *p, const char *cgroup)
{
	struct running *free = NULL;
	struct owner_share share;

	owner__share(&share, cgroup);
	for (size_t i = 0; i < ARRAY_SIZE(p->running); i++) {
		if (p->running[i].used)
			owner__count(&share, p->running[i].cgroup);
		else
			free = &p->running[i];
	}
	return owner__may(&share, ARRAY_SIZE(p->running)) ? free : NULL;
}

/* A cgroup of its own, so that its memory is nobody else's, and all that it starts can be found. */
static void make_cgroup(const struct process *p, struct running *r)
{
	r->own_fd = -1;
	snprintf(r->own, sizeof(r->own), CGROUP, getpid(), (int)(r - p->running));
	if (p->mount_fd >= 0 && (!mkdirat(p->mount_fd, r->own, 0755) || errno == EEXIST))
		r->own_fd = openat(p->mount_fd, r->own, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (r->own_fd < 0)
		r->own[0] = '\0';
}

static void remove_cgroup(const struct process *p, struct running *r)
{
	const struct timespec pause = clock__timespec(NS_PER_MS);

	if (r->own_fd >= 0)
		close(r->own_fd);
	for (int i = 0; r->own[0] && i < REMOVE_TRIES; i++) {
		if (!unlinkat(p->mount_fd, r->own, AT_REMOVEDIR) || errno != EBUSY)
			break;
		nanosleep(&pause, NULL);
	}
	r->own[0] = '\0';
	r->own_fd = -1;
}

/* The hook, and all that it has started: by its cgroup, or its process group where there is no cgroup.kill (5.14). */
static void kill_all(const struct running *r)
{
	int fd = r->own_fd >= 0 ? openat(r->own_fd, "cgroup.kill", O_WRONLY | O_CLOEXEC) : -1;

	if (fd >= 0 && write(fd, "1", 1) < 0)
		kill(r->pid, SIGKILL);
	if (fd >= 0)
		close(fd);
	kill(-r->pid, SIGKILL);
	kill(r->pid, SIGKILL);
}

static int start_command(struct process *p, struct running *r, const struct hook_request *request,
			 int stdin_fd)
{
	volatile unsigned long long *started_ns = &p->started_ns[r - p->running];
	struct hook_command_start child = {
		.words = p->words[request->event],
		.environment = request->environment,
		.stdin_fd = stdin_fd,
		.parent = getpid(),
		.started_ns = started_ns,
	};

	make_cgroup(p, r);
	child.cgroup_fd = r->own_fd;
	*started_ns = 0;
	r->pid = child__fork_into(&child.cgroup_fd);
	if (!r->pid)
		hook_command__become(&child);
	if (r->pid > 0)
		return 0;
	r->pid = 0;
	remove_cgroup(p, r);
	return -EAGAIN;
}

static int start_reader(struct process *p, struct running *r)
{
	struct snapshot_wanted wanted = {
		.hierarchy = p->opts->hierarchy,
		.cgroup = r->cgroup,
		.freezing = r->frozen >= 0,
		.parent = getpid(),
	};
	uint64_t limit_ns = p->opts->limit_ns;
	int err;

	hook_files__make_iterators(&p->files, wanted.iterators);
	wanted.files_map = p->files.map;
	r->snapshot_fd = memfd_create("oomtrace-snapshot", MFD_CLOEXEC);
	err = r->snapshot_fd < 0 || ftruncate(r->snapshot_fd, sizeof(struct snapshot)) ? -errno : 0;
	wanted.fd = r->snapshot_fd;
	r->reader_start_ns = clock__ns(CLOCK_BOOTTIME);
	r->reader_end_ns = r->reader_start_ns + (limit_ns < SNAPSHOT_NS ? limit_ns : SNAPSHOT_NS);
	r->reader = err ? -1 : fork();
	if (!r->reader)
		snapshot_process__run(&wanted);
	hook_files__leave_to(&p->files, wanted.iterators, r->reader);
	if (r->reader > 0)
		return 0;
	r->reader = 0;
	if (r->snapshot_fd >= 0)
		close(r->snapshot_fd);
	r->snapshot_fd = -1;
	return err ? err : -EAGAIN;
}

static void thaw(struct process *p, struct running *r)
{
	if (r->frozen < 0)
		return;
	r->done.stays_frozen = hook_freezer__thaw(p->freezer, r->frozen) == -EALREADY;
	r->done.frozen_ns = clock__ns(CLOCK_BOOTTIME) - r->frozen_ns;
	r->frozen = -1;
}

/* When all that was asked for is over. */
static void finish(struct process *p, struct running *r)
{
	if (r->pid || r->reader)
		return;
	thaw(p, r);
	if (r->is_over)
		answer(p, &r->done, -1);
	r->is_over = false;
	r->used = r->left_command || r->left_reader;
}

static void start(struct process *p, struct running *r, const struct hook_request *request, int stdin_fd)
{
	bool freeze = p->freezer && request->event == HOOK_NEAR_LIMIT && request->want & HOOK_WANT_STILL;
	uint64_t now_ns;
	int err;

	*r = (struct running){ .used = true,
			       .number = request->number,
			       .snapshot_number = request->snapshot_number,
			       .own_fd = -1,
			       .snapshot_fd = -1 };
	memcpy(r->cgroup, request->cgroup, sizeof(r->cgroup));
	r->frozen = freeze ? hook_freezer__freeze(p->freezer, request->cgroup) : -1;
	r->freeze_error = freeze && r->frozen < 0 ? r->frozen : 0;
	now_ns = r->frozen_ns = clock__ns(CLOCK_BOOTTIME);
	r->end_ns = now_ns + p->opts->limit_ns;
	err = request->want & HOOK_WANT_COMMAND ? start_command(p, r, request, stdin_fd) : 0;
	if (err)
		refuse(p, request, HOOK_WANT_COMMAND, HOOK_FAILED, err);
	err = request->want & HOOK_WANT_SNAPSHOT ? start_reader(p, r) : 0;
	if (err)
		refuse(p, request, HOOK_WANT_SNAPSHOT, HOOK_FAILED, err);
	finish(p, r); /* where nothing was started */
}

static bool is_possible(const struct process *p, const struct hook_request *request, int stdin_fd)
{
	if (request->event >= HOOK_EVENTS ||
	    (request->want & HOOK_WANT_COMMAND && (!p->words[request->event] || stdin_fd < 0)) ||
	    (request->want & HOOK_WANT_SNAPSHOT && !p->opts->snapshot))
		return false;
	return hook_command__is_environment(request->environment, sizeof(request->environment));
}

/* A snapshot to tell growth waits for no command. But nothing has grown in a cgroup that the command holds still. */
static bool may_read_beside(const struct running *r, const struct hook_request *request)
{
	return request->want == HOOK_WANT_SNAPSHOT && !r->reader && !r->left_reader && r->frozen < 0;
}

static void on_request(struct process *p, struct hook_request *request, int stdin_fd)
{
	struct running *r;
	int err;

	request->cgroup[sizeof(request->cgroup) - 1] = '\0';
	if (request->want == HOOK_TAKE_FILES_LINK || request->want == HOOK_TAKE_FILES_MAP) {
		hook_files__take(request->want == HOOK_TAKE_FILES_LINK ? &p->files.link : &p->files.map,
				 stdin_fd);
		return;
	}
	if (!is_possible(p, request, stdin_fd)) {
		refuse(p, request, request->want, HOOK_FAILED, -EINVAL);
		return;
	}
	r = find(p, request->cgroup);
	if (r && may_read_beside(r, request)) {
		r->snapshot_number = request->snapshot_number;
		err = start_reader(p, r);
		if (err)
			refuse(p, request, request->want, HOOK_FAILED, err);
		return;
	}
	r = r ? NULL : find_free(p, request->cgroup);
	if (r)
		start(p, r, request, stdin_fd);
	else
		refuse(p, request, request->want, HOOK_BUSY, 0);
}

/* The command is over: so is all that it has started. */
static void end(struct process *p, struct running *r, enum hook_result result, int status)
{
	r->done = (struct hook_answer){
		.number = r->number,
		.result = result,
		.status = status,
		.freeze_error = r->freeze_error,
		.started_ns = p->started_ns[r - p->running],
		.ended_ns = clock__ns(CLOCK_BOOTTIME),
	};
	if (result != HOOK_ENDED) {
		kill_all(r);
		r->left_command = r->pid;
	}
	/* Who is let go is so first. */
	if (!r->reader)
		thaw(p, r);
	remove_cgroup(p, r);
	r->pid = 0;
	r->is_over = true;
	finish(p, r);
}

/* The snapshot is taken, as far as it came. */
static void end_reader(struct process *p, struct running *r, enum hook_result result)
{
	const struct hook_answer done = { .number = r->snapshot_number,
					  .result = result,
					  .is_snapshot = true,
					  .started_ns = r->reader_start_ns,
					  .ended_ns = clock__ns(CLOCK_BOOTTIME) };

	if (result != HOOK_ENDED) {
		kill(r->reader, SIGKILL);
		r->left_reader = r->reader;
	}
	r->reader = 0;
	if (!r->pid)
		thaw(p, r);
	answer(p, &done, r->snapshot_fd);
	close(r->snapshot_fd);
	r->snapshot_fd = -1;
	finish(p, r);
}

static struct running *find_pid(struct process *p, pid_t pid)
{
	for (size_t i = 0; i < ARRAY_SIZE(p->running); i++) {
		struct running *r = &p->running[i];

		if (r->used &&
		    (r->pid == pid || r->reader == pid || r->left_command == pid || r->left_reader == pid))
			return r;
	}
	return NULL; /* the one that thaws */
}

/* One that was given up is gone, at last. */
static void forget_left(struct process *p, struct running *r, pid_t pid)
{
	if (r->left_command == pid)
		r->left_command = 0;
	else
		r->left_reader = 0;
	finish(p, r);
}

/* What a hook has left in its process group is killed before its pid is free for somebody else's. */
static void reap(struct process *p)
{
	for (;;) {
		siginfo_t info = {};
		struct running *r;
		int status;

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) || !info.si_pid)
			return;
		r = find_pid(p, info.si_pid);
		if (r && r->pid == info.si_pid)
			kill_all(r);
		if (waitpid(info.si_pid, &status, WNOHANG) != info.si_pid)
			return;
		if (p->files.reader == info.si_pid)
			p->files.reader = 0;
		if (!r)
			hook_freezer__ended(p->freezer, info.si_pid);
		else if (r->pid == info.si_pid)
			end(p, r, HOOK_ENDED, status);
		else if (r->reader == info.si_pid)
			end_reader(p, r, HOOK_ENDED);
		else
			forget_left(p, r, info.si_pid);
	}
}

/* Kills those whose time is over. */
static void expire(struct process *p)
{
	uint64_t now_ns = clock__ns(CLOCK_BOOTTIME);

	for (size_t i = 0; i < ARRAY_SIZE(p->running); i++) {
		struct running *r = &p->running[i];

		if (r->reader && now_ns >= r->reader_end_ns)
			end_reader(p, r, HOOK_TIMED_OUT);
		if (r->pid && now_ns >= r->end_ns)
			end(p, r, HOOK_TIMED_OUT, 0);
	}
}

static uint64_t sooner(uint64_t left_ns, uint64_t end_ns, uint64_t now_ns)
{
	uint64_t left = end_ns > now_ns ? end_ns - now_ns : 0;

	return left < left_ns ? left : left_ns;
}

static int until_next(const struct process *p)
{
	uint64_t now_ns = clock__ns(CLOCK_BOOTTIME), left_ns = UINT64_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(p->running); i++) {
		const struct running *r = &p->running[i];

		if (r->pid)
			left_ns = sooner(left_ns, r->end_ns, now_ns);
		if (r->reader)
			left_ns = sooner(left_ns, r->reader_end_ns, now_ns);
	}
	if (left_ns == UINT64_MAX)
		return -1;
	return left_ns / NS_PER_MS >= INT_MAX ? INT_MAX : (int)(left_ns / NS_PER_MS) + 1;
}

/* False: who asks is gone. */
static bool receive(struct process *p)
{
	static struct hook_request request;
	int stdin_fd;
	ssize_t got = fd_message__receive(p->socket, &request, sizeof(request), MSG_DONTWAIT, &stdin_fd);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	if (got == sizeof(request))
		on_request(p, &request, stdin_fd);
	if (stdin_fd >= 0)
		close(stdin_fd);
	return got > 0;
}

static void serve(struct process *p)
{
	struct pollfd fds[] = { { .fd = p->socket, .events = POLLIN },
				{ .fd = p->signals, .events = POLLIN } };
	struct signalfd_siginfo signal;
	bool on = true;

	while (on) {
		if (poll(fds, ARRAY_SIZE(fds), until_next(p)) < 0 && errno != EINTR)
			break;
		if (fds[1].revents && read(p->signals, &signal, sizeof(signal)) > 0)
			reap(p);
		expire(p);
		if (fds[0].revents)
			on = receive(p);
	}
	for (size_t i = 0; i < ARRAY_SIZE(p->running); i++) {
		if (p->running[i].reader)
			end_reader(p, &p->running[i], HOOK_TIMED_OUT);
		if (p->running[i].pid)
			end(p, &p->running[i], HOOK_TIMED_OUT, 0);
	}
	hook_freezer__stop(p->freezer);
}

static int set_up(struct process *p)
{
	sigset_t child;

	for (size_t i = 0; i < HOOK_EVENTS; i++) {
		int err = p->opts->commands[i] ? hook_command__split(p->opts->commands[i], &p->words[i]) : 0;

		if (err)
			return err;
	}
	p->started_ns = mmap(NULL, HOOK_RUNNER__HOOKS_MAX * sizeof(*p->started_ns), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	if (p->started_ns == MAP_FAILED || sigprocmask(SIG_BLOCK, &child, NULL))
		return -errno;
	p->signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	p->mount_fd = guard_cgroup__open_place(p->opts->hierarchy->mount);
	if (p->signals < 0)
		return -errno;
	return p->opts->freeze ? hook_freezer__start(p->opts->hierarchy, &p->opts->scope, &p->freezer) : 0;
}

static _Noreturn void runner_main(const struct hook_runner_options *opts, int socket)
{
	static struct process process;
	const int keep[] = { socket, STDERR_FILENO };

	child__settle("oomtrace-hook", keep, ARRAY_SIZE(keep));
	process = (struct process){ .opts = opts, .socket = socket, .files = { -1, -1, 0 } };
	if (chdir("/") || set_up(&process))
		_exit(1);
	/* What ends all of our cgroup must not end who lets a frozen one go, or ends a hook. Snapshots need no such thing. */
	if (opts->freeze || opts->commands[HOOK_OOM] || opts->commands[HOOK_NEAR_LIMIT])
		guard_cgroup__enter(opts->hierarchy->mount);
	serve(&process);
	_exit(0);
}

/* ---- who asks ---- */

int hook_runner__start(const struct hook_runner_options *opts, struct hook_runner **out)
{
	struct hook_runner *runner = calloc(1, sizeof(*runner));
	int pair[2];

	if (!runner)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		free(runner);
		return -errno;
	}
	runner->pid = fork();
	if (!runner->pid)
		runner_main(opts, pair[1]);
	close(pair[1]);
	runner->fd = pair[0];
	/* As much as is asked for at once, whatever a socket has by default. */
	setsockopt(runner->fd, SOL_SOCKET, SO_SNDBUFFORCE, &ROOM_BYTES, sizeof(ROOM_BYTES));
	if (runner->pid > 0) {
		*out = runner;
		return 0;
	}
	close(pair[0]);
	free(runner);
	return -EAGAIN;
}

int hook_runner__fd(const struct hook_runner *runner)
{
	return runner->fd;
}

int hook_runner__ask(struct hook_runner *runner, const struct hook_request *request, int stdin_fd)
{
	int err = runner->gone ? -EPIPE : fd_message__send(runner->fd, request, sizeof(*request), stdin_fd);

	if (!err)
		return 0;
	if (err == -EAGAIN || err == -EINTR)
		return -EAGAIN;
	runner->gone = true;
	return -EPIPE;
}

int hook_runner__take(struct hook_runner *runner, struct hook_answer *out, int *fd)
{
	ssize_t got;

	*fd = -1;
	got = runner->gone ? 0 : fd_message__receive(runner->fd, out, sizeof(*out), MSG_DONTWAIT, fd);
	if (got == sizeof(*out))
		return 1;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	runner->gone = true;
	return -EPIPE;
}

void hook_runner__stop(struct hook_runner *runner)
{
	if (!runner)
		return;
	close(runner->fd);
	/* It may be told by a stop signal to wait; it is not waited for then. */
	for (int i = 0; i < 2 * REMOVE_TRIES && !waitpid(runner->pid, NULL, WNOHANG); i++) {
		const struct timespec pause = clock__timespec(NS_PER_MS);

		nanosleep(&pause, NULL);
	}
	free(runner);
}
