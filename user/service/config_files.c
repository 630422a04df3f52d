// SPDX-License-Identifier: GPL-2.0-only
#include "service/config_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/copy.h"

#define NAME "oomtrace.conf"
#define ENDING ".conf"
#define BLANK " \t\r"
#define BOM "\xef\xbb\xbf" /* U+FEFF */
#define KEY_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789-"
/* More is no configuration, but a mistake. */
#define FILE_BYTES_MAX (64U << 10)
#define FILES_MAX 256

const char *const config_files__folders[] = { "/etc/oomtrace", "/run/oomtrace", "/usr/local/lib/oomtrace",
					      "/usr/lib/oomtrace", NULL };

struct reading {
	struct config_files files;
	config_files_wrong_fn on_wrong;
	void *ctx;
	bool no_memory;
};

static void tell_wrong(struct reading *r, const char *file, unsigned int line, const char *what)
{
	r->files.wrong++;
	r->on_wrong(r->ctx, file, line, what);
}

/* "can't be opened: ...", by errno. */
static void tell_unread(struct reading *r, const char *file, const char *verb)
{
	char what[100];

	snprintf(what, sizeof(what), "can't be %s: %s%s", verb, strerror(errno),
		 errno == EACCES ? "; run it as root" : "");
	tell_wrong(r, file, 0, what);
}

/* ---- lines ---- */

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, BLANK);
	len = strlen(text);
	while (len && strchr(BLANK, text[len - 1]))
		len--;
	text[len] = '\0';
	return text;
}

static void add_line(struct reading *r, const char *file, unsigned int number, const char *key,
		     const char *value)
{
	struct config_files_line *lines = realloc(r->files.lines, (r->files.count + 1) * sizeof(*lines)),
				 *line;

	if (!lines) {
		r->no_memory = true;
		return;
	}
	r->files.lines = lines;
	line = &lines[r->files.count++];
	*line = (struct config_files_line){ strdup(file), strdup(key), strdup(value), number };
	r->no_memory |= !line->file || !line->key || !line->value;
}

static void read_line(struct reading *r, const char *file, unsigned int number, char *text)
{
	char *equals, *key;

	text = trim(text);
	if (!*text || *text == '#' || *text == ';')
		return;
	equals = strchr(text, '=');
	if (*text == '[') {
		tell_wrong(r, file, number, "there are no sections: remove this line");
		return;
	}
	if (!equals) {
		tell_wrong(
			r, file, number,
			"it is no 'NAME = VALUE'; a comment begins with '#', and a switch takes 'yes' or 'no'");
		return;
	}
	*equals = '\0';
	key = trim(text);
	if (!*key || key[strspn(key, KEY_CHARACTERS)])
		tell_wrong(r, file, number,
			   "what is before '=' is no option's name, such as 'store-size' (without '--')");
	else
		add_line(r, file, number, key, trim(equals + 1));
}

static void read_lines(struct reading *r, const char *file, char *text, size_t size)
{
	unsigned int number = 0;
	char *end;

	if (memchr(text, '\0', size)) {
		tell_wrong(r, file, 0, "has a NUL byte in it, and is not read: it is no text");
		return;
	}
	/* It is invisible in an editor. */
	if (size >= strlen(BOM) && !memcmp(text, BOM, strlen(BOM))) {
		tell_wrong(r, file, 0, "begins with a byte order mark, and is not read: save it without");
		return;
	}
	for (text[size] = '\0'; text && *text; text = end) {
		end = strchr(text, '\n');
		if (end)
			*end++ = '\0';
		read_line(r, file, ++number, text);
	}
}

/* ---- files ---- */

/* NULL: nobody else can write it. */
static const char *obstacle(const struct stat *st)
{
	if (st->st_uid && st->st_uid != geteuid())
		return "belongs to another user than root";
	if (st->st_mode & 022)
		return "can be written by others than its owner";
	return NULL;
}

/* Says so, and what to do. Returns whether the file at the path counts. */
static bool is_ours(struct reading *r, const char *path, const struct stat *st)
{
	char what[160], copy[PATH_MAX];
	const char *no = obstacle(st);
	struct stat folder;

	if (no) {
		snprintf(what, sizeof(what), "%s, and is not read: 'chown root' it, and 'chmod go-w' it", no);
		tell_wrong(r, path, 0, what);
		return false;
	}
	copy__text(copy, sizeof(copy), path);
	no = stat(dirname(copy), &folder) ? "can't be looked at" : obstacle(&folder);
	if (!no)
		return true;
	snprintf(what, sizeof(what),
		 "is not read, because its folder %s: 'chown root' the folder, and 'chmod go-w' it", no);
	tell_wrong(r, path, 0, what);
	return false;
}

static void tell_unreadable(struct reading *r, const char *path, const char *how)
{
	char what[80];

	snprintf(what, sizeof(what), "can't be %s: %s", how, strerror(errno));
	tell_wrong(r, path, 0, what);
}

static void read_text(struct reading *r, const char *path, int fd)
{
	char *text = malloc(FILE_BYTES_MAX + 1);
	ssize_t got = text ? 0 : -1;
	size_t size = 0;

	while (text && size <= FILE_BYTES_MAX && (got = read(fd, text + size, FILE_BYTES_MAX + 1 - size)) > 0)
		size += (size_t)got;
	if (got < 0)
		tell_unreadable(r, path, "read");
	else if (size > FILE_BYTES_MAX)
		tell_wrong(r, path, 0, "has more than 64 KiB, and is not read");
	else
		read_lines(r, path, text, size);
	free(text);
}

static void read_open(struct reading *r, const char *path, int fd)
{
	struct stat st;

	if (fstat(fd, &st)) {
		tell_unread(r, path, "read");
		return;
	}
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3))
		return; /* /dev/null: hidden */
	if (!S_ISREG(st.st_mode)) {
		tell_wrong(r, path, 0, "is no regular file, and is not read");
		return;
	}
	if (is_ours(r, path, &st))
		read_text(r, path, fd);
}

static void read_file(struct reading *r, const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0) {
		tell_unread(r, path, "opened");
		return;
	}
	read_open(r, path, fd);
	close(fd);
}

static void read_main(struct reading *r, const char *root)
{
	char path[PATH_MAX];
	struct stat st;

	for (size_t i = 0; config_files__folders[i]; i++) {
		snprintf(path, sizeof(path), "%s%s/" NAME, root, config_files__folders[i]);
		if (!lstat(path, &st)) {
			read_file(r, path);
			return;
		}
	}
}

/* ---- folders of files ---- */

struct drop_in {
	char name[NAME_MAX + 1];
	size_t folder;
};

static bool is_drop_in(const char *name)
{
	size_t len = strlen(name), ending = strlen(ENDING);

	return name[0] != '.' && len > ending && !strcmp(name + len - ending, ENDING);
}

static bool has_name(const struct drop_in *files, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(files[i].name, name))
			return true;
	}
	return false;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct drop_in *)a)->name, ((const struct drop_in *)b)->name);
}

static size_t find_drop_ins(struct reading *r, const char *root, struct drop_in *files)
{
	char path[PATH_MAX];
	size_t count = 0;

	for (size_t i = 0; config_files__folders[i]; i++) {
		struct dirent *entry;
		DIR *dir;

		snprintf(path, sizeof(path), "%s%s/" NAME ".d", root, config_files__folders[i]);
		dir = opendir(path);
		while (dir && (entry = readdir(dir))) {
			if (!is_drop_in(entry->d_name) || has_name(files, count, entry->d_name))
				continue;
			if (count == FILES_MAX) {
				tell_wrong(r, path, 0, "has too many files: 256 are read at most");
				break;
			}
			copy__text(files[count].name, sizeof(files[count].name), entry->d_name);
			files[count++].folder = i;
		}
		if (dir)
			closedir(dir);
		else if (errno != ENOENT)
			tell_unread(r, path, "read");
	}
	qsort(files, count, sizeof(*files), by_name);
	return count;
}

static void read_drop_ins(struct reading *r, const char *root)
{
	struct drop_in *files = calloc(FILES_MAX, sizeof(*files));
	char path[PATH_MAX];
	size_t count;

	if (!files) {
		r->no_memory = true;
		return;
	}
	count = find_drop_ins(r, root, files);
	for (size_t i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s%s/" NAME ".d/%s", root,
			 config_files__folders[files[i].folder], files[i].name);
		read_file(r, path);
	}
	free(files);
}

int config_files__read(const char *root, config_files_wrong_fn on_wrong, void *ctx, struct config_files *out)
{
	struct reading r = { .on_wrong = on_wrong, .ctx = ctx };

	read_main(&r, root);
	read_drop_ins(&r, root);
	if (r.no_memory) {
		config_files__free(&r.files);
		return -ENOMEM;
	}
	*out = r.files;
	return 0;
}

void config_files__free(struct config_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->lines[i].file);
		free(files->lines[i].key);
		free(files->lines[i].value);
	}
	free(files->lines);
	*files = (struct config_files){ 0 };
}
