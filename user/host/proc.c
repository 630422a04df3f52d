// SPDX-License-Identifier: GPL-2.0-only
#include "host/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICK_NS 10000000ULL /* USER_HZ is 100 on every architecture that BPF runs on */

/* Reads up to size bytes of /proc/PID/name. Returns how many, or a negative errno. */
static ssize_t read_file(uint32_t pid, const char *name, char *buf, size_t size)
{
	char path[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, buf, size);
	if (len < 0)
		len = -errno;
	close(fd);
	return len;
}

/* Field 22 of /proc/PID/stat. The name in field 2 may hold anything: count from its last ")". */
int proc__start(uint32_t pid, uint64_t *start_ns)
{
	char text[1024], *field;
	ssize_t len = read_file(pid, "stat", text, sizeof(text) - 1);
	uint64_t ticks;

	if (len <= 0)
		return len ? (int)len : -ESRCH;
	text[len] = '\0';
	field = strrchr(text, ')');
	for (int i = 2; field && i < 22; i++)
		field = strchr(field + 1, ' ');
	if (!field || sscanf(field, " %" SCNu64, &ticks) != 1)
		return -EBADMSG;
	*start_ns = ticks * TICK_NS;
	return 0;
}

/* Whether there is any byte that isn't NUL: a process that writes its title clears it first. */
static bool has_text(const char *bytes, size_t len)
{
	while (len && !bytes[len - 1])
		len--;
	return len;
}

int proc__cmdline(uint32_t pid, struct cmdline_entry *out)
{
	struct cmdline_entry entry = {};
	char bytes[EVENT_CMDLINE_LEN + 1];
	uint64_t start_ns = 0;
	ssize_t len = read_file(pid, "cmdline", bytes, sizeof(bytes));
	int err;

	/* Most are threads of the kernel, which have none: their start time would be read for nothing. */
	if (!len)
		return -ENODATA;
	/* Before what counts: if the pid comes to be another's meanwhile, the two don't match any process. */
	err = proc__start(pid, &start_ns);
	if (err)
		return err == -ENOENT ? -ESRCH : err;
	entry.start_ns = start_ns;
	len = read_file(pid, "cmdline", bytes, sizeof(bytes));
	if (len < 0)
		return len == -ENOENT ? -ESRCH : (int)len;
	if (!len)
		return -ENODATA;
	entry.cut = (size_t)len > sizeof(entry.bytes);
	entry.len = entry.cut ? sizeof(entry.bytes) : (size_t)len;
	memcpy(entry.bytes, bytes, entry.len);
	if (!has_text(entry.bytes, entry.len))
		return -ENODATA;
	*out = entry;
	return 0;
}

bool proc__same_start(uint64_t a_ns, uint64_t b_ns)
{
	return (a_ns > b_ns ? a_ns - b_ns : b_ns - a_ns) <= TICK_NS;
}

int proc__each(void (*fn)(void *ctx, uint32_t pid), void *ctx)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		char *end;
		unsigned long pid = strtoul(entry->d_name, &end, 10);

		if (pid && !*end && pid <= UINT32_MAX)
			fn(ctx, pid);
	}
	closedir(dir);
	return 0;
}
