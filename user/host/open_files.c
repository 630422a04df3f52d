// SPDX-License-Identifier: GPL-2.0-only
#include "host/open_files.h"

#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/copy.h"
#include "event.h"

/* include/linux/proc_ns.h: PROC_PID_INIT_INO */
#define FIRST_PID_NAMESPACE "pid:[4026531836]"

struct chosen {
	struct open_file file;
	const struct open_files__process *process;
	char path[OPEN_FILES__PATH];
};

static bool is_in_first_namespace(void)
{
	char link[64];
	ssize_t len = readlink("/proc/self/ns/pid", link, sizeof(link) - 1);

	if (len < 0)
		return false;
	link[len] = '\0';
	return !strcmp(link, FIRST_PID_NAMESPACE);
}

/* The program writes to the map, and nothing into what is read. */
static bool run(int iterator, struct open_files_map *map)
{
	char none[64];
	ssize_t got;

	map->count = 0;
	while ((got = read(iterator, none, sizeof(none))) > 0)
		;
	return !got;
}

static uint32_t noted(const struct open_files_map *map)
{
	uint32_t count = __atomic_load_n(&map->count, __ATOMIC_RELAXED);

	return count < EVENT_FILES_MAX ? count : EVENT_FILES_MAX;
}

static const struct open_files__process *find_process(const struct open_files__process *processes,
						      size_t count, uint32_t pid)
{
	for (size_t i = 0; i < count; i++) {
		if (processes[i].pid == pid)
			return &processes[i];
	}
	return NULL;
}

/* More pages than the machine has are none: the file was closed while it was read. */
static bool is_page_cache(const struct open_file *file)
{
	return file->pages <= (uint64_t)sysconf(_SC_PHYS_PAGES) && file->magic != TMPFS_MAGIC &&
	       file->magic != HUGETLBFS_MAGIC;
}

/* A file that several have open, or one has open several times, counts once. */
static size_t choose(const struct open_files_map *map, const struct open_files__process *processes,
		     size_t process_count, struct chosen *chosen)
{
	size_t count = 0;

	for (uint32_t i = 0; i < noted(map); i++) {
		const struct open_file file = map->files[i];
		const struct open_files__process *process = find_process(processes, process_count, file.pid);
		size_t at = count;
		bool is_new = process && is_page_cache(&file);

		for (size_t n = 0; n < count && is_new; n++)
			is_new = chosen[n].file.inode != file.inode || chosen[n].file.device != file.device;
		while (at && chosen[at - 1].file.pages < file.pages)
			at--;
		if (!is_new || at == OPEN_FILES__LARGEST)
			continue;
		count += count < OPEN_FILES__LARGEST;
		memmove(&chosen[at + 1], &chosen[at], (count - 1 - at) * sizeof(*chosen));
		chosen[at] = (struct chosen){ .file = file, .process = process };
	}
	return count;
}

/* The kernel has the name in memory: no file system is asked. */
static void read_path(struct chosen *chosen)
{
	char name[32], path[PATH_MAX];
	ssize_t len;

	snprintf(name, sizeof(name), "fd/%u", chosen->file.fd);
	len = readlinkat(chosen->process->fd, name, path, sizeof(path) - 1);
	if (len <= 0)
		return;
	path[len] = '\0';
	copy__text(chosen->path, sizeof(chosen->path),
		   len < OPEN_FILES__PATH ? path : path + len - (OPEN_FILES__PATH - 1));
}

static bool is_still_open(const struct open_files_map *map, const struct open_file *file)
{
	for (uint32_t i = 0; i < noted(map); i++) {
		const struct open_file now = map->files[i];

		if (now.pid == file->pid && now.fd == file->fd)
			return now.inode == file->inode && now.device == file->device;
	}
	return false;
}

static void take(const struct open_files_map *map, const struct chosen *chosen, struct open_files *out)
{
	struct open_files__file *to = &out->files[out->count];

	if (!chosen->path[0] || !is_still_open(map, &chosen->file))
		return;
	to->pid = chosen->file.pid;
	to->cached_bytes = chosen->file.pages * (uint64_t)sysconf(_SC_PAGESIZE);
	copy__text(to->comm, sizeof(to->comm), chosen->process->comm);
	copy__text(to->path, sizeof(to->path), chosen->path);
	out->count++;
}

void open_files__read(const int iterators[2], int map_fd, const struct open_files__process *processes,
		      size_t count, struct open_files *out)
{
	struct chosen chosen[OPEN_FILES__LARGEST];
	struct open_files_map *map;
	size_t found;

	if (!is_in_first_namespace())
		return;
	map = mmap(NULL, sizeof(*map), PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	if (map == MAP_FAILED)
		return;
	for (size_t i = 0; i < EVENT_FILES_PIDS; i++)
		map->pids[i] = i < count ? processes[i].pid : 0;
	if (run(iterators[0], map)) {
		found = choose(map, processes, count, chosen);
		for (size_t i = 0; i < found; i++)
			read_path(&chosen[i]);
		if (run(iterators[1], map)) {
			for (size_t i = 0; i < found; i++)
				take(map, &chosen[i], out);
			out->known = true;
		}
	}
	munmap(map, sizeof(*map));
}
