// SPDX-License-Identifier: GPL-2.0-only
#include "record/snapshot_words.h"

#include <inttypes.h>
#include <string.h>

#include "base/array.h"

#define SMALL_PART 200

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

void snapshot_words__put_part(FILE *out, const struct record_before_part *part,
			      const struct snapshot_words_ops *ops)
{
	const char *words = kinds[part->kind].words;

	if (words)
		fputs(words, out);
	if (part->name) {
		fputs(words ? " " : "", out);
		ops->put_name(out, part->name);
	}
	fputs(" of ", out);
	ops->put_process(out, part->comm, part->pid);
	fputs(part->at_least ? " at least " : " ", out);
	ops->put_size(out, part->bytes);
}

static void put_growth(FILE *out, const struct record_before_part *part, uint64_t growth_ns,
		       const struct snapshot_words_ops *ops)
{
	uint64_t bytes = part->growth_bytes < 0 ? -(uint64_t)part->growth_bytes
						: (uint64_t)part->growth_bytes;

	fputs(part->growth_bytes < 0 ? " (-" : " (+", out);
	ops->put_size(out, bytes);
	fputs(" in ", out);
	ops->put_duration(out, growth_ns);
	fputc(')', out);
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
			put_growth(out, part, before->growth_ns, ops);
	}
}

size_t snapshot_words__largest(const struct record_snapshot *snapshot,
			       struct record_before_part out[RECORD_BEFORE_PARTS])
{
	size_t count = 0;

	for (size_t i = 0; i < snapshot->process_count; i++) {
		const struct record_snapshot_process *p = &snapshot->processes[i];

		for (size_t n = 0; n < p->part_count; n++) {
			const struct record_snapshot_part *part = &p->parts[n];
			uint64_t bytes = part->sum.rss_bytes + part->sum.swap_bytes;
			size_t at = count;

			while (at && out[at - 1].bytes < bytes)
				at--;
			if (!bytes || at == RECORD_BEFORE_PARTS)
				continue;
			count += count < RECORD_BEFORE_PARTS;
			memmove(&out[at + 1], &out[at], (count - 1 - at) * sizeof(*out));
			out[at] = (struct record_before_part){ .pid = p->pid,
							       .comm = p->comm,
							       .kind = part->kind,
							       .name = part->name,
							       .bytes = bytes,
							       .at_least = !p->has_parts };
		}
	}
	return count;
}
