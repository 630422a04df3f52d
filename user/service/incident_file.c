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

#include "base/input.h"

#define PART ".part"
#define NAME_SIZE INCIDENT_FILE_NAME_SIZE
#define OUT_SIZE (16U << 10)
#define SAME_STEM_MAX 1000

static void part_name(char name[NAME_SIZE], const char *stem)
{
	snprintf(name, NAME_SIZE, ".%s" PART, stem);
}

int incident_file__open(struct incident_file *f, int folder_fd, const char *stem)
{
	char name[NAME_SIZE];

	*f = (struct incident_file){ .folder_fd = folder_fd, .fd = -1, .zstd = ZSTD_createCCtx() };
	if (!f->zstd)
		return -ENOMEM;
	ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_checksumFlag, 1);
	snprintf(f->stem, sizeof(f->stem), "%s", stem);
	part_name(name, stem);
	f->fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (f->fd >= 0)
		return 0;
	ZSTD_freeCCtx(f->zstd);
	f->zstd = NULL;
	return -errno;
}

static int write_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t put = write(fd, bytes, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		bytes += put;
		size -= (size_t)put;
	}
	return 0;
}

static int pack(struct incident_file *f, const char *bytes, size_t size, ZSTD_EndDirective how)
{
	char buffer[OUT_SIZE];
	ZSTD_inBuffer in = { bytes, size, 0 };
	size_t left;
	int err = 0;

	do {
		ZSTD_outBuffer out = { buffer, sizeof(buffer), 0 };

		left = ZSTD_compressStream2(f->zstd, &out, &in, how);
		if (ZSTD_isError(left))
			return -EIO;
		err = write_all(f->fd, buffer, out.pos);
	} while (!err && (how == ZSTD_e_continue ? in.pos < in.size : left > 0));
	return err;
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
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	ZSTD_freeCCtx(f->zstd);
	f->zstd = NULL;
}

/* Two incidents may have begun in one second. */
static int give_name(const struct incident_file *f, char name[NAME_SIZE])
{
	char part[NAME_SIZE];

	part_name(part, f->stem);
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

int incident_file__publish(struct incident_file *f, char name[NAME_SIZE])
{
	int err = pack(f, NULL, 0, ZSTD_e_end);

	/* Its name is to survive a power failure only with its contents. */
	if (!err && fsync(f->fd))
		err = -errno;
	incident_file__close(f);
	return err ? err : give_name(f, name);
}

/* ---- after a crash ---- */

static int only_parts(const struct dirent *e)
{
	size_t len = strlen(e->d_name);

	return e->d_name[0] == '.' && len > sizeof(PART) && len < STORE_FOLDER_STEM_SIZE &&
	       !strcmp(e->d_name + len - strlen(PART), PART);
}

/* Copies whole lines only. Returns 0 or a negative errno of writing; a file that breaks off is what is expected. */
static int copy_lines(struct input *from, struct incident_file *to, bool *any)
{
	char buffer[OUT_SIZE], *line = NULL;
	size_t len = 0;
	ssize_t got;
	int err = 0;

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

/* Makes the copy of what there is. Returns 0, with *any false when there is no line, or a negative errno. */
static int copy_part(int folder_fd, int fd, bool *any)
{
	struct input *input = input__new(fd);
	struct incident_file copy;
	int err = input ? incident_file__open(&copy, folder_fd, COPY) : -ENOMEM;

	if (!err) {
		err = copy_lines(input, &copy, any);
		if (!err)
			err = pack(&copy, NULL, 0, ZSTD_e_end);
		incident_file__close(&copy);
	}
	input__free(input);
	return err;
}

static int recover(int folder_fd, const char *part)
{
	struct incident_file f = { .folder_fd = folder_fd };
	int fd = openat(folder_fd, part, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), err;
	char name[NAME_SIZE];
	bool any = false;

	if (fd < 0)
		return -errno;
	unlinkat(folder_fd, "." COPY PART, 0);
	err = copy_part(folder_fd, fd, &any);
	close(fd);
	if (!err && any && renameat(folder_fd, "." COPY PART, folder_fd, part))
		err = -errno;
	snprintf(f.stem, sizeof(f.stem), "%.*s", (int)(strlen(part) - strlen("." PART)), part + 1);
	if (!err && any)
		return give_name(&f, name);
	unlinkat(folder_fd, "." COPY PART, 0);
	if (!err)
		unlinkat(folder_fd, part, 0);
	return err;
}

int incident_file__recover(int folder_fd)
{
	struct dirent **names;
	int count = scandirat(folder_fd, ".", &names, only_parts, alphasort), done = 0, err = 0;

	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++) {
		int failed = strcmp(names[i]->d_name, "." COPY PART) ? recover(folder_fd, names[i]->d_name)
								     : 0;

		done += !failed;
		err = err ? err : failed;
		free(names[i]);
	}
	free(names);
	return err ? err : done;
}
