// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/cgroup_memory.h"

static int read_text(int version, const char *text, struct cgroup_memory *out)
{
	char folder[] = "/tmp/oomtrace-memory-XXXXXX";
	int dir_fd, fd, err;

	assert_non_null(mkdtemp(folder));
	dir_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir_fd >= 0);
	if (text) {
		fd = openat(dir_fd, "memory.stat", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
		close(fd);
	}
	err = cgroup_memory__read(dir_fd, version, out);
	unlinkat(dir_fd, "memory.stat", 0);
	close(dir_fd);
	rmdir(folder);
	return err;
}

static void check(const struct cgroup_memory *m)
{
	assert_int_equal(m->anon_bytes, 4096);
	assert_int_equal(m->file_bytes, 20480);
	assert_int_equal(m->shmem_bytes, 8192);
	assert_int_equal(m->mapped_bytes, 12288);
	assert_int_equal(m->dirty_bytes, 1);
	assert_int_equal(m->writeback_bytes, 0);
}

/* Lines of 6.1, in the kernel's order. */
static void test_versions(void **state)
{
	struct cgroup_memory m;

	(void)state;
	assert_int_equal(
		read_text(
			2,
			"anon 4096\nfile 20480\nkernel 7\nkernel_stack 7\npagetables 7\nsock 0\nshmem 8192\n"
			"file_mapped 12288\nfile_dirty 1\nfile_writeback 0\nswapcached 7\nanon_thp 7\n",
			&m),
		0);
	check(&m);
	assert_int_equal(
		read_text(1,
			  "cache 7\nrss 7\nshmem 7\nmapped_file 7\ndirty 7\nwriteback 7\ntotal_cache 20480\n"
			  "total_rss 4096\ntotal_rss_huge 7\ntotal_shmem 8192\ntotal_mapped_file 12288\n"
			  "total_dirty 1\ntotal_writeback 0\n",
			  &m),
		0);
	check(&m);
}

/* All or nothing: what is unknown isn't 0. */
static void test_missing(void **state)
{
	struct cgroup_memory m = { .anon_bytes = 5 };

	(void)state;
	assert_int_equal(read_text(2, NULL, &m), -ENOENT);
	assert_int_equal(read_text(2, "", &m), -ENODATA);
	assert_int_equal(read_text(2, "anon 4096\nfile 20480\nshmem 8192\nfile_mapped 12288\nfile_dirty 1\n",
				   &m),
			 -ENODATA);
	assert_int_equal(m.anon_bytes, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_versions), cmocka_unit_test(test_missing) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
