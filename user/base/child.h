/* SPDX-License-Identifier: GPL-2.0-only */
/* Settles oomtrace's own child processes. */
#ifndef OOMTRACE_CHILD_H
#define OOMTRACE_CHILD_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Called in the child: puts it out of reach of the terminal, gives it its name (at most 15 bytes), and
 * closes all but these descriptors: it must not hold up somebody else, a pipe's reader or a mount.
 */
void child__settle(const char *name, const int *keep, size_t count);

/*
 * Forks, as fork() does, a child that is in a cgroup from the start (5.7): one that enters it by itself waits until every
 * CPU has been through the scheduler (cgroup_threadgroup_rwsem). Sets *cgroup_fd to -1 in the child. Where the kernel
 * refuses that, as by a filter that looks into clone(2), *cgroup_fd stays, and the child has still to enter. For a process
 * with one thread.
 */
pid_t child__fork_into(int *cgroup_fd);

/*
 * Called in the child: when the thread that forked it ends, it gets SIGKILL, even where it is stopped, and now if that
 * has happened already. `parent` is the process, as it has read its own pid before the fork. The parent must have the right
 * to send that (check_kill_permission(), kernel/signal.c): not to another user's child after privileges were dropped. To
 * be called again after a change of the user: the kernel forgets it then.
 */
void child__die_with_parent(pid_t parent);

/*
 * Called in the child, before it changes its user: it gets SIGKILL when the last copy of the other end of this pipe,
 * into which nobody writes, is closed, even where it is stopped, and whoever's it is by then. Returns 0 or a negative
 * errno.
 */
int child__die_with_pipe(int read_fd);

/*
 * Called by the parent: children that it forks from here on wait in child__await_turn() until child__give_turn(). On a
 * machine with one CPU they would hold it up. Where there is no pipe to be had they don't wait.
 */
void child__hold_back(void);

/* Called by the parent, before it waits for anything from a child: they go on. */
void child__give_turn(void);

/* Called in the child, after child__die_with_parent() and before child__settle(), which closes what this needs. */
void child__await_turn(void);

#endif
