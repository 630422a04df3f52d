/* SPDX-License-Identifier: GPL-2.0-only */
/* What is worth telling of the cgroups that share a limit. For text, page and steps. */
#ifndef OOMTRACE_CHILDREN_WORDS_H
#define OOMTRACE_CHILDREN_WORDS_H

#include "record/record.h"

#define CHILDREN_WORDS_SHOWN 3 /* by usage; and what the victim was in */

/* By how much it grew; 0: not by enough to be worth telling, or unknown. */
uint64_t children_words__growth(const struct record_child *child);

/* In what time: until it was read, if that was after the kill. */
uint64_t children_words__growth_ns(const struct record_children *children, const struct record_child *child);

/* The largest that the victim wasn't in; NULL: there is none that has a fifth of the usage at the limit. */
const struct record_child *children_words__neighbour(const struct record_oom *oom);

/* The next one that is to be shown, from *at on, which is moved behind it; NULL: that was all. */
const struct record_child *children_words__next(const struct record_children *children, size_t *at);

/* How many aren't shown. */
uint64_t children_words__rest(const struct record_children *children);

/* What is of none of them; 0: not enough to be worth telling, or unknown. */
uint64_t children_words__none(const struct record_oom *oom);

/* The last part of its path: all have the same cgroup above them. */
const char *children_words__name(const struct record_child *child);

#endif
