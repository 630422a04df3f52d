/* SPDX-License-Identifier: GPL-2.0-only */
/* Collects the figures of the live status line from records, and shows the line. */
#ifndef OOMTRACE_STATUS_FEED_H
#define OOMTRACE_STATUS_FEED_H

#include "host/cgroup.h"
#include "model/model.h"
#include "target/target.h"
#include "terminal/console.h"

#define STATUS_FEED__INTERVAL_NS 250000000LL

struct status_feed;

/* The arguments are not owned and must outlive it. Returns NULL without memory. */
struct status_feed *status_feed__new(struct console *console, const struct cgroup__hierarchy *h,
				     const struct target *target, uint64_t now_ns);
void status_feed__free(struct status_feed *feed);

/* Records count. They take NULL. */
void status_feed__on_record(struct status_feed *feed, const struct record *record);

/* Draws the line anew: every STATUS_FEED__INTERVAL_NS. */
void status_feed__draw(struct status_feed *feed, struct model *model, uint64_t now_ns);

/* What the target is called: of a cgroup the end of its path, because the beginning says less. */
const char *status_feed__name(const struct target *target);

#endif
