// SPDX-License-Identifier: GPL-2.0-only
#include "service/store_folder.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"

#define WHO_MAX 64
#define ID_MAX 8
#define TIME_FORMAT "%Y-%m-%dT%H%M%SZ"
#define TIME_LEN (sizeof("2026-11-27T030426Z") - 1)

static const char *obstacle(const struct stat *st)
{
	if (st->st_uid != geteuid())
		return "belongs to another user: give a folder of your own";
	if (st->st_mode & 022)
		return "can be written by others than its owner: 'chmod go-w' it, or give another folder";
	return NULL;
}

int store_folder__open(const char *path, char *why, size_t size)
{
	const char *no;
	struct stat st;
	int fd;

	if (mkdir(path, 0750) && errno != EEXIST) {
		snprintf(why, size, "can't be made: %s", strerror(errno));
		return -1;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		snprintf(why, size, "can't be opened: %s", strerror(errno));
		return -1;
	}
	no = obstacle(&st);
	if (!no && flock(fd, LOCK_EX | LOCK_NB))
		no = errno == EWOULDBLOCK ? "is written by another oomtrace already" : "can't be locked";
	if (!no)
		return fd;
	snprintf(why, size, "%s", no);
	close(fd);
	return -1;
}

/* Copies what a file's name may have in any shell; everything else is "-". Returns the end. */
static char *put_clean(char *at, const char *text, size_t max)
{
	for (; *text && max; text++, max--)
		*at++ = isascii(*text) && (isalnum((unsigned char)*text) || strchr("._-", *text)) ? *text
												  : '-';
	return at;
}

void store_folder__stem(char stem[STORE_FOLDER_STEM_SIZE], int64_t wall_ns, const char *who, const char *id)
{
	time_t seconds = (time_t)(wall_ns / (int64_t)NS_PER_S);
	struct tm tm;
	char *at = stem;

	if (!gmtime_r(&seconds, &tm) || !(at += strftime(stem, STORE_FOLDER_STEM_SIZE, TIME_FORMAT, &tm)))
		at = stem;
	*at++ = '_';
	at = put_clean(at, who, WHO_MAX);
	if (id && *id && strncmp(who, id, ID_MAX)) {
		*at++ = '_';
		at = put_clean(at, id, ID_MAX);
	}
	*at = '\0';
}

bool store_folder__is_incident(const char *name)
{
	size_t len = strlen(name), end = strlen(STORE_FOLDER_ENDING);

	return len > TIME_LEN + end && !strcmp(name + len - end, STORE_FOLDER_ENDING) && isdigit(name[0]) &&
	       name[TIME_LEN - 1] == 'Z' && name[TIME_LEN] == '_';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int only_recordings(const struct dirent *e)
{
	static const char *const endings[] = { ".jsonl", ".jsonl.zst", ".jsonl.gz", ".jsonl.xz" };
	size_t len = strlen(e->d_name);

	for (size_t i = 0; i < ARRAY_SIZE(endings) && e->d_name[0] != '.'; i++) {
		size_t end = strlen(endings[i]);

		if (len > end && !strcmp(e->d_name + len - end, endings[i]))
			return 1;
	}
	return 0;
}

int store_folder__scan(const char *path, struct dirent ***names)
{
	int count = scandir(path, names, only_recordings, by_name);

	return count < 0 ? -errno : count;
}

/* ---- bounds ---- */

static int only_incidents(const struct dirent *e)
{
	return store_folder__is_incident(e->d_name);
}

static uint64_t bytes_of(int folder_fd, const char *name)
{
	struct stat st;

	return fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) ? 0 : (uint64_t)st.st_size;
}

/* Of files that are about as old as their names, since a clock that is set back or forth is no reason to remove one. */
static bool is_older(int folder_fd, const char *name, int64_t now_ns, uint64_t max_age_ns)
{
	struct stat st;
	int64_t written_ns;

	if (fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return false;
	written_ns = st.st_mtim.tv_sec * (int64_t)NS_PER_S;
	return now_ns > written_ns && (uint64_t)(now_ns - written_ns) > max_age_ns;
}

int store_folder__prune(int folder_fd, uint64_t max_bytes, int64_t now_ns, uint64_t max_age_ns)
{
	struct dirent **names;
	int count = scandirat(folder_fd, ".", &names, only_incidents, by_name), removed = 0;
	uint64_t bytes = 0;

	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++)
		bytes += bytes_of(folder_fd, names[i]->d_name);
	for (int i = 0; i < count; i++) {
		const char *name = names[i]->d_name;
		uint64_t size = bytes_of(folder_fd, name);
		bool old = max_age_ns && is_older(folder_fd, name, now_ns, max_age_ns);

		if ((old || (max_bytes && bytes > max_bytes)) && !unlinkat(folder_fd, name, 0)) {
			bytes -= size;
			removed++;
		}
		free(names[i]);
	}
	free(names);
	return removed;
}
