// SPDX-License-Identifier: GPL-2.0-only
/*
 * writes COUNT FILE VALUE...: writes the values into FILE, one after the other, COUNT times in all.
 * writes COUNT FILE: reads FILE as often, and does nothing with it.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long count = argc > 2 ? atol(argv[1]) : 0;
	bool writes = argc > 3;
	char text[64];
	int fd;

	if (!count)
		return 2;
	fd = open(argv[2], writes ? O_WRONLY : O_RDONLY);
	for (long i = 0; i < count; i++) {
		const char *value = writes ? argv[3 + i % (argc - 3)] : "";

		if (writes ? pwrite(fd, value, strlen(value), 0) < 0
			   : pread(fd, text, sizeof(text), 0) <= 0) {
			perror(argv[2]);
			return 1;
		}
	}
	return 0;
}
