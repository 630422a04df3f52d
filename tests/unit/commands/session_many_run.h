/* SPDX-License-Identifier: GPL-2.0-only */
/* Several targets, without a kernel: what the session is made of is here. */
#ifndef OOMTRACE_TEST_SESSION_MANY_RUN_H
#define OOMTRACE_TEST_SESSION_MANY_RUN_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/copy.h"
#include "cgroup_tree.h"
#include "commands/session_parts.h"
#include "target/many.h"

#define CGROUPS_MAX 8192

/* ---- the session's parts ---- */

static uint64_t now_ns, look_ns; /* that each look at the clock takes */

uint64_t clock__ns(clockid_t clock)
{
	(void)clock;
	return now_ns += look_ns;
}

int64_t clock__wall_offset_ns(void)
{
	return 0;
}

struct timespec clock__timespec(int64_t ns)
{
	return (struct timespec){ ns / NS_PER_S, ns % NS_PER_S };
}

static struct {
	uint64_t id;
	uint32_t flags;
} programs[CGROUPS_MAX]; /* what they know of cgroups */
static uint64_t lost;
static size_t room;

static inline uint32_t *flags_of(uint64_t id)
{
	for (size_t i = 0; i < room; i++) {
		if (programs[i].id == id)
			return &programs[i].flags;
	}
	return NULL;
}

static inline bool knows(uint64_t id, uint32_t flags)
{
	const uint32_t *its = flags_of(id);

	return its && *its == flags;
}

int tracer__set_target(struct tracer *tracer, uint64_t cgroup_id, uint32_t set, uint32_t clear)
{
	uint32_t *its = flags_of(cgroup_id);

	(void)tracer;
	for (size_t i = 0; i < room && !its && set; i++) {
		if (programs[i].flags)
			continue;
		programs[i].id = cgroup_id;
		its = &programs[i].flags;
	}
	if (!its)
		return set ? -E2BIG : 0;
	*its = (*its | set) & ~clear;
	if (!*its)
		programs[(size_t)((char *)its - (char *)programs) / sizeof(programs[0])].id = 0;
	return 0;
}

uint64_t tracer__lost(const struct tracer *tracer, enum event_kind kind)
{
	(void)tracer;
	(void)kind;
	return lost;
}

int tracer__consume(struct tracer *tracer)
{
	(void)tracer;
	return 0;
}

static const char *name; /* of all containers that aren't called yet; NULL: it isn't known yet */
static char called[CONTAINER__ID_SIZE];

const char *names__container(struct names *names, const struct container_ref *ref)
{
	(void)names;
	return !strcmp(ref->id, called) ? "web" : name;
}

bool names__may_have(enum container_runtime runtime)
{
	return runtime == CONTAINER__DOCKER;
}

bool session__records_usage(const struct session *s)
{
	(void)s;
	return false;
}

void follow_usage__add(struct follow_usage *following, const char *path, void (*take_in)(void *ctx),
		       void *ctx)
{
	(void)following;
	(void)path;
	(void)take_in;
	(void)ctx;
}

static char told[1024]; /* the first of it */

void session_events__tell(struct session *s, const struct record *record)
{
	size_t len = strlen(told);

	(void)s;
	if (record->kind == RECORD_START)
		snprintf(told + len, sizeof(told) - len, "start %s %d;", record->start.cgroup,
			 (int)record->start.run);
	else
		snprintf(told + len, sizeof(told) - len, "end %s %d;", record->exit.cgroup,
			 (int)record->exit.run);
}

/* What the model has held back until then. */
static const struct record *held;
static struct session session;

void model__finish(struct model *model)
{
	const struct record *record = held;

	(void)model;
	held = NULL;
	if (record)
		assert_true(session_many__wants_oom(&session, record));
}

/* ---- a tree, and what the programs tell of it ---- */

static struct cgroup__hierarchy h;
static struct target target;
static struct trace_options opts;

static inline void begin(const char *pattern)
{
	opts = (struct trace_options){ .wait = true };
	opts.target.kind = TARGET_MANY;
	opts.target.selections[0] = (struct target_selection){ TARGET_CONTAINER, pattern };
	opts.target.selection_count = 1;
	session = (struct session){ .opts = &opts, .hierarchy = &h, .target = &target };
	memset(programs, 0, sizeof(programs));
	lost = 0;
	room = CGROUPS_MAX;
	name = NULL;
	called[0] = told[0] = '\0';
	now_ns = 100 * NS_PER_S;
	tree_make(&h);
	assert_int_equal(session_many__new(&session), 0);
	session_many__begin(&session);
}

static inline void end(void)
{
	session_many__free(session.many);
	tree_remove(&h, "");
}

static inline void pass(uint64_t ns)
{
	now_ns += ns;
	session_many__check(&session);
}

static inline void tell(uint64_t id, const char *path, uint16_t flags)
{
	struct event_made e = { .h = { .kind = EVENT_MADE, .flags = flags }, .cgroup_id = id };

	copy__text(e.path, sizeof(e.path), path);
	if (!(flags & MADE_REMOVED))
		assert_int_equal(tracer__set_target(session.tracer, id, TARGET_PENDING, 0), 0);
	session_many__event(&session, &e);
}

static inline uint64_t add(const char *path)
{
	uint64_t id;
	int fd;

	tree_add(&h, path);
	fd = cgroup__open(&h, path);
	assert_true(fd >= 0);
	assert_int_equal(cgroup__id(fd, &id), 0);
	close(fd);
	return id;
}

static inline const char *docker(unsigned int n, const char *below)
{
	static char paths[4][256];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/docker-%064x.scope", below, n);
	return path;
}

#endif
