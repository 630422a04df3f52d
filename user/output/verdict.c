// SPDX-License-Identifier: GPL-2.0-only
#include "output/verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/copy.h"
#include "base/escape.h"
#include "output/text_killer.h"
#include "output/text_parts.h"
#include "output/wrap.h"

/* What is told of a session is bounded, however much is in it. */
#define SUBJECTS_MAX 256
#define WRITES_MAX 1024
#define PATH_BYTES 4096
#define NAME_BYTES 64
#define NAME_LONG_BYTES 256

/* A write of a limit, as far as a sentence needs it. */
struct write {
	uint64_t id; /* 0: none */
	uint64_t old_max_bytes, new_max_bytes;
	uint32_t pid;
	char comm[NAME_BYTES];
};

/* The OOM that a subject's sentence is about. */
struct decisive {
	uint64_t id;
	enum record_cause cause;
	uint64_t limit_id, since_ns;
	bool has_max;
	uint64_t max_bytes;
	bool own;      /* the subject's own limit */
	bool from_log; /* which names the writer alone */
	char writer[NAME_BYTES];
	uint32_t writer_pid; /* 0: unknown */
	char limit[PATH_BYTES];
	struct record_container limit_container;
	char limit_name[NAME_LONG_BYTES];
	struct write write; /* the one that cause says something of, once it is known */
};

/* A container, or a cgroup that is none. */
struct subject {
	struct subject *next;
	char path[PATH_BYTES];
	struct record_container container;
	char name[NAME_LONG_BYTES];
	uint64_t ooms, kills, nothing;
	bool init_killed;
	struct decisive decisive;
	bool gone, has_status, gone_by_oom;
	uint32_t status;
	bool has_runtime, runtime_oom_killed;
	char *killer; /* who sent it SIGKILL, in words with the marks of wrap.h; NULL: nobody was seen to */
	uint64_t repeats;			    /* of runs that found nothing to kill, beside `nothing` */
	int64_t nothing_from_ns, nothing_to_ns;	    /* wall clock */
	uint64_t stalls, stall_ns, stall_max_bytes; /* the longest */
	bool stall_at_high;
};

struct verdict {
	struct sink base;
	verdict_fn tell;
	void *ctx;
	struct subject *subjects, **end;
	size_t count;
	uint64_t untold;	 /* OOMs of a log that ends before it says what came of them */
	uint64_t user_kills;	 /* by programs such as earlyoom, as a log has them */
	char killer[NAME_BYTES]; /* the first of them */
	bool more_killers;
	uint64_t others;		 /* OOMs of subjects that found no room */
	struct write writes[WRITES_MAX]; /* the latest, a ring */
	uint64_t write_count;
	bool begun; /* a session that has not been told of */
	bool ended;
	uint64_t killed; /* in all of the session */
};

static struct subject *new_subject(struct verdict *v, const char *path, const struct record_container *c)
{
	struct subject *s = v->count < SUBJECTS_MAX ? calloc(1, sizeof(*s)) : NULL;

	if (!s)
		return NULL;
	copy__text(s->path, sizeof(s->path), path);
	if (c->ref.prefix_len && c->ref.prefix_len < strlen(s->path))
		s->path[c->ref.prefix_len] = '\0'; /* the container, not what is below it */
	s->container = *c;
	copy__text(s->name, sizeof(s->name), c->name);
	s->container.name = c->name ? s->name : NULL;
	*v->end = s;
	v->end = &s->next;
	v->count++;
	return s;
}

/* NULL: there is no room for another. */
static struct subject *find_subject(struct verdict *v, const char *path, const struct record_container *c)
{
	bool is_container = c->ref.runtime != CONTAINER__UNKNOWN;

	for (struct subject *s = v->subjects; s; s = s->next) {
		if (is_container && s->container.ref.runtime == c->ref.runtime &&
		    !strcmp(s->container.ref.id, c->ref.id) &&
		    !strcmp(s->container.ref.pod_uid, c->ref.pod_uid))
			return s;
		if (!is_container && s->container.ref.runtime == CONTAINER__UNKNOWN &&
		    !strncmp(s->path, path ? path : "", sizeof(s->path) - 1))
			return s;
	}
	return new_subject(v, path, c);
}

static void note_write(struct decisive *d, const struct write *write)
{
	if (d->limit_id && d->limit_id == write->id)
		d->write = *write;
}

static void decide(struct verdict *v, struct subject *s, const struct record_oom *oom)
{
	struct decisive *d = &s->decisive;

	*d = (struct decisive){ .id = oom->id,
				.cause = oom->cause,
				.limit_id = oom->cause_limit_id,
				.since_ns = oom->cause_since_ns };
	if (oom->limit && oom->limit->path) {
		copy__text(d->limit, sizeof(d->limit), oom->limit->path);
		d->has_max = oom->limit->has_memory;
		d->max_bytes = oom->limit->max_bytes;
		d->own = !strcmp(oom->limit->path, s->path);
		d->limit_container = oom->limit_container;
		copy__text(d->limit_name, sizeof(d->limit_name), oom->limit_container.name);
		d->limit_container.name = oom->limit_container.name ? d->limit_name : NULL;
	}
	d->from_log = oom->log;
	copy__text(d->writer, sizeof(d->writer), oom->trigger_comm);
	d->writer_pid = cause_words__facts(oom).writer_pid;
	for (size_t i = 0; i < WRITES_MAX; i++)
		note_write(d, &v->writes[i]);
}

static int verdict_oom(struct sink *base, const struct record *record)
{
	const struct record_oom *oom = &record->oom;
	static const struct record_container none;
	struct verdict *v = (struct verdict *)base;
	const struct record_victim *victim = NULL;
	struct subject *s;
	bool init = false;

	for (size_t i = 0; i < oom->victim_count; i++) {
		if (oom->victims[i].role == ROLE_EXITING)
			continue;
		if (!victim)
			victim = &oom->victims[i];
		init = init || oom->victims[i].init;
	}
	if (victim)
		s = find_subject(v, victim->cgroup, &victim->container);
	else if (oom->outcome == OOM_NO_VICTIM)
		s = find_subject(v, oom->limit ? oom->limit->path : NULL,
				 oom->limit ? &oom->limit_container : &none);
	else if (oom->log && !oom->outcome) {
		v->untold++;
		return 0;
	} else
		return 0; /* nobody was hurt, or it is not known who */
	if (!s) {
		v->others++;
		return 0;
	}
	s->ooms++;
	s->kills += oom->killed;
	if (!victim) {
		if (!s->nothing++)
			s->nothing_from_ns = record->time.wall_ns;
		s->nothing_to_ns = record->time.wall_ns;
		s->repeats += oom->repeats;
	}
	if (!s->decisive.id || (victim && s->nothing == s->ooms - 1) || (init && !s->init_killed))
		decide(v, s, oom);
	s->init_killed = s->init_killed || init;
	return 0;
}

static int verdict_limit(struct sink *base, const struct record *record)
{
	struct verdict *v = (struct verdict *)base;
	const struct record_limit *limit = &record->limit;
	struct write *write = &v->writes[v->write_count++ % WRITES_MAX];

	*write = (struct write){ .id = limit->id,
				 .old_max_bytes = limit->old_max_bytes,
				 .new_max_bytes = limit->new_max_bytes,
				 .pid = limit->writer_pid };
	copy__text(write->comm, sizeof(write->comm), limit->writer_comm);
	/* A write that kills in itself is told of after its kills. */
	for (struct subject *s = v->subjects; s; s = s->next)
		note_write(&s->decisive, write);
	return 0;
}

static int verdict_stall(struct sink *base, const struct record *record)
{
	const struct record_stall *stall = &record->stall;
	struct subject *s = find_subject((struct verdict *)base, stall->cgroup, &stall->container);

	if (!s)
		return 0;
	s->stalls += stall->over || !s->stalls;
	if (stall->duration_ns > s->stall_ns) {
		s->stall_ns = stall->duration_ns;
		s->stall_max_bytes = stall->max_bytes;
		s->stall_at_high = stall->file == LIMIT_HIGH;
	}
	return 0;
}

/* For free(); NULL without memory. */
static char *killer_words(const struct record_exit *exit)
{
	size_t size;
	char *words = NULL;
	FILE *out = open_memstream(&words, &size);

	if (!out)
		return NULL;
	text_killer__put(out, exit->killer, &exit->which);
	if (!fclose(out))
		return words;
	free(words);
	return NULL;
}

static int verdict_exit(struct sink *base, const struct record *record)
{
	struct verdict *v = (struct verdict *)base;
	const struct record_exit *exit = &record->exit;
	struct subject *s;

	if (!exit->container)
		return 0;
	s = find_subject(v, exit->cgroup, &exit->which);
	if (!s)
		return 0;
	s->gone = true;
	s->has_status = exit->has_status;
	s->status = exit->status;
	s->gone_by_oom = exit->oom_victim;
	s->has_runtime = exit->runtime_status;
	s->runtime_oom_killed = exit->runtime_oom_killed;
	free(s->killer);
	s->killer = exit->killer ? killer_words(exit) : NULL;
	return exit->killer && !s->killer ? -ENOMEM : 0;
}

static int verdict_user_kill(struct sink *base, const struct record *record)
{
	struct verdict *v = (struct verdict *)base;
	const char *killer = record->user_kill.killer ? record->user_kill.killer : "another program";

	if (!v->user_kills++)
		copy__text(v->killer, sizeof(v->killer), killer);
	else if (strncmp(v->killer, killer, sizeof(v->killer) - 1))
		v->more_killers = true;
	return 0;
}

static int verdict_end(struct sink *base, const struct record *record)
{
	struct verdict *v = (struct verdict *)base;
	const struct record_end *end = &record->end;

	v->ended = true;
	v->killed = end->kills;
	return 0;
}

/* ---- sentences ---- */

static void put_limit_of(FILE *out, const struct decisive *d)
{
	fputs(d->own ? "its own limit" : "the limit", out);
	if (d->has_max)
		text_parts__size(out, " of ", d->max_bytes);
	if (d->own)
		return;
	fputs(" of ", out);
	text_parts__place(out, d->limit[0] ? d->limit : NULL, &d->limit_container);
}

static void put_cause(FILE *out, const struct decisive *d)
{
	struct cause_facts facts = {
		.cause = d->cause,
		.from_log = d->from_log,
		.write_id = d->limit_id,
		.since_ns = d->since_ns,
		.writer = d->write.id ? d->write.comm : d->writer,
		.writer_pid = d->write.id ? d->write.pid : d->writer_pid,
		.has_write = d->write.id,
		.old_max_bytes = d->write.old_max_bytes,
		.new_max_bytes = d->write.new_max_bytes,
	};

	if (d->cause != CAUSE_WHOLE_MACHINE && d->cause != CAUSE_SYSRQ)
		put_limit_of(out, d);
	text_parts__cause(out, CAUSE_VERDICT, &facts);
}

static void put_subject(FILE *out, const struct subject *s)
{
	if (!text_parts__container(out, &s->container))
		text_parts__name(out, s->path[0] ? s->path : "the machine");
}

/* A run without a kill is no good news where it only stood still. */
static void put_stall(FILE *out, const struct subject *s)
{
	fputs(" was stuck at its ", out);
	text_parts__size(out, s->stall_at_high ? "memory.high of " : "limit of ", s->stall_max_bytes);
	text_parts__duration(out, " for ", s->stall_ns);
	if (s->stalls > 1)
		fprintf(out, ", and %" PRIu64 " time%s more", s->stalls - 1, s->stalls == 2 ? "" : "s");
	fputs(": it did little but reclaim memory, and nothing was killed", out);
}

static void put_processes(FILE *out, const struct subject *s)
{
	fprintf(out, "%" PRIu64 " process%s", s->kills, s->kills == 1 ? "" : "es");
	if (s->ooms > 1)
		fprintf(out, " in %" PRIu64 " OOMs", s->ooms);
}

static const char *put_end_without_oom(FILE *out, const struct subject *s)
{
	int code = record__exit_code(s->status);

	if (s->has_status)
		fprintf(out, " ended with exit code %d", code);
	else
		fputs(" has ended", out);
	if (s->gone_by_oom) {
		fputs(": its init was killed in an OOM that is not in here", out);
		return "oom-killed";
	}
	if (s->has_status && (s->status & 0x7f) == 9) {
		if (s->killer)
			fprintf(out, ", but was not OOM-killed: SIGKILL was %s", s->killer);
		else
			fputs(", but was not OOM-killed: somebody sent it SIGKILL, as docker kill does, and "
			      "docker stop after a while",
			      out);
		if (s->runtime_oom_killed)
			fprintf(out, " (%s's OOMKilled is true for a process in it)",
				container__runtime_name(s->container.ref.runtime));
		return "sigkill";
	}
	return "ended";
}

/* What follows the subject. Returns the kind. */
static const char *put_sentence(FILE *out, const struct subject *s)
{
	const char *kind = "lost-processes";

	if (s->ooms && s->ooms == s->nothing) {
		uint64_t times = s->nothing + s->repeats;

		fputs(" ran out of memory", out);
		if (times > 1)
			fprintf(out, " %" PRIu64 " times", times);
		if (s->nothing_to_ns > s->nothing_from_ns)
			text_parts__duration(out, " in ",
					     (uint64_t)s->nothing_to_ns - (uint64_t)s->nothing_from_ns);
		fputs(", and nothing in it could be killed: ", out);
		put_cause(out, &s->decisive);
		return "no-victim";
	}
	if (!s->kills && s->stalls && !s->gone) {
		put_stall(out, s);
		return "stalled";
	}
	if (!s->kills) {
		kind = put_end_without_oom(out, s);
		if (s->stalls) {
			fputs("; before that it", out);
			put_stall(out, s);
		}
		return kind;
	}
	if (s->init_killed && (!s->gone || s->gone_by_oom)) {
		fputs(" was OOM-killed: ", out);
		put_cause(out, &s->decisive);
		fputs("; ", out);
		put_processes(out, s);
		fputs(" killed", out);
		if (s->has_status)
			fprintf(out, "; exit code %d", record__exit_code(s->status));
		if (s->has_runtime && !s->runtime_oom_killed)
			fprintf(out, "; %s missed it: its OOMKilled is false",
				container__runtime_name(s->container.ref.runtime));
		return "oom-killed";
	}
	if (s->gone)
		kind = put_end_without_oom(out, s);
	fputs(s->gone ? "; before that it lost " : " lost ", out);
	put_processes(out, s);
	fputs(" to the OOM killer: ", out);
	put_cause(out, &s->decisive);
	return kind;
}

static int tell_subject(struct verdict *v, const struct subject *s)
{
	struct verdict_sentence sentence = {
		.cgroup = s->path[0] ? s->path : NULL,
		.ooms = s->ooms,
		.kills = s->kills,
		.oom_id = s->decisive.id,
	};
	size_t size;
	char *marked = NULL, *text;
	FILE *out = open_memstream(&marked, &size);
	size_t subject_len;
	const char *why;
	int err;

	if (!out)
		return -ENOMEM;
	put_subject(out, s);
	fflush(out);
	subject_len = size;
	sentence.kind = put_sentence(out, s);
	text = fclose(out) ? NULL : strdup(marked);
	if (!text) {
		free(marked);
		return -ENOMEM;
	}
	sentence.marked = marked;
	sentence.text = wrap__plain(text);
	why = strstr(text + subject_len, ": "); /* a name of its own may have that in it */
	sentence.head_len = why ? (size_t)(why - text) : strlen(text);
	err = v->tell(v->ctx, &sentence);
	free(marked);
	free(text);
	return err;
}

void verdict__put(FILE *out, const struct verdict_sentence *sentence)
{
	fputs(sentence->marked ? sentence->marked : sentence->text, out);
}

/* Of a recording that was cut off, or that a part of was asked for, that isn't said of the whole. */
static int tell_none(struct verdict *v)
{
	struct verdict_sentence none = { .kind = "none", .text = "nothing was OOM-killed" };
	char text[512];

	if (v->user_kills) {
		snprintf(text, sizeof(text), "the kernel killed nothing; %s%s killed %" PRIu64 " time%s",
			 escape__shown(v->killer), v->more_killers ? " and others" : "", v->user_kills,
			 v->user_kills == 1 ? "" : "s");
		none.text = text;
	} else if (v->untold)
		none.text = "the log ends before it says what came of an OOM";
	else if (!v->ended)
		none.text = "nothing was OOM-killed until the recording breaks off";
	else if (v->killed)
		none.text = "nothing was OOM-killed in this part of the recording";
	none.head_len = strlen(none.text);
	return v->tell(v->ctx, &none);
}

static int tell_others(struct verdict *v)
{
	struct verdict_sentence others = { .kind = "others", .ooms = v->others };
	char text[64];

	snprintf(text, sizeof(text), "%" PRIu64 " more OOMs in other cgroups", v->others);
	others.text = text;
	others.head_len = strlen(text);
	return v->tell(v->ctx, &others);
}

/* The containers that ended first: theirs is what the reader came for. */
static int tell_all(struct verdict *v)
{
	int err = v->begun && !v->subjects ? tell_none(v) : 0;

	for (int gone = 1; gone >= 0; gone--) {
		for (struct subject *s = v->subjects; s && !err; s = s->next) {
			if ((s->gone || s->init_killed) == gone)
				err = tell_subject(v, s);
		}
	}
	return !err && v->others ? tell_others(v) : err;
}

static void forget(struct verdict *v)
{
	while (v->subjects) {
		struct subject *next = v->subjects->next;

		free(v->subjects->killer);
		free(v->subjects);
		v->subjects = next;
	}
	v->end = &v->subjects;
	v->count = 0;
	v->others = 0;
	v->untold = 0;
	v->user_kills = 0;
	v->more_killers = false;
	memset(v->writes, 0, sizeof(v->writes));
	v->write_count = 0;
	v->begun = false;
	v->ended = false;
	v->killed = 0;
}

static int verdict_finish(struct sink *base)
{
	struct verdict *v = (struct verdict *)base;
	int err = tell_all(v);

	forget(v);
	return err;
}

static int verdict_session(struct sink *base, const struct record *record)
{
	int err = verdict_finish(base);

	(void)record;
	((struct verdict *)base)->begun = true;
	return err;
}

static void verdict_free(struct sink *base)
{
	forget((struct verdict *)base);
	free(base);
}

static const sink_take_fn verdict_takes[RECORD_KINDS] = {
	[RECORD_SESSION] = verdict_session,	[RECORD_OOM] = verdict_oom,   [RECORD_LIMIT] = verdict_limit,
	[RECORD_STALL] = verdict_stall,		[RECORD_EXIT] = verdict_exit, [RECORD_END] = verdict_end,
	[RECORD_USER_KILL] = verdict_user_kill,
};

static int verdict_take(struct sink *sink, const struct record *record)
{
	return sink__dispatch(verdict_takes, sink, record);
}

static const struct sink_ops verdict_ops = {
	.take = verdict_take,
	.free = verdict_free,
	.finish = verdict_finish,
};

struct sink *verdict__new(verdict_fn tell, void *ctx)
{
	struct verdict *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->base.ops = &verdict_ops;
	v->end = &v->subjects;
	v->tell = tell;
	v->ctx = ctx;
	return &v->base;
}
