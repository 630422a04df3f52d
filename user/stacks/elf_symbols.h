/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds the functions at addresses of processes. It works from what was kept of a process while it lived: where
 * its files were mapped, and open descriptors of them. It parses files that containers choose, so it runs in a
 * process that may do nothing else (keeper_process.c). Memory, descriptors and time are bounded. The least
 * recently used goes first.
 */
#ifndef OOMTRACE_ELF_SYMBOLS_H
#define OOMTRACE_ELF_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "stacks/mapping.h"

#define SYMBOL_NAME_SIZE 256
#define SYMBOLIZE_PROCESSES_MAX 256
#define SYMBOLIZE_MODULES_MAX 512 /* files with a descriptor */
#define SYMBOLIZE_JIT_MAPS_MAX 16 /* that are kept in memory */
#define SYMBOLIZE_OPEN_MAX 96	  /* of these, whose symbols are at hand; more than a stack has frames */

/* One program run by one process: after an exec the addresses have other meanings. */
struct process_id {
	uint64_t start_ns;
	uint32_t pid;
	uint32_t exec_id;
};

struct symbol {
	char function[SYMBOL_NAME_SIZE]; /* "": unknown; a longer name is cut */
	const char *module;		 /* path as the process sees it, or "[vdso]", ...; NULL: unknown */
	uint64_t address;		 /* as the module's file has it; without one, in memory */
	uint64_t offset;		 /* into the function */
					 /* The module's name is valid until the next call. */
};

/* One state of one file. */
struct file_id {
	dev_t dev;
	ino_t ino; /* 0: none */
	off_t size;
	struct timespec mtime;
};

/*
 * Notes a file whose reading ends the process, so that the next process doesn't read it again: SIGBUS ends it when the
 * file is cut short, SIGPROF and SIGALRM when the file takes too long.
 */
struct elf_symbols_guard {
	struct file_id *reading;   /* gets the file that is being read; memory that outlives the process */
	const struct file_id *bad; /* files that are never read */
	size_t bad_count;
};

struct elf_symbols;

/* The guard, or NULL, is valid as long as the symbolizer. Returns NULL when there is no memory. */
struct elf_symbols *elf_symbols__new(const struct elf_symbols_guard *guard);
void elf_symbols__free(struct elf_symbols *s);

/*
 * Mappings that are added next belong to this process. Known mappings stay unless others take their place,
 * because the files of an exiting process can't be opened any more, and some of its mappings are missing.
 */
void elf_symbols__begin(struct elf_symbols *s, const struct process_id *id);

/* Adds a mapping to the process begun last. Takes over the descriptor of its file, -1 if there is none. */
void elf_symbols__add(struct elf_symbols *s, const struct mapping *mapping, int fd);

/* The same for the file with the process's names for code that it makes (jit_map.h). */
void elf_symbols__add_jit_map(struct elf_symbols *s, int fd);

/*
 * Resolves the addresses of a stack, innermost first. Returns how many are in no known mapping. If there are
 * any, the process has mapped more files since its mappings were read.
 */
size_t elf_symbols__resolve(struct elf_symbols *s, const struct process_id *id, const uint64_t *addresses,
			    size_t count, struct symbol *out);

#endif
