// SPDX-License-Identifier: GPL-2.0-only
#include "jsonl/write_parts.h"

#include <string.h>

#include "jsonl/member.h"

struct json_object *write_parts__new_level(const struct record_level *l)
{
	struct json_object *o = json_object_new_object();

	if (!l->from_log)
		member__number(o, "id", l->id);
	member__text(o, "path", l->path);
	if (l->has_memory) {
		member__number(o, "usage_bytes", l->usage_bytes);
		member__limit(o, "max_bytes", l->max_bytes);
	}
	if (l->has_memory && !l->from_log) {
		member__limit(o, "high_bytes", l->high_bytes);
		member__number(o, "peak_bytes", l->peak_bytes);
		member__flag(o, "oom_group", l->oom_group);
	}
	if (l->has_swap) {
		member__number(o, "swap_usage_bytes", l->swap_usage_bytes);
		member__limit(o, "swap_max_bytes", l->swap_max_bytes);
	}
	return o;
}

struct json_object *write_parts__new_chain(const struct record_level *levels, size_t count)
{
	struct json_object *chain = json_object_new_array();

	for (size_t i = 0; i < count; i++) {
		struct json_object *level = write_parts__new_level(&levels[i]);

		if (levels[i].is_limit)
			member__flag(level, "limit", true);
		json_object_array_add(chain, level);
	}
	return chain;
}

void write_parts__kinds(struct json_object *o, const struct record_memory_kinds *kinds)
{
	if (kinds->has_kernel)
		member__number(o, kinds->kernel_is_least ? "kernel_least_bytes" : "kernel_bytes",
			       kinds->kernel_bytes);
	if (kinds->has_sock)
		member__number(o, "sock_bytes", kinds->sock_bytes);
	if (kinds->exact && (kinds->has_kernel || kinds->has_sock))
		member__flag(o, "kinds_exact", true);
}

void write_parts__reclaim_sum(struct json_object *o, const struct record_reclaim_sum *sum)
{
	member__number(o, "runs", sum->runs);
	member__number(o, "duration_ns", sum->duration_ns);
	member__number(o, "longest_ns", sum->longest_ns);
	member__number(o, "reclaimed_bytes", sum->reclaimed_bytes);
}

void write_parts__cmdline(struct json_object *o, const char *cmdline, size_t len)
{
	struct json_object *list = json_object_new_array();
	size_t from = 0;

	while (from < len) {
		size_t argument = strnlen(cmdline + from, len - from);

		json_object_array_add(list, member__new_text(cmdline + from, argument));
		from += argument + 1;
	}
	member__add(o, "cmdline", list);
}
