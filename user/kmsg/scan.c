// SPDX-License-Identifier: GPL-2.0-only
#include "kmsg/scan.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void skip_blanks(struct span *s)
{
	while (s->len && is_blank(*s->start)) {
		s->start++;
		s->len--;
	}
}

struct span scan__trim(struct span s)
{
	skip_blanks(&s);
	while (s.len && is_blank(s.start[s.len - 1]))
		s.len--;
	return s;
}

bool scan__starts(struct span s, const char *prefix)
{
	size_t len = strlen(prefix);

	return s.len >= len && !memcmp(s.start, prefix, len);
}

bool scan__has(struct span s, const char *text)
{
	return memmem(s.start, s.len, text, strlen(text)) != NULL;
}

bool scan__find_last(struct span s, const char *text, struct span *before, struct span *after)
{
	size_t len = strlen(text);

	for (size_t at = s.len; at >= len; at--) {
		if (memcmp(s.start + at - len, text, len))
			continue;
		*before = (struct span){ s.start, at - len };
		*after = (struct span){ s.start + at, s.len - at };
		return true;
	}
	return false;
}

struct span scan__word(struct span *s)
{
	struct span word;

	skip_blanks(s);
	word = (struct span){ s->start, 0 };
	while (s->len && !is_blank(*s->start)) {
		s->start++;
		s->len--;
		word.len++;
	}
	skip_blanks(s);
	return word;
}

bool scan__take_u64(struct span *s, uint64_t *value)
{
	struct span rest = *s;
	uint64_t v = 0;

	skip_blanks(&rest);
	if (!rest.len || !is_digit(*rest.start))
		return false;
	for (; rest.len && is_digit(*rest.start); rest.start++, rest.len--)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*rest.start - '0'), &v))
			return false;
	*s = rest;
	*value = v;
	return true;
}

bool scan__take_i64(struct span *s, int64_t *value)
{
	struct span rest = *s;
	bool negative;
	uint64_t v;

	skip_blanks(&rest);
	negative = rest.len && *rest.start == '-';
	if (negative) {
		rest.start++;
		rest.len--;
	}
	if (!rest.len || !is_digit(*rest.start) || !scan__take_u64(&rest, &v) || v > INT64_MAX)
		return false;
	*s = rest;
	*value = negative ? -(int64_t)v : (int64_t)v;
	return true;
}

bool scan__u64(struct span s, const char *key, uint64_t *value)
{
	struct span after;

	return span__find(s, key, &after) && scan__take_u64(&after, value);
}

bool scan__i64(struct span s, const char *key, int64_t *value)
{
	struct span after;

	return span__find(s, key, &after) && scan__take_i64(&after, value);
}

bool scan__kb(struct span s, const char *key, uint64_t *bytes)
{
	uint64_t kb;

	if (!scan__u64(s, key, &kb))
		return false;
	if (__builtin_mul_overflow(kb, 1024, bytes))
		*bytes = UINT64_MAX;
	return true;
}

bool scan__value(struct span s, const char *key, char separator, struct span *value)
{
	struct span after;

	if (!span__find(s, key, &after))
		return false;
	*value = span__cut(&after, separator);
	return true;
}

void scan__copy(char *dst, size_t size, struct span s)
{
	size_t len = s.len < size ? s.len : size - 1;

	if (len)
		memcpy(dst, s.start, len);
	dst[len] = '\0';
}
