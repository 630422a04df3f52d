/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON that a runtime keeps on disk, as root and others left it: bounded, and never anything but a regular file. */
#ifndef OOMTRACE_STATE_JSON_H
#define OOMTRACE_STATE_JSON_H

#include <sys/types.h>

#include <json-c/json.h>

/*
 * Opens a folder of somebody's, below an open one: no link, no other mount and no ".." on the way. Returns a
 * descriptor (O_PATH) or a negative errno.
 */
int state_json__folder(int dir_fd, const char *path);

/*
 * Reads a file below an open folder, with no link, no other mount and no ".." on the way: a regular one of
 * `owner`, of at most a megabyte. NULL: there is none. The caller puts it.
 */
struct json_object *state_json__read(int dir_fd, const char *path, uid_t owner);

/* The text at obj[key], or NULL. It is the object's. */
const char *state_json__text(struct json_object *obj, const char *key);

/* The object at obj[key], or NULL. */
struct json_object *state_json__object(struct json_object *obj, const char *key);

#endif
