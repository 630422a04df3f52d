// SPDX-License-Identifier: GPL-2.0-only
#include "commands/report_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kmsg/reader.h"
#include "kmsg/records.h"

#define BUFFER_SIZE (256U << 10)

struct report_log {
	struct kmsg_records records;
	struct kmsg_reader *reader;
	bool used;
	int sink_error;
	char buffer[BUFFER_SIZE];
};

struct report_log *report_log__new(struct sink *sink)
{
	struct report_log *log = calloc(1, sizeof(*log));
	struct kmsg_handlers handlers = { kmsg_records__incident, kmsg_records__killer,
					  log ? &log->records : NULL };

	if (!log)
		return NULL;
	log->records.sink = sink;
	log->reader = kmsg_reader__new(&handlers);
	if (!log->reader) {
		free(log);
		return NULL;
	}
	return log;
}

void report_log__free(struct report_log *log)
{
	if (!log)
		return;
	kmsg_reader__free(log->reader);
	free(log);
}

bool report_log__is_recording(const char *data, size_t len)
{
	const char *end;

	while (len && (*data == '\n' || *data == '\r' || *data == ' ' || *data == '\t')) {
		data++;
		len--;
	}
	if (!len)
		return true; /* an empty one */
	end = memchr(data, '\n', len);
	if (end)
		len = (size_t)(end - data);
	return *data == '{' && memmem(data, len, "\"type\":", strlen("\"type\":")) &&
	       !memmem(data, len, "\"MESSAGE\"", strlen("\"MESSAGE\""));
}

static bool begins_with(const char *data, size_t len, const char *magic)
{
	return len >= strlen(magic) && !memcmp(data, magic, strlen(magic));
}

/* Text of Windows: what PowerShell writes for "kubectl ... > FILE". */
static bool is_utf16(const char *data, size_t len)
{
	return begins_with(data, len, "\xff\xfe");
}

/* A crash may leave blocks of NULs in a log, and a serial line some noise. */
bool report_log__is_binary(const char *data, size_t len)
{
	size_t control = 0;

	if (begins_with(data, len, "\177ELF") || begins_with(data, len, "LPKSHHRH"))
		return true;
	for (size_t i = 0; i < len && !is_utf16(data, len); i++)
		control += (unsigned char)data[i] < ' ' && data[i] && !strchr("\t\n\r\033\f\b", data[i]);
	return control > len / 16;
}

/* Keeps what is ASCII, in place; *odd says whether a byte's first half was the last one. Returns the length. */
static size_t narrow(char *data, size_t len, bool *odd)
{
	size_t out = 0;

	for (size_t i = 0; i < len; i++) {
		if (*odd && data[i] && out)
			data[out - 1] = '?';
		if (!*odd)
			data[out++] = data[i];
		*odd = !*odd;
	}
	return out;
}

int report_log__read(struct report_log *log, struct input *input, const char *name)
{
	bool begun = false, utf16 = false, odd = false;
	ssize_t got;

	log->used = true;
	kmsg_reader__begin_file(log->reader, name);
	while ((got = input__read(input, log->buffer, sizeof(log->buffer))) > 0) {
		size_t len = (size_t)got;

		utf16 |= !begun && is_utf16(log->buffer, len);
		if (utf16)
			len = narrow(log->buffer, len, &odd);
		/* Without the mark of its order, of which a half is left. */
		if (utf16 && !begun)
			memmove(log->buffer, log->buffer + 1, --len);
		begun = true;
		log->sink_error = kmsg_reader__feed(log->reader, log->buffer, len);
		if (log->sink_error)
			return 0;
	}
	if (!got)
		log->sink_error = kmsg_reader__end_file(log->reader);
	return (int)got;
}

/* One record of the kernel's a read; -EPIPE: the next ones were overwritten before they were read. */
static int read_device(struct report_log *log, int fd)
{
	for (;;) {
		ssize_t got = read(fd, log->buffer, sizeof(log->buffer));

		if (got < 0 && (errno == EINTR || errno == EPIPE))
			continue;
		if (got < 0)
			return errno == EAGAIN ? 0 : -errno;
		if (!got)
			return 0;
		log->sink_error = kmsg_reader__feed(log->reader, log->buffer, (size_t)got);
		if (log->sink_error)
			return 0;
	}
}

/* Starts the journal's own reader, which checks what its caller may see. Returns the pipe's end, or -1. */
static int open_journal(pid_t *child)
{
	static const char path[] = "/usr/bin/journalctl";
	char *const argv[] = { (char *)"journalctl", (char *)"-k",   (char *)"-q", (char *)"--no-pager",
			       (char *)"-o",	     (char *)"json", NULL };
	posix_spawn_file_actions_t actions;
	int fds[2], err;

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	err = posix_spawn_file_actions_init(&actions);
	if (!err) {
		err = posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
		if (!err)
			err = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY,
							       0);
		if (!err)
			err = posix_spawn(child, path, &actions, NULL, argv, environ);
		posix_spawn_file_actions_destroy(&actions);
	}
	close(fds[1]);
	if (!err)
		return fds[0];
	close(fds[0]);
	return -1;
}

int report_log__read_journal(struct report_log *log)
{
	struct input *input;
	const char *data;
	pid_t child;
	int fd = open_journal(&child), err = -ENOENT;

	if (fd < 0)
		return err;
	input = input__new(fd);
	if (input && input__peek(input, &data) > 0)
		err = report_log__read(log, input, "the journal");
	input__free(input);
	close(fd);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return err;
}

int report_log__read_own(struct report_log *log)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	log->used = true;
	kmsg_reader__begin_file(log->reader, "/dev/kmsg");
	err = read_device(log, fd);
	close(fd);
	if (!err && !log->sink_error)
		log->sink_error = kmsg_reader__end_file(log->reader);
	return err;
}

int report_log__finish(struct report_log *log)
{
	int err;

	if (!log->used)
		return 0;
	err = kmsg_reader__finish(log->reader);
	return err ? err : kmsg_records__finish(&log->records);
}

bool report_log__is_used(const struct report_log *log)
{
	return log->used;
}

int report_log__sink_error(const struct report_log *log)
{
	return log->sink_error;
}

void report_log__tell_nothing(const struct report_log *log)
{
	uint64_t lines = log->used ? kmsg_reader__lines(log->reader) : 0;

	if (!log->used || log->records.ooms)
		return;
	fprintf(stderr,
		"oomtrace: %" PRIu64 " line%s of kernel log read, and no OOM of the kernel found.%s\n", lines,
		lines == 1 ? "" : "s",
		kmsg_reader__has_stamps(log->reader)
			? ""
			: "\nNo stamp of the kernel's was found, which most logs have before each line. Is it the right file?");
}
