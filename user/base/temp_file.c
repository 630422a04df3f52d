// SPDX-License-Identifier: GPL-2.0-only
#include "base/temp_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/stream.h"

const char *temp_file__folder(void)
{
	const char *wish = secure_getenv("TMPDIR");

	if (wish && *wish)
		return wish;
	return access("/var/tmp", W_OK) ? "/tmp" : "/var/tmp";
}

static int open_named(const char *folder)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s/oomtrace-XXXXXX", folder) < 0)
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	free(path);
	return fd;
}

FILE *temp_file__new(void)
{
	const char *folder = temp_file__folder();
	int fd = open(folder, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);

	/* Of a file system that can't: EOPNOTSUPP, of a kernel, EISDIR. */
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR))
		fd = open_named(folder);
	return fd < 0 ? NULL : stream__new(fd, "w+");
}
