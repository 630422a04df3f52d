// SPDX-License-Identifier: GPL-2.0-only
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "escape.h"
#include "units.h"

#ifndef OOMTRACE_VERSION
#error "OOMTRACE_VERSION must be defined as a string by the build"
#endif

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define WIDTH_DEFAULT	80
#define WIDTH_MIN	40
#define WIDTH_MAX	100	/* longer lines are harder to read */
#define HELP_COLUMN	28
#define HELP_COLUMN_NARROW 8	/* the text starts a line of its own */
#define NAME_MAX_LEN	32	/* no option's name is longer, nor is a typo of one */
#define SHOWN_MAX	80	/* bytes of a user's string that an error line quotes */
#define SHOWN_SIZE	(ESCAPE__TERMINAL_SIZE(SHOWN_MAX) + sizeof("..."))

/* getopt's value of a long option is LONG_BASE + its row, out of the way of the letters. */
#define LONG_BASE 256

enum group { GROUP_TARGET, GROUP_LIMIT, GROUP_OUTPUT, GROUP_STOP, GROUP_OTHER, GROUP_COUNT };

static const char *const group_titles[GROUP_COUNT] = {
	[GROUP_TARGET] = "Target (default: every OOM kill on the machine):",
	[GROUP_LIMIT] = "Changing the target's memory.max:",
	[GROUP_OUTPUT] = "Output:",
	[GROUP_STOP] = "When to stop (default: on ^C):",
	[GROUP_OTHER] = "Other:",
};

struct option_spec;

struct parse {
	struct options opts;
	const struct option_spec *target;	/* the target option seen, or NULL */
	FILE *help_out;
	FILE *err;
	bool restore;
	bool printed;				/* --help or --version: stop here */
};

struct option_spec {
	const char *name;
	const char *arg;	/* as help shows it; NULL: takes none */
	const char *accepts;	/* what the argument is, with an example: ends error lines */
	const char *help;
	/* Takes the argument (NULL without one): 0, -EINVAL (malformed) or -ERANGE. */
	int (*apply)(struct parse *p, const char *arg);
	enum group group;
	char letter;		/* 0: none */
	bool hidden;		/* for tests: not in --help */
};

static int apply_container(struct parse *p, const char *arg)
{
	if (!*arg)
		return -EINVAL;
	p->opts.target = OPTIONS_TARGET_CONTAINER;
	p->opts.target_name = arg;
	p->opts.until_exit = true;
	return 0;
}

static bool has_dot_dot(const char *path)
{
	for (;;) {
		size_t len = strcspn(path, "/");

		if (len == 2 && !strncmp(path, "..", 2))
			return true;
		if (!path[len])
			return false;
		path += len + 1;
	}
}

static int apply_cgroup(struct parse *p, const char *arg)
{
	if (!*arg || has_dot_dot(arg))
		return -EINVAL;
	p->opts.target = OPTIONS_TARGET_CGROUP;
	p->opts.target_name = arg;
	return 0;
}

static int apply_pid(struct parse *p, const char *arg)
{
	p->opts.target = OPTIONS_TARGET_PID;
	return units__parse_pid(arg, &p->opts.pid);
}

static int apply_set_max(struct parse *p, const char *arg)
{
	int ret = units__parse_size(arg, &p->opts.set_max_bytes);

	if (!ret && !ramp__is_limit(p->opts.set_max_bytes) && p->opts.set_max_bytes != UINT64_MAX)
		return -ERANGE;
	p->opts.has_set_max = true;
	return ret;
}

static int apply_ramp(struct parse *p, const char *arg)
{
	p->opts.has_ramp = true;
	return ramp__parse(arg, &p->opts.ramp);
}

static int apply_find_min(struct parse *p, const char *arg)
{
	(void)arg;
	p->opts.find_min = true;
	return 0;
}

static int apply_hold(struct parse *p, const char *arg)
{
	return units__parse_duration(arg, &p->opts.hold_ns);
}

static int apply_keep(struct parse *p, const char *arg)
{
	(void)arg;
	p->opts.keep = true;
	return 0;
}

static int apply_restore(struct parse *p, const char *arg)
{
	(void)arg;
	p->restore = true;
	return 0;
}

static int apply_output(struct parse *p, const char *arg)
{
	if (!strcmp(arg, "text"))
		p->opts.output = OPTIONS_OUTPUT_TEXT;
	else if (!strcmp(arg, "json"))
		p->opts.output = OPTIONS_OUTPUT_JSON;
	else
		return -EINVAL;
	return 0;
}

static int apply_duration(struct parse *p, const char *arg)
{
	return units__parse_duration(arg, &p->opts.duration_ns);	/* never to 0, "no limit" */
}

static int apply_ring_size(struct parse *p, const char *arg)
{
	uint64_t bytes, page = (uint64_t)sysconf(_SC_PAGESIZE);
	int ret = units__parse_size(arg, &bytes);

	if (ret)
		return ret;
	if (bytes < OPTIONS_RING_BYTES_MIN || bytes > OPTIONS_RING_BYTES_MAX || bytes < page)
		return -ERANGE;
	if (bytes & (bytes - 1))
		return -EINVAL;
	p->opts.ring_bytes = (uint32_t)bytes;
	return 0;
}

static int apply_until_exit(struct parse *p, const char *arg)
{
	(void)arg;
	p->opts.until_exit = true;
	return 0;
}

static int apply_dry_run(struct parse *p, const char *arg)
{
	(void)arg;
	p->opts.dry_run = true;
	return 0;
}

static int apply_verbose(struct parse *p, const char *arg)
{
	(void)arg;
	p->opts.verbose = true;
	return 0;
}

static int apply_force_kprobes(struct parse *p, const char *arg)
{
	(void)arg;
	p->opts.force_kprobes = true;
	return 0;
}

static int apply_version(struct parse *p, const char *arg)
{
	(void)arg;
	fprintf(p->help_out, "oomtrace %s\nlibbpf %s\n", OOMTRACE_VERSION,
		libbpf_version_string());
	p->printed = true;
	return 0;
}

static int apply_help(struct parse *p, const char *arg);

static const struct option_spec specs[] = {
	{
		.group = GROUP_TARGET, .letter = 'c', .name = "container", .arg = "ID|NAME",
		.accepts = "the name, id or unique prefix of a running container, such as 'web'",
		.help = "one container, by its name, its id or a unique prefix",
		.apply = apply_container,
	}, {
		.group = GROUP_TARGET, .letter = 'g', .name = "cgroup", .arg = "PATH",
		.accepts = "the path of a cgroup without '..', such as "
			   "/sys/fs/cgroup/system.slice",
		.help = "one cgroup and all below it",
		.apply = apply_cgroup,
	}, {
		.group = GROUP_TARGET, .letter = 'p', .name = "pid", .arg = "PID",
		.accepts = "the number of a running process, such as 1234",
		.help = "the cgroup that process PID is in and all below it",
		.apply = apply_pid,
	}, {
		.group = GROUP_LIMIT, .name = "set-max", .arg = "SIZE",
		.accepts = "a size of at least a page, such as '512M', or 'max'",
		.help = "set it to SIZE; after --ramp, if that is given too",
		.apply = apply_set_max,
	}, {
		.group = GROUP_LIMIT, .name = "ramp", .arg = "FROM:TO:STEP@INTERVAL",
		.accepts = "two sizes, a step in bytes or percent, and a time, such as "
			   "'512M:20M:-32M@2s' or 'now:20M:-10%@1s'",
		.help = "change it step by step, such as 512M:20M:-32M@2s or now:20M:-10%@1s",
		.apply = apply_ramp,
	}, {
		.group = GROUP_LIMIT, .name = "find-min",
		.help = "find the smallest memory.max that the target can live with, by memory.high, so "
			"that nothing is killed",
		.apply = apply_find_min,
	}, {
		.group = GROUP_LIMIT, .name = "hold", .arg = "TIME",
		.accepts = "a time above 0 with its unit, such as '10s'",
		.help = "how long --find-min watches each limit that may do (default: 10s)",
		.apply = apply_hold,
	}, {
		.group = GROUP_LIMIT, .name = "restore",
		.help = "put the old limit back at the end, however oomtrace ends (default)",
		.apply = apply_restore,
	}, {
		.group = GROUP_LIMIT, .name = "keep",
		.help = "leave the last limit",
		.apply = apply_keep,
	}, {
		.group = GROUP_OUTPUT, .letter = 'o', .name = "output", .arg = "text|json",
		.accepts = "'text' or 'json', for example '--output json'",
		.help = "text for people (default) or JSON Lines for programs, on stdout",
		.apply = apply_output,
	}, {
		.group = GROUP_STOP, .name = "duration", .arg = "TIME",
		.accepts = "a time above 0 with its unit, such as '500ms', '30s' or '5m'",
		.help = "after TIME, such as 500ms, 30s or 5m",
		.apply = apply_duration,
	}, {
		.group = GROUP_STOP, .name = "until-exit",
		.help = "when the target's last process is gone (default with --container)",
		.apply = apply_until_exit,
	}, {
		.group = GROUP_OTHER, .name = "dry-run",
		.help = "say what would be traced and how, and exit",
		.apply = apply_dry_run,
	}, {
		.group = GROUP_OTHER, .name = "ring-size", .arg = "SIZE",
		.accepts = "a power of two from 4K to 256M, and at least a page, such as '4M'",
		.help = "buffer between the kernel and oomtrace: a power of two and a multiple of "
			"the page size, 4K to 256M (default: 1M)",
		.apply = apply_ring_size,
	}, {
		.group = GROUP_OTHER, .letter = 'v', .name = "verbose",
		.help = "say more on stderr about what is being done",
		.apply = apply_verbose,
	}, {
		.group = GROUP_OTHER, .letter = 'V', .name = "version",
		.help = "print the versions of oomtrace and libbpf, and exit",
		.apply = apply_version,
	}, {
		.group = GROUP_OTHER, .letter = 'h', .name = "help",
		.help = "print this help, and exit",
		.apply = apply_help,
	}, {
		.group = GROUP_OTHER, .name = "force-kprobes", .hidden = true,
		.help = "attach by kprobes although BTF programs would work",
		.apply = apply_force_kprobes,
	},
};

static const struct option_spec *spec__by_letter(int letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++)
		if (specs[i].letter && specs[i].letter == letter)
			return &specs[i];
	return NULL;
}

static const struct option_spec *spec__by_name(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++)
		if (strlen(specs[i].name) == len && !memcmp(specs[i].name, name, len))
			return &specs[i];
	return NULL;
}

static const struct option_spec *spec__by_getopt(int value)
{
	if (value >= LONG_BASE && (size_t)(value - LONG_BASE) < ARRAY_SIZE(specs))
		return &specs[value - LONG_BASE];
	return spec__by_letter(value);
}

/* --- help --- */

static int positive_int(const char *s)
{
	char *end;
	long value;

	if (!s || !isdigit((unsigned char)*s))
		return 0;
	value = strtol(s, &end, 10);
	return *end || value > 100000 ? 0 : (int)value;
}

static int help__width(FILE *out)
{
	int width = positive_int(getenv("COLUMNS"));
	struct winsize ws;

	if (!width && ioctl(fileno(out), TIOCGWINSZ, &ws) == 0)
		width = ws.ws_col;
	if (!width)
		width = WIDTH_DEFAULT;
	return width < WIDTH_MIN ? WIDTH_MIN : width > WIDTH_MAX ? WIDTH_MAX : width;
}

/* Prints words from column on; lines after the first start at indent. */
static void help__wrap(FILE *out, const char *text, int column, int indent, int width)
{
	bool first = true;

	for (;;) {
		int len = (int)strcspn(text, " ");

		if (!first && column + 1 + len > width) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
		} else if (!first) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", len, text);
		column += len;
		first = false;
		if (!text[len])
			break;
		text += len + 1;
	}
	fputc('\n', out);
}

static void help__option(FILE *out, const struct option_spec *spec, int width)
{
	bool narrow = width < 2 * HELP_COLUMN;
	int indent = narrow ? HELP_COLUMN_NARROW : HELP_COLUMN;
	char letter[] = "    ";
	int used;

	if (spec->letter)
		snprintf(letter, sizeof(letter), "-%c, ", spec->letter);
	used = fprintf(out, "  %s--%s%s%s", letter, spec->name, spec->arg ? " " : "",
		       spec->arg ? spec->arg : "");
	if (narrow || used + 2 > indent)
		fprintf(out, "\n%*s", indent, "");
	else
		fprintf(out, "%*s", indent - used, "");
	help__wrap(out, spec->help, indent, indent, width);
}

static int apply_help(struct parse *p, const char *arg)
{
	FILE *out = p->help_out;
	int width = help__width(out);

	(void)arg;
	fputs("Usage: oomtrace [OPTION]...\n", out);
	help__wrap(out, "Says who the kernel's OOM killer killed, by which limit, and what "
		   "became of the container.", 0, 0, width);
	for (int group = 0; group < GROUP_COUNT; group++) {
		fputc('\n', out);
		help__wrap(out, group_titles[group], 0, 2, width);
		for (size_t i = 0; i < ARRAY_SIZE(specs); i++)
			if ((int)specs[i].group == group && !specs[i].hidden)
				help__option(out, &specs[i], width);
	}
	fputc('\n', out);
	help__wrap(out, "Exit status: 0 done; 1 runtime failure; 2 usage; 3 this kernel or these "
		   "privileges cannot do it; 4 done, but events were lost.", 0, 2, width);
	p->printed = true;
	return 0;
}

/* --- errors --- */

/* A user's string, made safe for the terminal and short enough for one line. */
static const char *shown(char buf[static SHOWN_SIZE], const char *s)
{
	size_t len = strnlen(s, SHOWN_MAX + 1);
	bool cut = len > SHOWN_MAX;

	if (cut) {
		len = SHOWN_MAX;
		while (len && ((unsigned char)s[len] & 0xc0) == 0x80)
			len--;	/* not in the middle of a UTF-8 character */
	}
	escape__terminal(buf, SHOWN_SIZE - 3, s, len);
	if (cut)
		strcat(buf, "...");
	return buf;
}

/* Every error is "oomtrace: ...\n" and this. */
static enum options_result usage(const struct parse *p)
{
	fputs("Try 'oomtrace --help'.\n", p->err);
	return OPTIONS_USAGE;
}

static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[NAME_MAX_LEN + 1];

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[b_len];
}

/* The option that a misspelt name most likely means, or NULL if none is close. */
static const struct option_spec *spec__nearest(const char *name, size_t len)
{
	const struct option_spec *nearest = NULL;
	size_t best = len / 3 > 1 ? len / 3 + 1 : 2;

	if (len < 2 || len > NAME_MAX_LEN)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		size_t distance;

		if (specs[i].hidden)
			continue;
		distance = edit_distance(name, len, specs[i].name, strlen(specs[i].name));
		if (distance < best) {
			best = distance;
			nearest = &specs[i];
		}
	}
	return nearest;
}

/* getopt tells neither why it refused a long option nor which: look again. */
static enum options_result error_long(const struct parse *p, const char *word)
{
	const char *name = word + 2;	/* past "--" */
	size_t len = strcspn(name, "=");
	const struct option_spec *nearest;
	const char *separator = ": ";
	char buf[SHOWN_SIZE];
	size_t candidates = 0;

	for (size_t i = 0; len && i < ARRAY_SIZE(specs); i++)
		candidates += !strncmp(specs[i].name, name, len);
	if (candidates > 1) {
		fprintf(p->err, "oomtrace: option '%s' is ambiguous", shown(buf, word));
		for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
			if (strncmp(specs[i].name, name, len))
				continue;
			fprintf(p->err, "%s--%s", separator, specs[i].name);
			separator = ", ";
		}
		fputc('\n', p->err);
		return usage(p);
	}

	nearest = spec__nearest(name, len);
	fprintf(p->err, "oomtrace: unknown option '%s'", shown(buf, word));
	if (nearest)
		fprintf(p->err, "; did you mean '--%s'?", nearest->name);
	fputc('\n', p->err);
	return usage(p);
}

static enum options_result error_letter(const struct parse *p, int letter)
{
	const char text[] = { '-', (char)letter, '\0' };
	const struct option_spec *other;
	char buf[SHOWN_SIZE];

	letter = (unsigned char)letter;
	other = spec__by_letter(islower(letter) ? toupper(letter) : tolower(letter));
	fprintf(p->err, "oomtrace: unknown option '%s'", shown(buf, text));
	if (other)
		fprintf(p->err, "; did you mean '-%c' (--%s)?", other->letter, other->name);
	fputc('\n', p->err);
	return usage(p);
}

static enum options_result error_getopt(const struct parse *p, char **argv)
{
	if (!optopt)
		return error_long(p, argv[optind - 1]);
	if (optopt >= LONG_BASE) {
		fprintf(p->err, "oomtrace: option '--%s' takes no value\n",
			spec__by_getopt(optopt)->name);
		return usage(p);
	}
	return error_letter(p, optopt);
}

static enum options_result error_missing(const struct parse *p, const struct option_spec *spec)
{
	fprintf(p->err, "oomtrace: option '--%s' needs a value: %s\n", spec->name, spec->accepts);
	return usage(p);
}

static enum options_result error_value(const struct parse *p, const struct option_spec *spec,
				       const char *arg, int error)
{
	char buf[SHOWN_SIZE];

	fprintf(p->err, "oomtrace: --%s: '%s' is %s; it takes %s\n", spec->name, shown(buf, arg),
		error == -ERANGE ? "out of range" : "not valid", spec->accepts);
	return usage(p);
}

static enum options_result error_second_target(const struct parse *p,
					       const struct option_spec *spec)
{
	if (spec == p->target)
		fprintf(p->err, "oomtrace: --%s is given twice; one run traces one target, or "
			"every kill on the machine if none is given\n", spec->name);
	else
		fprintf(p->err, "oomtrace: --%s and --%s exclude each other; give one target, for "
			"example only '--%s %s'\n", p->target->name, spec->name, p->target->name,
			p->target->arg);
	return usage(p);
}

/* Which target option an argument without one was probably meant for, or NULL. */
static const char *guess_target(const char *arg)
{
	size_t len = strlen(arg);

	if (arg[0] == '/')
		return has_dot_dot(arg) ? NULL : "cgroup";
	if (len && len <= 7 && strspn(arg, "0123456789") == len)	/* pids are up to 2^22 */
		return "pid";
	if (!isalnum((unsigned char)arg[0]))
		return NULL;
	for (; *arg; arg++)
		if (!isalnum((unsigned char)*arg) && !strchr("_.-", *arg))
			return NULL;
	return "container";
}

static enum options_result error_extra(const struct parse *p, const char *arg)
{
	const char *guess = p->target ? NULL : guess_target(arg);
	char buf[SHOWN_SIZE];

	fprintf(p->err, "oomtrace: unexpected argument '%s'", shown(buf, arg));
	if (guess)
		fprintf(p->err, "; did you mean '--%s %s'?\n", guess, buf);
	else
		fputs("; oomtrace takes options only\n", p->err);
	return usage(p);
}

/* --- parsing --- */

static bool is_option_word(const char *arg)
{
	if (arg[0] != '-' || !arg[1])
		return false;
	return arg[1] == '-' || (!arg[2] && spec__by_letter(arg[1]));
}

static enum options_result apply(struct parse *p, const struct option_spec *spec, char *arg)
{
	bool is_target = spec->group == GROUP_TARGET;
	int ret;

	/* "--container --dry-run": getopt would trace a container called --dry-run. */
	if (spec->arg && is_option_word(arg))
		return error_missing(p, spec);
	if (is_target && p->target)
		return error_second_target(p, spec);
	ret = spec->apply(p, arg);
	if (ret)
		return error_value(p, spec, arg, ret);
	if (is_target)
		p->target = spec;
	return p->printed ? OPTIONS_EXIT_OK : OPTIONS_RUN;
}

/* "-container web" is "-c ontainer" and a stray "web" to getopt: refuse it by its name. */
static enum options_result check_single_dash(const struct parse *p, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		const struct option_spec *spec;

		if (argv[i][0] != '-')
			continue;
		spec = spec__by_name(argv[i] + 1, strcspn(argv[i] + 1, "="));
		if (!spec)
			continue;
		fprintf(p->err, "oomtrace: unknown option '-%s'; did you mean '--%s'?\n",
			spec->name, spec->name);
		return usage(p);
	}
	return OPTIONS_RUN;
}

static void build_getopt_tables(char *letters, struct option *longs)
{
	*letters++ = ':';	/* tell a missing argument from an unknown option */
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		longs[i] = (struct option){
			.name = specs[i].name,
			.has_arg = specs[i].arg ? required_argument : no_argument,
			.val = LONG_BASE + (int)i,
		};
		if (!specs[i].letter)
			continue;
		*letters++ = specs[i].letter;
		if (specs[i].arg)
			*letters++ = ':';
	}
	*letters = '\0';
	longs[ARRAY_SIZE(specs)] = (struct option){ 0 };
}

static enum options_result parse_words(struct parse *p, int argc, char **argv)
{
	struct option longs[ARRAY_SIZE(specs) + 1];
	char letters[2 * ARRAY_SIZE(specs) + 2];
	int value;

	build_getopt_tables(letters, longs);
	opterr = 0;
	optind = 0;	/* not 1: glibc and musl then forget a parse before this one */
	while ((value = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		enum options_result result;

		if (value == ':')
			return error_missing(p, spec__by_getopt(optopt));
		if (value == '?')
			return error_getopt(p, argv);
		result = apply(p, spec__by_getopt(value), optarg);
		if (result != OPTIONS_RUN)
			return result;
	}
	if (optind < argc)
		return error_extra(p, argv[optind]);
	return OPTIONS_RUN;
}

static enum options_result check_limits(const struct parse *p)
{
	bool changes = p->opts.has_set_max || p->opts.has_ramp;

	if (p->opts.find_min && !p->target)
		fputs("oomtrace: --find-min needs a target: --container, --cgroup or --pid, for example "
		      "'--container web --find-min'\n", p->err);
	else if (p->opts.find_min && (changes || p->opts.dry_run || p->opts.keep || p->restore ||
				      p->opts.output == OPTIONS_OUTPUT_JSON))
		fputs("oomtrace: --find-min goes with a target and --hold only: it changes and restores "
		      "memory.high by itself, and prints text\n", p->err);
	else if (p->opts.hold_ns && !p->opts.find_min)
		fputs("oomtrace: --hold says how long --find-min watches each limit: add --find-min\n",
		      p->err);
	else if (changes && !p->target)
		fputs("oomtrace: --set-max and --ramp need a target whose memory.max to change: "
		      "--container, --cgroup or --pid, for example '--container web --set-max 256M'\n",
		      p->err);
	else if (!changes && (p->opts.keep || p->restore))
		fputs("oomtrace: --keep and --restore say what becomes of a limit that --set-max or --ramp "
		      "has changed: neither is given\n", p->err);
	else if (p->opts.keep && p->restore)
		fputs("oomtrace: --keep and --restore contradict each other\n", p->err);
	else
		return OPTIONS_RUN;
	return usage(p);
}

enum options_result options__parse(int argc, char **argv, struct options *out, FILE *help_out,
				   FILE *err)
{
	struct parse p = {
		.opts = { .ring_bytes = OPTIONS_RING_BYTES_DEFAULT },
		.help_out = help_out,
		.err = err,
	};
	enum options_result result;

	result = check_single_dash(&p, argc, argv);
	if (result == OPTIONS_RUN)
		result = parse_words(&p, argc, argv);
	if (result != OPTIONS_RUN)
		return result;
	if (p.opts.until_exit && !p.target) {
		fputs("oomtrace: --until-exit needs a target whose end to wait for: --container, "
		      "--cgroup or --pid, for example '--until-exit --pid 1234'\n", err);
		return usage(&p);
	}
	if (check_limits(&p) != OPTIONS_RUN)
		return OPTIONS_USAGE;
	if (!p.opts.hold_ns)
		p.opts.hold_ns = OPTIONS_HOLD_NS_DEFAULT;
	*out = p.opts;
	return OPTIONS_RUN;
}
