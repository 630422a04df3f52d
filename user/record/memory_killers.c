// SPDX-License-Identifier: GPL-2.0-only
#include "record/memory_killers.h"

#include <string.h>

#include "containers/container.h"

/* oomd is Meta's, which systemd-oomd comes from; lmkd is Android's. */
const char memory_killers__names[EVENT_MEMORY_KILLERS][EVENT_COMM_LEN] = {
	"systemd-oomd", "oomd", "earlyoom", "nohang", "bustd", "lmkd",
};

bool memory_killers__has(const char *comm)
{
	for (int i = 0; comm && comm[0] && i < EVENT_MEMORY_KILLERS; i++) {
		if (!strncmp(comm, memory_killers__names[i], EVENT_COMM_LEN))
			return true;
	}
	return false;
}

bool memory_killers__is_inside(const char *sender_cgroup, const char *cgroup)
{
	struct container_ref sender, receiver;

	if (!sender_cgroup || !cgroup)
		return false;
	if (!strcmp(sender_cgroup, cgroup))
		return true;
	return !container__from_cgroup_path(sender_cgroup, &sender) &&
	       !container__from_cgroup_path(cgroup, &receiver) && sender.id[0] &&
	       sender.runtime == receiver.runtime && !strcmp(sender.id, receiver.id);
}

bool memory_killers__sent(const struct record_killer *killer, const char *cgroup)
{
	return memory_killers__has(killer->sender.comm) &&
	       !memory_killers__is_inside(killer->sender.cgroup, cgroup);
}
