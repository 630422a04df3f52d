/* SPDX-License-Identifier: GPL-2.0-only */
/* What a cause is called: all words and sentences for people, whatever they are printed as. */
#ifndef OOMTRACE_CAUSE_WORDS_H
#define OOMTRACE_CAUSE_WORDS_H

#include <stdio.h>

#include "record/record.h"

/* One word, for a table: "grew". Static text, as the next. */
const char *cause_words__word(enum record_cause cause);

/* A few words, for a line: "grew into its own limit". */
const char *cause_words__short(enum record_cause cause);

/* What a sentence tells of a cause. */
struct cause_facts {
	enum record_cause cause;
	enum record_not_known not_known;
	bool from_log;		   /* which names the writer alone */
	bool in_cpuset, in_policy; /* the memory nodes of one were out of memory, and not the machine */
	bool fragmented;	   /* memory was free, but not in a piece as large as was asked for */
	uint64_t write_id;	   /* of the write that did it; 0: it wasn't seen, or there was none */
	uint64_t since_ns;	   /* how long before the OOM that was; 0: inside of it, or unknown */
	const char *writer;
	uint32_t writer_pid; /* 0: unknown */
	bool has_write;	     /* these are known, too */
	bool several_writes; /* write_id is one of them, and the others set the same */
	uint64_t old_max_bytes, new_max_bytes;
};

/* Those that an OOM's own record has. Its strings stay the record's. */
struct cause_facts cause_words__facts(const struct record_oom *oom);

enum cause_form {
	CAUSE_ALONE,	/* a sentence of its own; nothing where no limit was involved */
	CAUSE_OF_LIMIT, /* goes on after "at the limit of 64.0 MiB of web" */
	CAUSE_VERDICT,	/* goes on after "its own limit of 64.0 MiB"; names the write's figures */
};

/* How the parts of a sentence are printed. */
struct cause_words_ops {
	void (*process)(FILE *out, const char *comm, uint32_t pid); /* pid 0: unknown */
	void (*write)(FILE *out, uint64_t id, const void *ctx);
	void (*size)(FILE *out, uint64_t bytes);
	void (*duration)(FILE *out, uint64_t duration_ns);
};

/* Writes the sentence; nothing for a cause that isn't known. `ctx` is handed to ops->write. */
void cause_words__put(FILE *out, enum cause_form form, const struct cause_facts *facts,
		      const struct cause_words_ops *ops, const void *ctx);

#endif
