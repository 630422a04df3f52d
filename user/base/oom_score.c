// SPDX-License-Identifier: GPL-2.0-only
#include "base/oom_score.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_NAME "/proc/self/oom_score_adj"

int oom_score__set(int value)
{
	int fd = open(FILE_NAME, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (dprintf(fd, "%d", value) < 0)
		err = -errno;
	close(fd);
	return err;
}

static int present(void)
{
	char text[16] = "";
	int fd = open(FILE_NAME, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	return len > 0 ? atoi(text) : OOM_SCORE__NEUTRAL;
}

void oom_score__protect(void)
{
	int value = present();

	if (value > OOM_SCORE__LATE && oom_score__set(OOM_SCORE__LATE) && value > OOM_SCORE__NEUTRAL)
		oom_score__set(OOM_SCORE__NEUTRAL);
}
