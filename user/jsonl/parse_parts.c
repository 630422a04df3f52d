// SPDX-License-Identifier: GPL-2.0-only
#include "jsonl/parse_parts.h"

#include "record/memory_kinds.h"
#include "record/time.h"

static bool is_log_session(struct jsonl_parser *p, struct json_object *o)
{
	const char *source = value__text(p, o, "source");

	return p->in_log || (source && !strcmp(source, "kernel-log"));
}

/* What a log doesn't tell is replaced by the stamp's place in its order. */
static struct record_time time_in_log(struct jsonl_parser *p, struct json_object *o,
				      struct json_object *place, const char *wall)
{
	struct record_time time = { .no_wall = !wall };
	int64_t stamp_ns = 0;

	if (place)
		value__has_signed(p, place, "stamp_ns", &stamp_ns);
	time.no_boot = !value__has_number(p, o, "ts_ns", &time.boot_ns);
	if (time.boot_ns > INT64_MAX || stamp_ns < 0 || (wall && record_time__parse(wall, &time.wall_ns)))
		value__fail(p, -EINVAL);
	else if (!wall)
		time.wall_ns = stamp_ns ? stamp_ns : (int64_t)time.boot_ns;
	if (time.no_boot)
		time.boot_ns = (uint64_t)time.wall_ns;
	return time;
}

struct record_time parse_parts__time(struct jsonl_parser *p, struct json_object *o)
{
	struct record_time time = { 0 };
	const char *wall = value__text(p, o, "time");
	struct json_object *place = value__object(p, o, "log");

	if (place || is_log_session(p, o))
		return time_in_log(p, o, place, wall);
	time.boot_ns = value__number(p, o, "ts_ns");

	if (time.boot_ns > INT64_MAX)
		value__fail(p, -EINVAL);
	if (wall && record_time__parse(wall, &time.wall_ns))
		value__fail(p, -EINVAL);
	if (!wall && (__builtin_add_overflow((int64_t)time.boot_ns, p->wall_offset_ns, &time.wall_ns) ||
		      time.wall_ns < 0))
		value__fail(p, -EINVAL);
	return time;
}

static enum container_runtime runtime_named(const char *name)
{
	for (int i = CONTAINER__UNKNOWN + 1; i <= CONTAINER__BUILDKIT; i++) {
		if (!strcmp(name, container__runtime_name((enum container_runtime)i)))
			return (enum container_runtime)i;
	}
	return CONTAINER__OCI; /* one that we don't know yet */
}

/* An id, which is printable ASCII: made valid UTF-8 another would no longer fit. */
static void copy_id(struct jsonl_parser *p, char *dst, size_t size, const char *id)
{
	bool good = strlen(id) < size;

	for (const char *c = id; *c; c++)
		good = good && *c > ' ' && *c < 0x7f;
	if (good)
		strcpy(dst, id);
	else
		value__fail(p, -EINVAL);
}

struct record_container parse_parts__container(struct jsonl_parser *p, struct json_object *o)
{
	struct record_container c = {};
	struct json_object *container = value__object(p, o, "container");
	const char *runtime, *id, *pod_uid;

	if (!container)
		return c;
	runtime = value__text(p, container, "runtime");
	id = value__text(p, container, "id");
	pod_uid = value__text(p, container, "pod_uid");
	c.name = value__text(p, container, "name");
	if (!runtime) {
		value__fail(p, -EINVAL);
		return c;
	}
	c.ref.runtime = runtime_named(runtime);
	if (id)
		copy_id(p, c.ref.id, sizeof(c.ref.id), id);
	if (pod_uid)
		copy_id(p, c.ref.pod_uid, sizeof(c.ref.pod_uid), pod_uid);
	return c;
}

/* How much of the path is the container's own cgroup isn't recorded: the path tells again. */
void parse_parts__find_prefix(struct container_ref *ref, const char *path)
{
	struct container_ref found;

	if (ref->runtime != CONTAINER__UNKNOWN && path && !container__from_cgroup_path(path, &found) &&
	    !strcmp(found.id, ref->id))
		ref->prefix_len = found.prefix_len;
}

void parse_parts__level(struct jsonl_parser *p, struct json_object *o, bool from_log, struct record_level *l)
{
	l->from_log = from_log;
	if (!from_log)
		l->id = value__number(p, o, "id");
	l->path = value__text(p, o, "path");
	l->is_limit = from_log || value__flag(p, o, "limit");
	l->has_memory = value__has_number(p, o, "usage_bytes", &l->usage_bytes);
	if (l->has_memory) {
		l->max_bytes = value__limit(p, o, "max_bytes");
		l->high_bytes = RECORD_NO_LIMIT;
	}
	if (l->has_memory && !from_log) {
		l->high_bytes = value__limit(p, o, "high_bytes");
		l->peak_bytes = value__number(p, o, "peak_bytes");
		l->oom_group = value__flag(p, o, "oom_group");
	}
	l->has_swap = value__has_number(p, o, "swap_usage_bytes", &l->swap_usage_bytes);
	if (l->has_swap)
		l->swap_max_bytes = value__limit(p, o, "swap_max_bytes");
}

const struct record_level *parse_parts__chain(struct jsonl_parser *p, struct json_object *o, size_t *count)
{
	struct json_object *list;
	size_t length = value__array(p, o, "chain", &list);
	struct record_level *levels = value__new_array(p, length, sizeof(*levels));

	*count = 0;
	for (size_t i = 0; levels && i < length && !p->error; i++) {
		struct json_object *level = value__element(p, list, i);

		if (level)
			parse_parts__level(p, level, false, &levels[i]);
		*count = i + 1;
	}
	return levels;
}

void parse_parts__reclaim_sum(struct jsonl_parser *p, struct json_object *o, struct record_reclaim_sum *sum)
{
	sum->runs = value__number(p, o, "runs");
	sum->duration_ns = value__number(p, o, "duration_ns");
	sum->longest_ns = value__number(p, o, "longest_ns");
	sum->reclaimed_bytes = value__number(p, o, "reclaimed_bytes");
}

struct record_memory_kinds parse_parts__kinds(struct jsonl_parser *p, struct json_object *o)
{
	struct record_memory_kinds kinds = { .exact = value__flag(p, o, "kinds_exact") };
	uint64_t bytes;

	if (value__has_number(p, o, "kernel_bytes", &bytes))
		memory_kinds__set_kernel(&kinds, bytes, false);
	else if (value__has_number(p, o, "kernel_least_bytes", &bytes))
		memory_kinds__set_kernel(&kinds, bytes, true);
	if (value__has_number(p, o, "sock_bytes", &bytes))
		memory_kinds__set_sock(&kinds, bytes);
	return kinds;
}

const char *parse_parts__cmdline(struct jsonl_parser *p, struct json_object *o, size_t *len)
{
	struct json_object *list;
	size_t count = value__array(p, o, "cmdline", &list), size = 1;
	char *bytes, *to;

	*len = 0;
	if (!list)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		struct json_object *argument = json_object_array_get_idx(list, i);

		if (!json_object_is_type(argument, json_type_string)) {
			value__fail(p, -EINVAL);
			return NULL;
		}
		size += strlen(json_object_get_string(argument)) + 1;
	}
	bytes = to = value__new_array(p, size, 1);
	if (!bytes)
		return NULL;
	for (size_t i = 0; i < count; i++)
		to = stpcpy(to, json_object_get_string(json_object_array_get_idx(list, i))) + 1;
	*len = (size_t)(to - bytes);
	return bytes;
}
