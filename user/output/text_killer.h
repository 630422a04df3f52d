/* SPDX-License-Identifier: GPL-2.0-only */
/* Who ended a process, in words: for the text, the verdict and the timeline. */
#ifndef OOMTRACE_TEXT_KILLER_H
#define OOMTRACE_TEXT_KILLER_H

#include "output/text_sink.h"

/*
 * What follows "SIGKILL": "sent by runc (pid 900, child of containerd-shim (pid 700)) in /system.slice/docker.service,
 * 10.0 s after SIGTERM, which it ignored: as docker stop does when its time is over". Behind the colon is what
 * usually does so, which isn't proved. `receiver`: the container that it was sent to, and the cgroup, which may be NULL.
 */
void text_killer__put(FILE *out, const struct record_killer *killer, const struct record_container *receiver,
		      const char *cgroup);

/*
 * ", sent by systemd (pid 1) 12 ms before": what had asked a process to end that ended with this status, as wait(2) has
 * it; nothing if nothing had. after_kills: the OOM killer had killed others in its place.
 */
void text_killer__put_stop(FILE *out, const struct record_stop *stop, uint32_t status, bool after_kills);

/* Whether a SIGKILL is told to those who don't want all: to an init, from another cgroup, or for want of memory. */
bool text_killer__is_news(const struct record_sigkill *sigkill);

/* A record of type "sigkill". */
int text_killer__take(struct sink *base, const struct record *record);

#endif
