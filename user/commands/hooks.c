// SPDX-License-Identifier: GPL-2.0-only
#include "commands/hooks.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/copy.h"
#include "base/escape.h"
#include "commands/snapshots.h"
#include "containers/owner.h"
#include "jsonl/write.h"
#include "record/names.h"
#include "record/time.h"
#include "service/hook_command.h"
#include "service/hook_files.h"
#include "service/hook_runner.h"

#define ASKED_MAX 32
#define LIMITS_MAX 64
/* OOMs of one limit that are no further apart are one incident, as in the store. */
#define QUIET_NS (10 * NS_PER_S)
#define STEP_MS 100
#define VALUE_MAX 1024

/* One that was asked for. */
struct asked {
	bool used;
	uint32_t number;
	enum hook_event event;
	uint64_t since_ns;
	char cgroup[PATH_MAX]; /* "": of the whole machine */
	struct record_container container;
	char name[256];			 /* the container's, or "" */
	bool is_snapshot;		 /* else the command's end is waited for */
	struct record_snapshot snapshot; /* what is known before it is taken */
};

/* Of incidents that have a hook already. */
struct seen {
	uint64_t limit_id, last_ns;
};

struct hooks {
	struct hook_runner *runner;
	uint32_t last_number;
	char *programs[HOOK_EVENTS]; /* NULL: there is no hook for that */
	uint64_t time_ns;
	bool snapshot;
	struct asked asked[ASKED_MAX];
	struct snapshots snapshots;
	struct seen seen[LIMITS_MAX];
	struct hook_request request; /* that is being made */
	size_t used;		     /* of its environment */
	struct sink *json;	     /* writes to `lines` */
	FILE *lines;
	char *line;
	size_t line_size;
	void (*tell)(void *ctx, const struct record *record);
	void *ctx;
};

/* ---- what a hook is told ---- */

/* What doesn't fit is left out: a hook must not take half a name for a whole one. */
static void put_text(struct hooks *h, const char *name, const char *text)
{
	char value[ESCAPE__TERMINAL_SIZE(VALUE_MAX)];
	size_t left = sizeof(h->request.environment) - 1 - h->used;
	int len;

	if (!text || strlen(text) > VALUE_MAX)
		return;
	escape__terminal(value, sizeof(value), text, strlen(text));
	len = snprintf(h->request.environment + h->used, left, "OOMTRACE_%s=%s", name, value);
	if ((size_t)len < left)
		h->used += (size_t)len + 1;
	else
		h->request.environment[h->used] = '\0';
}

static void put_number(struct hooks *h, const char *name, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	put_text(h, name, text);
}

static void put_container(struct hooks *h, const struct record_container *c)
{
	if (c->ref.runtime == CONTAINER__UNKNOWN)
		return;
	put_text(h, "RUNTIME", container__runtime_name(c->ref.runtime));
	put_text(h, "CONTAINER_ID", c->ref.id);
	put_text(h, "CONTAINER", c->name ? c->name : c->ref.id);
}

/* The record as it is in a recording, for the hook to read. Returns a descriptor or a negative errno. */
static int record_file(struct hooks *h, const struct record *record)
{
	int fd = memfd_create("oomtrace-record", MFD_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = fseeko(h->lines, 0, SEEK_SET) ? -errno : sink__take(h->json, record);
	if (!err && (fflush(h->lines) || write(fd, h->line, h->line_size) != (ssize_t)h->line_size ||
		     lseek(fd, 0, SEEK_SET)))
		err = -ENOMEM;
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* ---- asking ---- */

static struct asked *free_asked(struct hooks *h, const char *cgroup)
{
	struct asked *free = NULL;
	struct owner_share share;

	owner__share(&share, cgroup ? cgroup : "");
	for (size_t i = 0; i < ARRAY_SIZE(h->asked); i++) {
		if (h->asked[i].used)
			owner__count(&share, h->asked[i].cgroup);
		else
			free = &h->asked[i];
	}
	return owner__may(&share, ARRAY_SIZE(h->asked)) ? free : NULL;
}

static void tell_end(struct hooks *h, struct asked *a, struct record_hook *hook)
{
	struct record record = { .kind = RECORD_HOOK, .time = record_time__now() };

	hook->event = a->event == HOOK_OOM ? HOOK_EVENT_OOM : HOOK_EVENT_NEAR_LIMIT;
	hook->cgroup = a->cgroup[0] ? a->cgroup : NULL;
	hook->container = a->container;
	hook->program = h->programs[a->event];
	record.hook = *hook;
	a->used = false;
	h->tell(h->ctx, &record);
}

/* More than we can keep in mind are not run: that many are on their way at once only in a storm. */
static void tell_busy(struct hooks *h, enum hook_event event, const char *cgroup,
		      const struct record_container *container)
{
	struct asked none = { .event = event, .container = *container };
	struct record_hook busy = { .result = HOOK_RESULT_BUSY };

	copy__text(none.cgroup, sizeof(none.cgroup), cgroup);
	tell_end(h, &none, &busy);
}

/* NULL: too many are on their way, or too many of its owner. */
static struct asked *new_asked(struct hooks *h, enum hook_event event, uint64_t since_ns, const char *cgroup,
			       const struct record_container *container)
{
	struct asked *a = free_asked(h, cgroup);

	if (!a)
		return NULL;
	*a = (struct asked){ .used = true,
			     .number = ++h->last_number,
			     .event = event,
			     .since_ns = since_ns,
			     .container = *container };
	copy__text(a->cgroup, sizeof(a->cgroup), cgroup);
	copy__text(a->name, sizeof(a->name), container->name);
	a->container.name = container->name ? a->name : NULL;
	return a;
}

/* What wasn't asked for won't be answered. */
static void give_up(struct hooks *h, struct asked *command, struct asked *snapshot, int err)
{
	struct record_hook failed = {
		.result = HOOK_RESULT_FAILED,
		.reason = err == -EPIPE ? "the process that runs hooks is gone" : strerror(-err),
	};

	if (command)
		tell_end(h, command, &failed);
	if (snapshot)
		snapshot->used = false;
}

/* Of these, NULL is what isn't wanted; fd is for the command. */
static void send_request(struct hooks *h, enum hook_event event, const char *cgroup, struct asked *command,
			 struct asked *snapshot, int fd)
{
	struct hook_request *request = &h->request;
	int err;

	request->event = event;
	request->want = (command ? HOOK_WANT_COMMAND : 0) | (snapshot ? HOOK_WANT_SNAPSHOT : 0);
	if (command || !snapshot->snapshot.again)
		request->want |= HOOK_WANT_STILL;
	request->number = command ? command->number : 0;
	request->snapshot_number = snapshot ? snapshot->number : 0;
	copy__text(request->cgroup, sizeof(request->cgroup), cgroup);
	err = hook_runner__ask(h->runner, request, fd);
	if (err)
		give_up(h, command, snapshot, err);
}

/* For the process that runs hooks: one at a time of a cgroup, of which "?" stands for those too far down to have a path. */
static const char *key_of(const struct record *record, const char *cgroup)
{
	bool of_machine = record->kind == RECORD_OOM && !record->oom.limit;

	return cgroup ? cgroup : of_machine ? "" : "?";
}

static void ask(struct hooks *h, enum hook_event event, const struct record *record, const char *cgroup,
		const struct record_container *container, const struct record_snapshot *wanted)
{
	struct asked *command = NULL, *snapshot = NULL;
	uint64_t since_ns = record->time.boot_ns;
	int fd = -1;

	if (h->programs[event]) {
		command = new_asked(h, event, since_ns, cgroup, container);
		if (!command)
			tell_busy(h, event, cgroup, container);
	}
	if (wanted && cgroup)
		snapshot = new_asked(h, event, since_ns, cgroup, container);
	if (snapshot) {
		snapshot->is_snapshot = true;
		snapshot->snapshot = *wanted;
	}
	if (command) {
		fd = record_file(h, record);
		if (fd < 0) {
			give_up(h, command, NULL, fd);
			command = NULL;
		}
	}
	if (command || snapshot)
		send_request(h, event, key_of(record, cgroup), command, snapshot, fd);
	if (fd >= 0)
		close(fd);
}

static void begin(struct hooks *h, const struct record *record)
{
	char time[64];

	memset(&h->request, 0, sizeof(h->request));
	h->used = 0;
	put_text(h, "TIME", record_time__format(time, sizeof(time), record->time.wall_ns));
}

/* Whether this OOM begins an incident. */
static bool is_first(struct hooks *h, const struct record *record)
{
	uint64_t id = record->oom.limit ? record->oom.limit->id : 0, now_ns = record->time.boot_ns;
	struct seen *oldest = &h->seen[0];

	for (size_t i = 0; i < ARRAY_SIZE(h->seen); i++) {
		struct seen *s = &h->seen[i];

		if (s->last_ns && s->limit_id == id) {
			bool first = now_ns > s->last_ns + QUIET_NS;

			s->last_ns = now_ns;
			return first;
		}
		if (s->last_ns < oldest->last_ns)
			oldest = s;
	}
	*oldest = (struct seen){ id, now_ns };
	return true;
}

static void on_oom(struct hooks *h, const struct record *record)
{
	const struct record_oom *oom = &record->oom;
	const struct record_victim *victim = record__first_killed(oom);
	const struct record_container *c = &oom->limit_container;
	const char *cgroup = oom->limit ? oom->limit->path : NULL;

	snapshots__forget(&h->snapshots, cgroup);
	if (!h->programs[HOOK_OOM] || !is_first(h, record))
		return;
	if (victim && (!oom->limit || c->ref.runtime == CONTAINER__UNKNOWN))
		c = &victim->container;
	begin(h, record);
	put_text(h, "EVENT", "oom");
	put_text(h, "CGROUP", cgroup);
	put_container(h, c);
	put_text(h, "CAUSE", record_names__cause(oom->cause));
	put_number(h, "KILLS", oom->killed);
	if (oom->limit && oom->limit->has_memory) {
		put_number(h, "USAGE_BYTES", oom->limit->usage_bytes);
		if (oom->limit->max_bytes != RECORD_NO_LIMIT)
			put_number(h, "MAX_BYTES", oom->limit->max_bytes);
	}
	if (victim) {
		put_number(h, "PID", victim->pid);
		put_text(h, "COMM", victim->comm);
		put_text(h, "VICTIM_CGROUP", victim->cgroup);
	}
	ask(h, HOOK_OOM, record, cgroup, c, NULL);
}

static void on_near_limit(struct hooks *h, const struct record *record)
{
	const struct record_near_limit *near = &record->near_limit;
	const struct record_snapshot snapshot = {
		.cgroup_id = near->cgroup_id,
		.percent = near->percent,
		.usage_bytes = near->usage_bytes,
		.max_bytes = near->max_bytes,
	};
	bool wanted;

	begin(h, record);
	put_text(h, "EVENT", "near-limit");
	put_text(h, "CGROUP", near->cgroup);
	put_container(h, &near->container);
	put_number(h, "USAGE_BYTES", near->usage_bytes);
	put_number(h, "MAX_BYTES", near->max_bytes);
	put_number(h, "PERCENT", near->percent);
	if (near->pid) {
		put_number(h, "PID", near->pid);
		put_text(h, "COMM", near->comm);
	}
	wanted = h->snapshot && near->cgroup &&
		 snapshots__may(&h->snapshots, near->cgroup, near->cgroup_id, record->time.boot_ns);
	ask(h, HOOK_NEAR_LIMIT, record, near->cgroup, &near->container, wanted ? &snapshot : NULL);
}

void hooks__on_record(struct hooks *hooks, const struct record *record)
{
	if (hooks && record->kind == RECORD_OOM)
		on_oom(hooks, record);
	else if (hooks && record->kind == RECORD_NEAR_LIMIT)
		on_near_limit(hooks, record);
}

/* ---- answers ---- */

static struct asked *find_asked(struct hooks *h, uint32_t number)
{
	for (size_t i = 0; i < ARRAY_SIZE(h->asked); i++) {
		if (h->asked[i].used && h->asked[i].number == number)
			return &h->asked[i];
	}
	return NULL;
}

static const char *freeze_words(int error)
{
	switch (error) {
	case EALREADY:
		return "somebody else has frozen it";
	case EDEADLK:
		return "oomtrace is in it";
	case EXDEV:
		return "it is neither the target's cgroup nor a container's";
	default:
		return strerror(error);
	}
}

static void on_snapshot(struct hooks *h, struct asked *a, const struct hook_answer *answer, int fd)
{
	uint64_t took_ns = answer->ended_ns > answer->started_ns ? answer->ended_ns - answer->started_ns : 0;
	struct record record = { .kind = RECORD_SNAPSHOT, .snapshot = a->snapshot };
	struct record_snapshot *s = &record.snapshot;
	uint64_t now_ns = clock__ns(CLOCK_BOOTTIME);

	a->used = false;
	if (answer->result == HOOK_BUSY && s->again)
		snapshots__put_off(&h->snapshots, a->cgroup, &a->container, s, a->since_ns, now_ns);
	if (snapshots__read(&h->snapshots, a->cgroup, fd, took_ns, now_ns, s, &record.time.boot_ns))
		return;
	s->cgroup = a->cgroup;
	s->container = a->container;
	s->since_mark_ns = record.time.boot_ns > a->since_ns ? record.time.boot_ns - a->since_ns : 0;
	record.time.wall_ns = (int64_t)record.time.boot_ns + clock__wall_offset_ns();
	if (!s->again)
		snapshots__note(&h->snapshots, a->cgroup, &a->container, s, a->since_ns);
	h->tell(h->ctx, &record);
}

void hooks__tick(struct hooks *hooks, uint64_t now_ns)
{
	const struct snapshots_later *later;

	while (hooks && (later = snapshots__due(&hooks->snapshots, now_ns))) {
		struct asked *a =
			new_asked(hooks, HOOK_NEAR_LIMIT, later->mark_ns, later->cgroup, &later->container);

		if (!a)
			continue;
		a->is_snapshot = true;
		a->snapshot = later->snapshot;
		memset(&hooks->request, 0, sizeof(hooks->request));
		send_request(hooks, HOOK_NEAR_LIMIT, later->cgroup, NULL, a, -1);
	}
}

static void on_answer(struct hooks *h, const struct hook_answer *answer, int fd)
{
	static const enum record_hook_result results[] = { [HOOK_ENDED] = HOOK_RESULT_ENDED,
							   [HOOK_TIMED_OUT] = HOOK_RESULT_TIMED_OUT,
							   [HOOK_BUSY] = HOOK_RESULT_BUSY,
							   [HOOK_FAILED] = HOOK_RESULT_FAILED };
	struct asked *a = find_asked(h, answer->number);
	struct record_hook hook = {};

	if (!a || answer->result >= ARRAY_SIZE(results) || a->is_snapshot != !!answer->is_snapshot)
		return;
	if (a->is_snapshot) {
		on_snapshot(h, a, answer, fd);
		return;
	}
	hook.result = results[answer->result];
	if (hook.result == HOOK_RESULT_ENDED)
		hook.status = (uint32_t)answer->status;
	if (hook.result == HOOK_RESULT_FAILED)
		hook.reason = strerror(-answer->error);
	hook.has_start = answer->started_ns;
	if (hook.has_start) {
		hook.since_event_ns = answer->started_ns > a->since_ns ? answer->started_ns - a->since_ns : 0;
		hook.duration_ns = answer->ended_ns - answer->started_ns;
	}
	hook.frozen_ns = answer->frozen_ns;
	hook.stays_frozen = answer->stays_frozen;
	if (answer->freeze_error)
		hook.not_frozen = freeze_words(-answer->freeze_error);
	tell_end(h, a, &hook);
}

bool hooks__answers(struct hooks *hooks)
{
	struct record_hook gone = { .result = HOOK_RESULT_FAILED,
				    .reason = "the process that runs hooks is gone" };
	struct hook_answer answer = {};
	int got, fd;

	while ((got = hooks ? hook_runner__take(hooks->runner, &answer, &fd) : 0) > 0) {
		on_answer(hooks, &answer, fd);
		if (fd >= 0)
			close(fd);
	}
	for (size_t i = 0; got < 0 && i < ARRAY_SIZE(hooks->asked); i++) {
		if (hooks->asked[i].used && hooks->asked[i].is_snapshot)
			hooks->asked[i].used = false;
		else if (hooks->asked[i].used)
			tell_end(hooks, &hooks->asked[i], &gone);
	}
	return !got;
}

static bool is_any_on_its_way(const struct hooks *h)
{
	for (size_t i = 0; i < ARRAY_SIZE(h->asked); i++) {
		if (h->asked[i].used)
			return true;
	}
	return false;
}

void hooks__finish(struct hooks *hooks, bool (*hurries)(void *ctx), void *ctx)
{
	/* It keeps the time by itself; a second more for what it needs to kill one. */
	uint64_t end_ns = hooks ? clock__ns(CLOCK_BOOTTIME) + hooks->time_ns + NS_PER_S : 0;
	struct pollfd fd = { .fd = hooks__fd(hooks), .events = POLLIN };

	while (hooks && is_any_on_its_way(hooks) && !hurries(ctx) && clock__ns(CLOCK_BOOTTIME) < end_ns) {
		poll(&fd, 1, STEP_MS);
		if (!hooks__answers(hooks))
			break;
	}
}

/* ---- the beginning and the end ---- */

static int find_program(struct hooks *h, enum hook_event event, const char *command, const char *option)
{
	char **words;
	int err = command ? hook_command__split(command, &words) : 0;

	if (!command || err)
		return err;
	err = hook_command__find(words);
	if (err)
		fprintf(stderr, "oomtrace: %s: '%s' can't be run: %s.\n", option, escape__shown(words[0]),
			strerror(-err));
	else
		h->programs[event] = strdup(words[0]);
	hook_command__free(words);
	return err;
}

/* The target's cgroup; of one that is waited for, where it will be, if the user has said so. */
static void find_below(const struct trace_options *opts, const struct cgroup__hierarchy *h,
		       const struct target *target, char below[PATH_MAX])
{
	char whole[PATH_MAX];
	const char *rest;

	copy__text(below, PATH_MAX, target->cgroup);
	if (below[0] || opts->target.kind != TARGET_CGROUP ||
	    cgroup_path__normalise(opts->target.name, whole, sizeof(whole)))
		return;
	rest = opts->target.name[0] == '/' ? cgroup_path__below(whole, h->mount) : NULL;
	copy__text(below, PATH_MAX, rest ? rest : whole);
}

/* One that is made anew under its name has another path, and one that is waited for has none yet. So it is with several. */
static bool may_be_any_container(const struct trace_options *opts)
{
	return opts->target.kind == TARGET_CONTAINER || opts->target.kind == TARGET_ALL ||
	       opts->target.kind == TARGET_MANY;
}

int hooks__start(const struct trace_options *opts, const struct cgroup__hierarchy *h,
		 const struct target *target, void (*tell)(void *ctx, const struct record *record), void *ctx,
		 struct hooks **out)
{
	char below[PATH_MAX];
	struct hook_runner_options runner = {
		.commands = { [HOOK_OOM] = opts->on_oom, [HOOK_NEAR_LIMIT] = opts->on_near_limit },
		.snapshot = opts->snapshot,
		.freeze = opts->freeze,
		.limit_ns = opts->hook_time_ns,
		.hierarchy = h,
		.scope = { .below = below, .containers = may_be_any_container(opts) },
	};
	struct hooks *hooks;
	int err;

	find_below(opts, h, target, below);
	*out = NULL;
	if (!opts->on_oom && !opts->on_near_limit && !opts->snapshot)
		return 0;
	hooks = calloc(1, sizeof(*hooks));
	if (!hooks)
		return -ENOMEM;
	hooks->tell = tell;
	hooks->snapshot = opts->snapshot;
	snapshots__init(&hooks->snapshots);
	hooks->ctx = ctx;
	hooks->time_ns = opts->hook_time_ns;
	hooks->lines = open_memstream(&hooks->line, &hooks->line_size);
	hooks->json = hooks->lines ? jsonl_write__new_buffered(hooks->lines) : NULL;
	err = hooks->json ? find_program(hooks, HOOK_OOM, opts->on_oom, "--on-oom") : -ENOMEM;
	if (!err)
		err = find_program(hooks, HOOK_NEAR_LIMIT, opts->on_near_limit, "--on-near-limit");
	if (!err)
		err = hook_runner__start(&runner, &hooks->runner);
	if (err) {
		hooks__free(hooks);
		return err;
	}
	*out = hooks;
	return 0;
}

int hooks__fd(const struct hooks *hooks)
{
	return hooks ? hook_runner__fd(hooks->runner) : -1;
}

void hooks__give_files(struct hooks *hooks, int link_fd, int map_fd)
{
	/* A process that is gone is told of when a snapshot is wanted. */
	if (hooks)
		hook_files__give(hooks->runner, link_fd, map_fd);
}

void hooks__free(struct hooks *hooks)
{
	if (!hooks)
		return;
	hook_runner__stop(hooks->runner);
	if (hooks->json)
		hooks->json->ops->free(hooks->json);
	if (hooks->lines)
		fclose(hooks->lines);
	free(hooks->line);
	for (size_t i = 0; i < HOOK_EVENTS; i++)
		free(hooks->programs[i]);
	free(hooks);
}
