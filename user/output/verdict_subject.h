/* SPDX-License-Identifier: GPL-2.0-only */
/* What the verdict (verdict.c) keeps of a container or cgroup until its sentence is told. */
#ifndef OOMTRACE_VERDICT_SUBJECT_H
#define OOMTRACE_VERDICT_SUBJECT_H

#include "output/verdict_why.h"

#define VERDICT_SUBJECT_VICTIMS_MAX 64
#define VERDICT_SUBJECT_PATH_BYTES VERDICT_WHY_PATH_BYTES
#define VERDICT_SUBJECT_NAME_LONG_BYTES 256

/* A container, or a cgroup that is none. */
struct subject {
	struct subject *next;
	char path[VERDICT_SUBJECT_PATH_BYTES];
	struct record_container container;
	char name[VERDICT_SUBJECT_NAME_LONG_BYTES];
	uint64_t containers;	  /* of this name, one after the other */
	uint64_t kill_containers; /* of these, those in which something was killed */
	bool has_kill;		  /* the latest is one of them */
	uint64_t ooms, kills, nothing;
	bool init_killed;
	uint64_t decisive_id; /* of the OOM that the sentence is about; 0: none */
	struct verdict_whys whys;
	bool any_ooms;	       /* in the session, whosever they are: another subject may be below this one */
	uint64_t last_kill_ns; /* the kernel's clock */
	uint64_t last_oom;     /* the OOM that was counted last, by the verdict's own number */
	uint32_t victims[VERDICT_SUBJECT_VICTIMS_MAX]; /* pids, the latest, a ring */
	uint64_t victim_count;
	bool gone, has_status, gone_by_oom;
	bool signals_seen; /* SIGKILL would have been told, whoever sent it */
	uint64_t ends,
		oom_ends; /* of a target that comes back: how often it has ended, and been OOM-killed */
	uint32_t status;
	bool has_runtime, runtime_oom_killed;
	char *killer;	/* who sent it SIGKILL, in words with the marks of wrap.h; NULL: nobody was seen to */
	char *stop;	/* what had asked its init to end, in such words; NULL: nothing */
	char *refusals; /* the other limits that it reached, in such words; NULL: none */
	bool no_refusals;	/* none is known to have been reached */
	bool huge_refused;	/* huge pages were refused: that sends SIGBUS, too */
	bool has_kernel_events; /* of the target, with what is below it */
	struct record_kernel_events kernel_events;
	uint64_t repeats;			    /* of runs that found nothing to kill, beside `nothing` */
	uint64_t nothing_cgroup_id;		    /* of the limit of the last of them */
	uint64_t nothing_from_ns, nothing_to_ns;    /* the kernel's clock */
	uint64_t stalls, stall_ns, stall_max_bytes; /* the longest */
	bool stall_at_high;
};

/* The first that is known of it. */
void verdict_subject__begin(struct subject *s, const char *path, const struct record_container *c);

/* Whether a container, or a cgroup that is none, is the subject. */
bool verdict_subject__is(const struct subject *s, const char *path, const struct record_container *c);

/*
 * Whether a container has the subject's name and another id; it is the subject's from then on. A name is one container's at
 * a time: that one was made in its place, as the kubelet does when a container of a pod has ended. Two users may have the
 * same name for theirs.
 */
bool verdict_subject__take_place(struct subject *s, const char *path, const struct record_container *c);

#endif
