// SPDX-License-Identifier: GPL-2.0-only
#include "model/cause.h"

#include <string.h>

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

uint64_t cause__write_start(const struct event_oom *event)
{
	/* The latest write that was seen isn't the one that such a run is inside of. */
	if (!event->limit_cgroup_id || event->order == -1 || event->h.flags & OOM_IN_UNSEEN_WRITE)
		return 0;
	return event->in_write_ns ? event->in_write_ns : event->last_write.started_ns;
}

static enum record_cause cause_at_limit(const struct record_oom *r, const struct event_oom *event,
					uint32_t page_size, bool sees_writes)
{
	const struct limit_write *last = &event->last_write;

	if (event->in_write_ns || event->h.flags & OOM_IN_UNSEEN_WRITE)
		return CAUSE_INSIDE_WRITE;
	if (event->h.flags & OOM_IN_REMOTE_ACCESS)
		return CAUSE_OBSERVER;
	if (!r->limit || !r->limit->has_memory || event->h.flags & OOM_WRITES_NOT_KNOWN)
		return CAUSE_NOT_KNOWN;
	if (last->started_ns && r->limit->max_bytes < last->usage_pages * page_size)
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
	if (!started_ns || r->cause == CAUSE_OBSERVER)
		return;
	r->cause_limit_id = write_number;
	if (started_ns < record->time.boot_ns)
		r->cause_since_ns = record->time.boot_ns - started_ns;
}
