// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/notify.h"

/* The next message, or "". */
static const char *heard(int fd)
{
	static char text[256];
	ssize_t got = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[got < 0 ? 0 : got] = '\0';
	return text;
}

/* Ready once, alive as often as half of the watchdog's time, and stopping. */
static void test_manager(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char folder[] = "/tmp/oomtrace-notify-XXXXXX";
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	/* Without one nothing is told. */
	unsetenv("NOTIFY_SOCKET");
	notify__open();
	notify__ready();
	notify__alive(1);

	assert_non_null(mkdtemp(folder));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", folder);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	setenv("WATCHDOG_USEC", "10000000", 1);
	notify__open();
	assert_null(getenv("NOTIFY_SOCKET")); /* helpers are none of the manager's business */
	notify__ready();
	assert_int_equal(strncmp(heard(fd), "READY=1\n", 8), 0);
	notify__alive(100 * NS_PER_S);
	assert_string_equal(heard(fd), "WATCHDOG=1");
	notify__alive(104 * NS_PER_S);
	assert_string_equal(heard(fd), "");
	notify__alive(105 * NS_PER_S);
	assert_string_equal(heard(fd), "WATCHDOG=1");
	notify__stopping();
	assert_string_equal(heard(fd), "STOPPING=1");
	/* A manager that has gone is no reason to fail. */
	close(fd);
	notify__stopping();
	notify__stopping();
	unlink(address.sun_path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_manager) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
