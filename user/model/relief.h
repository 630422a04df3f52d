/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When the memory of victims comes back, and which kills came before that of an earlier one was. Pure, bounded: the
 * latest victims are kept.
 */
#ifndef OOMTRACE_MODEL_RELIEF_H
#define OOMTRACE_MODEL_RELIEF_H

#include "model/env.h"
#include "trace/decode.h"

struct relief;

/* The env must outlive it. Returns NULL without memory. */
struct relief *relief__new(const struct model_env *env);
void relief__free(struct relief *relief);

/*
 * Says in the record of a run, which is finished, what was on its way back when it began; then keeps its victims. The
 * kernel looks at usage for the last time before that (mem_cgroup_out_of_memory(), 5.10 to 7.3), so what comes back while
 * it looks for a victim comes too late. chosen_ns: when it had found one, for a run whose beginning wasn't seen.
 */
void relief__killed(struct relief *relief, struct record_oom *oom, uint64_t chosen_ns, uint64_t limit_id);

/* Tells that memory is back. */
void relief__event(struct relief *relief, const struct event_relief *event, int64_t wall_offset_ns);

#endif
