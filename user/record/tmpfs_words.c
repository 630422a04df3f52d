// SPDX-License-Identifier: GPL-2.0-only
#include "record/tmpfs_words.h"

#include <inttypes.h>

#define SHARED_PART 5
/* The last bytes beside hundreds of megabytes explain nothing. */
#define SMALL_PART 200

uint64_t tmpfs_words__shared(const struct record_oom *oom)
{
	const struct record_memory *m = oom->memory;
	const struct record_level *limit = oom->limit;

	if (!m || !(m->known & 1U << MEMORY_SHMEM) || !limit || !limit->has_memory || !limit->usage_bytes ||
	    m->bytes[MEMORY_SHMEM] < limit->usage_bytes / SHARED_PART)
		return 0;
	return m->bytes[MEMORY_SHMEM];
}

void tmpfs_words__put(FILE *out, const struct record_tmpfs *tmpfs, const struct tmpfs_words_ops *ops)
{
	size_t shown = 0;

	for (; shown < tmpfs->largest_count; shown++) {
		const struct record_tmpfs_file *file = &tmpfs->largest[shown];

		if (shown && file->bytes < tmpfs->largest[0].bytes / SMALL_PART)
			break;
		fputs(shown ? ", " : "", out);
		ops->put_name(out, file->path);
		fputc(' ', out);
		ops->put_size(out, file->bytes);
		if (file->machine)
			fputs(" (in a mount of the machine)", out);
	}
	if (tmpfs->count > shown) {
		fprintf(out, "; %s%" PRIu64 " files in all, ", tmpfs->incomplete ? "at least " : "",
			tmpfs->count);
		ops->put_size(out, tmpfs->bytes);
	} else if (tmpfs->incomplete) {
		fputs("; perhaps more that could not be read", out);
	}
	if (tmpfs->read_after_ns) {
		fputs("; read ", out);
		ops->put_duration(out, tmpfs->read_after_ns);
		fputs(" later", out);
	}
}
