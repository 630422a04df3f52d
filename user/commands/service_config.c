// SPDX-License-Identifier: GPL-2.0-only
#include "commands/service_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/escape.h"
#include "service/config_files.h"

#define SHOWN_MAX 80

/* An option as it was given, by a line or on the command line. */
struct given {
	const struct option_table_spec *spec;
	const char *value;
	const struct config_files_line *line; /* NULL: of the command line */
};

struct service_config {
	const struct option_table *table;
	struct config_files files;
	struct given *given; /* room for one more than there are */
	size_t count;
};

/* ---- lines ---- */

static void tell_wrong(void *ctx, const char *file, unsigned int line, const char *what)
{
	FILE *err = ctx;

	if (line)
		fprintf(err, "oomtrace: %s:%u: %s.\n", escape__shown(file), line, what);
	else
		fprintf(err, "oomtrace: %s %s.\n", escape__shown(file), what);
}

/* A later line stands in its place. */
static bool is_replaced(const struct config_files *files, size_t at, bool repeats)
{
	for (size_t i = at + 1; i < files->count; i++) {
		if (!strcmp(files->lines[i].key, files->lines[at].key) &&
		    (!repeats || !*files->lines[i].value))
			return true;
	}
	return false;
}

/* Returns 1 (yes), 0 (no) or -EINVAL. */
static int switch_value(const char *value)
{
	static const char *const yes[] = { "yes", "true", "on", "1" }, *const no[] = { "no", "false", "off",
										       "0" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (!strcmp(value, yes[i]))
			return 1;
		if (!strcmp(value, no[i]))
			return 0;
	}
	return -EINVAL;
}

static int apply_value(const struct option_table_spec *spec, void *ctx, const char *value)
{
	int is_on;

	if (spec->arg)
		return spec->apply(ctx, value);
	is_on = switch_value(value);
	return is_on > 0 ? spec->apply(ctx, NULL) : is_on;
}

static bool tell_unknown(const struct option_table *table, const struct config_files_line *line, FILE *err)
{
	const struct option_table_spec *nearest = option_table__nearest(table, line->key);

	fprintf(err, "oomtrace: %s:%u: unknown option '%s'", escape__shown(line->file), line->number,
		escape__shown_cut(line->key, SHOWN_MAX));
	if (nearest && nearest->apply && !nearest->command_line)
		fprintf(err, "; did you mean '%s'?\n", nearest->name);
	else
		fputs("; 'oomtrace service --check' lists those that there are\n", err);
	return false;
}

static bool tell_value(const struct option_table_spec *spec, const struct config_files_line *line, int error,
		       FILE *err)
{
	fprintf(err, "oomtrace: %s:%u: %s: '%s' is %s; it takes %s\n", escape__shown(line->file),
		line->number, spec->name, escape__shown_cut(line->value, SHOWN_MAX),
		error == -ERANGE ? "out of range" : "not valid", spec->arg ? spec->accepts : "'yes' or 'no'");
	return false;
}

/* Returns whether the line is right. */
static bool apply_line(struct service_config *c, const struct config_files_line *line, bool replaced,
		       void *ctx, FILE *err)
{
	const struct option_table_spec *spec = option_table__find(c->table, line->key);
	int ret;

	if (!spec || !spec->apply || spec->command_line || spec->hidden)
		return tell_unknown(c->table, line, err);
	/* An empty value: as if nothing had been said until then. */
	if (!*line->value)
		return true;
	ret = apply_value(spec, ctx, line->value);
	if (ret)
		return tell_value(spec, line, ret, err);
	if (!replaced)
		c->given[c->count++] = (struct given){ spec, line->value, line };
	return true;
}

int service_config__apply(const char *root, const struct option_table *table, void *ctx, void *scratch,
			  FILE *err, struct service_config **out)
{
	struct service_config *c = calloc(1, sizeof(*c));
	size_t wrong;

	if (!c || config_files__read(root, tell_wrong, err, &c->files)) {
		free(c);
		return -ENOMEM;
	}
	c->table = table;
	c->given = calloc(c->files.count + 1, sizeof(*c->given));
	if (!c->given) {
		service_config__free(c);
		return -ENOMEM;
	}
	wrong = c->files.wrong;
	for (size_t i = 0; i < c->files.count; i++) {
		const struct option_table_spec *spec = option_table__find(table, c->files.lines[i].key);
		bool replaced = is_replaced(&c->files, i, spec && spec->repeats);

		wrong += !apply_line(c, &c->files.lines[i], replaced, replaced ? scratch : ctx, err);
	}
	*out = c;
	return (int)wrong;
}

/* ---- the command line ---- */

void service_config__note(void *config, const struct option_table_spec *spec, const char *arg)
{
	struct service_config *c = config;
	struct given *given;

	/* --check prints a little less without memory. */
	given = realloc(c->given, (c->count + 2) * sizeof(*given));
	if (!given)
		return;
	c->given = given;
	if (!spec->repeats) {
		size_t kept = 0;

		for (size_t i = 0; i < c->count; i++) {
			if (given[i].spec != spec)
				given[kept++] = given[i];
		}
		c->count = kept;
	}
	given[c->count++] = (struct given){ spec, arg ? arg : "yes", NULL };
}

/* ---- printing ---- */

static void print_given(const struct given *given, FILE *out)
{
	if (given->line)
		fprintf(out, "# %s:%u\n", escape__shown(given->line->file), given->line->number);
	else
		fputs("# the command line\n", out);
	fprintf(out, "%s = %s\n", given->spec->name, escape__shown(given->value));
}

static void print_spec(const struct service_config *c, const struct option_table_spec *spec, FILE *out)
{
	bool is_given = false;

	for (size_t i = 0; i < c->count; i++) {
		if (c->given[i].spec != spec)
			continue;
		print_given(&c->given[i], out);
		is_given = true;
	}
	if (is_given)
		return;
	if (spec->standard)
		fprintf(out, "# the default\n#%s = %s\n", spec->name, spec->standard);
	else
		fprintf(out, "# not set\n#%s =%s\n", spec->name, spec->arg ? "" : " no");
}

void service_config__print(const struct service_config *config, FILE *out)
{
	for (size_t i = 0; i < config->table->count; i++) {
		const struct option_table_spec *spec = &config->table->specs[i];

		if (spec->apply && !spec->command_line && !spec->hidden)
			print_spec(config, spec, out);
	}
}

void service_config__free(struct service_config *config)
{
	if (!config)
		return;
	config_files__free(&config->files);
	free(config->given);
	free(config);
}
