// SPDX-License-Identifier: GPL-2.0-only
#include "commands/option_table.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/nearest.h"

#define WIDTH_DEFAULT 80
#define WIDTH_MIN 40
#define WIDTH_MAX 100 /* longer lines are harder to read */
#define HELP_COLUMN 28
#define HELP_COLUMN_NARROW 8 /* the text starts a line of its own */
#define NAME_MAX_LEN 32	     /* no option's name is longer, nor is a typo of one */
#define SHOWN_MAX 80	     /* bytes of a user's string that an error line quotes */

/* getopt's value of a long option is LONG_BASE + its row, out of the way of the letters. */
#define LONG_BASE 256

static const struct option_table_spec *spec__by_letter(const struct option_table *t, int letter)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->specs[i].letter && t->specs[i].letter == letter)
			return &t->specs[i];
	return NULL;
}

static const struct option_table_spec *spec__by_name(const struct option_table *t, const char *name,
						     size_t len)
{
	for (size_t i = 0; i < t->count; i++)
		if (strlen(t->specs[i].name) == len && !memcmp(t->specs[i].name, name, len))
			return &t->specs[i];
	return NULL;
}

static const struct option_table_spec *spec__by_getopt(const struct option_table *t, int value)
{
	if (value >= LONG_BASE && (size_t)(value - LONG_BASE) < t->count)
		return &t->specs[value - LONG_BASE];
	return spec__by_letter(t, value);
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

	if (!width && ioctl(out == stdout ? STDOUT_FILENO : fileno(out), TIOCGWINSZ, &ws) == 0)
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

/* What is beside a name that has taken `used` columns. */
static void help__beside(FILE *out, int used, const char *text, int width)
{
	bool narrow = width < 2 * HELP_COLUMN;
	int indent = narrow ? HELP_COLUMN_NARROW : HELP_COLUMN;

	if (narrow || used + 2 > indent)
		fprintf(out, "\n%*s", indent, "");
	else
		fprintf(out, "%*s", indent - used, "");
	help__wrap(out, text, indent, indent, width);
}

static void help__option(FILE *out, const struct option_table_spec *spec, int width)
{
	char letter[] = "    ";
	int used;

	if (spec->letter)
		snprintf(letter, sizeof(letter), "-%c, ", spec->letter);
	used = fprintf(out, "  %s--%s%s%s", letter, spec->name, spec->arg ? " " : "",
		       spec->arg ? spec->arg : "");
	help__beside(out, used, spec->help, width);
}

static void help__commands(const struct option_table *t, FILE *out, int width)
{
	if (t->subcommands)
		fputs("\nOther commands, each with --help:\n", out);
	for (const struct option_table_command *c = t->subcommands; c && c->name; c++) {
		if (c->help)
			help__beside(out, fprintf(out, "  %s %s", t->command, c->name), c->help, width);
	}
}

static void help__print(const struct option_table_parse *p)
{
	FILE *out = p->help_out;
	int width = help__width(out);

	fprintf(out, "Usage: %s [OPTION]...%s%s\n", p->table->command, p->table->operands ? " " : "",
		p->table->operands ? p->table->operands : "");
	help__wrap(out, p->table->summary, 0, 0, width);
	help__commands(p->table, out, width);
	for (int group = 0; group < p->table->groups; group++) {
		fputc('\n', out);
		help__wrap(out, p->table->group_titles[group], 0, 2, width);
		for (size_t i = 0; i < p->table->count; i++)
			if (p->table->specs[i].group == group && !p->table->specs[i].hidden)
				help__option(out, &p->table->specs[i], width);
	}
	fputc('\n', out);
	help__wrap(out, p->table->epilogue, 0, 2, width);
}

/* --- errors --- */

enum option_table_result option_table__hint(const struct option_table_parse *p)
{
	fprintf(p->err, "Try '%s --help'.\n", p->table->command);
	return OPTION_TABLE_USAGE;
}

/* The option that a misspelt name most likely means, or NULL if none is close. */
static const struct option_table_spec *spec__nearest(const struct option_table *t, const char *name,
						     size_t len)
{
	const struct option_table_spec *nearest = NULL;
	size_t best = nearest__limit(len);

	if (len < 2 || len > NAME_MAX_LEN)
		return NULL;
	for (size_t i = 0; i < t->count; i++) {
		size_t distance;

		if (t->specs[i].hidden)
			continue;
		distance = nearest__distance(name, len, t->specs[i].name, strlen(t->specs[i].name));
		if (distance < best) {
			best = distance;
			nearest = &t->specs[i];
		}
	}
	return nearest;
}

const struct option_table_spec *option_table__find(const struct option_table *table, const char *name)
{
	return spec__by_name(table, name, strlen(name));
}

const struct option_table_spec *option_table__nearest(const struct option_table *table, const char *name)
{
	return spec__nearest(table, name, strlen(name));
}

/* What the table has for an option that another program would have. NULL: nothing. */
static const char *other_option(const struct option_table *t, const char *name, size_t len)
{
	for (const struct option_table_other *other = t->others; other && other->name; other++) {
		if (strlen(other->name) == len && !strncmp(other->name, name, len))
			return other->instead;
	}
	return NULL;
}

/* getopt tells neither why it refused a long option nor which: look again. */
static enum option_table_result error_long(const struct option_table_parse *p, const char *word)
{
	const char *name = word + 2; /* past "--" */
	size_t len = strcspn(name, "=");
	const struct option_table_spec *nearest;
	const char *separator = ": ", *instead;
	size_t candidates = 0;

	for (size_t i = 0; len && i < p->table->count; i++)
		candidates += !strncmp(p->table->specs[i].name, name, len);
	if (candidates > 1) {
		fprintf(p->err, "oomtrace: option '%s' is ambiguous", escape__shown_cut(word, SHOWN_MAX));
		for (size_t i = 0; i < p->table->count; i++) {
			if (strncmp(p->table->specs[i].name, name, len))
				continue;
			fprintf(p->err, "%s--%s", separator, p->table->specs[i].name);
			separator = ", ";
		}
		fputc('\n', p->err);
		return option_table__hint(p);
	}

	nearest = spec__nearest(p->table, name, len);
	instead = other_option(p->table, name, len);
	fprintf(p->err, "oomtrace: unknown option '%s'", escape__shown_cut(word, SHOWN_MAX));
	if (instead)
		fprintf(p->err, "; did you mean '%s'?", instead);
	else if (nearest)
		fprintf(p->err, "; did you mean '--%s'?", nearest->name);
	fputc('\n', p->err);
	return option_table__hint(p);
}

static enum option_table_result error_letter(const struct option_table_parse *p, int letter)
{
	const char text[] = { '-', (char)letter, '\0' };
	const struct option_table_spec *other;

	letter = (unsigned char)letter;
	other = spec__by_letter(p->table, islower(letter) ? toupper(letter) : tolower(letter));
	fprintf(p->err, "oomtrace: unknown option '%s'", escape__shown_cut(text, SHOWN_MAX));
	if (other)
		fprintf(p->err, "; did you mean '-%c' (--%s)?", other->letter, other->name);
	fputc('\n', p->err);
	return option_table__hint(p);
}

static enum option_table_result error_getopt(const struct option_table_parse *p, char **argv)
{
	if (!optopt)
		return error_long(p, argv[optind - 1]);
	if (optopt >= LONG_BASE) {
		fprintf(p->err, "oomtrace: option '--%s' takes no value\n",
			spec__by_getopt(p->table, optopt)->name);
		return option_table__hint(p);
	}
	return error_letter(p, optopt);
}

static enum option_table_result error_missing(const struct option_table_parse *p,
					      const struct option_table_spec *spec)
{
	fprintf(p->err, "oomtrace: option '--%s' needs a value: %s\n", spec->name, spec->accepts);
	return option_table__hint(p);
}

static enum option_table_result error_value(const struct option_table_parse *p,
					    const struct option_table_spec *spec, const char *arg, int error)
{
	fprintf(p->err, "oomtrace: --%s: '%s' is %s; it takes %s\n", spec->name,
		escape__shown_cut(arg, SHOWN_MAX), error == -ERANGE ? "out of range" : "not valid",
		spec->accepts);
	return option_table__hint(p);
}

static enum option_table_result error_second(const struct option_table_parse *p,
					     const struct option_table_spec *spec)
{
	if (spec == p->chosen)
		fprintf(p->err,
			"oomtrace: --%s is given twice; one run traces one target, or "
			"every kill on the machine if none is given\n",
			spec->name);
	else
		fprintf(p->err,
			"oomtrace: --%s and --%s exclude each other; give one target, for "
			"example only '--%s%s%s'\n",
			p->chosen->name, spec->name, p->chosen->name, p->chosen->arg ? " " : "",
			p->chosen->arg ? p->chosen->arg : "");
	return option_table__hint(p);
}

/* NULL: no command's name is near. */
static const char *nearest_command(const struct option_table *t, const char *arg)
{
	const char *nearest = NULL;
	size_t len = strlen(arg), best = nearest__limit(len);

	for (const struct option_table_command *c = t->subcommands; arg[0] != '-' && c && c->name; c++) {
		size_t distance = nearest__distance(arg, len, c->name, strlen(c->name));

		if (distance < best) {
			best = distance;
			nearest = c->name;
		}
	}
	return nearest;
}

static enum option_table_result error_extra(const struct option_table_parse *p, const char *arg)
{
	const char *guess = p->table->guess && !p->chosen ? p->table->guess(arg) : NULL;
	const char *quoted = escape__shown_cut(arg, SHOWN_MAX), *command = nearest_command(p->table, arg);
	struct stat st;

	fprintf(p->err, "oomtrace: unexpected argument '%s'", quoted);
	if (p->table->file_command && !stat(arg, &st) && S_ISREG(st.st_mode))
		fprintf(p->err, "; did you mean '%s %s %s'?\n", p->table->command, p->table->file_command,
			quoted);
	else if (command && guess)
		fprintf(p->err, "; did you mean '%s %s', or '--%s %s'?\n", p->table->command, command, guess,
			quoted);
	else if (command)
		fprintf(p->err, "; did you mean '%s %s'?\n", p->table->command, command);
	else if (guess)
		fprintf(p->err, "; did you mean '--%s %s'?\n", guess, quoted);
	else
		fprintf(p->err, "; %s takes options only\n", p->table->command);
	return option_table__hint(p);
}

/* --- parsing --- */

static bool is_option_word(const struct option_table_parse *p, const char *arg)
{
	if (arg[0] != '-' || !arg[1])
		return false;
	return arg[1] == '-' || (!arg[2] && spec__by_letter(p->table, arg[1]));
}

static enum option_table_result apply(struct option_table_parse *p, const struct option_table_spec *spec,
				      char *arg)
{
	bool exclusive = spec->group == p->table->exclusive;
	int ret;

	/* "--container --dry-run": getopt would trace a container called --dry-run. */
	if (arg && is_option_word(p, arg))
		return error_missing(p, spec);
	if (exclusive && p->chosen && !(spec->repeats && p->chosen->repeats))
		return error_second(p, spec);
	if (!spec->apply) {
		help__print(p);
		return OPTION_TABLE_DONE;
	}
	ret = spec->apply(p->ctx, arg);
	if (ret < 0)
		return error_value(p, spec, arg, ret);
	if (exclusive)
		p->chosen = spec;
	if (p->note)
		p->note(p->note_ctx, spec, arg);
	return ret == OPTION_TABLE_STOP ? OPTION_TABLE_DONE : OPTION_TABLE_RUN;
}

/* "-container web" is "-c ontainer" and a stray "web" to getopt: refuse it by its name. */
static enum option_table_result check_single_dash(const struct option_table_parse *p, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		const struct option_table_spec *spec;

		if (argv[i][0] != '-')
			continue;
		spec = spec__by_name(p->table, argv[i] + 1, strcspn(argv[i] + 1, "="));
		if (!spec)
			continue;
		fprintf(p->err, "oomtrace: unknown option '-%s'; did you mean '--%s'?\n", spec->name,
			spec->name);
		return option_table__hint(p);
	}
	return OPTION_TABLE_RUN;
}

static void build_getopt_tables(const struct option_table *t, char *letters, struct option *longs)
{
	*letters++ = ':'; /* tell a missing argument from an unknown option */
	for (size_t i = 0; i < t->count; i++) {
		longs[i] = (struct option){
			.name = t->specs[i].name,
			.has_arg = t->specs[i].optional ? optional_argument
				   : t->specs[i].arg	? required_argument
							: no_argument,
			.val = LONG_BASE + (int)i,
		};
		if (!t->specs[i].letter)
			continue;
		*letters++ = t->specs[i].letter;
		if (t->specs[i].arg)
			*letters++ = ':';
	}
	*letters = '\0';
	longs[t->count] = (struct option){ 0 };
}

static enum option_table_result parse_words(struct option_table_parse *p, int argc, char **argv)
{
	struct option longs[p->table->count + 1];
	char letters[2 * p->table->count + 2];
	int value;

	build_getopt_tables(p->table, letters, longs);
	opterr = 0;
	optind = 0; /* not 1: glibc and musl then forget a parse before this one */
	while ((value = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		enum option_table_result result;

		if (value == ':')
			return error_missing(p, spec__by_getopt(p->table, optopt));
		if (value == '?')
			return error_getopt(p, argv);
		result = apply(p, spec__by_getopt(p->table, value), optarg);
		if (result != OPTION_TABLE_RUN)
			return result;
	}
	p->operands = argv + optind;
	if (optind < argc && !p->table->operands)
		return error_extra(p, argv[optind]);
	return OPTION_TABLE_RUN;
}

enum option_table_result option_table__parse(struct option_table_parse *p, int argc, char **argv)
{
	enum option_table_result result = check_single_dash(p, argc, argv);

	return result == OPTION_TABLE_RUN ? parse_words(p, argc, argv) : result;
}
