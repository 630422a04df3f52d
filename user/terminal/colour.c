// SPDX-License-Identifier: GPL-2.0-only
#include "terminal/colour.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "base/array.h"

int colour__parse(const char *arg, enum colour_when *when)
{
	static const char *const names[] = { "auto", "always", "never" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(arg, names[i]))
			continue;
		*when = (enum colour_when)i;
		return 0;
	}
	return -EINVAL;
}

int colour__parse_zone(const char *arg, bool *local)
{
	if (strcmp(arg, "utc") && strcmp(arg, "local"))
		return -EINVAL;
	*local = !strcmp(arg, "local");
	tzset();
	return 0;
}
