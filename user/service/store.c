// SPDX-License-Identifier: GPL-2.0-only
#include "service/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/copy.h"
#include "containers/owner.h"
#include "containers/unit.h"
#include "jsonl/write.h"
#include "record/time.h"
#include "service/incident_file.h"
#include "service/store_near.h"
#include "service/store_writes.h"

/* Incidents at a time: each needs about 1 MiB to pack. */
#define INCIDENTS_MAX 8
/* OOMs of one limit that are no further apart are one incident; its end is told that much later. */
#define QUIET_NS (10 * NS_PER_S)
/* A container that is killed again and again has an incident each so long. */
#define INCIDENT_NS (300 * NS_PER_S)
#define OOMS_MAX 64
/* The path of a limit that is further down than the kernel side tells. No record has it, and nobody's cgroup is called so. */
#define UNKNOWN_PATH "?"

struct line {
	char *text;
	size_t size;
};

struct incident {
	bool open;
	struct incident_file file;
	uint64_t limit_id;     /* of the limit's cgroup; 0: the machine */
	char cgroup[PATH_MAX]; /* its path, or UNKNOWN_PATH; "": all */
	uint64_t began_ns, last_ns;
	uint64_t bytes, ooms, kills, lost;
	uint64_t ids[OOMS_MAX]; /* of its OOMs, the latest, a ring */
};

struct store {
	struct sink base;
	struct store_options opts;
	struct sink *json; /* writes to `lines` */
	FILE *lines;
	char *text;
	size_t size;
	struct line session;
	struct store_writes writes;
	struct store_near near;
	struct incident incidents[INCIDENTS_MAX];
	int64_t order_ns; /* of the latest incident: its time, or more where the clock was set back */
	bool failing;	  /* since the last incident that could be kept */
	bool left;	  /* something of an incident may be there that has no name yet */
};

/* ---- lines ---- */

/* The record as the recording has it, until the next call. Returns 0 or a negative errno. */
static int make_line(struct store *s, const struct record *record, struct line *line)
{
	int err = fseeko(s->lines, 0, SEEK_SET) ? -errno : sink__take(s->json, record);

	if (!err && fflush(s->lines))
		err = -ENOMEM;
	*line = (struct line){ s->text, s->size };
	return err;
}

static int keep_line(struct line *kept, const struct line *line)
{
	free(kept->text);
	kept->text = malloc(line->size);
	kept->size = kept->text ? line->size : 0;
	if (kept->text)
		memcpy(kept->text, line->text, line->size);
	return kept->text ? 0 : -ENOMEM;
}

/* ---- incidents ---- */

static void tell_failure(struct store *s, int err)
{
	if (err && !s->failing)
		s->opts.on_failure(err);
	s->failing = s->failing || err;
}

static int put(struct incident *i, const struct line *line)
{
	if (!line->size)
		return 0;
	i->bytes += line->size;
	return incident_file__put(&i->file, line->text, line->size);
}

static int put_record(struct store *s, struct incident *i, const struct record *record)
{
	struct line line;
	int err = make_line(s, record, &line);

	return err ? err : put(i, &line);
}

/* By what is in the file, which so is known to be readable. */
static void tell_incident(const struct store *s, const char *name)
{
	/* Root of a container with this folder in it could put a FIFO there. */
	int fd = s->opts.on_incident
			 ? openat(s->opts.folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
			 : -1;
	struct entry entry;

	if (fd < 0)
		return;
	if (!entry__read(fd, NULL, &entry))
		s->opts.on_incident(s->opts.ctx, &entry, name);
	entry__free(&entry);
	close(fd);
}

static bool any_open(const struct store *s)
{
	for (size_t n = 0; n < INCIDENTS_MAX; n++) {
		if (s->incidents[n].open)
			return true;
	}
	return false;
}

/* There is room: for what was left when there was none, too. */
static int after_incident(struct store *s, const char *name)
{
	int err;

	s->failing = false;
	tell_incident(s, name);
	if (s->left && !any_open(s)) {
		s->left = false;
		incident_file__recover(s->opts.folder_fd, &s->order_ns);
	}
	err = store_folder__prune(s->opts.folder_fd, s->opts.max_bytes, record_time__now().wall_ns,
				  s->opts.max_age_ns);
	return err < 0 ? err : 0;
}

/* What was flushed of it stays, whatever fails. */
static void end_incident(struct store *s, struct incident *i, const char *reason)
{
	const struct record end = {
		.kind = RECORD_END,
		.time = record_time__now(),
		.end = { .reason = reason, .ooms = i->ooms, .kills = i->kills, .lost = i->lost },
	};
	char name[INCIDENT_FILE_NAME_SIZE];
	int err = put_record(s, i, &end), published = incident_file__publish(&i->file, name);

	i->open = false;
	err = err ? err : published;
	s->left = s->left || err;
	if (!err)
		err = after_incident(s, name);
	tell_failure(s, err);
}

/* One that is free, or was quiet for longest; but whoever may make as many limits as they like ends one of their own. */
static struct incident *free_incident(struct store *s, const char *cgroup)
{
	struct incident *found;
	struct owner_turn turn;

	owner__turn(&turn, cgroup);
	for (size_t n = 0; n < INCIDENTS_MAX; n++) {
		const struct incident *i = &s->incidents[n];
		struct owner owner;

		owner__of(i->cgroup, &owner);
		owner__look(&turn, n, i->open ? i->last_ns + 1 : 0, !strcmp(owner.whose, turn.owner.whose),
			    owner.of_user);
	}
	found = &s->incidents[owner__place(&turn, INCIDENTS_MAX)];
	if (found->open)
		end_incident(s, found, "other incidents began");
	return found;
}

static bool is_in(const char *path, const char *cgroup)
{
	size_t len = strlen(cgroup);

	return !len || (path && !strncmp(path, cgroup, len) && (!path[len] || path[len] == '/'));
}

/* As in struct incident. */
static const char *cgroup_of(const struct record_oom *oom)
{
	if (!oom->limit)
		return "";
	return oom->limit->path ? oom->limit->path : UNKNOWN_PATH;
}

/* The unit, or the last part of the path. */
static const char *name_of(char *name, size_t size, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct unit unit;

	if (unit__of(path, &unit))
		snprintf(name, size, "%.*s", (int)unit.name.len, unit.name.start);
	else
		snprintf(name, size, "%s",
			 slash && slash[1]	      ? slash + 1
			 : strcmp(path, UNKNOWN_PATH) ? "machine"
						      : "cgroup");
	return name;
}

static void stem_of(char stem[STORE_FOLDER_STEM_SIZE], const struct record *record)
{
	const struct record_oom *oom = &record->oom;
	const struct record_victim *victim = record__first_killed(oom);
	const struct record_container *c = oom->limit ? &oom->limit_container : NULL;
	char name[STORE_FOLDER_STEM_SIZE];

	if (victim && (!c || c->ref.runtime == CONTAINER__UNKNOWN))
		c = &victim->container;
	if (c && c->ref.runtime != CONTAINER__UNKNOWN)
		store_folder__stem(stem, record->time.wall_ns, c->name ? c->name : c->ref.id, c->ref.id);
	else
		store_folder__stem(stem, record->time.wall_ns, name_of(name, sizeof(name), cgroup_of(oom)),
				   NULL);
}

/* With the incident's place among the others, which no clock can tell that may be set back. */
static int put_session(struct store *s, struct incident *i)
{
	const struct line *session = &s->session;
	char order[64];
	int len = snprintf(order, sizeof(order), ",\"order_ns\":%" PRId64 "}\n", i->file.order_ns);
	int err;

	if (session->size < strlen("{}\n"))
		return 0;
	err = put(i, &(const struct line){ session->text, session->size - strlen("}\n") });
	return err ? err : put(i, &(const struct line){ order, (size_t)len });
}

static int put_text(void *ctx, const char *text, size_t size)
{
	return put(ctx, &(const struct line){ (char *)text, size });
}

static int begin_incident(struct store *s, const struct record *record, struct incident **out)
{
	const struct record_oom *oom = &record->oom;
	struct incident *i = free_incident(s, cgroup_of(oom));
	char stem[STORE_FOLDER_STEM_SIZE];
	int err;

	*i = (struct incident){ .limit_id = oom->limit ? oom->limit->id : 0,
				.began_ns = record->time.boot_ns };
	copy__text(i->cgroup, sizeof(i->cgroup), cgroup_of(oom));
	stem_of(stem, record);
	err = incident_file__open(&i->file, s->opts.folder_fd, stem);
	if (err)
		return err;
	s->order_ns = record->time.wall_ns > s->order_ns ? record->time.wall_ns : s->order_ns + 1;
	i->file.order_ns = s->order_ns;
	i->open = true;
	*out = i;
	err = put_session(s, i);
	if (!err)
		err = store_writes__each(&s->writes, oom->cause_limit_id, i->cgroup, put_text, i);
	return err ? err : store_near__each(&s->near, i->limit_id, record->time.boot_ns, put_text, i);
}

static struct incident *find_incident(struct store *s, const struct record_oom *oom)
{
	uint64_t id = oom->limit ? oom->limit->id : 0;

	for (size_t n = 0; n < INCIDENTS_MAX; n++) {
		if (s->incidents[n].open && s->incidents[n].limit_id == id)
			return &s->incidents[n];
	}
	return NULL;
}

static int store_oom(struct sink *base, const struct record *record)
{
	struct store *s = (struct store *)base;
	struct incident *i = find_incident(s, &record->oom);
	int err = 0;

	if (i && (i->file.err || i->bytes > STORE_FOLDER_INCIDENT_BYTES ||
		  record->time.boot_ns > i->last_ns + QUIET_NS)) {
		end_incident(s, i, "the incident was over");
		i = NULL;
	}
	if (!i)
		err = begin_incident(s, record, &i);
	if (!err)
		err = put_record(s, i, record);
	if (i) {
		i->last_ns = record->time.boot_ns;
		i->ids[i->ooms++ % OOMS_MAX] = record->oom.id;
		i->kills += record->oom.killed;
	}
	tell_failure(s, err);
	return 0;
}

/* Hands it to the incidents of this cgroup, or of one above it. */
static int put_in_cgroup(struct store *s, const struct record *record, const char *cgroup)
{
	struct line line;
	int err = make_line(s, record, &line);

	for (size_t n = 0; n < INCIDENTS_MAX && !err; n++) {
		struct incident *i = &s->incidents[n];

		if (i->open && is_in(cgroup, i->cgroup))
			err = put(i, &line);
	}
	tell_failure(s, err);
	return 0;
}

static int store_limit(struct sink *base, const struct record *record)
{
	struct store *s = (struct store *)base;
	struct line line;
	int err = make_line(s, record, &line);

	if (!err)
		err = store_writes__keep(&s->writes, record->limit.id, record->limit.cgroup, line.text,
					 line.size);
	tell_failure(s, err);
	return put_in_cgroup(s, record, record->limit.cgroup);
}

static int store_exit(struct sink *base, const struct record *record)
{
	return put_in_cgroup((struct store *)base, record, record->exit.cgroup);
}

static int store_sigkill(struct sink *base, const struct record *record)
{
	return put_in_cgroup((struct store *)base, record, record->sigkill.cgroup);
}

static int store_repeats(struct sink *base, const struct record *record)
{
	return put_in_cgroup((struct store *)base, record, record->repeats.limit_cgroup);
}

static int store_hook(struct sink *base, const struct record *record)
{
	return put_in_cgroup((struct store *)base, record, record->hook.cgroup);
}

static int store_near(struct store *s, const struct record *record, uint64_t cgroup_id, const char *cgroup)
{
	struct line line;
	int err = make_line(s, record, &line);

	if (!err)
		err = store_near__keep(&s->near, cgroup_id, cgroup, record->time.boot_ns, line.text,
				       line.size);
	tell_failure(s, err);
	return put_in_cgroup(s, record, cgroup);
}

static int store_near_limit(struct sink *base, const struct record *record)
{
	store_near__forget(&((struct store *)base)->near, record->near_limit.cgroup_id);
	return store_near((struct store *)base, record, record->near_limit.cgroup_id,
			  record->near_limit.cgroup);
}

static int store_snapshot(struct sink *base, const struct record *record)
{
	return store_near((struct store *)base, record, record->snapshot.cgroup_id, record->snapshot.cgroup);
}

/* Nobody knows whose they were: they are all incidents'. */
static int store_lost(struct sink *base, const struct record *record)
{
	struct store *s = (struct store *)base;
	struct line line;
	int err = make_line(s, record, &line);

	for (size_t n = 0; n < INCIDENTS_MAX && !err; n++) {
		struct incident *i = &s->incidents[n];

		if (!i->open)
			continue;
		i->lost += record->lost.count;
		err = put(i, &line);
	}
	tell_failure(s, err);
	return 0;
}

/* Hands it to the incident of this OOM; 0: it is none's. */
static int put_of_oom(struct store *s, const struct record *record, uint64_t oom_id)
{
	int err = 0;

	for (size_t n = 0; n < INCIDENTS_MAX && oom_id && !err; n++) {
		struct incident *i = &s->incidents[n];

		for (size_t id = 0; i->open && id < OOMS_MAX && !err; id++)
			if (i->ids[id] == oom_id)
				err = put_record(s, i, record);
	}
	tell_failure(s, err);
	return 0;
}

/* The stack of the process that asked for memory. */
static int store_stack(struct sink *base, const struct record *record)
{
	return put_of_oom((struct store *)base, record, record->stack.oom_id);
}

static int store_relief(struct sink *base, const struct record *record)
{
	return put_of_oom((struct store *)base, record, record->relief.oom_id);
}

static int store_kernel_log(struct sink *base, const struct record *record)
{
	return put_of_oom((struct store *)base, record, record->kernel_log.oom_id);
}

static void end_all(struct store *s, const char *reason)
{
	for (size_t n = 0; n < INCIDENTS_MAX; n++) {
		if (s->incidents[n].open)
			end_incident(s, &s->incidents[n], reason);
	}
}

static int store_session(struct sink *base, const struct record *record)
{
	struct store *s = (struct store *)base;
	struct line line;
	int err = make_line(s, record, &line);

	end_all(s, "the trace ended");
	if (!err)
		err = keep_line(&s->session, &line);
	tell_failure(s, err);
	return 0;
}

static const sink_take_fn store_takes[RECORD_KINDS] = {
	[RECORD_SESSION] = store_session,	[RECORD_OOM] = store_oom,
	[RECORD_LIMIT] = store_limit,		[RECORD_EXIT] = store_exit,
	[RECORD_SIGKILL] = store_sigkill,	[RECORD_LOST] = store_lost,
	[RECORD_STACK] = store_stack,		[RECORD_HOOK] = store_hook,
	[RECORD_RELIEF] = store_relief,		[RECORD_REPEATS] = store_repeats,
	[RECORD_KERNEL_LOG] = store_kernel_log, [RECORD_NEAR_LIMIT] = store_near_limit,
	[RECORD_SNAPSHOT] = store_snapshot,
};

static int store_take(struct sink *sink, const struct record *record)
{
	return sink__dispatch(store_takes, sink, record);
}

static int store_sync(struct sink *base)
{
	struct store *s = (struct store *)base;
	uint64_t now_ns = clock__ns(CLOCK_BOOTTIME);

	for (size_t n = 0; n < INCIDENTS_MAX; n++) {
		struct incident *i = &s->incidents[n];
		int err;

		if (!i->open)
			continue;
		err = incident_file__flush(&i->file);
		if (err)
			tell_failure(s, err);
		if (now_ns > i->last_ns + QUIET_NS || now_ns > i->began_ns + INCIDENT_NS ||
		    i->bytes > STORE_FOLDER_INCIDENT_BYTES)
			end_incident(s, i, "the incident was over");
	}
	return 0;
}

static int store_finish(struct sink *base)
{
	end_all((struct store *)base, "the trace ended");
	return 0;
}

static void store_free(struct sink *base)
{
	struct store *s = (struct store *)base;

	if (s->json)
		end_all(s, "the trace ended");
	if (s->json)
		s->json->ops->free(s->json);
	if (s->lines)
		fclose(s->lines);
	free(s->text);
	free(s->session.text);
	store_near__free(&s->near);
	store_writes__free(&s->writes);
	close(s->opts.folder_fd);
	close(s->opts.lock_fd);
	free(s);
}

static const struct sink_ops store_ops = {
	.take = store_take,
	.free = store_free,
	.finish = store_finish,
	.sync = store_sync,
};

struct sink *store__new(const struct store_options *opts)
{
	struct store *s = calloc(1, sizeof(*s));
	int recovered;

	if (!s) {
		close(opts->folder_fd);
		close(opts->lock_fd);
		return NULL;
	}
	s->base.ops = &store_ops;
	s->opts = *opts;
	s->lines = open_memstream(&s->text, &s->size);
	s->json = s->lines ? jsonl_write__new_buffered(s->lines) : NULL;
	if (!s->json) {
		store_free(&s->base);
		return NULL;
	}
	s->order_ns = store_folder__latest_ns(opts->folder_fd);
	recovered = incident_file__recover(opts->folder_fd, &s->order_ns);
	tell_failure(s, recovered < 0 ? recovered : 0);
	return &s->base;
}

int store__set_bounds(struct sink *base, uint64_t max_bytes, uint64_t max_age_ns)
{
	struct store *s = (struct store *)base;
	int removed;

	s->opts.max_bytes = max_bytes;
	s->opts.max_age_ns = max_age_ns;
	removed = store_folder__prune(s->opts.folder_fd, max_bytes, record_time__now().wall_ns, max_age_ns);
	return removed < 0 ? removed : 0;
}

bool store__is_at(const struct sink *base, const char *path)
{
	const struct store *s = (const struct store *)base;
	struct stat now, ours;

	return !stat(path, &now) && !fstat(s->opts.folder_fd, &ours) && now.st_dev == ours.st_dev &&
	       now.st_ino == ours.st_ino;
}

void store__move(struct sink *base, int folder_fd, int lock_fd)
{
	struct store *s = (struct store *)base;

	end_all(s, "the store was moved");
	close(s->opts.folder_fd);
	close(s->opts.lock_fd);
	s->opts.folder_fd = folder_fd;
	s->opts.lock_fd = lock_fd;
	s->order_ns = store_folder__latest_ns(folder_fd);
}
