// SPDX-License-Identifier: GPL-2.0-only
/* Bytes -> lines of /proc/PID/maps -> the mappings of a process, of whatever there is already. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "stacks/elf_symbols.h"

static void require(int condition)
{
	if (!condition)
		abort();
}

/* What was added last is what is there. */
static void check_added(struct elf_symbols *s, const struct process_id *id, const struct mapping *m)
{
	const uint64_t ends[] = { m->start, m->end - 1 };
	struct symbol symbol;

	for (int i = 0; i < 2; i++) {
		require(!elf_symbols__resolve(s, id, &ends[i], 1, &symbol));
		require(!strcmp(symbol.module, m->path) && !symbol.function[0]);
		require(symbol.address == (m->is_file ? ends[i] - m->start + m->file_offset : ends[i]));
	}
}

static void take_line(struct elf_symbols *s, const struct process_id *id, const char *text, size_t len)
{
	char *line = strndup(text, len); /* exactly: ASan sees a read beyond */
	struct mapping mapping;

	require(line != NULL);
	memset(&mapping, 0xaa, sizeof(mapping));
	if (mapping__parse(line, &mapping)) {
		require(mapping.start < mapping.end);
		require(strnlen(mapping.path, sizeof(mapping.path)) < sizeof(mapping.path));
		elf_symbols__add(s, &mapping, -1);
		check_added(s, id, &mapping);
	}
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct process_id id = { .start_ns = 1, .pid = 1 };
	const char *text = (const char *)data, *end = text + size;
	struct elf_symbols *s = elf_symbols__new(NULL);

	require(s != NULL);
	elf_symbols__begin(s, &id);
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *next = newline ? newline + 1 : end;

		take_line(s, &id, text, (size_t)(next - text));
		text = next;
	}
	elf_symbols__free(s);
	return 0;
}
