/* SPDX-License-Identifier: GPL-2.0-only */
/* Sums up the text of /proc/PID/smaps by what is mapped. Pure; the names in it are the process's own. */
#ifndef OOMTRACE_SMAPS_H
#define OOMTRACE_SMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SMAPS__NAME_SIZE 124
#define SMAPS__LARGEST 5

enum smaps_kind {
	SMAPS_ANON,    /* without a file; with the name that the program gave it, or without */
	SMAPS_HEAP,    /* that of brk(2) */
	SMAPS_STACK,   /* of the first thread */
	SMAPS_FILE,    /* its name is the path */
	SMAPS_MEMFD,   /* memfd_create(2) */
	SMAPS_SHARED,  /* shared memory: System V, /dev/shm, or without a name */
	SMAPS_SPECIAL, /* the kernel's, such as [vdso] */
	SMAPS_OTHERS,  /* what no room was left for */
	SMAPS_KINDS,
};

/* Bytes. A page that is in several processes counts in each `rss`, and by its share in `pss`. */
struct smaps_sum {
	uint64_t size_bytes, rss_bytes, pss_bytes;
	uint64_t anon_bytes; /* of rss: no file's, and so not to be had again by reading one */
	uint64_t swap_bytes;
	uint64_t mappings;
};

struct smaps_part {
	struct smaps_sum sum;
	uint32_t kind;		     /* enum smaps_kind */
	char name[SMAPS__NAME_SIZE]; /* "": none. The end of one that is longer */
};

/* One mapping without a file; "[heap]" and "[stack]" are these. */
struct smaps_mapping {
	uint64_t start, size_bytes, rss_bytes, swap_bytes;
	char name[SMAPS__NAME_SIZE];
};

struct smaps;

struct smaps *smaps__new(void);
void smaps__free(struct smaps *smaps);

/* Takes some more of the text, which may be cut anywhere. A line that it doesn't know is passed over. */
void smaps__take(struct smaps *smaps, const char *text, size_t size);

/* What there is so far. Of the last mapping all lines may be missing. */
struct smaps_sum smaps__total(const struct smaps *smaps);

/*
 * After all of the text. The parts, the largest by memory and swap first, at most `room`. The rest is summed up. Returns
 * how many.
 */
size_t smaps__parts(struct smaps *smaps, struct smaps_part *out, size_t room, struct smaps_sum *rest);

/* After all of the text. The largest mappings without a file, the largest first. Returns how many. */
size_t smaps__largest(struct smaps *smaps, struct smaps_mapping out[SMAPS__LARGEST]);

#endif
