// SPDX-License-Identifier: GPL-2.0-only
#include "base/span.h"

#include <string.h>

struct span span__cut(struct span *s, char separator)
{
	const char *end = memchr(s->start, separator, s->len);
	struct span part = { s->start, end ? (size_t)(end - s->start) : s->len };

	s->start += part.len + (end != NULL);
	s->len -= part.len + (end != NULL);
	return part;
}

bool span__is(struct span s, const char *text)
{
	return s.len == strlen(text) && !memcmp(s.start, text, s.len);
}

bool span__has_item(struct span list, const char *item)
{
	while (list.len)
		if (span__is(span__cut(&list, ','), item))
			return true;
	return false;
}

bool span__u64(struct span s, uint64_t *value)
{
	uint64_t v = 0;

	if (!s.len)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.start[i] < '0' || s.start[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.start[i] - '0'), &v))
			return false;
	}
	*value = v;
	return true;
}

bool span__strip_prefix(struct span *s, const char *prefix)
{
	size_t len = strlen(prefix);

	if (s->len < len || memcmp(s->start, prefix, len))
		return false;
	s->start += len;
	s->len -= len;
	return true;
}

bool span__strip_suffix(struct span *s, const char *suffix)
{
	size_t len = strlen(suffix);

	if (s->len < len || memcmp(s->start + s->len - len, suffix, len))
		return false;
	s->len -= len;
	return true;
}

bool span__find(struct span s, const char *text, struct span *after)
{
	const char *at = memmem(s.start, s.len, text, strlen(text));

	if (!at)
		return false;
	at += strlen(text);
	*after = (struct span){ at, (size_t)(s.start + s.len - at) };
	return true;
}
