// SPDX-License-Identifier: GPL-2.0-only
#include "kmsg/line.h"

#include <string.h>

#include "kmsg/json_line.h"
#include "kmsg/scan.h"
#include "kmsg/stamp.h"

#define ESC '\033'
/* Prefixes before one text: a level, stamps of two consoles, of dmesg, a caller, ... */
#define PREFIXES_MAX 8
/* How far into a line `grep` or a tool that joins several machines' output may put its own prefix. */
#define FOREIGN_PREFIX_MAX 200

static struct span from(struct span s, size_t at)
{
	return (struct span){ s.start + at, s.len - at };
}

/* ---- what isn't text ---- */

/* The length of an escape sequence of a terminal, of which only the beginning may be there. */
static size_t escape_len(const char *p, size_t len)
{
	size_t n = 2;

	if (len < 2)
		return len;
	if (p[1] != '[')
		return 2;
	while (n < len && (unsigned char)p[n] >= 0x20 && (unsigned char)p[n] < 0x40)
		n++;
	return n < len ? n + 1 : n;
}

/* "#012": how syslog writes a control character. Returns it, or -1. */
static int octal(const char *p, size_t len)
{
	if (len < 4 || p[0] != '#' || p[1] != '0' || p[2] < '0' || p[2] > '3' || p[3] < '0' || p[3] > '7')
		return -1;
	return (p[2] - '0') * 8 + p[3] - '0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * "\x1b": how /dev/kmsg, and dmesg after it, write what isn't printable and a backslash (msg_add_ext_text() in
 * kernel/printk/printk.c). Other bytes of this form stand in names as they are, as "\x2d" in systemd's units.
 * Returns the byte, or -1.
 */
static int hexadecimal(const char *p, size_t len)
{
	int high, low, c;

	if (len < 4 || p[0] != '\\' || p[1] != 'x')
		return -1;
	high = hex_digit(p[2]);
	low = hex_digit(p[3]);
	if (high < 0 || low < 0)
		return -1;
	c = high * 16 + low;
	return c < ' ' || c >= 127 || c == '\\' ? c : -1;
}

static size_t clean(char *raw, size_t len)
{
	size_t out = 0;

	if (!memchr(raw, ESC, len) && !memchr(raw, '\r', len) && !memchr(raw, '\0', len) &&
	    !memmem(raw, len, "#0", 2) && !memmem(raw, len, "\\x", 2))
		return len;
	for (size_t i = 0; i < len;) {
		int c = hexadecimal(raw + i, len - i);

		if (c >= 0) {
			raw[out++] = (char)c;
			i += 4;
			continue;
		}
		c = octal(raw + i, len - i);
		if (c >= 0) {
			raw[i + 3] = (char)c;
			i += 3;
		}
		if (raw[i] == ESC)
			i += escape_len(raw + i, len - i);
		else if (raw[i] == '\r' || !raw[i]) /* a crash leaves NULs in files */
			i++;
		else
			raw[out++] = raw[i++];
	}
	return out;
}

/* ---- the prefixes ---- */

/* "<4>", or "&lt;4&gt;" in a page that was copied. Also "<4>1 " of RFC 5424. */
static bool take_level(struct span *s, struct kmsg_line *line, bool *rfc5424)
{
	struct span rest = *s;
	uint64_t level;

	if (!span__strip_prefix(&rest, "<") && !span__strip_prefix(&rest, "&lt;"))
		return false;
	if (!rest.len || *rest.start == ' ' || !scan__take_u64(&rest, &level) || level > 1023 ||
	    (!span__strip_prefix(&rest, ">") && !span__strip_prefix(&rest, "&gt;")))
		return false;
	line->user |= level > 7;
	line->user_level |= level > 7;
	*rfc5424 = span__strip_prefix(&rest, "1 ");
	*s = rest;
	return true;
}

static bool is_one_of(struct span word, const char *const *words)
{
	for (; *words; words++)
		if (span__is(word, *words))
			return true;
	return false;
}

static const char *const facilities[] = { "kern",   "user",   "mail",	"daemon", "auth",     "syslog",
					  "lpr",    "news",   "uucp",	"cron",	  "authpriv", "ftp",
					  "local0", "local1", "local2", "local3", "local4",   "local5",
					  "local6", "local7", NULL };
static const char *const levels[] = { "emerg", "alert", "crit",	 "err",	    "warn", "notice",
				      "info",  "debug", "error", "warning", NULL };

/* "kern  :warn  : ", of dmesg -x. */
static bool take_decoded(struct span *s, struct kmsg_line *line)
{
	struct span rest = *s, facility = span__cut(&rest, ':'), level = span__cut(&rest, ':');

	if (!is_one_of(scan__trim(facility), facilities) || !is_one_of(scan__trim(level), levels))
		return false;
	line->user |= !span__is(scan__trim(facility), "kern");
	*s = rest;
	return true;
}

/* "6,339,5140900,-;", of /dev/kmsg; the caller may be among the fields. */
static bool take_device(struct span *s, struct kmsg_line *line)
{
	struct span rest = *s, value, fields;
	uint64_t level, sequence, us;

	if (!rest.len || *rest.start == ' ' || !scan__take_u64(&rest, &level) ||
	    !span__strip_prefix(&rest, ",") || !scan__take_u64(&rest, &sequence) ||
	    !span__strip_prefix(&rest, ",") || !scan__take_u64(&rest, &us) || us > UINT64_MAX / 1000 ||
	    !span__strip_prefix(&rest, ",") || !memchr(rest.start, ';', rest.len))
		return false;
	fields = span__cut(&rest, ';');
	if (scan__value(fields, "caller=", ',', &value) && value.len > 1) {
		line->caller_kind = *value.start;
		span__u64(from(value, 1), &line->caller);
	}
	line->user |= level > 7;
	line->has_uptime = true;
	line->uptime_ns = us * 1000;
	*s = rest;
	return true;
}

static void note_stamp(struct kmsg_line *line, const struct stamp *stamp)
{
	if (!line->time.len)
		line->time = stamp->text;
	if (stamp->form == STAMP_UPTIME) {
		line->has_uptime = true;
		line->uptime_ns = stamp->uptime_ns;
	}
	if (stamp->has_wall && !line->has_wall) {
		line->has_wall = true;
		line->wall_ns = stamp->wall_ns;
	}
}

/* "T8001" or "C3", and whatever may come after it one day. */
static bool parse_caller(struct span s, struct kmsg_line *line)
{
	struct span rest = from(s, s.len > 0);
	uint64_t number;

	if (s.len < 2 || (*s.start != 'T' && *s.start != 'C') || rest.start[0] == ' ' ||
	    !scan__take_u64(&rest, &number) || (rest.len && *rest.start != '@'))
		return false;
	line->caller_kind = *s.start;
	line->caller = number;
	return true;
}

/* A stamp or a caller in brackets; the first bracket of a file may be lost. */
static bool take_bracketed(struct span *s, struct kmsg_line *line)
{
	struct span inner = *s, rest;
	struct stamp stamp;
	const char *end;

	span__strip_prefix(&inner, "[");
	end = memchr(inner.start, ']', inner.len < 64 ? inner.len : 64);
	if (!end)
		return false;
	rest = from(inner, (size_t)(end - inner.start) + 1);
	inner.len = (size_t)(end - inner.start);
	inner = scan__trim(inner);
	if (inner.start == s->start && !stamp__parse_uptime(inner, &(uint64_t){ 0 }))
		return false;
	if (stamp__parse_bracketed(inner, &stamp)) {
		note_stamp(line, &stamp);
		/* "kern: err: [2026-01-12T20:27:31.913975631Z]: text", of talosctl */
		if (scan__starts(rest, ": "))
			span__strip_prefix(&rest, ":");
	} else if (!parse_caller(inner, line)) {
		return false;
	}
	*s = rest;
	return true;
}

/* Words of the kernel's own that look like a program's name where a log has stamps alone. */
static const char *const own_words[] = { "memory:",	"memory+swap:", "kmem:", "swap:", "CPU:", "Mem-Info:",
					 "oom_reaper:", "sysrq:",	"RIP:",	 "Code:", NULL };

/* Whether a word with a colon at its end is the name of a program, with its pid perhaps. */
static bool is_tag(struct span word)
{
	return word.len > 1 && word.start[word.len - 1] == ':' && !is_one_of(word, own_words);
}

static void note_tag(struct kmsg_line *line, struct span word)
{
	struct span tag = { word.start, word.len - 1 };

	line->wrapped = true;
	/* Old klogds have the facility of users; a user's program may well call itself kernel. */
	line->user = !span__is(tag, "kernel") || line->user_level;
	line->program = span__cut(&tag, '[');
	if (!line->user)
		line->program = (struct span){ "", 0 };
}

/* Some loggers put it there once more. */
static struct span after_tag(const struct kmsg_line *line, struct span rest)
{
	struct span again = scan__trim(rest);

	return !line->user && span__strip_prefix(&again, "kernel: ") ? again : rest;
}

static bool is_facility(struct span word)
{
	struct span rest = word, facility = span__cut(&rest, '.');

	return rest.len && is_one_of(facility, facilities) && is_one_of(rest, levels);
}

/* "host kernel:", "kernel:", "host kern.err kernel:", or a host alone before another stamp. */
static void take_host_and_tag(struct span *s, struct kmsg_line *line)
{
	struct span rest = *s, word = scan__word(&rest), host = { "", 0 }, peek;

	if (!is_tag(word) && !is_facility(word)) {
		host = word;
		*s = scan__trim(*s);
		if (rest.len && *rest.start == '[') {
			if (*host.start != '[') {
				line->host = host;
				*s = rest;
			}
			return;
		}
		word = scan__word(&rest);
	}
	if (is_facility(word)) {
		line->user |= !scan__starts(word, "kern.");
		peek = rest;
		word = scan__word(&peek);
		if (!is_tag(word)) {
			line->host = host;
			*s = rest;
			return;
		}
		rest = peek;
	}
	if (!is_tag(word))
		return;
	line->host = host;
	note_tag(line, word);
	*s = after_tag(line, rest);
}

/* "     0     0 E kernel  : ", after an Android stamp. */
static void take_logcat(struct span *s, struct kmsg_line *line)
{
	struct span rest = *s, level, tag;
	uint64_t pid, tid;

	if (!rest.len || *rest.start < '0' || *rest.start > '9')
		scan__word(&rest); /* the user, with -v uid */
	if (!scan__take_u64(&rest, &pid) || !scan__take_u64(&rest, &tid))
		return;
	level = scan__word(&rest);
	if (level.len != 1 || !memchr(rest.start, ':', rest.len))
		return;
	tag = scan__trim(span__cut(&rest, ':'));
	line->wrapped = true;
	line->user = pid && !span__is(tag, "kernel");
	if (!span__is(tag, "kernel"))
		line->program = tag;
	*s = rest;
}

/* "host app procid msgid [structured data] " of RFC 5424, after its stamp. */
static void take_rfc5424(struct span *s, struct kmsg_line *line)
{
	struct span app;

	line->host = scan__word(s);
	app = scan__word(s);
	scan__word(s);
	scan__word(s);
	line->wrapped = true;
	line->user = !span__is(app, "kernel");
	if (line->user)
		line->program = app;
	while (s->len && *s->start == '[')
		span__cut(s, ']');
	*s = scan__trim(*s);
	if (span__strip_prefix(s, "- "))
		*s = scan__trim(*s);
	span__strip_prefix(s, "\xef\xbb\xbf");
}

static bool take_wall(struct span *s, struct kmsg_line *line, bool rfc5424)
{
	struct stamp stamp;

	if (!stamp__take(s, &stamp))
		return false;
	note_stamp(line, &stamp);
	*s = scan__trim(*s);
	if (rfc5424) {
		take_rfc5424(s, line);
	} else if (stamp.form == STAMP_LOGCAT) {
		take_logcat(s, line);
	} else if (stamp.form == STAMP_SYSLOG) {
		take_host_and_tag(s, line);
	} else if (span__strip_prefix(s, "stdout ") || span__strip_prefix(s, "stderr ")) {
		scan__word(s); /* F or P, of a container's log */
	}
	return true;
}

/* In a file the priority may be left out: "1 2026-05-28T12:22:43Z host kernel - - - text". */
static bool take_rfc5424_file(struct span *s, struct kmsg_line *line)
{
	struct span rest = *s, peek;
	struct stamp stamp;

	if (!span__strip_prefix(&rest, "1 "))
		return false;
	peek = rest;
	if (!stamp__take(&peek, &stamp) || stamp.form != STAMP_SYSLOG || !stamp.has_wall ||
	    !take_wall(&rest, line, true))
		return false;
	*s = rest;
	return true;
}

static bool take_one(struct span *s, struct kmsg_line *line)
{
	bool rfc5424 = false;

	*s = scan__trim(*s);
	if (take_rfc5424_file(s, line))
		return true;
	if (take_level(s, line, &rfc5424)) {
		struct span rest = scan__trim(*s);

		if (rfc5424 && take_wall(&rest, line, true))
			*s = rest;
		return true;
	}
	return take_bracketed(s, line) || take_device(s, line) || take_decoded(s, line) ||
	       (!line->wrapped && take_wall(s, line, false));
}

/* journalctl -o short-monotonic: "[  812.334455] host kernel: text". */
static void take_monotonic(struct span *s, struct kmsg_line *line)
{
	struct span rest = *s, host = scan__word(&rest), word = scan__word(&rest);

	if (!line->has_uptime || line->wrapped || !host.len || is_tag(host) || !is_tag(word))
		return;
	if (!span__is(word, "kernel:") && word.start[word.len - 2] != ']')
		return;
	line->host = host;
	note_tag(line, word);
	*s = rest;
}

static bool take_prefixes(struct span *s, struct kmsg_line *line)
{
	bool any = false;

	for (int i = 0; i < PREFIXES_MAX && take_one(s, line); i++)
		any = true;
	if (any)
		take_monotonic(s, line);
	for (int i = 0; any && line->wrapped && i < PREFIXES_MAX && take_one(s, line);)
		i++;
	return any;
}

/* What grep, or a tool that shows several machines, puts before a line: "web1/kern.log:12:", "web1 | ". */
static bool take_foreign(struct span *s, struct kmsg_line *line)
{
	size_t max = s->len < FOREIGN_PREFIX_MAX ? s->len : FOREIGN_PREFIX_MAX;

	for (size_t i = 0; i < max; i++) {
		struct span rest = scan__trim(from(*s, i + 1));

		if (!strchr(":|->", s->start[i]) || !s->start[i])
			continue;
		if (take_prefixes(&rest, line) && line->time.len) {
			*s = rest;
			return true;
		}
	}
	return false;
}

/* "[  907.567101]" at its beginning. */
static bool is_uptime(struct span s)
{
	const char *end = memchr(s.start, ']', s.len < 24 ? s.len : 24);
	struct span inner = { s.start + 1, end ? (size_t)(end - s.start) - 1 : 0 };

	return s.len && *s.start == '[' && end && memchr(s.start, '.', (size_t)(end - s.start)) &&
	       stamp__parse_uptime(scan__trim(inner), &(uint64_t){ 0 });
}

/*
 * What tools and people put before the kernel's own stamp: numbers of lines, quotes, columns of a table, words of
 * a logger. The text ends before the quote that it stands in.
 */
static void take_unknown(struct span *s, struct kmsg_line *line)
{
	size_t max = s->len < FOREIGN_PREFIX_MAX ? s->len : FOREIGN_PREFIX_MAX;

	for (size_t i = 1; i < max && !line->has_uptime && !line->user; i++) {
		struct span rest = from(*s, i);
		char before = s->start[i - 1];

		if (!strchr(" \t\",]", before) || !is_uptime(rest) || !take_prefixes(&rest, line))
			continue;
		if (before == '"') {
			span__strip_suffix(&rest, ",");
			span__strip_suffix(&rest, "\"");
		}
		line->has_prefix = true;
		*s = rest;
	}
}

/* "systemd[1]: text": what a program wrote to /dev/kmsg. A task may have such a name, too. */
static void look_for_program(struct kmsg_line *line)
{
	struct span rest = line->text, word = scan__word(&rest), name, number;

	if (line->user || !is_tag(word) || scan__starts(rest, "invoked oom-killer"))
		return;
	name = span__cut(&word, '[');
	if (!span__strip_suffix(&word, "]:"))
		return;
	number = word;
	if (!name.len || !span__u64(number, &(uint64_t){ 0 }))
		return;
	line->user = true;
	line->program = name;
	line->text = rest;
}

void kmsg_line__parse(char *raw, size_t len, struct kmsg_line *line)
{
	const struct span none = { "", 0 };
	struct span s;

	*line = (struct kmsg_line){ .text = none, .time = none, .host = none, .boot = none, .program = none };
	len = clean(raw, len);
	s = (struct span){ raw, len };
	while (len && (raw[0] == ' ' || raw[0] == '[' || raw[0] == ',') &&
	       memchr(raw, '{', len < 4 ? len : 4)) {
		raw++;
		len--;
	}
	if (len && raw[0] == '{' && json_line__parse(raw, len, line)) {
		/* The journal writes the message alone; a container's log has whatever it wrote. */
		line->text.len = clean((char *)line->text.start, line->text.len);
		if (!line->wrapped)
			take_prefixes(&line->text, line);
	} else {
		span__strip_prefix(&s, "\xef\xbb\xbf");
		line->has_prefix = take_prefixes(&s, line) || take_foreign(&s, line);
		take_unknown(&s, line);
		line->text = s;
	}
	while (span__strip_suffix(&line->text, "\n"))
		;
	line->text = scan__trim(line->text);
	look_for_program(line);
}
