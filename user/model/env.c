// SPDX-License-Identifier: GPL-2.0-only
#include "model/env.h"

#include <string.h>

void model_env__tell(const struct model_env *env, const struct record *record)
{
	env->on_record(env->ctx, record);
}

struct record_container model_env__container(const struct model_env *env, const char *path)
{
	struct record_container c = {};

	if (!path || container__from_cgroup_path(path, &c.ref))
		memset(&c.ref, 0, sizeof(c.ref));
	else if (env->container_name)
		c.name = env->container_name(env->ctx, &c.ref);
	return c;
}
