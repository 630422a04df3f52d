/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a session comes to, one sentence for each container or cgroup that something happened to:
 * killed by which limit and who had lowered it, or ended without the OOM killer. A sink that prints
 * nothing: at the end of each session its sentences are handed to `tell`.
 */
#ifndef OOMTRACE_VERDICT_H
#define OOMTRACE_VERDICT_H

#include "record/sink.h"

struct verdict_sentence {
	/* "oom-killed": its init was; "lost-processes": it lost others to the OOM killer; "sigkill":
	   137, and not by the OOM killer; "ended"; "no-victim": nothing could be killed;
	   "stalled": stuck at its limit, and nothing was killed; "none" */
	const char *kind;
	const char *text;   /* safe for a terminal */
	const char *cgroup; /* NULL: none, or unknown */
	uint64_t ooms, kills;
	uint64_t oom_id;    /* the OOM that decided it; 0: none */
	size_t head_len;    /* of text: what happened, before ": " and why */
	const char *marked; /* the same text with the marks of wrap.h */
};

typedef int (*verdict_fn)(void *ctx, const struct verdict_sentence *sentence);

/* Writes a sentence that may be wrapped, without an end of line. */
void verdict__put(FILE *out, const struct verdict_sentence *sentence);

struct sink *verdict__new(verdict_fn tell, void *ctx);

#endif
