// SPDX-License-Identifier: GPL-2.0-only
#include "host/kallsyms.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#define SYMBOLS_MAX (1U << 20)
#define NAMES_MAX (64U << 20)
/* The kernel gives no sizes. An address farther than this from a function's beginning isn't in the function. */
#define FUNCTION_SIZE_MAX (1U << 20)

struct ksym {
	uint64_t address;
	uint32_t name;	 /* offsets into names */
	uint32_t module; /* 0: the kernel itself */
};

struct kallsyms {
	struct ksym *symbols; /* by address */
	size_t count, room;
	char *names;
	size_t names_len, names_room;
	uint32_t last_module;
};

const char *kallsyms__path(void)
{
	static const char *const places[] = { "/proc/kallsyms", "/dev/kallsyms" };
	struct statfs fs;

	/* What hides the file is a file of another kind. */
	for (size_t i = 0; i < 2; i++) {
		if (!statfs(places[i], &fs) && fs.f_type == PROC_SUPER_MAGIC)
			return places[i];
	}
	return places[0];
}

static int add_name(struct kallsyms *k, const char *name, uint32_t *offset)
{
	size_t len = strlen(name) + 1;

	if (k->names_len + len > k->names_room) {
		size_t room = k->names_room ? k->names_room * 2 : 1 << 16;
		char *bigger = room > NAMES_MAX ? NULL : realloc(k->names, room);

		if (!bigger)
			return -ENOMEM;
		k->names = bigger;
		k->names_room = room;
	}
	*offset = (uint32_t)k->names_len;
	memcpy(k->names + k->names_len, name, len);
	k->names_len += len;
	return 0;
}

/* A module's symbols come one after the other: its name is kept once. */
static int add_module(struct kallsyms *k, const char *module, uint32_t *offset)
{
	int err = 0;

	if (!k->last_module || strcmp(k->names + k->last_module, module))
		err = add_name(k, module, &k->last_module);
	*offset = k->last_module;
	return err;
}

static int add_symbol(struct kallsyms *k, uint64_t address, const char *name, const char *module)
{
	struct ksym symbol = { .address = address };
	int err;

	if (k->count == k->room) {
		size_t room = k->room ? k->room * 2 : 4096;
		struct ksym *bigger = NULL;

		if (room <= SYMBOLS_MAX)
			bigger = reallocarray(k->symbols, room, sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		k->symbols = bigger;
		k->room = room;
	}
	err = add_name(k, name, &symbol.name);
	if (!err && *module)
		err = add_module(k, module, &symbol.module);
	if (!err)
		k->symbols[k->count++] = symbol;
	return err;
}

static int by_address(const void *a, const void *b)
{
	const struct ksym *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name; /* as in the file */
}

struct line {
	uint64_t address; /* 0: it is kept from us */
	char type;	  /* of functions T, t, W or w */
	char name[512];
	char module[64]; /* "": the kernel itself */
};

/* "ffffffff81000000 T _text" or "ffffffffc0000000 t ext4_sync\t[ext4]" */
static bool parse_line(const char *text, struct line *line)
{
	line->module[0] = '\0';
	return sscanf(text, "%" SCNx64 " %c %511s [%63[^]]", &line->address, &line->type, line->name,
		      line->module) >= 3;
}

static int add_line(struct kallsyms *k, const char *text)
{
	struct line line;

	if (!parse_line(text, &line) || !strchr("TtWw", line.type) || !line.address)
		return 0;
	return add_symbol(k, line.address, line.name, line.module);
}

int kallsyms__load(int fd, struct kallsyms **out)
{
	struct kallsyms *k = calloc(1, sizeof(*k));
	int copy = k ? dup(fd) : -1;
	FILE *file = copy < 0 ? NULL : fdopen(copy, "r");
	uint32_t unused;
	char line[1024];
	int err = file ? 0 : k ? -errno : -ENOMEM;

	if (file)
		rewind(file);
	else if (copy >= 0)
		close(copy);
	if (!err)
		err = add_name(k, "", &unused); /* offset 0 is no module */
	while (!err && fgets(line, sizeof(line), file))
		err = add_line(k, line);
	if (!err && !k->count)
		err = ferror(file) ? -EIO : -EPERM;
	if (file)
		fclose(file);
	if (err) {
		kallsyms__free(k);
		return err;
	}
	qsort(k->symbols, k->count, sizeof(*k->symbols), by_address);
	*out = k;
	return 0;
}

const char *kallsyms__find(const struct kallsyms *k, uint64_t address, const char **module, uint64_t *offset)
{
	size_t low = 0, high = k->count;
	const struct ksym *symbol;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (k->symbols[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	symbol = &k->symbols[low - 1];
	/* Of several names of one address the first, as the kernel itself does. */
	while (symbol > k->symbols && symbol[-1].address == symbol->address)
		symbol--;
	if (address - symbol->address >= FUNCTION_SIZE_MAX)
		return NULL;
	*module = symbol->module ? k->names + symbol->module : NULL;
	*offset = address - symbol->address;
	return k->names + symbol->name;
}

void kallsyms__free(struct kallsyms *k)
{
	if (!k)
		return;
	free(k->symbols);
	free(k->names);
	free(k);
}

/* Those that have begun end where another symbol is. Returns how many. */
static size_t end_ranges(struct kallsyms_range *wanted, size_t count, uint64_t address)
{
	size_t ended = 0;

	for (size_t i = 0; i < count; i++) {
		if (wanted[i].start && !wanted[i].end && address > wanted[i].start) {
			wanted[i].end = address;
			ended++;
		}
	}
	return ended;
}

static size_t begin_ranges(struct kallsyms_range *wanted, size_t count, const char *name, uint64_t address)
{
	size_t begun = 0;

	for (size_t i = 0; i < count; i++) {
		/* There are 200,000 lines: nearly none gets further than its first letter. */
		if (*name == *wanted[i].name && !wanted[i].start && !strcmp(name, wanted[i].name)) {
			wanted[i].start = address;
			begun++;
		}
	}
	return begun;
}

int kallsyms__find_ranges(const char *path, struct kallsyms_range *wanted, size_t count)
{
	FILE *file = fopen(path, "re");
	char line[1024];
	size_t begun = 0, done = 0; /* of the ranges */

	if (!file)
		return -errno;
	for (size_t i = 0; i < count; i++)
		wanted[i].start = wanted[i].end = 0;
	/* The kernel's own functions are in the order of their addresses; a module's name is behind a tab. */
	while (done < count && fgets(line, sizeof(line), file) && !strchr(line, '\t')) {
		char *name;
		uint64_t address = strtoull(line, &name, 16);

		if (!address || strlen(name) < 4)
			continue;
		name += 3; /* " T " */
		name[strcspn(name, "\n")] = '\0';
		if (begun > done)
			done += end_ranges(wanted, count, address);
		begun += begin_ranges(wanted, count, name, address);
	}
	fclose(file);
	return 0;
}
