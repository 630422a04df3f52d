// SPDX-License-Identifier: GPL-2.0-only
#include "service/store_writes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "containers/owner.h"

#define OF_ONE_MAX 16

void store_writes__free(struct store_writes *w)
{
	for (size_t n = 0; n < STORE_WRITES__MAX; n++)
		free(w->writes[n].text);
}

static uint64_t hash_of(const char *text)
{
	uint64_t hash = 14695981039346656037ULL; /* FNV-1a */

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211ULL;
	return hash;
}

static bool is_of(const struct store_write *write, const struct owner *owner, size_t len)
{
	return write->whose_len == len && !memcmp(write->cgroup, owner->whose, len);
}

/*
 * The oldest write; that of this cgroup, or of its owner, if it has many: nobody pushes out another's writes by many of his
 * own.
 */
static size_t find_room(const struct store_writes *w, const char *cgroup, uint64_t hash,
			struct owner_turn *turn)
{
	size_t own = STORE_WRITES__MAX, count = 0, len = strlen(turn->owner.whose);

	for (size_t n = 0; n < STORE_WRITES__MAX; n++) {
		const struct store_write *write = &w->writes[n];

		owner__look(turn, n, w->numbers[n], w->numbers[n] && is_of(write, &turn->owner, len),
			    write->of_user);
		if (!w->numbers[n] || w->hashes[n] != hash || strcmp(write->cgroup, cgroup))
			continue;
		count++;
		if (own == STORE_WRITES__MAX || w->numbers[n] < w->numbers[own])
			own = n;
	}
	return count < OF_ONE_MAX ? owner__place(turn, STORE_WRITES__MAX) : own;
}

int store_writes__keep(struct store_writes *w, uint64_t id, const char *cgroup, const char *text, size_t size)
{
	size_t len = cgroup ? strlen(cgroup) : 0, n;
	char *copy = malloc(size + len + 1);
	struct owner_turn turn;
	uint64_t hash;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, size);
	memcpy(copy + size, cgroup ? cgroup : "", len + 1);
	hash = hash_of(copy + size);
	owner__turn(&turn, copy + size);
	n = find_room(w, copy + size, hash, &turn);
	free(w->writes[n].text);
	w->writes[n] = (struct store_write){ .id = id,
					     .text = copy,
					     .size = size,
					     .cgroup = copy + size,
					     .whose_len = (uint16_t)strlen(turn.owner.whose),
					     .of_user = turn.owner.of_user };
	w->numbers[n] = ++w->count;
	w->hashes[n] = hash;
	return 0;
}

struct found {
	uint64_t number;
	const struct store_write *write;
};

static int by_number(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

int store_writes__each(const struct store_writes *w, uint64_t id, const char *cgroup,
		       int (*put)(void *ctx, const char *text, size_t size), void *ctx)
{
	struct found found[STORE_WRITES__MAX];
	size_t count = 0;
	int err = 0;

	for (size_t n = 0; n < STORE_WRITES__MAX; n++) {
		const struct store_write *write = &w->writes[n];

		if (w->numbers[n] && (write->id == id || (*cgroup && !strcmp(write->cgroup, cgroup))))
			found[count++] = (struct found){ w->numbers[n], write };
	}
	if (count)
		qsort(found, count, sizeof(*found), by_number);
	for (size_t n = 0; n < count && !err; n++)
		err = put(ctx, found[n].write->text, found[n].write->size);
	return err;
}
