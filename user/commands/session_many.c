// SPDX-License-Identifier: GPL-2.0-only
#include "commands/session_many.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/exit_codes.h"
#include "commands/diagnose_target.h"
#include "commands/session_parts.h"
#include "containers/owner.h"
#include "record/time.h"
#include "target/first_process.h"
#include "target/many.h"
#include "target/selections.h"
#include "trace/decode.h"

/* New containers whose names aren't known yet; of one owner, or of users, a part (containers/owner.h). */
#define MAYBE_MAX 64
#define MAYBE_TRIES 10
#define MAYBE_GAP_NS (2 * NS_PER_S)
/* There may be no process that can be told from the others. */
#define INIT_TRIES 50
/*
 * All cgroups are looked at again when news were lost, no more often than the one and no less than the other. Whoever may
 * make cgroups can make very many: that takes at most a tenth of the time.
 */
#define SETTLED_NS NS_PER_S
#define SCAN_GAP_NS (2 * NS_PER_S)
#define SCAN_PART 10
#define SCAN_EVERY_NS (60 * NS_PER_S)
/* New cgroups whose paths the kernel side couldn't tell whole; until the next scan what happens in them is told. */
#define CUT_MAX 64

/* Targets that aren't followed, so that each counts once, however often all cgroups are looked at. A power of two. */
#define UNFOLLOWED_ROOM 32768

struct maybe {
	uint64_t id; /* 0: none */
	char *path;
	unsigned int tries;
	uint64_t again_ns;
};

struct session_many {
	struct selections selections;
	struct many many;
	struct maybe maybes[MAYBE_MAX];
	uint64_t cut[CUT_MAX]; /* ids */
	size_t cut_count;
	char *words;
	uint64_t lost;		     /* news, at the last scan */
	uint64_t scanned_ns, gap_ns; /* until the next one, if news are lost */
	unsigned int scan;
	bool is_full, has_no_room;
	uint64_t *unfollowed; /* ids, a hash table; NULL until there is one */
	size_t unfollowed_count;
	bool in_model; /* a record is being made: the model can't be told to finish another */
};

int session_many__new(struct session *s)
{
	struct session_many *m = s->many = calloc(1, sizeof(*m));
	enum target_failure failure = TARGET_FOUND;
	struct target *found = calloc(1, sizeof(*found));
	int code = EXIT_RUNTIME;

	if (m && found && !selections__init(&m->selections, &s->opts->target, s->hierarchy)) {
		m->words = selections__words(&m->selections);
		s->target->name = m->words;
		failure = selections__find(&m->selections, s->hierarchy, s->opts->wait, found);
		code = diagnose_target__not_found(failure, found, s->hierarchy);
	} else {
		fputs("oomtrace: there is no memory to follow the targets.\n", stderr);
	}
	free(found);
	return code;
}

void session_many__free(struct session_many *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < MAYBE_MAX; i++)
		free(m->maybes[i].path);
	many__free(&m->many);
	selections__free(&m->selections);
	free(m->words);
	free(m->unfollowed);
	free(m);
}

/* ---- beginnings and ends ---- */

static void tell_start(struct session *s, const struct many_target *t, uint64_t pause_ns)
{
	struct record record = {
		.kind = RECORD_START,
		.time = record_time__now(),
		.start = {
			.run = t->run,
			.cgroup = t->cgroup,
			.cgroup_id = t->id,
			.pause_ns = pause_ns,
			.container = t->container,
		},
	};

	session_events__tell(s, &record);
}

static void tell_end(struct session *s, struct many_target *t)
{
	struct record record;

	if (!s->many->in_model)
		model__finish(s->model);
	/* What the model had to tell may have been the beginning of its next run: that tells the end first. */
	if (!t->ending)
		return;
	record = ending__record(&t->ending->ending);
	session_events__tell(s, &record);
	many__forget_ending(t);
}

/* Not handled yet: it is the next events' turn when this one has been. */
static void take_in_later(void *ctx)
{
	struct session *s = ctx;

	tracer__consume(s->tracer);
}

/* Writes of limits above bind it, too. */
static void flag_above(struct session *s, const char *cgroup)
{
	char path[PATH_MAX];
	char *slash;

	snprintf(path, sizeof(path), "%s", cgroup);
	while ((slash = strrchr(path, '/')) && slash != path) {
		uint64_t id;
		int fd;

		*slash = '\0';
		fd = cgroup__open(s->hierarchy, path);
		if (fd < 0)
			return;
		if (!cgroup__id(fd, &id))
			tracer__set_target(s->tracer, id, TARGET_ABOVE, 0);
		close(fd);
	}
}

static void find_init(struct session *s, struct many_target *t)
{
	pid_t pid;

	if (t->init_pid || t->init_tries >= INIT_TRIES)
		return;
	pid = first_process__find(s->hierarchy, &t->container.ref, t->cgroup, t->init_tries++);
	t->init_pid = pid > 0 ? (uint32_t)pid : 0;
}

/* Half of the room is used at most: of more than that the others aren't counted. */
static bool is_new_unfollowed(struct session_many *m, uint64_t id)
{
	size_t at = id * 0x9e3779b97f4a7c15ULL % UNFOLLOWED_ROOM;

	if (!m->unfollowed)
		m->unfollowed = calloc(UNFOLLOWED_ROOM, sizeof(*m->unfollowed));
	if (!m->unfollowed || m->unfollowed_count >= UNFOLLOWED_ROOM / 2)
		return false;
	for (; m->unfollowed[at]; at = (at + 1) % UNFOLLOWED_ROOM) {
		if (m->unfollowed[at] == id)
			return false;
	}
	m->unfollowed[at] = id;
	m->unfollowed_count++;
	return true;
}

static void note_full(struct session *s, uint64_t id)
{
	struct session_many *m = s->many;

	if (is_new_unfollowed(m, id))
		s->loss.targets++;
	if (!m->is_full)
		fprintf(stderr,
			"oomtrace: no more than %d targets are followed at a time, and no more than %d of users' cgroups.\n",
			MANY_MAX, MANY_MAX / 2);
	m->is_full = true;
}

/* The programs count it as lost when they find no room for a new one. */
static void say_no_room(struct session_many *m)
{
	if (!m->has_no_room)
		fputs("oomtrace: so many cgroups are made at a time that a new target is not followed yet; all are "
		      "looked at again soon.\n",
		      stderr);
	m->has_no_room = true;
	m->lost = UINT64_MAX;
}

static void end(struct session *s, struct many_target *t)
{
	struct many_ending *e = many__ending(t, s->asker);

	tracer__set_target(s->tracer, t->id, 0, TARGET_FOLLOWED | TARGET_PENDING | TARGET_ABOVE);
	many__end(&s->many->many, t, clock__ns(CLOCK_BOOTTIME));
	if (e)
		e->ending.gone_since_ns = t->gone_ns;
}

static void begin(struct session *s, uint64_t id, const char *path, const struct container_ref *ref,
		  const char *name)
{
	struct session_many *m = s->many;
	uint64_t now_ns = clock__ns(CLOCK_BOOTTIME), pause_ns;
	struct many_target *t, *before = many__owner(&m->many, path);

	/* That it was removed has been lost. */
	if (before && before->id && before->id != id && !strcmp(before->cgroup, path))
		end(s, before);
	if (tracer__set_target(s->tracer, id, TARGET_FOLLOWED, TARGET_PENDING)) {
		say_no_room(m);
		return;
	}
	while (!(t = many__begin(&m->many, id, path, ref, name, now_ns, &pause_ns, &before)) && before) {
		tell_end(s, before);
		/* It was one whose name was waited for, and the model has told something of it. */
		if (many__by_id(&m->many, id))
			return;
	}
	if (!t) {
		tracer__set_target(s->tracer, id, 0, TARGET_FOLLOWED | TARGET_PENDING);
		note_full(s, id);
		return;
	}
	t->scan = m->scan;
	flag_above(s, path);
	find_init(s, t);
	tell_start(s, t, pause_ns);
	if (session__records_usage(s))
		follow_usage__add(&s->following, path, take_in_later, s);
}

/* ---- choosing ---- */

static struct maybe *find_maybe(struct session_many *m, uint64_t id)
{
	for (size_t i = 0; i < MAYBE_MAX; i++) {
		if (m->maybes[i].id == id)
			return &m->maybes[i];
	}
	return NULL;
}

static void forget_maybe(struct maybe *maybe)
{
	free(maybe->path);
	*maybe = (struct maybe){};
}

/* NULL: there is no room, or that is for others. *others: those of other owners took it. */
static struct maybe *free_maybe(struct session_many *m, const char *path, bool *others)
{
	struct owner_share share;

	owner__share(&share, path);
	for (size_t i = 0; i < MAYBE_MAX; i++) {
		if (m->maybes[i].id)
			owner__count(&share, m->maybes[i].path);
	}
	*others = !share.own && !share.owner.of_user;
	return owner__may(&share, MAYBE_MAX) ? find_maybe(m, 0) : NULL;
}

/* Returns whether it is looked at again later. */
static bool wait_for_name(struct session_many *m, uint64_t id, const char *path)
{
	struct maybe *maybe = find_maybe(m, id);
	bool others;

	if (!maybe) {
		maybe = free_maybe(m, path, &others);
		/* All are looked at again. */
		if (!maybe && others)
			m->lost = UINT64_MAX;
	}
	if (!maybe || maybe->tries >= MAYBE_TRIES)
		return false;
	if (!maybe->path)
		maybe->path = strdup(path);
	if (!maybe->path)
		return false;
	maybe->id = id;
	maybe->tries++;
	maybe->again_ns = clock__ns(CLOCK_BOOTTIME) + MAYBE_GAP_NS;
	return true;
}

/* Whether a cgroup that isn't followed yet is to be. */
static void choose(struct session *s, uint64_t id, const char *path)
{
	struct session_many *m = s->many;
	struct container_ref ref;
	struct maybe *maybe;
	const char *name = NULL;
	bool is_container;

	if (many__by_id(&m->many, id))
		return;
	is_container = !container__from_cgroup_path(path, &ref) && !path[ref.prefix_len] && ref.id[0];
	if (is_container && m->selections.of_containers)
		name = names__container(s->names, &ref);
	if (selections__choose(&m->selections, path, is_container ? &ref : NULL, name))
		begin(s, id, path, is_container ? &ref : NULL, name);
	else if (is_container && m->selections.of_containers && !name && !ref.nested &&
		 names__may_have(ref.runtime) && wait_for_name(m, id, path))
		return;
	maybe = find_maybe(m, id);
	if (maybe)
		forget_maybe(maybe);
	tracer__set_target(s->tracer, id, 0, TARGET_PENDING);
}

static void look_again(struct session *s, struct maybe *maybe)
{
	char *path = strdup(maybe->path);

	if (path)
		choose(s, maybe->id, path);
	free(path);
}

/* The path of the kernel's, which goes up to the root, as it is below the mount. NULL: it is outside. */
static const char *below_mount(const struct session *s, const char *path)
{
	const char *below = path ? cgroup_path__below(path, s->hierarchy->root) : NULL;

	return below && !*below ? "/" : below;
}

/* One that is to be chosen by a name that isn't known yet: the record's sender is waiting for that. */
static void settle(struct session *s, const char *path)
{
	for (size_t i = 0; i < MAYBE_MAX; i++) {
		struct maybe *maybe = &s->many->maybes[i];

		if (maybe->id && path && cgroup_path__below(path, maybe->path))
			look_again(s, maybe);
	}
}

static struct many_target *owner_of(struct session *s, const char *kernel_path)
{
	const char *path = below_mount(s, kernel_path);

	s->many->in_model = true;
	settle(s, path);
	s->many->in_model = false;
	return many__owner(&s->many->many, path);
}

/* ---- all cgroups ---- */

static int look_at(const struct cgroup__node *node, void *ctx)
{
	struct session *s = ctx;
	struct many_target *t = many__by_id(&s->many->many, node->id);

	if (t)
		t->scan = s->many->scan;
	else
		choose(s, node->id, node->path);
	return 0;
}

/* It may be further down than all are looked at. */
static bool is_there(const struct session *s, const struct many_target *t)
{
	int fd = cgroup__open(s->hierarchy, t->cgroup);
	uint64_t id = 0;

	if (fd < 0)
		return false;
	if (cgroup__id(fd, &id))
		id = 0;
	close(fd);
	return id == t->id;
}

static void scan(struct session *s)
{
	struct session_many *m = s->many;
	uint64_t took_ns;
	int err;

	m->scan++;
	m->scanned_ns = clock__ns(CLOCK_BOOTTIME);
	m->lost = tracer__lost(s->tracer, EVENT_MADE);
	err = cgroup__walk(s->hierarchy, "/", look_at, s);
	took_ns = clock__ns(CLOCK_BOOTTIME) - m->scanned_ns;
	m->gap_ns = took_ns > SCAN_GAP_NS / SCAN_PART ? took_ns * SCAN_PART : SCAN_GAP_NS;
	while (m->cut_count)
		tracer__set_target(s->tracer, m->cut[--m->cut_count], 0, TARGET_PENDING);
	if (err)
		return;
	/* One that was made a moment ago may not be visible yet. Others may be forgotten meanwhile, this one isn't. */
	for (struct many_target *t = m->many.first; t; t = t->next) {
		if (t->id && t->scan != m->scan && t->begun_ns + SETTLED_NS < m->scanned_ns &&
		    !is_there(s, t))
			end(s, t);
	}
}

void session_many__begin(struct session *s)
{
	struct selections *selections = &s->many->selections;

	scan(s);
	for (size_t i = 0; i < selections->count; i++) {
		const struct selection *one = &selections->list[i];

		if (one->found)
			continue;
		fprintf(stderr, "oomtrace: waiting for %s%s '%s'.\n", one->is_pattern ? "" : "the ",
			one->kind == TARGET_CGROUP ? one->is_pattern ? "cgroups like" : "cgroup"
			: one->is_pattern	   ? "containers like"
						   : "container",
			escape__shown(one->given));
	}
}

/* ---- events and records ---- */

/* It is found by the next scan, if its path isn't too long for that. */
static void note_cut(struct session *s, uint64_t id)
{
	struct session_many *m = s->many;

	m->lost = UINT64_MAX;
	if (m->cut_count < CUT_MAX)
		m->cut[m->cut_count++] = id;
	else
		tracer__set_target(s->tracer, id, 0, TARGET_PENDING);
}

void session_many__event(struct session *s, const struct event_made *e)
{
	struct session_many *m = s->many;
	struct many_target *t = many__by_id(&m->many, e->cgroup_id);
	const char *path = below_mount(s, e->path);
	struct maybe *maybe;

	if (!(e->h.flags & MADE_REMOVED)) {
		if (e->h.flags & MADE_CUT)
			note_cut(s, e->cgroup_id);
		else if (path)
			choose(s, e->cgroup_id, path);
		else
			tracer__set_target(s->tracer, e->cgroup_id, 0, TARGET_PENDING);
		return;
	}
	maybe = find_maybe(m, e->cgroup_id);
	if (maybe)
		forget_maybe(maybe);
	if (t)
		end(s, t);
	else
		tracer__set_target(s->tracer, e->cgroup_id, 0,
				   TARGET_FOLLOWED | TARGET_PENDING | TARGET_ABOVE);
}

bool session_many__wants_oom(void *session, const struct record *record)
{
	const struct record_oom *oom = &record->oom;
	struct session *s = session;

	for (size_t i = 0; i < oom->victim_count; i++) {
		if (owner_of(s, oom->victims[i].cgroup))
			return true;
	}
	if (oom->limit && owner_of(s, oom->limit->path))
		return true;
	/* Whose cgroup isn't known is told rather than lost. */
	return oom->victim_count ? !oom->victims[0].cgroup : owner_of(s, oom->trigger_cgroup) != NULL;
}

/* The end of its first process is told with its own end. */
static bool keep_exit(struct session *s, struct many_target *t, const struct record *record)
{
	const struct record_exit *e = &record->exit;
	bool is_init = t->init_pid ? e->pid == t->init_pid
				   : e->ns_init && t->container.ref.runtime != CONTAINER__UNKNOWN &&
					     !strcmp(below_mount(s, e->cgroup), t->cgroup);
	struct many_ending *ending = is_init ? many__ending(t, s->asker) : NULL;

	return ending && ending__take(&ending->ending, record);
}

bool session_many__keeps(struct session *s, const struct record *record)
{
	struct many_target *t;

	switch (record->kind) {
	case RECORD_LIMIT:
		return !owner_of(s, record->limit.cgroup) &&
		       !many__is_above(&s->many->many, below_mount(s, record->limit.cgroup));
	case RECORD_EXIT:
		t = owner_of(s, record->exit.cgroup);
		return !t || keep_exit(s, t, record);
	case RECORD_SIGKILL:
		t = owner_of(s, record->sigkill.cgroup);
		if (t && t->init_pid && t->init_pid == record->sigkill.pid && many__ending(t, s->asker))
			ending__take(&t->ending->ending, record);
		return !t;
	default:
		return false;
	}
}

bool session_many__path(const struct session *s, uint64_t cgroup_id, char *path, size_t size)
{
	const struct many_target *t = many__by_id(&s->many->many, cgroup_id);

	return t && snprintf(path, size, "%s", t->cgroup) < (int)size;
}

void session_many__check(struct session *s)
{
	uint64_t now_ns = clock__ns(CLOCK_BOOTTIME);
	struct session_many *m = s->many;

	for (struct many_target *t = m->many.first; t; t = t->next) {
		if (t->id)
			find_init(s, t);
		else if (t->ending && ending__is_over(&t->ending->ending, now_ns))
			tell_end(s, t);
	}
	for (size_t i = 0; i < MAYBE_MAX; i++) {
		if (m->maybes[i].id && now_ns >= m->maybes[i].again_ns)
			look_again(s, &m->maybes[i]);
	}
	if (now_ns - m->scanned_ns >= SCAN_EVERY_NS ||
	    (m->lost != tracer__lost(s->tracer, EVENT_MADE) && now_ns - m->scanned_ns >= m->gap_ns))
		scan(s);
}

void session_many__finish(struct session *s)
{
	for (struct many_target *t = s->many->many.first; t; t = t->next) {
		if (!t->id && t->ending)
			tell_end(s, t);
	}
}
