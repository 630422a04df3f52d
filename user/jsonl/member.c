// SPDX-License-Identifier: GPL-2.0-only
#include "jsonl/member.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

void member__add(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add(o, key, value);
}

void member__number(struct json_object *o, const char *key, uint64_t value)
{
	member__add(o, key, json_object_new_uint64(value));
}

void member__signed(struct json_object *o, const char *key, int64_t value)
{
	member__add(o, key, json_object_new_int64(value));
}

void member__flag(struct json_object *o, const char *key, bool value)
{
	member__add(o, key, json_object_new_boolean(value));
}

/* A limit, as in the kernel's file. */
void member__limit(struct json_object *o, const char *key, uint64_t value)
{
	member__add(o, key,
		    value == RECORD_NO_LIMIT ? json_object_new_string("max") : json_object_new_uint64(value));
}

struct json_object *member__new_text(const char *bytes, size_t len)
{
	char *clean = malloc(ESCAPE__UTF8_SIZE(len));
	struct json_object *text;

	if (!clean)
		return NULL;
	escape__utf8(clean, ESCAPE__UTF8_SIZE(len), bytes, len);
	text = json_object_new_string(clean);
	free(clean);
	return text;
}

/* Text that is unknown (NULL) is left out. */
void member__text(struct json_object *o, const char *key, const char *text)
{
	if (text)
		member__add(o, key, member__new_text(text, strlen(text)));
}

void member__container(struct json_object *o, const char *key, const struct record_container *c)
{
	struct json_object *container;

	if (c->ref.runtime == CONTAINER__UNKNOWN)
		return;
	container = json_object_new_object();
	member__text(container, "runtime", container__runtime_name(c->ref.runtime));
	if (c->ref.id[0])
		member__text(container, "id", c->ref.id);
	member__text(container, "name", c->name);
	if (c->ref.pod_uid[0])
		member__text(container, "pod_uid", c->ref.pod_uid);
	member__add(o, key, container);
}
