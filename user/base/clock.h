/* SPDX-License-Identifier: GPL-2.0-only */
/* The clocks of this machine, in ns. */
#ifndef OOMTRACE_CLOCK_H
#define OOMTRACE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_DAY 86400000000000LL
#define NS_PER_S 1000000000LL
#define NS_PER_MS 1000000LL
#define NS_PER_US 1000LL

/*
 * What the clock shows: CLOCK_BOOTTIME is the one of the kernel's events, CLOCK_REALTIME counts from
 * 1970, CLOCK_MONOTONIC is for intervals.
 */
uint64_t clock__ns(clockid_t clock);

/* The same for waiting: ppoll(), timerfd_settime(). */
struct timespec clock__timespec(int64_t ns);

/* What to add to the boot-time clock, now, to get the wall clock. It changes when somebody sets the time. */
int64_t clock__wall_offset_ns(void);

#endif
