// SPDX-License-Identifier: GPL-2.0-only
#include "report/check_kill.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/copy.h"

/* A name as JSON can hold it: a recording's is that already. */
static void copy_name(char *dst, size_t size, const char *name)
{
	escape__utf8(dst, size, name ? name : "", name ? strlen(name) : 0);
}

int check_kill__copy(char **dst, const char *path)
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

void check_kill__free(struct check_kill *kill)
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
	int err = check_kill__copy(&kill->cgroup, victim->cgroup);

	if (!err && oom->limit)
		err = check_kill__copy(&kill->limit_cgroup, oom->limit->path);
	if (!err && oom->log)
		err = check_kill__copy(&kill->file, oom->log->file);
	if (!err && oom->log)
		err = check_kill__copy(&kill->kernel, oom->log->kernel);
	return err;
}

bool check_kill__is_logged(const struct record_victim *victim)
{
	return (victim->role == ROLE_CHOSEN || victim->role == ROLE_GROUP) && !victim->repeated;
}

int check_kill__fill(struct check_kill *kill, const struct record *record, const struct record_victim *victim)
{
	int err;

	*kill = (struct check_kill){ .time = record->time };
	fill_victim(kill, victim);
	fill_oom(kill, &record->oom);
	err = fill_paths(kill, &record->oom, victim);
	if (err)
		check_kill__free(kill);
	return err;
}

bool check_kill__is_below(const char *path, const char *cgroup)
{
	size_t len = strlen(cgroup);

	while (len && cgroup[len - 1] == '/')
		len--;
	return !strncmp(path, cgroup, len) && (!path[len] || path[len] == '/');
}
