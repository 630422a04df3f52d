// SPDX-License-Identifier: GPL-2.0-only
#include "host/mountinfo.h"

#include <string.h>

/* "36 35 98:0 ROOT POINT OPTIONS [TAGS...] - TYPE SOURCE SUPER_OPTIONS" (proc(5)) */
bool mountinfo__parse(struct span line, struct mountinfo *out)
{
	struct span word;

	span__cut(&line, ' ');
	span__cut(&line, ' ');
	out->device = span__cut(&line, ' ');
	out->root = span__cut(&line, ' ');
	out->point = span__cut(&line, ' ');
	do {
		if (!line.len)
			return false;
		word = span__cut(&line, ' ');
	} while (!span__is(word, "-"));
	out->type = span__cut(&line, ' ');
	span__cut(&line, ' ');
	out->super_options = line;
	return true;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* It has space, tab, newline and backslash as \ooo (mangle_path, fs/seq_file.c). */
bool mountinfo__path(struct span escaped, char *dst, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < escaped.len; i++) {
		char c = escaped.start[i];

		if (c == '\\' && escaped.len - i > 3 && is_octal(escaped.start[i + 1]) &&
		    is_octal(escaped.start[i + 2]) && is_octal(escaped.start[i + 3])) {
			c = (char)((escaped.start[i + 1] - '0') << 6 | (escaped.start[i + 2] - '0') << 3 |
				   (escaped.start[i + 3] - '0'));
			i += 3;
		}
		if (used + 1 >= size)
			return false;
		dst[used++] = c;
	}
	dst[used] = '\0';
	return dst[0] == '/' && !memchr(dst, '\0', used);
}
