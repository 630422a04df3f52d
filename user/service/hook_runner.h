/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs hooks in a process that is forked before privileges are dropped. It knows the commands by itself; who traces can
 * only say which of them is to be run, and what it is to know. So a fault in who traces runs nothing else.
 */
#ifndef OOMTRACE_HOOK_RUNNER_H
#define OOMTRACE_HOOK_RUNNER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/cgroup_path.h"
#include "service/hook_freezer.h"

#define HOOK_RUNNER__ENVIRONMENT_SIZE 8192
/* At the same time, of which one owner of cgroups has a part (containers/owner.h). */
#define HOOK_RUNNER__HOOKS_MAX 8

enum hook_event { HOOK_OOM, HOOK_NEAR_LIMIT, HOOK_EVENTS };

struct hook_runner_options {
	const char *commands[HOOK_EVENTS]; /* NULL: none */
	uint64_t limit_ns;		   /* a hook is killed after that */
	bool snapshot;			   /* one may be asked for */
	bool freeze; /* hold the cgroup still while its near-limit hook runs, or a snapshot is taken */
	const struct cgroup__hierarchy *hierarchy;
	struct hook_freezer_scope scope; /* which cgroups may be frozen */
};

/* What is wanted of a request. */
enum hook_want {
	HOOK_WANT_COMMAND = 1,
	HOOK_WANT_SNAPSHOT = 2,
	HOOK_WANT_STILL = 4, /* the cgroup, if that is to be so at all */
	/* Alone: what a snapshot reads open files by comes with it, see hook_files__give(). */
	HOOK_TAKE_FILES_LINK = 8,
	HOOK_TAKE_FILES_MAP = 16,
};

struct hook_request {
	uint32_t number;	  /* the asker's, for the answer of the command */
	uint32_t snapshot_number; /* and of the snapshot */
	uint32_t event;		  /* enum hook_event */
	uint32_t want;		  /* of enum hook_want, as bits */
	char cgroup[PATH_MAX];	  /* whose it is: there is one hook at a time for each */
	char environment[HOOK_RUNNER__ENVIRONMENT_SIZE]; /* see hook_command__is_environment() */
};

enum hook_result {
	HOOK_ENDED,
	HOOK_TIMED_OUT, /* and was killed */
	HOOK_BUSY, /* not run: one of this cgroup is still running, or too many are, or too many of its owner */
	HOOK_FAILED, /* not run */
};

struct hook_answer {
	uint32_t number;
	uint32_t result; /* enum hook_result */
	int32_t status;	 /* of waitpid(2), when it ended by itself */
	int32_t error;	 /* negative errno of HOOK_FAILED */
	int32_t freeze_error; /* negative errno for which the cgroup wasn't frozen; 0: it was, or nobody wanted that */
	uint32_t stays_frozen; /* somebody else has frozen the cgroup meanwhile */
	uint32_t is_snapshot;  /* its answer: the file comes with it */
	uint32_t pad;
	uint64_t started_ns, ended_ns, frozen_ns; /* CLOCK_BOOTTIME; 0: it didn't come to that */
};

struct hook_runner;

/* Forks the process, before there are threads or BPF objects. Returns 0 or a negative errno. */
int hook_runner__start(const struct hook_runner_options *opts, struct hook_runner **out);

/* Polls readable when there is an answer. */
int hook_runner__fd(const struct hook_runner *runner);

/* Never waits. stdin_fd, -1 without a command, stays the caller's. Returns 0, -EAGAIN (it doesn't keep up) or -EPIPE (it is gone). */
int hook_runner__ask(struct hook_runner *runner, const struct hook_request *request, int stdin_fd);

/*
 * Returns 1 with an answer, 0 when there is none, or -EPIPE. A snapshot has a file for snapshot__read(), which the caller
 * closes; *fd is -1 without one.
 */
int hook_runner__take(struct hook_runner *runner, struct hook_answer *out, int *fd);

/* Kills what still runs, and ends the process. Takes NULL. */
void hook_runner__stop(struct hook_runner *runner);

#endif
