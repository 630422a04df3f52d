// SPDX-License-Identifier: GPL-2.0-only
#include "terminal/progress.h"

#include <inttypes.h>

#include "base/escape.h"
#include "base/units.h"

#define EVERY_NS 200000000ULL
#define NAME_BYTES 40
#define ERASE "\r\033[K"

void progress__begin(struct progress *progress, FILE *out, const char *name, uint64_t total_bytes,
		     uint64_t now_ns)
{
	*progress =
		(struct progress){ .out = out, .name = name, .total_bytes = total_bytes, .begun_ns = now_ns };
}

void progress__at(struct progress *progress, uint64_t bytes, uint64_t now_ns)
{
	char size[UNITS__TEXT_SIZE];

	if (!progress->out || now_ns - progress->begun_ns < PROGRESS__AFTER_NS)
		return;
	if (progress->is_shown && now_ns - progress->shown_ns < EVERY_NS)
		return;
	progress->is_shown = true;
	progress->shown_ns = now_ns;
	fprintf(progress->out, ERASE "reading %s: ", escape__shown_cut(progress->name, NAME_BYTES));
	/* A file that grows meanwhile has more than its size was. */
	if (progress->total_bytes && bytes <= progress->total_bytes)
		fprintf(progress->out, "%" PRIu64 " %% of %s",
			(uint64_t)((double)bytes * 100 / (double)progress->total_bytes),
			units__format_size(size, sizeof(size), progress->total_bytes));
	else
		fputs(units__format_size(size, sizeof(size), bytes), progress->out);
	fflush(progress->out);
}

void progress__end(struct progress *progress)
{
	if (!progress->is_shown)
		return;
	fputs(ERASE, progress->out);
	fflush(progress->out);
	progress->is_shown = false;
}
