// SPDX-License-Identifier: GPL-2.0-only
/* The two helper processes of symbols.h, after they have been forked. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/kallsyms.h"
#include "host/proc.h"
#include "stacks/jit_map.h"
#include "stacks/wire.h"

/* A process can have a million mappings; what counts is nearly always among the first. */
#define MAPS_LINES_MAX 16384
/* No program has addresses with more bits (x86 with five levels of page tables). */
#define USER_BITS 56
#define MAPS_LINE_SIZE 4352 /* PATH_MAX and what stands before it */

static int send_mapping(int out, uint32_t pid, const struct mapping *mapping)
{
	struct wire_message message = { .kind = WIRE_MAPPING };
	int fd = mapping->is_file ? mapping__open(pid, mapping) : -1;
	int err;

	message.mapping = *mapping;
	err = wire__send(out, &message, sizeof(message), fd);
	if (fd >= 0)
		close(fd);
	return err;
}

static bool is_process(const struct process_id *process)
{
	uint64_t start_ns;

	return !proc__start(process->pid, &start_ns) && proc__same_start(start_ns, process->start_ns);
}

static int send_jit_map(int out, const struct process_id *process)
{
	struct wire_message message = { .kind = WIRE_JIT };
	int fd = jit_map__open(process->pid);
	int err = 0;

	if (fd < 0)
		return 0;
	/* That of the same process still: it was found by its pid. */
	if (is_process(process))
		err = wire__send(out, &message, sizeof(message), fd);
	close(fd);
	return err;
}

static int look_at(int out, const struct process_id *process)
{
	struct wire_message begin = { .kind = WIRE_BEGIN, .process = *process };
	char path[64], line[MAPS_LINE_SIZE];
	struct mapping mapping;
	bool makes_code = false;
	int err, found = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/maps", process->pid);
	file = fopen(path, "re");
	/* After opening it: the file stays that process's, whoever has the pid then. */
	if (!file || !is_process(process)) {
		if (file)
			fclose(file);
		return 0;
	}
	err = 0;
	for (int i = 0; !err && i < MAPS_LINES_MAX && found < MAPPINGS_MAX; i++) {
		if (!fgets(line, sizeof(line), file))
			break;
		if (!mapping__parse(line, &mapping))
			continue;
		/* A process that is exiting has none: what is known of it then stays. */
		if (!found++)
			err = wire__send(out, &begin, sizeof(begin), -1);
		if (!err)
			err = send_mapping(out, process->pid, &mapping);
		makes_code |= mapping__is_anonymous(&mapping);
	}
	fclose(file);
	if (!err && makes_code)
		err = send_jit_map(out, process);
	return err;
}

void wire__run_maps(int in, int out)
{
	struct wire_message message;

	while (wire__receive(in, &message, sizeof(message), NULL) == sizeof(message)) {
		int err = message.kind == WIRE_LOOK ? look_at(out, &message.process)
						    : wire__send(out, &message, sizeof(message), -1);

		if (err)
			break;
	}
}

/* ---- the one that reads the files ---- */

struct syms {
	struct elf_symbols *symbolizer;
	struct kallsyms *ksyms; /* NULL: not read yet, or it can't be */
	int kallsyms_fd;
	bool ksyms_tried;
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

	a->unmapped = (uint32_t)elf_symbols__resolve(s->symbolizer, &stack->process, stack->user,
						     stack->user_count, s->symbols);
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

	if (!s->ksyms_tried && kallsyms__load(s->kallsyms_fd, &s->ksyms))
		s->ksyms = NULL;
	s->ksyms_tried = true;
	for (uint32_t i = 0; s->ksyms && i < stack->kernel_count; i++) {
		/* All but the first are addresses after a call. */
		const char *module = NULL, *function;
		uint64_t offset = 0;

		function = kallsyms__find(s->ksyms, stack->kernel[i] - !!i, &module, &offset);
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
		elf_symbols__begin(s->symbolizer, &message.process);
	else if (message.kind == WIRE_MAPPING)
		elf_symbols__add(s->symbolizer, &message.mapping, fd);
	else if (message.kind == WIRE_JIT && fd >= 0)
		elf_symbols__add_jit_map(s->symbolizer, fd);
	return true;
}

void wire__run_syms(int in, int out, int kallsyms_fd, const struct elf_symbols_guard *guard)
{
	struct syms *s = calloc(1, sizeof(*s));

	if (!s)
		return;
	s->kallsyms_fd = kallsyms_fd;
	s->symbolizer = elf_symbols__new(guard);
	while (s->symbolizer && take_message(s, in, out))
		;
	elf_symbols__free(s->symbolizer);
	kallsyms__free(s->ksyms);
	free(s);
}
