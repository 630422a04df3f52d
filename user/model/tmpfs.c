// SPDX-License-Identifier: GPL-2.0-only
#include "model/tmpfs.h"

#include "record/tmpfs_words.h"

struct record_tmpfs tmpfs__record(const struct tmpfs_files *read, uint64_t since_ns,
				  struct record_tmpfs_file *list)
{
	for (size_t i = 0; i < read->largest_count; i++)
		list[i] = (struct record_tmpfs_file){ .path = read->largest[i].path,
						      .bytes = read->largest[i].bytes,
						      .machine = read->largest[i].machine };
	return (struct record_tmpfs){
		.read_after_ns = read->read_ns > since_ns ? read->read_ns - since_ns : 0,
		.count = read->count,
		.bytes = read->bytes,
		.incomplete = read->incomplete,
		.largest = list,
		.largest_count = read->largest_count,
	};
}

bool tmpfs__fill(struct tmpfs *tmpfs, const struct record *record, const struct model_env *env)
{
	const struct record_oom *oom = &record->oom;
	const struct record_victim *victim = record__first_killed(oom);

	if (!env->tmpfs_files || !tmpfs_words__shared(oom) || !oom->limit->path ||
	    env->tmpfs_files(env->ctx, oom->limit->path, victim ? victim->pid : 0, &tmpfs->read) ||
	    !tmpfs->read.largest_count)
		return false;
	tmpfs->record = tmpfs__record(&tmpfs->read, record->time.boot_ns, tmpfs->list);
	return true;
}
