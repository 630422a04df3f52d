// SPDX-License-Identifier: GPL-2.0-only
#include "record/time.h"

#include "base/clock.h"

struct record_time record_time__now(void)
{
	uint64_t boot_ns = clock__ns(CLOCK_BOOTTIME);

	return (struct record_time){ .boot_ns = boot_ns, .wall_ns = (int64_t)boot_ns + clock__wall_offset_ns() };
}
