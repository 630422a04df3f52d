// SPDX-License-Identifier: GPL-2.0-only
#include "host/cgroup_memory.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/span.h"
#include "host/cgroup.h"

/* Version 1 has the sums of the cgroup and those below it under names of their own. */
static const struct {
	const char *names[2];
	size_t at;
} items[] = {
	{ { "total_rss", "anon" }, offsetof(struct cgroup_memory, anon_bytes) },
	{ { "total_cache", "file" }, offsetof(struct cgroup_memory, file_bytes) },
	{ { "total_shmem", "shmem" }, offsetof(struct cgroup_memory, shmem_bytes) },
	{ { "total_mapped_file", "file_mapped" }, offsetof(struct cgroup_memory, mapped_bytes) },
	{ { "total_dirty", "file_dirty" }, offsetof(struct cgroup_memory, dirty_bytes) },
	{ { "total_writeback", "file_writeback" }, offsetof(struct cgroup_memory, writeback_bytes) },
};

int cgroup_memory__read(int dir_fd, int version, struct cgroup_memory *out)
{
	struct cgroup_memory read = {};
	char buf[16384];
	ssize_t len = cgroup__read_text(dir_fd, "memory.stat", buf, sizeof(buf));
	struct span text = { buf, len > 0 ? (size_t)len : 0 };
	size_t found = 0;

	if (len < 0)
		return (int)len;
	while (text.len) {
		struct span line = span__cut(&text, '\n'), name = span__cut(&line, ' ');

		for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
			if (!span__is(name, items[i].names[version == 2]))
				continue;
			/* The text ends in a NUL, and the line where no digit is. */
			*(uint64_t *)((char *)&read + items[i].at) = strtoull(line.start, NULL, 10);
			found++;
		}
	}
	if (found != ARRAY_SIZE(items))
		return -ENODATA;
	*out = read;
	return 0;
}
