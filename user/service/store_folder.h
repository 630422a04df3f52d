/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The folder of the store, one file for each incident: STEM.jsonl.zst, a recording of its own, where STEM is
 * "2026-11-27T030426Z_web_daff88f9". Only root, or whoever runs the service, may write in it, so what is in it is ours.
 */
#ifndef OOMTRACE_STORE_FOLDER_H
#define OOMTRACE_STORE_FOLDER_H

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define STORE_FOLDER "/var/lib/oomtrace"
#define STORE_FOLDER_ENDING ".jsonl.zst"
#define STORE_FOLDER_PART ".part" /* while it is written, hidden */
#define STORE_FOLDER_STEM_SIZE 128
/* Before packing: when it has so many, what goes on is in another file. */
#define STORE_FOLDER_INCIDENT_BYTES (64U << 20)
/* What no incident has, though its last records go beyond that: who reads more reads none of the store's. */
#define STORE_FOLDER_INCIDENT_BYTES_MAX (2 * STORE_FOLDER_INCIDENT_BYTES)
#define STORE_FOLDER_WHY_SIZE 256

/*
 * Opens the folder for writing, and makes it (mode 0750) if it isn't there. Its group may be another: the files get the
 * folder's group if that has its setgid bit, and the group may read them. Returns a descriptor, or -1 with why: the
 * rest of a sentence that begins with the path. There is one writer at a time, as long as it holds *lock_fd open.
 */
int store_folder__open(const char *path, int *lock_fd, char *why, size_t size);

/* Writes the stem of an incident's name: when, who, and the beginning of an id (NULL: none). Names aren't trusted. */
void store_folder__stem(char stem[STORE_FOLDER_STEM_SIZE], int64_t wall_ns, const char *who, const char *id);

/* Whether a file of the store has such a name. */
bool store_folder__is_incident(const char *name);

/*
 * The names of the recordings in a folder, of the store or any other, packed or not, in their order. `path` is relative
 * to dir_fd, as in openat(2). Free each, and the list. Returns how many, or a negative errno.
 */
int store_folder__scan(int dir_fd, const char *path, struct dirent ***names);

/*
 * How many incidents of a store aren't over yet. *left: of how many nothing was written for so long that they were left
 * by a service that was killed; the next one completes them.
 */
int store_folder__unfinished(int dir_fd, int *left);

/*
 * Opens a recording for reading, `path` as above: a regular file. Nothing else is opened, since to open a FIFO or a device
 * does something. In a folder to which others may write no link is followed, and no lease is waited for. Returns a
 * descriptor or a negative errno; -EINVAL: it is no regular file, -EMLINK: it is a link that isn't followed, -EAGAIN:
 * somebody has a lease on it.
 */
int store_folder__open_recording(int dir_fd, const char *path, bool follow);

/* When a file was written; 0: that can't be. */
int64_t store_folder__written_ns(const struct stat *st);

/*
 * The time of the incident that was written last, 0 if there is none. The store gives each a later one, also when the clock
 * was set back, so the files' times have their order.
 */
int64_t store_folder__latest_ns(int folder_fd);

/*
 * Removes the oldest incidents, by their files' times, until the rest takes at most max_bytes, is no more than 10,000, and
 * none is older than max_age_ns before now. 0 of either: no bound. Returns how many it has removed, or a negative errno.
 */
int store_folder__prune(int folder_fd, uint64_t max_bytes, int64_t now_ns, uint64_t max_age_ns);

#endif
