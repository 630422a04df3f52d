// SPDX-License-Identifier: GPL-2.0-only
#include "trace/loss.h"

#include "record/time.h"

static const char *const names[EVENT_KIND_MAX] = {
	[EVENT_OOM] = "oom",	     [EVENT_CGROUP] = "cgroup",	  [EVENT_VICTIM] = "victim",
	[EVENT_OOM_END] = "oom-end", [EVENT_EXIT] = "exit",	  [EVENT_LIMIT] = "limit",
	[EVENT_USAGE] = "usage",     [EVENT_RECLAIM] = "reclaim", [EVENT_MEMORY] = "memory",
	[EVENT_SAMPLED] = "sampled", [EVENT_STACK] = "stack",	  [EVENT_SIGNAL] = "signal",
};
_Static_assert(EVENT_KIND_MAX == EVENT_SIGNAL + 1, "every kind has a name");

/* `now` of one kind is lost in all, `*told` of it was told before. */
static int tell(struct sink *sink, const char *kind, uint64_t now, uint64_t *told)
{
	const struct record record = {
		.kind = RECORD_LOST,
		.time = record_time__now(),
		.lost = { kind, now - *told },
	};

	if (now == *told)
		return 0;
	*told = now;
	return sink__take(sink, &record);
}

int loss__tell(struct loss *loss, const struct tracer *tracer, uint64_t lost_stacks, struct sink *sink)
{
	int err = 0;

	for (int kind = 1; kind < EVENT_KIND_MAX; kind++) {
		uint64_t lost = tracer__lost(tracer, kind) + (kind == EVENT_STACK ? lost_stacks : 0);
		int failed = tell(sink, names[kind], lost, &loss->told[kind]);

		err = err ? err : failed;
	}
	if (!err)
		err = tell(sink, "malformed", loss->malformed, &loss->malformed_told);
	if (!err)
		err = tell(sink, "run", loss->runs, &loss->runs_told);
	return err;
}

uint64_t loss__total(const struct loss *loss)
{
	uint64_t total = loss->malformed_told + loss->runs_told;

	for (int kind = 1; kind < EVENT_KIND_MAX; kind++)
		total += loss->told[kind];
	return total;
}
