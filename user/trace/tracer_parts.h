/* SPDX-License-Identifier: GPL-2.0-only */
/* What tracer.c (events, and what is asked of the programs) and tracer_load.c (loading, attaching) share. */
#ifndef OOMTRACE_TRACER_PARTS_H
#define OOMTRACE_TRACER_PARTS_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "oomtrace.skel.h"
#include "trace/kernel_types.h"
#include "trace/kill_ways.h"
#include "trace/plan.h"
#include "trace/tracer.h"

struct tracer {
	struct tracer_options opts;
	struct oomtrace_bpf *skel;  /* its maps are everybody's */
	struct oomtrace_bpf *later; /* programs of PLAN_LATER; or NULL */
	struct ring_buffer *ring;
	struct execs *execs; /* NULL: they aren't attached yet */
	void *exec_entries;  /* the map `execs` */
	size_t exec_entries_size;
	uint64_t execs_seen;			     /* when they were taken last */
	struct bpf_program *programs[PLAN_PURPOSES]; /* NULL: nothing is attached */
	struct bpf_link *links[PLAN_PURPOSES];
	struct kernel_types *btf; /* NULL: libbpf reads the kernel's types by itself, or all is loaded */
	bool planned;		  /* the kernel's types have had their say in the plan */
	bool counts_stalls;	  /* the kernel does (PSI) */
	uint64_t relief_since_ns; /* see tracer__relief_since() */
	struct kallsyms_range kill_ways[KILL_WAYS_FUNCTIONS];
};

/* Loads and attaches the programs of a step. Returns 0 or a negative errno, see tracer__open(). */
int tracer_load__step(struct tracer *tracer, struct plan *plan, enum plan_step step);

/* The programs that the plan has for the kernel; to be called anew when the way to read its types has changed. */
void tracer_load__plan(struct tracer *tracer, struct plan *plan);

/* Attaches what depends on whether the compiler has split a function, which is known by now. */
void tracer_load__attach_split(struct tracer *tracer, struct plan *plan, bool is_split);

/* Privileges and a missing BTF are no reason to try other candidates: none would work. */
bool tracer_load__is_hopeless(int err);

/* Detaches and unloads everything. */
void tracer_load__free(struct tracer *tracer);

#endif
