// SPDX-License-Identifier: GPL-2.0-only
#include "output/stack_top.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/escape.h"
#include "output/folded.h"
#include "base/units.h"
#include "output/text_parts.h"
#include "output/wrap.h"

#define LINES_MAX 512
#define SHOWN 10
#define FUNCTIONS_SHOWN 6
#define NAME_SHOWN 60
#define LINE_SIZE (FUNCTIONS_SHOWN * (ESCAPE__TERMINAL_SIZE(NAME_SHOWN) + 40))

struct line {
	char *text;
	uint64_t bytes, samples;
};

struct stack_top {
	struct line lines[LINES_MAX];
	size_t count;
	uint64_t total_bytes, total_samples;
};

struct stack_top *stack_top__new(void)
{
	return calloc(1, sizeof(struct stack_top));
}

void stack_top__free(struct stack_top *top)
{
	for (size_t i = 0; top && i < top->count; i++)
		free(top->lines[i].text);
	free(top);
}

static const char *frame_name(const struct record_frame *frame)
{
	if (frame->function)
		return frame->function;
	return frame->module ? folded__base_name(frame->module) : "?";
}

static bool any_known(const struct record_frame *frames, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (frames[i].function || frames[i].module)
			return true;
	}
	return false;
}

/*
 * How many of the kernel's functions come before the first that says what memory was asked for: that it was charged,
 * and that the OOM killer was run, goes without saying.
 */
static size_t count_common(const struct record_frame *frames, size_t count)
{
	static const char *const common[] = {
		"page_counter_try_charge", "mark_oom_victim",  "__oom_kill_process",
		"oom_kill_process",	   "out_of_memory",    "mem_cgroup_out_of_memory",
		"mem_cgroup_oom",	   "try_charge_memcg", "try_charge",
	};
	size_t skipped = 0;

	for (size_t i = 0; i < ARRAY_SIZE(common) && skipped + 1 < count; i++) {
		if (frames[skipped].function && !strcmp(frames[skipped].function, common[i]))
			skipped++;
	}
	return skipped;
}

/* A chain of equal functions, as recursion makes it, is one: "walk (5 times)". */
static size_t count_equal(const struct record_frame *frames, size_t count)
{
	size_t equal = 1;

	while (equal < count && !strcmp(frame_name(&frames[0]), frame_name(&frames[equal])))
		equal++;
	return equal;
}

/* "memset < alloc_a < main", innermost first. */
static void format_frames(char *dst, size_t size, const struct record_frame *frames, size_t count)
{
	size_t len = 0, shown = 0;

	if (!count)
		snprintf(dst, size, "?");
	for (size_t i = 0; i < count && shown < FUNCTIONS_SHOWN; shown++) {
		size_t equal = count_equal(&frames[i], count - i);

		if (i)
			len += snprintf(dst + len, size - len, " < ");
		len += folded__format_name(dst + len, size - len, frame_name(&frames[i]), NAME_SHOWN);
		if (equal > 1)
			len += snprintf(dst + len, size - len, " (%zu times)", equal);
		i += equal;
		if (i < count && shown + 1 == FUNCTIONS_SHOWN)
			snprintf(dst + len, size - len, " < ...");
	}
}

/* The program's functions; if none of these is known, the kernel's. */
static void format_functions(char *dst, size_t size, const struct record_stack *stack)
{
	bool in_kernel = !stack->user_count ||
			 (stack->kernel_count && !any_known(stack->user, stack->user_count));
	const struct record_frame *frames = in_kernel ? stack->kernel : stack->user;
	size_t count = in_kernel ? stack->kernel_count : stack->user_count;
	size_t len = snprintf(dst, size, "%s", in_kernel ? "in the kernel: " : "");

	if (in_kernel && count) { /* without frames there is no array either */
		size_t skipped = count_common(frames, count);

		frames += skipped;
		count -= skipped;
	}
	format_frames(dst + len, size - len, frames, count);
}

/* That a C library's function asked for memory says little: what called it is the program's own. */
static bool is_library(const struct record_frame *frame)
{
	static const char *const libraries[] = { "libc.", "libc-", "ld-", "libpthread", "[vdso]", "libm." };
	/* In a program that was linked statically they are in its own file. */
	static const char *const functions[] = { "__libc_", "__GI_", "__mem", "__write", "__mmap", "malloc" };
	const char *name = frame->module ? folded__base_name(frame->module) : "";

	for (size_t i = 0; frame->function && i < ARRAY_SIZE(functions); i++) {
		if (!strncmp(frame->function, functions[i], strlen(functions[i])))
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(libraries); i++) {
		if (!strncmp(name, libraries[i], strlen(libraries[i])))
			return true;
	}
	return false;
}

/* How many of the innermost frames aren't the program's own; all, if none is. */
static size_t count_not_own(const struct record_stack *stack)
{
	size_t skipped = 0;

	while (skipped < stack->user_count &&
	       (is_library(&stack->user[skipped]) || !any_known(&stack->user[skipped], 1)))
		skipped++;
	return skipped;
}

bool stack_top__has_own(const struct record_stack *stack)
{
	return count_not_own(stack) < stack->user_count;
}

void stack_top__put_own(FILE *out, const struct record_stack *stack)
{
	size_t skipped = count_not_own(stack);
	char text[LINE_SIZE + 32];

	format_frames(text, sizeof(text), stack->user + skipped, stack->user_count - skipped);
	fputs(text, out);
}

static int by_bytes(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return strcmp(x->text, y->text);
}

/* The smaller half loses its lines; its bytes are in the total. */
static void forget_small(struct stack_top *top)
{
	qsort(top->lines, top->count, sizeof(*top->lines), by_bytes);
	while (top->count > LINES_MAX / 2)
		free(top->lines[--top->count].text);
}

void stack_top__add(struct stack_top *top, const struct record_stack *stack)
{
	char text[LINE_SIZE + 128];
	const char *comm = stack->comm ? stack->comm : "?";
	size_t len;

	if (stack->oom_id)
		return;
	top->total_bytes += stack->bytes;
	top->total_samples += stack->samples;
	len = folded__format_name(text, 96, comm, EVENT_COMM_LEN);
	len += snprintf(text + len, sizeof(text) - len, ": ");
	format_functions(text + len, sizeof(text) - len, stack);
	for (size_t i = 0; i < top->count; i++) {
		if (strcmp(top->lines[i].text, text))
			continue;
		top->lines[i].bytes += stack->bytes;
		top->lines[i].samples += stack->samples;
		return;
	}
	if (top->count == LINES_MAX)
		forget_small(top);
	top->lines[top->count] = (struct line){ strdup(text), stack->bytes, stack->samples };
	if (top->lines[top->count].text)
		top->count++;
}

static void print_line(FILE *out, uint64_t bytes, uint64_t total_bytes, const char *text)
{
	char size[UNITS__TEXT_SIZE];

	fprintf(out, "    %5.1f %%  %10s  %c%s\n", 100.0 * (double)bytes / (double)total_bytes,
		units__format_size(size, sizeof(size), bytes), WRAP_HANG, text);
}

void stack_top__print(struct stack_top *top, FILE *out)
{
	uint64_t rest = top->total_bytes;

	if (!top->total_bytes)
		return;
	qsort(top->lines, top->count, sizeof(*top->lines), by_bytes);
	text_parts__size(out, "Where memory was charged: ", top->total_bytes);
	fprintf(out, " in %" PRIu64 "%csamples\n", top->total_samples, WRAP_JOINT);
	for (size_t i = 0; i < top->count && i < SHOWN; i++) {
		print_line(out, top->lines[i].bytes, top->total_bytes, top->lines[i].text);
		rest -= top->lines[i].bytes;
	}
	if (rest)
		print_line(out, rest, top->total_bytes, "elsewhere");
}
