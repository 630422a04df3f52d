// SPDX-License-Identifier: GPL-2.0-only
#include "target/first_process.h"

/* By then the processes that make a container, which are in its cgroup, too, have ended. */
#define SETTLED_TRIES 10

pid_t first_process__find(const struct cgroup__hierarchy *h, const struct container_ref *ref,
			  const char *cgroup, unsigned int tries)
{
	pid_t pid;

	if (container__is_service(ref, cgroup))
		return resolve__main(h, cgroup);
	if (ref->runtime == CONTAINER__UNKNOWN || ref->runtime == CONTAINER__POD)
		return 0;
	pid = resolve__init(h, cgroup);
	/* Its pids may be the machine's, or its pod's, so that none of its processes is a first one. */
	return pid || tries < SETTLED_TRIES ? pid : resolve__main(h, cgroup);
}
