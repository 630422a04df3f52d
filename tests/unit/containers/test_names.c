// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE 1

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "containers/names.h"
#include "runtime.h"

static int pipes[2];
static unsigned int worked;

static bool work(void *ctx)
{
	char byte;

	(void)ctx;
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	worked++;
	return true;
}

static bool hurry;

static bool hurries(void *ctx)
{
	(void)ctx;
	return hurry;
}

static struct names *new_names(void)
{
	static const struct record_container none;
	struct names_meanwhile meanwhile = { .work = work, .hurries = hurries };

	assert_int_equal(pipe(pipes), 0);
	meanwhile.fd = pipes[0];
	worked = 0;
	hurry = false;
	return names__new(&none, asker, &meanwhile);
}

static void free_names(struct names *names)
{
	names__free(names);
	close(pipes[0]);
	close(pipes[1]);
}

static struct container_ref docker(const char *id)
{
	struct container_ref ref = { .runtime = CONTAINER__DOCKER };

	snprintf(ref.id, sizeof(ref.id), "%s", id);
	return ref;
}

/* Asks again and again: a busy machine takes its time. */
static void expect_in_the_end(struct names *names, const struct container_ref *ref, const char *name)
{
	const struct timespec step = clock__timespec(20 * NS_PER_MS);
	const char *got = NULL;

	for (int i = 0; i < 3000 && !got; i++) {
		got = names__container(names, ref);
		nanosleep(&step, NULL);
	}
	assert_non_null(got);
	assert_string_equal(got, name);
}

static void a_name_is_asked_for_once(void **state)
{
	struct container_ref ref = docker(ID), lxc = { .runtime = CONTAINER__LXC, .id = "web" };
	struct names *names = new_names();
	unsigned int asked;

	(void)state;
	server.manner = KNOWS;
	expect_in_the_end(names, &ref, "web");
	asked = server.asked;
	assert_string_equal(names__container(names, &ref), "web");
	assert_null(names__container(names, &lxc));
	assert_int_equal(server.asked, asked);
	free_names(names);
}

static void a_name_that_was_not_known_is_asked_for_again(void **state)
{
	struct container_ref ref = docker(ID);
	struct names *names = new_names();

	(void)state;
	server.manner = KNOWS_NOT;
	assert_null(names__container(names, &ref));
	__atomic_store_n(&server.manner, KNOWS, __ATOMIC_SEQ_CST);
	expect_in_the_end(names, &ref, "web");
	free_names(names);
}

static void a_runtime_that_hangs_is_waited_for_once(void **state)
{
	struct container_ref ref = docker(ID), other = docker(ID2);
	struct names *names = new_names();

	(void)state;
	server.manner = SILENT;
	assert_int_equal(write(pipes[1], "a", 1), 1);
	assert_null(names__container(names, &ref));
	/* What came meanwhile was taken in. */
	assert_int_equal(worked, 1);
	/* Another container's name isn't asked for there: it still waits for the first, or leaves it alone. */
	assert_null(names__container(names, &other));
	assert_int_equal(__atomic_load_n(&server.asked, __ATOMIC_SEQ_CST), 1);
	free_names(names);
}

static void there_is_no_waiting_at_the_end(void **state)
{
	struct container_ref ref = docker(ID);
	struct names *names = new_names();

	(void)state;
	server.manner = SILENT;
	hurry = true;
	assert_int_equal(write(pipes[1], "a", 1), 1);
	assert_null(names__container(names, &ref));
	assert_int_equal(worked, 0);
	free_names(names);
}

/* Cgroups of users may have any name: that of root's container, too. */
static void a_users_cgroup_is_not_called_as_the_container_of_its_id(void **state)
{
	struct container_ref ref = docker(ID), users = docker(ID), nested = docker(ID);
	struct names *names = new_names();
	unsigned int asked;

	(void)state;
	users.user = getuid() + 1000; /* whose socket isn't the runtime's */
	server.manner = KNOWS;
	for (int i = 0; i < 3; i++)
		assert_null(names__container(names, &users));
	/* And so can a container. */
	nested.nested = true;
	assert_null(names__container(names, &nested));
	assert_int_equal(server.asked, 0);
	expect_in_the_end(names, &ref, "web");
	asked = server.asked;
	assert_null(names__container(names, &users));
	assert_string_equal(names__container(names, &ref), "web");
	assert_int_equal(server.asked, asked);
	free_names(names);
}

/* The name that was learnt while a container lived is kept for its end. */
static void users_containers_push_no_name_out(void **state)
{
	struct container_ref ref = docker(ID);
	struct names *names = new_names();
	unsigned int asked;

	(void)state;
	server.manner = KNOWS;
	expect_in_the_end(names, &ref, "web");
	asked = server.asked;
	hurry = true;
	for (int i = 0; i < 1000; i++) {
		char id[65];
		struct container_ref users;

		snprintf(id, sizeof(id), "%064d", i);
		users = docker(id);
		users.user = getuid() + 1000;
		names__container(names, &users);
	}
	assert_string_equal(names__container(names, &ref), "web");
	assert_int_equal(server.asked, asked);
	free_names(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_name_is_asked_for_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_name_that_was_not_known_is_asked_for_again, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_runtime_that_hangs_is_waited_for_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(there_is_no_waiting_at_the_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_users_cgroup_is_not_called_as_the_container_of_its_id,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(users_containers_push_no_name_out, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
