// SPDX-License-Identifier: GPL-2.0-only
#include "service/incident_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/input.h"

#define PART STORE_FOLDER_PART
#define NAME_SIZE INCIDENT_FILE_NAME_SIZE
#define OUT_SIZE (16U << 10)
#define SAME_STEM_MAX 1000
#define LINE_BYTES_MAX (10U << 20) /* what a report reads */

static void part_name(char name[NAME_SIZE], const char *stem)
{
	snprintf(name, NAME_SIZE, ".%s" PART, stem);
}

/*
 * Who is in the folder's group reads it, whatever the umask; else it stays private. Its mode can't be changed afterwards:
 * the sandbox leaves nobody that right.
 */
static int make_part(int folder_fd, const char *name)
{
	const mode_t mask = umask(0137);
	int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	int err = fd < 0 ? -errno : 0;

	umask(mask);
	return err ? err : fd;
}

int incident_file__open(struct incident_file *f, int folder_fd, const char *stem)
{
	char name[NAME_SIZE];
	int err = -EEXIST;

	*f = (struct incident_file){ .folder_fd = folder_fd, .fd = -1, .zstd = ZSTD_createCCtx() };
	if (!f->zstd)
		return -ENOMEM;
	ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_checksumFlag, 1);
	/* 300 KiB of memory while it is open, where the defaults take 3.5 MiB for files that are 3 % smaller. */
	ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_compressionLevel, 1);
	ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_windowLog, 15);
	snprintf(f->stem, sizeof(f->stem), "%s", stem);
	/* Two cgroups may have the same name, and an OOM in the same second. */
	for (int n = 1; n < SAME_STEM_MAX; n++) {
		if (n > 1)
			snprintf(f->stem, sizeof(f->stem), "%s-%d", stem, n);
		part_name(name, f->stem);
		f->fd = make_part(folder_fd, name);
		if (f->fd >= 0)
			return 0;
		err = f->fd;
		f->fd = -1;
		if (err != -EEXIST)
			break;
	}
	ZSTD_freeCCtx(f->zstd);
	f->zstd = NULL;
	return err;
}

static int write_all(struct incident_file *f, const char *bytes, size_t size)
{
	while (size) {
		ssize_t put = write(f->fd, bytes, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		bytes += put;
		size -= (size_t)put;
		f->bytes += (uint64_t)put;
	}
	return 0;
}

static int pack(struct incident_file *f, const char *bytes, size_t size, ZSTD_EndDirective how)
{
	char buffer[OUT_SIZE];
	ZSTD_inBuffer in = { bytes, size, 0 };
	size_t left;

	if (f->err)
		return f->err;
	do {
		ZSTD_outBuffer out = { buffer, sizeof(buffer), 0 };

		left = ZSTD_compressStream2(f->zstd, &out, &in, how);
		f->err = ZSTD_isError(left) ? -EIO : write_all(f, buffer, out.pos);
	} while (!f->err && (how == ZSTD_e_continue ? in.pos < in.size : left > 0));
	if (!f->err && how != ZSTD_e_continue)
		f->whole = f->bytes;
	return f->err;
}

int incident_file__put(struct incident_file *f, const char *bytes, size_t size)
{
	return pack(f, bytes, size, ZSTD_e_continue);
}

int incident_file__flush(struct incident_file *f)
{
	return pack(f, NULL, 0, ZSTD_e_flush);
}

void incident_file__close(struct incident_file *f)
{
	char name[NAME_SIZE];

	if (f->fd >= 0) {
		part_name(name, f->stem);
		if (!f->whole)
			unlinkat(f->folder_fd, name, 0);
		else if (f->err && ftruncate(f->fd, (off_t)f->whole))
			f->whole = f->bytes; /* reading ends where it is damaged */
		close(f->fd);
	}
	f->fd = -1;
	ZSTD_freeCCtx(f->zstd);
	f->zstd = NULL;
}

static void set_time(const struct incident_file *f, const char *part)
{
	const struct timespec at = clock__timespec(f->order_ns), times[] = { { .tv_nsec = UTIME_OMIT }, at };

	/* Else it is the time of writing, which is right unless the clock was set. */
	if (f->order_ns)
		(void)utimensat(f->folder_fd, part, times, AT_SYMLINK_NOFOLLOW);
}

/* Two incidents may have begun in one second. */
static int give_name(const struct incident_file *f, char name[NAME_SIZE])
{
	char part[NAME_SIZE];

	part_name(part, f->stem);
	set_time(f, part);
	for (int n = 1; n < SAME_STEM_MAX; n++) {
		if (n == 1)
			snprintf(name, NAME_SIZE, "%s" STORE_FOLDER_ENDING, f->stem);
		else
			snprintf(name, NAME_SIZE, "%s-%d" STORE_FOLDER_ENDING, f->stem, n);
		if (!renameat2(f->folder_fd, part, f->folder_fd, name, RENAME_NOREPLACE))
			return 0;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

/* ---- after a crash ---- */

static int only_parts(const struct dirent *e)
{
	size_t len = strlen(e->d_name);

	return e->d_name[0] == '.' && len > sizeof(PART) && len < STORE_FOLDER_STEM_SIZE &&
	       !strcmp(e->d_name + len - strlen(PART), PART);
}

/* Copies whole lines only, of as much as an incident can have. Returns 0 or a negative errno of writing; a file that breaks off is what is expected. */
static int copy_lines(struct input *from, struct incident_file *to, bool *any)
{
	char buffer[OUT_SIZE], *line = NULL;
	size_t len = 0;
	ssize_t got;
	int err = 0;

	input__limit(from, STORE_FOLDER_INCIDENT_BYTES_MAX);
	while (!err && (got = input__read(from, buffer, sizeof(buffer))) > 0) {
		char *longer = realloc(line, len + (size_t)got), *end;

		if (!longer) {
			err = -ENOMEM;
			break;
		}
		line = longer;
		memcpy(line + len, buffer, (size_t)got);
		len += (size_t)got;
		end = memrchr(line, '\n', len);
		if (!end && len > LINE_BYTES_MAX)
			break;
		if (!end)
			continue;
		*any = true;
		err = incident_file__put(to, line, (size_t)(end + 1 - line));
		len -= (size_t)(end + 1 - line);
		memmove(line, end + 1, len);
	}
	free(line);
	return err;
}

#define COPY "recovered" /* a stem; until the copy is whole, what was left stays */

/*
 * Makes the copy of what there is, and leaves its name in `name`. Returns 0, with *any false when there is no line, or
 * a negative errno.
 */
static int copy_part(int folder_fd, int fd, bool *any, char name[NAME_SIZE])
{
	struct input *input = input__new(fd);
	struct incident_file copy;
	int err = input ? incident_file__open(&copy, folder_fd, COPY) : -ENOMEM;

	*name = '\0';
	if (!err)
		part_name(name, copy.stem);

	if (!err) {
		err = copy_lines(input, &copy, any);
		if (!err)
			err = pack(&copy, NULL, 0, ZSTD_e_end);
		incident_file__close(&copy);
	}
	input__free(input);
	return err;
}

/* The folder may have been one that others could write to. */
static int open_part(int folder_fd, const char *part)
{
	int fd = openat(folder_fd, part, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_nlink == 1)
		return fd;
	close(fd);
	return -EPERM;
}

static int recover(int folder_fd, const char *part, int64_t order_ns)
{
	struct incident_file f = { .folder_fd = folder_fd, .order_ns = order_ns };
	int fd = open_part(folder_fd, part), err;
	char name[NAME_SIZE], copy[NAME_SIZE];
	bool any = false;

	if (fd < 0)
		return fd;
	unlinkat(folder_fd, "." COPY PART, 0); /* of a start that was killed */
	err = copy_part(folder_fd, fd, &any, copy);
	close(fd);
	if (!err && any && renameat(folder_fd, copy, folder_fd, part))
		err = -errno;
	snprintf(f.stem, sizeof(f.stem), "%.*s", (int)(strlen(part) - strlen("." PART)), part + 1);
	if (!err && any)
		return give_name(&f, name);
	if (*copy)
		unlinkat(folder_fd, copy, 0);
	if (!err)
		unlinkat(folder_fd, part, 0);
	return err;
}

int incident_file__publish(struct incident_file *f, char name[NAME_SIZE])
{
	int err = pack(f, NULL, 0, ZSTD_e_end);
	char part[NAME_SIZE];

	/* Its name is to survive a power failure only with its contents. */
	if (!err && fsync(f->fd))
		err = -errno;
	incident_file__close(f);
	if (!err)
		return give_name(f, name);
	part_name(part, f->stem);
	if (f->whole)
		recover(f->folder_fd, part, f->order_ns);
	return err;
}

/* Of one that was written before the clock was set back, or after. */
static int64_t order_after(int64_t latest_ns, const struct stat *st)
{
	int64_t written_ns = store_folder__written_ns(st);

	return written_ns > latest_ns ? written_ns : latest_ns + 1;
}

int incident_file__recover(int folder_fd, int64_t *order_ns)
{
	struct dirent **names;
	int count = scandirat(folder_fd, ".", &names, only_parts, alphasort), done = 0, err = 0;

	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++) {
		const char *name = names[i]->d_name;
		struct stat st;
		bool file = !fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode) &&
			    st.st_uid == geteuid() && strcmp(name, "." COPY PART);
		int64_t order = file ? order_after(*order_ns, &st) : 0;
		int failed = file ? recover(folder_fd, name, order) : 0;

		if (file && !failed)
			*order_ns = order;
		done += file && !failed;
		err = err ? err : failed;
		free(names[i]);
	}
	free(names);
	return err ? err : done;
}
