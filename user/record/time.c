// SPDX-License-Identifier: GPL-2.0-only
#include "record/time.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

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

const char *record_time__format(char *dst, size_t size, int64_t wall_ns)
{
	time_t seconds = wall_ns / NS_PER_S;
	struct tm tm;
	size_t len;

	gmtime_r(&seconds, &tm);
	len = strftime(dst, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(dst + len, size - len, ".%06dZ", (int)(wall_ns % NS_PER_S / 1000));
	return dst;
}

const char *record_time__format_local(char *dst, size_t size, int64_t wall_ns)
{
	time_t seconds = wall_ns / NS_PER_S;
	struct tm tm;
	long offset;
	size_t len;

	if (!localtime_r(&seconds, &tm))
		return record_time__format(dst, size, wall_ns);
	offset = tm.tm_gmtoff / 60;
	len = strftime(dst, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(dst + len, size - len, ".%06d%c%02ld:%02ld", (int)(wall_ns % NS_PER_S / 1000),
		 offset < 0 ? '-' : '+', labs(offset) / 60, labs(offset) % 60);
	return dst;
}

static bool digits(const char **s, int count, int *out)
{
	int value = 0;

	while (count--) {
		if (**s < '0' || **s > '9')
			return false;
		value = value * 10 + (*(*s)++ - '0');
	}
	*out = value;
	return true;
}

/* Days from 1970-01-01 on, in the Gregorian calendar. */
static int64_t days_since_1970(int year, int month, int day)
{
	/* Years from March to February: the leap day is the last. */
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return 365 * y + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

/* "Z", "+02:00", "-08:00" and the end. */
static bool parse_zone(const char *s, int *minutes)
{
	int hour, minute, sign = *s == '-' ? -1 : 1;

	if (*s == 'Z' || *s == 'z') {
		*minutes = 0;
		return !s[1];
	}
	if ((*s != '+' && *s != '-') || (s++, !digits(&s, 2, &hour)) || *s++ != ':' ||
	    !digits(&s, 2, &minute) || hour > 23 || minute > 59)
		return false;
	*minutes = sign * (hour * 60 + minute);
	return !*s;
}

int record_time__parse(const char *s, int64_t *wall_ns)
{
	int year, month, day, hour, minute, second, digit, zone;
	int64_t scale = NS_PER_S, ns = 0;

	if (!digits(&s, 4, &year) || *s++ != '-' || !digits(&s, 2, &month) || *s++ != '-' ||
	    !digits(&s, 2, &day) || (*s != 'T' && *s != 't' && *s != ' '))
		return -EINVAL;
	s++;
	if (!digits(&s, 2, &hour) || *s++ != ':' || !digits(&s, 2, &minute) || *s++ != ':' ||
	    !digits(&s, 2, &second))
		return -EINVAL;
	if (*s == '.') {
		for (s++; digits(&s, 1, &digit); ns += scale * digit)
			scale /= 10;
	}
	/* Nanoseconds in 64 bits end in 2262. A leap second is the next minute's first. */
	if (!parse_zone(s, &zone) || year < 1970 || year > 2261 || month < 1 || month > 12 || day < 1 ||
	    day > 31 || hour > 23 || minute > 59 || second > 60)
		return -EINVAL;
	*wall_ns = (((days_since_1970(year, month, day) * 24 + hour) * 60 + minute - zone) * 60 + second) *
			   NS_PER_S +
		   ns;
	return 0;
}
