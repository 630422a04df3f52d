/* SPDX-License-Identifier: GPL-2.0-only */
/* The sentence of the verdict (verdict.c) on one container or cgroup, with the marks of wrap.h. */
#ifndef OOMTRACE_VERDICT_SENTENCE_H
#define OOMTRACE_VERDICT_SENTENCE_H

#include <stdio.h>

#include "output/verdict_subject.h"

/* "docker web (7f09703fb085)", or the path. */
void verdict_sentence__put_subject(FILE *out, const struct subject *s);

/* What follows the subject; lost: events that the trace has lost. Returns the kind (verdict.h). */
const char *verdict_sentence__put(FILE *out, const struct subject *s, uint64_t lost);

#endif
