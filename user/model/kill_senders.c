// SPDX-License-Identifier: GPL-2.0-only
#include "model/kill_senders.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/copy.h"
#include "base/lru.h"
#include "model/cgroup_chain.h"
#include "record/memory_killers.h"
#include "record/time.h"

#define STOPS_MAX 256
/* What asked a process to end longer before its SIGKILL has nothing to do with it: Kubernetes' grace may be minutes. */
#define STOP_AGE_NS (3600 * NS_PER_S)

/* The latest signal that asked a process to end. */
struct stop {
	uint64_t start_ns, ts_ns;
	uint32_t pid; /* of the process; 0: free */
	uint32_t sender_pid;
	int signal;
	bool ignored;
	char sender_comm[EVENT_COMM_LEN];
};

struct kill_senders {
	const struct model_env *env;
	struct cgroup_chain_pending pending;
	/* The kernel side sends a cgroup's chain once, and again when it has forgotten that it did. */
	struct lru known;
	char *paths[LRU_SLOTS];
	struct stop stops[STOPS_MAX]; /* a ring */
	size_t next_stop;
};

struct kill_senders *kill_senders__new(const struct model_env *env)
{
	struct kill_senders *senders = calloc(1, sizeof(*senders));

	if (senders)
		senders->env = env;
	return senders;
}

void kill_senders__free(struct kill_senders *senders)
{
	if (!senders)
		return;
	cgroup_chain__free_pending(&senders->pending);
	for (size_t i = 0; i < LRU_SLOTS; i++)
		free(senders->paths[i]);
	free(senders);
}

/* Once a chain is whole: another thread's signal, which comes without it, may be the next event. */
static int learn_path(struct kill_senders *senders, struct cgroup_chain_set *cgroups, uint64_t id)
{
	const char *path = cgroup_chain__path(cgroups, id);
	char *copy = path ? strdup(path) : NULL;
	bool fresh;
	size_t slot;

	if (!copy)
		return path ? -ENOMEM : 0;
	slot = lru__take(&senders->known, id, &fresh);
	free(senders->paths[slot]);
	senders->paths[slot] = copy;
	return 0;
}

/* The path of a cgroup, by the chain that came with this signal or with an earlier one. NULL: unknown. */
static const char *path_of(struct kill_senders *senders, uint64_t id)
{
	bool fresh;

	return lru__find(&senders->known, id) < 0 ? NULL
						  : senders->paths[lru__take(&senders->known, id, &fresh)];
}

static const struct stop *find_stop(const struct kill_senders *senders, uint32_t pid, uint64_t start_ns)
{
	for (size_t i = 0; i < STOPS_MAX; i++) {
		if (senders->stops[i].pid == pid && senders->stops[i].start_ns == start_ns)
			return &senders->stops[i];
	}
	return NULL;
}

static void note_stop(struct kill_senders *senders, const struct event_signal *e)
{
	const struct stop *known = find_stop(senders, e->pid, e->start_ns);
	struct stop *stop = known ? &senders->stops[known - senders->stops]
				  : &senders->stops[senders->next_stop++ % STOPS_MAX];

	*stop = (struct stop){
		.start_ns = e->start_ns,
		.ts_ns = e->h.ts_ns,
		.pid = e->pid,
		.sender_pid = e->sender_pid,
		.signal = (int)e->signal,
		.ignored = e->h.flags & SIGNAL_IGNORED,
	};
	copy__text(stop->sender_comm, sizeof(stop->sender_comm), e->sender_comm);
}

/* Of this process, before ts_ns. */
static struct record_stop stop_before(const struct kill_senders *senders, uint32_t pid, uint64_t start_ns,
				      uint64_t ts_ns)
{
	const struct stop *stop = find_stop(senders, pid, start_ns);
	struct record_stop record = {};

	if (!stop || stop->ts_ns > ts_ns || ts_ns - stop->ts_ns > STOP_AGE_NS)
		return record;
	record.signal = stop->signal;
	record.before_ns = ts_ns - stop->ts_ns;
	record.ignored = stop->ignored;
	record.pid = stop->sender_pid;
	record.comm = stop->sender_comm;
	return record;
}

static struct record_killer killer_of(struct kill_senders *senders, const struct event_signal *e,
				      const char *sender_cgroup)
{
	const struct model_env *env = senders->env;
	struct record_killer killer = {
		.way = env->kill_way ? env->kill_way(env->ctx, e->frames, e->frame_count) : KILL_WAY_UNKNOWN,
		.by_kernel = e->h.flags & SIGNAL_BY_KERNEL,
		.sender = {
			.pid = e->sender_pid,
			.tid = e->sender_tid,
			.uid = e->sender_uid,
			.ppid = e->sender_ppid,
			.comm = e->sender_comm,
			.parent_comm = e->sender_ppid ? e->parent_comm : NULL,
			.cmdline = e->cmdline_len ? e->cmdline : NULL,
			.cmdline_len = e->cmdline_len,
			.cmdline_cut = e->h.flags & SIGNAL_CMDLINE_CUT,
			.cgroup = sender_cgroup,
		},
		.stop = stop_before(senders, e->pid, e->start_ns, e->h.ts_ns),
	};

	return killer;
}

static void tell(struct kill_senders *senders, const struct event_signal *e, int64_t wall_offset_ns)
{
	const char *sender_cgroup = path_of(senders, e->sender_cgroup_id);
	char name[EVENT_NAME_LEN];
	struct record record = {
		.kind = RECORD_SIGKILL,
		.time = record_time__at(e->h.ts_ns, wall_offset_ns),
		.sigkill = {
			.pid = e->pid,
			.tid = e->tid,
			.comm = e->comm,
			.init = e->h.flags & SIGNAL_TO_INIT || e->pid == senders->env->init_pid,
			.cgroup = path_of(senders, e->cgroup_id),
			.killer = killer_of(senders, e, sender_cgroup),
		},
	};
	struct record_sigkill *r = &record.sigkill;

	/* The second name takes the place of the first. */
	r->killer.sender.container = model_env__container(senders->env, sender_cgroup);
	if (r->killer.sender.container.name) {
		copy__text(name, sizeof(name), r->killer.sender.container.name);
		r->killer.sender.container.name = name;
	}
	r->container = model_env__container(senders->env, r->cgroup);
	model_env__tell(senders->env, &record);
}

/* A program that acts for want of memory may ask first: the process ends by that, and no SIGKILL follows. */
static void tell_user_kill(struct kill_senders *senders, const struct event_signal *e, int64_t wall_offset_ns)
{
	const char *name = sigabbrev_np((int)e->signal);
	char signal[16];
	struct record record = {
		.kind = RECORD_USER_KILL,
		.time = record_time__at(e->h.ts_ns, wall_offset_ns),
		.user_kill = {
			.killer = e->sender_comm,
			.comm = e->comm,
			.cgroup = path_of(senders, e->cgroup_id),
			.signal = signal,
			.pid = e->pid,
		},
	};

	if (!memory_killers__has(e->sender_comm) || e->h.flags & SIGNAL_IGNORED || !name ||
	    memory_killers__is_inside(path_of(senders, e->sender_cgroup_id), record.user_kill.cgroup))
		return;
	snprintf(signal, sizeof(signal), "SIG%s", name);
	model_env__tell(senders->env, &record);
}

struct record_stop kill_senders__stop(const struct kill_senders *senders, const struct event_exit *e)
{
	return stop_before(senders, e->pid, e->start_ns, e->h.ts_ns);
}

int kill_senders__event(struct kill_senders *senders, const union event *event, int64_t wall_offset_ns)
{
	struct cgroup_chain_set *cgroups = cgroup_chain__pending(&senders->pending, event->h.group);
	int err = 0;

	if (event->h.kind == EVENT_CGROUP) {
		err = cgroup_chain__add(cgroups, &event->cgroup);
		if (!err && !event->cgroup.parent_id)
			err = learn_path(senders, cgroups, event->cgroup.leaf_id);
		return err;
	}
	cgroup_chain__done(&senders->pending, event->h.group);
	if (event->signal.signal == SIGKILL) {
		tell(senders, &event->signal, wall_offset_ns);
	} else {
		note_stop(senders, &event->signal);
		tell_user_kill(senders, &event->signal, wall_offset_ns);
	}
	return 0;
}
