// SPDX-License-Identifier: GPL-2.0-only
#include "terminal/status_feed.h"

#include <stdlib.h>
#include <string.h>

#include "host/cgroup_limits.h"
#include "terminal/status_line.h"

#define SAMPLES 64   /* of usage, while no event has told of it: the curve's time and some more */
#define RATE_DRAWS 8 /* rates are over the last two seconds */

/* What only grows, as it was at one draw. */
struct counts {
	uint64_t ts_ns;
	uint64_t reclaim_ns;
	uint64_t cpu_ns;
};

struct status_feed {
	struct console *console;
	const struct cgroup__hierarchy *hierarchy;
	const struct target *target;
	struct text_look look;
	uint64_t started_ns;
	struct record_point samples[SAMPLES]; /* oldest first */
	size_t sample_count;
	struct counts counts[RATE_DRAWS];
	size_t draws;
	bool sees_reclaim;
	uint64_t reclaim_ns, refused;
};

struct status_feed *status_feed__new(struct console *console, const struct cgroup__hierarchy *h,
				     const struct target *target, uint64_t now_ns)
{
	struct status_feed *live = calloc(1, sizeof(*live));

	if (!live)
		return NULL;
	live->console = console;
	live->hierarchy = h;
	live->target = target;
	live->look = console__look();
	live->started_ns = now_ns;
	return live;
}

void status_feed__free(struct status_feed *live)
{
	free(live);
}

void status_feed__on_record(struct status_feed *live, const struct record *record)
{
	if (!live)
		return;
	if (record->kind == RECORD_USAGE) {
		live->refused += record->usage.refused;
	} else if (record->kind == RECORD_RECLAIM) {
		live->sees_reclaim = true;
		live->reclaim_ns += record->reclaim.sum.duration_ns;
	}
}

static void add_sample(struct status_feed *live, const struct record_point *point)
{
	if (live->sample_count == SAMPLES) {
		memmove(live->samples, live->samples + 1, (SAMPLES - 1) * sizeof(*live->samples));
		live->sample_count--;
	}
	live->samples[live->sample_count++] = *point;
}

/* Usage now; the curve by the flight recorder or, where that has nothing, by what was seen at each draw. */
static void fill_usage(struct status_feed *live, struct model *model, struct status_line *status)
{
	const struct target *target = live->target;
	struct record_history history;
	char whose[PATH_MAX];
	bool recorded = model__history(model, target->cgroup_id, status->now_ns, &history);

	status->has_usage = !cgroup__read_u64(target->dir_fd, "memory.current", &status->usage_bytes);
	if (cgroup_limits__lowest(live->hierarchy, target->cgroup, &status->max_bytes, whose, sizeof(whose)))
		status->has_usage = false;
	if (status->has_usage) {
		struct record_point now = {
			.ts_ns = status->now_ns,
			.usage_bytes = status->usage_bytes,
			.max_bytes = status->max_bytes,
		};

		add_sample(live, &now);
	}
	status->points = recorded ? history.points : live->samples;
	status->count = recorded ? history.count : live->sample_count;
}

static unsigned int percent(uint64_t part_ns, uint64_t whole_ns)
{
	double share = whole_ns ? 100.0 * (double)part_ns / (double)whole_ns : 0;

	return share > 99999 ? 99999 : (unsigned int)(share + 0.5);
}

static void fill_rates(struct status_feed *live, struct status_line *status)
{
	struct counts *slot = &live->counts[live->draws % RATE_DRAWS];
	const struct counts *oldest = live->draws < RATE_DRAWS ? &live->counts[0] : slot;
	struct counts now = { .ts_ns = status->now_ns, .reclaim_ns = live->reclaim_ns };
	uint64_t usec = 0, whole_ns;

	status->has_cpu = !cgroup__read_key(live->target->dir_fd, "cpu.stat", "usage_usec", &usec) &&
			  live->draws > 0;
	now.cpu_ns = usec * 1000;
	if (live->draws > 0) {
		whole_ns = now.ts_ns - oldest->ts_ns;
		status->has_reclaim = live->sees_reclaim;
		status->reclaim_percent = percent(now.reclaim_ns - oldest->reclaim_ns, whole_ns);
		if (now.cpu_ns >= oldest->cpu_ns)
			status->cpu_percent = percent(now.cpu_ns - oldest->cpu_ns, whole_ns);
	}
	*slot = now;
	live->draws++;
}

/* What the target is called: of a cgroup the end of its path, since the beginning says less. */
static const char *name_of(const struct target *target)
{
	const char *slash = strrchr(target->cgroup, '/');

	if (target->container.name)
		return target->container.name;
	return slash && slash[1] ? slash + 1 : target->cgroup;
}

void status_feed__draw(struct status_feed *live, struct model *model, uint64_t now_ns)
{
	const struct target *target = live->target;
	struct model_totals totals = model__totals(model);
	char line[STATUS_SIZE];
	struct status_line status = {
		.ascii = live->look.ascii,
		.colour = live->look.colour,
		.now_ns = now_ns,
		.kills = totals.kills,
		.ooms = totals.ooms,
		.refused = live->refused,
		.running_ns = now_ns - live->started_ns,
	};

	if (target->cgroup_id) {
		status.name = name_of(target);
		fill_usage(live, model, &status);
		fill_rates(live, &status);
		status.has_pids = !cgroup__read_u64(target->dir_fd, "pids.current", &status.pids);
	}
	/* A character in the last column would make some terminals wrap. */
	console__draw(live->console, line,
		      status_line__format(line, &status, console__columns(live->console) - 1));
}
