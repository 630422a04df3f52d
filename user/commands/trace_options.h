/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_TRACE_OPTIONS_H
#define OOMTRACE_TRACE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "commands/option_table.h"
#include "limit/changes.h"
#include "target/request.h"
#include "terminal/colour.h"

#define TRACE_OPTIONS_RING_BYTES_MIN (4U << 10)
#define TRACE_OPTIONS_RING_BYTES_MAX (256U << 20)
#define TRACE_OPTIONS_RING_BYTES_DEFAULT (1U << 20)
#define TRACE_OPTIONS_RECORD_BYTES_MIN (64U << 10)
#define TRACE_OPTIONS_HOLD_NS_DEFAULT 10000000000ULL

enum trace_options_output {
	TRACE_OPTIONS_OUTPUT_TEXT = 0,
	TRACE_OPTIONS_OUTPUT_JSON,
};

struct trace_options {
	struct target_request target; /* its name points into argv */
	enum trace_options_output output;
	const char *record;		    /* file for JSON Lines beside the output, or NULL */
	const char *store;		    /* folder for incidents, or NULL */
	struct service_config *config;	    /* whose values these are, too; NULL: none */
	uint64_t store_bytes, store_age_ns; /* bounds of all that is in it; 0: none */
	uint64_t record_bytes;		    /* size at which another is begun; 0: never */
	uint32_t keep_files;  /* of names by `record`, which has a date in it; 0: it is a name */
	uint64_t duration_ns; /* 0: no limit */
	uint32_t ring_bytes;  /* power of two, whole pages, MIN..MAX above */
	const char *on_oom;   /* commands of hooks, or NULL */
	const char *on_near_limit;
	uint32_t near_percent; /* the mark of that, of the limit; 0: none */
	bool snapshot;	       /* of the memory, at the mark */
	bool freeze;	       /* the target, while that runs */
	uint64_t hook_time_ns; /* after which one is killed */
	bool until_exit;       /* asked for; never with TARGET_MACHINE */
	bool wait;	       /* for a target that isn't there yet: a container or a cgroup */
	bool dry_run;
	bool verbose, brief;
	enum colour_when colour;
	bool local_time; /* of this machine, in text */
	bool force_kprobes;
	bool stacks;		 /* sample stacks where memory is charged */
	const char *folded_path; /* with stacks: write them here too, folded; NULL: no */
	bool no_usage;
	bool kernel_log;	      /* follow the kernel's log, too */
	struct limit_changes changes; /* none with TARGET_MACHINE */
	bool find_min;		      /* never with changes */
	uint64_t hold_ns;	      /* with find_min: how long a limit must be lived with */
	bool keep;		      /* leave the last limit; only with changes */
	bool restore;		      /* put the old limit back even where that kills */
	bool interactive;	      /* keys on the terminal change the limit; only with a target */
};

/*
 * Parses the command line. Help and version go to help_out, at most one error (what is wrong, what
 * is accepted, where help is) to err, with the user's strings escaped; the caller checks help_out
 * for write errors. *out is written only with OPTION_TABLE_RUN. argv is permuted (getopt) and must
 * outlive *out. May be called again; not thread-safe, as getopt isn't.
 */
enum option_table_result trace_options__parse(int argc, char **argv, struct trace_options *out,
					      FILE *help_out, FILE *err);

#endif
