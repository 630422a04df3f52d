// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cgroup_tree.h"
#include "containers/api_server.h"
#include "target/resolve.h"

#define SCOPE "/system.slice/docker-" ID ".scope"
#define SCOPE2 "/system.slice/docker-" ID2 ".scope"

static struct cgroup__hierarchy h;

static struct resolve_result resolve(const char *name)
{
	static struct resolve_result r;

	memset(&r, 0xaa, sizeof(r));
	assert_int_equal(resolve__container(&h, name, &r), 0);
	return r;
}

/* ---- the tree alone: no runtime knows it ---- */

static int make(void **state)
{
	(void)state;
	unsetenv("DOCKER_HOST");
	tree_make(&h);
	tree_add(&h, "/system.slice");
	tree_add(&h, "/machine.slice");
	tree_add(&h, SCOPE);
	tree_add(&h, SCOPE2);
	tree_add(&h, "/machine.slice/systemd-nspawn@mars.service");
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	tree_remove(&h, "");
	return 0;
}

static void by_id(void **state)
{
	struct resolve_result r = resolve(ID);
	uint64_t id = 0;
	int fd = cgroup__open(&h, SCOPE);

	(void)state;
	assert_int_equal(r.outcome, RESOLVE__RESOLVED);
	assert_int_equal(r.source, RESOLVE__FROM_TREE);
	assert_int_equal(r.runtime, CONTAINER__DOCKER);
	assert_string_equal(r.id, ID);
	assert_string_equal(r.name, "");
	assert_string_equal(r.cgroup, SCOPE);
	assert_int_equal(cgroup__id(fd, &id), 0);
	assert_true(r.cgroup_id == id);
	assert_int_equal(r.init_pid, 0);
	close(fd);
}

/* Both ids begin with 0123; one goes on with 4. */
static void by_prefix(void **state)
{
	struct resolve_result r = resolve("01234");

	(void)state;
	assert_int_equal(r.outcome, RESOLVE__RESOLVED);
	assert_string_equal(r.id, ID);
	r = resolve("0123");
	assert_int_equal(r.outcome, RESOLVE__AMBIGUOUS);
	assert_int_equal(r.candidate_count, 2);
	assert_false(r.more_candidates);
	assert_string_not_equal(r.candidates[0].id, r.candidates[1].id);
	assert_non_null(strstr(r.candidates[0].cgroup, r.candidates[0].id));
	r = resolve("4");
	assert_int_equal(r.outcome, RESOLVE__NOT_FOUND);
}

/* A user may name a cgroup as they like: neither another id nor a name may stand in the way of root's. */
static void root_before_users(void **state)
{
	static const char session[] = "/user.slice/user-1000.slice/user@1000.service";
	static const char *const names[] = { "docker-" ID ".scope", "machine-mars.scope",
					     "machine-0123456789.scope" };
	struct resolve_result r;
	char path[256];

	(void)state;
	tree_add(&h, "/user.slice");
	tree_add(&h, "/user.slice/user-1000.slice");
	tree_add(&h, session);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", session, names[i]);
		tree_add(&h, path);
	}
	r = resolve(ID);
	assert_int_equal(r.outcome, RESOLVE__RESOLVED);
	assert_string_equal(r.cgroup, SCOPE);
	r = resolve("mars");
	assert_int_equal(r.outcome, RESOLVE__RESOLVED);
	assert_string_equal(r.cgroup, "/machine.slice/systemd-nspawn@mars.service");
	r = resolve("0123456789");
	assert_int_equal(r.outcome, RESOLVE__RESOLVED);
	assert_string_equal(r.cgroup, SCOPE);
	/* What only a user has is theirs. */
	tree_remove(&h, "/machine.slice");
	r = resolve("mars");
	assert_int_equal(r.outcome, RESOLVE__RESOLVED);
	assert_non_null(strstr(r.cgroup, session));
}

/* A machine's name isn't an id: no prefix will do. */
static void by_machine_name(void **state)
{
	struct resolve_result r = resolve("mars");

	(void)state;
	assert_int_equal(r.outcome, RESOLVE__RESOLVED);
	assert_int_equal(r.runtime, CONTAINER__NSPAWN);
	assert_string_equal(r.cgroup, "/machine.slice/systemd-nspawn@mars.service");
	r = resolve("mar");
	assert_int_equal(r.outcome, RESOLVE__NOT_FOUND);
}

static void no_name(void **state)
{
	struct resolve_result r;

	(void)state;
	assert_int_equal(resolve__container(&h, "", &r), -EINVAL);
	assert_int_equal(resolve__container(&h, NULL, &r), -EINVAL);
}

/* A container may make cgroups below its own: one of another container's name must not become the target. */
static void a_name_that_a_container_took(void **state)
{
	struct resolve_result r;

	(void)state;
	/* Both ways, because the file system decides which the search comes to first. */
	tree_add(&h, SCOPE2 "/docker-" ID ".scope");
	tree_add(&h, SCOPE "/docker-" ID2 ".scope");
	r = resolve(ID);
	assert_int_equal(r.outcome, RESOLVE__RESOLVED);
	assert_string_equal(r.cgroup, SCOPE);
	r = resolve(ID2);
	assert_int_equal(r.outcome, RESOLVE__RESOLVED);
	assert_string_equal(r.cgroup, SCOPE2);
	/* Where it is the only one of that name, it is what was meant. */
	tree_remove(&h, SCOPE);
	r = resolve(ID);
	assert_string_equal(r.cgroup, SCOPE2 "/docker-" ID ".scope");
}

static void more_than_can_be_named(void **state)
{
	char path[256];
	struct resolve_result r;

	(void)state;
	for (int i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), "/system.slice/docker-ff%02x%.60s.scope", i, ID);
		tree_add(&h, path);
	}
	r = resolve("ff");
	assert_int_equal(r.outcome, RESOLVE__AMBIGUOUS);
	assert_int_equal(r.candidate_count, RESOLVE__MAX_CANDIDATES);
	assert_true(r.more_candidates);
}

/* A process that is no container's init is better than none. 0 is one of another pid namespace. */
static void the_init_process(void **state)
{
	char text[64];

	(void)state;
	snprintf(text, sizeof(text), "0\n%d\n%d\n", getpid(), getppid());
	tree_put(&h, SCOPE "/cgroup.procs", text);
	assert_int_equal(resolve(ID).init_pid, getpid());
}

/* ---- a runtime that knows it ---- */

static int make_with_api(void **state)
{
	char host[256];

	if (make(state) || start(state))
		return -1;
	snprintf(host, sizeof(host), "unix://%s", server.path);
	return setenv("DOCKER_HOST", host, 1);
}

static int unmake_with_api(void **state)
{
	return unmake(state) || stop(state);
}

static struct resolve_result resolve_with(const char *name, const char *answer)
{
	struct resolve_result r;

	answer_with(ANSWER, answer, strlen(answer));
	r = resolve(name);
	settle();
	assert_string_equal(r.asked[0].socket, server.path);
	return r;
}

/* Its pid is another namespace's, in which no process of ours is in the container: the tree has its cgroup. */
static void a_name_of_the_runtime(void **state)
{
	static const char answer[] = HEAD "\r\n{\"Id\":\"" ID "\",\"State\":{\"Status\":\"running\","
					  "\"Running\":true,\"Pid\":4194304},\"Name\":\"/web-1\"}";
	struct resolve_result r = resolve_with("web-1", answer);

	(void)state;
	assert_int_equal(r.asked[0].result, 0);
	assert_int_equal(r.outcome, RESOLVE__RESOLVED);
	assert_int_equal(r.source, RESOLVE__FROM_API);
	assert_string_equal(r.name, "web-1");
	assert_string_equal(r.socket, server.path);
	assert_string_equal(r.cgroup, SCOPE);
	assert_int_equal(r.cgroup_error, -ESRCH);
}

static void no_cgroup_for_it(void **state)
{
	static const char answer[] = HEAD "\r\n{\"Id\":\"" ID "\",\"State\":{\"Status\":\"running\","
					  "\"Running\":true,\"Pid\":4194304},\"Name\":\"/web-1\"}";
	struct resolve_result r;

	(void)state;
	tree_remove(&h, SCOPE);
	r = resolve_with("web-1", answer);
	assert_int_equal(r.outcome, RESOLVE__NO_CGROUP);
	assert_int_equal(r.cgroup_error, -ESRCH);
}

static void it_has_ended(void **state)
{
	struct resolve_result r = resolve_with("web-1", HEAD "\r\n" EXITED_JSON);

	(void)state;
	assert_int_equal(r.outcome, RESOLVE__NOT_RUNNING);
	assert_int_equal(r.container.exit_code, 137);
	assert_true(r.container.oom_killed);
}

/* The list has the others' names, too. */
static void the_runtime_has_several(void **state)
{
	static const char answer[] = "HTTP/1.0 400 Bad Request\r\nServer: Docker/28.0 (linux)\r\n\r\n"
				     "{\"message\":\"multiple IDs found with provided prefix: 0123\"}";
	struct resolve_result r = resolve_with("0123", answer);

	(void)state;
	assert_int_equal(r.asked[0].result, -ENOTUNIQ);
	assert_int_equal(r.outcome, RESOLVE__AMBIGUOUS);
}

/* Neither does the tree. */
static void the_runtime_knows_it_not(void **state)
{
	static const char answer[] = "HTTP/1.0 404 Not Found\r\n\r\n{\"message\":\"No such container: db\"}";
	struct resolve_result r = resolve_with("db", answer);

	(void)state;
	assert_int_equal(r.asked[0].result, -ENOENT);
	assert_int_equal(r.outcome, RESOLVE__NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(by_id, make, unmake),
		cmocka_unit_test_setup_teardown(by_prefix, make, unmake),
		cmocka_unit_test_setup_teardown(by_machine_name, make, unmake),
		cmocka_unit_test_setup_teardown(root_before_users, make, unmake),
		cmocka_unit_test_setup_teardown(no_name, make, unmake),
		cmocka_unit_test_setup_teardown(a_name_that_a_container_took, make, unmake),
		cmocka_unit_test_setup_teardown(more_than_can_be_named, make, unmake),
		cmocka_unit_test_setup_teardown(the_init_process, make, unmake),
		cmocka_unit_test_setup_teardown(a_name_of_the_runtime, make_with_api, unmake_with_api),
		cmocka_unit_test_setup_teardown(no_cgroup_for_it, make_with_api, unmake_with_api),
		cmocka_unit_test_setup_teardown(it_has_ended, make_with_api, unmake_with_api),
		cmocka_unit_test_setup_teardown(the_runtime_has_several, make_with_api, unmake_with_api),
		cmocka_unit_test_setup_teardown(the_runtime_knows_it_not, make_with_api, unmake_with_api),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
