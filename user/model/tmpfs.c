// SPDX-License-Identifier: GPL-2.0-only
#include "model/tmpfs.h"

#include "record/tmpfs_words.h"

bool tmpfs__fill(struct tmpfs *tmpfs, const struct record *record, const struct model_env *env)
{
	const struct record_oom *oom = &record->oom;
	const struct record_victim *victim = record__first_killed(oom);
	const struct tmpfs_files *read = &tmpfs->read;

	if (!env->tmpfs_files || !tmpfs_words__shared(oom) || !oom->limit->path ||
	    env->tmpfs_files(env->ctx, oom->limit->path, victim ? victim->pid : 0, &tmpfs->read) ||
	    !read->largest_count)
		return false;
	for (size_t i = 0; i < read->largest_count; i++)
		tmpfs->list[i] = (struct record_tmpfs_file){ .path = read->largest[i].path,
							     .bytes = read->largest[i].bytes,
							     .machine = read->largest[i].machine };
	tmpfs->record = (struct record_tmpfs){
		.read_after_ns = read->read_ns > record->time.boot_ns ? read->read_ns - record->time.boot_ns
								      : 0,
		.count = read->count,
		.bytes = read->bytes,
		.incomplete = read->incomplete,
		.largest = tmpfs->list,
		.largest_count = read->largest_count,
	};
	return true;
}
