/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes of limits that are remembered, since an OOM may come later that they are the cause of. */
#ifndef OOMTRACE_STORE_WRITES_H
#define OOMTRACE_STORE_WRITES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_WRITES__MAX 1024

struct store_writes {
	struct store_write {
		uint64_t id;
		char *text;
		size_t size;
		const char *cgroup; /* behind the text */
		uint16_t whose_len; /* of its beginning, that all of its owner's have (containers/owner.h) */
		bool of_user;
	} writes[STORE_WRITES__MAX];
	uint64_t numbers[STORE_WRITES__MAX]; /* counted from 1; 0: there is none */
	uint64_t hashes[STORE_WRITES__MAX];  /* of their cgroups: all are looked at for each write */
	uint64_t count;
};

void store_writes__free(struct store_writes *writes);

/* Keeps the line of a write; cgroup may be NULL. Returns 0 or -ENOMEM. */
int store_writes__keep(struct store_writes *writes, uint64_t id, const char *cgroup, const char *text,
		       size_t size);

/*
 * Hands over those that may be the cause, as they came: the one with this id, and those of this cgroup ("": of none). Returns
 * 0, or what put() has.
 */
int store_writes__each(const struct store_writes *writes, uint64_t id, const char *cgroup,
		       int (*put)(void *ctx, const char *text, size_t size), void *ctx);

#endif
