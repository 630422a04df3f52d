// SPDX-License-Identifier: GPL-2.0-only
#include "record/snapshot_words.h"

#include <inttypes.h>
#include <string.h>

#include "base/array.h"

#define SMALL_PART 200
#define SMALL_CACHE_PART 20

static const struct {
	const char *json;
	const char *words; /* before the name, or alone */
} kinds[SMAPS_KINDS] = {
	[SMAPS_ANON] = { "anonymous", "anonymous memory" },
	[SMAPS_HEAP] = { "heap", "heap" },
	[SMAPS_STACK] = { "stack", "stack" },
	[SMAPS_FILE] = { "file", NULL },
	[SMAPS_MEMFD] = { "memfd", "memfd" },
	[SMAPS_SHARED] = { "shared", "shared memory" },
	[SMAPS_SPECIAL] = { "special", NULL },
	[SMAPS_OTHERS] = { "others", "other mappings" },
};

const char *snapshot_words__kind(enum smaps_kind kind)
{
	return kinds[kind].json;
}

/* "page cache of /data/x, open in java (pid 812), 300.0 MiB" */
static void put_open_file(FILE *out, const struct record_before_part *part,
			  const struct snapshot_words_ops *ops)
{
	fputs("page cache of ", out);
	ops->put_name(out, part->name);
	fputs(", open in ", out);
	ops->put_process(out, part->comm, part->pid);
	fputs(", ", out);
	ops->put_size(out, part->bytes);
}

void snapshot_words__put_part(FILE *out, const struct record_before_part *part,
			      const struct snapshot_words_ops *ops)
{
	const char *words = kinds[part->kind].words;

	if (part->is_cache) {
		put_open_file(out, part, ops);
		return;
	}

	if (part->is_tmpfs)
		words = part->is_machine ? "file in a tmpfs of the machine" : "file in tmpfs";
	else if (part->is_copy)
		words = "copied pages of";
	if (words)
		fputs(words, out);
	if (part->name) {
		fputs(words ? " " : "", out);
		ops->put_name(out, part->name);
	}
	if (part->pid) {
		fputs(" of ", out);
		ops->put_process(out, part->comm, part->pid);
	}
	fputs(part->at_least ? " at least " : " ", out);
	ops->put_size(out, part->bytes);
}

static void put_growth(FILE *out, int64_t growth_bytes, uint64_t growth_ns,
		       const struct snapshot_words_ops *ops)
{
	uint64_t bytes = growth_bytes < 0 ? -(uint64_t)growth_bytes : (uint64_t)growth_bytes;

	fputs(growth_bytes < 0 ? " (-" : " (+", out);
	ops->put_size(out, bytes);
	fputs(" in ", out);
	ops->put_duration(out, growth_ns);
	fputc(')', out);
}

uint64_t snapshot_words__cache(const struct cgroup_memory *m)
{
	return m->file_bytes > m->shmem_bytes ? m->file_bytes - m->shmem_bytes : 0;
}

void snapshot_words__put_cache(FILE *out, const char *before, const struct cgroup_memory *m,
			       const struct record_before *growth, const struct snapshot_words_ops *ops)
{
	uint64_t cache = snapshot_words__cache(m), mapped = m->mapped_bytes < cache ? m->mapped_bytes : cache;

	if (!cache || cache < m->anon_bytes / SMALL_CACHE_PART + m->file_bytes / SMALL_CACHE_PART)
		return;
	fprintf(out, "%spage cache ", before);
	ops->put_size(out, cache);
	if (growth && growth->has_cache_growth && growth->cache_growth_bytes)
		put_growth(out, growth->cache_growth_bytes, growth->growth_ns, ops);
	if (mapped) {
		/* What is mapped of tmpfs is in it, too. */
		fputs(m->shmem_bytes ? ", at most " : ", ", out);
		ops->put_size(out, mapped);
		fputs(" of it mapped", out);
	}
	if (m->dirty_bytes) {
		fputs(", ", out);
		ops->put_size(out, m->dirty_bytes);
		fputs(" not yet written", out);
	}
}

size_t snapshot_words__worth(const struct record_before_part *parts, size_t count)
{
	size_t worth = 0;

	while (worth < count && parts[worth].bytes >= parts[0].bytes / SMALL_PART)
		worth++;
	return worth;
}

void snapshot_words__put_before(FILE *out, const struct record_before *before,
				const struct snapshot_words_ops *ops)
{
	size_t count;

	fprintf(out, "at %" PRIu32 " %%, ", before->percent);
	ops->put_duration(out, before->since_ns);
	fputs(" before: ", out);
	count = snapshot_words__worth(before->parts, before->count);
	for (size_t i = 0; i < count; i++) {
		const struct record_before_part *part = &before->parts[i];

		fputs(i ? ", " : "", out);
		snapshot_words__put_part(out, part, ops);
		if (part->has_growth && part->growth_bytes)
			put_growth(out, part->growth_bytes, before->growth_ns, ops);
	}
	if (before->memory)
		snapshot_words__put_cache(out, count ? "; " : "", before->memory, before, ops);
}

/* ---- which ones ---- */

/* Whether a mapping has this name because it is of this file. Both are cut at their beginnings. */
static bool is_name_of(const struct record_snapshot_part *part, const char *path)
{
	size_t name_len, path_len = strlen(path);

	if ((part->kind != SMAPS_SHARED && part->kind != SMAPS_FILE) || !part->name)
		return false;
	name_len = strlen(part->name);
	if (name_len < SMAPS__NAME_SIZE - 1 ? name_len != path_len : name_len > path_len)
		return false;
	return !strcmp(path + path_len - name_len, part->name);
}

/* The largest of them. A recording may have any number. */
static size_t file_count(const struct record_snapshot *s)
{
	size_t count = s->tmpfs ? s->tmpfs->largest_count : 0;

	return count < RECORD_BEFORE_PARTS ? count : RECORD_BEFORE_PARTS;
}

static bool is_told(const struct record_snapshot *s, const struct record_tmpfs_file *file)
{
	return s->memory ? s->memory->shmem_bytes >= file->bytes / 2 : !file->machine;
}

static size_t open_count(const struct record_snapshot *s)
{
	return s->file_count < RECORD_BEFORE_PARTS ? s->file_count : RECORD_BEFORE_PARTS;
}

/* Whether the cgroup may have most of it: what others were charged for is nothing that its limit is about. */
static bool is_open_told(const struct record_snapshot *s, const struct record_snapshot_file *file)
{
	return s->memory && snapshot_words__cache(s->memory) >= file->cached_bytes / 2;
}

/* Its pages are in a file that is told by itself. */
static bool is_of_told_file(const struct record_snapshot *s, const struct record_snapshot_part *part)
{
	for (size_t i = 0; i < file_count(s); i++) {
		if (is_told(s, &s->tmpfs->largest[i]) && is_name_of(part, s->tmpfs->largest[i].path))
			return true;
	}
	for (size_t i = 0; i < open_count(s); i++) {
		if (is_open_told(s, &s->files[i]) && is_name_of(part, s->files[i].path))
			return true;
	}
	return false;
}

static uint64_t bytes_of(const struct record_snapshot_part *part, bool is_copy)
{
	return is_copy ? part->sum.anon_bytes : part->sum.rss_bytes + part->sum.swap_bytes;
}

struct list {
	struct record_before_part *parts;
	size_t count;
};

static void note(struct list *list, const struct record_before_part *part)
{
	size_t at = list->count;

	while (at && list->parts[at - 1].bytes < part->bytes)
		at--;
	if (!part->bytes || at == RECORD_BEFORE_PARTS)
		return;
	list->count += list->count < RECORD_BEFORE_PARTS;
	memmove(&list->parts[at + 1], &list->parts[at], (list->count - 1 - at) * sizeof(*part));
	list->parts[at] = *part;
}

static void note_process(struct list *list, const struct record_snapshot *s,
			 const struct record_snapshot_process *p)
{
	for (size_t i = 0; i < p->part_count; i++) {
		const struct record_snapshot_part *part = &p->parts[i];
		bool is_copy = is_of_told_file(s, part);

		note(list, &(struct record_before_part){ .pid = p->pid,
							 .comm = p->comm,
							 .kind = part->kind,
							 .name = part->name,
							 .bytes = bytes_of(part, is_copy),
							 .at_least = !p->has_parts,
							 .is_copy = is_copy });
	}
}

static void note_file(struct list *list, const struct record_snapshot *s,
		      const struct record_tmpfs_file *file)
{
	struct record_before_part to = {
		.is_tmpfs = true, .is_machine = file->machine, .name = file->path, .bytes = file->bytes
	};
	uint64_t most = 0;

	for (size_t i = 0; i < s->process_count; i++) {
		const struct record_snapshot_process *p = &s->processes[i];

		for (size_t n = 0; n < p->part_count; n++) {
			if (!is_name_of(&p->parts[n], file->path) || p->parts[n].sum.rss_bytes <= most)
				continue;
			most = p->parts[n].sum.rss_bytes;
			to.pid = p->pid;
			to.comm = p->comm;
		}
	}
	note(list, &to);
}

size_t snapshot_words__largest(const struct record_snapshot *snapshot,
			       struct record_before_part out[RECORD_BEFORE_PARTS])
{
	struct list list = { .parts = out };

	for (size_t i = 0; i < snapshot->process_count; i++)
		note_process(&list, snapshot, &snapshot->processes[i]);
	for (size_t i = 0; i < file_count(snapshot); i++) {
		if (is_told(snapshot, &snapshot->tmpfs->largest[i]))
			note_file(&list, snapshot, &snapshot->tmpfs->largest[i]);
	}
	for (size_t i = 0; i < open_count(snapshot); i++) {
		const struct record_snapshot_file *file = &snapshot->files[i];

		if (is_open_told(snapshot, file))
			note(&list, &(struct record_before_part){ .is_cache = true,
								  .pid = file->pid,
								  .comm = file->comm,
								  .name = file->path,
								  .bytes = file->cached_bytes });
	}
	return list.count;
}

/* ---- the same in another one ---- */

static bool same_name(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

static bool find_file(const struct record_snapshot *s, const char *path, uint64_t *bytes)
{
	for (size_t i = 0; i < file_count(s); i++) {
		if (!same_name(s->tmpfs->largest[i].path, path))
			continue;
		*bytes = s->tmpfs->largest[i].bytes;
		return true;
	}
	return false;
}

static bool find_open_file(const struct record_snapshot *s, const char *path, uint64_t *bytes)
{
	for (size_t i = 0; i < open_count(s); i++) {
		if (!same_name(s->files[i].path, path))
			continue;
		*bytes = s->files[i].cached_bytes;
		return true;
	}
	return false;
}

bool snapshot_words__find(const struct record_snapshot *s, const struct record_before_part *part,
			  uint64_t *bytes)
{
	if (part->is_tmpfs)
		return find_file(s, part->name, bytes);
	if (part->is_cache)
		return find_open_file(s, part->name, bytes);
	for (size_t i = 0; i < s->process_count; i++) {
		const struct record_snapshot_process *p = &s->processes[i];

		/* What wasn't read to its end has less than there is. */
		if (!p->has_parts || p->pid != part->pid || !same_name(p->comm, part->comm))
			continue;
		for (size_t n = 0; n < p->part_count; n++) {
			if (p->parts[n].kind != part->kind || !same_name(p->parts[n].name, part->name))
				continue;
			*bytes = bytes_of(&p->parts[n], part->is_copy);
			return true;
		}
	}
	return false;
}
