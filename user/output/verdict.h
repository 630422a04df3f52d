/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sums a session up in one sentence for each container or cgroup that something happened to. The sentence
 * says which limit killed it and who had lowered the limit, or that it ended without the OOM killer. The
 * sink prints nothing. At the end of each session it hands its sentences to `tell`.
 */
#ifndef OOMTRACE_VERDICT_H
#define OOMTRACE_VERDICT_H

#include "record/sink.h"

struct verdict_sentence {
	/* "oom-killed": its init was; "lost-processes": it lost others to the OOM killer; "sigkill":
	   137, and not by the OOM killer; "ended"; "no-victim": nothing could be killed;
	   "stalled": stuck at its limit, and nothing was killed; "none"; "step": what to do now (steps.h) */
	const char *kind;
	const char *text;   /* safe for a terminal */
	const char *cgroup; /* NULL: none, or unknown */
	uint64_t ooms, kills;
	uint64_t oom_id;    /* the OOM that decided it; 0: none */
	size_t head_len;    /* of text: what happened, before ": " and why */
	const char *marked; /* the same text with the marks of wrap.h */
	const char *rule;   /* of a step: which; else NULL */
};

typedef int (*verdict_fn)(void *ctx, const struct verdict_sentence *sentence);

/* Writes a sentence that may be wrapped, without an end of line. */
void verdict__put(FILE *out, const struct verdict_sentence *sentence);

struct sink *verdict__new(verdict_fn tell, void *ctx);

#endif
