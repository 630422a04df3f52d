// SPDX-License-Identifier: GPL-2.0-only
#include "trace/messages.h"

#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>

static bool verbose;

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	/* Candidates that fail are no error of ours: one level less than libbpf thinks. */
	if (!verbose || level == LIBBPF_DEBUG)
		return 0;
	return vfprintf(stderr, format, args);
}

void messages__set_verbose(bool on)
{
	verbose = on;
	libbpf_set_print(print_libbpf);
}

void messages__remark(const char *format, ...)
{
	va_list args;

	if (!verbose)
		return;
	va_start(args, format);
	fputs("oomtrace: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}
