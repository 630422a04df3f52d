/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * --kernel-log: follows /dev/kmsg while kills are traced, and holds what the kernel logs of a kill against its
 * record. Nothing here waits, and no failure ends a trace.
 */
#ifndef OOMTRACE_KERNEL_LOG_H
#define OOMTRACE_KERNEL_LOG_H

#include <stdint.h>

#include "record/sink.h"

struct kernel_log;

/*
 * Opens the log behind its last line, before anything is traced. That needs CAP_SYSLOG where dmesg is restricted. Records go to
 * tell(ctx, record). target_cgroup NULL: all kills of the machine are traced. Returns 0 or a negative errno.
 */
int kernel_log__open(const char *target_cgroup, void (*tell)(void *ctx, const struct record *record),
		     void *ctx, struct kernel_log **out);

/* The same of a descriptor that doesn't block and has a record a read, which becomes its own. */
int kernel_log__new(int fd, const char *target_cgroup, void (*tell)(void *ctx, const struct record *record),
		    void *ctx, struct kernel_log **out);

/* Polls readable when there is something for kernel_log__read(). */
int kernel_log__fd(const struct kernel_log *log);

/* From now on each kill is traced: a line that comes later has a record. */
void kernel_log__begin(struct kernel_log *log, uint64_t now_ns);

/* Reads some of the lines that are there. Returns 0, or the negative errno of which there is no more to read. */
int kernel_log__read(struct kernel_log *log, uint64_t now_ns);

/* An OOM was traced, and its record told. */
void kernel_log__on_oom(struct kernel_log *log, const struct record *record);

/* The target is back, and its cgroup may be another one. */
void kernel_log__move(struct kernel_log *log, const char *target_cgroup);

/* Some times a second: tells what has been waited for long enough. The clock is CLOCK_BOOTTIME. */
void kernel_log__tick(struct kernel_log *log, uint64_t now_ns);

/* All OOMs were told: reads the rest, and tells it. */
void kernel_log__finish(struct kernel_log *log, uint64_t now_ns);

/* All of them take NULL. */
void kernel_log__free(struct kernel_log *log);

#endif
