// SPDX-License-Identifier: GPL-2.0-only
#include "trace/execs.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

/* The kernel aligns each value to 8 bytes. */
_Static_assert(sizeof(struct exec_entry) % 8 == 0, "entries aren't one behind the other");

int execs__begin(int execs_fd, int slots_fd, const struct exec_entry **out)
{
	void *entries = mmap(NULL, EXECS_MAX * sizeof(**out), PROT_READ, MAP_SHARED, execs_fd, 0);

	if (entries == MAP_FAILED)
		return -errno;
	for (__u32 slot = 0; slot < EXECS_MAX; slot++) {
		if (bpf_map_update_elem(slots_fd, NULL, &slot, BPF_ANY)) {
			int err = -errno;

			munmap(entries, EXECS_MAX * sizeof(**out));
			return err;
		}
	}
	*out = entries;
	return 0;
}

void execs__end(const struct exec_entry *entries)
{
	if (entries)
		munmap((void *)entries, EXECS_MAX * sizeof(*entries));
}

static bool is_of(const struct exec_entry *entry, const struct program *program)
{
	return __atomic_load_n(&entry->program.exe, __ATOMIC_ACQUIRE) == program->exe &&
	       entry->program.arg_start == program->arg_start;
}

int execs__find(const struct exec_entry *entries, const struct program *program, struct cmdline_entry *out)
{
	const struct exec_entry *found = NULL;
	struct cmdline_entry copy;
	__u64 number;

	for (size_t i = 0; entries && i < EXECS_MAX; i++) {
		if (is_of(&entries[i], program) && (!found || entries[i].number > found->number))
			found = &entries[i];
	}
	if (!found)
		return -ENOENT;
	number = found->number;
	copy = found->cmdline;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	/* It was the oldest of all, and has been written anew. */
	if (!is_of(found, program) || found->number != number)
		return -ENOENT;
	if (!copy.len || copy.len > sizeof(copy.bytes))
		return -ENOENT;
	*out = copy;
	return 0;
}
