// SPDX-License-Identifier: GPL-2.0-only
#include "commands/list.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/exit_codes.h"
#include "base/stream.h"
#include "base/temp_file.h"
#include "base/units.h"
#include "commands/confine.h"
#include "commands/no_store.h"
#include "commands/option_table.h"
#include "commands/recordings.h"
#include "containers/unit.h"
#include "jsonl/member.h"
#include "jsonl/write.h"
#include "output/text_parts.h"
#include "output/wrap.h"
#include "record/time.h"
#include "service/entry.h"
#include "service/store_folder.h"
#include "terminal/console.h"

struct options {
	bool json, local_time;
	enum colour_when colour;
	int64_t since_ns, until_ns; /* wall clock */
};

struct listed {
	char *file; /* its path */
	struct entry entry;
};

struct list {
	struct options opts;
	const char *who; /* NULL: all */
	struct listed *all;
	size_t count, room;
	size_t read;	      /* recordings */
	int unfinished, left; /* incidents that are no recordings yet */
	bool named;	      /* not the store: files and folders that were named */
	bool failed;
};

/* ---- options ---- */

enum group { GROUP_OUTPUT, GROUP_FILTER, GROUP_OTHER, GROUP_COUNT };

static const char *const group_titles[GROUP_COUNT] = {
	[GROUP_OUTPUT] = "Output:",
	[GROUP_FILTER] = "What to list (default: all):",
	[GROUP_OTHER] = "Other:",
};

static int apply_output(void *ctx, const char *arg)
{
	struct options *opts = ctx;

	opts->json = !strcmp(arg, "json");
	return opts->json || !strcmp(arg, "text") ? 0 : -EINVAL;
}

static int apply_colour(void *ctx, const char *arg)
{
	return colour__parse(arg, &((struct options *)ctx)->colour);
}

static int apply_time(void *ctx, const char *arg)
{
	return colour__parse_zone(arg, &((struct options *)ctx)->local_time);
}

/* A time, or how long ago. */
static int parse_time(const char *arg, int64_t *wall_ns)
{
	uint64_t ago_ns;
	int err;

	if (!record_time__parse(arg, wall_ns))
		return 0;
	err = units__parse_duration(arg, &ago_ns);
	if (!err && ago_ns > INT64_MAX)
		return -ERANGE;
	*wall_ns = record_time__now().wall_ns - (int64_t)ago_ns;
	return err;
}

static int apply_since(void *ctx, const char *arg)
{
	return parse_time(arg, &((struct options *)ctx)->since_ns);
}

static int apply_until(void *ctx, const char *arg)
{
	return parse_time(arg, &((struct options *)ctx)->until_ns);
}

#define TIME_ACCEPTED "a time such as '2026-11-23T20:16:55Z' or '2h' (two hours ago)"

static const struct option_table_spec specs[] = {
	{
		.group = GROUP_OUTPUT,
		.name = "output",
		.arg = "FORMAT",
		.accepts = "'text' or 'json'",
		.help = "text: a line each (default); json: an object each",
		.apply = apply_output,
	},
	{
		.group = GROUP_OUTPUT,
		.name = "color",
		.arg = "WHEN",
		.accepts = "'auto', 'always' or 'never'",
		.help = "colours in text: auto (on a terminal; default), always or never",
		.apply = apply_colour,
	},
	{
		.group = GROUP_OUTPUT,
		.name = "time",
		.arg = "ZONE",
		.accepts = "'utc' or 'local'",
		.help = "times in text: utc (default), or local with this machine's offset",
		.apply = apply_time,
	},
	{
		.group = GROUP_FILTER,
		.name = "since",
		.arg = "TIME",
		.accepts = TIME_ACCEPTED,
		.help = "leave out what happened before TIME: 2026-11-23T20:16:55Z, or 2h (two hours ago)",
		.apply = apply_since,
	},
	{
		.group = GROUP_FILTER,
		.name = "until",
		.arg = "TIME",
		.accepts = TIME_ACCEPTED,
		.help = "leave out what happened after TIME",
		.apply = apply_until,
	},
	{
		.group = GROUP_OTHER,
		.letter = 'h',
		.name = "help",
		.help = "print this help, and exit",
	},
};

static const struct option_table table = {
	.command = "oomtrace list",
	.operands = "[DIR|FILE]... [NAME]",
	.summary =
		"Lists incidents, the newest last: those that 'oomtrace service' keeps in " STORE_FOLDER
		", or the recordings in each DIR and each FILE. With NAME only those of that container, "
		"unit or cgroup: a name, the beginning of an id, a path, or a pattern such as 'web-*'. 'oomtrace show' "
		"shows one of them.",
	.epilogue =
		"Exit status: 0 done, also when there are none; 1 a folder or file cannot be read; 2 wrong "
		"command line.",
	.specs = specs,
	.count = ARRAY_SIZE(specs),
	.group_titles = group_titles,
	.groups = GROUP_COUNT,
	.exclusive = -1,
	.others = (const struct option_table_other[]){ { "store", "oomtrace list DIR" },
						       { "json", "--output json" },
						       { "format", "--output" },
						       {} },
};

/* ---- reading ---- */

static bool wanted(const struct list *list, const struct entry *e)
{
	return e->matches && e->wall_ns >= list->opts.since_ns && e->wall_ns <= list->opts.until_ns;
}

static int add(struct list *list, const char *path, const struct entry *entry)
{
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 64;
		struct listed *all = reallocarray(list->all, room, sizeof(*all));

		if (!all)
			return -ENOMEM;
		list->all = all;
		list->room = room;
	}
	list->all[list->count].file = strdup(path);
	if (!list->all[list->count].file)
		return -ENOMEM;
	list->all[list->count++].entry = *entry;
	return 0;
}

static void take_entry(void *ctx, int i, const char *path, struct entry *entry)
{
	struct list *list = ctx;
	int err = 0;
	bool kept = wanted(list, entry);

	(void)i;
	list->read++;
	if (kept)
		err = add(list, path, entry);
	if (!kept || err)
		entry__free(entry);
	if (!err)
		return;
	list->failed = true;
	recordings__complain(path, err);
}

static void read_folder(struct list *list, const char *folder)
{
	struct recordings recordings;
	int err = recordings__open(&recordings, folder), left;

	if (!err) {
		list->unfinished += store_folder__unfinished(recordings.folder_fd, &left);
		list->left += left;
		list->failed = !recordings__each(&recordings, list->who, take_entry, list) || list->failed;
		recordings__close(&recordings);
		return;
	}
	list->failed = true;
	no_store__tell(folder, err, "list");
}

static int by_order(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;

	if (x->entry.order_ns != y->entry.order_ns)
		return x->entry.order_ns < y->entry.order_ns ? -1 : 1;
	return strcmp(x->file, y->file);
}

/* ---- printing ---- */

static void put_unit(struct json_object *o, const struct entry *e)
{
	char name[ENTRY_NAME_SIZE];
	struct unit unit;

	if (e->runtime[0] || !unit__of(e->whose, &unit))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)unit.name.len, unit.name.start);
	member__text(o, "unit", name);
	if (unit.of_user)
		member__number(o, "uid", unit.user);
}

static void put_json(FILE *out, const struct listed *l)
{
	struct json_object *o = json_object_new_object();
	const struct entry *e = &l->entry;
	char time[64], *verdict = e->verdict ? strdup(e->verdict) : NULL;

	member__text(o, "file", l->file);
	member__text(o, "time", record_time__format(time, sizeof(time), e->wall_ns));
	member__text(o, "host", e->host[0] ? e->host : NULL);
	member__text(o, "runtime", e->runtime[0] ? e->runtime : NULL);
	member__text(o, "container", e->container[0] ? e->container : NULL);
	put_unit(o, e);
	member__text(o, "cgroup", e->cgroup);
	member__text(o, "cause", e->cause);
	member__number(o, "ooms", e->ooms);
	member__number(o, "kills", e->kills);
	member__number(o, "lost", e->lost);
	member__flag(o, "cut", e->cut);
	member__text(o, "verdict", verdict ? wrap__plain(verdict) : NULL);
	jsonl_write__put(out, o);
	json_object_put(o);
	free(verdict);
}

/* Names of machines, where there is more than one. */
static bool has_hosts(const struct list *list)
{
	for (size_t i = 1; i < list->count; i++) {
		if (strcmp(list->all[i].entry.host, list->all[0].entry.host))
			return true;
	}
	return false;
}

static void put_line(FILE *out, struct text_look look, const struct listed *l, bool host)
{
	const struct entry *e = &l->entry;
	char time[TEXT_PARTS_TIME_SIZE], zone[TEXT_PARTS_TIME_SIZE];

	text_parts__format_time(time, sizeof(time), look, e->wall_ns);
	text_parts__format_zone(zone, sizeof(zone), time);
	text_parts__style(out, look, STYLE_STRONG);
	/* To the second, as the file's name has it, by which 'show' finds it. */
	fprintf(out, "%.19s%s", time, strcmp(zone, "UTC") ? zone + strlen("UTC") : "Z");
	text_parts__style(out, look, STYLE_PLAIN);
	fprintf(out, "  %c", WRAP_HANG);
	if (host) {
		text_parts__name(out, e->host[0] ? e->host : "?");
		fputs(": ", out);
	}
	fputs(e->verdict ? e->verdict : "nothing", out);
	if (e->more)
		fprintf(out, " (and %" PRIu64 " more)", e->more);
	if (e->cut && e->ooms)
		fputs(" (the recording breaks off)", out);
	fputc('\n', out);
}

static int put_all(const struct list *list)
{
	struct text_look look = console__look(list->opts.colour);
	FILE *out = list->opts.json ? stdout : wrap__open(stdout, look);
	bool hosts = has_hosts(list);
	struct stat st;
	int err;

	if (!out)
		return -ENOMEM;
	look.local_time = list->opts.local_time;
	for (size_t i = 0; i < list->count; i++) {
		if (list->opts.json)
			put_json(out, &list->all[i]);
		else
			put_line(out, look, &list->all[i], hosts);
	}
	if (out != stdout && fclose(out))
		return -errno;
	err = stream__flush(stdout);
	if (!list->count && list->who && !stat(list->who, &st))
		fprintf(stderr,
			"oomtrace: the folder '%s' has no recording in it, and was taken for a name.\n",
			escape__shown(list->who));
	if (!list->count && !list->failed)
		fputs(list->read
			      ? "oomtrace: there is no such incident. Without NAME, --since and --until, all are listed.\n"
		      : list->named ? "oomtrace: there is no recording in what was named.\n"
				    : "oomtrace: no incident has been kept yet.\n",
		      stderr);
	if (!list->opts.json)
		recordings__tell_unfinished(list->unfinished, list->left);
	return err == -EPIPE ? 0 : err;
}

/* ---- the command ---- */

/* No container, unit or cgroup is called so: it is a path that doesn't exist, and is to be named. */
static bool is_path_only(const char *arg)
{
	size_t len = strlen(arg);
	const char *end = arg + len;

	return (len > 1 && end[-1] == '/') || !strncmp(arg, "./", 2) || !strncmp(arg, "../", 3) ||
	       (len > 6 && !strcmp(end - 6, ".jsonl")) || (len > 10 && !strcmp(end - 10, ".jsonl.zst"));
}

/*
 * What exists is a path. But a folder without recordings may be that of the program whose container or unit is meant, as
 * Compose has one for each.
 */
static bool is_path(const char *arg)
{
	struct dirent **names;
	struct stat st;
	int count;

	/* A link that leads nowhere is one, too. */
	if (stat(arg, &st))
		return is_path_only(arg) || !lstat(arg, &st);
	if (!S_ISDIR(st.st_mode) || strchr(arg, '/') || arg[0] == '.')
		return true;
	count = store_folder__scan(AT_FDCWD, arg, &names);
	for (int i = 0; i < count; i++)
		free(names[i]);
	if (count >= 0)
		free(names);
	return count != 0;
}

/* The operand that is no path. Returns false when there are two. */
static bool take_name(struct list *list, char **operands)
{
	for (char **arg = operands; *arg; arg++) {
		if (is_path(*arg))
			continue;
		if (list->who)
			return false;
		list->who = *arg;
	}
	return true;
}

/* Recordings are read with no more rights than that takes: they may be anybody's. */
static int read_all(struct list *list, char **operands)
{
	static char store[] = STORE_FOLDER;
	char *in_store[] = { store, NULL };
	bool any = false;
	int err;

	for (char **arg = operands; *arg; arg++)
		any = any || is_path(*arg);
	list->named = any;
	if (!any)
		operands = in_store;
	err = confine__report(operands, NULL, temp_file__folder(), false);
	if (err)
		return err;
	for (char **arg = operands; *arg; arg++) {
		struct stat st;

		if (!is_path(*arg) && any)
			continue;
		if (!any || (!stat(*arg, &st) && S_ISDIR(st.st_mode)))
			read_folder(list, *arg);
		else
			list->failed = !recordings__take_file(*arg, list->who, take_entry, list) ||
				       list->failed;
	}
	return 0;
}

int list__main(int argc, char **argv)
{
	struct list list = { .opts.until_ns = INT64_MAX };
	struct option_table_parse parse = {
		.table = &table, .ctx = &list.opts, .help_out = stdout, .err = stderr
	};
	int err;

	switch (option_table__parse(&parse, argc, argv)) {
	case OPTION_TABLE_USAGE:
		return EXIT_USAGE;
	case OPTION_TABLE_DONE:
		return stream__flush(stdout) ? EXIT_RUNTIME : EXIT_DONE;
	case OPTION_TABLE_RUN:
		break;
	}
	if (!take_name(&list, parse.operands)) {
		fputs("oomtrace: two of these are no files: one NAME can be given\n", stderr);
		option_table__hint(&parse);
		return EXIT_USAGE;
	}
	err = read_all(&list, parse.operands);
	if (list.count)
		qsort(list.all, list.count, sizeof(*list.all), by_order);
	if (!err)
		err = put_all(&list);
	for (size_t i = 0; i < list.count; i++) {
		free(list.all[i].file);
		entry__free(&list.all[i].entry);
	}
	free(list.all);
	if (err)
		fprintf(stderr, "oomtrace: %s.\n", strerror(-err));
	return err || list.failed ? EXIT_RUNTIME : EXIT_DONE;
}
