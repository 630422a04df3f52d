// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "cgroup_tree.h"
#include "containers/api_server.h"
#include "target/ending.h"

#define DRAIN_NS (NS_PER_S / 2)		/* as ending.c waits for the last events */
#define RUNTIME_WAIT_NS (20 * NS_PER_S) /* and for the runtime */
#define BEGIN_NS (1000 * NS_PER_S)

static struct cgroup__hierarchy h;
static struct target target;

static int make(void **state)
{
	(void)state;
	tree_make(&h);
	tree_add(&h, "/a");
	tree_put(&h, "/a/cgroup.events", "populated 1\n");
	target = (struct target){ .cgroup = "/a", .init_pid = 42, .dir_fd = cgroup__open(&h, "/a") };
	target.events_fd = cgroup__populated_fd(target.dir_fd);
	return target.events_fd < 0;
}

static int unmake(void **state)
{
	(void)state;
	target__close(&target);
	tree_remove(&h, "");
	return 0;
}

static void end_target(void)
{
	tree_put(&h, "/a/cgroup.events", "populated 0\n");
}

/* An event of a kill may come after the cgroup is empty: it is waited for. */
static void the_last_events_are_waited_for(void **state)
{
	struct ending ending = { .target = &target };

	(void)state;
	assert_false(ending__is_over(&ending, BEGIN_NS));
	assert_true(ending.gone_since_ns == 0);
	end_target();
	assert_false(ending__is_over(&ending, BEGIN_NS + 1));
	assert_true(ending.gone_since_ns == BEGIN_NS + 1);
	assert_false(ending__is_over(&ending, BEGIN_NS + DRAIN_NS));
	assert_true(ending__is_over(&ending, BEGIN_NS + 1 + DRAIN_NS));
	/* It stays over, whatever comes. */
	tree_put(&h, "/a/cgroup.events", "populated 1\n");
	assert_true(ending__is_over(&ending, BEGIN_NS + 2 + DRAIN_NS));
	assert_string_equal(ending__reason(&ending), "the cgroup is empty");
	target.container.ref.runtime = CONTAINER__DOCKER;
	assert_string_equal(ending__reason(&ending), "the container is gone");
}

static struct record exit_of(uint32_t pid, const char *comm)
{
	return (struct record){
		.kind = RECORD_EXIT,
		.time = { .boot_ns = 5, .wall_ns = 6 },
		.exit = { .pid = pid,
			  .comm = comm,
			  .status = 9,
			  .has_status = true,
			  .oom_victim = true,
			  .cgroup = "/a/b" },
	};
}

/* The exit of its init is told as the end of the whole, once, with the target's own cgroup. */
static void the_exit_of_its_init(void **state)
{
	struct ending ending = { .target = &target };
	char comm[] = "server";
	struct record other = exit_of(43, comm), init = exit_of(42, comm), kill = { .kind = RECORD_OOM };
	struct record record;

	(void)state;
	assert_false(ending__take(&ending, &other));
	assert_false(ending__take(&ending, &kill));
	assert_true(ending__take(&ending, &init));
	memset(comm, 'x', sizeof(comm) - 1); /* it was lent */
	record = ending__record(&ending);
	assert_int_equal(record.kind, RECORD_EXIT);
	assert_true(record.time.boot_ns == 5);
	assert_int_equal(record.exit.pid, 42);
	assert_string_equal(record.exit.comm, "server");
	assert_string_equal(record.exit.cgroup, "/a");
	assert_true(record.exit.container && record.exit.oom_victim && record.exit.has_status);
	assert_null(record.exit.runtime_status);
}

/* SIGKILL to another process of the target didn't end the target, nor did one of the run before. */
static void who_killed_it(void **state)
{
	struct ending ending = { .target = &target };
	struct record kill = { .kind = RECORD_SIGKILL, .sigkill = { .pid = 43, .killer.sender.pid = 900 } };

	(void)state;
	ending__take(&ending, &kill);
	assert_null(ending__record(&ending).exit.killer);
	kill.sigkill.pid = 42;
	ending__take(&ending, &kill);
	assert_int_equal(ending__record(&ending).exit.killer->sender.pid, 900);
	ending__begin_again(&ending);
	assert_null(ending__record(&ending).exit.killer);
}

/* Nobody saw its init end: what is known is that it is gone. */
static void without_an_init(void **state)
{
	struct ending ending = { .target = &target };
	struct record exit = exit_of(42, "server"), record;

	(void)state;
	target.init_pid = 0;
	assert_false(ending__take(&ending, &exit));
	record = ending__record(&ending);
	assert_true(record.exit.container);
	assert_int_equal(record.exit.pid, 0);
	assert_false(record.exit.has_status);
	assert_true(record.time.boot_ns > 0);
}

/* What other limits refused while it ran; when it is gone its files can't be read any more. */
static void what_it_was_refused(void **state)
{
	struct ending ending = { .target = &target };
	struct record record;

	(void)state;
	tree_put(&h, "/a/pids.events", "max 5\n");
	tree_put(&h, "/a/pids.max", "20\n");
	tree_put(&h, "/a/hugetlb.2MB.events", "max 0\n");
	tree_put(&h, "/a/hugetlb.2MB.events.local", "max 7\n");
	ending__begin(&ending);
	assert_false(ending__is_over(&ending, BEGIN_NS));
	tree_put(&h, "/a/pids.events", "max 7\n");
	end_target();
	assert_false(ending__is_over(&ending, BEGIN_NS + 1));
	unlinkat(target.dir_fd, "pids.events", 0);
	assert_true(ending__is_over(&ending, BEGIN_NS + 1 + DRAIN_NS));
	record = ending__record(&ending);
	assert_true(record.exit.has_refusals);
	assert_int_equal(record.exit.refusal_count, 1);
	assert_string_equal(record.exit.refusals[0].file, "pids.max");
	assert_true(record.exit.refusals[0].has_max);
	assert_int_equal(record.exit.refusals[0].max, 20);
	assert_int_equal(record.exit.refusals[0].count, 2);
}

/* Nobody has counted, or the counts went before the last look: that isn't none. */
static void what_it_was_refused_is_unknown(void **state)
{
	struct ending ending = { .target = &target };

	(void)state;
	ending__begin(&ending);
	assert_false(ending__record(&ending).exit.has_refusals);
	tree_put(&h, "/a/pids.events", "max 5\n");
	ending__begin(&ending);
	assert_true(ending__record(&ending).exit.has_refusals);
	unlinkat(target.dir_fd, "pids.events", 0);
	end_target();
	ending__is_over(&ending, BEGIN_NS);
	assert_false(ending__record(&ending).exit.has_refusals);
	assert_int_equal(ending__record(&ending).exit.refusal_count, 0);
}

/* ---- with a runtime ---- */

static struct asker *asker;

static int make_with_runtime(void **state)
{
	if (make(state) || start(state) || asker__start(&asker))
		return -1;
	strcpy(target.resolved.socket, server.path);
	strcpy(target.resolved.id, ID);
	end_target();
	return 0;
}

static int unmake_with_runtime(void **state)
{
	asker__stop(asker);
	return stop(state) || unmake(state);
}

/* The trace's clock stands still meanwhile, so a slow machine changes nothing. */
static bool is_over_at(struct ending *ending, uint64_t now_ns)
{
	int question;

	ending__is_over(ending, now_ns);
	for (question = ending->question; !ending->over && ending->question == question && question;) {
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
		ending__is_over(ending, now_ns);
	}
	return ending->over;
}

static void answer(const char *text)
{
	answer_with(ANSWER, text, strlen(text));
}

/* It says that it runs until it has noticed the end, and then how it ended. */
static void the_runtime_knows_more(void **state)
{
	struct ending ending = { .target = &target, .asker = asker };
	struct record record;

	(void)state;
	answer(HEAD "\r\n" RUNNING_JSON);
	assert_false(ending__is_over(&ending, BEGIN_NS));
	assert_false(is_over_at(&ending, BEGIN_NS + DRAIN_NS));
	settle();
	answer(HEAD "\r\n" EXITED_JSON);
	while (!is_over_at(&ending, BEGIN_NS + DRAIN_NS + 1))
		;
	record = ending__record(&ending);
	assert_string_equal(record.exit.runtime_status, "exited");
	assert_int_equal(record.exit.runtime_exit_code, 137);
	assert_true(record.exit.runtime_oom_killed);
}

/* What it said while it thought that the container runs is no end. */
static void the_runtime_never_notices(void **state)
{
	struct ending ending = { .target = &target, .asker = asker };

	(void)state;
	answer(HEAD "\r\n" RUNNING_JSON);
	assert_false(ending__is_over(&ending, BEGIN_NS));
	assert_false(is_over_at(&ending, BEGIN_NS + RUNTIME_WAIT_NS - 1));
	assert_true(is_over_at(&ending, BEGIN_NS + RUNTIME_WAIT_NS));
	assert_null(ending__record(&ending).exit.runtime_status);
}

/* It was removed with --rm: there is nothing more to come. */
static void the_runtime_has_forgotten_it(void **state)
{
	struct ending ending = { .target = &target, .asker = asker };

	(void)state;
	answer("HTTP/1.0 404 Not Found\r\n\r\n{\"message\":\"No such container\"}");
	assert_false(ending__is_over(&ending, BEGIN_NS));
	assert_true(is_over_at(&ending, BEGIN_NS + DRAIN_NS));
	assert_null(ending__record(&ending).exit.runtime_status);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_last_events_are_waited_for, make, unmake),
		cmocka_unit_test_setup_teardown(the_exit_of_its_init, make, unmake),
		cmocka_unit_test_setup_teardown(who_killed_it, make, unmake),
		cmocka_unit_test_setup_teardown(without_an_init, make, unmake),
		cmocka_unit_test_setup_teardown(what_it_was_refused, make, unmake),
		cmocka_unit_test_setup_teardown(what_it_was_refused_is_unknown, make, unmake),
		cmocka_unit_test_setup_teardown(the_runtime_knows_more, make_with_runtime,
						unmake_with_runtime),
		cmocka_unit_test_setup_teardown(the_runtime_never_notices, make_with_runtime,
						unmake_with_runtime),
		cmocka_unit_test_setup_teardown(the_runtime_has_forgotten_it, make_with_runtime,
						unmake_with_runtime),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
