// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which files some processes have open, and how much of them is in the page cache. An iterator over tasks: it runs in the
 * process that reads it, for a snapshot. It takes no reference to a file, and so nothing changes for who has it open.
 * Files may be closed meanwhile: what is read then may be anything, and user space doesn't trust it.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "event.h"
#include "task.bpf.h"

#define S_IFMT 0170000
#define S_IFREG 0100000

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct open_files_map);
} open_files SEC(".maps");

static __always_inline struct open_files_map *the_map(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&open_files, &zero);
}

__noinline int is_file_wanted_of(__u32 pid)
{
	const struct open_files_map *map = the_map();

	for (__u32 i = 0; map && pid && i < EVENT_FILES_PIDS; i++) {
		if (map->pids[i] == pid)
			return 1;
	}
	return 0;
}

__noinline int note_open_file(__u32 pid, __u32 fd, __u64 address)
{
	struct address_space *mapping = BPF_CORE_READ((struct file *)address, f_mapping);
	struct inode *inode = BPF_CORE_READ(mapping, host);
	__u64 pages = BPF_CORE_READ(mapping, nrpages);
	struct open_files_map *map = the_map();
	struct open_file *to;
	__u32 at;

	if (!map || !pages || (BPF_CORE_READ(inode, i_mode) & S_IFMT) != S_IFREG)
		return 0;
	at = map->count;
	map->count = at + 1;
	if (at >= EVENT_FILES_MAX)
		return 0;
	to = &map->files[at];
	to->pid = pid;
	to->fd = fd;
	to->inode = BPF_CORE_READ(inode, i_ino);
	to->device = BPF_CORE_READ(inode, i_sb, s_dev);
	to->magic = BPF_CORE_READ(inode, i_sb, s_magic);
	to->pages = pages;
	return 0;
}

/* ---- programs ---- */

SEC("?iter/task")
int iter_open_files(void *ctx)
{
	__u64 task = argument_number(ctx, 1); /* behind the iterator's own; NULL at the end */
	__u32 pid = BPF_CORE_READ((struct task_struct *)task, tgid), count;
	struct fdtable *table;
	struct file **files;

	/* Of each process once: by its first thread. */
	if ((__u32)BPF_CORE_READ((struct task_struct *)task, pid) != pid || !is_file_wanted_of(pid))
		return 0;
	table = BPF_CORE_READ((struct task_struct *)task, files, fdt);
	count = BPF_CORE_READ(table, max_fds);
	files = BPF_CORE_READ(table, fd);
	for (__u32 fd = 0; fd < EVENT_FILES_FDS; fd++) {
		struct file *file = NULL;

		if (fd >= count)
			break;
		bpf_probe_read_kernel(&file, sizeof(file), &files[fd]);
		if (file)
			note_open_file(pid, fd, (__u64)file);
	}
	return 0;
}
