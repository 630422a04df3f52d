// SPDX-License-Identifier: GPL-2.0-only
#include "containers/asker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/copy.h"
#include "base/sandbox.h"
#include "containers/state_names.h"

#define LEFT_ALONE_NS (60 * NS_PER_S)
/* Tries, a millisecond each, to see the process end. */
#define WAIT_TRIES 500

struct question {
	int number;
	char socket[DOCKER_API__SOCKET_SIZE]; /* "": all */
	char id[DOCKER_API__NAME_SIZE];	      /* or name */
	struct container_ref ref;	      /* CONTAINER__UNKNOWN: a question by `id` */
	bool insist;			      /* ask a runtime that has been silent, too */
};

struct answer {
	int number;
	int error; /* negative errno, or 0 */
	struct runtime_container container;
};

struct slot {
	bool used, answered;
	struct answer answer; /* its number from the beginning on */
};

struct asker {
	pid_t pid;
	int fd;
	bool gone;
	int last_number;
	struct slot slots[ASKER__QUESTIONS_MAX];
};

/* ---- the process ---- */

struct silent {
	char socket[DOCKER_API__SOCKET_SIZE];
	uint64_t since_ns; /* 0: it isn't */
};

static struct silent *find_silent(struct silent *silent, const char *socket)
{
	struct silent *oldest = silent;

	for (size_t i = 0; i < DOCKER_API__MAX_SOCKETS; i++) {
		if (!strcmp(silent[i].socket, socket))
			return &silent[i];
		if (silent[i].since_ns < oldest->since_ns)
			oldest = &silent[i];
	}
	copy__text(oldest->socket, sizeof(oldest->socket), socket);
	oldest->since_ns = 0;
	return oldest;
}

static bool is_left_alone(const struct silent *silent)
{
	return silent->since_ns && clock__ns(CLOCK_BOOTTIME) - silent->since_ns < LEFT_ALONE_NS;
}

static int inspect(struct silent *silent, const char *socket, const char *id, struct runtime_container *out)
{
	int err;

	err = docker_api__inspect(socket, id, out);
	silent->since_ns = err == -ETIMEDOUT ? clock__ns(CLOCK_BOOTTIME) : 0;
	return err;
}

/* Of two errors, the one that says more: a runtime was silent, or doesn't know the container. */
static int worse(int a, int b)
{
	static const int order[] = { -ETIMEDOUT, -EACCES, -ENOENT };

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (a == order[i] || b == order[i])
			return order[i];
	}
	return b;
}

/* By what runtimes keep on disk: that is there at once, whatever the runtime does. */
static int look_up_name(const struct state_names *names, const struct container_ref *ref,
			struct runtime_container *out)
{
	int err = names ? state_names__of(names, ref, out->name, sizeof(out->name)) : -ENOENT;

	out->runtime = ref->runtime;
	memcpy(out->id, ref->id, sizeof(out->id));
	return err;
}

static bool has_api(enum container_runtime runtime)
{
	return runtime == CONTAINER__UNKNOWN || runtime == CONTAINER__DOCKER || runtime == CONTAINER__PODMAN;
}

/* Root's runtime knows none of a user's containers: whoever has the id of one of root's has called a cgroup of theirs so. */
static bool may_know(const char *socket, const struct container_ref *ref)
{
	struct stat st;

	return ref->runtime == CONTAINER__UNKNOWN || !ref->user ||
	       (!stat(socket, &st) && st.st_uid == ref->user);
}

static void answer_question(struct silent *silent, const struct state_names *names,
			    const struct question *question, struct answer *answer)
{
	struct docker_api__socket sockets[DOCKER_API__MAX_SOCKETS];
	size_t count = 1;

	*answer = (struct answer){ .number = question->number, .error = -ENOTCONN };
	if (question->ref.runtime != CONTAINER__UNKNOWN) {
		answer->error = look_up_name(names, &question->ref, &answer->container);
		if (!answer->error || !has_api(question->ref.runtime))
			return;
	}
	if (question->socket[0])
		copy__text(sockets[0].path, sizeof(sockets[0].path), question->socket);
	else
		count = docker_api__sockets(sockets, DOCKER_API__MAX_SOCKETS);
	for (size_t i = 0; i < count; i++) {
		struct silent *known = find_silent(silent, sockets[i].path);
		int err = -ETIMEDOUT;

		if (!may_know(sockets[i].path, &question->ref))
			continue;
		if (question->insist || !is_left_alone(known))
			err = inspect(known, sockets[i].path, question->id, &answer->container);
		answer->error = err ? worse(answer->error, err) : 0;
		if (!err)
			return;
	}
}

static _Noreturn void asker_main(int fd, pid_t parent)
{
	struct silent silent[DOCKER_API__MAX_SOCKETS] = {};
	struct state_names *names;
	struct question question;
	struct answer answer;

	child__die_with_parent(parent);
	child__await_turn();
	child__settle("oomtrace-ask", &fd, 1);
	names = state_names__open("");
	if (chdir("/") || !names || state_names__confine(names) || sandbox__seclude(SANDBOX__SOCKETS))
		_exit(1);
	while (recv(fd, &question, sizeof(question), 0) == sizeof(question)) {
		question.socket[sizeof(question.socket) - 1] = question.id[sizeof(question.id) - 1] = '\0';
		question.ref.id[sizeof(question.ref.id) - 1] = '\0';
		answer_question(silent, names, &question, &answer);
		if (send(fd, &answer, sizeof(answer), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

/* ---- who asks ---- */

int asker__start(struct asker **out)
{
	struct asker *asker = calloc(1, sizeof(*asker));
	pid_t parent = getpid();
	int pair[2];

	if (!asker)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		free(asker);
		return -errno;
	}
	asker->pid = fork();
	if (!asker->pid)
		asker_main(pair[1], parent);
	close(pair[1]);
	asker->fd = pair[0];
	if (asker->pid < 0) {
		asker->pid = 0;
		asker__stop(asker);
		return -EAGAIN;
	}
	*out = asker;
	return 0;
}

int asker__fd(const struct asker *asker)
{
	return asker->fd;
}

static struct slot *free_slot(struct asker *asker)
{
	for (size_t i = 0; i < ASKER__QUESTIONS_MAX; i++) {
		if (!asker->slots[i].used)
			return &asker->slots[i];
	}
	return NULL;
}

static int ask(struct asker *asker, struct question *question)
{
	struct slot *slot = free_slot(asker);

	child__give_turn();
	if (asker->gone)
		return -EPIPE;
	if (!slot)
		return -EAGAIN;
	asker->last_number = asker->last_number == INT_MAX ? 1 : asker->last_number + 1;
	question->number = asker->last_number;
	if (send(asker->fd, question, sizeof(*question), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return -EAGAIN;
		asker->gone = true;
		return -EPIPE;
	}
	*slot = (struct slot){ .used = true, .answer.number = question->number };
	return question->number;
}

static int ask_runtime(struct asker *asker, const char *socket, const char *id, bool insist)
{
	struct question question = { .insist = insist };

	copy__text(question.socket, sizeof(question.socket), socket);
	copy__text(question.id, sizeof(question.id), id);
	return ask(asker, &question);
}

int asker__ask(struct asker *asker, const char *socket, const char *id)
{
	return ask_runtime(asker, socket, id, false);
}

int asker__insist(struct asker *asker, const char *socket, const char *id)
{
	return ask_runtime(asker, socket, id, true);
}

int asker__ask_name(struct asker *asker, const struct container_ref *ref)
{
	struct question question = { .ref = *ref };

	copy__text(question.id, sizeof(question.id), ref->id);
	return ask(asker, &question);
}

static struct slot *find_slot(struct asker *asker, int number)
{
	for (size_t i = 0; i < ASKER__QUESTIONS_MAX; i++) {
		if (asker->slots[i].used && asker->slots[i].answer.number == number)
			return &asker->slots[i];
	}
	return NULL;
}

bool asker__receive(struct asker *asker)
{
	struct answer answer;

	while (!asker->gone) {
		ssize_t size = recv(asker->fd, &answer, sizeof(answer), MSG_DONTWAIT);
		struct slot *slot;

		if (size < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (size != sizeof(answer)) {
			asker->gone = true;
			return false;
		}
		slot = find_slot(asker, answer.number);
		if (!slot)
			continue; /* forgotten */
		slot->answered = true;
		slot->answer = answer;
	}
	return false;
}

int asker__take(struct asker *asker, int number, struct runtime_container *out)
{
	struct slot *slot;

	asker__receive(asker);
	slot = find_slot(asker, number);
	if (!slot)
		return -EPIPE;
	if (!slot->answered && !asker->gone)
		return 0;
	slot->used = false;
	if (!slot->answered)
		return -EPIPE;
	if (slot->answer.error)
		return slot->answer.error;
	*out = slot->answer.container;
	return 1;
}

void asker__forget(struct asker *asker, int number)
{
	struct slot *slot = find_slot(asker, number);

	if (slot)
		slot->used = false;
}

void asker__stop(struct asker *asker)
{
	const struct timespec pause = clock__timespec(NS_PER_MS);

	if (!asker)
		return;
	close(asker->fd);
	if (asker->pid > 0) {
		kill(asker->pid, SIGKILL);
		for (int i = 0; i < WAIT_TRIES && !waitpid(asker->pid, NULL, WNOHANG); i++)
			nanosleep(&pause, NULL);
	}
	free(asker);
}
