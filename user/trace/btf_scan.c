// SPDX-License-Identifier: GPL-2.0-only
#include "trace/btf_scan.h"

#include <errno.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>

#define KINDS 32     /* five bits; newer kernels' kinds that we don't know too */
#define BUCKETS 4096 /* by a name's first bytes; so many that nearly all types end here */
#define NONE UINT16_MAX
#define OFFSET_STEP 16
#define CHAIN_MAX 64	       /* typedefs and qualifiers in a row; the kernel itself allows 32 */
#define POINTER_ID 1	       /* of the one pointer in a subset */
#define SUBSET_TYPES 8192      /* at most, the pointer not counted */
#define SUBSET_MAX (16U << 20) /* bytes of each section: a name that is used often is there as often */
/* The kinds that can be asked for in a subset. */
#define SUBSET_KINDS                                                                                  \
	(1U << BTF_KIND_STRUCT | 1U << BTF_KIND_UNION | 1U << BTF_KIND_ENUM | 1U << BTF_KIND_ENUM64 | \
	 1U << BTF_KIND_TYPEDEF)

struct buffer {
	uint8_t *bytes;
	size_t len, size;
};

struct btf_scan {
	const uint8_t *types;
	const char *strings;
	uint32_t types_len, strings_len;
	uint32_t *offsets; /* into `types`, of each OFFSET_STEPth id: each page that is written to costs */
	uint32_t count;	   /* of ids; 0 is void */

	struct btf_scan__name *names;
	uint32_t kinds;			/* of all of them */
	uint16_t first[BUCKETS], *next; /* of `names` in a bucket */
	uint32_t *roots;		/* ids that go into the subset */
	size_t roots_count, roots_size;
};

/* A subset that is being made. */
struct subset {
	struct btf_scan *scan;
	uint32_t queue[SUBSET_TYPES]; /* ids in the order of their new ones, from POINTER_ID + 1 on */
	uint32_t queued;
	uint16_t *new_ids; /* by id; 0: not in the queue */
	struct buffer types, strings;
};

static uint32_t bucket(const char *name)
{
	uint32_t prefix;

	memcpy(&prefix, name, sizeof(prefix));
	return prefix * 2654435761U >> 20;
}

static int grow(void **array, size_t *size, size_t needed, size_t item)
{
	size_t more = *size * 2 > needed ? *size * 2 : needed + 1024;
	void *bigger;

	if (needed <= *size)
		return 0;
	bigger = reallocarray(*array, more, item);
	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	*size = more;
	return 0;
}

static uint32_t kind_of(const struct btf_type *type)
{
	return BTF_INFO_KIND(type->info);
}

/* What follows a struct btf_type, by its kind. */
static const struct {
	bool known;
	uint8_t once, each; /* bytes, and bytes for each of its `vlen` */
} tails[KINDS] = {
	[BTF_KIND_INT] = { true, sizeof(uint32_t), 0 },
	[BTF_KIND_PTR] = { true, 0, 0 },
	[BTF_KIND_ARRAY] = { true, sizeof(struct btf_array), 0 },
	[BTF_KIND_STRUCT] = { true, 0, sizeof(struct btf_member) },
	[BTF_KIND_UNION] = { true, 0, sizeof(struct btf_member) },
	[BTF_KIND_ENUM] = { true, 0, sizeof(struct btf_enum) },
	[BTF_KIND_FWD] = { true, 0, 0 },
	[BTF_KIND_TYPEDEF] = { true, 0, 0 },
	[BTF_KIND_VOLATILE] = { true, 0, 0 },
	[BTF_KIND_CONST] = { true, 0, 0 },
	[BTF_KIND_RESTRICT] = { true, 0, 0 },
	[BTF_KIND_FUNC] = { true, 0, 0 },
	[BTF_KIND_FUNC_PROTO] = { true, 0, sizeof(struct btf_param) },
	[BTF_KIND_VAR] = { true, sizeof(struct btf_var), 0 },
	[BTF_KIND_DATASEC] = { true, 0, sizeof(struct btf_var_secinfo) },
	[BTF_KIND_FLOAT] = { true, 0, 0 },
	[BTF_KIND_DECL_TAG] = { true, sizeof(struct btf_decl_tag), 0 },
	[BTF_KIND_TYPE_TAG] = { true, 0, 0 },
	[BTF_KIND_ENUM64] = { true, 0, sizeof(struct btf_enum64) },
};

static size_t tail_size(const struct btf_type *type)
{
	uint32_t kind = kind_of(type);

	return tails[kind].once + (size_t)BTF_INFO_VLEN(type->info) * tails[kind].each;
}

/* Sets the sections of a BTF: a header, then types and strings in either order, aligned. */
static int find_sections(struct btf_scan *scan, const uint8_t *data, size_t size)
{
	struct btf_header h;
	size_t rest;

	if (size < sizeof(h))
		return -EINVAL;
	memcpy(&h, data, sizeof(h));
	if (h.magic != BTF_MAGIC || h.version != BTF_VERSION || h.hdr_len < sizeof(h) || h.hdr_len > size)
		return -EINVAL;
	rest = size - h.hdr_len;
	if (h.type_off > rest || h.type_len > rest - h.type_off || h.str_off > rest ||
	    h.str_len > rest - h.str_off || !h.str_len)
		return -EINVAL;
	scan->types = data + h.hdr_len + h.type_off;
	scan->types_len = h.type_len;
	scan->strings = (const char *)data + h.hdr_len + h.str_off;
	scan->strings_len = h.str_len;
	/* So every string ends within its section. And types are read as they lie there. */
	if (scan->strings[0] || scan->strings[h.str_len - 1] || (uintptr_t)scan->types % sizeof(uint32_t))
		return -EINVAL;
	return 0;
}

static int index_names(struct btf_scan *scan, size_t count)
{
	if (count >= NONE)
		return -EINVAL;
	scan->next = calloc(count + 1, sizeof(*scan->next));
	if (!scan->next)
		return -ENOMEM;
	memset(scan->first, 0xff, sizeof(scan->first));
	for (size_t i = 0; i < count; i++) {
		uint32_t at;

		if (strlen(scan->names[i].name) < BTF_SCAN__NAME_MIN)
			return -EINVAL;
		at = bucket(scan->names[i].name);
		scan->names[i].id = 0;
		scan->kinds |= scan->names[i].kinds;
		scan->next[i] = scan->first[at];
		scan->first[at] = i;
	}
	return 0;
}

/* Whether the type `id` is one that is looked for: those from `first` on have names that begin like its own. */
static int compare_name(struct btf_scan *scan, const struct btf_type *type, uint32_t id, uint16_t first)
{
	const char *name = scan->strings + type->name_off;

	for (uint16_t i = first; i != NONE; i = scan->next[i]) {
		struct btf_scan__name *wanted = &scan->names[i];

		if (!(wanted->kinds & 1U << kind_of(type)) || strcmp(wanted->name, name))
			continue;
		if (!wanted->id)
			wanted->id = id;
		if (!wanted->in_subset || !(SUBSET_KINDS & 1U << kind_of(type)))
			continue;
		if (grow((void **)&scan->roots, &scan->roots_size, scan->roots_count + 1,
			 sizeof(*scan->roots)))
			return -ENOMEM;
		scan->roots[scan->roots_count++] = id;
	}
	return 0;
}

/* There are some 100,000 types, so each instruction in this loop counts. */
static int scan_types(struct btf_scan *scan)
{
	/* A string too short to be looked for may end the section: don't read beyond that. */
	const uint32_t strings_len = scan->strings_len, kinds = scan->kinds;
	const uint32_t longest = strings_len > BTF_SCAN__NAME_MIN ? strings_len - BTF_SCAN__NAME_MIN : 0;
	const uint8_t *at = scan->types, *end = at + scan->types_len;
	uint32_t id = 1;

	/* As many as there could be: memory that isn't written to costs nothing. */
	scan->offsets =
		calloc(scan->types_len / sizeof(struct btf_type) / OFFSET_STEP + 1, sizeof(*scan->offsets));
	if (!scan->offsets)
		return -ENOMEM;
	for (; at < end; id++) {
		const struct btf_type *type = (const void *)at;
		size_t left = end - at, size;
		uint32_t kind, name;
		uint16_t first;

		if (left < sizeof(*type))
			return -EINVAL;
		kind = kind_of(type);
		name = type->name_off;
		if (!tails[kind].known)
			return -EOPNOTSUPP;
		size = sizeof(*type) + tail_size(type);
		if (size > left || name >= strings_len)
			return -EINVAL;
		if (!(id % OFFSET_STEP))
			scan->offsets[id / OFFSET_STEP] = at - scan->types;
		at += size;
		if (!(kinds & 1U << kind) || name >= longest)
			continue;
		first = scan->first[bucket(scan->strings + name)];
		if (first != NONE && compare_name(scan, type, id, first))
			return -ENOMEM;
	}
	scan->count = id;
	return 0;
}

int btf_scan__new(const void *data, size_t size, struct btf_scan__name *names, size_t count,
		  struct btf_scan **out)
{
	struct btf_scan *scan = calloc(1, sizeof(*scan));
	int err;

	if (!scan)
		return -ENOMEM;
	scan->names = names;
	err = find_sections(scan, data, size);
	if (!err)
		err = index_names(scan, count);
	if (!err)
		err = scan_types(scan);
	if (err) {
		btf_scan__free(scan);
		return err;
	}
	*out = scan;
	return 0;
}

void btf_scan__free(struct btf_scan *scan)
{
	if (!scan)
		return;
	free(scan->offsets);
	free(scan->next);
	free(scan->roots);
	free(scan);
}

static const struct btf_type *type_at(const struct btf_scan *scan, uint32_t id)
{
	uint32_t at = id < OFFSET_STEP ? 1 : id / OFFSET_STEP * OFFSET_STEP;
	const uint8_t *type;

	if (!id || id >= scan->count)
		return NULL;
	for (type = scan->types + scan->offsets[at / OFFSET_STEP]; at < id; at++)
		type += sizeof(struct btf_type) + tail_size((const void *)type);
	return (const void *)type;
}

static int append(struct buffer *to, const void *bytes, size_t len)
{
	if (len > SUBSET_MAX || to->len > SUBSET_MAX)
		return -EINVAL;
	if (grow((void **)&to->bytes, &to->size, to->len + len, 1))
		return -ENOMEM;
	memcpy(to->bytes + to->len, bytes, len);
	to->len += len;
	return 0;
}

/* Takes a string over. Sets its new offset. */
static int move_string(struct subset *s, uint32_t *offset)
{
	const char *string;

	if (*offset >= s->scan->strings_len)
		return -EINVAL;
	string = s->scan->strings + *offset;
	if (!*string) {
		*offset = 0;
		return 0;
	}
	*offset = s->strings.len;
	return append(&s->strings, string, strlen(string) + 1);
}

/* Has a type in the subset, as it is. Sets its new id. */
static int enqueue(struct subset *s, uint32_t *id)
{
	uint16_t *new_id = &s->new_ids[*id];

	if (!*new_id) {
		if (s->queued == SUBSET_TYPES)
			return -EINVAL;
		s->queue[s->queued++] = *id;
		*new_id = POINTER_ID + s->queued;
	}
	*id = *new_id;
	return 0;
}

/* Has the type of something in the subset, without typedefs and qualifiers. Sets its new id. */
static int move_type(struct subset *s, uint32_t *id)
{
	for (int i = 0; i < CHAIN_MAX; i++) {
		const struct btf_type *type = type_at(s->scan, *id);

		if (!type)
			return *id ? -EINVAL : 0;
		switch (kind_of(type)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
			*id = type->type;
			break;
		case BTF_KIND_PTR:
			*id = POINTER_ID;
			return 0;
		case BTF_KIND_INT:
		case BTF_KIND_FLOAT:
		case BTF_KIND_ARRAY:
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
		case BTF_KIND_FWD:
			return enqueue(s, id);
		default:
			return -EINVAL; /* nothing that a member could be */
		}
	}
	return -EINVAL;
}

/* What follows a struct btf_type: names and types in it get their new numbers. */
static int move_tail(struct subset *s, const struct btf_type *type)
{
	size_t vlen = BTF_INFO_VLEN(type->info);
	const struct btf_member *members = (const void *)(type + 1);
	const struct btf_enum *values = (const void *)(type + 1);
	const struct btf_enum64 *values64 = (const void *)(type + 1);
	int err = 0;

	switch (kind_of(type)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		for (size_t i = 0; i < vlen && !err; i++) {
			struct btf_member member = members[i];

			err = move_string(s, &member.name_off) ?: move_type(s, &member.type);
			err = err ?: append(&s->types, &member, sizeof(member));
		}
		return err;
	case BTF_KIND_ENUM:
		for (size_t i = 0; i < vlen && !err; i++) {
			struct btf_enum value = values[i];

			err = move_string(s, &value.name_off) ?: append(&s->types, &value, sizeof(value));
		}
		return err;
	case BTF_KIND_ENUM64:
		for (size_t i = 0; i < vlen && !err; i++) {
			struct btf_enum64 value = values64[i];

			err = move_string(s, &value.name_off) ?: append(&s->types, &value, sizeof(value));
		}
		return err;
	case BTF_KIND_ARRAY: {
		struct btf_array array = *(const struct btf_array *)(type + 1);

		err = move_type(s, &array.type) ?: move_type(s, &array.index_type);
		return err ?: append(&s->types, &array, sizeof(array));
	}
	default:
		return append(&s->types, type + 1, tail_size(type));
	}
}

static int move_definition(struct subset *s, const struct btf_type *type)
{
	struct btf_type moved = *type;
	int err = move_string(s, &moved.name_off);

	if (!err && kind_of(type) == BTF_KIND_TYPEDEF)
		err = move_type(s, &moved.type);
	err = err ?: append(&s->types, &moved, sizeof(moved));
	return err ?: move_tail(s, type);
}

static int move_all(struct subset *s)
{
	const struct btf_type pointer = { .info = BTF_KIND_PTR << 24 };
	int err = append(&s->strings, "", 1) ?: append(&s->types, &pointer, sizeof(pointer));

	for (size_t i = 0; i < s->scan->roots_count && !err; i++) {
		uint32_t id = s->scan->roots[i];

		err = enqueue(s, &id);
	}
	/* The queue grows as it is worked off; each id is in it once. */
	for (uint32_t i = 0; i < s->queued && !err; i++)
		err = move_definition(s, type_at(s->scan, s->queue[i]));
	return err;
}

/* The sections behind their header. */
static int put_together(struct subset *s, void **data, size_t *size)
{
	struct btf_header h = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(h),
		.type_len = s->types.len,
		.str_off = s->types.len,
		.str_len = s->strings.len,
	};
	struct buffer out = { 0 };

	int err = append(&out, &h, sizeof(h)) ?: append(&out, s->types.bytes, s->types.len);

	err = err ?: append(&out, s->strings.bytes, s->strings.len);
	if (err) {
		free(out.bytes);
		return err;
	}
	*data = out.bytes;
	*size = out.len;
	return 0;
}

int btf_scan__subset(struct btf_scan *scan, void **data, size_t *size)
{
	struct subset *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->scan = scan;
	s->new_ids = calloc(scan->count, sizeof(*s->new_ids));
	err = s->new_ids ? move_all(s) : -ENOMEM;
	if (!err)
		err = put_together(s, data, size);
	free(s->new_ids);
	free(s->types.bytes);
	free(s->strings.bytes);
	free(s);
	return err;
}
