/* SPDX-License-Identifier: GPL-2.0-only */
/* A terminal that shows records and, below them, one line that is drawn again and again. */
#ifndef OOMTRACE_CONSOLE_H
#define OOMTRACE_CONSOLE_H

#include <stdbool.h>
#include <stdio.h>

#include "output/look.h"
#include "record/sink.h"
#include "terminal/colour.h"

#define CONSOLE__LINE_MAX 4096 /* bytes */

struct console;

/* NULL when stdout isn't a terminal that can do this, or without memory. */
struct console *console__new(void);

/* Erases the line, and leaves nothing behind. Takes NULL. */
void console__free(struct console *console);

/* Where records go: a stream to stdout that erases the line first. */
FILE *console__out(struct console *console);

/* Erases the line, for messages that go another way. Takes NULL. */
void console__clear(struct console *console);

/* The terminal's width now, or 80 when it doesn't say. */
unsigned int console__columns(const struct console *console);

/* Shows this line, which is `width` columns wide, in the place of the last one. */
void console__draw(struct console *console, const char *line, unsigned int width);

/*
 * How text on stdout may look: on a terminal as wide as that is. Elsewhere lines are as long as they
 * are, but as wide as COLUMNS says where that is set.
 */
struct text_look console__look(enum colour_when colour);

#endif
