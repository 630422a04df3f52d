/* SPDX-License-Identifier: GPL-2.0-only */
/* Sizes, durations and pids as people write them, and sizes and durations as people read them. */
#ifndef OOMTRACE_UNITS_H
#define OOMTRACE_UNITS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* PID_MAX_LIMIT of 64-bit kernels (include/linux/threads.h). */
#define UNITS__PID_MAX 4194304

/* Enough for any text that units__format_*() makes. */
#define UNITS__TEXT_SIZE 32

/*
 * Parse a size in the style of the kernel and of Docker: "536870912", "512M", "512m", "512mb",
 * "512MiB", "1.5G", "max" (-> UINT64_MAX). Every unit is a power of 1024, as in both. A fraction
 * needs a unit above the byte and is rounded down to whole bytes.
 * Returns 0, -EINVAL (empty, junk, sign) or -ERANGE (a number of UINT64_MAX or above).
 */
int units__parse_size(const char *text, uint64_t *bytes);

/*
 * Parse a duration into nanoseconds: "500ms", "2s", "1.5s", "1m", "1h" (also "us", "ns"). The unit
 * is required. Returns 0, -EINVAL (empty, junk, sign, no unit, zero) or -ERANGE.
 */
int units__parse_duration(const char *text, uint64_t *duration_ns);

/* Parse a process id, 1..UNITS__PID_MAX. Returns 0, -EINVAL (not a number) or -ERANGE. */
int units__parse_pid(const char *text, pid_t *pid);

/*
 * Write a size for a person to read: "512.0 MiB", exact below 1 KiB ("1000 B"), "max" for
 * UINT64_MAX.
 * Always NUL-terminated when size > 0. Returns dst.
 */
const char *units__format_size(char *dst, size_t size, uint64_t bytes);

/*
 * Write a duration in nanoseconds for a person to read: "850 ns", "12.0 us", "4.1 ms", "1.5 s",
 * "2m 05s", "3h 00m". Always NUL-terminated when size > 0. Returns dst.
 */
const char *units__format_duration(char *dst, size_t size, uint64_t duration_ns);

#endif
