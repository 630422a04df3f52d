// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sampled stacks, one a line: "comm;outermost;...;innermost_[k] BYTES", as flamegraph.pl, speedscope
 * and inferno take them. Equal stacks in several lines are summed up by them.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "sink.h"

/* A semicolon would be another frame. */
static void put_name(FILE *out, const char *name)
{
	size_t clean_size = ESCAPE__UTF8_SIZE(strlen(name));
	size_t safe_size = ESCAPE__TERMINAL_SIZE(clean_size);
	char *clean = malloc(clean_size + safe_size), *safe = clean + clean_size;

	if (!clean)
		return;
	escape__terminal(safe, safe_size, clean, escape__utf8(clean, clean_size, name, strlen(name)));
	for (char *c = safe; *c; c++) {
		if (*c == ';')
			*c = ':';
	}
	fputs(safe, out);
	free(clean);
}

static void put_frames(FILE *out, const struct record_frame *frames, size_t count, const char *suffix)
{
	while (count--) {
		const struct record_frame *frame = &frames[count];
		const char *slash = frame->module ? strrchr(frame->module, '/') : NULL;

		fputc(';', out);
		if (frame->function && *frame->function) {
			put_name(out, frame->function);
		} else {
			fputc('[', out);
			put_name(out, slash ? slash + 1 : frame->module ? frame->module : "unknown");
			fputc(']', out);
		}
		fputs(suffix, out);
	}
}

static int folded_stack(struct sink *sink, const struct record_stack *s)
{
	if (s->oom_id || !s->bytes)
		return 0; /* of a trigger: it stands for no bytes */
	put_name(sink->out, s->comm && *s->comm ? s->comm : "(unknown)");
	put_frames(sink->out, s->user, s->user_count, "");
	put_frames(sink->out, s->kernel, s->kernel_count, "_[k]");
	fprintf(sink->out, " %" PRIu64 "\n", s->bytes);
	return ferror(sink->out) ? sink__flush(sink) : 0;
}

static void folded_free(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops folded_ops = { .stack = folded_stack, .free = folded_free };

struct sink *sink_folded__new(FILE *out)
{
	struct sink *sink = malloc(sizeof(*sink));

	if (sink)
		*sink = (struct sink){ .ops = &folded_ops, .out = out };
	return sink;
}
