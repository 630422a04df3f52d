/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of code that was made at run time. Programs write them to /tmp/perf-PID.map, with a line
 * "START SIZE NAME" for each piece of code: Node.js (--perf-basic-prof), the JVM (perf-map-agent,
 * -XX:+DumpPerfMapAtExit) and others.
 */
#ifndef OOMTRACE_JIT_MAP_H
#define OOMTRACE_JIT_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Opens a process's file, in its own /tmp and by its own number. It has to be a regular file of the process's
 * user, and no link may lead there. Needs CAP_SYS_PTRACE for processes of others. Returns a descriptor or a negative
 * errno.
 */
int jit_map__open(uint32_t pid);

struct jit_map;

/* Takes the descriptor over; reads it when it is asked. Returns NULL, without taking it, when there is no memory. */
struct jit_map *jit_map__new(int fd);
void jit_map__free(struct jit_map *map);

/* Whether the descriptor is of the same file. */
bool jit_map__is_same(const struct jit_map *map, int fd);

/*
 * Looks the address up, also in what has been added to the file since the last time. Returns whether there is a
 * name, of which `size` - 1 bytes are taken.
 */
bool jit_map__find(struct jit_map *map, uint64_t address, char *name, size_t size, uint64_t *offset);

/* Frees what it keeps in memory. It reads the file again when it is asked. */
void jit_map__forget(struct jit_map *map);
bool jit_map__is_read(const struct jit_map *map);

#endif
