// SPDX-License-Identifier: GPL-2.0-only
#include "report/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/check_kill.h"

struct check_sink {
	struct sink base;
	bool json;
	struct check check;
};

static int add_kill(struct check_side *side, const struct record *record, const struct record_victim *victim)
{
	int err;

	if (side->count == CHECK_KILLS_MAX) {
		side->left_out++;
		return 0;
	}
	if (side->count == side->room) {
		size_t room = side->room ? 2 * side->room : 64;
		struct check_kill *kills = reallocarray(side->kills, room, sizeof(*kills));

		if (!kills)
			return -ENOMEM;
		side->kills = kills;
		side->room = room;
	}
	err = check_kill__fill(&side->kills[side->count], record, victim);
	if (!err)
		side->count++;
	return err;
}

static int take_oom(struct check *check, const struct record *record)
{
	struct check_side *side = record->oom.log ? &check->logged : &check->recorded;
	int err = 0;

	for (size_t i = 0; i < record->oom.victim_count && !err; i++)
		if (check_kill__is_logged(&record->oom.victims[i]))
			err = add_kill(side, record, &record->oom.victims[i]);
	return err;
}

/* NULL: none. */
static int add_target(struct check_session *session, const char *cgroup)
{
	char **more, *copy = NULL;
	int err;

	for (size_t i = 0; cgroup && i < session->target_count; i++) {
		if (!strcmp(session->targets[i], cgroup))
			return 0;
	}
	err = check_kill__copy(&copy, cgroup);
	if (err || !copy)
		return err;
	more = reallocarray(session->targets, session->target_count + 1, sizeof(*more));
	if (!more) {
		free(copy);
		return -ENOMEM;
	}
	session->targets = more;
	session->targets[session->target_count++] = copy;
	return 0;
}

static int take_session(struct check *check, const struct record *record)
{
	const struct record_session *from = &record->session;
	struct check_session *session;
	int err;

	check->in_log = from->from_log;
	check->has_log |= from->from_log;
	if (from->from_log || (from->part > 1 && check->session_count))
		return 0;
	if (check->session_count == check->session_room) {
		size_t room = check->session_room ? 2 * check->session_room : 4;
		struct check_session *sessions = reallocarray(check->sessions, room, sizeof(*sessions));

		if (!sessions)
			return -ENOMEM;
		check->sessions = sessions;
		check->session_room = room;
	}
	session = &check->sessions[check->session_count++];
	*session = (struct check_session){ .begin_ns = record->time.boot_ns, .end_ns = record->time.boot_ns };
	session->is_part = from->part > 1;
	session->of_targets = from->target_cgroup ||
			      (from->target_kind && !strcmp(from->target_kind, "many"));
	err = check_kill__copy(&session->kernel, from->kernel);
	return err ? err : add_target(session, from->target_cgroup);
}

/* One of several targets, or one that is back. */
static int take_start(struct check *check, const struct record_start *start)
{
	struct check_session *session = check->session_count ? &check->sessions[check->session_count - 1]
							     : NULL;

	return session && session->of_targets && !session->over ? add_target(session, start->cgroup) : 0;
}

/* How far a recording goes. The last records of a log may come when it has begun. */
static void follow(struct check *check, const struct record *record)
{
	struct check_session *session;

	if (!check->session_count)
		return;
	session = &check->sessions[check->session_count - 1];
	session->over |= check->in_log || (record->kind == RECORD_OOM && record->oom.log) ||
			 (record->kind == RECORD_RELIEF && !record->relief.live) ||
			 record->kind == RECORD_USER_KILL;
	if (session->over)
		return;
	session->over = record->kind == RECORD_END;
	/*
	 * Records aren't quite in the order of time: a later part may begin with a stack that is older than the last
	 * OOM of the part before. Its first OOM says where it begins.
	 */
	if (session->is_part)
		session->begin_ns = record->time.boot_ns;
	session->is_part = session->is_part && record->kind != RECORD_OOM;
	if (record->time.boot_ns > session->end_ns)
		session->end_ns = record->time.boot_ns;
	if (record->kind == RECORD_LOST)
		session->lost += record->lost.count;
}

static int check_take(struct sink *base, const struct record *record)
{
	struct check *check = &((struct check_sink *)base)->check;

	if (record->kind == RECORD_SESSION)
		return take_session(check, record);
	follow(check, record);
	if (record->kind == RECORD_START)
		return take_start(check, &record->start);
	return record->kind == RECORD_OOM ? take_oom(check, record) : 0;
}

static int check_finish(struct sink *base)
{
	struct check_sink *sink = (struct check_sink *)base;
	int err;

	if (check__verdict(base) == CHECK_NO_RECORDING || check__verdict(base) == CHECK_NO_LOG)
		return 0;
	err = check_match__run(&sink->check);
	if (err)
		return err;
	return sink->json ? check_print__json(&sink->check, base->out)
			  : check_print__text(&sink->check, base->out);
}

static void free_side(struct check_side *side)
{
	for (size_t i = 0; i < side->count; i++)
		check_kill__free(&side->kills[i]);
	free(side->kills);
}

static void check_free(struct sink *base)
{
	struct check *check = &((struct check_sink *)base)->check;

	free_side(&check->recorded);
	free_side(&check->logged);
	for (size_t i = 0; i < check->session_count; i++) {
		free(check->sessions[i].kernel);
		for (size_t j = 0; j < check->sessions[i].target_count; j++)
			free(check->sessions[i].targets[j]);
		free(check->sessions[i].targets);
	}
	free(check->sessions);
	free(base);
}

static const struct sink_ops check_ops = {
	.take = check_take,
	.free = check_free,
	.finish = check_finish,
};

struct sink *check__new(FILE *out, bool json)
{
	struct check_sink *sink = calloc(1, sizeof(*sink));

	if (!sink)
		return NULL;
	sink->base = (struct sink){ .ops = &check_ops, .out = out };
	sink->json = json;
	return &sink->base;
}

enum check_verdict check__verdict(const struct sink *base)
{
	const struct check *check = &((const struct check_sink *)base)->check;

	if (!check->session_count && !check->recorded.count)
		return CHECK_NO_RECORDING;
	if (!check->has_log && !check->logged.count)
		return CHECK_NO_LOG;
	if (check->totals[CHECK_DIFFERENT] || check->totals[CHECK_ONLY_RECORDING] ||
	    check->totals[CHECK_ONLY_LOG] || check->recorded.left_out || check->logged.left_out)
		return CHECK_DISAGREES;
	return CHECK_AGREES;
}
