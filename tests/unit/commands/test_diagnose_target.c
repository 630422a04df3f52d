// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/exit_codes.h"
#include "commands/diagnose_target.h"
#include "said.h"

#define HOSTILE "a\033[31m\nb"
#define HOSTILE_SHOWN "a\\x1b[31m\\x0ab"

static const struct cgroup__hierarchy h = { .version = 2, .mount = "/sys/fs/cgroup" };
static struct target target;

/* A target that wasn't found, by a name that a user was talked into. */
static int make(void **state)
{
	(void)state;
	memset(&target, 0, sizeof(target));
	target.name = HOSTILE;
	return 0;
}

static const char *not_found(enum target_failure failure, int code)
{
	said_begin();
	assert_int_equal(diagnose_target__not_found(failure, &target, &h), code);
	return said_end();
}

static const char *not_resolved(enum resolve_outcome outcome)
{
	const char *said;

	target.resolved.outcome = outcome;
	said = not_found(TARGET_NOT_RESOLVED, EXIT_RUNTIME);
	assert_non_null(strstr(said, "'" HOSTILE_SHOWN "'"));
	assert_null(strchr(said, '\033'));
	return said;
}

/* Whom it asked, and what each of them said. */
static void no_container(void **state)
{
	struct resolve_result *r = &target.resolved;
	const char *said;

	(void)state;
	r->asked_count = 2;
	strcpy(r->asked[0].socket, "/run/docker.sock");
	r->asked[0].result = -ENOENT;
	strcpy(r->asked[1].socket, "/run/podman.sock");
	r->asked[1].result = -ENOTCONN;
	said = not_resolved(RESOLVE__NOT_FOUND);
	assert_non_null(strstr(said, "  asked /run/docker.sock: answered: no such container\n"));
	assert_non_null(strstr(said, "  asked /run/podman.sock: no such socket, or nobody listens on it\n"));
}

static void several_containers(void **state)
{
	struct resolve_result *r = &target.resolved;
	const char *said;

	(void)state;
	r->candidate_count = 2;
	r->candidates[0].runtime = CONTAINER__DOCKER;
	strcpy(r->candidates[0].id, "0123456789abcdef");
	strcpy(r->candidates[0].name, HOSTILE);
	r->candidates[1].runtime = CONTAINER__PODMAN;
	strcpy(r->candidates[1].id, "01234");
	strcpy(r->candidates[1].cgroup, "/machine.slice/x");
	said = not_resolved(RESOLVE__AMBIGUOUS);
	assert_non_null(strstr(said, "\n  0123456789ab  docker  " HOSTILE_SHOWN "\n"));
	assert_non_null(strstr(said, "\n  01234  podman  /machine.slice/x\n"));
	assert_null(strstr(said, "..."));
	r->more_candidates = true;
	assert_non_null(strstr(not_resolved(RESOLVE__AMBIGUOUS), "\n  ...\n"));
}

/* What isn't known of its end isn't said. */
static void a_container_that_has_ended(void **state)
{
	struct runtime_container *c = &target.resolved.container;

	(void)state;
	strcpy(c->status, "exited");
	assert_non_null(strstr(not_resolved(RESOLVE__NOT_RUNNING), " is not running (exited).\n"));
	c->has_exit_code = c->has_oom_killed = c->oom_killed = true;
	c->exit_code = 137;
	assert_non_null(strstr(not_resolved(RESOLVE__NOT_RUNNING),
			       " is not running (exited, exit code 137, OOMKilled true).\n"));
}

static void a_cgroup_that_is_out_of_sight(void **state)
{
	(void)state;
	target.resolved.cgroup_error = -ESRCH;
	assert_non_null(
		strstr(not_resolved(RESOLVE__NO_CGROUP), "its cgroup can't be found: No such process."));
}

static void other_targets(void **state)
{
	(void)state;
	assert_string_equal(not_found(TARGET_FOUND, EXIT_DONE), "");
	target.error = -EACCES;
	assert_non_null(
		strstr(not_found(TARGET_NO_CGROUP, EXIT_UNSUPPORTED), "--cgroup '" HOSTILE_SHOWN "': "));
	target.error = -ENOENT;
	assert_non_null(strstr(not_found(TARGET_NO_CGROUP, EXIT_RUNTIME), "mounted at /sys/fs/cgroup"));
	assert_non_null(strstr(not_found(TARGET_NO_SEARCH, EXIT_RUNTIME), HOSTILE_SHOWN));
	assert_non_null(
		strstr(not_found(TARGET_NO_HIERARCHY, EXIT_UNSUPPORTED), "oomtrace without a target"));
	strcpy(target.cgroup, "/" HOSTILE);
	assert_non_null(strstr(not_found(TARGET_NOT_OPENED, EXIT_RUNTIME), "cgroup /" HOSTILE_SHOWN ": "));
	target.name = "42";
	assert_non_null(
		strstr(not_found(TARGET_NO_PROCESS, EXIT_RUNTIME), "--pid 42: there is no such process"));
	assert_non_null(strstr(not_found(TARGET_PID_NO_CGROUP, EXIT_RUNTIME), "--pid 42: its cgroup"));
}

static const char *not_changeable(enum target_obstacle obstacle, int code)
{
	said_begin();
	assert_int_equal(diagnose_target__not_changeable(obstacle, &target), code);
	return said_end();
}

static void limits_that_stay(void **state)
{
	(void)state;
	strcpy(target.cgroup, "/" HOSTILE);
	assert_string_equal(not_changeable(TARGET_CHANGEABLE, EXIT_DONE), "");
	assert_non_null(strstr(not_changeable(TARGET_ON_V1, EXIT_UNSUPPORTED), "cgroup v1"));
	assert_non_null(strstr(not_changeable(TARGET_IS_ROOT, EXIT_RUNTIME), "the root cgroup has no limit"));
	assert_non_null(
		strstr(not_changeable(TARGET_HAS_OOMTRACE, EXIT_RUNTIME), "runs in /" HOSTILE_SHOWN "."));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(no_container, make),
		cmocka_unit_test_setup(several_containers, make),
		cmocka_unit_test_setup(a_container_that_has_ended, make),
		cmocka_unit_test_setup(a_cgroup_that_is_out_of_sight, make),
		cmocka_unit_test_setup(other_targets, make),
		cmocka_unit_test_setup(limits_that_stay, make),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
