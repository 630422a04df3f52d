/* SPDX-License-Identifier: GPL-2.0-only */
/* Counts what was lost between the kernel and the records, and reports it. */
#ifndef OOMTRACE_LOSS_H
#define OOMTRACE_LOSS_H

#include "record/sink.h"
#include "trace/kernel_events.h"
#include "trace/reconcile.h"
#include "trace/tracer.h"

struct loss {
	uint64_t malformed; /* what lay in the ring and was no event: counted by whoever reads it */
	uint64_t malformed_told;
	uint64_t runs; /* of the target that were over before they were seen: counted by whoever follows it */
	uint64_t runs_told;
	uint64_t targets; /* that aren't followed, of several: counted by whoever follows them */
	uint64_t targets_told;
	uint64_t unfollowed_cgroups_told; /* whose usage isn't followed */
	uint64_t told[EVENT_KIND_MAX];
	struct reconcile kills;
	struct kernel_events events; /* of a target */
	uint64_t kills_told;	     /* in records */
	bool of_machine;	     /* what is compared is the count of the machine */
	/* Kills in a cgroup of a target that came back, before the programs followed it. */
	uint64_t unfollowed, unfollowed_told, unfollowed_since_ns;
	uint64_t looked_ns; /* when the two counts were compared last */
	int kernel_fd;	    /* of the kernel's count of kills, once kills.begun */
};

/*
 * To be called when everything is attached: from now on the kernel's count of kills is held against what was seen. With
 * a cgroup's folder that of the cgroup, else (-1) of the machine. Where it has no such count nothing is compared.
 */
void loss__begin(struct loss *loss, const struct tracer *tracer, int cgroup_fd);

/*
 * The same for the cgroup of a target that has come back, before the programs follow it: a kill that its count has, and
 * that no program sees, is lost.
 */
void loss__begin_again(struct loss *loss, const struct tracer *tracer, int cgroup_fd);

/* Counts the kills of a record that was made of what the programs saw. */
void loss__note_oom(struct loss *loss, const struct record_oom *oom);

void loss__end(struct loss *loss);

/*
 * Hands the sink a record for each kind of which more has been lost since the last time. lost_stacks:
 * samples that got here but could not be kept, since the start. last: no more will be asked for; waits up to 0.5 s for
 * kills that are going on. Returns 0 or the first error of the sink.
 */
int loss__tell(struct loss *loss, const struct tracer *tracer, uint64_t lost_stacks, bool last,
	       struct sink *sink);

/*
 * How many events are known to be lost, of all kinds, whether that has been told or not. Reads memory alone, as far as
 * that goes, and waits for nobody: for a thread that has no rights, and that looks on while another one hangs.
 */
uint64_t loss__known(const struct loss *loss, const struct tracer *tracer, uint64_t lost_stacks);

/* How many losses have been reported, of all kinds. */
uint64_t loss__total(const struct loss *loss);

#endif
