// SPDX-License-Identifier: GPL-2.0-only
/* The target's end, and its return: a target is its name, and a cgroup of that name may come and go. */
#include <sys/epoll.h>

#include "base/clock.h"
#include "commands/session_parts.h"
#include "record/time.h"

static void on_target(void *ctx)
{
	struct session *s = ctx;

	session_target__check(s);
	/* A removed cgroup polls ready for ever; the tick goes on from here. */
	if (s->ending.gone_since_ns)
		event_loop__remove(s->loop, s->target->events_fd);
}

static void on_made(void *ctx)
{
	struct session *s = ctx;

	returning__drain(&s->returning);
	session_target__check(s);
}

/* It polls ready until it is read, which session_target__check() does. */
static int watch_events(struct session *s)
{
	return s->target->events_fd < 0
		       ? 0
		       : event_loop__add(s->loop, s->target->events_fd, EPOLLPRI, on_target, s);
}

/* Without a guard: a limit that oomtrace has changed is gone with the cgroup. */
static bool follows(const struct session *s)
{
	return s->ending.run;
}

int session_target__watch(struct session *s)
{
	ending__begin(&s->ending);
	if (follows(s))
		returning__begin(&s->returning);
	if (s->returning.watch_fd >= 0) {
		int err = event_loop__add(s->loop, s->returning.watch_fd, EPOLLIN, on_made, s);

		if (err)
			return err;
	}
	return watch_events(s);
}

static void tell_gone(struct session *s)
{
	struct record record;

	model__finish(s->model);
	record = ending__record(&s->ending);
	session_events__tell(s, &record);
}

static void tell_back(struct session *s, uint64_t pause_ns)
{
	struct record record = {
		.kind = RECORD_START,
		.time = record_time__now(),
		.start = {
			.run = s->ending.run,
			.cgroup = s->target->cgroup,
			.cgroup_id = s->target->cgroup_id,
			.pause_ns = pause_ns,
			.container = s->target->container,
		},
	};

	session_events__tell(s, &record);
}

static void set_init(struct session *s)
{
	tracer__set_init(s->tracer, s->target->init_pid);
	model__set_init(s->model, s->target->init_pid);
}

/* The kernel side first: what happens in the new cgroup before it knows is not seen. */
static void begin_again(struct session *s, const struct resolve_result *resolved, const char *path)
{
	uint64_t gone_ns = s->ending.gone_since_ns, missed = s->returning.missed;

	event_loop__remove(s->loop, s->target->events_fd);
	if (returning__take(&s->returning, resolved, path))
		return;
	loss__begin_again(&s->loss, s->tracer, s->target->dir_fd);
	tracer__follow(s->tracer, s->target->cgroup_id, s->target->ancestors);
	ending__begin_again(&s->ending);
	s->ending.run += s->returning.missed - s->loss.runs;
	s->loss.runs = s->returning.missed;
	set_init(s);
	kernel_log__move(s->kernel_log, s->target->cgroup);
	if (limit_steps__move(s->steps, s->target->cgroup) || watch_events(s))
		s->end_reason = "there is no memory to follow the target";
	tell_back(s, s->returning.missed == missed ? clock__ns(CLOCK_BOOTTIME) - gone_ns : 0);
	if (session__records_usage(s))
		session__follow_usage(s);
}

static void follow(struct session *s, uint64_t now_ns)
{
	struct resolve_result resolved;
	bool was_over = s->ending.over, is_over = ending__is_over(&s->ending, now_ns), back;
	char path[PATH_MAX];

	if (!s->ending.gone_since_ns) {
		if (s->ending.run > 1 && returning__find_init(&s->returning))
			set_init(s);
		return;
	}
	back = returning__is_back(&s->returning, now_ns, &resolved, path);
	/* What its last processes did is in the ring already. */
	if (back)
		session_events__take_events(s);
	if (!was_over && (is_over || back)) {
		s->ending.over = true;
		tell_gone(s);
	}
	if (back)
		begin_again(s, &resolved, path);
	else if (s->ending.over && returning__is_in_vain(&s->returning))
		s->end_reason = "the pod is gone";
}

void session_target__check(struct session *s)
{
	uint64_t now_ns = clock__ns(CLOCK_BOOTTIME);

	if (s->many && !s->end_reason)
		session_many__check(s);
	if (!s->target->cgroup_id || s->end_reason)
		return;
	if (follows(s)) {
		follow(s, now_ns);
	} else if (ending__is_over(&s->ending, now_ns)) {
		tell_gone(s);
		s->end_reason = ending__reason(&s->ending);
	}
}
