// SPDX-License-Identifier: GPL-2.0-only
/* hook FILE: what a hook can do first: it adds a line to FILE, CLOCK_BOOTTIME in nanoseconds. */
#include <stdio.h>
#include <time.h>

int main(int argc, char **argv)
{
	struct timespec now;
	FILE *file;

	clock_gettime(CLOCK_BOOTTIME, &now);
	file = argc == 2 ? fopen(argv[1], "ae") : NULL;
	if (!file)
		return 1;
	fprintf(file, "%lld\n", now.tv_sec * 1000000000LL + now.tv_nsec);
	return fclose(file) ? 1 : 0;
}
