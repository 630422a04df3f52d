// SPDX-License-Identifier: GPL-2.0-only
/* oomtrace-syms (symbols.h) after it has been forked: reads the files, and finds names for addresses. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "host/kallsyms.h"
#include "stacks/wire.h"

/* No program has addresses with more bits (x86 with five levels of page tables). */
#define USER_BITS 56
struct syms {
	struct elf_symbols *elf;
	struct kallsyms *kallsyms; /* NULL: not read yet, or it can't be */
	int kallsyms_fd;
	bool kallsyms_tried;
	struct symbol symbols[STACK_DEPTH];
	struct wire_answer answer;
};

static uint32_t add_text(struct wire_answer *a, const char *text)
{
	size_t len = text ? strlen(text) + 1 : 0;
	uint32_t offset = a->text_len;

	if (len < 2 || len > sizeof(a->text) - a->text_len)
		return 0;
	memcpy(a->text + offset, text, len);
	a->text_len += (uint32_t)len;
	return offset;
}

static void answer_user(struct syms *s, const struct symbols_stack *stack)
{
	struct wire_answer *a = &s->answer;

	a->unmapped = (uint32_t)elf_symbols__resolve(s->elf, &stack->process, stack->user, stack->user_count,
						     s->symbols);
	for (uint32_t i = 0; i < stack->user_count; i++) {
		const struct symbol *symbol = &s->symbols[i];

		/* Where no code is, the frames have been lost: what follows is anything. */
		if (i && !symbol->module && (a->unmapped < stack->user_count || stack->user[i] >> USER_BITS))
			break;
		a->frames[a->user_count++] = (struct wire_frame){
			.address = symbol->address,
			.offset = symbol->offset,
			.function = add_text(a, symbol->function),
			.module = add_text(a, symbol->module),
		};
	}
}

/* Of our own programs and of how they are called; at the inner end also what has no name. */
static bool is_ours(const char *function, const char *module, bool innermost)
{
	if (!function)
		return innermost;
	return (module && !strcmp(module, "bpf")) || (innermost && !strncmp(function, "bpf_", 4));
}

static void answer_kernel(struct syms *s, const struct symbols_stack *stack)
{
	struct wire_answer *a = &s->answer;
	const char *below = NULL; /* the function before */
	bool skipped = false;

	if (!s->kallsyms_tried && kallsyms__load(s->kallsyms_fd, &s->kallsyms))
		s->kallsyms = NULL;
	s->kallsyms_tried = true;
	for (uint32_t i = 0; s->kallsyms && i < stack->kernel_count; i++) {
		/* All but the first are addresses after a call. */
		const char *module = NULL, *function;
		uint64_t offset = 0;

		function = kallsyms__find(s->kallsyms, stack->kernel[i] - !!i, &module, &offset);
		if (is_ours(function, module, !a->kernel_count)) {
			skipped = true;
			continue;
		}
		/* A function that a program is attached to is there twice: before and after that. */
		if (skipped && below && function && !strcmp(below, function)) {
			skipped = false;
			continue;
		}
		skipped = false;
		below = function;
		a->frames[a->user_count + a->kernel_count++] = (struct wire_frame){
			.offset = offset + !!i,
			.function = add_text(a, function),
			.module = add_text(a, module ? module : "kernel"),
		};
	}
}

static int answer(struct syms *s, const struct wire_message *question, int out)
{
	struct wire_answer *a = &s->answer;
	const struct symbols_stack *stack = &question->stack;

	if (stack->user_count > STACK_DEPTH || stack->kernel_count > STACK_DEPTH)
		return -EINVAL;
	memset(a, 0, offsetof(struct wire_answer, text));
	a->number = question->number;
	a->text[0] = '\0';
	a->text_len = 1;
	answer_user(s, stack);
	answer_kernel(s, stack);
	return wire__send(out, a, offsetof(struct wire_answer, text) + a->text_len, -1);
}

/* Takes a message and does what it says. Returns whether there can be more. */
static bool take_message(struct syms *s, int in, int out)
{
	/* A question stays in the queue until it is answered: the keeper answers it if we fail over it. */
	bool is_question = wire__peek(in, 0) == WIRE_STACK;
	struct wire_message message;
	int fd = -1;

	if (is_question) {
		if (recv(in, &message, sizeof(message), MSG_PEEK) != sizeof(message) ||
		    answer(s, &message, out))
			return false;
	}
	if (wire__receive(in, &message, sizeof(message), &fd) != sizeof(message))
		return false;
	if (message.kind == WIRE_BEGIN)
		elf_symbols__begin(s->elf, &message.process);
	else if (message.kind == WIRE_MAPPING)
		elf_symbols__add(s->elf, &message.mapping, fd);
	else if (message.kind == WIRE_JIT && fd >= 0)
		elf_symbols__add_jit_map(s->elf, fd);
	return true;
}

void names_process__run(int in, int out, int kallsyms_fd, const struct elf_symbols_guard *guard)
{
	struct syms *s = calloc(1, sizeof(*s));

	if (!s)
		return;
	s->kallsyms_fd = kallsyms_fd;
	s->elf = elf_symbols__new(guard);
	while (s->elf && take_message(s, in, out))
		;
	elf_symbols__free(s->elf);
	kallsyms__free(s->kallsyms);
	free(s);
}
