// SPDX-License-Identifier: GPL-2.0-only
#include "base/units.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/clock.h"

/* More fraction digits than this change no whole byte or nanosecond that a person means. */
#define MAX_FRACTION_DIGITS 18

struct decimal {
	uint64_t whole;
	uint64_t fraction; /* over scale */
	uint64_t scale;
	bool has_fraction;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The locale has no say in what a digit or a decimal point is, so no strtod() here. */
static int parse_decimal(const char **text, struct decimal *out)
{
	struct decimal d = { .scale = 1 };
	const char *p = *text;
	unsigned int digits = 0;
	bool overflow = false;

	if (!is_digit(*p))
		return -EINVAL;
	for (; is_digit(*p); p++)
		if (__builtin_mul_overflow(d.whole, 10, &d.whole) ||
		    __builtin_add_overflow(d.whole, (uint64_t)(*p - '0'), &d.whole))
			overflow = true;
	if (*p == '.') {
		d.has_fraction = true;
		if (!is_digit(*++p))
			return -EINVAL;
		for (; is_digit(*p); p++) {
			if (digits++ >= MAX_FRACTION_DIGITS)
				continue;
			d.fraction = d.fraction * 10 + (uint64_t)(*p - '0');
			d.scale *= 10;
		}
	}
	*text = p;
	*out = d;
	return overflow ? -ERANGE : 0;
}

static int decimal__times(const struct decimal *d, uint64_t unit, uint64_t *out)
{
	unsigned __int128 value =
		(unsigned __int128)d->whole * unit + (unsigned __int128)d->fraction * unit / d->scale;

	if (value >= UINT64_MAX)
		return -ERANGE;
	*out = (uint64_t)value;
	return 0;
}

/* What follows the number: nothing, or a letter, then "b" or "ib", in either case. */
static int parse_size_unit(const char *text, uint64_t *unit)
{
	static const char letters[] = "kmgtpe";
	const char *letter;
	char lower = (char)(*text | 0x20);

	if (!*text || !strcasecmp(text, "b")) {
		*unit = 1;
		return 0;
	}
	letter = strchr(letters, lower);
	if (!letter || (text[1] && strcasecmp(text + 1, "b") && strcasecmp(text + 1, "ib")))
		return -EINVAL;
	*unit = 1ull << (10 * (letter - letters + 1));
	return 0;
}

int units__parse_size(const char *text, uint64_t *bytes)
{
	struct decimal d;
	uint64_t unit;
	int err, range;

	if (!text)
		return -EINVAL;
	if (!strcmp(text, "max")) {
		*bytes = UINT64_MAX;
		return 0;
	}
	range = parse_decimal(&text, &d);
	if (range == -EINVAL)
		return range;
	err = parse_size_unit(text, &unit);
	if (err)
		return err;
	if (d.has_fraction && unit == 1)
		return -EINVAL;
	return range ? range : decimal__times(&d, unit, bytes);
}

int units__parse_duration(const char *text, uint64_t *duration_ns)
{
	static const struct {
		const char *suffix;
		uint64_t ns;
	} table[] = {
		{ "ns", 1 },	   { "us", NS_PER_US },	   { "ms", NS_PER_MS },
		{ "s", NS_PER_S }, { "m", 60 * NS_PER_S }, { "h", 3600 * NS_PER_S },
	};
	struct decimal d;
	uint64_t value;
	int err, range;

	if (!text)
		return -EINVAL;
	range = parse_decimal(&text, &d);
	if (range == -EINVAL)
		return range;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (strcmp(text, table[i].suffix))
			continue;
		err = range ? range : decimal__times(&d, table[i].ns, &value);
		if (!err && !value)
			err = -EINVAL;
		/* The kernel's timers take no more. */
		if (!err && value > INT64_MAX)
			err = -ERANGE;
		if (!err)
			*duration_ns = value;
		return err;
	}
	return -EINVAL;
}

int units__parse_pid(const char *text, pid_t *pid)
{
	uint64_t value = 0;

	if (!text || !*text)
		return -EINVAL;
	for (const char *p = text; *p; p++) {
		if (!is_digit(*p))
			return -EINVAL;
		if (value <= UNITS__PID_MAX)
			value = value * 10 + (uint64_t)(*p - '0');
	}
	if (value < 1 || value > UNITS__PID_MAX)
		return -ERANGE;
	*pid = (pid_t)value;
	return 0;
}

/* value / unit in tenths, rounded to nearest: integers, so that every machine prints the same. */
static uint64_t tenths(uint64_t value, uint64_t unit)
{
	return (uint64_t)(((unsigned __int128)value * 10 + unit / 2) / unit);
}

const char *units__format_size(char *dst, size_t size, uint64_t bytes)
{
	static const char *const names[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint64_t unit = 1024, value;
	size_t i = 0;

	if (bytes == UINT64_MAX) {
		snprintf(dst, size, "max");
		return dst;
	}
	if (bytes < 1024) {
		snprintf(dst, size, "%llu B", (unsigned long long)bytes);
		return dst;
	}
	/* Compare what will be printed: 1048575 bytes are "1.0 MiB", never "1024.0 KiB". */
	while ((value = tenths(bytes, unit)) >= 10240 && i + 1 < ARRAY_SIZE(names)) {
		unit *= 1024;
		i++;
	}
	snprintf(dst, size, "%llu.%llu %s", (unsigned long long)(value / 10),
		 (unsigned long long)(value % 10), names[i]);
	return dst;
}

const char *units__format_duration(char *dst, size_t size, uint64_t duration_ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
		uint64_t below; /* tenths */
	} table[] = {
		{ "us", NS_PER_US, 10000 },
		{ "ms", NS_PER_MS, 10000 },
		{ "s", NS_PER_S, 600 },
	};
	uint64_t seconds;

	if (duration_ns < NS_PER_US) {
		snprintf(dst, size, "%llu ns", (unsigned long long)duration_ns);
		return dst;
	}
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		uint64_t value = tenths(duration_ns, table[i].ns);

		if (value >= table[i].below)
			continue;
		snprintf(dst, size, "%llu.%llu %s", (unsigned long long)(value / 10),
			 (unsigned long long)(value % 10), table[i].name);
		return dst;
	}
	seconds = duration_ns / NS_PER_S + (duration_ns % NS_PER_S >= NS_PER_S / 2);
	if (seconds < 3600)
		snprintf(dst, size, "%llum %02llus", (unsigned long long)(seconds / 60),
			 (unsigned long long)(seconds % 60));
	else
		snprintf(dst, size, "%lluh %02llum", (unsigned long long)(seconds / 3600),
			 (unsigned long long)(seconds / 60 % 60));
	return dst;
}
