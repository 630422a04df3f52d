// SPDX-License-Identifier: GPL-2.0-only
#include "output/verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/copy.h"
#include "base/escape.h"
#include "output/steps.h"
#include "output/text_killer.h"
#include "output/text_parts.h"
#include "output/text_refusal.h"
#include "output/verdict_sentence.h"
#include "output/verdict_subject.h"
#include "output/wrap.h"
#include "record/memory_killers.h"

/* What is told of a session is bounded, however much is in it. */
#define SUBJECTS_MAX 256
#define NAME_BYTES 64
#define ASKED_MAX 16
/* What systemd does at a kill in a service comes at once, and may be seen a little before the kill's record. */
#define OOM_POLICY_NS 10000000000LL
#define OOM_POLICY_EARLY_NS 1000000000LL

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
	uint32_t asked[ASKED_MAX]; /* pids that they asked to end, the latest, a ring */
	uint64_t asked_count;
	uint64_t others;     /* OOMs of subjects that found no room */
	uint64_t nameless;   /* OOMs that may have killed, whom isn't known */
	uint64_t lost;	     /* events that the trace has lost */
	uint64_t oom_number; /* of OOMs, in their order */
	uint64_t oom_ns;     /* when the latest was, by the kernel's clock */
	struct verdict_writes writes;
	bool begun; /* a session that has not been told of */
	bool from_log;
	bool ended;
	bool sees_signals; /* SIGKILL would be told */
	uint64_t killed;   /* in all of the session */
	struct steps steps;
};

static struct subject *new_subject(struct verdict *v, const char *path, const struct record_container *c)
{
	struct subject *s = v->count < SUBJECTS_MAX ? calloc(1, sizeof(*s)) : NULL;

	if (!s)
		return NULL;
	verdict_subject__begin(s, path, c);
	*v->end = s;
	v->end = &s->next;
	v->count++;
	return s;
}

/* NULL: there is no room for another. */
static struct subject *find_subject(struct verdict *v, const char *path, const struct record_container *c)
{
	for (struct subject *s = v->subjects; s; s = s->next) {
		if (verdict_subject__is(s, path, c))
			return s;
	}
	for (struct subject *s = v->subjects; s; s = s->next) {
		if (verdict_subject__take_place(s, path, c))
			return s;
	}
	return new_subject(v, path, c);
}

/* Counts an OOM of a subject, once, however many of its processes it killed. */
static void count_oom(struct verdict *v, struct subject *s, const struct record_oom *oom, bool killed,
		      bool init)
{
	bool first_init = init && !s->init_killed;
	bool decisive = !s->ooms || (killed && s->nothing == s->ooms) || first_init;

	s->last_oom = v->oom_number;
	s->ooms++;
	s->init_killed = s->init_killed || init;
	if (decisive)
		s->decisive_id = oom->id;
	verdict_why__count(&s->whys, oom, s->path, decisive, first_init);
	verdict_why__note_writes(&s->whys, &v->writes);
}

/* Returns whether it was killed; *full: there is no room for its subject. A log places the first of a group only. */
static bool count_victim(struct verdict *v, const struct record_oom *oom, const struct record_victim *victim,
			 bool *full)
{
	bool is_placed = victim->cgroup || victim->container.ref.runtime != CONTAINER__UNKNOWN;
	const struct record_victim *whose = is_placed ? victim : record__first_killed(oom);
	struct subject *s;

	if (victim->role == ROLE_EXITING || victim->repeated)
		return false;
	s = find_subject(v, whose->cgroup, &whose->container);
	*full |= !s;
	if (!s)
		return true;
	if (s->last_oom != v->oom_number)
		count_oom(v, s, oom, true, whose->init);
	s->kills++;
	s->kill_containers += !s->has_kill;
	s->has_kill = true;
	s->last_kill_ns = v->oom_ns;
	s->victims[s->victim_count++ % VERDICT_SUBJECT_VICTIMS_MAX] = victim->pid;
	return true;
}

/* The victims may be of several containers: a limit above them, or a group. Inits first, since they decide. */
static bool count_victims(struct verdict *v, const struct record_oom *oom)
{
	bool any = false, full = false;

	for (int init = 1; init >= 0; init--)
		for (size_t i = 0; i < oom->victim_count; i++)
			if (oom->victims[i].init == init)
				any |= count_victim(v, oom, &oom->victims[i], &full);
	v->others += full;
	return any;
}

/* Nothing could be killed, or so many times nothing. */
static void count_nothing(struct verdict *v, const struct record *record)
{
	static const struct record_container none;
	const struct record_oom *oom = &record->oom;
	struct subject *s = find_subject(v, oom->limit ? oom->limit->path : NULL,
					 oom->limit ? &oom->limit_container : &none);

	if (!s) {
		v->others++;
		return;
	}
	count_oom(v, s, oom, false, false);
	if (!s->nothing++)
		s->nothing_from_ns = record->time.boot_ns;
	s->nothing_to_ns = record->time.boot_ns;
	s->nothing_cgroup_id = oom->limit ? oom->limit->id : 0;
	s->repeats += oom->repeats;
}

/* What came after the last OOM record of a limit; a limit that none was told of has no sentence. */
static int verdict_repeats(struct sink *base, const struct record *record)
{
	const struct record_repeats *r = &record->repeats;
	struct verdict *v = (struct verdict *)base;

	for (struct subject *s = v->subjects; s; s = s->next) {
		if (!s->nothing || s->nothing_cgroup_id != r->limit_cgroup_id)
			continue;
		s->repeats += r->repeats;
		verdict_why__count_repeats(&s->whys, r->repeats);
		break;
	}
	return 0;
}

static int verdict_oom(struct sink *base, const struct record *record)
{
	const struct record_oom *oom = &record->oom;
	struct verdict *v = (struct verdict *)base;

	v->oom_number++;
	v->oom_ns = record->time.boot_ns;
	if (count_victims(v, oom))
		return 0;
	if (oom->outcome == OOM_NO_VICTIM)
		count_nothing(v, record);
	else if (oom->log && !oom->outcome)
		v->untold++;
	else if (record__kills_untold(oom))
		v->nameless++;
	return 0;
}

static int verdict_limit(struct sink *base, const struct record *record)
{
	struct verdict *v = (struct verdict *)base;
	const struct verdict_write *write = verdict_why__keep_write(&v->writes, &record->limit);

	/* A write that kills in itself is told of after its kills. */
	for (struct subject *s = v->subjects; s; s = s->next)
		verdict_why__note_write(&s->whys, write);
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

static void put_killer(FILE *out, const struct record_exit *exit)
{
	text_killer__put(out, exit->killer, &exit->which, exit->cgroup);
}

static void put_stop(FILE *out, const struct record_exit *exit)
{
	text_killer__put_stop(out, &exit->stop, exit->status, false);
}

static void put_stop_after_kills(FILE *out, const struct record_exit *exit)
{
	text_killer__put_stop(out, &exit->stop, exit->status, true);
}

/* "; its limit of 20 processes and threads (pids.max) was reached 12 times" */
static void put_refusals(FILE *out, const struct record_exit *exit)
{
	for (size_t i = 0; i < exit->refusal_count; i++) {
		fputs("; ", out);
		text_refusal__put(out, &exit->refusals[i]);
	}
	text_refusal__put_rlimits(out, exit);
}

/* What it puts, for free(); NULL without memory. */
static char *words(void (*put)(FILE *, const struct record_exit *), const struct record_exit *exit)
{
	size_t size;
	char *words = NULL;
	FILE *out = open_memstream(&words, &size);

	if (!out)
		return NULL;
	put(out, exit);
	if (!fclose(out))
		return words;
	free(words);
	return NULL;
}

static bool stop_is_for_kill(const struct subject *s, const struct record_exit *exit, uint64_t ended_ns)
{
	int64_t since_ns = (int64_t)(ended_ns - exit->stop.before_ns - s->last_kill_ns);

	return s->kills && since_ns >= -OOM_POLICY_EARLY_NS && since_ns <= OOM_POLICY_NS;
}

/* Of its last end. */
static int keep_words(struct subject *s, const struct record_exit *exit, uint64_t ended_ns)
{
	bool is_stop = exit->stop.signal;

	free(s->killer);
	s->killer = exit->killer ? words(put_killer, exit) : NULL;
	free(s->stop);
	s->stop = is_stop ? words(stop_is_for_kill(s, exit, ended_ns) ? put_stop_after_kills : put_stop, exit)
			  : NULL;
	free(s->refusals);
	s->refusals = words(put_refusals, exit);
	s->no_refusals = exit->has_refusals && !exit->refusal_count;
	s->huge_refused = false;
	for (size_t i = 0; i < exit->refusal_count; i++)
		s->huge_refused |= text_refusal__is_of_huge_pages(&exit->refusals[i]);
	return (exit->killer && !s->killer) || (is_stop && !s->stop) || !s->refusals ? -ENOMEM : 0;
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
	s->ends++;
	s->oom_ends += record__ended_by_oom(exit);
	s->has_status = exit->has_status;
	s->status = exit->status;
	s->gone_by_oom = record__ended_by_oom(exit);
	for (size_t i = 0; exit->pid && i < VERDICT_SUBJECT_VICTIMS_MAX; i++)
		s->init_killed = s->init_killed || s->victims[i] == exit->pid;
	s->signals_seen = v->sees_signals;
	s->has_runtime = exit->runtime_status;
	s->runtime_oom_killed = exit->runtime_oom_killed;
	return keep_words(s, exit, record->time.boot_ns);
}

static int verdict_start(struct sink *base, const struct record *record)
{
	struct subject *s = NULL;

	/* That it is there is no news. */
	if (record->start.run > 1)
		s = find_subject((struct verdict *)base, record->start.cgroup, &record->start.container);

	if (s)
		s->gone = false;
	return 0;
}

static int verdict_lost(struct sink *base, const struct record *record)
{
	((struct verdict *)base)->lost += record->lost.count;
	return 0;
}

static void count_user_kill(struct verdict *v, const char *killer)
{
	if (!v->user_kills++)
		copy__text(v->killer, sizeof(v->killer), killer);
	else if (strncmp(v->killer, killer, sizeof(v->killer) - 1))
		v->more_killers = true;
}

/* Who was asked to end, and then killed, counts once. */
static int verdict_user_kill(struct sink *base, const struct record *record)
{
	const struct record_user_kill *kill = &record->user_kill;
	struct verdict *v = (struct verdict *)base;

	count_user_kill(v, kill->killer ? kill->killer : "another program");
	if (!kill->line)
		v->asked[v->asked_count++ % ASKED_MAX] = kill->pid;
	return 0;
}

static int verdict_sigkill(struct sink *base, const struct record *record)
{
	const struct record_sigkill *s = &record->sigkill;
	struct verdict *v = (struct verdict *)base;

	if (!memory_killers__sent(&s->killer, s->cgroup))
		return 0;
	for (size_t i = 0; i < ASKED_MAX; i++) {
		if (v->asked[i] == s->pid)
			return 0;
	}
	count_user_kill(v, s->killer.sender.comm);
	return 0;
}

static int verdict_end(struct sink *base, const struct record *record)
{
	struct verdict *v = (struct verdict *)base;
	const struct record_end *end = &record->end;

	v->ended = true;
	v->killed = end->kills;
	/* They are the target's, which alone has an end. */
	for (struct subject *s = v->subjects; s; s = s->next) {
		s->has_kernel_events = s->ends && end->has_kernel_events;
		s->kernel_events = end->kernel_events;
		s->signals_seen = s->signals_seen && !end->skipped_signals;
	}
	return 0;
}

/* ---- sentences ---- */

static int tell_subject(struct verdict *v, const struct subject *s)
{
	struct verdict_sentence sentence = {
		.cgroup = s->path[0] ? s->path : NULL,
		.ooms = s->ooms,
		.kills = s->kills,
		.oom_id = s->decisive_id,
	};
	size_t size;
	char *marked = NULL, *text;
	FILE *out = open_memstream(&marked, &size);
	size_t subject_len;
	const char *why;
	int err;

	if (!out)
		return -ENOMEM;
	verdict_sentence__put_subject(out, s);
	fflush(out);
	subject_len = size;
	sentence.kind = verdict_sentence__put(out, s, v->lost);
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

/* Of a log, and of a recording that was cut off or that a part of was asked for, that isn't said of more than it has. */
static int tell_none(struct verdict *v)
{
	struct verdict_sentence none = { .kind = "none", .text = "nothing was OOM-killed" };
	char text[512];

	if (v->user_kills) {
		bool sure = v->ended && !v->lost && !v->nameless && !v->untold && !v->killed;

		snprintf(text, sizeof(text), "%s; %s%s killed %" PRIu64 " time%s",
			 sure ? "the kernel killed nothing" : "no kill by the kernel is in here",
			 escape__shown(v->killer), v->more_killers ? " and others" : "", v->user_kills,
			 v->user_kills == 1 ? "" : "s");
		none.text = text;
	} else if (v->nameless) {
		snprintf(text, sizeof(text),
			 "%" PRIu64 " OOM%s whose victims are not known: events were lost", v->nameless,
			 v->nameless == 1 ? "" : "s");
		none.text = text;
	} else if (v->untold)
		none.text = "the log ends before it says what came of an OOM";
	else if (!v->ended)
		none.text = "nothing was OOM-killed until the recording breaks off";
	else if (v->killed)
		none.text = "nothing was OOM-killed in this part of the recording";
	else if (v->lost)
		none.text = "no OOM kill was seen, but events were lost";
	else if (v->from_log)
		none.text = "no OOM kill is in this log";
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
			s->any_ooms = v->oom_number || v->killed;
			if ((s->gone || s->init_killed) == gone)
				err = tell_subject(v, s);
		}
	}
	return !err && v->others ? tell_others(v) : err;
}

/* What to do now comes last. */
static int tell_step(void *ctx, const char *rule, const char *marked)
{
	struct verdict *v = (struct verdict *)ctx;
	struct verdict_sentence step = { .kind = "step", .rule = rule, .marked = marked };
	char *text = strdup(marked);
	int err;

	if (!text)
		return -ENOMEM;
	step.text = wrap__plain(text);
	step.head_len = strlen(step.text);
	err = v->tell(v->ctx, &step);
	free(text);
	return err;
}

static void forget(struct verdict *v)
{
	while (v->subjects) {
		struct subject *next = v->subjects->next;

		free(v->subjects->killer);
		free(v->subjects->stop);
		free(v->subjects->refusals);
		free(v->subjects);
		v->subjects = next;
	}
	v->end = &v->subjects;
	v->count = 0;
	v->others = v->nameless = v->lost = v->untold = 0;
	v->oom_number = v->user_kills = 0;
	v->more_killers = false;
	memset(v->asked, 0, sizeof(v->asked));
	v->writes = (struct verdict_writes){};
	v->begun = false;
	v->ended = false;
	v->killed = 0;
	steps__forget(&v->steps);
}

static int verdict_finish(struct sink *base)
{
	struct verdict *v = (struct verdict *)base;
	int err = tell_all(v);

	/* Of a part without a kill: what was done before one elsewhere is no advice for it. */
	if (v->subjects || !v->killed)
		err = err ?: steps__tell(&v->steps, tell_step, v);
	forget(v);
	return err;
}

static int verdict_session(struct sink *base, const struct record *record)
{
	struct verdict *v = (struct verdict *)base;
	int err = verdict_finish(base);

	v->begun = true;
	v->from_log = record->session.from_log;
	v->sees_signals = false;
	for (size_t i = 0; i < record->session.probe_count; i++) {
		const struct record_probe *probe = &record->session.probes[i];

		if (probe->purpose && !strcmp(probe->purpose, "signal") && probe->attached)
			v->sees_signals = true;
	}
	return err;
}

static void verdict_free(struct sink *base)
{
	forget((struct verdict *)base);
	free(base);
}

static const sink_take_fn verdict_takes[RECORD_KINDS] = {
	[RECORD_SESSION] = verdict_session,	[RECORD_OOM] = verdict_oom,
	[RECORD_LIMIT] = verdict_limit,		[RECORD_STALL] = verdict_stall,
	[RECORD_EXIT] = verdict_exit,		[RECORD_END] = verdict_end,
	[RECORD_USER_KILL] = verdict_user_kill, [RECORD_START] = verdict_start,
	[RECORD_LOST] = verdict_lost,		[RECORD_REPEATS] = verdict_repeats,
	[RECORD_SIGKILL] = verdict_sigkill,
};

static int verdict_take(struct sink *sink, const struct record *record)
{
	int err = sink__dispatch(verdict_takes, sink, record);

	return err ? err : steps__take(&((struct verdict *)sink)->steps, record);
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
