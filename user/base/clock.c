// SPDX-License-Identifier: GPL-2.0-only
#include "base/clock.h"

uint64_t clock__ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

struct timespec clock__timespec(int64_t ns)
{
	return (struct timespec){ ns / NS_PER_S, ns % NS_PER_S };
}

int64_t clock__wall_offset_ns(void)
{
	return (int64_t)clock__ns(CLOCK_REALTIME) - (int64_t)clock__ns(CLOCK_BOOTTIME);
}
