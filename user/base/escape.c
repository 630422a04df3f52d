// SPDX-License-Identifier: GPL-2.0-only
#include "base/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"

/* Characters that a terminal obeys or that nobody can see. Sorted; ends are included. */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{ 0x0080, 0x009f },   /* C1: 0x9b is CSI */
	{ 0x00ad, 0x00ad },   /* soft hyphen */
	{ 0x034f, 0x034f },   /* combining grapheme joiner */
	{ 0x061c, 0x061c },   /* Arabic letter mark */
	{ 0x115f, 0x1160 },   /* Hangul fillers */
	{ 0x17b4, 0x17b5 },   /* Khmer inherent vowels, invisible */
	{ 0x180b, 0x180f },   /* Mongolian selectors and vowel separator */
	{ 0x200b, 0x200f },   /* zero width, bidi marks */
	{ 0x2028, 0x202e },   /* separators, bidi embeddings and overrides */
	{ 0x2060, 0x206f },   /* invisible operators, bidi isolates */
	{ 0x3164, 0x3164 },   /* Hangul filler */
	{ 0xfdd0, 0xfdef },   /* noncharacters */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xffa0, 0xffa0 },   /* Hangul filler, half width */
	{ 0xfff9, 0xfffb },   /* interlinear annotation */
	{ 0xfffe, 0xffff },   /* noncharacters */
	{ 0x1d173, 0x1d17a }, /* musical format controls */
	{ 0xe0000, 0xe0fff }, /* tags, variation selectors */
};

static bool is_hidden(uint32_t c)
{
	/* The last two code points of every plane are noncharacters. */
	if ((c & 0xfffe) == 0xfffe)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		if (c <= hidden[i].last)
			return c >= hidden[i].first;
	return false;
}

/* The length of the valid UTF-8 character at s, 0 when there is none (RFC 3629). */
static size_t decode(const unsigned char *s, size_t len, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t value;
	size_t need;

	if (s[0] < 0x80) {
		*c = s[0];
		return 1;
	}
	if ((s[0] & 0xe0) == 0xc0) {
		need = 2;
		value = s[0] & 0x1f;
	} else if ((s[0] & 0xf0) == 0xe0) {
		need = 3;
		value = s[0] & 0x0f;
	} else if ((s[0] & 0xf8) == 0xf0) {
		need = 4;
		value = s[0] & 0x07;
	} else {
		return 0;
	}
	if (need > len)
		return 0;
	for (size_t i = 1; i < need; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (s[i] & 0x3f);
	}
	if (value < least[need] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*c = value;
	return need;
}

/* Longer than any piece that stands for one character. */
#define PIECE_SIZE 16

/*
 * What stands for the character c of n bytes at src, where len bytes are; n is 0 where no UTF-8 is. Returns the
 * length, and in *out where it is: in piece, in src itself, or static.
 */
typedef size_t (*stand_in)(const char *src, size_t len, size_t n, uint32_t c, char piece[PIECE_SIZE],
			   const char **out);

/* Cuts between pieces where dst is full. */
static size_t replace(char *dst, size_t size, const char *src, size_t len, stand_in put_piece)
{
	size_t in = 0, used = 0;

	if (!size)
		return 0;
	while (in < len) {
		char piece[PIECE_SIZE];
		const char *out = piece;
		uint32_t c = 0;
		size_t n = decode((const unsigned char *)src + in, len - in, &c);
		size_t width = put_piece(src + in, len - in, n, c, piece, &out);

		if (width >= size - used)
			break;
		memcpy(dst + used, out, width);
		used += width;
		in += n ? n : 1;
	}
	dst[used] = '\0';
	return used;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * systemd's own \xNN of a printable character, as in the path of a unit. It is left as it is, so that the path can be
 * used: no printable character is written so here.
 */
static bool is_units_escape(const char *src, size_t len)
{
	int value = len >= 4 && src[1] == 'x' ? hex_digit(src[2]) * 16 + hex_digit(src[3]) : -1;

	return value >= 0x20 && value < 0x7f && hex_digit(src[2]) >= 0 && hex_digit(src[3]) >= 0;
}

static size_t for_terminal(const char *src, size_t len, size_t n, uint32_t c, char piece[PIECE_SIZE],
			   const char **out)
{
	if (!n || c < 0x20 || c == 0x7f)
		return (size_t)snprintf(piece, PIECE_SIZE, "\\x%02x", (unsigned char)*src);
	if (is_hidden(c))
		return (size_t)snprintf(piece, PIECE_SIZE, "\\u{%04x}", c);
	*out = src;
	if (c != '\\' || is_units_escape(src, len))
		return n;
	*out = "\\\\";
	return 2;
}

size_t escape__terminal(char *dst, size_t size, const char *src, size_t len)
{
	return replace(dst, size, src, len, for_terminal);
}

const char *escape__shown_cut(const char *name, size_t max_len)
{
	static char texts[4][ESCAPE__TERMINAL_SIZE(ESCAPE__SHOWN_MAX) + sizeof("...")];
	static unsigned int turn;
	char *text = texts[turn++ % ARRAY_SIZE(texts)];
	size_t len;

	if (max_len > ESCAPE__SHOWN_MAX)
		max_len = ESCAPE__SHOWN_MAX;
	len = strnlen(name, max_len + 1);
	if (len <= max_len) {
		escape__terminal(text, sizeof(texts[0]), name, len);
		return text;
	}
	len = max_len;
	while (len && ((unsigned char)name[len] & 0xc0) == 0x80)
		len--; /* not in the middle of a UTF-8 character */
	strcpy(text + escape__terminal(text, sizeof(texts[0]) - strlen("..."), name, len), "...");
	return text;
}

const char *escape__shown(const char *name)
{
	return escape__shown_cut(name, ESCAPE__SHOWN_MAX);
}

static size_t for_json(const char *src, size_t len, size_t n, uint32_t c, char piece[PIECE_SIZE],
		       const char **out)
{
	static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

	(void)len;
	(void)piece;
	*out = n && c ? src : replacement;
	return n && c ? n : sizeof(replacement) - 1;
}

size_t escape__utf8(char *dst, size_t size, const char *src, size_t len)
{
	return replace(dst, size, src, len, for_json);
}
