// SPDX-License-Identifier: GPL-2.0-only
#include "host/mountinfo.h"

#include <string.h>

#define ID_DIGITS 32 /* of a container's or a pod's id, at least */

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

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/*
 * "…/3f2a91c0b1de…/shm", "…/volumes/NAME/_data": runtimes name the folder of a container, and the kubelet that of a pod, by
 * an id in hex digits; Docker and Podman have a volume's files in "_data".
 */
static bool is_containers(struct span path)
{
	struct span whole = path;
	size_t digits = 0;

	for (size_t i = 0; i < path.len && digits < ID_DIGITS; i++) {
		if (is_hex(path.start[i]))
			digits++;
		else if (path.start[i] != '-' || !digits)
			digits = 0;
	}
	return digits >= ID_DIGITS || span__strip_suffix(&whole, "/_data");
}

static bool same(struct span a, struct span b)
{
	return a.len == b.len && !memcmp(a.start, b.start, a.len);
}

bool mountinfo__is_machines(struct span machine, const struct mountinfo *mount)
{
	struct mountinfo m;

	while (machine.len) {
		if (mountinfo__parse(span__cut(&machine, '\n'), &m) && same(m.type, mount->type) &&
		    same(m.device, mount->device) && (same(m.point, mount->point) || !is_containers(m.point)))
			return true;
	}
	return false;
}
