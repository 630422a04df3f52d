/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asks runtimes about containers in a process of its own: a runtime that hangs must not hold up who traces.
 * A socket that gave no answer in time is left alone for a minute.
 */
#ifndef OOMTRACE_ASKER_H
#define OOMTRACE_ASKER_H

#include "containers/docker_api.h"

/* More questions can't be on their way at once. */
#define ASKER__QUESTIONS_MAX 16

struct asker;

/*
 * Forks the process, before there are threads or BPF objects, which it must not hold. Returns 0 or a
 * negative errno.
 */
int asker__start(struct asker **out);

/* A descriptor that polls readable when asker__receive() has something to do. */
int asker__fd(const struct asker *asker);

/*
 * Asks for a container by its full id or name: the runtime with this socket. Doesn't block. Returns the
 * question's number (above 0), -EAGAIN (too many are on their way), or -EPIPE (the process is gone).
 */
int asker__ask(struct asker *asker, const char *socket, const char *id);

/*
 * Asks what a container is called: first what its runtime keeps on disk, then the runtimes that speak
 * Docker's API, one after the other. The answer may have nothing but runtime, id and name.
 */
int asker__ask_name(struct asker *asker, const struct container_ref *ref);

/*
 * The same as asker__ask(), also of a runtime that was silent a moment ago: for the word on a target's end,
 * which nobody can give later.
 */
int asker__insist(struct asker *asker, const char *socket, const char *id);

/* Takes in what has been answered. False: the process is gone, and the descriptor is ready for ever. */
bool asker__receive(struct asker *asker);

/*
 * Takes the answer to a question, once. Returns 1 with *out set, 0 when there is none yet, or a negative
 * errno of docker_api__inspect(); -ETIMEDOUT also stands for a socket that is being left alone, -EPIPE for
 * an answer that will never come.
 */
int asker__take(struct asker *asker, int number, struct runtime_container *out);

/* Nobody waits for the answer any more. */
void asker__forget(struct asker *asker, int number);

/* Ends the process. Takes NULL. */
void asker__stop(struct asker *asker);

#endif
