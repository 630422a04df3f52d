// SPDX-License-Identifier: GPL-2.0-only
#include "host/cgroup_path.h"

#include <errno.h>
#include <string.h>

#include "base/span.h"
#include "host/mountinfo.h"

struct mount {
	char root[PATH_MAX];
	char point[PATH_MAX];
	int version;
	bool memory; /* a v1 hierarchy with this controller */
};

static bool mount__parse(struct span line, struct mount *m)
{
	struct mountinfo info;

	if (!mountinfo__parse(line, &info))
		return false;
	m->version = span__is(info.type, "cgroup2") ? 2 : span__is(info.type, "cgroup") ? 1 : 0;
	if (!m->version)
		return false;
	m->memory = m->version == 1 && span__has_item(info.super_options, "memory");
	return mountinfo__path(info.root, m->root, sizeof(m->root)) &&
	       mountinfo__path(info.point, m->point, sizeof(m->point));
}

/* A whole hierarchy is better than a part, the usual place better than a bind mount of it. */
static int mount__score(const struct mount *m)
{
	return (strcmp(m->root, "/") ? 0 : 2) + (strncmp(m->point, "/sys/fs/cgroup", 14) ? 0 : 1);
}

/*
 * Which hierarchy number has memory: -1 not said, -2 disabled at boot. 0 is the v2 hierarchy, or
 * none. Without CONFIG_MEMCG_V1 newer kernels leave the line out altogether.
 */
static int memory_hierarchy(const char *proc_cgroups)
{
	struct span text = { proc_cgroups, proc_cgroups ? strlen(proc_cgroups) : 0 };

	while (text.len) {
		struct span line = span__cut(&text, '\n');
		struct span name = span__cut(&line, '\t'), number = span__cut(&line, '\t');
		uint64_t value;

		if (!span__is(name, "memory"))
			continue;
		span__cut(&line, '\t');
		if (span__is(span__cut(&line, '\t'), "0"))
			return -2;
		return span__u64(number, &value) && value <= INT_MAX ? (int)value : -1;
	}
	return -1;
}

int cgroup_path__parse_mounts(const char *mountinfo, const char *proc_cgroups, struct cgroup__hierarchy *out)
{
	struct mount v1 = { 0 }, v2 = { 0 }, m;
	const struct mount *chosen = NULL;
	struct span text = { mountinfo, strlen(mountinfo) };
	int where = memory_hierarchy(proc_cgroups);
	bool any = false;

	while (text.len) {
		if (!mount__parse(span__cut(&text, '\n'), &m))
			continue;
		any = true;
		if (m.version == 2 && (!v2.version || mount__score(&m) > mount__score(&v2)))
			v2 = m;
		if (m.memory && (!v1.version || mount__score(&m) > mount__score(&v1)))
			v1 = m;
	}
	if (!any)
		return -ENOENT;
	if (where == -2)
		return -ENODEV;
	if (where > 0 || (where < 0 && v1.version))
		chosen = v1.version ? &v1 : NULL;
	else
		chosen = v2.version ? &v2 : NULL;
	if (!chosen)
		return -ENODEV;
	memset(out, 0, sizeof(*out));
	out->version = chosen->version;
	memcpy(out->mount, chosen->point, sizeof(out->mount));
	memcpy(out->root, chosen->root, sizeof(out->root));
	out->unified = v2.version != 0;
	memcpy(out->unified_mount, v2.point, sizeof(out->unified_mount));
	return 0;
}

int cgroup_path__parse_proc_cgroup(const char *text, int version, char *path, size_t size)
{
	struct span rest = { text, strlen(text) };

	while (rest.len) {
		struct span line = span__cut(&rest, '\n');
		struct span number = span__cut(&line, ':'), controllers = span__cut(&line, ':');

		if (version == 2 ? !span__is(number, "0") || controllers.len
				 : !span__has_item(controllers, "memory"))
			continue;
		if (!line.len || line.start[0] != '/')
			continue;
		if (line.len >= size)
			return -ENAMETOOLONG;
		memcpy(path, line.start, line.len);
		path[line.len] = '\0';
		return 0;
	}
	return -ENOENT;
}

int cgroup_path__normalise(const char *text, char *path, size_t size)
{
	struct span rest = { text, strlen(text) };
	size_t used = 0;

	if (!rest.len)
		return -EINVAL;
	if (size < 2 || rest.len >= PATH_MAX)
		return -ENAMETOOLONG;
	while (rest.len) {
		struct span part = span__cut(&rest, '/');

		if (!part.len || span__is(part, "."))
			continue;
		if (span__is(part, ".."))
			return -EINVAL;
		if (part.len + 2 > size - used)
			return -ENAMETOOLONG;
		path[used++] = '/';
		memcpy(path + used, part.start, part.len);
		used += part.len;
	}
	if (!used)
		path[used++] = '/';
	path[used] = '\0';
	return 0;
}

int cgroup_path__from_proc_path(const struct cgroup__hierarchy *h, const char *proc_path, char *path,
				size_t size)
{
	const char *rest = cgroup_path__below(proc_path, h->root);

	/* "/.." is how the kernel shows what lies outside of the reader's cgroup namespace. */
	if (!rest || cgroup_path__below(rest, "/.."))
		return -EXDEV;
	return cgroup_path__normalise(*rest ? rest : "/", path, size);
}

const char *cgroup_path__below(const char *path, const char *prefix)
{
	size_t len = strlen(prefix);

	if (!strcmp(prefix, "/"))
		return path;
	if (strncmp(path, prefix, len) || (path[len] && path[len] != '/'))
		return NULL;
	return path + len;
}
