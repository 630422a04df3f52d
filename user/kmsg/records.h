/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes records of a kernel log's incidents, of the same kinds as a live trace makes. */
#ifndef OOMTRACE_KMSG_RECORDS_H
#define OOMTRACE_KMSG_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "kmsg/streams.h"
#include "record/sink.h"

struct kmsg_records {
	struct sink *sink;
	uint64_t ooms, user_kills;
	uint64_t session_ooms, session_kills;
	bool has_session;
	struct record_time last; /* of the last record */
	char host[KMSG_HOST_SIZE], release[KMSG_RELEASE_SIZE];
	/* The last kill of systemd-oomd's: not handed on yet, and without the line that systemd logs of it. */
	struct kmsg_killer oomd;
	bool oomd_held, oomd_awaits_unit;
};

/*
 * Hand an incident or another program's kill to ctx->sink; ctx is a struct kmsg_records: for kmsg_handlers. Of a kill
 * by systemd-oomd there are two lines, its own with the reason and systemd's with the number of processes. They make
 * one record.
 */
int kmsg_records__incident(void *ctx, const struct kmsg_incident *incident);
int kmsg_records__killer(void *ctx, const struct kmsg_killer *killer);

/* The log has ended: a session without anything in it is told of, too. */
int kmsg_records__finish(struct kmsg_records *records);

#endif
