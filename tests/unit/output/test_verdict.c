// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verdict of random recordings: each sentence must be true of every record that it speaks of. Beside each recording
 * the test keeps what is in it, in counts that know nothing of the verdict's own.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output/verdict.h"
#include "take.h"

#define RECORDINGS 3000
#define RECORDS_MAX 24
#define SUBJECTS 3

/* What an OOM can come of, and the words that say so. */
static const struct reason {
	enum record_cause cause;
	const char *constraint;
	const char *limit; /* behind the subject's path; NULL: none. "/": of the cgroup above */
	uint64_t mib;
	uint64_t write;
	uint32_t observer; /* its pid; 0: there is none */
	const char *words; /* each in one recording's sentences only where this is the reason */
} reasons[] = {
	{ CAUSE_SYSRQ, "none", NULL, 0, 0, 0, "somebody asked for it by sysrq" },
	{ CAUSE_WHOLE_MACHINE, "none", NULL, 0, 0, 0, "the whole machine was out of memory" },
	{ CAUSE_WHOLE_MACHINE, "cpuset", NULL, 0, 0, 0, "the memory nodes of a cpuset were out of memory" },
	{ CAUSE_WHOLE_MACHINE, "mempolicy", NULL, 0, 0, 0,
	  "the memory nodes of a memory policy were out of memory" },
	{ CAUSE_LIMIT_UNCHANGED, "memcg", "", 96, 0, 0,
	  "its own limit of 96.0 MiB, into which the workload grew" },
	{ CAUSE_LIMIT_UNCHANGED, "memcg", "/inner", 32, 0, 0, "the limit of 32.0 MiB of " },
	{ CAUSE_LIMIT_UNCHANGED, "memcg", "/container", 48, 0, 0,
	  "its own limit of 48.0 MiB, into which the workload grew" },
	{ CAUSE_ANCESTOR_LIMIT, "memcg", "/", 512, 0, 0, "the limit of 512.0 MiB of /above" },
	{ CAUSE_LIMIT_LOWERED, "memcg", "", 64, 7, 0, "its own limit of 64.0 MiB, lowered by write 7" },
	{ CAUSE_INSIDE_WRITE, "memcg", "", 16, 9, 0, "its own limit of 16.0 MiB, lowered by write 9" },
	{ CAUSE_OBSERVER, "memcg", "", 96, 0, 7,
	  "its own limit of 96.0 MiB, because agent (pid 7), outside of it, accessed memory of a process in it" },
	{ CAUSE_OBSERVER, "memcg", "", 96, 0, 8,
	  "its own limit of 96.0 MiB, because agent (pid 8), outside of it, accessed memory of a process in it" },
};

#define REASONS (sizeof(reasons) / sizeof(reasons[0]))

struct truth {
	char path[32];
	uint64_t kills, nothing, ooms[REASONS], kill_ooms;
	uint64_t ends, oom_ends;
	bool there, init_killed;
};

struct recording {
	struct truth subjects[SUBJECTS];
	uint64_t lost, boot_ns, next_id;
	char text[16384];
	size_t len, sentences;
};

static int note(void *ctx, const struct verdict_sentence *sentence)
{
	struct recording *r = ctx;

	r->len += (size_t)snprintf(r->text + r->len, sizeof(r->text) - r->len, "%s\n", sentence->text);
	assert_true(r->len < sizeof(r->text));
	r->sentences++;
	return 0;
}

/* The clock of the kernel goes on; the other is set now and then. */
static struct record_time now(struct recording *r)
{
	r->boot_ns += 1 + (uint64_t)rand() % 5000000000;
	return (struct record_time){ .boot_ns = r->boot_ns,
				     .wall_ns = (int64_t)(rand() % 3) * 1000000000000000 };
}

static void send_oom(struct sink *sink, struct recording *r, size_t which)
{
	struct truth *t = &r->subjects[which];
	size_t i = (size_t)rand() % REASONS, victims = (size_t)rand() % 3;
	const struct reason *reason = &reasons[i];
	struct record_victim killed[2] = {};
	struct record_level limit = { .has_memory = true, .max_bytes = reason->mib << 20 };
	struct record_oom oom = {
		.id = ++r->next_id,
		.cause = reason->cause,
		.constraint = reason->constraint,
		.cause_limit_id = reason->write,
		.trigger_comm = reason->observer ? "agent" : NULL,
		.trigger_pid = reason->observer,
		.whole_machine = !reason->limit,
		.sysrq = reason->cause == CAUSE_SYSRQ,
		.victims = killed,
		.victim_count = victims,
		.killed = victims,
		.outcome = victims ? OOM_KILLED : OOM_NO_VICTIM,
	};
	char path[64];

	/* With no victim the subject is the limit's cgroup: here the target's own only. */
	if (!victims && (!reason->limit || *reason->limit))
		return;
	for (size_t v = 0; v < victims; v++) {
		killed[v] = (struct record_victim){ .pid = 100 * ((uint32_t)which + 1) + 1 + (uint32_t)v,
						    .comm = "hog",
						    .cgroup = t->path,
						    .init = !v && !(rand() % 4) };
		t->init_killed = t->init_killed || killed[v].init;
	}
	if (reason->limit) {
		bool above = !strcmp(reason->limit, "/");

		snprintf(path, sizeof(path), "%s%s", above ? "/above" : t->path, above ? "" : reason->limit);
		limit.path = path;
		oom.limit = &limit;
		/* crun's second limit of a container. */
		if (!strcmp(reason->limit, "/container"))
			oom.limit_container.ref.runtime = CONTAINER__PODMAN;
	}
	assert_int_equal(TAKE(sink, OOM, oom, now(r), oom), 0);
	t->kills += victims;
	t->kill_ooms += victims > 0;
	t->nothing += !victims;
	t->ooms[i]++;
}

static void send_end(struct sink *sink, struct recording *r, size_t which)
{
	struct truth *t = &r->subjects[which];
	struct record_exit e = {
		.pid = 1, .comm = "init", .cgroup = t->path, .container = true, .has_status = true
	};
	struct record_start back = { .run = t->ends + 1, .cgroup = t->path, .cgroup_id = 1 };

	if (!t->there) {
		assert_int_equal(TAKE(sink, START, start, now(r), back), 0);
		t->there = true;
		return;
	}
	e.status = rand() % 2 ? 9 : 0;
	e.oom_victim = e.status && t->init_killed;
	assert_int_equal(TAKE(sink, EXIT, exit, now(r), e), 0);
	t->there = false;
	t->ends++;
	t->oom_ends += e.oom_victim;
}

static void send_lost(struct sink *sink, struct recording *r)
{
	const struct record_lost lost = { .kind = "victim", .count = 3 };

	assert_int_equal(TAKE(sink, LOST, lost, now(r), lost), 0);
	r->lost += 3;
}

/* The line that begins with the subject's path; NULL: there is none. */
static char *sentence_of(struct recording *r, const struct truth *t)
{
	static char line[4096];
	char *at = r->text;
	size_t len = strlen(t->path);

	for (; *at; at += strcspn(at, "\n") + 1) {
		if (strncmp(at, t->path, len) || at[len] != ' ')
			continue;
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
		return line;
	}
	return NULL;
}

/* The number before these words, or `otherwise` where there is none. */
static uint64_t number_before(const char *line, const char *words, uint64_t otherwise)
{
	const char *at = strstr(line, words), *end = at;

	if (!at)
		return otherwise;
	while (at > line && at[-1] >= '0' && at[-1] <= '9')
		at--;
	return at < end ? strtoull(at, NULL, 10) : otherwise;
}

/* " (2 OOMs)" of all that stands in parentheses, or NULL. */
static const char *find_count(const char *at)
{
	while (at && (at = strstr(at, " (")) && (at[2] < '0' || at[2] > '9'))
		at += 2;
	return at;
}

static uint64_t oom_count(const struct truth *t)
{
	return t->kill_ooms + t->nothing;
}

/* Each reason that stands there is one, and how many OOMs are said to have it, or all that there were. */
static void check_reasons(const struct truth *t, const char *line)
{
	for (size_t i = 0; i < REASONS; i++) {
		const char *at = strstr(line, reasons[i].words), *count;
		uint64_t said = oom_count(t);

		if (!at)
			continue;
		if (!t->ooms[i])
			print_message("%s: %s\n", reasons[i].words, line);
		assert_true(t->ooms[i] > 0);
		count = strstr(line, " of the OOMs for that reason");
		if (count)
			said = number_before(line, " of the OOMs for that reason", 0);
		count = find_count(at);
		if (!strstr(line, " of the OOMs for that reason") && count && strstr(count, " OOM"))
			said = strtoull(count + 2, NULL, 10);
		if (said != t->ooms[i])
			print_message("%" PRIu64 " of %s: %s\n", t->ooms[i], reasons[i].words, line);
		assert_int_equal(said, t->ooms[i]);
	}
}

static void check_subject(struct recording *r, const struct truth *t)
{
	char *line = sentence_of(r, t);

	if (!line) {
		assert_int_equal(oom_count(t) + t->ends, 0);
		return;
	}
	if (strstr(line, " process"))
		assert_int_equal(number_before(line, " process", t->kills), t->kills);
	if (strstr(line, " in ") && strstr(line, " process") && t->kill_ooms > 1)
		assert_int_equal(number_before(line, " OOMs", t->kill_ooms), t->kill_ooms);
	if (strstr(line, " was OOM-killed: "))
		assert_true(t->init_killed);
	if (strstr(line, "was not OOM-killed"))
		assert_true(!t->oom_ends && !r->lost);
	if (strstr(line, " of them OOM-killed")) {
		assert_int_equal(number_before(line, " time", 0), t->ends);
		assert_int_equal(number_before(line, " of them OOM-killed", 0), t->oom_ends);
	}
	assert_int_equal(strstr(line, "and is back") != NULL, t->ends && t->there);
	check_reasons(t, line);
}

static void check_none(struct recording *r)
{
	bool none = true;

	for (size_t i = 0; i < SUBJECTS; i++)
		none = none && !oom_count(&r->subjects[i]) && !r->subjects[i].ends;
	assert_int_equal(none, strstr(r->text, "nothing was OOM-killed") ||
				       strstr(r->text, "no OOM kill was seen"));
	if (strstr(r->text, "nothing was OOM-killed"))
		assert_int_equal(r->lost, 0);
}

static void make_recording(struct sink *sink, struct recording *r)
{
	const struct record_session session = { .version = "1", .kernel = "6.1" };
	const struct record_end end = { .reason = "interrupted" };
	int records = rand() % RECORDS_MAX;

	for (size_t i = 0; i < SUBJECTS; i++) {
		snprintf(r->subjects[i].path, sizeof(r->subjects[i].path), "/subject%zu", i);
		r->subjects[i].there = true;
	}
	assert_int_equal(TAKE(sink, SESSION, session, now(r), session), 0);
	while (records--) {
		size_t which = (size_t)rand() % SUBJECTS;
		int kind = rand() % 12;

		if (kind == 0)
			send_lost(sink, r);
		else if (kind == 1)
			send_end(sink, r, which);
		else if (kind < 6)
			send_oom(sink, r, which);
	}
	assert_int_equal(TAKE(sink, END, end, now(r), end), 0);
	assert_int_equal(sink__finish(sink), 0);
}

static void test_random_recordings(void **state)
{
	(void)state;
	for (unsigned int seed = 0; seed < RECORDINGS; seed++) {
		static struct recording r;
		struct sink *sink = verdict__new(note, &r);

		assert_non_null(sink);
		srand(seed);
		memset(&r, 0, sizeof(r));
		make_recording(sink, &r);
		check_none(&r);
		for (size_t i = 0; i < SUBJECTS; i++)
			check_subject(&r, &r.subjects[i]);
		sink->ops->free(sink);
	}
}

/* The end of a target that a runtime named has no pod: it is the same container all the same. */
static void test_pod_of_a_container(void **state)
{
	static struct recording r;
	struct record_container in_pod = { .ref = { CONTAINER__CONTAINERD, "594a0a6060e9", "4f4d0024", 5 } };
	struct record_container named = { .ref = { CONTAINER__CONTAINERD, "594a0a6060e9", "", 0 } };
	struct record_victim victim = { .pid = 1749, .cgroup = "/kube", .container = in_pod, .init = true };
	struct record_oom oom = { .id = 1,
				  .cause = CAUSE_WHOLE_MACHINE,
				  .whole_machine = true,
				  .killed = 1,
				  .victims = &victim,
				  .victim_count = 1 };
	struct record_exit e = { .pid = 1749,
				 .cgroup = "/kube",
				 .container = true,
				 .which = named,
				 .has_status = true,
				 .status = 9,
				 .oom_victim = true };
	struct sink *sink = verdict__new(note, &r);

	(void)state;
	assert_int_equal(TAKE(sink, OOM, oom, now(&r), oom), 0);
	assert_int_equal(TAKE(sink, EXIT, exit, now(&r), e), 0);
	assert_int_equal(sink__finish(sink), 0);
	assert_string_equal(r.text,
			    "containerd 594a0a6060e9 was OOM-killed: the whole machine was out of memory; "
			    "1 process killed; exit code 137\n");
	sink->ops->free(sink);
}

/* An OOM of which events were lost is no news that nothing was killed. */
static void test_victims_not_known(void **state)
{
	static struct recording r;
	const struct record_session session = { .version = "1", .kernel = "6.1" };
	const struct record_oom oom = { .id = 1, .incomplete = true };
	const struct record_end end = { .reason = "interrupted" };
	struct sink *sink = verdict__new(note, &r);

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(TAKE(sink, SESSION, session, now(&r), session), 0);
	assert_int_equal(TAKE(sink, OOM, oom, now(&r), oom), 0);
	assert_int_equal(TAKE(sink, END, end, now(&r), end), 0);
	assert_int_equal(sink__finish(sink), 0);
	assert_string_equal(r.text, "1 OOM whose victims are not known: events were lost\n");
	sink->ops->free(sink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pod_of_a_container),
		cmocka_unit_test(test_victims_not_known),
		cmocka_unit_test(test_random_recordings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
