// SPDX-License-Identifier: GPL-2.0-only
#include "record/swap_words.h"

#include <string.h>

#define FULL_PART 64  /* less room than this part of all is as good as none */
#define LOCKED_PART 5 /* of usage, that can't go to swap: worth telling */

static enum swap_state state_of(const struct record_level *limit, const struct swap_facts *f)
{
	if (!f->used_bytes && !limit->swap_max_bytes)
		return SWAP_FORBIDDEN;
	if (!f->used_bytes && !f->most_bytes)
		return SWAP_NONE;
	if (f->used_bytes >= f->most_bytes - f->most_bytes / FULL_PART)
		return SWAP_FULL;
	return f->used_bytes ? SWAP_USED : SWAP_UNUSED;
}

bool swap_words__facts(const struct record_oom *oom, struct swap_facts *f)
{
	const struct record_level *limit = oom->limit;
	const struct record_memory *m = oom->memory;

	*f = (struct swap_facts){};
	/* What the kernel measures points against is the limit and all swap that there is for it, mem_cgroup_get_max(). */
	if (!limit || !limit->has_swap || limit->max_bytes == RECORD_NO_LIMIT || oom->log ||
	    !oom->constraint || strcmp(oom->constraint, "memcg") != 0 ||
	    oom->totalpages_bytes < limit->max_bytes)
		return false;
	f->used_bytes = limit->swap_usage_bytes;
	f->most_bytes = oom->totalpages_bytes - limit->max_bytes;
	/* A swappiness of 0 hides what there is. */
	if (f->used_bytes && !f->most_bytes && limit->swap_max_bytes)
		return false;
	if (m && m->known & 1U << MEMORY_UNEVICTABLE)
		f->locked_bytes = m->bytes[MEMORY_UNEVICTABLE];
	f->about = m && !m->exact;
	f->state = state_of(limit, f);
	f->telling = f->used_bytes || f->locked_bytes >= limit->usage_bytes / LOCKED_PART;
	return true;
}

void swap_words__put(FILE *out, const struct swap_facts *f, void (*size)(FILE *out, uint64_t bytes))
{
	static const char *const words[] = {
		[SWAP_FORBIDDEN] = "none is allowed (memory.swap.max is 0)",
		[SWAP_NONE] = "there is none that this cgroup could use",
		[SWAP_FULL] = "full, too: ",
		[SWAP_USED] = "",
		[SWAP_UNUSED] = "not used: 0 B",
	};

	fputs(words[f->state], out);
	if (f->state == SWAP_FULL || f->state == SWAP_USED)
		size(out, f->used_bytes);
	if (f->state >= SWAP_FULL) {
		fputs(f->state == SWAP_FULL ? " of " : " of at most ", out);
		size(out, f->most_bytes);
	}
	if (!f->locked_bytes)
		return;
	fputs(f->about ? "; about " : "; ", out);
	size(out, f->locked_bytes);
	fputs(" are locked (mlock) or in ramfs, and can't go there", out);
}
