// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
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

#include "service/journal.h"

/* The value of a field of a message in the journal's binary form; NULL: there is none. */
static const char *field(const char *message, size_t size, const char *name)
{
	static char value[512];

	for (size_t at = 0; at < size;) {
		size_t name_len = strcspn(message + at, "\n");
		const char *length = message + at + name_len + 1;
		uint64_t len;

		memcpy(&len, length, sizeof(len));
		assert_true(at + name_len + 1 + 8 + len + 1 <= size && len < sizeof(value));
		assert_int_equal(length[8 + len], '\n');
		snprintf(value, sizeof(value), "%.*s", (int)len, length + 8);
		if (strlen(name) == name_len && !strncmp(message + at, name, name_len))
			return value;
		at += name_len + 1 + 8 + len + 1;
	}
	return NULL;
}

static void test_message(void **state)
{
	static char verdict[] = "docker web was OOM-killed: its own limit of 1.0\x01MiB";
	struct entry e = {
		/* A name that would be two fields in the journal's form of text. */
		.container = "web\nPRIORITY=0",
		.cgroup = "/system.slice/docker-daff88f9.scope/init",
		.whose = "/system.slice/docker-daff88f9.scope/init",
		.cause = "limit-lowered",
		.ooms = 2,
		.kills = 3,
		.verdict = verdict,
	};
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char folder[] = "/tmp/oomtrace-journal-XXXXXX", message[4096];
	int server = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), fd;
	ssize_t size;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder);
	assert_int_equal(journal__open(address.sun_path), -ENOENT);
	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	fd = journal__open(address.sun_path);
	assert_true(fd >= 0);
	assert_int_equal(journal__tell(fd, &e, "x.jsonl.zst"), 0);
	size = recv(server, message, sizeof(message), MSG_DONTWAIT);
	assert_true(size > 0);
	assert_string_equal(field(message, size, "MESSAGE"),
			    "docker web was OOM-killed: its own limit of 1.0 MiB");
	assert_string_equal(field(message, size, "MESSAGE_ID"), JOURNAL_MESSAGE_ID);
	assert_string_equal(field(message, size, "PRIORITY"), "4");
	assert_string_equal(field(message, size, "CONTAINER_NAME"), "web\nPRIORITY=0");
	assert_string_equal(field(message, size, "OBJECT_SYSTEMD_UNIT"), "docker-daff88f9.scope");
	assert_string_equal(field(message, size, "OOMTRACE_CAUSE"), "limit-lowered");
	assert_string_equal(field(message, size, "OOMTRACE_KILLS"), "3");
	assert_string_equal(field(message, size, "OOMTRACE_INCIDENT"), "x.jsonl.zst");
	assert_null(field(message, size, "OOMTRACE_RUNTIME"));
	/* A journal that has gone is told nothing, and is no reason to stop. */
	close(server);
	assert_int_equal(journal__tell(fd, &e, "x.jsonl.zst"), -ECONNREFUSED);
	close(fd);
	unlink(address.sun_path);
	rmdir(folder);
}

static const char *unit_of(const char *cgroup)
{
	struct entry e = { .ooms = 1 };
	char message[4096];
	int ends[2];
	ssize_t size;

	e.whose = (char *)cgroup;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(journal__tell(ends[0], &e, "x.jsonl.zst"), 0);
	size = recv(ends[1], message, sizeof(message), MSG_DONTWAIT);
	assert_true(size > 0);
	close(ends[0]);
	close(ends[1]);
	return field(message, (size_t)size, "OBJECT_SYSTEMD_UNIT");
}

/* As systemd itself has it: a user can call a cgroup below a unit as the unit of somebody else is called. */
static void test_unit(void **state)
{
	(void)state;
	assert_string_equal(unit_of("/system.slice/web.service"), "web.service");
	assert_string_equal(unit_of("/system.slice/web.service/worker"), "web.service");
	assert_string_equal(unit_of("/user.slice/user-1000.slice/user@1000.service/app.slice/sshd.service"),
			    "user@1000.service");
	assert_string_equal(
		unit_of("/kubepods.slice/kubepods-pod1.slice/cri-containerd-1.scope/sshd.service"),
		"cri-containerd-1.scope");
	assert_null(unit_of("/docker/1234/system.slice/sshd.service"));
	assert_string_equal(unit_of("/shop.slice/shop-front.slice"), "shop-front.slice");
	assert_null(unit_of(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_message), cmocka_unit_test(test_unit) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
