/* SPDX-License-Identifier: GPL-2.0-only */
/* Folded stacks, as flamegraph.pl, inferno and speedscope read them. */
#ifndef OOMTRACE_FOLDED_H
#define OOMTRACE_FOLDED_H

#include "record/sink.h"

/*
 * Writes a stack as one line: "COMM;OUTERMOST;...;INNERMOST BYTES", the kernel's functions, marked _[k],
 * after the program's. A trigger's stack has no weight and is left out. Lines with equal stacks may
 * come; readers add them up. Returns 0 or the negative errno of writing.
 */
int folded__write(FILE *out, const struct record_stack *stack);

/* A sink that writes the sampled stacks alone; NULL without memory. */
struct sink *folded__new(FILE *out);

#define FOLDED_NAME_MAX 255

/*
 * Writes a name as both a terminal and a recording would have it: what is read from a recording prints the
 * same. Cut at `max` bytes, at most FOLDED_NAME_MAX. Returns the length.
 */
size_t folded__format_name(char *dst, size_t size, const char *name, size_t max);

/* The file of a path: what stands for a function that isn't known. */
const char *folded__base_name(const char *path);

#endif
