// SPDX-License-Identifier: GPL-2.0-only
#include "host/preemption.h"

#include <stdio.h>
#include <string.h>

static bool file_has(const char *path, const char *word)
{
	FILE *file = fopen(path, "re");
	char text[4096] = "";
	size_t size = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	if (file)
		fclose(file);
	text[size] = '\0';
	return strstr(text, word);
}

bool preemption__is_full(void)
{
	return file_has("/sys/kernel/debug/sched/preempt", "(full)") ||
	       file_has("/proc/cmdline", "preempt=full") || file_has("/proc/version", " PREEMPT ") ||
	       file_has("/proc/version", " PREEMPT_RT");
}
