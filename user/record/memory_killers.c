// SPDX-License-Identifier: GPL-2.0-only
#include "record/memory_killers.h"

#include <string.h>

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
