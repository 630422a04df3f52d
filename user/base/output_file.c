// SPDX-License-Identifier: GPL-2.0-only
#include "base/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/array.h"

#define ANOTHER "remove it, or give another name"
#define NEW_FLAGS (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY)

struct reason {
	char *text;
	size_t size;
};

static int refuse(const struct reason *why, int err, const char *text)
{
	snprintf(why->text, why->size, "%s", text);
	return -err;
}

static int refuse_errno(const struct reason *why, const char *what, int err)
{
	snprintf(why->text, why->size, "%s: %s", what, strerror(err));
	return -err;
}

/* ---- descriptors and devices ---- */

/* The descriptor that a path names, or -1. */
static int named_descriptor(const char *path)
{
	static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };

	if (!strcmp(path, "/dev/stdout"))
		return STDOUT_FILENO;
	if (!strcmp(path, "/dev/stderr"))
		return STDERR_FILENO;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		size_t len = strlen(folders[i]);
		unsigned long number;
		char *end;

		if (strncmp(path, folders[i], len) || path[len] < '0' || path[len] > '9')
			continue;
		number = strtoul(path + len, &end, 10);
		return !*end && number <= INT_MAX ? (int)number : -1;
	}
	return -1;
}

/* Opens a descriptor that oomtrace was started with. oomtrace's own ones are closed by exec. */
static int open_descriptor(struct output_file *file, int number, const struct reason *why)
{
	int flags = fcntl(number, F_GETFD), mode = fcntl(number, F_GETFL);

	if (flags < 0 || (flags & FD_CLOEXEC))
		return refuse(why, EBADF, "is no descriptor that oomtrace was started with");
	if ((mode & O_ACCMODE) == O_RDONLY || (mode & O_PATH))
		return refuse(why, EBADF, "isn't open for writing");
	file->fd = fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return file->fd < 0 ? refuse_errno(why, "can't be written", errno) : 0;
}

/* Devices that harm nobody, by their numbers: a container may make others, of disks too, in a folder of its own. */
static bool is_harmless_device(const struct stat *st)
{
	static const unsigned int minors_of_memory[] = { 3 /* null */, 5 /* zero */, 7 /* full */ };

	if (!S_ISCHR(st->st_mode))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(minors_of_memory); i++) {
		if (st->st_rdev == makedev(1, minors_of_memory[i]))
			return true;
	}
	return st->st_rdev == makedev(5, 0); /* tty */
}

/* ---- what is there already ---- */

static int refuse_kind(const struct stat *st, const struct reason *why)
{
	if (S_ISLNK(st->st_mode))
		return refuse(
			why, ELOOP,
			"is a link, which somebody else may have made, and oomtrace doesn't write through "
			"links: remove it, or give the name of the file itself");
	if (S_ISDIR(st->st_mode))
		return refuse(why, EISDIR, "is a folder: give the name of a file in it");
	if (S_ISFIFO(st->st_mode))
		return refuse(why, ENXIO,
			      "is a named pipe, not a file: give a new name, or write to a process by "
			      ">(COMMAND) or /dev/stdout");
	return refuse(why, ENXIO, "is a device or a socket, not a file: give a new name");
}

/* Whether the file that is there may be written or replaced. Looks at the file's kind and owner only. */
static int check_there(const struct stat *st, const struct reason *why)
{
	if (!S_ISREG(st->st_mode))
		return refuse_kind(st, why);
	if (st->st_uid != geteuid()) {
		snprintf(why->text, why->size, "belongs to user %u, and oomtrace runs as user %u: " ANOTHER,
			 st->st_uid, geteuid());
		return -EPERM;
	}
	if (st->st_nlink != 1) {
		snprintf(why->text, why->size, "has %ju names (hard links): " ANOTHER,
			 (uintmax_t)st->st_nlink);
		return -EMLINK;
	}
	return 0;
}

static int check_empty(const struct stat *st, const struct reason *why)
{
	int err = check_there(st, why);

	if (!err && st->st_size)
		return refuse(why, EEXIST, "is there already and isn't empty: " ANOTHER);
	return err;
}

/* Looked at before it is opened, because opening alone does something to a device, and after, because it may change. */
static int open_there(struct output_file *file, const struct stat *before, const struct reason *why)
{
	bool device = is_harmless_device(before);
	int err = device ? 0 : check_empty(before, why);
	struct stat st;

	if (err)
		return err;
	file->fd = openat(file->folder_fd, file->name,
			  O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (file->fd < 0 || fstat(file->fd, &st))
		return refuse_errno(why, "can't be written", errno);
	err = device && is_harmless_device(&st) ? 0 : check_empty(&st, why);
	if (!err && fcntl(file->fd, F_SETFL, 0))
		err = refuse_errno(why, "can't be written", errno);
	return err;
}

/* ---- opening ---- */

static int open_folder(struct output_file *file, const char *path, const struct reason *why)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char *folder;

	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return refuse(why, EISDIR, "is a folder: give the name of a file in it");
	if (strlen(name) > NAME_MAX)
		return refuse_errno(why, "can't be written", ENAMETOOLONG);
	strcpy(file->name, name);
	if (!slash)
		folder = strdup(".");
	else
		folder = slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
	if (!folder)
		return refuse_errno(why, "can't be written", ENOMEM);
	file->folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	return file->folder_fd < 0 ? refuse_errno(why, "is in a folder that can't be opened", errno) : 0;
}

static int open_file(struct output_file *file, const struct reason *why)
{
	struct stat st;

	file->fd = openat(file->folder_fd, file->name, NEW_FLAGS, 0600);
	if (file->fd >= 0)
		return 0;
	if (errno != EEXIST || fstatat(file->folder_fd, file->name, &st, AT_SYMLINK_NOFOLLOW))
		return refuse_errno(why, "can't be written", errno);
	return open_there(file, &st, why);
}

static void start(struct output_file *file)
{
	file->fd = file->folder_fd = -1;
	file->name[0] = file->beside[0] = '\0';
}

static int finish(struct output_file *file, int err)
{
	if (!err)
		return 0;
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	output_file__close(file);
	return err;
}

static int open_with(struct output_file *file, const char *path, const struct reason *why,
		     int (*open_named)(struct output_file *file, const struct reason *why))
{
	int number = named_descriptor(path), err;

	start(file);
	if (number >= 0)
		return finish(file, open_descriptor(file, number, why));
	err = open_folder(file, path, why);
	if (!err)
		err = open_named(file, why);
	return finish(file, err);
}

int output_file__open(struct output_file *file, const char *path, char *why, size_t size)
{
	return open_with(file, path, &(struct reason){ why, size }, open_file);
}

/* ---- beside ---- */

/* What a signal takes away: async-signal-safe, and there is one at a time. */
static struct output_file *unpublished;

static void remove_unpublished(int signal_number)
{
	if (unpublished)
		unlinkat(unpublished->folder_fd, unpublished->beside, 0);
	raise(signal_number); /* SA_RESETHAND: ends us */
}

static void handle_signals(struct output_file *file)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = remove_unpublished, .sa_flags = SA_RESETHAND }, old;

	unpublished = file;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		if (!sigaction(signals[i], NULL, &old) && old.sa_handler == SIG_DFL)
			sigaction(signals[i], &action, NULL);
	}
}

bool output_file__is_recording(int folder_fd, const char *name)
{
	static const char begin[] = "{\"type\":"; /* so begins no report */
	char bytes[sizeof(begin) - 1];
	int fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	ssize_t got = fd < 0 ? -1 : pread(fd, bytes, sizeof(bytes), 0);

	if (fd >= 0)
		close(fd);
	return got == (ssize_t)sizeof(bytes) && !memcmp(bytes, begin, sizeof(bytes));
}

static int create_beside(struct output_file *file, mode_t mode, const struct reason *why)
{
	uint64_t number;

	do {
		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			return refuse_errno(why, "can't be written", errno);
		snprintf(file->beside, sizeof(file->beside), ".oomtrace-%016" PRIx64, number);
		file->fd = openat(file->folder_fd, file->beside, NEW_FLAGS, 0600);
	} while (file->fd < 0 && errno == EEXIST);
	if (file->fd < 0) {
		file->beside[0] = '\0';
		return refuse_errno(why, "can't be replaced; a new file in its folder", errno);
	}
	handle_signals(file);
	return fchmod(file->fd, mode) ? refuse_errno(why, "can't be written", errno) : 0;
}

static int open_beside(struct output_file *file, const struct reason *why)
{
	mode_t mode = 0600;
	struct stat st;
	int err;

	if (!fstatat(file->folder_fd, file->name, &st, AT_SYMLINK_NOFOLLOW)) {
		if (is_harmless_device(&st))
			return open_there(file, &st, why);
		err = check_there(&st, why);
		if (err)
			return err;
		if (output_file__is_recording(file->folder_fd, file->name))
			return refuse(why, EEXIST, "is a recording: give another name");
		mode = st.st_mode & 0666;
	} else if (errno != ENOENT) {
		return refuse_errno(why, "can't be written", errno);
	}
	return create_beside(file, mode, why);
}

int output_file__open_beside(struct output_file *file, const char *path, char *why, size_t size)
{
	return open_with(file, path, &(struct reason){ why, size }, open_beside);
}

int output_file__publish(struct output_file *file)
{
	if (!file->beside[0])
		return 0;
	if (renameat(file->folder_fd, file->beside, file->folder_fd, file->name))
		return -errno;
	unpublished = NULL;
	file->beside[0] = '\0';
	return 0;
}

/* ---- afterwards ---- */

int output_file__rotate(struct output_file *file, const char *old_name)
{
	struct stat ours, there;
	int fd;

	if (fstat(file->fd, &ours) || fstatat(file->folder_fd, file->name, &there, AT_SYMLINK_NOFOLLOW))
		return -errno;
	if (ours.st_dev != there.st_dev || ours.st_ino != there.st_ino)
		return -ESTALE;
	if (renameat(file->folder_fd, file->name, file->folder_fd, old_name))
		return -errno;
	fd = openat(file->folder_fd, file->name, NEW_FLAGS, 0600);
	if (fd < 0)
		return -errno;
	file->fd = fd;
	return 0;
}

int output_file__next(struct output_file *file, const char *name)
{
	int fd = openat(file->folder_fd, name, NEW_FLAGS, 0600);

	if (fd < 0)
		return -errno;
	file->fd = fd;
	snprintf(file->name, sizeof(file->name), "%s", name);
	return 0;
}

bool output_file__may_rotate(const struct output_file *file)
{
	struct stat st;
	mode_t bit;

	if (file->folder_fd < 0 || fstat(file->folder_fd, &st))
		return false;
	bit = st.st_uid == geteuid() ? S_IWUSR : st.st_gid == getegid() ? S_IWGRP : S_IWOTH;
	return st.st_mode & bit;
}

void output_file__close(struct output_file *file)
{
	if (file->beside[0]) {
		unpublished = NULL;
		unlinkat(file->folder_fd, file->beside, 0);
		file->beside[0] = '\0';
	}
	if (file->folder_fd >= 0)
		close(file->folder_fd);
	file->folder_fd = -1;
}
