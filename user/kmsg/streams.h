/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A log may have lines of several hosts, boots and consoles. Each of these is a stream. Streams hand back
 * incidents in the order of their first lines, and each incident once, even when two consoles print it or
 * it is replayed.
 */
#ifndef OOMTRACE_KMSG_STREAMS_H
#define OOMTRACE_KMSG_STREAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "kmsg/incident.h"
#include "kmsg/line.h"
#include "kmsg/tasks.h"

enum stream_section { SECTION_NONE, SECTION_TRACE, SECTION_STATS, SECTION_MACHINE, SECTION_TABLE };

/* A kill by a program of user space, or by Android's driver, as it logs it. */
struct kmsg_killer {
	const char *killer; /* "systemd-oomd", "earlyoom", "lowmemorykiller", ... */
	uint64_t line;
	char file[KMSG_HOST_SIZE], stamp[KMSG_STAMP_SIZE], host[KMSG_HOST_SIZE];
	bool has_uptime, has_wall;
	uint64_t uptime_ns;
	int64_t wall_ns;
	bool has_pid, has_uid, has_rss, has_adj, has_count;
	uint32_t pid, uid;
	int oom_score_adj;
	uint64_t rss_bytes, count; /* processes */
	char signal[16];	   /* "SIGTERM", "SIGKILL" */
	char comm[KMSG_COMM_SIZE], cgroup[KMSG_PATH_SIZE];
	char reason[512];
};

/* Who takes what is found. Each returns 0 or a negative errno, which ends the reading. */
struct kmsg_handlers {
	int (*incident)(void *ctx, const struct kmsg_incident *incident);
	int (*killer)(void *ctx, const struct kmsg_killer *killer);
	void *ctx;
};

struct kmsg_stream {
	bool used;
	uint64_t last_used;
	char host[KMSG_HOST_SIZE], boot[40];
	bool wrapped; /* its lines come by syslog or the journal */
	struct kmsg_incident *open;
	struct kmsg_incident *last; /* the one that was closed last, as long as it isn't given back */
	enum stream_section section;
	struct tasks_columns columns;
	bool foreign;	    /* the lines that come are another report's, which has begun meanwhile */
	bool tentative;	    /* `open` may be another report's: it was begun by no line of the OOM killer's */
	unsigned int quiet; /* lines since the last one of `open` */
	uint64_t suppressed;
	char release[KMSG_RELEASE_SIZE];
	uint32_t page_size;
	bool has_uptime;
	uint64_t uptime_ns;
	uint64_t seen[512]; /* hashes of the last lines that have an uptime */
	unsigned int seen_next;
};

struct kmsg_streams;

/* NULL without memory. */
struct kmsg_streams *streams__new(const struct kmsg_handlers *handlers);
void streams__free(struct kmsg_streams *streams);

/* Takes a line. Its text may have several lines. Returns 0 or what a handler returned. */
int streams__take(struct kmsg_streams *streams, const struct kmsg_line *line, uint64_t number);

/* A file begins: what its first lines tell of may have begun in another one, which is cut. */
void streams__begin_file(struct kmsg_streams *streams, const char *name);

/*
 * While lines go on to come: gives back what is complete and began age_ns before the newest line or earlier, with
 * 0 all that is complete. What would have been added to it later goes by itself.
 */
int streams__settle(struct kmsg_streams *streams, uint64_t age_ns);

/* No line will come any more: gives back all there is. */
int streams__finish(struct kmsg_streams *streams);

/* Whether a line of the kernel's had a stamp, in any file. */
bool streams__has_stamps(const struct kmsg_streams *streams);

/* Whether a report is being read, so that each line counts. */
bool streams__is_busy(const struct kmsg_streams *streams);

/* ---- for the reader of a report ---- */

/* An incident that begins with this line. NULL without memory. */
struct kmsg_incident *streams__new_incident(struct kmsg_streams *streams, const struct kmsg_stream *stream,
					    const struct kmsg_line *line, uint64_t number);

/* Makes it the open one of its stream, and closes that which was. */
void streams__open(struct kmsg_streams *streams, struct kmsg_stream *stream, struct kmsg_incident *incident);

/* Forgets the open one: it is none, or a copy. */
void streams__discard(struct kmsg_stream *stream);

/* The open one is complete but for what may follow later, such as the reaper's line. */
void streams__close(struct kmsg_streams *streams, struct kmsg_stream *stream);

/* The youngest incident of this stream's host that has this victim; NULL: none. */
struct kmsg_incident *streams__find_victim(struct kmsg_streams *streams, const struct kmsg_stream *stream,
					   uint32_t pid, struct kmsg_victim **victim);

int streams__tell_killer(struct kmsg_streams *streams, const struct kmsg_killer *killer);

#endif
