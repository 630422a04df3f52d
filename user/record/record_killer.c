// SPDX-License-Identifier: GPL-2.0-only
#include "record/record_killer.h"

#include <string.h>

#include "base/copy.h"

static const char *keep(char *to, size_t size, const char *from)
{
	copy__text(to, size, from);
	return from ? to : NULL;
}

void record_killer__copy(struct record_killer_copy *to, const struct record_killer *from)
{
	struct record_sender *sender = &to->killer.sender;

	to->killer = *from;
	sender->comm = keep(to->comm, sizeof(to->comm), sender->comm);
	sender->parent_comm = keep(to->parent_comm, sizeof(to->parent_comm), sender->parent_comm);
	sender->cgroup = keep(to->cgroup, sizeof(to->cgroup), sender->cgroup);
	sender->container.name = keep(to->container_name, sizeof(to->container_name), sender->container.name);
	to->killer.stop.comm = keep(to->stop_comm, sizeof(to->stop_comm), from->stop.comm);
	if (!sender->cmdline)
		return;
	if (sender->cmdline_len > sizeof(to->cmdline)) {
		sender->cmdline_len = sizeof(to->cmdline);
		sender->cmdline_cut = true;
	}
	memcpy(to->cmdline, sender->cmdline, sender->cmdline_len);
	sender->cmdline = to->cmdline;
}
