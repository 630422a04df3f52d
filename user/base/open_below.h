/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opens what is below a folder, by a name that somebody else may have made of links.
 *
 * Each step is opened by itself, and no step follows a link. openat2(2) does that in one call, but seccomp can't look
 * into its flags: a service manager that forbids files with the set-user-id bit (RestrictSUIDSGID=) forbids all of it.
 */
#ifndef OOMTRACE_OPEN_BELOW_H
#define OOMTRACE_OPEN_BELOW_H

#include <stdbool.h>

/*
 * Opens `path`, a relative one without "..", below the folder `dir_fd`. `flags` are those of open(2), without O_CREAT.
 * With `one_mount` nothing of another mount than that of `dir_fd` is opened; for a last step that is one, a
 * descriptor may have been open for a moment. Returns a descriptor or a negative errno: -ELOOP or -ENOTDIR for a link,
 * -EXDEV for ".." and another mount.
 */
int open_below__open(int dir_fd, const char *path, int flags, bool one_mount);

#endif
