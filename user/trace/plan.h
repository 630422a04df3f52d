/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The probe plan: what is attached for each purpose, and what is tried when the kernel can't attach that.
 *
 * We find which candidate works by loading and attaching it, never from the kernel's version. A function may be
 * in BTF and yet refuse to be attached (arm64 6.1 loads fentry programs and then refuses to attach them), and
 * functions come and go within stable series.
 */
#ifndef OOMTRACE_PLAN_H
#define OOMTRACE_PLAN_H

#include <stdbool.h>

#include "event.h"
#include "record/record.h"

#define PLAN_CANDIDATES 4
#define PLAN_PURPOSES 32
#define PLAN_NOT_ATTACHED (-1)
#define PLAN_SHARED PLAN_CANDIDATES	 /* a kprobe, by the program that stands for several purposes */
#define PLAN_SPLIT (PLAN_CANDIDATES + 1) /* a kprobe, where the compiler has split the function */

/* What a purpose is of use for. */
enum plan_need {
	PLAN_ANY,    /* any trace */
	PLAN_TARGET, /* that of a target */
	PLAN_USAGE,  /* one that follows usage */
	PLAN_EXACT,  /* that of a target whose usage is recorded */
	PLAN_MANY,   /* that of several targets */
	PLAN_STACKS, /* one that samples stacks */
	PLAN_SNAPS,  /* one that takes snapshots */
	PLAN_STEPS,  /* one whose programs are loaded in steps */
	PLAN_NOTES,  /* any trace that attaches a kretprobe for the next purpose: that has no arguments */
	PLAN_NEEDS,
};

/* What is to be traced. */
struct plan_wants {
	bool target;
	bool many;  /* several targets */
	bool usage; /* with one target it is recorded, else it is for the flight recorders alone */
	bool stacks;
	bool snapshot;
	bool kprobes; /* nothing that needs the kernel's types to attach */
	bool shared;  /* PLAN_SHARED first, where there is one */
	bool split;   /* PLAN_SPLIT, where there is one */
};

struct plan_candidate {
	const char *program; /* name of the BPF program; NULL ends the list */
	const char *label;   /* how, and what it is attached to: "fentry out_of_memory" */
};

struct plan_purpose {
	const char *name;
	const char *lost; /* what the trace lacks without it */
	/*
	 * What is lost, an event of this kind, when the kernel leaves the program out: where tasks are preempted
	 * in the kernel it does so while it runs it for another task on the same CPU. 0: nothing that is sure.
	 */
	enum event_kind skip_loses;
	bool required;
	enum plan_need need;
	struct plan_candidate candidates[PLAN_CANDIDATES]; /* in order of preference */
	struct plan_candidate shared;			   /* PLAN_SHARED; not every purpose has it */
	struct plan_candidate split;			   /* PLAN_SPLIT; as above */
	enum hook hook; /* tells the shared program what it is attached for */
	bool late;	/* in a plan in steps: PLAN_LATER */
	/*
	 * In such a plan, too, the first candidate comes before PLAN_SHARED: it is called often, and a kprobe and a
	 * kretprobe cost several times what a BTF-typed program does. The wait for it hurts nobody when it is late.
	 */
	bool often;
};

/*
 * The verifier takes its time. A trace of the whole machine that begins with kprobes has what tells kills first; what
 * tells more of them is loaded when these are traced.
 */
enum plan_step { PLAN_FIRST, PLAN_LATER };

/* One purpose's state: which candidate is in use, and why an earlier one isn't. */
struct plan_choice {
	int candidate; /* index, PLAN_SHARED, PLAN_SPLIT or PLAN_NOT_ATTACHED */
	int error;     /* 0, or the negative errno of the last candidate that failed */
	bool wanted;
	bool told_early; /* plan__probes() has told it before it was attached */
};

struct plan {
	struct plan_choice choices[PLAN_PURPOSES];
	bool in_steps;	  /* else all is PLAN_FIRST */
	bool has_rest;	  /* PLAN_LATER has been attached, as far as it can be */
	bool knows_split; /* and what waits for that */
};

extern const struct plan_purpose plan_purposes[PLAN_PURPOSES];

/*
 * What of oom_badness() the OOM killer calls where the compiler has split it. Both names are in the kernel's types, or
 * neither: whether there is such a function is for the caller to find out.
 */
#define PLAN_SPLIT_FUNCTION "oom_badness.part.0"

/* The plan to try first. */
void plan__init(struct plan *plan, const struct plan_wants *wants);

/*
 * Records that the present candidate of purpose `i` failed with `error`, and moves on to the next.
 * Returns 0, or `error` when a required purpose has none left.
 */
int plan__fail(struct plan *plan, int i, int error);

/* Nothing will be attached for purpose `i`, because of this error. */
void plan__give_up(struct plan *plan, int i, int error);

/* Whether the first of two steps has the shared programs alone, wherever there is one: these tell no more than kills. */
bool plan__is_shared(const struct plan *plan);

enum plan_step plan__step(const struct plan *plan, int i);

/* How the program of PLAN_STEPS is attached: by a place in the map `more`, where the shared programs go on. */
#define PLAN_TAIL_CALL "tail call"

/* Nothing goes on there: the programs that are attached tell all by themselves. */
void plan__leave_more(struct plan *plan);

/* The compiler has split the function: in a plan in steps no BTF-typed program will do. */
void plan__leave_split(struct plan *plan);

/* Whether purpose `i` can be attached only once it is known if the compiler has split the function. */
bool plan__waits_for_split(const struct plan *plan, int i);

/* The candidate in use for purpose `i`, or NULL when nothing is attached for it. */
const struct plan_candidate *plan__chosen(const struct plan *plan, int i);

/* The plan as a session record has it. Fills in the first of `probes`; their text is static. Returns how many. */
size_t plan__probes(struct plan *plan, struct record_probe probes[PLAN_PURPOSES]);

/* Likewise, those that it told before they were attached, and that could not be. */
size_t plan__missing(const struct plan *plan, struct record_probe probes[PLAN_PURPOSES]);

/* Whether something is attached for the purpose of this name. */
bool plan__has(const struct plan *plan, const char *name);

#endif
