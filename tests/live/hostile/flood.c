// SPDX-License-Identifier: GPL-2.0-only
/*
 * A neighbour who floods, until it is killed.
 *
 *   flood writes FILE UID     writes two limits into FILE, in turn, as the user of that number
 *   flood kmsg                writes lines into the kernel's log
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT_A_TIME \
	8 /* lines for each time that the log is opened: the kernel takes ten, and then none for seconds */

static int flood_limits(const char *path, int uid)
{
	static const char *const limits[] = { "100M", "101M" };
	unsigned int i = 0;
	int fd = -1;

	if (!setgid(uid) && !setuid(uid))
		fd = open(path, O_WRONLY | O_CLOEXEC);
	while (pwrite(fd, limits[i % 2], strlen(limits[0]), 0) > 0)
		i++;
	perror(path);
	return 1;
}

static int flood_log(void)
{
	unsigned int i = 0;
	char line[64];
	int fd;

	while ((fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC)) >= 0) {
		for (int k = 0; k < AT_A_TIME; k++) {
			/* Not dprintf(): there are no places in that file to seek. */
			int len = snprintf(line, sizeof(line), "<3>flood: round %u, line %d", i, k);

			if (write(fd, line, len) != len) {
				perror("/dev/kmsg");
				return 1;
			}
		}
		close(fd);
		i++;
	}
	perror("/dev/kmsg");
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "writes"))
		return flood_limits(argv[2], atoi(argv[3]));
	return argc == 2 && !strcmp(argv[1], "kmsg") ? flood_log() : 2;
}
