// SPDX-License-Identifier: GPL-2.0-only
#include "model/cause.h"

#include <string.h>

#include "host/cgroup_path.h"
#include "model/cgroup_chain.h"
#include "model/limit_text.h"

/* Whether the limit is that of a cgroup above the victim's container or, outside of one, its cgroup. */
static bool is_ancestor_limit(const struct record_oom *r)
{
	const struct record_victim *v = r->victim_count ? &r->victims[0] : NULL;
	const char *own = v ? v->cgroup : r->trigger_cgroup;
	const struct container_ref *ref = v ? &v->container.ref : &r->trigger_container.ref;
	size_t own_len;

	if (!own || !r->limit || !r->limit->path)
		return false;
	own_len = ref->runtime != CONTAINER__UNKNOWN ? ref->prefix_len : strlen(own);
	return strlen(r->limit->path) < own_len;
}

/*
 * The write that had set the limit which the run hit, as far as those tell whose beginning was seen; its start is 0 if
 * there was none. *replaced_pages: the limit, when it was written again while the OOM killer ran; else as it was.
 */
static const struct limit_write *last_before(const struct event_oom *event, const __u64 **replaced_pages)
{
	const struct limit_write *last = &event->last_write;

	if (!event->started_ns || last->started_ns <= event->started_ns)
		return last;
	*replaced_pages = &last->old_pages;
	return &event->write_before;
}

uint64_t cause__write_start(const struct event_oom *event)
{
	const __u64 *replaced_pages;

	/* The latest write that was seen isn't the one that such a run is inside of. */
	if (!event->limit_cgroup_id || event->order == -1 || event->h.flags & OOM_IN_UNSEEN_WRITE)
		return 0;
	return event->in_write_ns ? event->in_write_ns : last_before(event, &replaced_pages)->started_ns;
}

/* Whether a write is known not to be the one that had set the limit, or not known to be it. */
static enum record_not_known why_not(const struct event_oom *event, const struct limit_write *write,
				     uint64_t limit_bytes, uint32_t page_size)
{
	uint64_t asked_bytes;

	if (event->h.flags & OOM_WRITE_MISSED || write->started_ns == LIMIT_WRITE_MISSED)
		return NOT_KNOWN_OTHER_WRITE;
	if (!write->started_ns)
		return NOT_KNOWN_UNSAID;
	if (event->started_ns && write->started_ns > event->started_ns)
		return NOT_KNOWN_LATER_WRITE;
	if (!limit_text__read(write->text, page_size, &asked_bytes) || asked_bytes != limit_bytes)
		return NOT_KNOWN_OTHER_WRITE;
	return NOT_KNOWN_UNSAID;
}

static enum record_cause cause_at_limit(struct record_oom *r, const struct event_oom *event,
					uint32_t page_size, bool sees_writes)
{
	const __u64 *replaced_pages = NULL;
	const struct limit_write *write = last_before(event, &replaced_pages);
	uint64_t limit_bytes;

	if (event->in_write_ns || event->h.flags & OOM_IN_UNSEEN_WRITE)
		return CAUSE_INSIDE_WRITE;
	if (event->h.flags & OOM_IN_REMOTE_ACCESS) {
		if (!r->limit || !r->limit->path || !r->trigger_cgroup)
			return CAUSE_NOT_KNOWN;
		/* Whose own cgroup is below the limit fills it in any case. */
		if (!cgroup_path__below(r->trigger_cgroup, r->limit->path))
			return CAUSE_OBSERVER;
	}
	if (!r->limit || !r->limit->has_memory || event->h.flags & OOM_WRITES_NOT_KNOWN)
		return CAUSE_NOT_KNOWN;
	limit_bytes = replaced_pages ? cgroup_chain__limit_bytes(*replaced_pages, page_size)
				     : r->limit->max_bytes;
	r->cause_not_known = why_not(event, write, limit_bytes, page_size);
	/* Without a limit no memory cgroup runs out of memory: a write was missed. */
	if (sees_writes && limit_bytes == RECORD_NO_LIMIT)
		r->cause_not_known = NOT_KNOWN_OTHER_WRITE;
	if (r->cause_not_known)
		return CAUSE_NOT_KNOWN;
	if (write->started_ns && limit_bytes < write->usage_pages * page_size)
		return CAUSE_LIMIT_LOWERED;
	if (is_ancestor_limit(r))
		return CAUSE_ANCESTOR_LIMIT;
	return sees_writes ? CAUSE_LIMIT_UNCHANGED : CAUSE_NOT_KNOWN;
}

void cause__decide(struct record *record, const struct event_oom *event, uint32_t page_size, bool sees_writes,
		   uint64_t write_number)
{
	uint64_t started_ns = cause__write_start(event);
	struct record_oom *r = &record->oom;

	if (r->sysrq) {
		r->cause = CAUSE_SYSRQ;
		return;
	}
	if (r->whole_machine) {
		r->cause = CAUSE_WHOLE_MACHINE;
		return;
	}
	r->cause = cause_at_limit(r, event, page_size, sees_writes);
	if (!started_ns || r->cause == CAUSE_OBSERVER || r->cause == CAUSE_NOT_KNOWN)
		return;
	r->cause_limit_id = write_number;
	if (started_ns < record->time.boot_ns)
		r->cause_since_ns = record->time.boot_ns - started_ns;
}
