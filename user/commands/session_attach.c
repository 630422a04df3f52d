// SPDX-License-Identifier: GPL-2.0-only
/* The beginning of a session: attaching, and what the kernel counts meanwhile. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/exit_codes.h"
#include "commands/diagnose.h"
#include "commands/session_parts.h"
#include "terminal/progress.h"
#include "terminal/waiting.h"
#include "trace/reconcile.h"

/* The kernel's counts of kills: in the target, and in the cgroup above it; or on the machine. */
struct kill_counts {
	bool known, known_above;
	uint64_t kills, above;
};

static struct kill_counts kernel_kills(int dir_fd, int above_fd)
{
	struct kill_counts counts = {};

	counts.known = !reconcile__count(dir_fd, &counts.kills);
	/* The root has no count of its own. */
	counts.known_above = above_fd >= 0 && (!reconcile__count(above_fd, &counts.above) ||
					       !reconcile__count(-1, &counts.above));
	return counts;
}

/* A cgroup that is gone took its count along, but the one above it has counted, too; not on v1. */
static void note_kills_while_attaching(struct session *s, const struct kill_counts *before,
				       const struct kill_counts *after)
{
	const char *path = s->target->cgroup, *name = strrchr(path, '/');

	if (before->known && after->known) {
		s->kills_while_attaching = after->kills - before->kills;
	} else if (before->known && before->known_above && after->known_above &&
		   after->above > before->above) {
		s->kills_while_attaching = after->above - before->above;
		snprintf(s->kills_counted_in, sizeof(s->kills_counted_in), "%.*s",
			 name > path ? (int)(name - path) : 1, path);
		s->loss.unfollowed = s->kills_while_attaching;
		s->loss.unfollowed_since_ns = s->started.boot_ns;
	}
}

int session_attach__open_tracer(struct session *s)
{
	struct tracer_options opts = {
		.target_cgroup_id = s->target->awaited ? TRACER_NO_CGROUP : s->target->cgroup_id,
		.many_targets = s->many,
		.target_init_pid = s->target->init_pid,
		.memory_on_v1 = s->hierarchy->version == 1,
		.usage = session__records_usage(s),
		.cgroups = session__records_usage(s) && !s->target->awaited
				   ? follow_usage__count(&s->following)
				   : 0,
		.near_percent = session__records_usage(s) ? s->opts->near_percent : 0,
		.force_kprobes = s->opts->force_kprobes,
		.ring_bytes = s->opts->ring_bytes,
		.want_stacks = s->opts->stacks,
		.want_snapshots = s->opts->snapshot,
	};
	int dir_fd = s->target->cgroup_id ? s->target->dir_fd : -1;
	int above_fd = dir_fd >= 0 && s->hierarchy->version == 2
			       ? openat(dir_fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC)
			       : -1;
	struct kill_counts before = kernel_kills(dir_fd, above_fd), after;
	struct waiting waiting;
	int err;

	memcpy(opts.target_ancestors, s->target->ancestors, sizeof(opts.target_ancestors));
	waiting__begin(&waiting, session__talk(), "attaching to the kernel", PROGRESS__AFTER_NS);
	err = tracer__open(&opts, session_events__on_event, s, &s->plan, &s->tracer);
	waiting__end(&waiting);
	s->attached_ns = clock__ns(CLOCK_BOOTTIME);
	after = kernel_kills(dir_fd, above_fd);
	if (above_fd >= 0)
		close(above_fd);
	if (!s->target->awaited)
		note_kills_while_attaching(s, &before, &after);
	return err ? diagnose__open_failure(err, &s->plan) : EXIT_DONE;
}
