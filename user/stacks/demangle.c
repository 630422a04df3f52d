// SPDX-License-Identifier: GPL-2.0-only
#include "stacks/demangle.h"

#include <libiberty/demangle.h>
#include <stdlib.h>
#include <string.h>

struct name {
	char *text;
	size_t len, room; /* without and with its NUL */
};

/* Gets the name piece by piece: a short symbol can stand for gigabytes, which are not kept. */
static void append(const char *text, size_t len, void *opaque)
{
	struct name *name = opaque;
	size_t space = name->room - 1 - name->len;

	if (len > space)
		len = space;
	memcpy(name->text + name->len, text, len);
	name->len += len;
}

char *demangle__copy(const char *symbol, size_t size)
{
	struct name name = { .text = malloc(size), .room = size };
	char *fitting;

	if (!name.text)
		return NULL;
	/* Rust first: its older names are valid in C++. */
	if (!rust_demangle_callback(symbol, DMGL_NO_OPTS, append, &name)) {
		name.len = 0;
		if (!cplus_demangle_v3_callback(symbol, DMGL_NO_OPTS, append, &name))
			name.len = 0;
	}
	if (!name.len)
		append(symbol, strlen(symbol), &name);
	name.text[name.len] = '\0';
	fitting = realloc(name.text, name.len + 1);
	return fitting ? fitting : name.text;
}
