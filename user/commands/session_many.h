/* SPDX-License-Identifier: GPL-2.0-only */
/* A session with several targets: follows those that are chosen, as they come and go. */
#ifndef OOMTRACE_SESSION_MANY_H
#define OOMTRACE_SESSION_MANY_H

#include "record/record.h"

struct event_made;
struct session;
struct session_many;

/*
 * For opts->target, which is TARGET_MANY. Without opts->wait those that are no patterns must be there. Names the target in
 * the session's record. Says on stderr what is wrong. Returns the exit code.
 */
int session_many__new(struct session *s);

/* To be called when everything is attached and the session has been told: follows those that are there, and tells them. */
void session_many__begin(struct session *s);

/* A cgroup has been made, or removed. */
void session_many__event(struct session *s, const struct event_made *e);

/* Whether a record of an OOM is of one of the targets. The programs tell of a new cgroup before it is chosen or not. */
bool session_many__wants_oom(void *session, const struct record *record);

/* Whether any other record isn't to be told: it is of none of the targets, or is told later, with the end of one. */
bool session_many__keeps(struct session *s, const struct record *record);

/* The path of a cgroup that is a target, into `size` bytes. Returns whether it is one. */
bool session_many__path(const struct session *s, uint64_t cgroup_id, char *path, size_t size);

/* To be called some times a second. */
void session_many__check(struct session *s);

/* Tells of the ends that nothing more will be known of. */
void session_many__finish(struct session *s);

/* Takes NULL. */
void session_many__free(struct session_many *m);

#endif
