// SPDX-License-Identifier: GPL-2.0-only
/* Bytes -> a cgroup path -> the container it names. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "containers/container.h"

static void require(int condition)
{
	if (!condition)
		abort();
}

/* What was found must be what the prefix alone says: it is the container's own cgroup. */
static void check_found(const char *path, const struct container_ref *found)
{
	struct container_ref again;
	char *prefix;

	require(found->runtime != CONTAINER__UNKNOWN);
	require(container__runtime_name(found->runtime) != NULL);
	require(strnlen(found->id, sizeof(found->id)) < sizeof(found->id));
	require(strnlen(found->pod_uid, sizeof(found->pod_uid)) < sizeof(found->pod_uid));
	require(found->prefix_len > 0 && found->prefix_len <= strlen(path));
	prefix = strndup(path, found->prefix_len);
	require(prefix && !container__from_cgroup_path(prefix, &again));
	require(again.runtime == found->runtime && !strcmp(again.id, found->id));
	require(again.prefix_len == found->prefix_len);
	free(prefix);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct container_ref found;
	char *path = malloc(size + 1); /* exactly: ASan sees a read beyond */

	require(path != NULL);
	memcpy(path, data, size);
	path[size] = '\0';
	memset(&found, 0xaa, sizeof(found));
	if (!container__from_cgroup_path(path, &found)) {
		struct container_ref outer;

		check_found(path, &found);
		if (found.id[0]) {
			require(!container__find_id(path, found.id, &outer));
			require(!strcmp(outer.id, found.id));
			require(outer.prefix_len <= found.prefix_len);
		}
	}
	free(path);
	return 0;
}
