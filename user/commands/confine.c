// SPDX-License-Identifier: GPL-2.0-only
#include "commands/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"
#include "base/copy.h"
#include "base/landlock.h"
#include "base/privileges.h"
#include "base/sandbox.h"

#define READ_MAX 8

static int confine_to(const struct landlock_place *places, size_t count)
{
	int err = landlock__confine(places, count);

	/* E2BIG: whoever started oomtrace has confined it as often as the kernel allows (16 times). */
	return err == -EOPNOTSUPP || err == -E2BIG ? 0 : err;
}

int confine__trace(const struct cgroup__hierarchy *h, const char *record, const char *store,
		   const char *const *read, bool changes)
{
	char path[PATH_MAX];
	struct landlock_place places[6 + READ_MAX] = {
		{ "/proc", false },
		{ "/sys", false },
		{ h->mount, false },
		{ "/run/oomtrace", true }, /* locks */
	};
	unsigned int needs = SANDBOX__MAPS | SANDBOX__CHILDREN;
	size_t count = 4;
	int err = privileges__drop();

	if (err)
		return err;
	if (record) {
		copy__text(path, sizeof(path), record);
		places[count++] = (struct landlock_place){ dirname(path), true };
	}
	if (store)
		places[count++] = (struct landlock_place){ store, true };
	for (size_t i = 0; read && i < READ_MAX && read[i]; i++)
		places[count++] = (struct landlock_place){ read[i], false };
	err = confine_to(places, count);
	/* Where a limit is changed, another guard may be needed, and the lock is removed at the end. */
	if (record || store || changes)
		needs |= SANDBOX__FILES;
	return err ? err : sandbox__seclude(needs);
}

static bool can_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int confine__report(char *const *files, const char *another, const char *temporary, bool own_log)
{
	struct landlock_place *places;
	size_t count = 0;
	/* A recording may be another user's. The kernel's log needs a right of its own where dmesg_restrict is set. */
	int err = privileges__keep(1ULL << CAP_DAC_READ_SEARCH | (own_log ? 1ULL << CAP_SYSLOG : 0));

	if (err || (own_log && !can_read("/dev/kmsg")))
		return err;
	while (files[count])
		count++;
	places = calloc(count + 5, sizeof(*places));
	if (!places)
		return -ENOMEM;
	for (count = 0; files[count]; count++)
		places[count] = (struct landlock_place){ .path = files[count] };
	if (another)
		places[count++] = (struct landlock_place){ .path = another };
	places[count++] = (struct landlock_place){ .path = temporary, .writable = true };
	/* For times as the user has them. */
	places[count++] = (struct landlock_place){ .path = "/etc/localtime" };
	places[count++] = (struct landlock_place){ .path = "/usr/share/zoneinfo" };
	if (own_log)
		places[count++] = (struct landlock_place){ .path = "/dev/kmsg" };
	err = confine_to(places, count);
	free(places);
	return err ? err : sandbox__seclude(SANDBOX__FILES); /* temporary ones */
}
