// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "kmsg/line.h"

struct expected {
	const char *raw, *text;
	const char *time, *host, *program; /* NULL: none */
	bool user;
	double uptime; /* 0: none */
	const char *caller;
	int64_t wall_s; /* 0: none */
};

static const struct expected lines[] = {
	/* syslog, with and without a host, with dmesg's stamp in it */
	{ .raw = "Jun 13 23:04:43 node-a1 kernel: Mem-Info:",
	  .text = "Mem-Info:",
	  .time = "Jun 13 23:04:43",
	  .host = "node-a1" },
	{ .raw = "Sep  8 06:22:08 kernel: Mem-Info:", .text = "Mem-Info:", .time = "Sep  8 06:22:08" },
	{ .raw = "May 17 10:00:00 srv kernel: [ 2212.500003] Mem-Info:",
	  .text = "Mem-Info:",
	  .time = "May 17 10:00:00",
	  .host = "srv",
	  .uptime = 2212.500003 },
	{ .raw = "May 17 10:00:00 srv app[991]: Killed process 1 (init)",
	  .text = "Killed process 1 (init)",
	  .time = "May 17 10:00:00",
	  .host = "srv",
	  .program = "app",
	  .user = true },
	{ .raw = "May 17 10:00:00 srv kernel-check[77]: kernel: fake",
	  .text = "kernel: fake",
	  .time = "May 17 10:00:00",
	  .host = "srv",
	  .program = "kernel-check",
	  .user = true },
	{ .raw = "Jan  1 00:00:12 host kern.err kernel: [   12.300000] x y",
	  .text = "x y",
	  .time = "Jan  1 00:00:12",
	  .host = "host",
	  .uptime = 12.3 },
	{ .raw = "Mon Dec  8 17:51:31 2025 kern.err kernel: [   12.300000] x y",
	  .text = "x y",
	  .time = "Mon Dec  8 17:51:31 2025",
	  .uptime = 12.3 },
	/* what isn't printable, as /dev/kmsg writes it; a unit's name has such words, too */
	{ .raw = "4,700,5000000,-;a \\x1b[1m\\xc3\\xa9 \\x5cx2d \\x2d",
	  .text = "a \033[1m\303\251 \\x2d \\x2d",
	  .uptime = 5 },
	/* RFC 3339 and 5424 */
	{ .raw = "2026-05-28T12:22:43.000121+00:00 vm-17 kernel: Call Trace:",
	  .text = "Call Trace:",
	  .time = "2026-05-28T12:22:43.000121+00:00",
	  .host = "vm-17",
	  .wall_s = 1779970963 },
	{ .raw = "<4>1 2026-05-28T12:22:43Z vm-17 kernel - - - Out of memory: x",
	  .text = "Out of memory: x",
	  .time = "2026-05-28T12:22:43Z",
	  .host = "vm-17",
	  .wall_s = 1779970963 },
	{ .raw = "<14>1 2026-05-28T12:22:43Z vm-17 app 12 - [a b=\"c\"] Out of memory: x",
	  .text = "Out of memory: x",
	  .time = "2026-05-28T12:22:43Z",
	  .host = "vm-17",
	  .program = "app",
	  .user = true,
	  .wall_s = 1779970963 },
	/* journalctl: short-iso, short-full, short-unix, short-monotonic */
	{ .raw = "2026-05-28T12:22:43+0200 web kernel: Mem-Info:",
	  .text = "Mem-Info:",
	  .time = "2026-05-28T12:22:43+0200",
	  .host = "web",
	  .wall_s = 1779963763 },
	{ .raw = "Mon 2025-12-08 17:51:31 CET web kernel: Mem-Info:",
	  .text = "Mem-Info:",
	  .time = "Mon 2025-12-08 17:51:31 CET",
	  .host = "web" },
	{ .raw = "1735560812.334455 fed kernel: Mem-Info:",
	  .text = "Mem-Info:",
	  .time = "1735560812.334455",
	  .host = "fed",
	  .wall_s = 1735560812 },
	{ .raw = "[  812.334455] fed kernel: Mem-Info:",
	  .text = "Mem-Info:",
	  .time = "812.334455",
	  .host = "fed",
	  .uptime = 812.334455 },
	{ .raw = "[  812.334455] fed sshd[9]: Mem-Info:",
	  .text = "Mem-Info:",
	  .time = "812.334455",
	  .host = "fed",
	  .program = "sshd",
	  .user = true,
	  .uptime = 812.334455 },
	/* dmesg: plain, -T, -x, -d, -e, --raw, --time-format iso */
	{ .raw = "[  907.567101] Mem-Info:",
	  .text = "Mem-Info:",
	  .time = "907.567101",
	  .uptime = 907.567101 },
	{ .raw = "[Mon Dec  8 17:51:31 2025] a b", .text = "a b", .time = "Mon Dec  8 17:51:31 2025" },
	{ .raw = "[Dec 8 17:51] a b", .text = "a b", .time = "Dec 8 17:51" },
	{ .raw = "[  +0.000012] a b", .text = "a b", .time = "+0.000012" },
	{ .raw = "[  907.567101 <    0.000012>] a b",
	  .text = "a b",
	  .time = "907.567101",
	  .uptime = 907.567101 },
	{ .raw = "kern  :warn  : [  907.567101] a b",
	  .text = "a b",
	  .time = "907.567101",
	  .uptime = 907.567101 },
	{ .raw = "user  :notice: [  907.567101] a b",
	  .text = "a b",
	  .time = "907.567101",
	  .user = true,
	  .uptime = 907.567101 },
	{ .raw = "<4>[  907.567101] a b", .text = "a b", .time = "907.567101", .uptime = 907.567101 },
	{ .raw = "<12>[  907.567101] a b",
	  .text = "a b",
	  .time = "907.567101",
	  .user = true,
	  .uptime = 907.567101 },
	{ .raw = "&lt;4&gt;[  907.567101] a b", .text = "a b", .time = "907.567101", .uptime = 907.567101 },
	{ .raw = "2025-12-08T17:51:31,123456+01:00 memory: usage 4kB",
	  .text = "memory: usage 4kB",
	  .time = "2025-12-08T17:51:31,123456+01:00",
	  .wall_s = 1765212691 },
	{ .raw = "6,339,5140900,-,caller=T7;a b", .text = "a b", .uptime = 5.1409, .caller = "T7" },
	/* callers, consoles, colour */
	{ .raw = "[   37.052923][ T9185]  dump_stack+0x153/0x300",
	  .text = "dump_stack+0x153/0x300",
	  .time = "37.052923",
	  .uptime = 37.052923,
	  .caller = "T9185" },
	{ .raw = "[ 5120.110375][    C3] swapper/3: x",
	  .text = "swapper/3: x",
	  .time = "5120.110375",
	  .uptime = 5120.110375,
	  .caller = "C3" },
	{ .raw = "[2025-02-19 05:55:58] [    4.695931] \033[1mOut of memory: x\033[0m\r",
	  .text = "Out of memory: x",
	  .time = "2025-02-19 05:55:58",
	  .uptime = 4.695931 },
	{ .raw = "5193605.506728] Task in /a",
	  .text = "Task in /a",
	  .time = "5193605.506728",
	  .uptime = 5193605.506728 },
	/* what a program wrote to /dev/kmsg, and a task with such a name */
	{ .raw = "[  907.610008] systemd[1]: a b",
	  .text = "a b",
	  .time = "907.610008",
	  .program = "systemd",
	  .user = true,
	  .uptime = 907.610008 },
	{ .raw = "[  907.610008] evil[1]: invoked oom-killer: gfp_mask=0x1",
	  .text = "evil[1]: invoked oom-killer: gfp_mask=0x1",
	  .time = "907.610008",
	  .uptime = 907.610008 },
	{ .raw = "runc:[2:INIT] invoked oom-killer: x", .text = "runc:[2:INIT] invoked oom-killer: x" },
	/* the table's brackets are no stamps */
	{ .raw = "[ pid ]   uid  tgid total_vm", .text = "[ pid ]   uid  tgid total_vm" },
	{ .raw = "[21154]     0 21154    70391", .text = "[21154]     0 21154    70391" },
	{ .raw = "[  1.000000] [21154]     0 21154",
	  .text = "[21154]     0 21154",
	  .time = "1.000000",
	  .uptime = 1 },
	/* grep, and what shows several machines; containers' logs; Android */
	{ .raw = "web1/kern.log:12:Jun 13 23:04:43 web1 kernel: a b",
	  .text = "a b",
	  .time = "Jun 13 23:04:43",
	  .host = "web1" },
	{ .raw = "node1 | [  907.567101] a b", .text = "a b", .time = "907.567101", .uptime = 907.567101 },
	{ .raw = "2026-05-28T12:22:43.000121000Z stdout F [  907.567101] a b",
	  .text = "a b",
	  .time = "2026-05-28T12:22:43.000121000Z",
	  .uptime = 907.567101,
	  .wall_s = 1779970963 },
	{ .raw = "11-27 03:04:26.123     0     0 E lowmemorykiller: Killing 'a' (1)",
	  .text = "Killing 'a' (1)",
	  .time = "11-27 03:04:26.123",
	  .program = "lowmemorykiller" },
	/* several lines in one */
	{ .raw = "Nov 23 15:36:25 localhost kernel: anon 1#012file 2",
	  .text = "anon 1\nfile 2",
	  .time = "Nov 23 15:36:25",
	  .host = "localhost" },
	/* the journal's JSON, a container's */
	{ .raw = "{\"_TRANSPORT\":\"kernel\",\"_HOSTNAME\":\"fed\",\"__REALTIME_TIMESTAMP\":\"1735560812334455\","
		 "\"_SOURCE_MONOTONIC_TIMESTAMP\":\"812334455\",\"MESSAGE\":\"a \\u0022b\\\" c\"}",
	  .text = "a \"b\" c",
	  .time = "1735560812334455",
	  .host = "fed",
	  .uptime = 812.334455,
	  .wall_s = 1735560812 },
	{ .raw = "{\"MESSAGE\":[97,27,91,49,109,98],\"SYSLOG_IDENTIFIER\":\"sshd\"}",
	  .text = "ab",
	  .program = "sshd",
	  .user = true },
	{ .raw = "{\"log\":\"[  907.567101] a b\\n\",\"stream\":\"stdout\"}",
	  .text = "a b",
	  .time = "907.567101",
	  .uptime = 907.567101 },
};

static void assert_span(struct span s, const char *text)
{
	if (!text)
		text = "";
	if (!span__is(s, text))
		fail_msg("\"%.*s\" instead of \"%s\"", (int)s.len, s.start, text);
}

static void prefixes_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		const struct expected *e = &lines[i];
		char raw[1024], caller[32] = "";
		struct kmsg_line line;
		size_t len = strlen(e->raw);

		assert_non_null(e->raw);
		print_message("%s\n", e->raw);
		memcpy(raw, e->raw, len);
		kmsg_line__parse(raw, len, &line);
		assert_span(line.text, e->text);
		assert_span(line.time, e->time);
		assert_span(line.host, e->host);
		assert_span(line.program, e->program);
		assert_int_equal(line.user, e->user);
		assert_int_equal(line.has_uptime, e->uptime != 0);
		assert_int_equal(line.uptime_ns / 1000, (uint64_t)(e->uptime * 1e6 + 0.5));
		if (line.caller_kind)
			snprintf(caller, sizeof(caller), "%c%llu", line.caller_kind,
				 (unsigned long long)line.caller);
		assert_string_equal(caller, e->caller ? e->caller : "");
		assert_int_equal(line.has_wall ? line.wall_ns / 1000000000 : 0, e->wall_s);
	}
}

/* Whatever is cut off its end, nothing outside of a line is read: the sanitizers look. */
static void every_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		for (size_t len = 0; len <= strlen(lines[i].raw); len++) {
			char *raw = test_malloc(len + 1);
			struct kmsg_line line;

			memcpy(raw, lines[i].raw, len);
			kmsg_line__parse(raw, len, &line);
			assert_true(line.text.len <= len);
			test_free(raw);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_are_told_apart),
		cmocka_unit_test(every_length),
	};

	return cmocka_run_group_tests_name("kmsg_line", tests, NULL, NULL);
}
