// SPDX-License-Identifier: GPL-2.0-only
#include "commands/old_limit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/units.h"

/* As one word of a shell's command, within quotes: whoever may make cgroups chooses their names. */
static void print_quoted(const char *name)
{
	for (const char *at = escape__shown(name); *at; at++) {
		if (*at == '\'')
			fputs("'\\''", stderr);
		else
			fputc(*at, stderr);
	}
}

static void print_command(const struct cgroup__hierarchy *h, const struct target *target, const char *inner,
			  const char *file, uint64_t bytes)
{
	if (bytes == UINT64_MAX)
		fputs("  echo max > '", stderr);
	else
		fprintf(stderr, "  echo %" PRIu64 " > '", bytes);
	print_quoted(h->mount);
	print_quoted(target->cgroup);
	fprintf(stderr, "%s/%s'\n", inner, file);
}

/* The one below, too, where both are changed. */
static void print_commands(const struct cgroup__hierarchy *h, const struct target *target, const char *file,
			   const struct guard *guard, uint64_t bytes)
{
	print_command(h, target, "", file, bytes);
	if (guard__has_inner(guard))
		print_command(h, target, "/" GUARD__INNER, file, bytes);
}

void old_limit__tell(const struct cgroup__hierarchy *h, const struct target *target, const char *file,
		     const struct guard *guard)
{
	uint64_t bytes = guard__old_bytes(guard);
	char size[UNITS__TEXT_SIZE];

	fprintf(stderr, "oomtrace: %s is %s now. oomtrace puts it back at its end. By hand:\n", file,
		units__format_size(size, sizeof(size), bytes));
	print_commands(h, target, file, guard, bytes);
}

void old_limit__warn_left_over(const struct cgroup__hierarchy *h, const struct target *target,
			       const char *file, const struct guard *guard)
{
	char size[UNITS__TEXT_SIZE];
	uint64_t bytes;

	if (!guard__left_over(guard, &bytes))
		return;
	fprintf(stderr,
		"oomtrace: warning: an earlier oomtrace changed %s here, and was killed before it could put it "
		"back. It was %s before. Unless somebody has set it since, this puts that back:\n",
		file, units__format_size(size, sizeof(size), bytes));
	print_commands(h, target, file, guard, bytes);
}
