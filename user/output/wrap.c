// SPDX-License-Identifier: GPL-2.0-only
#include "output/wrap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_LEAST 20 /* narrower than that nothing is of use */

struct wrap {
	FILE *out;
	unsigned int columns; /* 0: any number */
	unsigned int column;  /* where the line is that is being written */
	unsigned int hang;
	unsigned int blanks; /* before the word; left out where a line is broken or ends */
	char *word;	     /* what has come of it */
	size_t len, room;
	unsigned int width; /* of the word */
	bool in_code;	    /* of a style: it has no width */
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

static void end_word(struct wrap *w)
{
	if (!w->len)
		return;
	if (w->columns && w->column > w->hang && w->column + w->blanks + w->width >= w->columns) {
		/* A deep hang would leave no room for words on a narrow terminal, */
		unsigned int least = w->columns / 10, hang = w->hang <= w->columns / 2 ? w->hang : least;

		/* nor for a long name, which the terminal would break. */
		if (hang + w->width >= w->columns && hang > least)
			hang = least;

		putc('\n', w->out);
		put_blanks(w, hang);
		w->column = hang;
	} else {
		put_blanks(w, w->blanks);
		w->column += w->blanks;
	}
	fwrite(w->word, 1, w->len, w->out);
	w->column += w->width;
	w->blanks = w->width = 0;
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

static bool put(struct wrap *w, char c)
{
	switch (c) {
	case '\n':
		end_word(w);
		putc('\n', w->out);
		w->column = w->hang = w->blanks = 0;
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

FILE *wrap__open(FILE *out, unsigned int columns)
{
	cookie_io_functions_t functions = { .write = write_text, .close = close_text };
	struct wrap *w = calloc(1, sizeof(*w));
	FILE *file;

	if (!w)
		return NULL;
	w->out = out;
	w->columns = columns && columns < COLUMNS_LEAST ? COLUMNS_LEAST : columns;
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
