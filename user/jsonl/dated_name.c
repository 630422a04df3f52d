// SPDX-License-Identifier: GPL-2.0-only
#include "jsonl/dated_name.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/copy.h"
#include "base/output_file.h"

/* In the order of their weight. */
static const char fields[] = "YmdHMS";
#define FIELDS (sizeof(fields) - 1)

/* When a file was begun, by its name. */
struct stamp {
	unsigned int values[FIELDS];
	unsigned int number;
};

static int digits_of(char field)
{
	return field == 'Y' ? 4 : 2;
}

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool dated_name__has_date(const char *path)
{
	bool has_date = false;

	for (const char *at = last_name(path); *at; at++) {
		if (*at != '%')
			continue;
		at++;
		if (!*at || !strchr("YmdHMS%", *at))
			return false;
		has_date = has_date || *at != '%';
	}
	return has_date;
}

int dated_name__make(const char *pattern, int64_t wall_ns, uint32_t number, char *name, size_t size)
{
	time_t seconds = (time_t)(wall_ns / (int64_t)NS_PER_S);
	size_t len, room = size < NAME_MAX + 1 ? size : NAME_MAX + 1;
	struct tm tm;

	if (!gmtime_r(&seconds, &tm))
		return -ENAMETOOLONG;
/* The pattern is checked by dated_name__has_date(). */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	len = strftime(name, room, pattern, &tm);
#pragma GCC diagnostic pop
	if (!len)
		return -ENAMETOOLONG;
	if (number > 1 && (size_t)snprintf(name + len, room - len, ".%u", number) >= room - len)
		return -ENAMETOOLONG;
	return 0;
}

/* Returns how many digits were read: `count`, or 0. */
static int take_digits(const char *text, int count, unsigned int *value)
{
	*value = 0;
	for (int i = 0; i < count; i++) {
		if (!isdigit((unsigned char)text[i]))
			return 0;
		*value = *value * 10 + (unsigned int)(text[i] - '0');
	}
	return count;
}

/* What follows the date and the rest of the pattern: nothing, or the number. */
static bool take_number(const char *text, unsigned int *number)
{
	size_t digits;

	*number = 1;
	if (!*text)
		return true;
	digits = strspn(text + 1, "0123456789");
	return *text == '.' && digits && digits <= 4 && !text[1 + digits] && text[1] != '0' &&
	       take_digits(text + 1, (int)digits, number);
}

static bool take_stamp(const char *pattern, const char *name, struct stamp *stamp)
{
	*stamp = (struct stamp){};
	for (; *pattern; pattern++) {
		const char *field = *pattern == '%' ? strchr(fields, *++pattern) : NULL;
		int digits;

		if (!field) {
			if (*name++ != *pattern)
				return false;
			continue;
		}
		digits = take_digits(name, digits_of(*field), &stamp->values[field - fields]);
		if (!digits)
			return false;
		name += digits;
	}
	return take_number(name, &stamp->number);
}

static bool is_older(const struct stamp *a, const struct stamp *b)
{
	for (size_t i = 0; i < FIELDS; i++) {
		if (a->values[i] != b->values[i])
			return a->values[i] < b->values[i];
	}
	return a->number < b->number;
}

static bool is_ours(int folder_fd, const char *name)
{
	struct stat st;

	return !fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode) &&
	       st.st_uid == geteuid() && output_file__is_recording(folder_fd, name);
}

/* How many there are beside `current`, and the oldest of them. */
static uint32_t look(DIR *dir, const char *pattern, const char *current, char oldest[NAME_MAX + 1])
{
	struct stamp first = {}, stamp;
	uint32_t count = 0;

	rewinddir(dir);
	for (const struct dirent *e; (e = readdir(dir));) {
		if (!strcmp(e->d_name, current) || !take_stamp(pattern, e->d_name, &stamp) ||
		    !is_ours(dirfd(dir), e->d_name))
			continue;
		if (count++ && !is_older(&stamp, &first))
			continue;
		first = stamp;
		copy__text(oldest, NAME_MAX + 1, e->d_name);
	}
	return count;
}

void dated_name__keep(int folder_fd, const char *pattern, const char *current, uint32_t keep)
{
	int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	char oldest[NAME_MAX + 1];

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while (look(dir, pattern, current, oldest) >= keep) {
		if (unlinkat(dirfd(dir), oldest, 0))
			break;
	}
	closedir(dir);
}
