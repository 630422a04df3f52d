// SPDX-License-Identifier: GPL-2.0-only
/* Several targets, beside neighbours who make cgroups as they like. What the session is made of is here. */
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

static uint32_t *flags_of(uint64_t id)
{
	for (size_t i = 0; i < room; i++) {
		if (programs[i].id == id)
			return &programs[i].flags;
	}
	return NULL;
}

static bool knows(uint64_t id, uint32_t flags)
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

static void begin(const char *pattern)
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

static void end(void)
{
	session_many__free(session.many);
	tree_remove(&h, "");
}

static void pass(uint64_t ns)
{
	now_ns += ns;
	session_many__check(&session);
}

static void tell(uint64_t id, const char *path, uint16_t flags)
{
	struct event_made e = { .h = { .kind = EVENT_MADE, .flags = flags }, .cgroup_id = id };

	copy__text(e.path, sizeof(e.path), path);
	if (!(flags & MADE_REMOVED))
		assert_int_equal(tracer__set_target(session.tracer, id, TARGET_PENDING, 0), 0);
	session_many__event(&session, &e);
}

static uint64_t add(const char *path)
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

static const char *docker(unsigned int n, const char *below)
{
	static char paths[4][256];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/docker-%064x.scope", below, n);
	return path;
}

/* ---- tests ---- */

/*
 * A container that its runtime starts again at once has the next run before its end was told, and no name yet. Then an OOM
 * of the next run, of which the model knows all when the end is told, makes it begin.
 */
static void test_begins_while_its_end_is_told(void **state)
{
	struct record_victim victim = {};
	struct record oom = { .kind = RECORD_OOM };
	char expected[sizeof(told)], path[256];

	(void)state;
	begin("web");
	name = "web";
	tell(add(docker(1, "")), docker(1, ""), 0);
	snprintf(called, sizeof(called), "%064x", 1);
	name = NULL;
	tree_remove(&h, docker(1, ""));
	tell(session.many ? programs[0].id : 0, docker(1, ""), MADE_REMOVED);
	snprintf(path, sizeof(path), "%s", docker(2, ""));
	tell(add(path), path, 0);
	snprintf(expected, sizeof(expected), "start %s 1;", docker(1, ""));
	assert_string_equal(told, expected);
	name = "web";
	victim.cgroup = path;
	oom.oom.victims = &victim;
	oom.oom.victim_count = 1;
	held = &oom;
	pass(NS_PER_S);
	snprintf(expected, sizeof(expected), "start %s 1;end %s 1;start %s 2;", docker(1, ""), docker(1, ""),
		 path);
	assert_string_equal(told, expected);
	pass(10 * NS_PER_S);
	assert_string_equal(told, expected);
	end();
}

/* Too many new cgroups at a time: the target among them is followed when there is room. */
static void test_no_room(void **state)
{
	char expected[sizeof(told)];
	uint64_t id;

	(void)state;
	begin("web*");
	name = "web";
	room = 0;
	lost = 1;
	id = add(docker(1, ""));
	pass(2 * NS_PER_S);
	assert_string_equal(told, "");
	room = CGROUPS_MAX;
	pass(2 * NS_PER_S);
	snprintf(expected, sizeof(expected), "start %s 1;", docker(1, ""));
	assert_string_equal(told, expected);
	assert_true(knows(id, TARGET_FOLLOWED));
	end();
}

/* So many cgroups that to look at them takes 3 s: that isn't done all the time. */
static void test_slow_tree(void **state)
{
	char expected[sizeof(told)];

	(void)state;
	begin("web*");
	name = "web";
	look_ns = NS_PER_S;
	lost = 1;
	pass(2 * NS_PER_S);
	look_ns = 0;
	add(docker(1, ""));
	lost = 2;
	pass(5 * NS_PER_S);
	assert_string_equal(told, "");
	pass(60 * NS_PER_S);
	snprintf(expected, sizeof(expected), "start %s 1;", docker(1, ""));
	assert_string_equal(told, expected);
	end();
}

/* Paths that are too long for the programs, and for everybody. */
static void test_cut(void **state)
{
	(void)state;
	begin("web*");
	for (uint64_t id = 1000; id < 1200; id++)
		tell(id, "/user.slice/user-1000.slice/a", MADE_CUT);
	assert_true(knows(1000, TARGET_PENDING));
	pass(2 * NS_PER_S);
	for (uint64_t id = 1000; id < 1200; id++)
		assert_null(flags_of(id));
	end();
}

/*
 * Cgroups which look like containers and never have names leave room for one that has: an OOM of a container whose name becomes known with it is
 * told, however many others are waited for.
 */
static void check_names_beside(const char *below)
{
	struct record_victim victim = {};
	const struct record oom = { .kind = RECORD_OOM, .oom = { .victims = &victim, .victim_count = 1 } };
	char expected[sizeof(told)], web[256];

	snprintf(web, sizeof(web), "%s", docker(200, ""));
	victim.cgroup = web;
	begin("web");
	for (size_t len = 1; len <= strlen(below); len++) {
		char path[256];

		if (below[len] && below[len] != '/')
			continue;
		copy__text(path, len + 1, below);
		tree_add(&h, path);
	}
	for (unsigned int n = 1; n <= 100; n++)
		tell(add(docker(n, below)), docker(n, below), 0);
	tell(add(web), web, 0);
	snprintf(called, sizeof(called), "%064x", 200);
	assert_true(session_many__wants_oom(&session, &oom));
	snprintf(expected, sizeof(expected), "start %s 1;", web);
	assert_string_equal(told, expected);
	end();
}

static void test_names_of_users(void **state)
{
	(void)state;
	check_names_beside("/user.slice/user-1000.slice");
}

/* Likewise below a container that may make cgroups, and below one that somebody was given. */
static void test_names_of_others(void **state)
{
	char container[256];

	(void)state;
	snprintf(container, sizeof(container), "%s", docker(300, ""));
	check_names_beside(container);
	check_names_beside("/lab");
}

/* So far down that not all are looked at there. */
static void test_deep(void **state)
{
	char path[400] = "", expected[sizeof(told)];
	uint64_t id = 0;

	(void)state;
	begin("x*");
	name = "x";
	for (int i = 0; i < CGROUP__MAX_DEPTH + 2; i++) {
		strcat(path, "/d");
		tree_add(&h, path);
	}
	strcat(path, docker(7, ""));
	id = add(path);
	tell(id, path, 0);
	snprintf(expected, sizeof(expected), "start %s 1;", path);
	assert_string_equal(told, expected);
	pass(120 * NS_PER_S);
	pass(NS_PER_S);
	assert_string_equal(told, expected);
	assert_true(knows(id, TARGET_FOLLOWED));
	end();
}

/* More than are followed: each of the others is lost, once. */
static void test_full(void **state)
{
	uint64_t first = 0, others[3];
	size_t followed = 0;

	(void)state;
	begin("web*");
	name = "web";
	for (unsigned int i = 0; i < MANY_MAX; i++) {
		uint64_t id = add(docker(i, ""));

		first = i ? first : id;
		tell(id, docker(i, ""), 0);
	}
	assert_int_equal(session.loss.targets, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(others); i++) {
		others[i] = add(docker(MANY_MAX + i, ""));
		tell(others[i], docker(MANY_MAX + i, ""), 0);
		assert_int_equal(session.loss.targets, i + 1);
	}
	pass(60 * NS_PER_S);
	pass(60 * NS_PER_S);
	assert_int_equal(session.loss.targets, ARRAY_SIZE(others));
	/* One has room later. */
	tree_remove(&h, docker(0, ""));
	tell(first, docker(0, ""), MADE_REMOVED);
	pass(60 * NS_PER_S);
	for (unsigned int i = 0; i < ARRAY_SIZE(others); i++)
		followed += knows(others[i], TARGET_FOLLOWED);
	assert_int_equal(followed, 1);
	assert_int_equal(session.loss.targets, ARRAY_SIZE(others));
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {

		cmocka_unit_test(test_begins_while_its_end_is_told),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_slow_tree),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_names_of_users),
		cmocka_unit_test(test_names_of_others),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
