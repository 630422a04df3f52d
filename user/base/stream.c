// SPDX-License-Identifier: GPL-2.0-only
#include "base/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct stream {
	FILE *file;
	int fd;
	int error; /* the first one, a negative errno; 0: none */
	struct stream *next;
};

/* A handful; oomtrace has one thread. */
static struct stream *streams;

static void keep_error(struct stream *s)
{
	if (!s->error)
		s->error = -errno;
}

/* All or an error: stdio takes a short write for one. */
static ssize_t write_all(void *cookie, const char *bytes, size_t size)
{
	struct stream *s = cookie;
	size_t done = 0;

	while (done < size) {
		ssize_t written = write(s->fd, bytes + done, size - done);

		if (written >= 0) {
			done += (size_t)written;
		} else if (errno != EINTR) {
			keep_error(s);
			return 0; /* fopencookie(3): an error is 0 */
		}
	}
	return (ssize_t)done;
}

static ssize_t read_some(void *cookie, char *bytes, size_t size)
{
	struct stream *s = cookie;
	ssize_t got;

	do
		got = read(s->fd, bytes, size);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		keep_error(s);
	return got;
}

static int seek(void *cookie, off64_t *offset, int whence)
{
	struct stream *s = cookie;
	off64_t position = lseek(s->fd, *offset, whence);

	if (position < 0)
		return -1;
	*offset = position;
	return 0;
}

static int close_stream(void *cookie)
{
	struct stream *s = cookie, **link = &streams;
	int result = close(s->fd);

	while (*link != s)
		link = &(*link)->next;
	*link = s->next;
	free(s);
	return result;
}

FILE *stream__new(int fd, const char *mode)
{
	cookie_io_functions_t functions = {
		.read = read_some, .write = write_all, .seek = seek, .close = close_stream
	};
	struct stream *s = malloc(sizeof(*s));
	int err;

	if (s) {
		*s = (struct stream){ .fd = fd, .next = streams };
		s->file = fopencookie(s, mode, functions);
		if (s->file) {
			streams = s;
			return s->file;
		}
	}
	err = errno;
	free(s);
	close(fd);
	errno = err;
	return NULL;
}

int stream__error(FILE *stream)
{
	if (!ferror(stream))
		return 0;
	for (const struct stream *s = streams; s; s = s->next) {
		if (s->file == stream && s->error)
			return s->error;
	}
	return -EIO;
}

int stream__flush(FILE *stream)
{
	errno = 0;
	if (fflush(stream) && stream__error(stream) == -EIO && errno)
		return -errno; /* a stream of another kind, which failed just now */
	return stream__error(stream);
}

int stream__close(FILE *stream)
{
	int err = stream ? stream__flush(stream) : 0;

	if (stream && fclose(stream) && !err)
		err = -errno;
	return err;
}

void stream__set_up_standard(void)
{
	FILE *out;

	/* From the lowest on: what is opened takes the lowest number that is free. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || open("/dev/null", O_RDWR) == fd)
			continue;
		/* No /dev here: what can neither be read nor written. */
		if (open("/", O_PATH | O_DIRECTORY) != fd)
			abort();
	}
	out = stream__new(STDOUT_FILENO, "w");
	if (!out)
		abort(); /* without memory for it, there is none for anything */
	if (isatty(STDOUT_FILENO))
		setvbuf(out, NULL, _IOLBF, BUFSIZ);
	stdout = out;
}
