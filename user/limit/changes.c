// SPDX-License-Identifier: GPL-2.0-only
#include "limit/changes.h"

uint64_t changes__ramp_from(const struct ramp *ramp, uint64_t max_bytes, uint64_t usage_bytes)
{
	if (!ramp->from_now)
		return ramp->from_bytes;
	return max_bytes == UINT64_MAX ? usage_bytes : max_bytes;
}
