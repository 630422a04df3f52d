// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "kmsg/search.h"

static const char *const lines[] = {
	"hog invoked oom-killer: gfp_mask=0xcc0",
	"Memory cgroup out of memory: Killed process 42 (hog)",
	"Out of memory: Kill process 42 (hog) score 900",
	"oom_reaper: reaped process 42 (hog)",
	"memory: usage 65536kB, limit 65536kB, failcnt 8",
	"Task in /a killed as a result of limit of /a",
	"Tasks in /a are going to be killed due to memory.oom.group set",
	"Kernel panic - not syncing: System is deadlocked on memory",
	"Linux version 6.1.0 (gcc)",
	"earlyoom[9]: sending SIGTERM to process 42",
	"systemd-oomd killed 1 process(es) in this unit.",
	"lowmemorykiller: Killing 'x' (42), adj 900",
};

/* In memory of just that length, so that ASan sees whoever reads behind it. */
static size_t find(const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);
	const char *found;
	size_t at;

	memcpy(copy, text, len);
	found = search__find(copy, len);
	at = found ? (size_t)(found - copy) : SIZE_MAX;
	free(copy);
	return at;
}

/* Wherever the word begins, and where the text ends right behind its first eight bytes. */
static void every_word_at_every_place(void **state)
{
	char text[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		size_t at = find(lines[i], strlen(lines[i]));

		if (at == SIZE_MAX)
			fail_msg("nothing found in: %s", lines[i]);
		for (size_t before = 0; before < 32; before++) {
			memset(text, 'o', before);
			memcpy(text + before, lines[i] + at, SEARCH__LENGTH);
			assert_int_equal(find(text, before + SEARCH__LENGTH), before);
			assert_int_equal(find(text, before + SEARCH__LENGTH - 1), SIZE_MAX);
		}
	}
}

/* Of several the first. */
static void the_first(void **state)
{
	static const char text[] = "x oom-kill:constraint=CONSTRAINT_MEMCG Killed process 42";

	(void)state;
	assert_int_equal(find(text, sizeof(text) - 1), 2);
	assert_int_equal(find(text + 3, sizeof(text) - 4), strstr(text, "Killed") - text - 3);
}

static void nothing_of_interest(void **state)
{
	static const char *const others[] = {
		"",
		"oom",
		"usb 1-1: new high-speed USB device number 2",
		"Killed ",
		"oom_rea",
		"killed process 42",
		"Linux  version",
		"oom-kil oom-kil",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(find(others[i], strlen(others[i])), SIZE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_word_at_every_place),
		cmocka_unit_test(the_first),
		cmocka_unit_test(nothing_of_interest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
