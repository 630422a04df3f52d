// SPDX-License-Identifier: GPL-2.0-only
#include "model/limit_steps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Kills by writes that have not returned yet, and so have no step of their own yet. */
#define PENDING_MAX 16

struct inside {
	uint64_t limit_id; /* 0: free */
	uint64_t killed;
	uint64_t first_kill_ns;
	uint64_t excess_bytes;	/* usage above the limit when the first victim was chosen */
	uint64_t freed_bytes;	/* by the victims until now, by their own counters */
	uint64_t needed;	/* 0: they are not enough yet */
	uint64_t killed_beside; /* by others than the writer, at its new limit, before it returned */
};

struct limit_steps {
	char *cgroup;
	struct record_step *steps;
	size_t count, room;
	bool open;	   /* the last step is going on */
	uint64_t began_ns; /* when its write began */
	struct inside pending[PENDING_MAX];
	size_t pending_next;
	bool has_floor;
	uint64_t floor_bytes;
	bool has_first_kill;
	uint64_t first_kill_max_bytes;
	bool died;
};

struct limit_steps *limit_steps__new(const char *cgroup)
{
	struct limit_steps *s = calloc(1, sizeof(*s));

	if (s)
		s->cgroup = strdup(cgroup);
	if (s && !s->cgroup) {
		free(s);
		return NULL;
	}
	return s;
}

int limit_steps__move(struct limit_steps *s, const char *cgroup)
{
	char *copy = strdup(cgroup);

	if (!copy)
		return -ENOMEM;
	free(s->cgroup);
	s->cgroup = copy;
	return 0;
}

void limit_steps__free(struct limit_steps *s)
{
	if (!s)
		return;
	free(s->cgroup);
	free(s->steps);
	free(s);
}

static struct inside *find_inside(struct limit_steps *s, uint64_t limit_id)
{
	for (size_t i = 0; i < PENDING_MAX; i++) {
		if (s->pending[i].limit_id == limit_id)
			return &s->pending[i];
	}
	return NULL;
}

/* What a victim gives back: that it shares file pages and shmem with others can't be seen from here. */
static uint64_t victim_bytes(const struct record_victim *v)
{
	return v->anon_rss_bytes + v->pgtables_bytes;
}

static struct inside *get_inside(struct limit_steps *s, const struct record_oom *oom)
{
	struct inside *in = find_inside(s, oom->cause_limit_id);

	if (!in) {
		in = &s->pending[s->pending_next++ % PENDING_MAX];
		*in = (struct inside){ .limit_id = oom->cause_limit_id,
				       .first_kill_ns = oom->cause_since_ns };
	}
	return in;
}

static void count_inside(struct limit_steps *s, const struct record_oom *oom)
{
	struct inside *in = get_inside(s, oom);

	if (!in->killed && oom->limit && oom->limit->usage_bytes > oom->limit->max_bytes)
		in->excess_bytes = oom->limit->usage_bytes - oom->limit->max_bytes;
	for (size_t i = 0; i < oom->victim_count; i++) {
		const struct record_victim *v = &oom->victims[i];

		if (v->role == ROLE_EXITING || v->repeated)
			continue;
		in->killed++;
		in->freed_bytes += victim_bytes(v);
		if (!in->needed && in->excess_bytes && in->freed_bytes >= in->excess_bytes)
			in->needed = in->killed;
	}
}

/* Whether a charge failed at a limit that the target has only just got: its write is still going on. */
static bool is_of_unreturned(const struct limit_steps *s, const struct record_step *step,
			     const struct record_oom *oom)
{
	return oom->cause == CAUSE_LIMIT_LOWERED && (!step || oom->cause_limit_id != step->limit_id) &&
	       oom->limit && oom->limit->path && !strcmp(oom->limit->path, s->cgroup);
}

void limit_steps__on_oom(struct limit_steps *s, const struct record *record)
{
	const struct record_oom *oom = &record->oom;
	struct record_step *step = s->open ? &s->steps[s->count - 1] : NULL;

	if (!oom->killed)
		return;
	if (!s->has_first_kill && oom->limit) {
		s->has_first_kill = true;
		s->first_kill_max_bytes = oom->limit->max_bytes;
	}
	if (oom->cause == CAUSE_INSIDE_WRITE) {
		count_inside(s, oom);
	} else if (is_of_unreturned(s, step, oom)) {
		get_inside(s, oom)->killed_beside += oom->killed;
	} else if (step) {
		step->killed_after += oom->killed;
		if (!step->has_first_kill) {
			step->has_first_kill = true;
			step->first_kill_ns = record->time.boot_ns - s->began_ns;
		}
	}
}

void limit_steps__predict(struct limit_steps *s, uint64_t floor_bytes)
{
	s->has_floor = true;
	s->floor_bytes = floor_bytes;
}

const struct record_step *limit_steps__close(struct limit_steps *s, bool alive)
{
	struct record_step *step;

	if (!alive)
		s->died = true;
	if (!s->open)
		return NULL;
	s->open = false;
	step = &s->steps[s->count - 1];
	step->alive = alive;
	return step;
}

static bool grow(struct limit_steps *s)
{
	size_t room = s->room ? s->room * 2 : 16;
	struct record_step *bigger;

	if (s->count < s->room)
		return true;
	if (s->count >= STEPS_MAX)
		return false;
	bigger = reallocarray(s->steps, room, sizeof(*bigger));
	if (!bigger)
		return false;
	s->steps = bigger;
	s->room = room;
	return true;
}

/* Kills inside a write of another cgroup's limit, an ancestor's say: after our own last one. */
static void count_others(struct limit_steps *s, struct inside *in, uint64_t began_ns)
{
	struct record_step *step = s->open ? &s->steps[s->count - 1] : NULL;

	in->limit_id = 0;
	if (!step)
		return;
	step->killed_after += in->killed;
	if (!step->has_first_kill) {
		step->has_first_kill = true;
		step->first_kill_ns = began_ns + in->first_kill_ns - s->began_ns;
	}
}

const struct record_step *limit_steps__on_limit(struct limit_steps *s, const struct record *record)
{
	const struct record_limit *l = &record->limit;
	uint64_t began_ns = record->time.boot_ns - l->duration_ns;
	struct inside *in = find_inside(s, l->id);
	bool closed;
	struct record_step step = {
		.limit_id = l->id,
		.old_max_bytes = l->old_max_bytes,
		.new_max_bytes = l->new_max_bytes,
		.usage_before_bytes = l->usage_before_bytes,
		.usage_after_bytes = l->usage_after_bytes,
		.reclaimed_bytes = l->reclaimed_bytes,
		.duration_ns = l->duration_ns,
		.has_floor = s->has_floor && l->writer_self,
		.floor_bytes = s->floor_bytes,
	};

	if (l->file != LIMIT_MAX || l->result < 0 || !l->cgroup || strcmp(l->cgroup, s->cgroup)) {
		if (in)
			count_others(s, in, began_ns);
		return NULL;
	}
	/* A runtime sets each limit twice, through systemd and by itself: what comes of it is the first write's. */
	if (!in && !l->writer_self && l->old_max_bytes == l->new_max_bytes)
		return NULL;
	if (in) {
		step.killed_inside = in->killed;
		step.killed_after = in->killed_beside;
		step.has_first_kill = true;
		step.first_kill_ns = in->first_kill_ns;
		step.has_needed = in->needed > 0;
		step.needed = in->needed;
		in->limit_id = 0;
	}
	if (l->writer_self)
		s->has_floor = false;
	closed = limit_steps__close(s, true) != NULL;
	if (grow(s)) {
		s->steps[s->count++] = step;
		s->open = true;
		s->began_ns = began_ns;
	}
	return closed && s->open ? &s->steps[s->count - 2] : NULL;
}

struct record_steps limit_steps__table(const struct limit_steps *s)
{
	return (struct record_steps){
		.steps = s->steps,
		.count = s->count,
		.has_first_kill = s->has_first_kill,
		.first_kill_max_bytes = s->first_kill_max_bytes,
		.died = s->died && s->count,
		.died_max_bytes = s->count ? s->steps[s->count - 1].new_max_bytes : 0,
		.old_max_bytes = s->count ? s->steps[0].old_max_bytes : 0,
	};
}
