// SPDX-License-Identifier: GPL-2.0-only
#include "record/time.h"

#include "base/clock.h"

struct record_time record_time__at(uint64_t boot_ns, int64_t wall_offset_ns)
{
	/* Unsigned, because an event's time is not trusted to be one. */
	return (struct record_time){ .boot_ns = boot_ns,
				     .wall_ns = (int64_t)(boot_ns + (uint64_t)wall_offset_ns) };
}

struct record_time record_time__now(void)
{
	return record_time__at(clock__ns(CLOCK_BOOTTIME), clock__wall_offset_ns());
}
