// SPDX-License-Identifier: GPL-2.0-only
#include "report/cgroup_label.h"

#include <stdio.h>

#include "containers/unit.h"

const char *cgroup_label__format(char *dst, size_t size, const char *path,
				 const struct record_container *container)
{
	if (container && container->ref.runtime != CONTAINER__UNKNOWN && container->name)
		snprintf(dst, size, "%s", container->name);
	else if (container && container->ref.runtime != CONTAINER__UNKNOWN && container->ref.id[0])
		snprintf(dst, size, "%.*s", (int)container__shown_id(&container->ref), container->ref.id);
	else if (!unit__label(dst, size, path))
		snprintf(dst, size, "%s", path ? path : "(unknown)");
	return dst;
}
