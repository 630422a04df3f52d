/* SPDX-License-Identifier: GPL-2.0-only */
/* Attaches one program, as the plan has it. */
#ifndef OOMTRACE_ATTACH_H
#define OOMTRACE_ATTACH_H

#include <bpf/libbpf.h>
#include <stdbool.h>

#include "trace/plan.h"

/* The program that has been chosen for purpose `i`. NULL: errno says why not. The link is the caller's. */
struct bpf_link *attach__program(const struct bpf_program *program, const struct plan *plan, int i);

/*
 * The program for several purposes, which doesn't say itself where it is to be attached: as a label of the plan has it,
 * or by this name of the function, unless that is NULL. As above.
 */
struct bpf_link *attach__shared(const struct bpf_program *program, const char *label, const char *function,
				enum hook hook);

/* Whether a kprobe can be set on a function of this name. Where it can, one that does nothing is, for a moment. */
bool attach__has_function(const char *name);

#endif
