// SPDX-License-Identifier: GPL-2.0-only
/* Connects the parts of a session: events go from the ring to the model, records from the model to the sink. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/exit_codes.h"
#include "commands/session_parts.h"
#include "record/time.h"
#include "trace/cmdlines.h"
#include "trace/decode.h"

/* By what is read at an OOM, for one owner of cgroups, after a while without. */
#define READ_AT_ONCE_NS ((int64_t)(100 * NS_PER_MS))

void session_events__note_write(struct session *s, int err)
{
	if (err && !s->write_error)
		s->write_error = err;
}

void session_events__tell(struct session *s, const struct record *record)
{
	session_events__note_write(s, sink__take(s->sink, record));
}

void session_events__tell_hook(void *ctx, const struct record *record)
{
	struct session *s = ctx;

	if (record->kind == RECORD_SNAPSHOT)
		model__note_snapshot(s->model, record);
	session_events__tell(s, record);
}

void session_events__tell_step(struct session *s, const struct record_step *step, struct record_time time)
{
	struct record record = { .kind = RECORD_STEP, .time = time };

	if (!step)
		return;
	record.step = *step;
	session_events__tell(s, &record);
}

static void on_stack(void *ctx, struct record *record)
{
	if (record->time.boot_ns)
		record->time.wall_ns = (int64_t)record->time.boot_ns + clock__wall_offset_ns();
	else
		record->time = record_time__now();
	session_events__tell(ctx, record);
}

/* A write ends a step. The step's record comes before the write's. */
static void follow_limit(struct session *s, const struct record *record)
{
	uint64_t floor_bytes;

	if (changing__floor(&s->changing, &record->limit, &floor_bytes))
		limit_steps__predict(s->steps, floor_bytes);
	if (s->steps)
		session_events__tell_step(s, limit_steps__on_limit(s->steps, record), record->time);
}

/* From the model. */
static void on_record(void *ctx, const struct record *record)
{
	struct session *s = ctx;

	/* Keeps the exit of the target's init until the runtime has said how the container ended. */
	if (s->many ? session_many__keeps(s, record) : ending__take(&s->ending, record))
		return;
	if (record->kind == RECORD_LIMIT)
		follow_limit(s, record);
	status_feed__on_record(s->status, record);
	/* First, because it may be the last moment. */
	hooks__on_record(s->hooks, record);
	session_events__tell(s, record);
	if (record->kind != RECORD_OOM)
		return;
	loss__note_oom(&s->loss, &record->oom);
	kernel_log__on_oom(s->kernel_log, record);
	stack_collector__on_oom(s->stacks, record->oom.id);
	if (s->steps)
		limit_steps__on_oom(s->steps, record);
}

/* From the ring. The event is handled later, because handling may wait, and other events come in meanwhile. */
int session_events__on_event(void *ctx, const void *data, size_t size)
{
	struct session *s = ctx;

	if (event_queue__push(s->queue, data, size))
		s->loss.malformed++;
	return event_queue__has_room(s->queue) ? 0 : -EAGAIN;
}

static void take_event(struct session *s, const void *data, size_t size)
{
	union event event;
	int err = decode__event(data, size, &event);

	if (err) {
		s->loss.malformed++;
		return;
	}
	watchdog__beat(s->watchdog);
	if (event.h.kind == EVENT_MADE) {
		if (s->many)
			session_many__event(s, &event.made);
		return;
	}
	stack_collector__event(s->stacks, &event);
	err = model__event(s->model, &event, clock__wall_offset_ns());
	if (err && !s->model_error)
		s->model_error = err;
}

int session_events__take_events(struct session *s)
{
	const void *data;
	size_t size;
	int err;

	do {
		err = tracer__consume(s->tracer);
		while (event_queue__pop(s->queue, &data, &size))
			take_event(s, data, size);
	} while (err == -EAGAIN);
	return err < 0 && err != -EINTR ? err : 0;
}

void session_events__take_in(void *ctx)
{
	session_events__take_events(ctx);
}

static bool is_told_to_end(void *ctx)
{
	struct session *s = ctx;

	watchdog__beat(s->watchdog); /* waiting for a name is no hang */
	return s->end_reason || (s->loop && event_loop__has_signal(s->loop));
}

/* Called while a name is waited for, so that the ring doesn't overflow. */
static bool take_in_meanwhile(void *ctx)
{
	struct session *s = ctx;

	return event_queue__has_room(s->queue) && tracer__consume(s->tracer) >= 0;
}

/* What the model asks for. */

static int find_cmdline(void *ctx, const struct event_victim *victim, struct cmdline_entry *out,
			const char **source)
{
	struct session *s = ctx;

	return cmdlines__of_victim(s->tracer, victim, out, source);
}

static enum record_kill_way find_kill_way(void *ctx, const __u64 *frames, size_t count)
{
	struct session *s = ctx;

	return tracer__kill_way(s->tracer, frames, count);
}

/* The memory may have changed by the end of it, and who waits for the report waits for it. */
#define LARGEST_CGROUPS_NS 500000000ULL

static uint64_t find_largest_cgroups(void *ctx, struct largest_cgroups *out)
{
	const struct session *s = ctx;

	largest_cgroups__read(s->hierarchy, clock__ns(CLOCK_BOOTTIME) + LARGEST_CGROUPS_NS, out);
	return clock__ns(CLOCK_BOOTTIME);
}

static const char *find_container_name(void *ctx, const struct container_ref *ref)
{
	struct session *s = ctx;

	return names__container(s->names, ref);
}

static bool find_cgroup_path(void *ctx, uint64_t cgroup_id, char *path, size_t size)
{
	struct session *s = ctx;

	if (s->many && session_many__path(s, cgroup_id, path, size))
		return true;
	return subtree__path(&s->subtree, cgroup_id, clock__ns(CLOCK_BOOTTIME), path, size);
}

/* In a storm of OOMs this is done for some: reading takes at most a tenth of the time for one owner. */
static int read_children(void *ctx, const char *path, uint64_t id, struct cgroup_children *out)
{
	struct session *s = ctx;
	uint64_t begun_ns = clock__ns(CLOCK_BOOTTIME), ended_ns;
	int err;

	if (!owner_budget__may(&s->children_budget, path, begun_ns))
		return -EAGAIN;
	err = cgroup_children__read(s->hierarchy, path, id, out);
	ended_ns = clock__ns(CLOCK_BOOTTIME);
	owner_budget__take(&s->children_budget, path, ended_ns - begun_ns, ended_ns);
	return err;
}

/* Likewise: it is read for at most a fiftieth of the time. */
static int read_tmpfs(void *ctx, const char *path, uint32_t pid, struct tmpfs_files *out)
{
	struct session *s = ctx;
	const char *below = cgroup_path__below(path, s->hierarchy->root);
	uint64_t begun_ns = clock__ns(CLOCK_BOOTTIME), ended_ns;
	struct owner owner;
	int err;

	if (!s->tmpfs || !below || !owner_budget__may(&s->tmpfs_budget, path, begun_ns))
		return -EAGAIN;
	owner__of(path, &owner);
	err = tmpfs_reader__ask(s->tmpfs, *below ? below : "/", owner.whose, pid, out);
	ended_ns = clock__ns(CLOCK_BOOTTIME);
	owner_budget__take(&s->tmpfs_budget, path, ended_ns - begun_ns, ended_ns);
	return err;
}

void session_events__tell_quiet(void *ctx, uint64_t limit_cgroup_id, const struct quiet_runs *quiet)
{
	struct session *s = ctx;
	struct record record = {
		.kind = RECORD_REPEATS,
		.time = record_time__now(),
		.repeats = { .limit_cgroup_id = limit_cgroup_id, .repeats = quiet->repeats },
	};

	if (limit_cgroup_id && limit_cgroup_id == s->target->cgroup_id)
		record.repeats.limit_cgroup = s->target->cgroup;
	if (quiet->repeats)
		session_events__tell(s, &record);
}

static uint64_t find_relief_since(void *ctx)
{
	const struct session *s = ctx;

	return tracer__relief_since(s->tracer);
}

int session_events__open_model(struct session *s)
{
	struct model_env env = {
		.ctx = s,
		.page_size = sysconf(_SC_PAGESIZE),
		.on_record = on_record,
		.cgroup_path = find_cgroup_path,
		.children = s->hierarchy->version == 2 ? read_children : NULL,
		.tmpfs_files = read_tmpfs,
		.cmdline = find_cmdline,
		.container_name = find_container_name,
		.largest_cgroups = find_largest_cgroups,
		.kill_way = find_kill_way,
		.init_pid = s->target->init_pid,
		.only_history = s->target->all || s->target->many,
		.wants_oom = s->many ? session_many__wants_oom : NULL,
		.relief_since_ns = plan__has(&s->plan, "relief") ? find_relief_since : NULL,
		.sees_writes = s->hierarchy->version == 2 && plan__has(&s->plan, "max-write-begin") &&
			       plan__has(&s->plan, "max-write-end"),
		.self_pid = getpid(),
		.near_percent = s->opts->near_percent,
	};

	const struct names_meanwhile meanwhile = {
		.fd = tracer__fd(s->tracer),
		.work = take_in_meanwhile,
		.hurries = is_told_to_end,
		.ctx = s,
	};

	s->children_budget =
		(struct owner_budget){ .part = 10, .part_all = 5, .at_once_ns = READ_AT_ONCE_NS };
	s->tmpfs_budget = (struct owner_budget){ .part = 50, .part_all = 10, .at_once_ns = READ_AT_ONCE_NS };
	s->stacks = stack_collector__new(s->helpers.symbols, on_stack, s);
	s->names = names__new(&s->target->container, s->asker, &meanwhile);
	s->model = model__new(&env);
	if (s->target->cgroup[0])
		s->steps = limit_steps__new(s->target->cgroup);
	return s->stacks && s->names && s->model && (s->steps || !s->target->cgroup[0]) ? EXIT_DONE
											: EXIT_RUNTIME;
}

void session_events__last_words(void *ctx, char *text)
{
	const struct session *s = ctx;
	uint64_t lost = loss__known(&s->loss, s->tracer, stack_collector__lost(s->stacks));

	keys__close();
	if (lost)
		snprintf(text, WATCHDOG__TEXT_SIZE,
			 "oomtrace: at least %" PRIu64
			 " event%s %s lost until then, of which no record may be left.\n",
			 lost, lost == 1 ? "" : "s", lost == 1 ? "was" : "were");
}
