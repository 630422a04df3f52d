// SPDX-License-Identifier: GPL-2.0-only
/* Usage, reclaim and memory events through the model: records, paths, what OOMs get, stalls, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/model.h"

size_t __sanitizer_get_current_allocated_bytes(void); /* of the sanitizer that tests are built with */

#define PAGE 4096
#define MIB_PAGES 256ULL
#define MIB (1024ULL * 1024)
#define MS 1000000ULL
#define S (1000 * MS)
#define WALL_OFFSET 1000000000000
#define UNLIMITED ((uint64_t)INT64_MAX / PAGE)

enum { ROOT = 1, PARENT = 10, LEAF = 100, STRANGER = 500 };

/* What was told last of each kind; texts are copied, since they are valid during the call only. */
struct told {
	struct model *model;
	struct record_time time; /* of the last record */
	struct record_usage usage;
	struct record_reclaim reclaim;
	struct record_stall stall;
	struct record_oom oom;
	struct record_history history;
	struct record_memory memory;
	struct record_point points[1024];
	struct record_level levels[EVENT_CGROUP_LEVELS];
	size_t usages, reclaims, stalls, ooms;
	char cgroup[256], refused_by[256], history_cgroup[256];
	char order[16]; /* of stalls and OOMs */
	uint64_t asked_path[16];
	size_t asked;
};

static void set(char *to, const char *text)
{
	snprintf(to, 256, "%s", text ? text : "(unknown)");
}

static void on_usage(struct told *t, const struct record_usage *usage)
{
	t->usages++;
	t->usage = *usage;
	set(t->cgroup, usage->cgroup);
	set(t->refused_by, usage->refused_by);
	for (size_t i = 0; i < usage->chain_count; i++)
		t->levels[i] = usage->chain[i];
}

static void on_reclaim(struct told *t, const struct record_reclaim *reclaim)
{
	t->reclaims++;
	t->reclaim = *reclaim;
	set(t->cgroup, reclaim->cgroup);
}

static void on_stall(struct told *t, const struct record_stall *stall)
{
	t->stalls++;
	t->stall = *stall;
	set(t->cgroup, stall->cgroup);
	strcat(t->order, "s");
}

static void on_oom(struct told *t, const struct record_oom *oom)
{
	t->ooms++;
	t->oom = *oom;
	strcat(t->order, "o");
	if (oom->memory)
		t->memory = *oom->memory;
	if (!oom->history)
		return;
	t->history = *oom->history;
	set(t->history_cgroup, oom->history->cgroup);
	memcpy(t->points, t->history.points, t->history.count * sizeof(*t->points));
}

static void on_record(void *ctx, const struct record *record)
{
	struct told *t = ctx;

	if (record->kind == RECORD_USAGE)
		on_usage(t, &record->usage);
	else if (record->kind == RECORD_RECLAIM)
		on_reclaim(t, &record->reclaim);
	else if (record->kind == RECORD_STALL)
		on_stall(t, &record->stall);
	else if (record->kind == RECORD_OOM)
		on_oom(t, &record->oom);
	t->time = record->time;
}

static bool find_path(void *ctx, uint64_t id, char *path, size_t size)
{
	struct told *t = ctx;

	if (t->asked < 16)
		t->asked_path[t->asked] = id;
	t->asked++;
	if (id == STRANGER)
		return false;
	snprintf(path, size, "/asked/%d", (int)id);
	return true;
}

static void start(struct told *t)
{
	struct model_env env = {
		.ctx = t,
		.page_size = PAGE,
		.on_record = on_record,
		.cgroup_path = find_path,
	};

	memset(t, 0, sizeof(*t));
	t->model = model__new(&env);
	assert_non_null(t->model);
}

static void send(struct told *t, union event e)
{
	assert_int_equal(model__event(t->model, &e, WALL_OFFSET), 0);
}

static union event blank(enum event_kind kind, uint64_t group, uint64_t ts_ns)
{
	union event e;

	memset(&e, 0, sizeof(e));
	e.h.kind = (uint16_t)kind;
	e.h.group = group;
	e.h.ts_ns = ts_ns;
	return e;
}

static void send_level(struct told *t, uint64_t group, uint64_t id, uint64_t parent, const char *name)
{
	union event e = blank(EVENT_CGROUP, group, 1);

	e.h.flags = id == ROOT ? 0 : CGROUP_HAS_MEMORY;
	e.cgroup.id = id;
	e.cgroup.parent_id = parent;
	e.cgroup.usage_pages = 60 * MIB_PAGES;
	e.cgroup.max_pages = 64 * MIB_PAGES;
	e.cgroup.high_pages = UNLIMITED;
	snprintf(e.cgroup.name, sizeof(e.cgroup.name), "%s", name);
	send(t, e);
}

static void send_chain(struct told *t, uint64_t group)
{
	send_level(t, group, LEAF, PARENT, "leaf");
	send_level(t, group, PARENT, ROOT, "parent");
	send_level(t, group, ROOT, 0, "");
}

static union event usage(uint64_t ts_ns, uint64_t id, uint64_t mib)
{
	union event e = blank(EVENT_USAGE, 0, ts_ns);

	e.usage.cgroup_id = id;
	e.usage.usage_pages = mib * MIB_PAGES;
	e.usage.max_pages = 64 * MIB_PAGES;
	e.usage.high_pages = UNLIMITED;
	e.usage.pid = 42;
	strcpy(e.usage.comm, "hog");
	return e;
}

static union event refusal(uint64_t group, uint64_t ts_ns, uint64_t refused_by, uint64_t count)
{
	union event e = usage(ts_ns, LEAF, 60);

	e.h.group = group;
	e.h.flags = USAGE_REFUSED;
	e.usage.refused_by = refused_by;
	e.usage.refusals = count;
	e.usage.asked_pages = 64;
	return e;
}

static union event reclaim(uint64_t ts_ns, uint64_t since_ns, uint64_t duration_ns)
{
	union event e = blank(EVENT_RECLAIM, 0, ts_ns);

	e.reclaim.cgroup_id = LEAF;
	e.reclaim.since_ns = since_ns;
	e.reclaim.duration_ns = duration_ns;
	e.reclaim.longest_ns = duration_ns;
	e.reclaim.pages = 5;
	e.reclaim.kind = RECLAIM_LIMIT;
	e.reclaim.runs = 3;
	return e;
}

static void send_kill(struct told *t, uint64_t ts_ns, uint64_t limit_id, uint64_t leaf)
{
	union event e = blank(EVENT_OOM, 1, ts_ns);

	send_chain(t, 1);
	e.oom.started_ns = ts_ns - 1;
	e.oom.limit_cgroup_id = limit_id;
	e.oom.trigger_cgroup_id = leaf;
	e.oom.outcome = OOM_KILLED;
	e.oom.constraint = 3;
	send(t, e);
	e = blank(EVENT_VICTIM, 1, ts_ns);
	e.victim.cgroup_id = leaf;
	e.victim.pid = 42;
	e.victim.cmdline_len = 1;
	e.victim.cmdline[0] = 'x';
	send(t, e);
	e = blank(EVENT_OOM_END, 1, ts_ns + MS);
	e.oom_end.victims = e.oom_end.killed = 1;
	send(t, e);
}

static void test_usage_record(void **state)
{
	struct told t;

	(void)state;
	start(&t);
	send(&t, usage(5 * S, 7, 3));
	assert_int_equal(t.usages, 1);
	assert_int_equal(t.time.boot_ns, 5 * S);
	assert_int_equal(t.time.wall_ns, 5 * S + WALL_OFFSET);
	assert_int_equal(t.usage.cgroup_id, 7);
	assert_int_equal(t.usage.usage_bytes, 3 * MIB);
	assert_int_equal(t.usage.max_bytes, 64 * MIB);
	assert_true(t.usage.high_bytes == RECORD_NO_LIMIT);
	assert_int_equal(t.usage.refused, 0);
	assert_int_equal(t.usage.pid, 42);
	assert_int_equal(t.usage.chain_count, 0);
	assert_string_equal(t.cgroup, "/asked/7");
	/* Asked once for each, unless there was no answer. */
	send(&t, usage(6 * S, 7, 4));
	assert_int_equal(t.asked, 1);
	send(&t, usage(6 * S, STRANGER, 4));
	send(&t, usage(6 * S, STRANGER, 4));
	assert_int_equal(t.asked, 3);
	assert_string_equal(t.cgroup, "(unknown)");
	model__free(t.model);
}

/* Two charges are refused at the same time: their chains come mixed. */
static void test_refused(void **state)
{
	uint64_t one = GROUP_CHARGE | 111, two = GROUP_CHARGE | 222;
	struct told t;

	(void)state;
	start(&t);
	send_level(&t, one, LEAF, PARENT, "leaf");
	send_level(&t, two, LEAF, PARENT, "leaf");
	send_level(&t, one, PARENT, ROOT, "parent");
	send_level(&t, one, ROOT, 0, "");
	send(&t, refusal(one, 5 * S, PARENT, 17));
	assert_string_equal(t.cgroup, "/parent/leaf");
	assert_string_equal(t.refused_by, "/parent");
	assert_int_equal(t.usage.refused, 17);
	assert_int_equal(t.usage.asked_bytes, 64 * PAGE);
	assert_int_equal(t.usage.chain_count, 3);
	assert_true(!t.levels[0].is_limit && t.levels[1].is_limit && !t.levels[2].is_limit);
	assert_int_equal(t.levels[1].max_bytes, 64 * MIB);
	/* The rest of the other's chain was lost: what is known of names is from before. */
	send(&t, refusal(two, 5 * S, PARENT, 0));
	assert_int_equal(t.usage.chain_count, 1);
	assert_int_equal(t.usage.refused, 1);
	assert_string_equal(t.cgroup, "/parent/leaf");
	assert_string_equal(t.refused_by, "/parent");
	/* Later events have no chain and need none. */
	send(&t, usage(6 * S, LEAF, 3));
	assert_string_equal(t.cgroup, "/parent/leaf");
	assert_int_equal(t.asked, 0);
	model__free(t.model);
}

static void test_reclaim_record(void **state)
{
	struct told t;

	(void)state;
	start(&t);
	send(&t, reclaim(9 * S, 8 * S, 7 * MS));
	assert_int_equal(t.reclaims, 1);
	assert_int_equal(t.reclaim.kind, RECLAIM_LIMIT);
	assert_int_equal(t.reclaim.cgroup_id, LEAF);
	assert_int_equal(t.reclaim.since_ns, 8 * S);
	assert_int_equal(t.reclaim.sum.runs, 3);
	assert_int_equal(t.reclaim.sum.duration_ns, 7 * MS);
	assert_int_equal(t.reclaim.sum.reclaimed_bytes, 5 * PAGE);
	assert_string_equal(t.cgroup, "/asked/100");
	model__free(t.model);
}

static void test_history_of_limit(void **state)
{
	struct told t;

	(void)state;
	start(&t);
	for (uint64_t i = 0; i < 20; i++)
		send(&t, usage(10 * S + i * 10 * MS, LEAF, 20 + 2 * i));
	send(&t, reclaim(10 * S + 150 * MS, 10 * S, 100 * MS));
	send_chain(&t, GROUP_CHARGE | 5);
	send(&t, refusal(GROUP_CHARGE | 5, 10 * S + 199 * MS, LEAF, 9));
	/* Somebody charges after the victim was chosen, before the run is over. */
	send(&t, usage(10 * S + 201 * MS, LEAF, 64));
	send_kill(&t, 10 * S + 200 * MS, LEAF, LEAF);
	assert_non_null(t.oom.history);
	assert_int_equal(t.history.cgroup_id, LEAF);
	assert_string_equal(t.history_cgroup, "/parent/leaf");
	assert_int_equal(t.history.count, 22);
	for (size_t i = 0; i < 20; i++) {
		assert_int_equal(t.points[i].ts_ns, 10 * S + i * 10 * MS);
		assert_int_equal(t.points[i].usage_bytes, (20 + 2 * i) * MIB);
		assert_int_equal(t.points[i].max_bytes, 64 * MIB);
	}
	assert_int_equal(t.points[21].ts_ns, 10 * S + 200 * MS);
	assert_int_equal(t.points[21].usage_bytes, 60 * MIB); /* as the limit's level had it at the kill */
	assert_true(t.history.has_growth);
	assert_int_equal(t.history.growth_bytes_per_s, 200 * MIB);
	assert_int_equal(t.history.reclaim.runs, 3);
	assert_int_equal(t.history.refused, 9);
	model__free(t.model);
}

/* The limit is of an ancestor that isn't traced: the victim's own curve is there. */
static void test_history_of_victim(void **state)
{
	struct told t;

	(void)state;
	start(&t);
	send(&t, usage(10 * S, LEAF, 20));
	send_kill(&t, 11 * S, PARENT, LEAF);
	assert_non_null(t.oom.history);
	assert_int_equal(t.history.cgroup_id, LEAF);
	assert_int_equal(t.history.count, 2);
	model__free(t.model);
	/* Nothing is recorded: there is no history, rather than one of a single point. */
	start(&t);
	send(&t, usage(10 * S, STRANGER, 20));
	send_kill(&t, 11 * S, PARENT, LEAF);
	assert_int_equal(t.ooms, 1);
	assert_null(t.oom.history);
	model__free(t.model);
}

static void test_memory(void **state)
{
	struct told t;
	union event e = blank(EVENT_MEMORY, 1, 9 * S);

	(void)state;
	start(&t);
	e.memory.cgroup_id = LEAF;
	e.memory.known = 1 << MEMORY_ANON | 1 << MEMORY_SWAP;
	e.memory.bytes[MEMORY_ANON] = 60 * MIB;
	e.h.flags = MEMORY_EXACT;
	send(&t, e);
	send_kill(&t, 11 * S, LEAF, LEAF);
	assert_non_null(t.oom.memory);
	assert_int_equal(t.memory.known, 1 << MEMORY_ANON | 1 << MEMORY_SWAP);
	assert_int_equal(t.memory.bytes[MEMORY_ANON], 60 * MIB);
	assert_true(t.memory.exact);
	/* It was of that run only. */
	send_kill(&t, 12 * S, LEAF, LEAF);
	assert_null(t.oom.memory);
	/* Sums that the kernel hasn't made yet are unknown and not 0. */
	e = blank(EVENT_MEMORY, 1, 13 * S);
	e.memory.cgroup_id = LEAF;
	e.memory.known = 1 << MEMORY_ANON | 1 << MEMORY_KERNEL | 1 << MEMORY_SWAP;
	e.memory.bytes[MEMORY_SWAP] = MIB;
	send(&t, e);
	send_kill(&t, 14 * S, LEAF, LEAF);
	assert_null(t.oom.memory);
	model__free(t.model);
}

/* What isn't user pages, where it is known; at the kill it is what the memory was. */
static void test_kinds(void **state)
{
	struct told t;
	union event e = usage(10 * S, LEAF, 20);

	(void)state;
	start(&t);
	e.usage.kernel_bytes = e.usage.sock_bytes = MIB; /* without a flag: nothing */
	send(&t, e);
	assert_false(t.usage.kinds.has_kernel || t.usage.kinds.has_sock);
	e = usage(11 * S, LEAF, 30);
	e.h.flags = USAGE_HAS_KERNEL | USAGE_HAS_SOCK | USAGE_KINDS_EXACT;
	e.usage.kernel_bytes = 2 * MIB;
	e.usage.sock_bytes = RECORD_MEMORY_KIND_MAX + 1; /* which nothing can have */
	send(&t, e);
	assert_true(t.usage.kinds.has_kernel && t.usage.kinds.exact && !t.usage.kinds.kernel_is_least);
	assert_int_equal(t.usage.kinds.kernel_bytes, 2 * MIB);
	assert_false(t.usage.kinds.has_sock);
	e = blank(EVENT_MEMORY, 1, 12 * S);
	e.memory.cgroup_id = LEAF;
	e.memory.known = 1 << MEMORY_KERNEL | 1 << MEMORY_SOCK;
	e.memory.bytes[MEMORY_KERNEL] = 3 * MIB;
	e.memory.bytes[MEMORY_SOCK] = 4 * MIB;
	send(&t, e);
	send_kill(&t, 12 * S, LEAF, LEAF);
	assert_int_equal(t.history.count, 3);
	assert_false(t.points[0].kinds.has_kernel);
	assert_int_equal(t.points[1].kinds.kernel_bytes, 2 * MIB);
	assert_int_equal(t.points[2].kinds.kernel_bytes, 3 * MIB);
	assert_int_equal(t.points[2].kinds.sock_bytes, 4 * MIB);
	model__free(t.model);
}

static void test_stall(void **state)
{
	struct told t;

	(void)state;
	start(&t);
	send(&t, usage(10 * S, LEAF, 63));
	for (uint64_t i = 1; i <= 30; i++)
		send(&t, reclaim(10 * S + i * 100 * MS, 10 * S + (i - 1) * 100 * MS, 80 * MS));
	assert_int_equal(t.stalls, 2);
	assert_false(t.stall.over);
	assert_string_equal(t.cgroup, "/asked/100");
	assert_int_equal(t.time.wall_ns, 13 * S + WALL_OFFSET);
	/* A kill ends it, which is told before the kill. */
	send_kill(&t, 13 * S + 1, PARENT, LEAF);
	assert_true(t.stall.over);
	assert_string_equal(t.order, "ssso");
	/* As does silence. */
	for (uint64_t i = 1; i <= 30; i++)
		send(&t, reclaim(20 * S + i * 100 * MS, 20 * S + (i - 1) * 100 * MS, 80 * MS));
	assert_string_equal(t.order, "sssoss");
	model__expire(t.model, 30 * S);
	assert_true(t.stall.over);
	assert_int_equal(t.stall.duration_ns, 3 * S);
	assert_string_equal(t.order, "sssosss");
	model__free(t.model);
}

static void test_curve(void **state)
{
	struct told t;
	struct record_history history;

	(void)state;
	start(&t);
	assert_false(model__history(t.model, LEAF, 20 * S, &history));
	send(&t, usage(10 * S, LEAF, 20));
	assert_true(model__history(t.model, LEAF, 20 * S, &history));
	assert_int_equal(history.points[0].usage_bytes, 20 * MIB);
	model__free(t.model);
}

/* 10,000 cgroups are made, hit their limits and are gone: memory stops growing. */
static void test_bounds(void **state)
{
	struct told t;
	char name[EVENT_NAME_LEN];
	size_t before = __sanitizer_get_current_allocated_bytes(), early = 0, late;

	(void)state;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	start(&t);
	for (uint64_t id = 1000; id < 11000; id++) {
		uint64_t group = GROUP_CHARGE | id;
		union event e = refusal(group, id * S, id, 1);

		/* Every third one's end is lost. */
		send_level(&t, group, id, PARENT, name);
		send_level(&t, group, PARENT, ROOT, "parent");
		send_level(&t, group, ROOT, 0, "");
		e.usage.cgroup_id = id;
		if (id % 3)
			send(&t, e);
		e = reclaim(id * S, id * S - 2500 * MS, 2 * S);
		e.reclaim.cgroup_id = id;
		send(&t, e);
		if (id == 2000)
			early = __sanitizer_get_current_allocated_bytes();
	}
	late = __sanitizer_get_current_allocated_bytes();
	assert_in_range(late - before, 1, 8 * MIB);
	assert_in_range(late, early, early + early / 20);
	assert_int_equal(t.usages, 6667); /* of 1000..10999, those that 3 does not divide */
	assert_int_equal(t.reclaims, 10000);
	model__free(t.model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usage_record),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_reclaim_record),
		cmocka_unit_test(test_history_of_limit),
		cmocka_unit_test(test_history_of_victim),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_stall),
		cmocka_unit_test(test_curve),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
