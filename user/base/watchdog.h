/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ends a process that was told to end, and can't: its main thread sits in a system call that doesn't come
 * back, a full pipe or somebody else's lock in the kernel. A thread of its own, without any privilege.
 */
#ifndef OOMTRACE_WATCHDOG_H
#define OOMTRACE_WATCHDOG_H

#include <stddef.h>
#include <stdint.h>

struct watchdog;

#define WATCHDOG__TEXT_SIZE 128

/*
 * The last that is done. It may put a line into `text`, of WATCHDOG__TEXT_SIZE bytes, which is "", for stderr. The main
 * thread may sit anywhere meanwhile, with any lock: what it has in memory can be read, and nothing else be asked for.
 */
typedef void (*watchdog_last_fn)(void *ctx, char *text);

/*
 * From the first of these signals on, which are blocked and which somebody else takes, the main thread, which
 * is the caller, must call watchdog__beat() at least every limit_ns until watchdog__stop(), or be running. Else `last`
 * (or NULL) is called with `ctx` in the watchdog's thread, it is said on stderr, and the process ends with this exit
 * code. Returns 0 or a negative errno.
 */
int watchdog__start(const int *signals, size_t count, uint64_t limit_ns, int exit_code, watchdog_last_fn last,
		    void *ctx, struct watchdog **out);

/* The main thread gets on. Takes NULL. */
void watchdog__beat(struct watchdog *watchdog);

/* What comes now may take long, and has a limit of its own; until the next beat. Takes NULL. */
void watchdog__hold(struct watchdog *watchdog);

/* The end is in sight: what is left can't get stuck. Takes NULL. */
void watchdog__stop(struct watchdog *watchdog);

#endif
