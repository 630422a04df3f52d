// SPDX-License-Identifier: GPL-2.0-only
#include "containers/unit.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"

#define UNIT_NAME_SIZE 256 /* UNIT_NAME_MAX of systemd, with the NUL */

/* The next part of a path, which ends with an empty one. */
static struct span next_part(const char **at)
{
	struct span part;

	*at += strspn(*at, "/");
	part = (struct span){ *at, strcspn(*at, "/") };
	*at += part.len;
	return part;
}

static bool ends_in(struct span part, const char *ending)
{
	return span__strip_suffix(&part, ending) && part.len;
}

/* Without the "_" that systemd puts before a name that the kernel has files of, such as "memory." (cg_escape()). */
static struct span name_of(struct span part)
{
	span__strip_prefix(&part, "_");
	return part;
}

/*
 * Passes over slices, and finds the unit below them; without one, the last of the slices. Leaves *at behind it. False:
 * there is neither.
 */
static bool find(const char **at, struct span *name)
{
	struct span part, slice = { 0 };
	const char *behind = *at;

	while (part = next_part(at), part.len && ends_in(part, ".slice")) {
		slice = part;
		behind = *at;
	}
	if (!part.len && slice.len) {
		*at = behind;
		*name = name_of(slice);
		return true;
	}
	*name = name_of(part);
	return ends_in(part, ".service") || ends_in(part, ".scope");
}

/* "user@1000.service" */
static bool is_manager(struct span name, uint32_t *user)
{
	uint64_t uid;

	if (!span__strip_prefix(&name, "user@") || !span__strip_suffix(&name, ".service") ||
	    !span__u64(name, &uid) || uid >= UINT32_MAX)
		return false;
	*user = (uint32_t)uid;
	return true;
}

bool unit__of(const char *path, struct unit *out)
{
	struct unit unit = { 0 };
	const char *at = path;

	if (!path || !find(&at, &unit.system))
		return false;
	unit.name = unit.system;
	unit.prefix_len = (size_t)(at - path);
	if (is_manager(unit.system, &unit.user) && find(&at, &unit.name)) {
		unit.of_user = true;
		unit.prefix_len = (size_t)(at - path);
	} else {
		unit.name = unit.system;
		unit.user = 0;
	}
	*out = unit;
	return true;
}

bool unit__label(char *dst, size_t size, const char *path)
{
	char whose[sizeof(" of uid 4294967295")] = "";
	struct unit unit;
	const char *below;
	size_t room, len;

	if (!unit__of(path, &unit))
		return false;
	if (unit.of_user && size > sizeof(whose))
		snprintf(whose, sizeof(whose), " of uid %u", unit.user);
	below = path + unit.prefix_len;
	/* Whose it is isn't cut off by a path that its user has made as long as needed. */
	room = size - strlen(whose);
	len = (size_t)snprintf(dst, room, "%.*s%s%s", (int)unit.name.len, unit.name.start, *below ? ":" : "",
			       below);
	len = len < room ? len : room - 1;
	snprintf(dst + len, size - len, "%s", whose);
	return true;
}

bool unit__matches(const struct unit *unit, const char *who)
{
	static const char *const endings[] = { ".service", ".scope", ".slice" };
	struct span stem = unit->name;
	char name[UNIT_NAME_SIZE];

	if (unit->name.len >= sizeof(name))
		return false;
	memcpy(name, unit->name.start, unit->name.len);
	name[unit->name.len] = '\0';
	if (!fnmatch(who, name, 0))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(endings) && stem.len == unit->name.len; i++)
		span__strip_suffix(&stem, endings[i]);
	name[stem.len] = '\0';
	return !fnmatch(who, name, 0);
}
