// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/smaps.h"

#define KIB(n) ((uint64_t)(n) << 10)

/* As Linux 6.1 prints them, some lines left out. */
static const char text[] =
	"55d0c0a00000-55d0c0a21000 r-xp 00002000 fe:01 1234                       /usr/bin/java\n"
	"Size:                132 kB\n"
	"KernelPageSize:        4 kB\n"
	"Rss:                  12 kB\n"
	"Pss:                   6 kB\n"
	"Pss_Dirty:             1 kB\n"
	"Anonymous:             4 kB\n"
	"AnonHugePages:         0 kB\n"
	"Swap:                  8 kB\n"
	"SwapPss:               7 kB\n"
	"VmFlags: rd ex mr mw me\n"
	"55d0c0a21000-55d0c0a22000 rw-p 00003000 fe:01 1234                       /usr/bin/java\n"
	"Size:                  4 kB\n"
	"Rss:                   4 kB\n"
	"Pss:                   4 kB\n"
	"Anonymous:             4 kB\n"
	"Swap:                  0 kB\n"
	"55d0c1000000-55d0c1100000 rw-p 00000000 00:00 0                          [heap]\n"
	"Size:               1024 kB\n"
	"Rss:                 512 kB\n"
	"Pss:                 512 kB\n"
	"Anonymous:           512 kB\n"
	"Swap:                128 kB\n"
	"7f0000000000-7f0000100000 rw-p 00000000 00:00 0 \n"
	"Size:               1024 kB\n"
	"Rss:                1024 kB\n"
	"Swap:                  0 kB\n"
	"7f0000200000-7f0000300000 rw-p 00000000 00:00 0                          [anon:Go: heap]\n"
	"Size:               1024 kB\n"
	"Rss:                2048 kB\n"
	"7f0000400000-7f0000500000 rw-s 00000000 00:01 77                         /memfd:a b (deleted)\n"
	"Rss:                   1 kB\n"
	"7f0000600000-7f0000700000 rw-s 00000000 00:01 78                         /dev/zero (deleted)\n"
	"Rss:                   2 kB\n"
	"7f0000800000-7f0000900000 rw-s 00000000 00:01 79                         /SYSV00000000 (deleted)\n"
	"Rss:                   3 kB\n"
	"7f0000a00000-7f0000b00000 rw-s 00000000 00:15 80                         /dev/shm/x\n"
	"Rss:                   4 kB\n"
	"7f0000c00000-7f0000d00000 rw-s 00000000 00:15 80                         [anon_shmem:pool]\n"
	"Rss:                   5 kB\n"
	"7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0                          [stack]\n"
	"Rss:                   6 kB\n"
	"7ffc00100000-7ffc00102000 r-xp 00000000 00:00 0                          [vdso]\n"
	"Rss:                   0 kB\n";

/* All of it, in pieces of this size. */
static struct smaps *take(const char *from, size_t piece)
{
	struct smaps *smaps = smaps__new();
	size_t size = strlen(from);

	assert_non_null(smaps);
	for (size_t at = 0; at < size; at += piece)
		smaps__take(smaps, from + at, size - at < piece ? size - at : piece);
	return smaps;
}

static const struct smaps_part *find(const struct smaps_part *parts, size_t count, enum smaps_kind kind,
				     const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (parts[i].kind == (uint32_t)kind && !strcmp(parts[i].name, name))
			return &parts[i];
	}
	fail_msg("there is no part %d '%s'", kind, name);
	return NULL;
}

static void check(struct smaps *smaps)
{
	struct smaps_part parts[16];
	struct smaps_mapping largest[SMAPS__LARGEST];
	struct smaps_sum rest, total = smaps__total(smaps);
	size_t count = smaps__parts(smaps, parts, 16, &rest);
	const struct smaps_part *p;

	assert_int_equal(count, 11);
	assert_int_equal(rest.mappings, 0);
	assert_int_equal(total.mappings, 12);
	assert_int_equal(total.rss_bytes, KIB(12 + 4 + 512 + 1024 + 2048 + 1 + 2 + 3 + 4 + 5 + 6));
	assert_int_equal(total.swap_bytes, KIB(136));
	p = find(parts, count, SMAPS_FILE, "/usr/bin/java");
	assert_int_equal(p->sum.mappings, 2);
	assert_int_equal(p->sum.size_bytes, KIB(136));
	assert_int_equal(p->sum.rss_bytes, KIB(16));
	assert_int_equal(p->sum.pss_bytes, KIB(10));
	assert_int_equal(p->sum.anon_bytes, KIB(8));
	assert_int_equal(p->sum.swap_bytes, KIB(8));
	assert_int_equal(find(parts, count, SMAPS_HEAP, "")->sum.rss_bytes, KIB(512));
	assert_int_equal(find(parts, count, SMAPS_ANON, "")->sum.rss_bytes, KIB(1024));
	assert_int_equal(find(parts, count, SMAPS_ANON, "Go: heap")->sum.rss_bytes, KIB(2048));
	assert_int_equal(find(parts, count, SMAPS_MEMFD, "a b")->sum.rss_bytes, KIB(1));
	assert_int_equal(find(parts, count, SMAPS_SHARED, "/dev/zero (deleted)")->sum.rss_bytes, KIB(2));
	assert_int_equal(find(parts, count, SMAPS_SHARED, "/SYSV00000000 (deleted)")->sum.rss_bytes, KIB(3));
	assert_int_equal(find(parts, count, SMAPS_SHARED, "/dev/shm/x")->sum.rss_bytes, KIB(4));
	assert_int_equal(find(parts, count, SMAPS_SHARED, "pool")->sum.rss_bytes, KIB(5));
	assert_int_equal(find(parts, count, SMAPS_STACK, "")->sum.rss_bytes, KIB(6));
	assert_int_equal(find(parts, count, SMAPS_SPECIAL, "[vdso]")->sum.rss_bytes, 0);
	/* By memory and swap. */
	assert_int_equal(parts[0].kind, SMAPS_ANON);
	assert_string_equal(parts[0].name, "Go: heap");
	assert_int_equal(parts[2].kind, SMAPS_HEAP);
	assert_int_equal(smaps__largest(smaps, largest), 4);
	assert_int_equal(largest[0].start, 0x7f0000200000);
	assert_int_equal(largest[0].rss_bytes, KIB(2048));
	assert_string_equal(largest[0].name, "Go: heap");
	assert_int_equal(largest[1].start, 0x7f0000000000);
	assert_string_equal(largest[1].name, "");
	assert_int_equal(largest[2].start, 0x55d0c1000000);
	assert_int_equal(largest[2].rss_bytes, KIB(512));
	assert_int_equal(largest[2].swap_bytes, KIB(128));
	assert_string_equal(largest[2].name, "[heap]");
	assert_string_equal(largest[3].name, "[stack]");
	smaps__free(smaps);
}

static void test_text(void **state)
{
	(void)state;
	check(take(text, sizeof(text)));
	check(take(text, 1));
	check(take(text, 97));
}

static void test_rollup(void **state)
{
	struct smaps *smaps =
		take("55d0c0a00000-7ffc00102000 ---p 00000000 00:00 0                  [rollup]\n"
		     "Rss:                 100 kB\n"
		     "Pss:                  50 kB\n"
		     "Pss_Anon:             40 kB\n"
		     "Anonymous:            30 kB\n"
		     "Swap:                 20 kB\n",
		     4096);
	struct smaps_sum total = smaps__total(smaps);

	(void)state;
	assert_int_equal(total.rss_bytes, KIB(100));
	assert_int_equal(total.pss_bytes, KIB(50));
	assert_int_equal(total.anon_bytes, KIB(30));
	assert_int_equal(total.swap_bytes, KIB(20));
	smaps__free(smaps);
}

/* More files than there is room for, and more than are asked for: nothing is lost of the sums. */
static void test_many(void **state)
{
	struct smaps *smaps = smaps__new();
	struct smaps_part parts[4];
	struct smaps_sum rest, total;
	char line[256];

	(void)state;
	for (int i = 0; i < 3000; i++) {
		snprintf(line, sizeof(line), "%x000-%x000 rw-p 0 00:00 0 /file %d\nRss: %d kB\n", i + 1,
			 i + 2, i, i);
		smaps__take(smaps, line, strlen(line));
	}
	assert_int_equal(smaps__parts(smaps, parts, 4, &rest), 4);
	assert_string_equal(parts[0].name, "/file 1023");
	total = smaps__total(smaps);
	assert_int_equal(total.mappings, 3000);
	assert_int_equal(total.rss_bytes, KIB(3000 * 2999 / 2));
	assert_int_equal(rest.mappings, 2996);
	assert_int_equal(rest.rss_bytes, total.rss_bytes - KIB(1023 + 1022 + 1021 + 1020));
	smaps__free(smaps);
}

/* What nobody prints, and names that are too long: two that differ in their beginning are two. */
static void test_odd(void **state)
{
	static const char odd[] =
		"Rss: 5 kB\nnonsense\n7000-6000 rw-p 0 00:00 0 /x\nRss: 5 kB\n\n-\n1-2 \nRss: 5 kB\n";
	struct smaps *smaps = take(odd, 3);
	struct smaps_part parts[4];
	struct smaps_sum rest;
	char line[40000];

	(void)state;
	assert_int_equal(smaps__total(smaps).rss_bytes, 0);
	for (int i = 1; i < 3; i++) {
		int len =
			snprintf(line, sizeof(line), "1000-2000 rw-p 0 00:00 0 /%d%0400d\nRss: 1 kB\n", i, 7);

		smaps__take(smaps, line, (size_t)len);
	}
	memset(line, 'a', sizeof(line));
	smaps__take(smaps, line, sizeof(line));
	smaps__take(smaps, "\n1000-2000 rw-p 0 00:00 0 /end\nRss: 1 kB\n", 41);
	assert_int_equal(smaps__parts(smaps, parts, 4, &rest), 3);
	assert_int_equal(smaps__total(smaps).rss_bytes, KIB(3));
	for (size_t i = 0; i < 3; i++)
		assert_true(strlen(parts[i].name) < SMAPS__NAME_SIZE);
	smaps__free(smaps);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_text), cmocka_unit_test(test_rollup),
					    cmocka_unit_test(test_many), cmocka_unit_test(test_odd) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
