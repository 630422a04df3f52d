// SPDX-License-Identifier: GPL-2.0-only
#include "output/folded.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/stream.h"

const char *folded__base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

size_t folded__format_name(char *dst, size_t size, const char *name, size_t max)
{
	char clean[FOLDED_NAME_MAX + 1];
	size_t len = escape__utf8(clean, max < FOLDED_NAME_MAX ? max + 1 : sizeof(clean), name, strlen(name));

	return escape__terminal(dst, size, clean, len);
}

/* A name that somebody else chose: it must not end a frame or a line. */
static void put_name(FILE *out, const char *name)
{
	char text[ESCAPE__TERMINAL_SIZE(FOLDED_NAME_MAX)];

	folded__format_name(text, sizeof(text), name, FOLDED_NAME_MAX);
	for (char *c = text; *c; c++)
		fputc(*c == ';' ? ':' : *c, out);
}

static void put_frame(FILE *out, const struct record_frame *frame, const char *mark)
{
	fputc(';', out);
	if (frame->function) {
		put_name(out, frame->function);
	} else if (frame->module) {
		/* "[anon]" and the like are in brackets already. */
		const char *name = folded__base_name(frame->module);

		if (*name == '[') {
			put_name(out, name);
		} else {
			fputc('[', out);
			put_name(out, name);
			fputc(']', out);
		}
	} else {
		fputs("[unknown]", out);
	}
	fputs(mark, out);
}

int folded__write(FILE *out, const struct record_stack *stack)
{
	if (stack->oom_id)
		return 0;
	put_name(out, stack->comm && *stack->comm ? stack->comm : "[unknown]");
	for (size_t i = stack->user_count; i-- > 0;)
		put_frame(out, &stack->user[i], "");
	for (size_t i = stack->kernel_count; i-- > 0;)
		put_frame(out, &stack->kernel[i], "_[k]");
	fprintf(out, " %" PRIu64 "\n", stack->bytes);
	return stream__error(out);
}

static int folded_take(struct sink *sink, const struct record *record)
{
	return record->kind == RECORD_STACK ? folded__write(sink->out, &record->stack) : 0;
}

static void folded_free(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops folded_ops = { .take = folded_take, .free = folded_free };

struct sink *folded__new(FILE *out)
{
	struct sink *sink = malloc(sizeof(*sink));

	if (sink)
		*sink = (struct sink){ .ops = &folded_ops, .out = out };
	return sink;
}
