// SPDX-License-Identifier: GPL-2.0-only
#include "commands/confine.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>

#include "base/array.h"
#include "base/copy.h"
#include "base/landlock.h"
#include "base/privileges.h"

int confine__trace(const struct cgroup__hierarchy *h, const char *record)
{
	char path[PATH_MAX];
	struct landlock_place places[] = {
		{ "/proc", false },
		{ "/sys", false },
		{ h->mount, false },
		/* What runtimes keep of their containers; their sockets need no rule. */
		{ "/run", false },
		{ "/var/run", false },
		{ "/var/lib/docker/containers", false },
		{ "/var/lib/containers", false },
		{ "/var/log/containers", false },
		{ "/run/oomtrace", true }, /* locks */
		{ NULL, true },
	};
	size_t count = ARRAY_SIZE(places) - 1;
	int err = privileges__drop();

	if (err)
		return err;
	if (record) {
		copy__text(path, sizeof(path), record);
		places[count++].path = dirname(path);
	}
	err = landlock__confine(places, count);
	/* E2BIG: whoever started oomtrace has confined it as often as the kernel allows (16 times). */
	return err == -EOPNOTSUPP || err == -E2BIG ? 0 : err;
}
