/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A command line as a table: it parses, explains errors and prints the help. What the options mean
 * is their owners' (trace_options.c, report_options.c).
 */
#ifndef OOMTRACE_OPTION_TABLE_H
#define OOMTRACE_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define OPTION_TABLE_STOP 1 /* from apply: something was printed, the command line is done */

struct option_table_spec {
	const char *name;
	const char *arg;     /* as help shows it; NULL: takes none */
	const char *accepts; /* what the argument is, with an example: ends error lines */
	const char *help;
	/* Takes the argument (NULL without one): 0, -EINVAL (malformed), -ERANGE or OPTION_TABLE_STOP.
	   NULL: prints the help. */
	int (*apply)(void *ctx, const char *arg);
	int group;
	char letter;   /* 0: none */
	bool hidden;   /* for tests: not in --help */
	bool optional; /* it takes an argument behind "=", which help doesn't show */
	bool repeats;  /* each time it is given adds to those before */
	/* Of a table that a configuration uses, too. */
	bool command_line;    /* not in a configuration */
	const char *standard; /* what holds without it; NULL: nothing */
};

/* An option that there isn't, and what to give instead. */
struct option_table_other {
	const char *name, *instead;
};

/* A command beside this one. */
struct option_table_command {
	const char *name;
	const char *help; /* a line for the list of them; NULL: it isn't in it */
};

struct option_table {
	const char *command;  /* "oomtrace" or "oomtrace report" */
	const char *operands; /* as help shows them; NULL: there are none */
	const char *summary;  /* what it does, a sentence */
	const char *epilogue; /* ends the help */
	const struct option_table_spec *specs;
	size_t count;
	const char *const *group_titles;
	int groups;
	int exclusive; /* a group of which one option can be given, and once, but for those that repeat; -1: none */
	/* Says what an operand was perhaps meant for, an option's name; NULL: nothing. Optional. */
	const char *(*guess)(const char *operand);
	const struct option_table_command *
		subcommands; /* ended by a NULL name; NULL: none. Help lists them, and an operand may misspell one */
	const char *
		file_command; /* of the subcommands, the one that an operand is for that is a file; NULL: none */
	const struct option_table_other *others; /* ended by a NULL name; NULL: none */
};

enum option_table_result {
	OPTION_TABLE_RUN,   /* go on with the options */
	OPTION_TABLE_DONE,  /* --help or --version was printed: exit with EXIT_DONE */
	OPTION_TABLE_USAGE, /* what is wrong was printed: exit with EXIT_USAGE */
};

struct option_table_parse {
	const struct option_table *table;
	void *ctx; /* for apply */
	FILE *help_out, *err;
	/* Called for each option that was applied; NULL: nobody wants to know. */
	void (*note)(void *note_ctx, const struct option_table_spec *spec, const char *arg);
	void *note_ctx;
	const struct option_table_spec *chosen; /* of the exclusive group, or NULL */
	char **operands;			/* what is left of argv, NULL-terminated */
};

/*
 * argv is permuted (getopt). Help goes to help_out, at most one error to err, with the user's
 * strings escaped. Not thread-safe, as getopt isn't.
 */
enum option_table_result option_table__parse(struct option_table_parse *p, int argc, char **argv);

/* The option of that name. NULL: there is none. */
const struct option_table_spec *option_table__find(const struct option_table *table, const char *name);

/* The option that a misspelt name most likely means. NULL: none is close. */
const struct option_table_spec *option_table__nearest(const struct option_table *table, const char *name);

/* Says where help is. Every error line is followed by it. Returns OPTION_TABLE_USAGE. */
enum option_table_result option_table__hint(const struct option_table_parse *p);

#endif
