// SPDX-License-Identifier: GPL-2.0-only
/* The verdict on what ends and is made again, under its name and with another id. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "output/verdict.h"
#include "take.h"

struct told {
	uint64_t boot_ns;
	char text[1024];
	size_t len;
};

static int note(void *ctx, const struct verdict_sentence *sentence)
{
	struct told *told = ctx;

	if (!sentence->rule)
		told->len += (size_t)snprintf(told->text + told->len, sizeof(told->text) - told->len, "%s\n",
					      sentence->text);
	assert_true(told->len < sizeof(told->text));
	return 0;
}

static struct record_time now(struct told *told)
{
	told->boot_ns += 1000;
	return (struct record_time){ .boot_ns = told->boot_ns };
}

static void send_kill(struct sink *sink, struct told *told, const struct record_container *c)
{
	struct record_level limit = { .path = "/pod/scope", .has_memory = true, .max_bytes = 32 << 20 };
	struct record_victim victim = { .pid = 1749, .cgroup = limit.path, .container = *c, .init = true };
	struct record_oom oom = { .id = ++told->boot_ns,
				  .cause = CAUSE_LIMIT_UNCHANGED,
				  .constraint = "memcg",
				  .limit = &limit,
				  .killed = 1,
				  .victims = &victim,
				  .victim_count = 1 };

	assert_int_equal(TAKE(sink, OOM, oom, now(told), oom), 0);
}

static void send_end_of(struct sink *sink, struct told *told, const struct record_container *c, uint64_t run)
{
	struct record_exit e = { .pid = 1749,
				 .cgroup = "/pod/scope",
				 .container = true,
				 .run = run,
				 .which = *c,
				 .has_status = true,
				 .status = 9,
				 .oom_victim = true };
	struct record_start start = { .run = run + 1, .cgroup = "/pod/scope" };

	assert_int_equal(TAKE(sink, EXIT, exit, now(told), e), 0);
	start.container = *c;
	start.container.ref.id[0]++;
	assert_int_equal(TAKE(sink, START, start, now(told), start), 0);
}

/* The kubelet makes a container of another id in the place of one that has ended: it is told of by its name, once. */
static void test_made_again_by_its_name(void **state)
{
	static struct told told;
	struct record_container app = { .ref = { CONTAINER__CONTAINERD, "aaaaaaaaaaaa", "4f4d0024", 0 },
					.name = "shop/web-0/app" };
	struct record_container users = app;
	struct record_stall stall = {
		.cgroup = "/pod/scope", .over = true, .duration_ns = 1000, .max_bytes = 32 << 20
	};
	struct sink *sink = verdict__new(note, &told);

	(void)state;
	/* A target, each of whose ends is told. */
	for (uint64_t run = 1; run <= 3; run++) {
		send_kill(sink, &told, &app);
		send_end_of(sink, &told, &app, run);
		app.ref.id[0]++;
	}
	assert_int_equal(sink__finish(sink), 0);
	assert_string_equal(
		told.text,
		"containerd shop/web-0/app ended 3 times, 3 of them OOM-killed, and is back; it lost 3 "
		"processes in 3 OOMs to the OOM killer: its own limit of 32.0 MiB, into which the workload "
		"grew\n");
	/* The whole machine, of which kills are told, and no ends. */
	memset(&told, 0, sizeof(told));
	for (int i = 0; i < 2; i++) {
		send_kill(sink, &told, &app);
		app.ref.id[0]++;
	}
	/* A user's own of that name isn't root's. */
	users.ref.user = 1000;
	users.ref.id[0] = 'f';
	send_kill(sink, &told, &users);
	assert_int_equal(sink__finish(sink), 0);
	assert_string_equal(
		told.text,
		"containerd shop/web-0/app was OOM-killed: its own limit of 32.0 MiB, into which the workload "
		"grew; 2 processes in 2 OOMs killed; they were in 2 containers of that name, one after the other\n"
		"containerd shop/web-0/app (faaaaaaaaaaa) was OOM-killed: its own limit of 32.0 MiB, into which the "
		"workload grew; 1 process killed\n");
	/* One in which nothing was killed isn't counted with them. */
	memset(&told, 0, sizeof(told));
	stall.container = app;
	assert_int_equal(TAKE(sink, STALL, stall, now(&told), stall), 0);
	app.ref.id[0]++;
	send_kill(sink, &told, &app);
	assert_int_equal(sink__finish(sink), 0);
	assert_string_equal(told.text,
			    "containerd shop/web-0/app was OOM-killed: its own limit of 32.0 MiB, into which "
			    "the workload grew; 1 process killed\n");
	sink->ops->free(sink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made_again_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
