// SPDX-License-Identifier: GPL-2.0-only
#include "decode.h"

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
};

#define TERMINATE(array) ((array)[sizeof(array) - 1] = '\0')

static int check(union event *event)
{
	bool of_write = event->h.group & GROUP_LIMIT;

	/* A level belongs to a run or to a write, an exit to neither; all else to one of them only. */
	if (event->h.kind != EVENT_EXIT && !event->h.group)
		return -EINVAL;
	if (event->h.kind != EVENT_EXIT && event->h.kind != EVENT_CGROUP &&
	    of_write != (event->h.kind == EVENT_LIMIT))
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
	}
	return 0;
}

int decode__event(const void *data, size_t size, union event *out)
{
	struct event_header header;
	union event event;
	int err;

	if (size < sizeof(header))
		return -EINVAL;
	memcpy(&header, data, sizeof(header));
	if (header.size != size)
		return -EINVAL;
	if (header.kind >= EVENT_KIND_MAX || !sizes[header.kind])
		return header.kind ? -ENOTSUP : -EINVAL;
	if (size < sizes[header.kind])
		return -EINVAL;
	memset(&event, 0, sizeof(event));
	memcpy(&event, data, sizes[header.kind]);
	err = check(&event);
	if (!err)
		*out = event;
	return err;
}
