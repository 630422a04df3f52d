// SPDX-License-Identifier: GPL-2.0-only
#include "trace/decode.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static const size_t sizes[EVENT_KIND_MAX] = {
	[EVENT_OOM] = sizeof(struct event_oom),
	[EVENT_CGROUP] = sizeof(struct event_cgroup),
	[EVENT_VICTIM] = sizeof(struct event_victim),
	[EVENT_OOM_END] = sizeof(struct event_oom_end),
	[EVENT_EXIT] = sizeof(struct event_exit),
	[EVENT_LIMIT] = sizeof(struct event_limit),
	[EVENT_USAGE] = sizeof(struct event_usage),
	[EVENT_RECLAIM] = sizeof(struct event_reclaim),
	[EVENT_MEMORY] = sizeof(struct event_memory),
	[EVENT_SAMPLED] = sizeof(struct event_sampled),
	[EVENT_STACK] = sizeof(struct event_stack),
	[EVENT_SIGNAL] = sizeof(struct event_signal),
	[EVENT_CANDIDATES] = sizeof(struct event_candidates),
	[EVENT_RELIEF] = sizeof(struct event_relief),
	[EVENT_MACHINE] = sizeof(struct event_machine),
	[EVENT_MADE] = sizeof(struct event_made),
};

#define TERMINATE(array) ((array)[sizeof(array) - 1] = '\0')

/* Whether an event's group is one that its kind can belong to. */
static bool belongs(const struct event_header *h)
{
	__u64 of = h->group & GROUP_KINDS;

	switch (h->kind) {
	case EVENT_EXIT:
	case EVENT_RECLAIM:
	case EVENT_SAMPLED:
	case EVENT_RELIEF:
	case EVENT_MADE:
		return true; /* to none */
	case EVENT_CGROUP:
		return h->group && !(of & (of - 1)); /* of one kind */
	case EVENT_LIMIT:
		return of == GROUP_LIMIT;
	case EVENT_USAGE:
		return !h->group || of == GROUP_CHARGE;
	case EVENT_SIGNAL:
		return of == GROUP_SIGNAL;
	case EVENT_STACK:
		return !of;
	default:
		return h->group && !of; /* to a run of the OOM killer */
	}
}

static int check_candidates(struct event_candidates *candidates)
{
	for (size_t i = 0; i < EVENT_CANDIDATES_MAX; i++)
		TERMINATE(candidates->list[i].comm);
	for (size_t i = 0; i < EVENT_PROGRAMS_MAX; i++)
		TERMINATE(candidates->programs[i].comm);
	if (candidates->h.flags & CANDIDATES_SUMMED && candidates->h.size < sizeof(*candidates))
		return -EINVAL;
	return candidates->count > EVENT_CANDIDATES_MAX || candidates->top > candidates->count ? -EINVAL : 0;
}

static int check_machine(struct event_machine *machine)
{
	for (size_t i = 0; i < EVENT_ZONES_MAX; i++)
		TERMINATE(machine->zones[i].name);
	return machine->zone_count > EVENT_ZONES_MAX ? -EINVAL : 0;
}

static int check_relief(struct event_relief *relief)
{
	TERMINATE(relief->comm);
	return relief->by < RELIEF_EXIT || relief->by > RELIEF_REAPER ? -EINVAL : 0;
}

static int check(union event *event)
{
	if (!belongs(&event->h))
		return -EINVAL;
	switch (event->h.kind) {
	case EVENT_OOM:
		TERMINATE(event->oom.trigger_comm);
		if (event->oom.outcome < OOM_KILLED || event->oom.outcome > OOM_EXITING)
			return -EINVAL;
		break;
	case EVENT_CGROUP:
		TERMINATE(event->cgroup.name);
		break;
	case EVENT_VICTIM:
		TERMINATE(event->victim.comm);
		if (event->victim.cmdline_len > sizeof(event->victim.cmdline))
			return -EINVAL;
		break;
	case EVENT_EXIT:
		TERMINATE(event->exit.comm);
		break;
	case EVENT_LIMIT:
		TERMINATE(event->limit.writer_comm);
		if (event->limit.file < LIMIT_MAX || event->limit.file > LIMIT_SWAP_MAX)
			return -EINVAL;
		break;
	case EVENT_USAGE:
		TERMINATE(event->usage.comm);
		break;
	case EVENT_RECLAIM:
		if (event->reclaim.kind < RECLAIM_LIMIT || event->reclaim.kind > RECLAIM_THROTTLE)
			return -EINVAL;
		break;
	case EVENT_STACK:
		TERMINATE(event->stack.comm);
		if (event->stack.user_count > EVENT_STACK_DEPTH ||
		    event->stack.kernel_count > EVENT_STACK_DEPTH)
			return -EINVAL;
		break;
	case EVENT_SIGNAL:
		TERMINATE(event->signal.comm);
		TERMINATE(event->signal.sender_comm);
		TERMINATE(event->signal.parent_comm);
		if (event->signal.frame_count > EVENT_SIGNAL_FRAMES ||
		    event->signal.cmdline_len > sizeof(event->signal.cmdline) || !event->signal.signal ||
		    event->signal.signal > EVENT_SIGNAL_MAX)
			return -EINVAL;
		break;
	case EVENT_RELIEF:
		return check_relief(&event->relief);
	case EVENT_MADE:
		TERMINATE(event->made.path);
		break;
	case EVENT_CANDIDATES:
		return check_candidates(&event->candidates);
	case EVENT_MACHINE:
		return check_machine(&event->machine);
	}
	return 0;
}

size_t decode__least_size(uint32_t kind)
{
	if (kind == EVENT_CANDIDATES)
		return EVENT_CANDIDATES_LEAST;
	return kind < EVENT_KIND_MAX ? sizes[kind] : 0;
}

int decode__event(const void *data, size_t size, union event *out)
{
	struct event_header header;
	union event event;
	size_t least;
	int err;

	if (size < sizeof(header))
		return -EINVAL;
	memcpy(&header, data, sizeof(header));
	if (header.size != size)
		return -EINVAL;
	least = decode__least_size(header.kind);
	if (!least)
		return header.kind ? -ENOTSUP : -EINVAL;
	if (size < least)
		return -EINVAL;
	memset(&event, 0, sizeof(event));
	memcpy(&event, data, size < sizes[header.kind] ? size : sizes[header.kind]);
	err = check(&event);
	if (!err)
		*out = event;
	return err;
}
