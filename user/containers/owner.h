/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who can make cgroups like this one, from the path alone, so that what there is little of is shared among owners: whoever
 * may make cgroups makes as many as they like. Pure.
 */
#ifndef OOMTRACE_OWNER_H
#define OOMTRACE_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct owner {
	char whose
		[256]; /* the beginning of the path that all of the owner's have; cut off where it is longer */
	bool of_user;  /* one of the machine's users, but not root: all of that one's sessions and units */
};

/*
 * A user's slice, else the unit of systemd, else the outermost container where runtimes have them, else the cgroup at the
 * top. "" and "/" are owners of their own.
 */
void owner__of(const char *path, struct owner *out);

/* Of places that are taken, which ones the owner of a path has. */
struct owner_share {
	struct owner owner;
	size_t taken, own, of_users;
};

void owner__share(struct owner_share *share, const char *path);

/* One of the places is that of this path. */
void owner__count(struct owner_share *share, const char *path);

/*
 * Whether the owner may have one more of so many places. One has no more than are left free then, of 8 at most 4, so that
 * there is room for others. All users together have half of the places, and share those alike.
 */
bool owner__may(const struct owner_share *share, size_t places);

/* Whose turn it is to go when all places are taken, and something of this owner comes. */
struct owner_turn {
	struct owner owner;
	size_t own, of_users;
	struct owner_turn_oldest {
		size_t at;
		uint64_t number; /* counted from 1 */
		bool known;
	} all, mine, users;
};

void owner__turn(struct owner_turn *turn, const char *path);

/* One place: its number says how old it is, 0: it is free; whether it is this owner's, or a user's. */
void owner__look(struct owner_turn *turn, size_t at, uint64_t number, bool own, bool of_user);

/*
 * A free place, else the oldest; but one who has half of them, or users who have that together, go on at the cost of their
 * own. To be asked when all places have been looked at.
 */
size_t owner__place(const struct owner_turn *turn, size_t places);

#endif
