// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/oom_score.h"

static int present(void)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "r");
	int value = -9999;

	if (file && fscanf(file, "%d", &value) != 1)
		value = -9999;
	if (file)
		fclose(file);
	return value;
}

/* In a child, since an unprivileged process can't undo a raise. Started with 200, as by a user session. */
static void test_not_the_first(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	assert_true(child >= 0);
	if (!child) {
		if (oom_score__set(200) || present() != 200)
			_exit(1);
		oom_score__protect();
		_exit(present() <= OOM_SCORE__NEUTRAL ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
