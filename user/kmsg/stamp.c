// SPDX-License-Identifier: GPL-2.0-only
#include "kmsg/stamp.h"

#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/clock.h"
#include "kmsg/scan.h"
#include "record/sink.h"
#include "record/time.h"

/*
 * A shape of a text: '9' is a digit, '_' a digit or a blank, 'A' the first letter of a name and 'a' another,
 * anything else stands for itself. Returns its length, or 0.
 */
static size_t has_shape(struct span s, const char *shape)
{
	size_t len = strlen(shape);

	if (s.len < len)
		return 0;
	for (size_t i = 0; i < len; i++) {
		char c = s.start[i];
		bool digit = c >= '0' && c <= '9', ok = c == shape[i];

		if (shape[i] == '9')
			ok = digit;
		else if (shape[i] == '_')
			ok = digit || c == ' ';
		else if (shape[i] == 'A')
			ok = c >= 'A' && c <= 'Z';
		else if (shape[i] == 'a')
			ok = c >= 'a' && c <= 'z';
		if (!ok)
			return 0;
	}
	return len;
}

static struct span from(struct span s, size_t at)
{
	return (struct span){ s.start + at, s.len - at };
}

static size_t digits(struct span s)
{
	size_t n = 0;

	while (n < s.len && s.start[n] >= '0' && s.start[n] <= '9')
		n++;
	return n;
}

/* The length of a fraction of a second with its point or comma, or 0. */
static size_t fraction(struct span s)
{
	size_t n;

	if (!s.len || (*s.start != '.' && *s.start != ','))
		return 0;
	n = digits(from(s, 1));
	return n ? n + 1 : 0;
}

bool stamp__parse_uptime(struct span s, uint64_t *ns)
{
	uint64_t seconds, part = 0;
	size_t whole = digits(s), frac = fraction(from(s, whole));

	if (!whole || frac < 4 || frac > 10 || whole + frac != s.len ||
	    !span__u64((struct span){ s.start, whole }, &seconds) || seconds > UINT64_MAX / NS_PER_S / 2)
		return false;
	span__u64((struct span){ s.start + whole + 1, frac - 1 }, &part);
	for (size_t i = frac - 1; i < 9; i++)
		part *= 10;
	*ns = seconds * NS_PER_S + part;
	return true;
}

static bool is_month(struct span s)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (size_t i = 0; s.len >= 3 && i < sizeof(months) - 1; i += 3)
		if (!memcmp(s.start, months + i, 3))
			return true;
	return false;
}

/* "Jun 13 23:04:43", with a weekday before and a year behind or between. Returns its length, or 0. */
static size_t named_month(struct span s)
{
	size_t n = has_shape(s, "Aaa ") && !is_month(s) ? 4 : 0, len;

	if (!is_month(from(s, n)))
		return 0;
	len = has_shape(from(s, n), "Aaa _9 ");
	if (!len)
		len = has_shape(from(s, n), "Aaa 9 ");
	if (!len)
		len = has_shape(from(s, n), "Aaa99 "); /* dmesg -H */
	if (!len)
		return 0;
	n += len;
	n += has_shape(from(s, n), "9999 ");
	len = has_shape(from(s, n), "99:99:99");
	if (!len)
		len = has_shape(from(s, n), "99:99");
	if (!len)
		return 0;
	n += len;
	n += fraction(from(s, n));
	if (has_shape(from(s, n), " 9999") &&
	    (s.len == n + 5 || s.start[n + 5] == ' ' || s.start[n + 5] == ':'))
		n += 5;
	return n;
}

/* The wall clock of a date with year and zone, as RFC 3339 has it. */
static void fill_wall(struct stamp *stamp, struct span date, struct span frac, struct span zone)
{
	char text[64];
	size_t n = 0;

	if (!zone.len || date.len + frac.len + zone.len + 2 > sizeof(text))
		return;
	memcpy(text, date.start, date.len);
	text[10] = 'T';
	text[4] = text[7] = '-';
	n = date.len;
	memcpy(text + n, frac.start, frac.len);
	if (frac.len)
		text[n] = '.';
	n += frac.len;
	memcpy(text + n, zone.start, zone.len);
	n += zone.len;
	if (zone.len == 5) { /* +0100 */
		text[n] = text[n - 1];
		text[n - 1] = text[n - 2];
		text[n - 2] = ':';
		n++;
	}
	text[n] = '\0';
	stamp->has_wall = !record_time__parse(text, &stamp->wall_ns);
}

/* "2026-05-28T12:22:43.000121+00:00", with a blank, without fraction or zone. Returns its length, or 0. */
static size_t iso_date(struct span s, struct stamp *stamp)
{
	size_t n = has_shape(s, "9999-99-99T99:99:99"), frac, zone = 0;

	if (!n)
		n = has_shape(s, "9999-99-99 99:99:99");
	if (!n)
		n = has_shape(s, "9999/99/99 99:99:99");
	if (!n)
		return 0;
	frac = fraction(from(s, n));
	if (n + frac < s.len && s.start[n + frac] == 'Z')
		zone = 1;
	else if (!(zone = has_shape(from(s, n + frac), "+99:99")) &&
		 !(zone = has_shape(from(s, n + frac), "-99:99")) &&
		 !(zone = has_shape(from(s, n + frac), "+9999")))
		zone = has_shape(from(s, n + frac), "-9999");
	fill_wall(stamp, (struct span){ s.start, n }, (struct span){ s.start + n, frac },
		  (struct span){ s.start + n + frac, zone });
	stamp->form = STAMP_SYSLOG;
	/* A comma is dmesg's; nanoseconds are those of a container's log. */
	if (frac && (s.start[n] == ',' || frac == 10))
		stamp->form = STAMP_BARE;
	return n + frac + zone;
}

/* "Mon 2025-12-08 17:51:31 CET", of journalctl -o short-full. Returns its length, or 0. */
static size_t full_date(struct span s, struct stamp *stamp)
{
	size_t n = has_shape(s, "Aaa "), len, zone = 0;

	len = n ? iso_date(from(s, n), stamp) : 0;
	if (!len)
		return 0;
	n += len;
	if (n < s.len && s.start[n] == ' ')
		while (n + 1 + zone < s.len && zone < 5 && s.start[n + 1 + zone] >= 'A' &&
		       s.start[n + 1 + zone] <= 'Z')
			zone++;
	if (zone >= 3 && n + 1 + zone < s.len && s.start[n + 1 + zone] == ' ') {
		if (zone == 3 && !memcmp(s.start + n + 1, "UTC", 3))
			fill_wall(stamp, (struct span){ s.start + 4, 19 },
				  (struct span){ s.start + 23, len - 19 }, (struct span){ "Z", 1 });
		n += 1 + zone;
	}
	stamp->form = STAMP_SYSLOG;
	return n;
}

/* "1735560812.334455", of journalctl -o short-unix. Returns its length, or 0. */
static size_t epoch(struct span s, struct stamp *stamp)
{
	size_t n = has_shape(s, "9999999999.999999 ");
	uint64_t ns;

	if (!n || !stamp__parse_uptime((struct span){ s.start, n - 1 }, &ns) || ns > INT64_MAX)
		return 0;
	stamp->has_wall = true;
	stamp->wall_ns = (int64_t)ns;
	stamp->form = STAMP_SYSLOG;
	return n - 1;
}

static size_t unbracketed(struct span s, struct stamp *stamp)
{
	size_t n = named_month(s);

	if (n) {
		stamp->form = STAMP_SYSLOG;
		return n;
	}
	n = iso_date(s, stamp);
	if (!n)
		n = full_date(s, stamp);
	if (!n)
		n = epoch(s, stamp);
	if (!n) {
		n = has_shape(s, "99-99 99:99:99.999 ");
		if (n)
			stamp->form = STAMP_LOGCAT;
	}
	return n;
}

bool stamp__take(struct span *s, struct stamp *stamp)
{
	size_t n;

	*stamp = (struct stamp){ 0 };
	n = unbracketed(*s, stamp);
	/* A stamp is followed by a blank. */
	if (!n || (n < s->len && s->start[n] != ' ' && s->start[n - 1] != ' ' && s->start[n] != ':'))
		return false;
	stamp->text = scan__trim((struct span){ s->start, n });
	*s = from(*s, n < s->len && s->start[n] == ':' ? n + 1 : n);
	return true;
}

bool stamp__parse_bracketed(struct span s, struct stamp *stamp)
{
	struct span first = s, rest;
	size_t n;

	*stamp = (struct stamp){ 0 };
	/* dmesg -d: "907.567101 <    0.000012>" */
	if (span__find(s, " <", &rest) && rest.len && rest.start[rest.len - 1] == '>')
		first = (struct span){ s.start, (size_t)(rest.start - s.start) - 2 };
	first = scan__trim(first);
	stamp->text = first;
	if (stamp__parse_uptime(first, &stamp->uptime_ns)) {
		stamp->form = STAMP_UPTIME;
		return true;
	}
	if (first.len > 1 && *first.start == '+' && stamp__parse_uptime(from(first, 1), &stamp->uptime_ns)) {
		stamp->form = STAMP_DELTA;
		return true;
	}
	n = has_shape(first, "99:99:99") == first.len ? first.len : unbracketed(first, stamp);
	if (!n || n != first.len)
		return false;
	stamp->form = STAMP_BARE;
	return true;
}

int64_t stamp__order_ns(const char *text)
{
	static const char *const formats[] = {
		"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",    "%Y/%m/%d %H:%M:%S", "%a %b %d %H:%M:%S %Y",
		"%b %d %H:%M:%S",    "%a %Y-%m-%d %H:%M:%S", "%b %d %Y %H:%M:%S", "%b %d %H:%M",
		"%b%d %H:%M",	     "%m-%d %H:%M:%S",
	};
	struct span number = { text, strlen(text) };
	uint64_t us;

	if (number.len == 16 && span__u64(number, &us)) /* the journal's JSON */
		return (int64_t)us * 1000;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct tm tm = { .tm_year = 70, .tm_mday = 1 };
		time_t seconds;

		if (!strptime(text, formats[i], &tm))
			continue;
		seconds = timegm(&tm);
		return seconds > 0 && seconds < INT64_MAX / (int64_t)NS_PER_S ? seconds * (int64_t)NS_PER_S
									      : 0;
	}
	return 0;
}
