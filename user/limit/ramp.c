// SPDX-License-Identifier: GPL-2.0-only
#include "limit/ramp.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/units.h"

bool ramp__is_limit(uint64_t bytes)
{
	uint64_t page = sysconf(_SC_PAGESIZE);

	/* From PAGE_COUNTER_MAX pages on it is "max", include/linux/page_counter.h. */
	return bytes >= page && bytes / page < (uint64_t)INT64_MAX / page;
}

/* Not "max", to and from which no step leads. */
static int parse_limit(const char *text, uint64_t *bytes)
{
	int ret = units__parse_size(text, bytes);

	if (ret)
		return ret;
	return ramp__is_limit(*bytes) ? 0 : -ERANGE;
}

static int parse_step(const char *text, struct ramp *ramp)
{
	size_t len;
	char *end;

	if (*text == '-' || *text == '+')
		text++;
	len = strlen(text);
	if (len < 2 || text[len - 1] != '%') {
		int ret = units__parse_size(text, &ramp->step_bytes);

		if (ret)
			return ret;
		return ramp->step_bytes && ramp->step_bytes != UINT64_MAX ? 0 : -ERANGE;
	}
	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	ramp->step_percent = strtod(text, &end);
	if (end != text + len - 1)
		return -EINVAL;
	return ramp->step_percent > 0 && ramp->step_percent < 100 ? 0 : -ERANGE;
}

int ramp__parse(const char *text, struct ramp *out)
{
	struct ramp ramp = {};
	char copy[128], *rest = copy, *from, *to, *step;
	int ret;

	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	from = strsep(&rest, ":");
	to = strsep(&rest, ":");
	step = strsep(&rest, "@");
	if (!to || !step || !rest)
		return -EINVAL;
	ramp.from_now = !strcmp(from, "now");
	ret = ramp.from_now ? 0 : parse_limit(from, &ramp.from_bytes);
	if (!ret)
		ret = parse_limit(to, &ramp.to_bytes);
	if (!ret)
		ret = parse_step(step, &ramp);
	if (!ret)
		ret = units__parse_duration(rest, &ramp.interval_ns);
	if (!ret)
		*out = ramp;
	return ret;
}

bool ramp__next(const struct ramp *ramp, uint64_t bytes, uint64_t *next)
{
	uint64_t step = ramp->step_bytes;

	if (bytes == ramp->to_bytes)
		return false;
	if (ramp->step_percent)
		step = (uint64_t)((double)bytes * ramp->step_percent / 100);
	if (!step)
		step = 1;
	if (ramp->to_bytes < bytes)
		*next = bytes - ramp->to_bytes > step ? bytes - step : ramp->to_bytes;
	else
		*next = ramp->to_bytes - bytes > step ? bytes + step : ramp->to_bytes;
	return true;
}
