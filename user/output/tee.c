// SPDX-License-Identifier: GPL-2.0-only
/* Hands each record to several sinks. */
#include <stdlib.h>

#include "output/tee.h"
#include "record/sink.h"

struct tee {
	struct sink base;
	size_t count;
	struct sink *sinks[];
};

/* Hands it to each, whatever the ones before returned; returns the first error. */
static int tee_take(struct sink *base, const struct record *record)
{
	struct tee *tee = (struct tee *)base;
	int first = 0;

	for (size_t i = 0; i < tee->count; i++) {
		int err = sink__take(tee->sinks[i], record);

		if (!first)
			first = err;
	}
	return first;
}

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
	.take = tee_take,
	.free = tee_free,
	.finish = tee_finish,
	.sync = tee_sync,
};

struct sink *tee__new(struct sink *const *sinks, size_t count)
{
	struct tee *tee = malloc(sizeof(*tee) + count * sizeof(struct sink *));
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
