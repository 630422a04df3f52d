// SPDX-License-Identifier: GPL-2.0-only
#include "terminal/status_feed.h"

#include <stdlib.h>
#include <string.h>

#include "host/cgroup_limits.h"
#include "output/look.h"
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
	uint64_t reclaim_ns, failed;
};

struct status_feed *status_feed__new(struct console *console, const struct cgroup__hierarchy *h,
				     const struct target *target, uint64_t now_ns)
{
	struct status_feed *feed = calloc(1, sizeof(*feed));

	if (!feed)
		return NULL;
	feed->console = console;
	feed->hierarchy = h;
	feed->target = target;
	feed->look = console__look(COLOUR_AUTO);
	feed->started_ns = now_ns;
	return feed;
}

void status_feed__free(struct status_feed *feed)
{
	free(feed);
}

void status_feed__on_record(struct status_feed *feed, const struct record *record)
{
	if (!feed)
		return;
	if (record->kind == RECORD_USAGE) {
		feed->failed += record->usage.failed;
	} else if (record->kind == RECORD_RECLAIM) {
		feed->sees_reclaim = true;
		feed->reclaim_ns += record->reclaim.sum.duration_ns;
	}
}

static void add_sample(struct status_feed *feed, const struct record_point *point)
{
	if (feed->sample_count == SAMPLES) {
		memmove(feed->samples, feed->samples + 1, (SAMPLES - 1) * sizeof(*feed->samples));
		feed->sample_count--;
	}
	feed->samples[feed->sample_count++] = *point;
}

/* Usage now; the curve by the flight recorder or, where that has nothing, by what was seen at each draw. */
static void fill_usage(struct status_feed *feed, struct model *model, struct status_line *status)
{
	const struct target *target = feed->target;
	struct record_history history;
	char whose[PATH_MAX];
	bool recorded = model__history(model, target->cgroup_id, status->now_ns, &history);

	status->has_usage = !cgroup__read_u64(target->dir_fd, "memory.current", &status->usage_bytes);
	if (cgroup_limits__lowest(feed->hierarchy, target->cgroup, &status->max_bytes, whose, sizeof(whose)))
		status->has_usage = false;
	if (status->has_usage) {
		struct record_point now = {
			.ts_ns = status->now_ns,
			.usage_bytes = status->usage_bytes,
			.max_bytes = status->max_bytes,
		};

		add_sample(feed, &now);
	}
	status->points = recorded ? history.points : feed->samples;
	status->count = recorded ? history.count : feed->sample_count;
}

static unsigned int percent(uint64_t part_ns, uint64_t whole_ns)
{
	double share = whole_ns ? 100.0 * (double)part_ns / (double)whole_ns : 0;

	return share > 99999 ? 99999 : (unsigned int)(share + 0.5);
}

static void fill_rates(struct status_feed *feed, struct status_line *status)
{
	struct counts *slot = &feed->counts[feed->draws % RATE_DRAWS];
	const struct counts *oldest = feed->draws < RATE_DRAWS ? &feed->counts[0] : slot;
	struct counts now = { .ts_ns = status->now_ns, .reclaim_ns = feed->reclaim_ns };
	uint64_t usec = 0, whole_ns;

	status->has_cpu = !cgroup__read_key(feed->target->dir_fd, "cpu.stat", "usage_usec", &usec) &&
			  feed->draws > 0;
	now.cpu_ns = usec * 1000;
	if (feed->draws > 0) {
		whole_ns = now.ts_ns - oldest->ts_ns;
		status->has_reclaim = feed->sees_reclaim;
		status->reclaim_percent = percent(now.reclaim_ns - oldest->reclaim_ns, whole_ns);
		if (now.cpu_ns >= oldest->cpu_ns)
			status->cpu_percent = percent(now.cpu_ns - oldest->cpu_ns, whole_ns);
	}
	*slot = now;
	feed->draws++;
}

const char *status_feed__name(const struct target *target)
{
	const char *slash = strrchr(target->cgroup, '/');

	if (target->container.name)
		return target->container.name;
	return slash && slash[1] ? slash + 1 : target->cgroup;
}

void status_feed__draw(struct status_feed *feed, struct model *model, uint64_t now_ns)
{
	const struct target *target = feed->target;
	struct model_totals totals = model__totals(model);
	char line[STATUS_LINE__SIZE];
	struct status_line status = {
		.ascii = feed->look.ascii,
		.colour = feed->look.colour,
		.now_ns = now_ns,
		.kills = totals.kills,
		.ooms = totals.ooms,
		.failed = feed->failed,
		.running_ns = now_ns - feed->started_ns,
	};

	if (target->cgroup_id) {
		status.name = status_feed__name(target);
		fill_usage(feed, model, &status);
		fill_rates(feed, &status);
		status.has_pids = !cgroup__read_u64(target->dir_fd, "pids.current", &status.pids);
	} else {
		status.what = feed->hierarchy->version == 1 ? "OOM kills"
							    : "OOM kills and writes of memory.max";
	}
	/* A character in the last column would make some terminals wrap. */
	console__draw(feed->console, line,
		      status_line__format(line, &status, console__columns(feed->console) - 1));
}
