// SPDX-License-Identifier: GPL-2.0-only
/* Events built here, in the order and with the contents that the kernel side sends -> records. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"

#define PAGE 4096
#define WALL_OFFSET 1000000000000
#define UNLIMITED ((uint64_t)INT64_MAX / PAGE) /* PAGE_COUNTER_MAX */
#define DOCKER_ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DOCKER_NAME "docker-" DOCKER_ID ".scope"
#define DOCKER_PATH "/system.slice/" DOCKER_NAME
#define STRINGS_MAX 65536
#define RECORDS_MAX 64

enum { ROOT_ID = 1, SLICE_ID = 10, DOCKER_CGROUP_ID = 100, SSH_ID = 200 };

/* What the model handed over, kept beyond the call. */
struct kept {
	struct record_oom ooms[RECORDS_MAX];
	struct record_exit exits[RECORDS_MAX];
	struct record_limit limits[RECORDS_MAX];
	size_t oom_count, exit_count, limit_count;
	void *owned[STRINGS_MAX];
	size_t owned_count;
	struct model *model;
	uint64_t now_ns;
	int cmdline_calls;
};

static void *own(struct kept *kept, void *memory)
{
	assert_non_null(memory);
	assert_true(kept->owned_count < STRINGS_MAX);
	kept->owned[kept->owned_count++] = memory;
	return memory;
}

static const char *keep_text(struct kept *kept, const char *text)
{
	return text ? own(kept, strdup(text)) : NULL;
}

static void *keep_bytes(struct kept *kept, const void *bytes, size_t size)
{
	return memcpy(own(kept, malloc(size + 1)), bytes, size);
}

static struct record_level *keep_levels(struct kept *kept, const struct record_level *levels,
					size_t count)
{
	struct record_level *copy = keep_bytes(kept, levels, count * sizeof(*levels));

	for (size_t i = 0; i < count; i++)
		copy[i].path = keep_text(kept, copy[i].path);
	return copy;
}

static void on_oom(void *ctx, const struct record_oom *oom)
{
	struct kept *kept = ctx;
	struct record_oom *r = &kept->ooms[kept->oom_count++];
	struct record_victim *victims;

	assert_true(kept->oom_count <= RECORDS_MAX);
	*r = *oom;
	r->constraint = keep_text(kept, r->constraint);
	r->trigger_comm = keep_text(kept, r->trigger_comm);
	r->trigger_cgroup = keep_text(kept, r->trigger_cgroup);
	if (r->limit)
		r->limit = keep_levels(kept, r->limit, 1);
	r->chain = keep_levels(kept, r->chain, r->chain_count);
	victims = keep_bytes(kept, r->victims, r->victim_count * sizeof(*victims));
	for (size_t i = 0; i < r->victim_count; i++) {
		victims[i].comm = keep_text(kept, victims[i].comm);
		victims[i].cgroup = keep_text(kept, victims[i].cgroup);
		victims[i].container.name = keep_text(kept, victims[i].container.name);
		if (victims[i].cmdline)
			victims[i].cmdline = keep_bytes(kept, victims[i].cmdline,
							victims[i].cmdline_len);
	}
	r->victims = victims;
}

static void on_exit_record(void *ctx, const struct record_exit *exit_record)
{
	struct kept *kept = ctx;
	struct record_exit *r = &kept->exits[kept->exit_count++];

	assert_true(kept->exit_count <= RECORDS_MAX);
	*r = *exit_record;
	r->comm = keep_text(kept, r->comm);
}

static void on_limit(void *ctx, const struct record_limit *limit)
{
	struct kept *kept = ctx;
	struct record_limit *r = &kept->limits[kept->limit_count++];

	assert_true(kept->limit_count <= RECORDS_MAX);
	*r = *limit;
	r->cgroup = keep_text(kept, r->cgroup);
	r->writer_comm = keep_text(kept, r->writer_comm);
	r->writer_cgroup = keep_text(kept, r->writer_cgroup);
}

static int find_cmdline(void *ctx, const struct event_victim *victim, struct cmdline_entry *out,
			const char **source)
{
	struct kept *kept = ctx;

	kept->cmdline_calls++;
	if (victim->pid == 404)
		return -ENOENT;
	memset(out, 0, sizeof(*out));
	out->len = 5;
	memcpy(out->bytes, "a\0bc", 5);
	*source = "proc";
	return 0;
}

static const char *find_name(void *ctx, const struct container_ref *ref)
{
	(void)ctx;
	return strcmp(ref->id, DOCKER_ID) ? NULL : "web";
}

static struct kept *start_with(uint32_t init_pid, uint32_t self_pid)
{
	struct kept *kept = calloc(1, sizeof(*kept));
	struct model_env env = {
		.ctx = kept,
		.page_size = PAGE,
		.on_oom = on_oom,
		.on_exit = on_exit_record,
		.on_limit = on_limit,
		.cmdline = find_cmdline,
		.container_name = find_name,
		.init_pid = init_pid,
		.self_pid = self_pid,
		.sees_writes = true,
	};

	assert_non_null(kept);
	kept->model = model__new(&env);
	assert_non_null(kept->model);
	kept->now_ns = 5000;
	return kept;
}

static struct kept *start(void)
{
	return start_with(0, 0);
}

static void stop(struct kept *kept)
{
	model__free(kept->model);
	while (kept->owned_count)
		free(kept->owned[--kept->owned_count]);
	free(kept);
}

/* ---- events ---- */

static union event blank(enum event_kind kind, uint64_t group)
{
	union event event;

	memset(&event, 0, sizeof(event));
	event.h.kind = (uint16_t)kind;
	event.h.group = group;
	return event;
}

static void send(struct kept *kept, union event event)
{
	event.h.ts_ns = kept->now_ns += 1000;
	assert_int_equal(model__event(kept->model, &event, WALL_OFFSET), 0);
}

static union event cgroup(uint64_t group, uint64_t id, uint64_t parent_id, const char *name)
{
	union event e = blank(EVENT_CGROUP, group);

	e.h.flags = CGROUP_HAS_MEMORY | CGROUP_HAS_SWAP;
	e.cgroup.id = id;
	e.cgroup.parent_id = parent_id;
	e.cgroup.usage_pages = 100 + id;
	e.cgroup.max_pages = id == DOCKER_CGROUP_ID ? 128 : UNLIMITED;
	e.cgroup.high_pages = UNLIMITED;
	e.cgroup.peak_pages = 1000;
	e.cgroup.swap_usage_pages = 3;
	e.cgroup.swap_max_pages = UNLIMITED - 1;
	snprintf(e.cgroup.name, sizeof(e.cgroup.name), "%s", name);
	return e;
}

static union event docker_level(uint64_t group)
{
	return cgroup(group, DOCKER_CGROUP_ID, SLICE_ID, DOCKER_NAME);
}

static union event slice_level(uint64_t group)
{
	return cgroup(group, SLICE_ID, ROOT_ID, "system.slice");
}

/* The root has no parent and no figures. */
static union event root_level(uint64_t group)
{
	union event e = cgroup(group, ROOT_ID, 0, "");

	e.h.flags = 0;
	return e;
}

static void send_chain(struct kept *kept, uint64_t group)
{
	send(kept, docker_level(group));
	send(kept, slice_level(group));
	send(kept, root_level(group));
}

static union event oom(uint64_t group, uint32_t chosen_pid)
{
	union event e = blank(EVENT_OOM, group);

	e.oom.started_ns = 4000;
	e.oom.limit_cgroup_id = DOCKER_CGROUP_ID;
	e.oom.trigger_cgroup_id = DOCKER_CGROUP_ID;
	e.oom.totalpages = 128;
	e.oom.chosen_points = 77;
	e.oom.outcome = OOM_KILLED;
	e.oom.constraint = 3;
	e.oom.gfp_mask = 0xcc0;
	e.oom.trigger_pid = 50;
	e.oom.trigger_tid = 51;
	e.oom.chosen_pid = chosen_pid;
	e.oom.chosen_tid = chosen_pid;
	strcpy(e.oom.trigger_comm, "trigger");
	return e;
}

static union event victim(uint64_t group, uint32_t pid, uint16_t flags)
{
	union event e = blank(EVENT_VICTIM, group);

	e.h.flags = (uint16_t)(flags | VICTIM_HAS_MM | VICTIM_RSS_EXACT);
	e.victim.cgroup_id = DOCKER_CGROUP_ID;
	e.victim.start_ns = 1000 + pid;
	e.victim.total_vm_pages = 10;
	e.victim.anon_rss_pages = 5;
	e.victim.file_rss_pages = 4;
	e.victim.shmem_rss_pages = -2; /* the kernel shows a negative sum as 0 */
	e.victim.swap_entries = 1;
	e.victim.pgtables_bytes = 8192;
	e.victim.pid = pid;
	e.victim.tid = pid;
	e.victim.ppid = 1;
	e.victim.ns_pid = pid;
	e.victim.uid = 1000;
	e.victim.oom_score_adj = -5;
	e.victim.cmdline_len = 6;
	memcpy(e.victim.cmdline, "x\0-m\0", 6);
	strcpy(e.victim.comm, "hog");
	return e;
}

static union event end(uint64_t group, uint32_t victims, uint32_t killed)
{
	union event e = blank(EVENT_OOM_END, group);

	e.oom_end.victims = victims;
	e.oom_end.killed = killed;
	return e;
}

static union event gone(uint32_t pid, uint64_t start_ns)
{
	union event e = blank(EVENT_EXIT, 0);

	e.exit.pid = pid;
	e.exit.start_ns = start_ns;
	e.exit.status = 9;
	strcpy(e.exit.comm, "hog");
	return e;
}

/* A write is named by the time at which it began. */
static union event limit(uint64_t started_ns)
{
	union event e = blank(EVENT_LIMIT, GROUP_LIMIT | started_ns);

	e.limit.started_ns = started_ns;
	e.limit.cgroup_id = DOCKER_CGROUP_ID;
	e.limit.writer_cgroup_id = SSH_ID;
	e.limit.old_pages = UNLIMITED;
	e.limit.new_pages = 50;
	e.limit.usage_before_pages = 90;
	e.limit.usage_after_pages = 49;
	e.limit.reclaimed_pages = 7;
	e.limit.result = 9;
	e.limit.file = LIMIT_MAX;
	e.limit.kills = 2;
	e.limit.ooms = 3;
	e.limit.writer_pid = 60;
	e.limit.writer_tid = 61;
	strcpy(e.limit.writer_comm, "bash");
	return e;
}

/* ---- runs of the OOM killer ---- */

static void test_single_kill(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;

	(void)state;
	send_chain(kept, 1);
	send(kept, oom(1, 42));
	send(kept, victim(1, 42, VICTIM_NS_INIT));
	assert_int_equal(kept->oom_count, 0);
	send(kept, end(1, 1, 1));
	assert_int_equal(kept->oom_count, 1);
	assert_int_equal(r->id, 1);
	assert_int_equal(r->outcome, OOM_KILLED);
	assert_string_equal(r->constraint, "memcg");
	assert_int_equal(r->time.boot_ns, 9000);
	assert_int_equal(r->time.wall_ns, WALL_OFFSET + 9000);
	assert_int_equal(r->started_ns, 4000);
	assert_int_equal(r->duration_ns, 11000 - 4000);
	assert_int_equal(r->totalpages_bytes, 128 * PAGE);
	assert_int_equal(r->trigger_pid, 50);
	assert_int_equal(r->trigger_tid, 51);
	assert_string_equal(r->trigger_comm, "trigger");
	assert_string_equal(r->trigger_cgroup, DOCKER_PATH);
	assert_int_equal(r->gfp_mask, 0xcc0);
	assert_false(r->whole_machine || r->sysrq || r->incomplete);
	assert_int_equal(r->victim_count, 1);
	assert_int_equal(r->killed, 1);
	assert_int_equal(r->missing, 0);
	assert_int_equal(r->cause, CAUSE_REACHED);
	assert_int_equal(r->cause_limit_id, 0);
	assert_int_equal(model__totals(kept->model).ooms, 1);
	assert_int_equal(model__totals(kept->model).kills, 1);
	stop(kept);
}

static void test_victim_fields(void **state)
{
	struct kept *kept = start();
	const struct record_victim *v;

	(void)state;
	send_chain(kept, 1);
	send(kept, oom(1, 42));
	send(kept, victim(1, 42, VICTIM_NS_INIT | VICTIM_CMDLINE_CUT));
	send(kept, end(1, 1, 1));
	v = kept->ooms[0].victims;
	assert_int_equal(v->pid, 42);
	assert_int_equal(v->role, ROLE_CHOSEN);
	assert_true(v->has_points && v->has_mm && v->rss_exact && v->init && v->cmdline_cut);
	assert_int_equal(v->points, 77);
	assert_int_equal(v->total_vm_bytes, 10 * PAGE);
	assert_int_equal(v->anon_rss_bytes, 5 * PAGE);
	assert_int_equal(v->file_rss_bytes, 4 * PAGE);
	assert_int_equal(v->shmem_rss_bytes, 0);
	assert_int_equal(v->swap_bytes, PAGE);
	assert_int_equal(v->pgtables_bytes, 8192);
	assert_int_equal(v->oom_score_adj, -5);
	assert_int_equal(v->uid, 1000);
	assert_string_equal(v->comm, "hog");
	assert_string_equal(v->cgroup, DOCKER_PATH);
	assert_int_equal(v->container.ref.runtime, CONTAINER__DOCKER);
	assert_string_equal(v->container.ref.id, DOCKER_ID);
	assert_string_equal(v->container.name, "web");
	assert_int_equal(v->cmdline_len, 4); /* without the NULs at its end */
	assert_memory_equal(v->cmdline, "x\0-m", 4);
	assert_string_equal(v->cmdline_source, "kill");
	assert_int_equal(kept->cmdline_calls, 0);
	stop(kept);
}

/* The chain runs from the leaf to the root; "no limit" is RECORD_MAX, anything less is a number. */
static void test_chain_and_limits(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;

	(void)state;
	send_chain(kept, 1);
	send(kept, oom(1, 42));
	send(kept, victim(1, 42, 0));
	send(kept, end(1, 1, 1));
	assert_int_equal(r->chain_count, 3);
	assert_string_equal(r->chain[0].path, DOCKER_PATH);
	assert_string_equal(r->chain[1].path, "/system.slice");
	assert_string_equal(r->chain[2].path, "/");
	assert_true(r->chain[0].is_limit && !r->chain[1].is_limit && !r->chain[2].is_limit);
	assert_true(r->chain[0].has_memory && !r->chain[2].has_memory && !r->chain[2].has_swap);
	assert_int_equal(r->chain[0].usage_bytes, 200 * PAGE);
	assert_int_equal(r->chain[0].max_bytes, 128 * PAGE);
	assert_int_equal(r->chain[0].high_bytes, RECORD_MAX);
	assert_int_equal(r->chain[0].peak_bytes, 1000 * PAGE);
	assert_int_equal(r->chain[0].swap_usage_bytes, 3 * PAGE);
	assert_int_equal(r->chain[0].swap_max_bytes, (UNLIMITED - 1) * PAGE);
	assert_int_equal(r->chain[1].max_bytes, RECORD_MAX);
	assert_non_null(r->limit);
	assert_string_equal(r->limit->path, DOCKER_PATH);
	assert_string_equal(r->limit_container.ref.id, DOCKER_ID);
	stop(kept);
}

/* A kernel or a hierarchy without swap accounting: memory's figures are known, swap's are not. */
static void test_no_swap_accounting(void **state)
{
	struct kept *kept = start();
	union event e = docker_level(1);

	(void)state;
	e.h.flags = CGROUP_HAS_MEMORY;
	send(kept, e);
	send(kept, oom(1, 42));
	send(kept, end(1, 0, 0));
	assert_true(kept->ooms[0].limit->has_memory);
	assert_false(kept->ooms[0].limit->has_swap);
	stop(kept);
}

static void test_max_conversion(void **state)
{
	static const uint64_t unlimited[] = { UNLIMITED, UNLIMITED + 1, INT64_MAX, UINT64_MAX };
	struct kept *kept = start();

	(void)state;
	for (uint64_t i = 0; i < 4; i++) {
		union event e = limit(i + 1);

		e.limit.old_pages = unlimited[i];
		e.limit.new_pages = i ? UNLIMITED - i : 0;
		send(kept, e);
		assert_int_equal(kept->limits[i].old_bytes, RECORD_MAX);
		assert_int_equal(kept->limits[i].new_bytes, i ? (UNLIMITED - i) * PAGE : 0);
	}
	stop(kept);
}

/* memory.oom.group: the scan may visit the first victim again, and the kernel logs it again. */
static void test_group_kill(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;

	(void)state;
	send_chain(kept, 1);
	send(kept, oom(1, 42));
	send(kept, victim(1, 42, 0));
	send(kept, victim(1, 43, VICTIM_GROUP));
	send(kept, victim(1, 42, VICTIM_GROUP));
	send(kept, victim(1, 44, VICTIM_GROUP));
	send(kept, end(1, 4, 4));
	assert_int_equal(r->victim_count, 4);
	assert_int_equal(r->killed, 3);
	assert_false(r->incomplete);
	assert_int_equal(r->victims[0].role, ROLE_CHOSEN);
	assert_int_equal(r->victims[1].role, ROLE_GROUP);
	assert_int_equal(r->victims[2].role, ROLE_GROUP);
	assert_true(!r->victims[0].repeated && !r->victims[1].repeated);
	assert_true(r->victims[2].repeated && !r->victims[3].repeated);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(r->victims[i].has_points, i == 0);
	assert_int_equal(model__totals(kept->model).kills, 3);
	stop(kept);
}

static void test_shares_mm(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;

	(void)state;
	send_chain(kept, 1);
	send(kept, oom(1, 42));
	send(kept, victim(1, 42, 0));
	send(kept, victim(1, 45, VICTIM_SHARES_MM));
	send(kept, end(1, 2, 1));
	assert_int_equal(r->victims[1].role, ROLE_SHARES_MM);
	assert_false(r->victims[1].has_points);
	assert_int_equal(r->killed, 2);
	assert_false(r->incomplete);
	stop(kept);
}

/* The task that asked for memory was exiting already: marked, not killed. */
static void test_exiting(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;
	union event e = oom(1, 0);

	(void)state;
	e.oom.outcome = OOM_EXITING;
	send_chain(kept, 1);
	send(kept, e);
	send(kept, victim(1, 42, VICTIM_EXITING));
	send(kept, end(1, 1, 0));
	assert_int_equal(r->outcome, OOM_EXITING);
	assert_int_equal(r->victims[0].role, ROLE_EXITING);
	assert_false(r->victims[0].has_points);
	assert_int_equal(r->killed, 0);
	assert_int_equal(model__totals(kept->model).kills, 0);
	send(kept, gone(42, 1042));
	assert_false(kept->exits[0].oom_victim);
	stop(kept);
}

static void test_no_victim(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;
	union event e = oom(1, 0);

	(void)state;
	e.oom.outcome = OOM_NO_VICTIM;
	e.oom.waits = 3;
	e.oom.repeats = 8;
	send_chain(kept, 1);
	send(kept, e);
	send(kept, end(1, 0, 0));
	assert_int_equal(r->outcome, OOM_NO_VICTIM);
	assert_int_equal(r->victim_count, 0);
	assert_int_equal(r->killed, 0);
	assert_int_equal(r->waits, 3);
	assert_int_equal(r->repeats, 8);
	assert_false(r->incomplete);
	assert_int_equal(r->chain_count, 3); /* the limit's */
	stop(kept);
}

static void test_whole_machine(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;
	union event e = oom(1, 42), sysrq = oom(2, 43);

	(void)state;
	e.oom.limit_cgroup_id = 0;
	e.oom.constraint = 0;
	send_chain(kept, 1);
	send(kept, e);
	send(kept, victim(1, 42, 0));
	send(kept, end(1, 1, 1));
	assert_true(r->whole_machine && !r->sysrq);
	assert_null(r->limit);
	assert_int_equal(r->cause, CAUSE_MACHINE);
	assert_string_equal(r->constraint, "none");
	for (size_t i = 0; i < r->chain_count; i++)
		assert_false(r->chain[i].is_limit);

	sysrq.oom.limit_cgroup_id = 0;
	sysrq.oom.order = -1;
	sysrq.oom.constraint = 4; /* one that we don't know */
	sysrq.oom.started_ns = 0; /* not seen */
	send(kept, sysrq);
	send(kept, end(2, 0, 0));
	assert_true(r[1].sysrq && r[1].whole_machine);
	assert_int_equal(r[1].cause, CAUSE_SYSRQ);
	assert_null(r[1].constraint);
	assert_int_equal(r[1].started_ns, 0);
	assert_int_equal(r[1].duration_ns, 0);
	stop(kept);
}

/* Points are those of the chosen task: of no other victim, and of none when that is unknown. */
static void test_points_only_for_the_chosen(void **state)
{
	struct kept *kept = start();

	(void)state;
	send(kept, oom(1, 99)); /* the victim is a child or a sibling of the chosen */
	send(kept, victim(1, 42, 0));
	send(kept, end(1, 1, 1));
	assert_false(kept->ooms[0].victims[0].has_points);

	send(kept, victim(2, 42, 0)); /* and none is known when the run's event is lost */
	send(kept, end(2, 1, 1));
	assert_false(kept->ooms[1].victims[0].has_points);
	stop(kept);
}

static void test_init(void **state)
{
	struct kept *kept = start_with(43, 0);

	(void)state;
	send(kept, oom(1, 42));
	send(kept, victim(1, 42, VICTIM_NS_INIT));
	send(kept, victim(1, 43, VICTIM_GROUP));
	send(kept, end(1, 2, 2));
	assert_false(kept->ooms[0].victims[0].init);
	assert_true(kept->ooms[0].victims[1].init);
	stop(kept);
}

/* What the event lacks is asked for at once; what can't be found stays unknown, as do figures. */
static void test_unknown_of_a_victim(void **state)
{
	struct kept *kept = start();
	union event found = victim(1, 42, 0), lost = victim(1, 404, VICTIM_GROUP);
	const struct record_victim *v;

	(void)state;
	/* Killed while it cleared its arguments for a title: as good as none. */
	found.victim.cmdline_len = 8;
	memset(found.victim.cmdline, 0, 8);
	lost.victim.cmdline_len = 0;
	lost.h.flags = VICTIM_GROUP;
	send(kept, found);
	assert_int_equal(kept->cmdline_calls, 1);
	send(kept, lost);
	assert_int_equal(kept->cmdline_calls, 2);
	send(kept, end(1, 2, 2));
	v = kept->ooms[0].victims;
	assert_string_equal(v[0].cmdline_source, "proc");
	assert_int_equal(v[0].cmdline_len, 4);
	assert_memory_equal(v[0].cmdline, "a\0bc", 4);
	assert_null(v[1].cmdline);
	assert_null(v[1].cmdline_source);
	assert_false(v[1].has_mm);
	stop(kept);
}

/* ---- loss ---- */

#define RUN_LENGTH 7

/* A group kill whose events come in this order; the one with number `lost` doesn't arrive. */
static void send_run_without(struct kept *kept, int lost)
{
	const union event events[RUN_LENGTH] = {
		docker_level(1),
		slice_level(1),
		root_level(1),
		oom(1, 42),
		victim(1, 42, 0),
		victim(1, 43, VICTIM_GROUP),
		end(1, 2, 2),
	};

	for (int i = 0; i < RUN_LENGTH; i++) {
		if (i != lost)
			send(kept, events[i]);
	}
	model__finish(kept->model);
}

static void assert_path_or_unknown(const char *path, const char *expected)
{
	if (path)
		assert_string_equal(path, expected);
}

static void test_loss_of_each_event(void **state)
{
	(void)state;
	for (int lost = 0; lost < RUN_LENGTH; lost++) {
		struct kept *kept = start();
		const struct record_oom *r = kept->ooms;
		size_t victims = lost == 4 || lost == 5 ? 1 : 2;

		send_run_without(kept, lost);
		assert_int_equal(kept->oom_count, 1);
		assert_int_equal(r->victim_count, victims);
		assert_int_equal(r->killed, victims);
		assert_int_equal(r->missing, 2 - victims);
		assert_true(r->incomplete);
		for (size_t i = 0; i < victims; i++) {
			assert_path_or_unknown(r->victims[i].cgroup, DOCKER_PATH);
			if (lost < 3)
				assert_null(r->victims[i].cgroup);
		}
		assert_path_or_unknown(r->trigger_cgroup, DOCKER_PATH);
		if (lost == 6)
			assert_int_equal(r->duration_ns, 0);
		if (lost == 3) {
			assert_int_equal(r->time.boot_ns, r->victims[0].ts_ns);
			assert_null(r->trigger_comm);
		}
		stop(kept);
	}
}

static void test_loss_of_a_level(void **state)
{
	static const size_t chain[] = { 0, 1, 2 };

	(void)state;
	for (int lost = 0; lost < 3; lost++) {
		struct kept *kept = start();
		const struct record_oom *r = kept->ooms;

		send_run_without(kept, lost);
		assert_int_equal(r->chain_count, chain[lost]);
		for (size_t i = 0; i < r->chain_count; i++)
			assert_null(r->chain[i].path);
		if (lost == 0) {
			assert_null(r->limit);
			assert_int_equal(r->cause, CAUSE_UNKNOWN);
			assert_false(r->whole_machine);
		} else {
			assert_int_equal(r->limit->max_bytes, 128 * PAGE);
			assert_null(r->limit->path);
		}
		assert_int_equal(r->victims[0].container.ref.runtime, CONTAINER__UNKNOWN);
		stop(kept);
	}
}

static void test_only_one_event_arrives(void **state)
{
	(void)state;
	for (int only = 0; only < RUN_LENGTH; only++) {
		const union event events[RUN_LENGTH] = {
			docker_level(1), slice_level(1), root_level(1), oom(1, 42),
			victim(1, 42, 0), victim(1, 43, VICTIM_GROUP), end(1, 2, 2),
		};
		struct kept *kept = start();

		send(kept, events[only]);
		model__finish(kept->model);
		model__finish(kept->model);
		assert_int_equal(kept->oom_count, 1);
		assert_true(kept->ooms[0].incomplete);
		stop(kept);
	}
}

static void test_new_run_while_one_is_open(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;

	(void)state;
	send_chain(kept, 1);
	send(kept, oom(1, 42));
	send(kept, victim(1, 42, 0));
	/* Its chain goes by another name: nothing of run 1 may be taken for this one. */
	send(kept, cgroup(2, DOCKER_CGROUP_ID, ROOT_ID, "other"));
	assert_int_equal(kept->oom_count, 1);
	assert_true(r[0].incomplete);
	assert_int_equal(r[0].killed, 1);
	assert_string_equal(r[0].victims[0].cgroup, DOCKER_PATH);
	send(kept, root_level(2));
	send(kept, oom(2, 43));
	send(kept, victim(2, 43, 0));
	send(kept, end(2, 1, 1));
	assert_int_equal(kept->oom_count, 2);
	assert_false(r[1].incomplete);
	assert_int_equal(r[1].id, 2);
	assert_int_equal(r[1].victim_count, 1);
	assert_string_equal(r[1].victims[0].cgroup, "/other");
	assert_int_equal(model__totals(kept->model).ooms, 2);
	stop(kept);
}

/* A run that was going on when we came: its end may not be seen, and it must not wait for it. */
static void test_joined_late(void **state)
{
	struct kept *kept = start();
	union event late = oom(1, 42);

	(void)state;
	late.oom.started_ns = 0;
	send_chain(kept, 1);
	send(kept, late);
	send(kept, victim(1, 42, 0));
	model__expire(kept->model, kept->now_ns);
	assert_int_equal(kept->oom_count, 0);
	model__expire(kept->model, kept->now_ns + 2000000000);
	assert_int_equal(kept->oom_count, 1);
	assert_true(kept->ooms[0].joined_late && !kept->ooms[0].incomplete);
	assert_int_equal(kept->ooms[0].duration_ns, 0);

	send_chain(kept, 2); /* one whose beginning was seen is waited for */
	send(kept, oom(2, 42));
	model__expire(kept->model, kept->now_ns + 2000000000);
	assert_int_equal(kept->oom_count, 1);
	model__finish(kept->model);
	assert_true(kept->ooms[1].incomplete && !kept->ooms[1].joined_late);
	stop(kept);
}

static void test_freed_while_open(void **state)
{
	struct kept *kept = start();

	(void)state;
	send_chain(kept, 1);
	send(kept, oom(1, 42));
	send(kept, victim(1, 42, 0));
	send(kept, docker_level(GROUP_LIMIT | 5));
	stop(kept);
	model__free(NULL);
}

/* ---- bounds ---- */

static void test_too_many_victims(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;
	const uint32_t sent = MODEL_VICTIMS_MAX + 10;

	(void)state;
	send_chain(kept, 1);
	send(kept, oom(1, 1));
	for (uint32_t pid = 1; pid <= sent; pid++)
		send(kept, victim(1, pid, pid == 1 ? 0 : VICTIM_GROUP));
	send(kept, end(1, sent, sent));
	assert_int_equal(r->victim_count, MODEL_VICTIMS_MAX);
	assert_int_equal(r->missing, 10);
	assert_true(r->incomplete);
	assert_int_equal(r->victims[MODEL_VICTIMS_MAX - 1].pid, MODEL_VICTIMS_MAX);
	send(kept, oom(2, 7)); /* and the next run is whole again */
	send(kept, victim(2, 7, 0));
	send(kept, end(2, 1, 1));
	assert_int_equal(r[1].victim_count, 1);
	assert_int_equal(r[1].missing, 0);
	stop(kept);
}

static void test_too_many_cgroups(void **state)
{
	struct kept *kept = start();
	const struct record_oom *r = kept->ooms;
	union event in_time = victim(1, 1, 0), late = victim(1, 2, VICTIM_GROUP);

	(void)state;
	send(kept, root_level(1));
	for (uint64_t id = 1000; id < 1000 + MODEL_CGROUPS_MAX + 10; id++)
		send(kept, cgroup(1, id, ROOT_ID, "child"));
	in_time.victim.cgroup_id = 1000;
	late.victim.cgroup_id = 1000 + MODEL_CGROUPS_MAX + 9;
	send(kept, oom(1, 1));
	send(kept, in_time);
	send(kept, late);
	send(kept, end(1, 2, 2));
	assert_string_equal(r->victims[0].cgroup, "/child");
	assert_null(r->victims[1].cgroup);
	stop(kept);
}

static void test_too_many_writes(void **state)
{
	struct kept *kept = start();

	(void)state;
	for (uint64_t id = 1; id <= MODEL_WRITES_MAX + 1; id++)
		send_chain(kept, GROUP_LIMIT | id);
	send(kept, limit(1)); /* the oldest was given up */
	assert_null(kept->limits[0].cgroup);
	send(kept, limit(MODEL_WRITES_MAX + 1));
	assert_string_equal(kept->limits[1].cgroup, DOCKER_PATH);
	stop(kept);
}

/* Nothing a kernel sends: chains that run in circles, cgroups that are their own parents. */
static void test_hostile_parents(void **state)
{
	static const uint64_t parents[][3] = {
		{ 101, 102, 100 }, { 100, 100, 100 }, { 101, 101, 101 }, { 101, 100, 100 },
		{ UINT64_MAX, 0, 0 }, { 101, 102, 101 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(parents) / sizeof(*parents); i++) {
		struct kept *kept = start();

		for (uint64_t id = 100; id < 103; id++)
			send(kept, cgroup(1, id, parents[i][id - 100], "loop"));
		send(kept, oom(1, 42));
		send(kept, victim(1, 42, 0));
		send(kept, end(1, 1, 1));
		assert_int_equal(kept->oom_count, 1);
		assert_null(kept->ooms[0].victims[0].cgroup);
		assert_true(kept->ooms[0].chain_count <= EVENT_CGROUP_LEVELS);
		stop(kept);
	}
}

static void test_long_chain(void **state)
{
	struct kept *kept = start();
	union event e = victim(1, 42, 0);

	(void)state;
	for (uint64_t id = 1000; id < 1100; id++)
		send(kept, cgroup(1, id, id + 1, "deep"));
	send(kept, cgroup(1, 1100, 0, ""));
	e.victim.cgroup_id = 1000;
	send(kept, e);
	send(kept, end(1, 1, 1));
	assert_null(kept->ooms[0].victims[0].cgroup);
	assert_int_equal(kept->ooms[0].chain_count, EVENT_CGROUP_LEVELS);
	stop(kept);
}

/* Deeper than the kernel side follows: what is above the cut is unknown, so the path is. */
static void test_cut_chain(void **state)
{
	struct kept *kept = start();
	union event e = slice_level(1);

	(void)state;
	e.h.flags |= CGROUP_CUT;
	send(kept, docker_level(1));
	send(kept, e);
	send(kept, oom(1, 42));
	send(kept, victim(1, 42, 0));
	send(kept, end(1, 1, 1));
	assert_null(kept->ooms[0].victims[0].cgroup);
	assert_null(kept->ooms[0].chain[0].path);
	assert_int_equal(kept->ooms[0].chain_count, 2);
	assert_int_equal(kept->ooms[0].limit->max_bytes, 128 * PAGE);
	stop(kept);
}

/* ---- exits ---- */

static void test_exit_of_a_victim(void **state)
{
	struct kept *kept = start();
	const struct record_exit *r = kept->exits;

	(void)state;
	send(kept, oom(1, 42));
	send(kept, victim(1, 42, 0));
	send(kept, gone(42, 1042)); /* before its run is over: exits don't wait */
	assert_int_equal(kept->oom_count, 0);
	send(kept, end(1, 1, 1));
	send(kept, gone(42, 9999)); /* the pid again, another process */
	send(kept, gone(43, 1042));
	assert_int_equal(kept->exit_count, 3);
	assert_true(r[0].oom_victim && r[0].has_status);
	assert_int_equal(r[0].pid, 42);
	assert_int_equal(r[0].status, 9);
	assert_string_equal(r[0].comm, "hog");
	assert_int_equal(r[0].time.wall_ns, WALL_OFFSET + (int64_t)r[0].time.boot_ns);
	assert_false(r[1].oom_victim);
	assert_false(r[2].oom_victim);
	stop(kept);
}

/* The memory of victims is bounded: the oldest are forgotten, the latest are not. */
static void test_many_victims_are_remembered(void **state)
{
	struct kept *kept = start();

	(void)state;
	for (uint32_t pid = 1; pid <= 3000; pid++)
		send(kept, victim(1, pid, VICTIM_GROUP));
	send(kept, gone(3000, 1000 + 3000));
	send(kept, gone(2500, 1000 + 2500));
	send(kept, gone(1, 1000 + 1));
	assert_true(kept->exits[0].oom_victim);
	assert_true(kept->exits[1].oom_victim);
	assert_false(kept->exits[2].oom_victim);
	stop(kept);
}

/* ---- writes of limits, and causes ---- */

static void test_limit(void **state)
{
	struct kept *kept = start_with(0, 60);
	const struct record_limit *r = kept->limits;
	union event other = limit(5600);

	(void)state;
	send_chain(kept, GROUP_LIMIT | 5500);
	send(kept, cgroup(GROUP_LIMIT | 5500, SSH_ID, ROOT_ID, "ssh.service"));
	send(kept, limit(5500));
	assert_int_equal(r->id, 1);
	assert_int_equal(r->file, LIMIT_MAX);
	assert_string_equal(r->cgroup, DOCKER_PATH);
	assert_string_equal(r->container.ref.id, DOCKER_ID);
	assert_string_equal(r->writer_comm, "bash");
	assert_string_equal(r->writer_cgroup, "/ssh.service");
	assert_int_equal(r->writer_pid, 60);
	assert_int_equal(r->writer_tid, 61);
	assert_true(r->writer_self);
	assert_int_equal(r->old_bytes, RECORD_MAX);
	assert_int_equal(r->new_bytes, 50 * PAGE);
	assert_int_equal(r->usage_before_bytes, 90 * PAGE);
	assert_int_equal(r->usage_after_bytes, 49 * PAGE);
	assert_int_equal(r->reclaimed_bytes, 7 * PAGE);
	assert_int_equal(r->duration_ns, r->time.boot_ns - 5500);
	assert_int_equal(r->kills, 2);
	assert_int_equal(r->ooms, 3);
	assert_int_equal(r->result, 9);

	other.limit.writer_pid = 62;
	other.limit.result = -EINVAL;
	send(kept, other); /* its chains were lost */
	assert_int_equal(r[1].id, 2);
	assert_false(r[1].writer_self);
	assert_null(r[1].cgroup);
	assert_null(r[1].writer_cgroup);
	assert_int_equal(r[1].result, -EINVAL);
	assert_int_equal(kept->oom_count, 0);
	stop(kept);
}

/* Writes overlap with each other and with runs, and what belongs to which is told by the group. */
static void test_overlapping_writes(void **state)
{
	struct kept *kept = start();

	(void)state;
	send(kept, docker_level(GROUP_LIMIT | 1));
	send_chain(kept, 1);
	send(kept, cgroup(GROUP_LIMIT | 2, DOCKER_CGROUP_ID, ROOT_ID, "other"));
	send(kept, oom(1, 42));
	send(kept, slice_level(GROUP_LIMIT | 1));
	send(kept, root_level(GROUP_LIMIT | 2));
	send(kept, limit(2));
	send(kept, root_level(GROUP_LIMIT | 1));
	send(kept, victim(1, 42, 0));
	send(kept, limit(1));
	send(kept, end(1, 1, 1));
	assert_string_equal(kept->limits[0].cgroup, "/other");
	assert_string_equal(kept->limits[1].cgroup, DOCKER_PATH);
	assert_int_equal(kept->oom_count, 1);
	assert_false(kept->ooms[0].incomplete);
	stop(kept);
}

/* One run with the given event; returns its record. */
static const struct record_oom *run_of(struct kept *kept, union event e)
{
	send_chain(kept, e.h.group);
	send(kept, e);
	send(kept, victim(e.h.group, 42, 0));
	send(kept, end(e.h.group, 1, 1));
	return &kept->ooms[kept->oom_count - 1];
}

static void test_causes(void **state)
{
	struct kept *kept = start();
	union event in_write = oom(1, 42), lowered = oom(2, 42), roomy = oom(3, 42);
	union event above = oom(4, 42);
	const struct record_oom *r;

	(void)state;
	in_write.oom.in_write_ns = 6000;
	in_write.oom.last_write = (struct limit_write){ 6000, UNLIMITED, 200 };
	r = run_of(kept, in_write);
	assert_int_equal(r->cause, CAUSE_WRITE);
	assert_int_equal(r->cause_limit_id, 1);
	assert_int_equal(r->cause_since_ns, r->time.boot_ns - 6000);

	lowered.oom.last_write = (struct limit_write){ 6000, UNLIMITED, 129 };
	r = run_of(kept, lowered);
	assert_int_equal(r->cause, CAUSE_LOWERED);
	assert_int_equal(r->cause_limit_id, 1);

	roomy.oom.last_write = (struct limit_write){ 6001, UNLIMITED, 128 };
	r = run_of(kept, roomy);
	assert_int_equal(r->cause, CAUSE_REACHED);
	assert_int_equal(r->cause_limit_id, 2);

	above.oom.limit_cgroup_id = SLICE_ID;
	r = run_of(kept, above);
	assert_int_equal(r->cause, CAUSE_ANCESTOR);
	assert_int_equal(r->cause_limit_id, 0);
	assert_int_equal(r->cause_since_ns, 0);
	stop(kept);
}

/* Without the probes for writes, that no write is known says nothing. */
static void test_cause_without_probes(void **state)
{
	struct model_env env = { .page_size = PAGE, .on_oom = on_oom };
	struct kept *kept = start();
	union event above = oom(2, 42);

	(void)state;
	model__free(kept->model);
	env.ctx = kept;
	kept->model = model__new(&env);
	assert_non_null(kept->model);
	assert_int_equal(run_of(kept, oom(1, 42))->cause, CAUSE_UNKNOWN);
	above.oom.limit_cgroup_id = SLICE_ID;
	assert_int_equal(run_of(kept, above)->cause, CAUSE_ANCESTOR);
	stop(kept);
}

/* Runs inside a write are told before it is: they, it and the runs after it agree on its number. */
static void test_numbers_of_writes(void **state)
{
	struct kept *kept = start();
	union event inside = oom(1, 42), after = oom(2, 42);

	(void)state;
	inside.oom.in_write_ns = inside.oom.last_write.started_ns = 6000;
	after.oom.last_write.started_ns = 6000;
	assert_int_equal(run_of(kept, inside)->cause_limit_id, 1);
	send(kept, limit(5000)); /* of another cgroup, began earlier */
	send(kept, limit(6000));
	assert_int_equal(run_of(kept, after)->cause_limit_id, 1);
	assert_int_equal(kept->limits[0].id, 2);
	assert_int_equal(kept->limits[1].id, 1);
	stop(kept);
}

/* On another CPU a write can begin between a run's time stamp and its look at the last write. */
static void test_write_after_the_run(void **state)
{
	struct kept *kept = start();
	union event e = oom(1, 42);

	(void)state;
	e.oom.last_write = (struct limit_write){ 1000000, UNLIMITED, 200 };
	assert_int_equal(run_of(kept, e)->cause_since_ns, 0);
	stop(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_single_kill),
		cmocka_unit_test(test_victim_fields),
		cmocka_unit_test(test_chain_and_limits),
		cmocka_unit_test(test_no_swap_accounting),
		cmocka_unit_test(test_max_conversion),
		cmocka_unit_test(test_group_kill),
		cmocka_unit_test(test_shares_mm),
		cmocka_unit_test(test_exiting),
		cmocka_unit_test(test_no_victim),
		cmocka_unit_test(test_whole_machine),
		cmocka_unit_test(test_points_only_for_the_chosen),
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_unknown_of_a_victim),
		cmocka_unit_test(test_loss_of_each_event),
		cmocka_unit_test(test_loss_of_a_level),
		cmocka_unit_test(test_only_one_event_arrives),
		cmocka_unit_test(test_new_run_while_one_is_open),
		cmocka_unit_test(test_joined_late),
		cmocka_unit_test(test_freed_while_open),
		cmocka_unit_test(test_too_many_victims),
		cmocka_unit_test(test_too_many_cgroups),
		cmocka_unit_test(test_too_many_writes),
		cmocka_unit_test(test_hostile_parents),
		cmocka_unit_test(test_long_chain),
		cmocka_unit_test(test_cut_chain),
		cmocka_unit_test(test_exit_of_a_victim),
		cmocka_unit_test(test_many_victims_are_remembered),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_overlapping_writes),
		cmocka_unit_test(test_causes),
		cmocka_unit_test(test_cause_without_probes),
		cmocka_unit_test(test_numbers_of_writes),
		cmocka_unit_test(test_write_after_the_run),
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
