// SPDX-License-Identifier: GPL-2.0-only
#include "model/limit_writes.h"

#include "model/limit_text.h"
#include "record/time.h"

void limit_writes__release(struct limit_writes *writes)
{
	cgroup_chain__free_pending(&writes->pending);
}

bool limit_writes__is_forgotten(const struct limit_writes *writes, uint64_t started_ns)
{
	return writes->count > LIMIT_WRITES_RECENT &&
	       started_ns < writes->starts[writes->count % LIMIT_WRITES_RECENT];
}

uint64_t limit_writes__number(struct limit_writes *writes, uint64_t started_ns)
{
	uint64_t oldest = writes->count > LIMIT_WRITES_RECENT ? writes->count - LIMIT_WRITES_RECENT : 0;

	for (uint64_t n = writes->count; n > oldest; n--) {
		if (writes->starts[(n - 1) % LIMIT_WRITES_RECENT] == started_ns)
			return n;
	}
	writes->starts[writes->count % LIMIT_WRITES_RECENT] = started_ns;
	return ++writes->count;
}

/*
 * What a write set. Another write may have changed the limit before this one returned. Where the kernel left out a
 * program at this one's return, and one at the next one's entry in the same thread, the event is of the next one's return.
 */
static uint64_t new_max_bytes(const struct event_limit *e, uint32_t page_size)
{
	uint64_t asked_bytes;

	if (e->result > 0 && limit_text__read(e->text, page_size, &asked_bytes))
		return asked_bytes;
	return cgroup_chain__limit_bytes(e->new_pages, page_size);
}

static void tell_write(struct limit_writes *writes, struct cgroup_chain_set *cgroups,
		       const struct event_limit *e, int64_t wall_offset_ns)
{
	uint32_t page = writes->env->page_size;
	struct record record = {
		.kind = RECORD_LIMIT,
		.time = record_time__at(e->h.ts_ns, wall_offset_ns),
	};
	struct record_limit *r = &record.limit;

	*r = (struct record_limit){
		.id = limit_writes__number(writes, e->started_ns),
		.file = e->file,
		.cgroup = cgroup_chain__path(cgroups, e->cgroup_id),
		.writer_pid = e->writer_pid,
		.writer_tid = e->writer_tid,
		.writer_self = e->writer_pid == writes->env->self_pid,
		.writer_comm = e->writer_comm,
		.writer_cgroup = cgroup_chain__path(cgroups, e->writer_cgroup_id),
		.old_max_bytes = cgroup_chain__limit_bytes(e->old_pages, page),
		.new_max_bytes = new_max_bytes(e, page),
		.usage_before_bytes = e->usage_before_pages * page,
		.usage_after_bytes = e->usage_after_pages * page,
		.reclaimed_bytes = e->reclaimed_pages * page,
		.duration_ns = e->h.ts_ns > e->started_ns ? e->h.ts_ns - e->started_ns : 0,
		.kills = e->kills,
		.ooms = e->ooms,
		.result = e->result,
		.vain = e->vain,
	};
	r->container = model_env__container(writes->env, r->cgroup);
	model_env__tell(writes->env, &record);
}

int limit_writes__event(struct limit_writes *writes, const union event *event, int64_t wall_offset_ns)
{
	struct cgroup_chain_set *cgroups = cgroup_chain__pending(&writes->pending, event->h.group);

	if (event->h.kind == EVENT_CGROUP)
		return cgroup_chain__add(cgroups, &event->cgroup);
	if (event->h.kind == EVENT_LIMIT) {
		tell_write(writes, cgroups, &event->limit, wall_offset_ns);
		cgroup_chain__done(&writes->pending, event->h.group);
	}
	return 0;
}
