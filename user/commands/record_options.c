// SPDX-License-Identifier: GPL-2.0-only
#include "commands/record_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "jsonl/dated_name.h"

#define FILES_MAX 9999

int record_options__file(void *ctx, const char *arg)
{
	struct trace_options *opts = ctx;

	if (!*arg)
		return -EINVAL;
	opts->record = arg;
	return 0;
}

int record_options__size(void *ctx, const char *arg)
{
	struct trace_options *opts = ctx;
	int ret = units__parse_size(arg, &opts->record_bytes);

	/* Up to what the kernel takes for a file's size. */
	if (!ret && (opts->record_bytes < TRACE_OPTIONS_RECORD_BYTES_MIN || opts->record_bytes > INT64_MAX))
		return -ERANGE;
	return ret;
}

int record_options__keep_files(void *ctx, const char *arg)
{
	struct trace_options *opts = ctx;
	size_t digits = strspn(arg, "0123456789");
	unsigned long count;

	if (!digits || arg[digits])
		return -EINVAL;
	count = strtoul(arg, NULL, 10);
	if (digits > 9 || !count || count > FILES_MAX)
		return -ERANGE;
	opts->keep_files = (uint32_t)count;
	return 0;
}

bool record_options__check(const struct trace_options *opts, FILE *err)
{
	if (opts->record_bytes && !opts->record)
		fputs("oomtrace: --record-size needs --record FILE: it says how large FILE may grow\n", err);
	else if (opts->record_bytes && !strcmp(opts->record, "-"))
		fputs("oomtrace: --record-size needs a file, and '--record -' is stdout\n", err);
	else if (opts->record && (opts->find_min || opts->dry_run))
		fputs("oomtrace: --record goes with a trace, not with --find-min or --dry-run\n", err);
	else if (opts->keep_files && (!opts->record || !dated_name__has_date(opts->record)))
		fputs("oomtrace: --keep-files needs --record with a date in the file's name, of %Y, %m, %d, %H, %M and "
		      "%S, for example '--record oom-%Y-%m-%d.jsonl'\n",
		      err);
	else
		return true;
	return false;
}
