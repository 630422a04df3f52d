// SPDX-License-Identifier: GPL-2.0-only
#include "jsonl/tmpfs_json.h"

#include <errno.h>

#include "jsonl/member.h"

void tmpfs_json__write(struct json_object *o, const struct record_tmpfs *tmpfs)
{
	struct json_object *to, *list;

	if (!tmpfs)
		return;
	to = json_object_new_object();
	list = json_object_new_array();
	member__number(to, "read_after_ns", tmpfs->read_after_ns);
	member__number(to, "count", tmpfs->count);
	member__number(to, "bytes", tmpfs->bytes);
	if (tmpfs->incomplete)
		member__flag(to, "incomplete", true);
	for (size_t i = 0; i < tmpfs->largest_count; i++) {
		struct json_object *file = json_object_new_object();

		member__text(file, "path", tmpfs->largest[i].path);
		member__number(file, "bytes", tmpfs->largest[i].bytes);
		if (tmpfs->largest[i].machine)
			member__flag(file, "machine", true);
		json_object_array_add(list, file);
	}
	member__add(to, "largest", list);
	member__add(o, "tmpfs", to);
}

const struct record_tmpfs *tmpfs_json__parse(struct jsonl_parser *p, struct json_object *o)
{
	struct json_object *from = value__object(p, o, "tmpfs"), *list;
	struct record_tmpfs *tmpfs = from ? value__new_array(p, 1, sizeof(*tmpfs)) : NULL;
	struct record_tmpfs_file *files;
	size_t count;

	if (!tmpfs)
		return NULL;
	count = value__array(p, from, "largest", &list);
	files = value__new_array(p, count, sizeof(*files));
	*tmpfs = (struct record_tmpfs){
		.read_after_ns = value__number(p, from, "read_after_ns"),
		.count = value__number(p, from, "count"),
		.bytes = value__number(p, from, "bytes"),
		.incomplete = value__flag(p, from, "incomplete"),
		.largest = files,
		.largest_count = files ? count : 0,
	};
	for (size_t i = 0; files && i < count && !p->error; i++) {
		struct json_object *file = value__element(p, list, i);

		if (!file)
			break;
		files[i].path = value__text(p, file, "path");
		files[i].bytes = value__number(p, file, "bytes");
		files[i].machine = value__flag(p, file, "machine");
		if (!files[i].path)
			value__fail(p, -EINVAL);
	}
	return tmpfs;
}
