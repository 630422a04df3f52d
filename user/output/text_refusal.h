/* SPDX-License-Identifier: GPL-2.0-only */
/* Limits of another kind than memory that a target reached, in words: for the text and the verdict. */
#ifndef OOMTRACE_TEXT_REFUSAL_H
#define OOMTRACE_TEXT_REFUSAL_H

#include <stdio.h>

#include "record/record.h"

/* "its limit of 20 processes and threads (pids.max) was reached 12 times". */
void text_refusal__put(FILE *out, const struct record_refusal *refusal);

/* Whether that limit is one of huge pages: who gets none when it touches them gets SIGBUS. */
bool text_refusal__is_of_huge_pages(const struct record_refusal *refusal);

/*
 * "; its address space was 498.0 MiB, and RLIMIT_AS allows 500.0 MiB: a request for more may have failed", where a process
 * ended by itself, with an error, close to such a limit. What it had asked for isn't known. Else nothing.
 */
void text_refusal__put_rlimits(FILE *out, const struct record_exit *exit);

#endif
