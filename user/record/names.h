/* SPDX-License-Identifier: GPL-2.0-only */
/* The words of docs/schema.md for kinds and enumerators. Static text; NULL: there is none. */
#ifndef OOMTRACE_RECORD_NAMES_H
#define OOMTRACE_RECORD_NAMES_H

#include "record/record.h"

/* A record's `type`. */
const char *record_names__type(enum record_kind kind);

const char *record_names__role(enum record_role role);
const char *record_names__hook_event(enum record_hook_event event);
const char *record_names__hook_result(enum record_hook_result result);
const char *record_names__outcome(enum oom_outcome outcome);
const char *record_names__cause(enum record_cause cause);
const char *record_names__not_known(enum record_not_known reason); /* NULL: unsaid */
const char *record_names__reclaim(enum reclaim_kind kind);

/* The way that a SIGKILL took; NULL: it isn't known. */
const char *record_names__way(enum record_kill_way way);

/* The key of one of an OOM's `memory` figures. */
const char *record_names__memory(enum memory_item item);

/* The limit's file in the cgroup's folder: "memory.max". */
const char *record_names__limit_file(enum limit_file file);

#endif
