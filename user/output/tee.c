// SPDX-License-Identifier: GPL-2.0-only
/* One record to several sinks. */
#include <stdlib.h>

#include "record/sink.h"

struct tee {
	struct sink base;
	size_t count;
	struct sink *sinks[];
};

/* Hands it to each, whatever the ones before returned; returns the first error. */
#define DEFINE_TEE(op, type)                                                       \
	static int tee_##op(struct sink *base, const struct record_##type *record) \
	{                                                                          \
		struct tee *tee = (struct tee *)base;                              \
		int first = 0;                                                     \
                                                                                   \
		for (size_t i = 0; i < tee->count; i++) {                          \
			int err = sink__call(tee->sinks[i], op, record);           \
                                                                                   \
			if (!first)                                                \
				first = err;                                       \
		}                                                                  \
		return first;                                                      \
	}

DEFINE_TEE(session, session)
DEFINE_TEE(oom, oom)
DEFINE_TEE(limit, limit)
DEFINE_TEE(step, step)
DEFINE_TEE(steps, steps)
DEFINE_TEE(repeats, repeats)
DEFINE_TEE(usage, usage)
DEFINE_TEE(reclaim, reclaim)
DEFINE_TEE(stall, stall)
DEFINE_TEE(stack, stack)
DEFINE_TEE(exit, exit)
DEFINE_TEE(lost, lost)
DEFINE_TEE(end, end)
DEFINE_TEE(min_try, try)
DEFINE_TEE(min, min)

static int each(struct sink *base, int (*call)(struct sink *sink))
{
	struct tee *tee = (struct tee *)base;
	int first = 0;

	for (size_t i = 0; i < tee->count; i++) {
		int err = call(tee->sinks[i]);

		if (!first)
			first = err;
	}
	return first;
}

static int tee_finish(struct sink *base)
{
	return each(base, sink__finish);
}

static int tee_sync(struct sink *base)
{
	return each(base, sink__sync);
}

static void tee_free(struct sink *base)
{
	struct tee *tee = (struct tee *)base;

	for (size_t i = 0; i < tee->count; i++)
		tee->sinks[i]->ops->free(tee->sinks[i]);
	free(tee);
}

static const struct sink_ops tee_ops = {
	.session = tee_session,
	.oom = tee_oom,
	.limit = tee_limit,
	.step = tee_step,
	.steps = tee_steps,
	.repeats = tee_repeats,
	.usage = tee_usage,
	.reclaim = tee_reclaim,
	.stall = tee_stall,
	.stack = tee_stack,
	.exit = tee_exit,
	.lost = tee_lost,
	.end = tee_end,
	.min_try = tee_min_try,
	.min = tee_min,
	.free = tee_free,
	.finish = tee_finish,
	.sync = tee_sync,
};

struct sink *tee__new(struct sink *const *sinks, size_t count)
{
	struct tee *tee = malloc(sizeof(*tee) + count * sizeof(*sinks));
	bool whole = tee;

	for (size_t i = 0; i < count; i++)
		whole = whole && sinks[i];
	if (!whole) {
		for (size_t i = 0; i < count; i++) {
			if (sinks[i])
				sinks[i]->ops->free(sinks[i]);
		}
		free(tee);
		return NULL;
	}
	*tee = (struct tee){ .base = { .ops = &tee_ops, .out = sinks[0]->out }, .count = count };
	for (size_t i = 0; i < count; i++)
		tee->sinks[i] = sinks[i];
	return &tee->base;
}
