// SPDX-License-Identifier: GPL-2.0-only
#include "output/wrap.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_LEAST 20 /* narrower than that nothing is of use */

struct wrap {
	FILE *out;
	unsigned int columns; /* 0: any number */
	unsigned int (*ask_columns)(void);
	bool ascii;
	unsigned int column; /* where the line is that is being written */
	unsigned int hang;
	unsigned int blanks; /* before the word; left out where a line is broken or ends */
	char *word;	     /* what has come of it */
	size_t len, room;
	unsigned int width; /* of the word */
	bool in_code;	    /* of a style: it has no width */
	bool at_begin;	    /* of a line */
};

/* Most of the wide characters are from U+3000 on. */
unsigned int wrap__columns(unsigned char lead)
{
	if ((lead & 0xc0) == 0x80)
		return 0; /* not the first of its bytes */
	return lead > 0xe2 ? 2 : 1;
}

static void put_blanks(struct wrap *w, unsigned int count)
{
	for (; count; count--)
		putc(' ', w->out);
}

/* A deep hang would leave no room for words on a narrow terminal. */
static unsigned int least_hang(const struct wrap *w)
{
	return w->columns / 10;
}

/* Whether a line with so many columns before `width` more is too long. */
static bool too_long(const struct wrap *w, unsigned int column, unsigned int width)
{
	return w->columns && column + width >= w->columns;
}

/* Where the next line begins, so that what comes has room if there is any. */
static unsigned int next_hang(const struct wrap *w, unsigned int width)
{
	unsigned int least = least_hang(w);

	return w->hang <= least || (w->hang <= w->columns / 2 && !too_long(w, w->hang, width)) ? w->hang
											       : least;
}

/* Begins another line if the one that is being written has no room for what comes. */
static void make_room(struct wrap *w, unsigned int width)
{
	unsigned int hang = next_hang(w, width);

	if (too_long(w, w->column + w->blanks, width) && w->column > hang) {
		putc('\n', w->out);
		put_blanks(w, hang);
		w->column = hang;
	} else {
		put_blanks(w, w->blanks);
		w->column += w->blanks;
	}
	w->blanks = 0;
}

/* The bytes of the character or the code of a style at `at`, and how many columns it has. */
static size_t next_character(const char *at, const char *end, unsigned int *width)
{
	const char *next = at + 1;

	if (*at == '\033') {
		*width = 0;
		while (next < end && next[-1] != 'm')
			next++;
		return next - at;
	}
	*width = wrap__columns((unsigned char)*at);
	while (next < end && ((unsigned char)*next & 0xc0) == 0x80)
		next++;
	return next - at;
}

static unsigned int width_of(const char *at, const char *end)
{
	unsigned int sum = 0, width;

	for (; at < end; sum += width)
		at += next_character(at, end, &width);
	return sum;
}

/* A part that is longer than a line: its middle is left out, and no code of a style. */
static void put_cut(struct wrap *w, const char *at, const char *end)
{
	const char *dots = w->ascii ? "..." : "\u2026";
	unsigned int all = width_of(at, end), shown = w->columns - 1 - w->column - (w->ascii ? 3 : 1);
	unsigned int head = shown * 3 / 5, tail = shown - head, seen = 0, width;
	bool cut = false;

	for (size_t len; at < end; at += len, seen += width) {
		len = next_character(at, end, &width);
		if (!width || seen + width <= head || seen >= all - tail) {
			fwrite(at, 1, len, w->out);
			w->column += width;
		} else if (!cut) {
			fputs(dots, w->out);
			w->column += w->ascii ? 3 : 1;
			cut = true;
		}
	}
}

/* Whether what stands before and after are two names: those of a path's folders, or of a list. */
static bool between_names(char before, char after)
{
	if (before == ',' || before == ':')
		return after != before && !isdigit((unsigned char)after);
	return strchr("/;=&", before) && after != before;
}

/* A word that is longer than a line: it is broken between names, and none of its names is. */
static void put_parts(struct wrap *w)
{
	const char *at = w->word, *end = w->word + w->len;

	while (at < end) {
		const char *part = at + 1;
		unsigned int width;

		while (part < end && (part - at < 2 || !between_names(part[-1], *part)))
			part++;
		width = width_of(at, part);
		make_room(w, width);
		if (too_long(w, w->column, width)) {
			put_cut(w, at, part);
		} else {
			fwrite(at, 1, part - at, w->out);
			w->column += width;
		}
		at = part;
	}
}

static void end_word(struct wrap *w)
{
	if (!w->len)
		return;
	if (too_long(w, w->column + w->blanks, w->width) && too_long(w, least_hang(w), w->width)) {
		put_parts(w);
	} else {
		make_room(w, w->width);
		fwrite(w->word, 1, w->len, w->out);
		w->column += w->width;
	}
	w->width = 0;
	w->len = 0;
}

static bool add(struct wrap *w, char c)
{
	if (w->len == w->room) {
		size_t room = w->room ? 2 * w->room : 256;
		char *word = realloc(w->word, room);

		if (!word)
			return false;
		w->word = word;
		w->room = room;
	}
	w->word[w->len++] = c;
	return true;
}

static void set_columns(struct wrap *w, unsigned int columns)
{
	w->columns = columns && columns < COLUMNS_LEAST ? COLUMNS_LEAST : columns;
}

static bool put(struct wrap *w, char c)
{
	if (w->at_begin && w->ask_columns)
		set_columns(w, w->ask_columns());
	w->at_begin = false;
	switch (c) {
	case '\n':
		end_word(w);
		putc('\n', w->out);
		w->column = w->hang = w->blanks = 0;
		w->at_begin = true;
		return true;
	case ' ':
		end_word(w);
		w->blanks++;
		return true;
	case WRAP_HANG:
		end_word(w);
		w->hang = w->column + w->blanks;
		return true;
	case WRAP_JOINT:
		c = ' ';
		w->width++;
		break;
	case '\033':
		w->in_code = true;
		break;
	default:
		if (!w->in_code)
			w->width += wrap__columns((unsigned char)c);
		else if (c == 'm')
			w->in_code = false;
	}
	return add(w, c);
}

/* fopencookie(3): an error is 0. */
static ssize_t write_text(void *cookie, const char *text, size_t size)
{
	struct wrap *w = cookie;

	for (size_t i = 0; i < size; i++) {
		if (!put(w, text[i])) {
			errno = ENOMEM;
			return 0;
		}
	}
	return fflush(w->out) ? 0 : (ssize_t)size;
}

static int close_text(void *cookie)
{
	struct wrap *w = cookie;
	int err;

	end_word(w);
	err = fflush(w->out);
	free(w->word);
	free(w);
	return err;
}

FILE *wrap__open(FILE *out, struct text_look look)
{
	cookie_io_functions_t functions = { .write = write_text, .close = close_text };
	struct wrap *w = calloc(1, sizeof(*w));
	FILE *file;

	if (!w)
		return NULL;
	w->out = out;
	w->ask_columns = look.ask_columns;
	w->at_begin = true;
	set_columns(w, look.columns);
	w->ascii = look.ascii;
	file = fopencookie(w, "w", functions);
	if (!file)
		free(w);
	return file;
}

char *wrap__plain(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (*from != WRAP_HANG)
			*to++ = *from == WRAP_JOINT ? ' ' : *from;
	}
	*to = '\0';
	return text;
}
