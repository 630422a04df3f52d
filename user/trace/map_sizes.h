/* SPDX-License-Identifier: GPL-2.0-only */
/* How large the programs' maps are, and which aren't made. */
#ifndef OOMTRACE_MAP_SIZES_H
#define OOMTRACE_MAP_SIZES_H

#include "oomtrace.skel.h"
#include "trace/tracer.h"

/* Before loading; cpus: that can exist. Returns 0 or a negative errno. */
int map_sizes__set(struct oomtrace_bpf *skel, const struct tracer_options *opts, int cpus);

/* What no program of the first step of a plan in steps refers to is made in the second. */
int map_sizes__leave_for_later(struct oomtrace_bpf *skel, const struct tracer_options *opts);

#endif
