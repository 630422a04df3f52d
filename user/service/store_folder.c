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

#define LOCK_FILE ".lock"
/* All are looked at whenever one is added. */
#define INCIDENTS_MAX 10000
#define BLOCK_SIZE 512 /* of st_blocks */
#define WHO_MAX 64
#define ID_MAX 8
/* An incident to which nothing was written for so long is over (QUIET_NS in store.c, and then some). */
#define LEFT_NS ((int64_t)(60 * NS_PER_S))
/* A year before the last time that a number can hold, so that others can come after it. */
#define LATEST_NS (INT64_MAX - 365 * NS_PER_DAY)
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

/*
 * A file that nobody else may open: a lock on the folder itself could be held by everybody who may read it. It isn't
 * open for writing, so that the file system can be remounted read-only. Returns a descriptor or a negative errno.
 */
static int take_lock(int folder_fd)
{
	int fd = openat(folder_fd, LOCK_FILE, O_RDONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	int err;

	if (fd < 0)
		return -errno;
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int store_folder__open(const char *path, int *lock_fd, char *why, size_t size)
{
	const char *no;
	struct stat st;
	int fd, lock;

	if (mkdir(path, 0750) && errno != EEXIST) {
		snprintf(why, size, "can't be made: %s", strerror(errno));
		return -1;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		snprintf(why, size, "can't be opened: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	no = obstacle(&st);
	lock = no ? -EPERM : take_lock(fd);
	if (lock >= 0) {
		*lock_fd = lock;
		return fd;
	}
	if (no || lock == -EWOULDBLOCK)
		snprintf(why, size, "%s", no ? no : "is written by another oomtrace already");
	else
		snprintf(why, size, "can't be locked: %s", strerror(-lock));
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

	if (gmtime_r(&seconds, &tm))
		at += strftime(stem, STORE_FOLDER_STEM_SIZE, TIME_FORMAT, &tm);
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

/* ".STEM.part" */
static int only_unfinished(const struct dirent *e)
{
	size_t len = strlen(e->d_name), end = strlen(STORE_FOLDER_PART);

	return e->d_name[0] == '.' && isdigit((unsigned char)e->d_name[1]) && len > TIME_LEN + end &&
	       !strcmp(e->d_name + len - end, STORE_FOLDER_PART);
}

int store_folder__unfinished(int dir_fd, int *left)
{
	struct dirent **names;
	int count = scandirat(dir_fd, ".", &names, only_unfinished, NULL), open = 0;
	int64_t now_ns = (int64_t)clock__ns(CLOCK_REALTIME);
	struct stat st;

	*left = 0;
	for (int i = 0; i < count; i++) {
		bool is_file = !fstatat(dir_fd, names[i]->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
			       S_ISREG(st.st_mode);

		free(names[i]);
		if (!is_file)
			continue;
		if (store_folder__written_ns(&st) + LEFT_NS < now_ns)
			++*left;
		else
			open++;
	}
	if (count >= 0)
		free(names);
	return open;
}

int store_folder__scan(int dir_fd, const char *path, struct dirent ***names)
{
	int count = scandirat(dir_fd, path, names, only_recordings, by_name);

	return count < 0 ? -errno : count;
}

int store_folder__open_recording(int dir_fd, const char *path, bool follow)
{
	int found = openat(dir_fd, path, O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW)), fd;
	char self[32];
	struct stat st;

	if (found < 0)
		return -errno;
	if (fstat(found, &st) || !S_ISREG(st.st_mode)) {
		close(found);
		return S_ISLNK(st.st_mode) ? -EMLINK : -EINVAL;
	}
	snprintf(self, sizeof(self), "/proc/self/fd/%d", found);
	/* Whose file it is may hold a lease on it (fcntl(2)), and who opens it would wait for 45 s. */
	fd = open(self, O_RDONLY | O_CLOEXEC | (follow ? 0 : O_NONBLOCK));
	if (fd < 0)
		fd = -errno;
	close(found);
	return fd;
}

/* ---- bounds ---- */

static int only_incidents(const struct dirent *e)
{
	return store_folder__is_incident(e->d_name);
}

/* What it takes on the disk: of a small one more than its size. */
static uint64_t bytes_of(const struct stat *st)
{
	uint64_t blocks = (uint64_t)st->st_blocks * BLOCK_SIZE, size = (uint64_t)st->st_size;

	return blocks > size ? blocks : size;
}

int64_t store_folder__written_ns(const struct stat *st)
{
	int64_t ns;

	if (__builtin_mul_overflow((int64_t)st->st_mtim.tv_sec, NS_PER_S, &ns) ||
	    __builtin_add_overflow(ns, (int64_t)st->st_mtim.tv_nsec, &ns) || ns < 0 || ns > LATEST_NS)
		return 0;
	return ns;
}

/* The incident's time may be ahead of the clock, which was set back; the file's last change then isn't. */
static bool is_older(const struct stat *st, int64_t now_ns, uint64_t max_age_ns)
{
	time_t written_s = st->st_mtim.tv_sec < st->st_ctim.tv_sec ? st->st_mtim.tv_sec : st->st_ctim.tv_sec;
	int64_t written_ns = written_s * (int64_t)NS_PER_S;

	return max_age_ns && st->st_nlink && now_ns > written_ns &&
	       (uint64_t)(now_ns - written_ns) > max_age_ns;
}

struct kept {
	struct dirent *entry;
	struct stat stat;
};

static int by_time(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;
	int64_t x_ns = store_folder__written_ns(&x->stat), y_ns = store_folder__written_ns(&y->stat);

	return x_ns != y_ns ? (x_ns < y_ns ? -1 : 1) : strcmp(x->entry->d_name, y->entry->d_name);
}

static void free_list(struct kept *list, int count)
{
	for (int i = 0; list && i < count; i++)
		free(list[i].entry);
	free(list);
}

/* The incidents, the oldest first. Returns how many, or a negative errno. */
static int read_list(int folder_fd, struct kept **out)
{
	struct dirent **names;
	int count = scandirat(folder_fd, ".", &names, only_incidents, NULL), kept = 0;
	struct kept *list;

	if (count < 0)
		return -errno;
	list = calloc((size_t)count + 1, sizeof(*list));
	for (int i = 0; i < count; i++) {
		/* Gone meanwhile. */
		if (!list || fstatat(folder_fd, names[i]->d_name, &list[kept].stat, AT_SYMLINK_NOFOLLOW))
			free(names[i]);
		else
			list[kept++].entry = names[i];
	}
	free(names);
	if (!list)
		return -ENOMEM;
	qsort(list, (size_t)kept, sizeof(*list), by_time);
	*out = list;
	return kept;
}

int64_t store_folder__latest_ns(int folder_fd)
{
	struct kept *list = NULL;
	int count = read_list(folder_fd, &list);
	int64_t latest_ns = list && count > 0 ? store_folder__written_ns(&list[count - 1].stat) : 0;

	if (count >= 0)
		free_list(list, count);
	return latest_ns;
}

int store_folder__prune(int folder_fd, uint64_t max_bytes, int64_t now_ns, uint64_t max_age_ns)
{
	struct kept *list = NULL;
	int count = read_list(folder_fd, &list), removed = 0;
	uint64_t bytes = 0;

	if (count < 0 || !list)
		return count;
	for (int i = 0; i < count; i++)
		bytes += bytes_of(&list[i].stat);
	for (int i = 0; i < count; i++) {
		bool much = (max_bytes && bytes > max_bytes) || count - removed > INCIDENTS_MAX;

		if ((much || is_older(&list[i].stat, now_ns, max_age_ns)) &&
		    !unlinkat(folder_fd, list[i].entry->d_name, 0)) {
			bytes -= bytes_of(&list[i].stat);
			removed++;
		}
	}
	free_list(list, count);
	return removed;
}
