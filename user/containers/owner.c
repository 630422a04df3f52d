// SPDX-License-Identifier: GPL-2.0-only
#include "containers/owner.h"

#include <string.h>

#include "base/array.h"
#include "base/span.h"
#include "containers/container.h"
#include "containers/unit.h"

/* The user's own slice: anything in there is theirs, and nothing outside. 0: it is in none. */
static size_t user_slice(const char *path)
{
	const char *top = "/user.slice/";
	size_t len = strlen(top);

	return container__user(path) ? len + strcspn(path + len, "/") : 0;
}

/* Where runtimes have their containers without systemd. Anywhere else a name may be given by anybody. */
static bool is_runtimes(struct span top)
{
	static const char *const names[] = { "docker",	"actions_job", "libpod_parent", "buildkit",
					     "default", "k8s.io",      "kubepods",	"ecs",
					     "lxc",	"lxc.payload", "machine" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (span__is(top, names[i]))
			return true;
	}
	return false;
}

/* The outermost container, which has named those in it; a pod, as far as it is in none. 0: there is none. */
static size_t container(const char *path, struct span top)
{
	struct container_ref ref;

	if (container__outermost(path, &ref))
		return 0;
	return is_runtimes(top) || ref.prefix_len == 1 + top.len ? ref.prefix_len : 0;
}

void owner__of(const char *path, struct owner *out)
{
	struct span top = { path + 1, path[0] == '/' ? strcspn(path + 1, "/") : 0 };
	size_t len = user_slice(path);
	struct unit unit;

	out->of_user = len;
	if (!len && unit__of(path, &unit))
		len = (size_t)(unit.system.start - path) + unit.system.len;
	if (!len)
		len = container(path, top);
	if (!len)
		len = path[0] == '/' ? 1 + top.len : strlen(path);
	len = len < sizeof(out->whose) ? len : sizeof(out->whose) - 1;
	memcpy(out->whose, path, len);
	out->whose[len] = '\0';
}

void owner__share(struct owner_share *share, const char *path)
{
	*share = (struct owner_share){ .taken = 0 };
	owner__of(path, &share->owner);
}

void owner__count(struct owner_share *share, const char *path)
{
	struct owner other;

	owner__of(path, &other);
	share->taken++;
	share->own += !strcmp(other.whose, share->owner.whose);
	share->of_users += other.of_user;
}

bool owner__may(const struct owner_share *share, size_t places)
{
	size_t left = places > share->taken ? places - share->taken : 0;
	size_t users = places / 2 > share->of_users ? places / 2 - share->of_users : 0;

	if (share->owner.of_user && users < left)
		left = users;
	return share->own < left;
}

void owner__turn(struct owner_turn *turn, const char *path)
{
	*turn = (struct owner_turn){ .own = 0 };
	owner__of(path, &turn->owner);
}

static void note(struct owner_turn_oldest *oldest, size_t at, uint64_t number)
{
	if (!oldest->known || number < oldest->number)
		*oldest = (struct owner_turn_oldest){ at, number, true };
}

void owner__look(struct owner_turn *turn, size_t at, uint64_t number, bool own, bool of_user)
{
	note(&turn->all, at, number);
	if (!number)
		return;
	if (own)
		note(&turn->mine, at, number);
	if (of_user)
		note(&turn->users, at, number);
	turn->own += own;
	turn->of_users += of_user;
}

size_t owner__place(const struct owner_turn *turn, size_t places)
{
	if (turn->all.known && !turn->all.number)
		return turn->all.at;
	if (turn->own >= places / 2)
		return turn->mine.at;
	return turn->owner.of_user && turn->of_users >= places / 2 ? turn->users.at : turn->all.at;
}
