// SPDX-License-Identifier: GPL-2.0-only
/* Who sent SIGKILL, in words: what is proved, and behind a colon what usually does so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "output/text.h"
#include "output/text_killer.h"
#include "output/wrap.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DOCKER "/system.slice/docker-" ID ".scope"
#define S 1000000000ULL

static struct record_container container(const char *path)
{
	struct record_container c = {};

	assert_int_equal(container__from_cgroup_path(path, &c.ref), 0);
	return c;
}

static struct record_killer killer(enum record_kill_way way, const char *comm)
{
	return (struct record_killer){ .way = way,
				       .sender = { .pid = 900, .comm = comm, .cgroup = "/docker.service" } };
}

static void assert_words(const struct record_killer *k, const char *receiver, const char *expected)
{
	struct record_container c = receiver ? container(receiver) : (struct record_container){};
	size_t size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	text_killer__put(out, k, &c, receiver);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(wrap__plain(text), expected);
	free(text);
}

static void test_ways(void **state)
{
	static const struct {
		enum record_kill_way way;
		const char *words;
	} ways[] = {
		{ KILL_WAY_UNKNOWN, "sent by sh (pid 900) in /docker.service" },
		{ KILL_WAY_KILL, "sent by sh (pid 900) in /docker.service" },
		{ KILL_WAY_CGROUP_KILL,
		  "sent to its whole cgroup, by a write to cgroup.kill by sh (pid 900) in /docker.service" },
		{ KILL_WAY_PID_NAMESPACE,
		  "sent at the end of its pid namespace, whose init was sh (pid 900) in /docker.service" },
		{ KILL_WAY_PARENT_DEATH,
		  "sent at the death of its parent (PR_SET_PDEATHSIG), sh (pid 900) in /docker.service" },
		{ KILL_WAY_RLIMIT,
		  "sent by the kernel: it had used up its time on the CPU (RLIMIT_CPU or RLIMIT_RTTIME)" },
		{ KILL_WAY_TIMER, "sent by a timer (timer_create)" },
		{ KILL_WAY_OOM_KILLER, "sent by the OOM killer, for sh (pid 900) in /docker.service" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct record_killer k = killer(ways[i].way, "sh");

		assert_words(&k, NULL, ways[i].words);
	}
}

static void test_by_kernel(void **state)
{
	struct record_killer k = killer(KILL_WAY_UNKNOWN, "sh");

	(void)state;
	k.by_kernel = true;
	assert_words(&k, NULL, "sent by the kernel, in the middle of sh (pid 900) in /docker.service");
}

static void test_sender(void **state)
{
	struct record_killer k = killer(KILL_WAY_KILL, "ki\x1bll");

	(void)state;
	k.sender.uid = 1000;
	k.sender.ppid = 812;
	k.sender.parent_comm = "bash";
	k.sender.cgroup = NULL;
	assert_words(&k, NULL, "sent by ki\\x1bll (pid 900, child of bash (pid 812)) of uid 1000");
	k.sender.cgroup = DOCKER;
	k.sender.container = container(DOCKER);
	assert_words(
		&k, NULL,
		"sent by ki\\x1bll (pid 900, child of bash (pid 812)) of uid 1000 in docker 0123456789ab");
	k.sender.cgroup = NULL;
	k.sender.comm = NULL;
	k.sender.parent_comm = NULL;
	assert_words(&k, NULL, "sent by (unknown) (pid 900, child of (unknown) (pid 812)) of uid 1000");
}

static void test_stop_before(void **state)
{
	struct record_killer k = killer(KILL_WAY_KILL, "runc");

	(void)state;
	k.stop = (struct record_stop){
		.signal = 15, .before_ns = 10 * S, .ignored = true, .pid = 880, .comm = "runc"
	};
	assert_words(
		&k, DOCKER,
		"sent by runc (pid 900) in /docker.service, 10.0 s after SIGTERM, which it ignored: as docker "
		"stop does when its time is over");
	/* Somebody else had asked it: what docker stop sends comes from one program. */
	k.stop.comm = "sh";
	k.stop.ignored = false;
	k.stop.signal = 37;
	assert_words(
		&k, DOCKER,
		"sent by runc (pid 900) in /docker.service, 10.0 s after signal 37 by sh (pid 880): as docker "
		"kill and docker rm -f do");
}

/* The same words of any program but a runtime's would be made up. */
static void test_usual(void **state)
{
	struct record_killer k = killer(KILL_WAY_KILL, "runc");

	(void)state;
	assert_words(&k, NULL, "sent by runc (pid 900) in /docker.service");
	assert_words(&k, "/machine.slice/libpod-" ID ".scope",
		     "sent by runc (pid 900) in /docker.service: as podman kill and podman rm -f do");
	assert_words(&k, "/system.slice/crio-" ID ".scope",
		     "sent by runc (pid 900) in /docker.service: as runtimes kill a container at once");
	k = killer(KILL_WAY_KILL, "systemd-oomd");
	assert_words(
		&k, NULL,
		"sent by systemd-oomd (pid 900) in /docker.service: a program that kills when memory is short; "
		"it wasn't the kernel's OOM killer");
	k = killer(KILL_WAY_KILL, "systemd");
	assert_words(&k, NULL,
		     "sent by systemd (pid 900) in /docker.service: as systemctl kill -s KILL does");
	k.stop = (struct record_stop){ .signal = 15, .before_ns = 90 * S, .comm = "systemd" };
	assert_words(
		&k, NULL,
		"sent by systemd (pid 900) in /docker.service, 1m 30s after SIGTERM: as systemd stops a unit "
		"when its TimeoutStopSec is over");
	/* In a container a process may have any name. */
	k = killer(KILL_WAY_KILL, "runc");
	k.sender.cgroup = DOCKER "/inner";
	assert_words(&k, DOCKER, "sent by runc (pid 900) in " DOCKER "/inner");
	k = killer(KILL_WAY_KILL, "systemd-oomd");
	k.sender.cgroup = DOCKER;
	assert_words(&k, DOCKER, "sent by systemd-oomd (pid 900) in " DOCKER);
	/* What wasn't asked for by a program isn't what it usually does. */
	k = killer(KILL_WAY_PARENT_DEATH, "runc");
	assert_words(&k, DOCKER,
		     "sent at the death of its parent (PR_SET_PDEATHSIG), runc (pid 900) in /docker.service");
}

static void test_news(void **state)
{
	struct record_sigkill s = { .killer = killer(KILL_WAY_KILL, "sh"), .cgroup = "/docker.service" };

	(void)state;
	assert_false(text_killer__is_news(&s)); /* its own cgroup's business */
	s.killer.sender.comm = "earlyoom";
	assert_false(text_killer__is_news(&s)); /* or a name's */
	s.killer.sender.comm = "sh";
	s.init = true;
	assert_true(text_killer__is_news(&s));
	s.init = false;
	s.cgroup = "/a";
	assert_true(text_killer__is_news(&s));
	s.killer.way = KILL_WAY_PID_NAMESPACE;
	assert_false(text_killer__is_news(&s));
	s.killer.way = KILL_WAY_TIMER;
	assert_false(text_killer__is_news(&s));
	s.killer = killer(KILL_WAY_KILL, "sh");
	s.killer.sender.cgroup = NULL;
	assert_false(text_killer__is_news(&s));
}

/* A container's end, as the text tells it at the end of all. */
static void test_end(void **state)
{
	const struct record_killer k = killer(KILL_WAY_KILL, "runc");
	struct record session = { .kind = RECORD_SESSION, .session = { .version = "1", .kernel = "6.1" } };
	struct record exit_record = { .kind = RECORD_EXIT };
	struct record end = { .kind = RECORD_END, .end.reason = "the container is gone" };
	struct record_exit *e = &exit_record.exit;
	size_t size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);
	struct sink *sink = text__new(out, (struct text_look){ .columns = 0 });

	(void)state;
	assert_non_null(sink);
	*e = (struct record_exit){
		.pid = 42, .comm = "sleep", .cgroup = DOCKER, .status = 9, .has_status = true
	};
	e->container = true;
	e->which = container(DOCKER);
	e->killer = &k;
	assert_int_equal(sink__take(sink, &session), 0);
	assert_int_equal(sink__take(sink, &exit_record), 0);
	assert_int_equal(sink__take(sink, &end), 0);
	assert_int_equal(sink__finish(sink), 0);
	sink->ops->free(sink);
	fclose(out);
	assert_non_null(strstr(
		text, "sleep (pid 42) ended with exit code 137 (128 + 9, SIGKILL), not by the OOM killer: "
		      "SIGKILL was sent by runc (pid 900) in /docker.service"));
	assert_non_null(strstr(
		text, "docker 0123456789ab ended with exit code 137, but was not OOM-killed: SIGKILL was "
		      "sent by runc (pid 900) in /docker.service: as docker kill and docker rm -f do\n"));
	free(text);
}

/* Whoever shared the memory of a victim has no record where its event was lost: the SIGKILL is the OOM killer's. */
static void test_end_by_a_lost_run(void **state)
{
	struct record_killer k = { .way = KILL_WAY_OOM_KILLER,
				   .by_kernel = true,
				   .sender = { .pid = 7, .comm = "hog" } };
	struct record session = { .kind = RECORD_SESSION, .session = { .version = "1", .kernel = "6.1" } };
	struct record exit_record = { .kind = RECORD_EXIT }, end = { .kind = RECORD_END };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct sink *sink = text__new(out, (struct text_look){ .columns = 0 });

	(void)state;
	exit_record.exit = (struct record_exit){
		.pid = 42, .comm = "init", .cgroup = "/a", .status = 9, .has_status = true
	};
	exit_record.exit.container = true;
	exit_record.exit.killer = &k;
	assert_int_equal(sink__take(sink, &session), 0);
	assert_int_equal(sink__take(sink, &exit_record), 0);
	assert_int_equal(sink__take(sink, &end), 0);
	assert_int_equal(sink__finish(sink), 0);
	sink->ops->free(sink);
	fclose(out);
	assert_non_null(strstr(text, "(128 + 9, SIGKILL), killed by the OOM killer\n"));
	assert_non_null(strstr(
		text, "/a ended with exit code 137: its init was killed in an OOM that is not in here\n"));
	assert_null(strstr(text, "not OOM-killed"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ways),   cmocka_unit_test(test_by_kernel),
		cmocka_unit_test(test_sender), cmocka_unit_test(test_stop_before),
		cmocka_unit_test(test_usual),  cmocka_unit_test(test_news),
		cmocka_unit_test(test_end),    cmocka_unit_test(test_end_by_a_lost_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
