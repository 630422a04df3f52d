// SPDX-License-Identifier: GPL-2.0-only
#include "report/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/copy.h"
#include "report/check_kill.h"

struct check_sink {
	struct sink base;
	bool json;
	struct check check;
};

/* A name as JSON can hold it: a recording's is that already. */
static void copy_name(char *dst, size_t size, const char *name)
{
	escape__utf8(dst, size, name ? name : "", name ? strlen(name) : 0);
}

/* NULL of NULL. Returns 0 or -ENOMEM. */
static int copy_path(char **dst, const char *path)
{
	size_t size;

	if (!path)
		return 0;
	size = ESCAPE__UTF8_SIZE(strlen(path));
	*dst = malloc(size);
	if (!*dst)
		return -ENOMEM;
	escape__utf8(*dst, size, path, strlen(path));
	return 0;
}

static void free_kill(struct check_kill *kill)
{
	free(kill->cgroup);
	free(kill->limit_cgroup);
	free(kill->file);
	free(kill->kernel);
}

static void fill_victim(struct check_kill *kill, const struct record_victim *victim)
{
	const uint64_t figures[FIGURES] = {
		[FIGURE_TOTAL_VM] = victim->total_vm_bytes, [FIGURE_ANON] = victim->anon_rss_bytes,
		[FIGURE_FILE] = victim->file_rss_bytes,	    [FIGURE_SHMEM] = victim->shmem_rss_bytes,
		[FIGURE_PGTABLES] = victim->pgtables_bytes,
	};

	kill->pid = victim->pid;
	kill->tid = victim->unknown & VICTIM_UNKNOWN_IDS ? victim->pid : victim->tid;
	copy_name(kill->comm, sizeof(kill->comm), victim->comm);
	kill->has_uid = !(victim->unknown & VICTIM_UNKNOWN_UID);
	kill->uid = victim->uid;
	kill->has_adj = !(victim->unknown & VICTIM_UNKNOWN_ADJ);
	kill->oom_score_adj = victim->oom_score_adj;
	if (!victim->has_mm)
		return;
	memcpy(kill->figures, figures, sizeof(figures));
	kill->has_figures = (1U << FIGURES) - 1;
	if (victim->unknown & VICTIM_UNKNOWN_SHMEM)
		kill->has_figures &= ~(1U << FIGURE_SHMEM);
	if (victim->unknown & VICTIM_UNKNOWN_PGTABLES)
		kill->has_figures &= ~(1U << FIGURE_PGTABLES);
}

/* A log has the thread that asked, as pid; its report may lack the line that tells it. */
static void fill_oom(struct check_kill *kill, const struct record_oom *oom)
{
	const struct record_log *log = oom->log;

	kill->oom_id = oom->id;
	copy__text(kill->constraint, sizeof(kill->constraint), oom->constraint);
	kill->has_limit = oom->limit && oom->limit->has_memory;
	kill->limit_bytes = kill->has_limit ? oom->limit->max_bytes : 0;
	copy_name(kill->trigger_comm, sizeof(kill->trigger_comm), oom->trigger_comm);
	kill->trigger_tid = oom->trigger_tid;
	kill->has_trigger_tid = log ? log->has_trigger_pid : oom->trigger_tid != 0;
	kill->gfp_mask = oom->gfp_mask;
	kill->has_gfp = log ? log->has_gfp_mask : oom->trigger_comm != NULL;
	kill->order = oom->order;
	kill->has_order = log ? log->has_order : oom->trigger_comm != NULL;
	kill->cause = oom->cause;
	if (!log)
		return;
	kill->inside_write = log->inside_write;
	kill->first_line = log->first_line;
	kill->last_line = log->last_line;
}

static int fill_paths(struct check_kill *kill, const struct record_oom *oom,
		      const struct record_victim *victim)
{
	int err = copy_path(&kill->cgroup, victim->cgroup);

	if (!err && oom->limit)
		err = copy_path(&kill->limit_cgroup, oom->limit->path);
	if (!err && oom->log)
		err = copy_path(&kill->file, oom->log->file);
	if (!err && oom->log)
		err = copy_path(&kill->kernel, oom->log->kernel);
	return err;
}

static int add_kill(struct check_side *side, const struct record *record, const struct record_victim *victim)
{
	struct check_kill *kill;
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
	kill = &side->kills[side->count];
	*kill = (struct check_kill){ .time = record->time };
	fill_victim(kill, victim);
	fill_oom(kill, &record->oom);
	err = fill_paths(kill, &record->oom, victim);
	if (err)
		free_kill(kill);
	else
		side->count++;
	return err;
}

/* Of a kill that the kernel logs: it prints no line for who shares the victim's memory or is exiting already. */
static bool is_logged(const struct record_victim *victim)
{
	return (victim->role == ROLE_CHOSEN || victim->role == ROLE_GROUP) && !victim->repeated;
}

static int take_oom(struct check *check, const struct record *record)
{
	struct check_side *side = record->oom.log ? &check->logged : &check->recorded;
	int err = 0;

	for (size_t i = 0; i < record->oom.victim_count && !err; i++)
		if (is_logged(&record->oom.victims[i]))
			err = add_kill(side, record, &record->oom.victims[i]);
	return err;
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
	err = copy_path(&session->kernel, from->kernel);
	return err ? err : copy_path(&session->target, from->target_cgroup);
}

/* How far a recording goes. The last records of a log may come when it has begun. */
static void follow(struct check *check, const struct record *record)
{
	struct check_session *session;

	if (!check->session_count)
		return;
	session = &check->sessions[check->session_count - 1];
	session->over |= check->in_log || (record->kind == RECORD_OOM && record->oom.log) ||
			 record->kind == RECORD_RELIEF || record->kind == RECORD_USER_KILL;
	if (session->over)
		return;
	session->over = record->kind == RECORD_END;
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
	return record->kind == RECORD_OOM ? take_oom(check, record) : 0;
}

static int check_finish(struct sink *base)
{
	struct check_sink *sink = (struct check_sink *)base;
	int err;

	if (check__verdict(base) == CHECK_NO_RECORDING || check__verdict(base) == CHECK_NO_LOG)
		return 0;
	err = check__match(&sink->check);
	if (err)
		return err;
	return sink->json ? check__print_json(&sink->check, base->out)
			  : check__print_text(&sink->check, base->out);
}

static void free_side(struct check_side *side)
{
	for (size_t i = 0; i < side->count; i++)
		free_kill(&side->kills[i]);
	free(side->kills);
}

static void check_free(struct sink *base)
{
	struct check *check = &((struct check_sink *)base)->check;

	free_side(&check->recorded);
	free_side(&check->logged);
	for (size_t i = 0; i < check->session_count; i++) {
		free(check->sessions[i].kernel);
		free(check->sessions[i].target);
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
