// SPDX-License-Identifier: GPL-2.0-only
#include "stacks/jit_map.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/open_below.h"
#include "stacks/mapping.h"

#define FILE_BYTES_MAX (64LL << 20)
#define ENTRIES_MAX (1U << 17)
#define LINE_SIZE 1024 /* of a longer one the beginning counts */

struct entry {
	uint64_t start, size;
	uint32_t name_offset; /* in the file: names are read when they are asked for */
	uint32_t name_len;
};

struct jit_map {
	int fd;
	off_t read;	       /* up to here */
	bool in_line;	       /* which is in the middle of a line */
	struct entry *entries; /* by address, and then as in the file */
	size_t count, room;
};

/* Its number in its own namespace, which is the last of them, and its effective user. */
static int read_status(uint32_t pid, uint32_t *own_pid, uid_t *user)
{
	char path[64], line[256];
	bool has_user = false, has_pid = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/status", pid);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		const char *last = strrchr(line, '\t');

		if (!strncmp(line, "NSpid:", 6) && last)
			has_pid = sscanf(last, "%" SCNu32, own_pid) == 1;
		else if (sscanf(line, "Uid: %*u %u", user) == 1)
			has_user = true;
	}
	fclose(file);
	return has_user && has_pid ? 0 : -ESRCH;
}

int jit_map__open(uint32_t pid)
{
	char path[64], name[64];
	uint32_t own_pid = 0;
	struct stat st;
	uid_t user = 0;
	int err = read_status(pid, &own_pid, &user);
	int root, found, fd;

	if (err)
		return err;
	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/root", pid);
	root = open(path, O_PATH | O_CLOEXEC);
	if (root < 0)
		return -errno;
	snprintf(name, sizeof(name), "tmp/perf-%" PRIu32 ".map", own_pid);
	found = open_below__open(root, name, O_PATH, false);
	close(root);
	if (found < 0)
		return found;
	fd = mapping__reopen(found);
	if (fd >= 0 && (fstat(fd, &st) || st.st_uid != user)) {
		close(fd);
		fd = -EPERM;
	}
	return fd;
}

struct jit_map *jit_map__new(int fd)
{
	struct jit_map *map = calloc(1, sizeof(*map));

	if (map)
		map->fd = fd;
	return map;
}

void jit_map__forget(struct jit_map *map)
{
	free(map->entries);
	map->entries = NULL;
	map->count = map->room = 0;
	map->read = 0;
	map->in_line = false;
}

bool jit_map__is_read(const struct jit_map *map)
{
	return map->entries;
}

void jit_map__free(struct jit_map *map)
{
	if (!map)
		return;
	jit_map__forget(map);
	close(map->fd);
	free(map);
}

bool jit_map__is_same(const struct jit_map *map, int fd)
{
	struct stat a, b;

	return !fstat(map->fd, &a) && !fstat(fd, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* "7f1200000000 1a0 LazyCompile:*serve /app/server.js:12" */
static bool parse_line(const char *line, off_t at, struct entry *entry)
{
	int name = 0;

	if (sscanf(line, "%" SCNx64 " %" SCNx64 " %n", &entry->start, &entry->size, &name) < 2 || !name ||
	    !entry->size || entry->start + entry->size < entry->start)
		return false;
	entry->name_offset = (uint32_t)(at + name);
	entry->name_len = (uint32_t)strcspn(line + name, "\n");
	return entry->name_len;
}

static bool add_entry(struct jit_map *map, const struct entry *entry)
{
	if (map->count == map->room) {
		size_t room = map->room ? map->room * 2 : 1024;
		struct entry *bigger = NULL;

		if (room <= ENTRIES_MAX)
			bigger = reallocarray(map->entries, room, sizeof(*bigger));
		if (!bigger)
			return false;
		map->entries = bigger;
		map->room = room;
	}
	map->entries[map->count++] = *entry;
	return true;
}

/* Takes in the lines from where reading ended; one without an end is being written, and waits. */
static void read_lines(struct jit_map *map, FILE *file)
{
	char line[LINE_SIZE];
	struct entry entry;

	while (map->read < FILE_BYTES_MAX && fgets(line, sizeof(line), file)) {
		size_t len = strlen(line);
		bool ends = len && line[len - 1] == '\n';

		if (!ends && (feof(file) || !len))
			break;
		if (!map->in_line && parse_line(line, map->read, &entry) && !add_entry(map, &entry))
			break;
		map->in_line = !ends;
		map->read = ftello(file);
	}
}

static int by_address(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->name_offset < y->name_offset ? -1 : x->name_offset > y->name_offset;
}

static void read_more(struct jit_map *map)
{
	size_t before = map->count;
	struct stat st;
	FILE *file;
	int copy;

	if (fstat(map->fd, &st) || st.st_size <= map->read || map->count == ENTRIES_MAX)
		return;
	copy = dup(map->fd);
	file = copy < 0 ? NULL : fdopen(copy, "r");
	if (!file) {
		if (copy >= 0)
			close(copy);
		return;
	}
	if (!fseeko(file, map->read, SEEK_SET))
		read_lines(map, file);
	fclose(file);
	if (map->count != before)
		qsort(map->entries, map->count, sizeof(*map->entries), by_address);
}

/* Code is thrown away and its place used again: the latest counts. */
static const struct entry *find_entry(const struct jit_map *map, uint64_t address)
{
	size_t low = 0, high = map->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (map->entries[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || address - map->entries[low - 1].start >= map->entries[low - 1].size)
		return NULL;
	return &map->entries[low - 1];
}

bool jit_map__find(struct jit_map *map, uint64_t address, char *name, size_t size, uint64_t *offset)
{
	const struct entry *entry = find_entry(map, address);
	ssize_t len;

	if (!entry) {
		read_more(map);
		entry = find_entry(map, address);
	}
	if (!entry)
		return false;
	if (size > (size_t)entry->name_len + 1)
		size = (size_t)entry->name_len + 1;
	len = pread(map->fd, name, size - 1, entry->name_offset);
	if (len <= 0)
		return false;
	name[len] = '\0';
	*offset = address - entry->start;
	return *name;
}
