// SPDX-License-Identifier: GPL-2.0-only
#include "commands/snapshot_record.h"

#include "model/tmpfs.h"

static const char *name_of(const char *name)
{
	return *name ? name : NULL;
}

static void fill_process(struct snapshot_record *room, size_t i)
{
	const struct snapshot_one *from = &room->from.processes[i];
	bool has_total = from->state & SNAPSHOT_TOTALS;

	for (size_t n = 0; n < from->part_count; n++)
		room->parts[i][n] = (struct record_snapshot_part){
			.kind = (enum smaps_kind)from->parts[n].kind,
			.name = name_of(from->parts[n].name),
			.sum = from->parts[n].sum,
		};
	for (size_t n = 0; n < from->largest_count; n++)
		room->largest[i][n] = (struct record_snapshot_mapping){
			.start = from->largest[n].start,
			.size_bytes = from->largest[n].size_bytes,
			.rss_bytes = from->largest[n].rss_bytes,
			.swap_bytes = from->largest[n].swap_bytes,
			.name = name_of(from->largest[n].name),
		};
	room->processes[i] = (struct record_snapshot_process){
		.pid = from->pid,
		.threads = from->threads,
		.comm = from->comm,
		.has_total = has_total,
		.has_parts = from->state & SNAPSHOT_PARTS,
		.has_mappings = has_total && from->total.mappings,
		.total = from->total,
		.rest = from->rest,
		.parts = room->parts[i],
		.part_count = from->part_count,
		.largest = room->largest[i],
		.largest_count = from->largest_count,
	};
}

static const struct record_tmpfs *fill_tmpfs(struct snapshot_record *room)
{
	if (!room->from.tmpfs.largest_count)
		return NULL;
	room->tmpfs = tmpfs__record(&room->from.tmpfs, room->from.began_ns, room->files);
	return &room->tmpfs;
}

static void fill_files(struct snapshot_record *room, struct record_snapshot *out)
{
	const struct open_files *from = &room->from.files;

	for (size_t i = 0; i < from->count; i++)
		room->open[i] = (struct record_snapshot_file){ .path = from->files[i].path,
							       .cached_bytes = from->files[i].cached_bytes,
							       .pid = from->files[i].pid,
							       .comm = from->files[i].comm };
	out->has_files = from->known;
	out->files = room->open;
	out->file_count = from->count;
}

int snapshot_record__read(int fd, struct snapshot_record *room, struct record_snapshot *out,
			  uint64_t *began_ns)
{
	int err = snapshot__read(fd, &room->from);

	if (err)
		return err;
	for (size_t i = 0; i < room->from.count; i++)
		fill_process(room, i);
	out->seen = room->from.seen;
	out->more = room->from.uncounted;
	out->frozen = room->from.frozen;
	out->duration_ns = room->from.ended_ns ? room->from.ended_ns - room->from.began_ns : 0;
	out->processes = room->processes;
	out->process_count = room->from.count;
	out->memory = room->from.has_memory ? &room->from.memory : NULL;
	out->tmpfs = fill_tmpfs(room);
	fill_files(room, out);
	*began_ns = room->from.began_ns;
	return 0;
}
