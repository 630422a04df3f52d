// SPDX-License-Identifier: GPL-2.0-only
/* Each test in a process of its own: what is given up doesn't come back. */
#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/privileges.h"

#define BPF (1ULL << 39)

struct caps {
	uint64_t effective, permitted, inheritable;
};

static struct caps caps(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		_exit(100);
	return (struct caps){
		.effective = data[0].effective | (uint64_t)data[1].effective << 32,
		.permitted = data[0].permitted | (uint64_t)data[1].permitted << 32,
		.inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32,
	};
}

/* Runs it in a child, which returns the number of the line that was wrong, or 0. */
static int in_child(int (*run)(void))
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(run());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define CHECK(what)                      \
	do {                             \
		if (!(what))             \
			return __LINE__; \
	} while (0)

static int drop(void)
{
	struct caps before = caps(), after;

	CHECK(!privileges__drop());
	after = caps();
	CHECK(after.effective == (before.permitted & BPF));
	CHECK(after.permitted == after.effective);
	CHECK(!after.inheritable);
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	/* Nor does a program that it executes get any. */
	if (before.effective >> CAP_SETPCAP & 1) {
		CHECK(prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0) == 0);
		CHECK(prctl(PR_CAPBSET_READ, 39, 0, 0, 0) == 1 || !(before.permitted & BPF));
	}
	/* Once more is no error, and gives nothing back. */
	CHECK(!privileges__keep(~0ULL));
	CHECK(caps().effective == after.effective);
	return 0;
}

static int keep_none(void)
{
	char names[64];

	CHECK(!privileges__keep(0));
	CHECK(!caps().permitted);
	CHECK(!privileges__missing(names, sizeof(names)));
	CHECK(!strcmp(names, "CAP_BPF, CAP_PERFMON"));
	return 0;
}

static int missing(void)
{
	struct caps now = caps();
	char names[64];

	if (!(now.permitted >> CAP_SYS_ADMIN & 1) && !(now.permitted & BPF))
		return 0;
	CHECK(!privileges__missing(names, sizeof(names)));
	CHECK(now.effective >> CAP_SYS_ADMIN & 1 ? !names[0] : !strstr(names, "CAP_BPF"));
	if (now.permitted & BPF) {
		CHECK(!privileges__keep(BPF));
		CHECK(!privileges__missing(names, sizeof(names)));
		CHECK(!strcmp(names, "CAP_PERFMON"));
	}
	return 0;
}

static void all_but_one_are_given_up(void **state)
{
	(void)state;
	assert_int_equal(in_child(drop), 0);
}

static void all_are_given_up(void **state)
{
	(void)state;
	assert_int_equal(in_child(keep_none), 0);
}

static void what_is_missing(void **state)
{
	(void)state;
	assert_int_equal(in_child(missing), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_but_one_are_given_up),
		cmocka_unit_test(all_are_given_up),
		cmocka_unit_test(what_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
