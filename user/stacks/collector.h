/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Turns stacks from the kernel into stack records. Empties the kernel's sums, finds names for them and adds up
 * equal stacks. Memory is bounded: when there are too many different stacks, it hands over those that it has
 * and begins to count anew.
 */
#ifndef OOMTRACE_COLLECT_H
#define OOMTRACE_COLLECT_H

#include "record/record.h"
#include "stacks/symbols.h"
#include "trace/decode.h"
#include "trace/tracer.h"

struct stack_collector;

/*
 * Gets each record, valid during the call. The callee fills in the wall-clock time, and both times of a sum,
 * because a sum belongs to no moment.
 */
typedef void (*stacks_record_fn)(void *ctx, struct record *record);

/*
 * The symbols aren't owned; NULL: there are none, and stacks are addresses. Returns NULL when there is no
 * memory.
 */
struct stack_collector *stack_collector__new(struct symbols *symbols, stacks_record_fn on_stack, void *ctx);
void stack_collector__free(struct stack_collector *stacks);

/* Takes an EVENT_SAMPLED or an EVENT_STACK. */
void stack_collector__event(struct stack_collector *stacks, const union event *event);

/* The record of this OOM has been handed over, so that of its trigger's stack may follow. */
void stack_collector__on_oom(struct stack_collector *stacks, uint64_t oom_id);

/* To be called now and then, at intervals that are long beside the run of a program in the kernel. */
void stack_collector__tick(struct stack_collector *stacks, struct tracer *tracer);

/* To be called when symbols__fd() is readable or at its end. */
void stack_collector__answers(struct stack_collector *stacks);

/* Hands over all stacks. Waits for their names, but not for ever. */
void stack_collector__finish(struct stack_collector *stacks, struct tracer *tracer);

struct stack_collector_health {
	uint64_t nameless;     /* samples and triggers' stacks that are addresses since a helper has failed */
	unsigned int replaced; /* how often one has, and another one took its place */
	bool alone;	       /* there is no helper (any more) */
};

struct stack_collector_health stack_collector__health(const struct stack_collector *stacks);

/* Samples that could not be kept. */
uint64_t stack_collector__lost(const struct stack_collector *stacks);

#endif
