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

#include "base/array.h"

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

/* What oomtrace needs of /proc/PID/stat; addresses are 0 for threads of the kernel. */
struct stat_fields {
	uint64_t start_ticks;
	uint64_t arg_start, arg_end, env_end;
};

/*
 * Fields 22 and 48 to 51 (proc(5)). The name in field 2 may hold anything: count from its last ")". Reading
 * them takes no lock of the process's memory and touches none of it (do_task_stat(), fs/proc/array.c).
 */
static int read_stat(uint32_t pid, struct stat_fields *out)
{
	struct stat_fields fields = {};
	char text[1024], *at;
	ssize_t len = read_file(pid, "stat", text, sizeof(text) - 1);

	if (len <= 0)
		return len ? (int)len : -ESRCH;
	text[len] = '\0';
	at = strrchr(text, ')');
	for (int field = 3; at && field <= 51; field++) {
		uint64_t value;

		at = strchr(at + 1, ' ');
		value = at ? strtoull(at, NULL, 10) : 0;
		if (field == 22)
			fields.start_ticks = value;
		else if (field == 48)
			fields.arg_start = value;
		else if (field == 49)
			fields.arg_end = value;
		else if (field == 51)
			fields.env_end = value;
	}
	if (!at)
		return -EBADMSG;
	*out = fields;
	return 0;
}

int proc__start(uint32_t pid, uint64_t *start_ns)
{
	struct stat_fields fields;
	int err = read_stat(pid, &fields);

	if (!err)
		*start_ns = fields.start_ticks * TICK_NS;
	return err;
}

uint32_t proc__parent(uint32_t pid)
{
	char text[512], state;
	ssize_t len = read_file(pid, "stat", text, sizeof(text) - 1);
	unsigned int parent;
	char *end;

	if (len <= 0)
		return 0;
	text[len] = '\0';
	end = strrchr(text, ')'); /* of its name, which may hold anything */
	return end && sscanf(end + 1, " %c %u", &state, &parent) == 2 ? parent : 0;
}

bool proc__hangs(uint32_t pid)
{
	char text[512], *end;
	ssize_t len = read_file(pid, "stat", text, sizeof(text) - 1);

	if (len <= 0)
		return false;
	text[len] = '\0';
	end = strrchr(text, ')'); /* of its name, which may hold anything; then the state */
	return end && end[1] == ' ' && end[2] && strchr("TtD", end[2]);
}

uint32_t proc__first_child(uint32_t pid)
{
	char name[64], text[32];
	ssize_t len;

	snprintf(name, sizeof(name), "task/%u/children", pid); /* CONFIG_PROC_CHILDREN */
	len = read_file(pid, name, text, sizeof(text) - 1);
	if (len <= 0)
		return 0;
	text[len] = '\0';
	return (uint32_t)strtoul(text, NULL, 10);
}

/* Bits of an entry of /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst). */
#define PAGE_PRESENT (1ULL << 63)
#define PAGE_SWAPPED (1ULL << 62)

/*
 * Whether the kernel can copy the command line without bringing a page in: that would be charged to the
 * process's cgroup, in our context, and at the cgroup's limit we would be the one that runs the OOM killer.
 * The kernel reads from the arguments' first page and their last and, when the process has written a title
 * over them, up to a page behind their beginning (get_mm_proctitle(), fs/proc/base.c, 5.3). Behind the
 * environment there may be nothing.
 */
static bool args_are_present(uint32_t pid, const struct stat_fields *fields)
{
	uint64_t size = sysconf(_SC_PAGESIZE);
	uint64_t touched[] = { fields->arg_start, fields->arg_end - 1, fields->arg_start + size - 1 };
	bool present = true;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(touched) && present; i++) {
		uint64_t page = touched[i] / size, entry = 0;
		ssize_t len = pread(fd, &entry, sizeof(entry), (off_t)(page * sizeof(entry)));

		present = len == sizeof(entry) && !(entry & PAGE_SWAPPED) &&
			  (entry & PAGE_PRESENT || page * size >= fields->env_end);
	}
	close(fd);
	return present;
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
	struct stat_fields fields;
	ssize_t len;
	/* Before what counts: if the pid comes to be another's meanwhile, the two don't match any process. */
	int err = read_stat(pid, &fields);

	if (err)
		return err == -ENOENT ? -ESRCH : err;
	if (fields.arg_start >= fields.arg_end || !args_are_present(pid, &fields))
		return -ENODATA;
	entry.start_ns = fields.start_ticks * TICK_NS;
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
