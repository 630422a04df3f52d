/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tells the service manager how we are, as sd_notify(3) does, where NOTIFY_SOCKET names its socket; else nothing is
 * told. Small enough that libsystemd isn't needed.
 */
#ifndef OOMTRACE_NOTIFY_H
#define OOMTRACE_NOTIFY_H

#include <stdint.h>

/* To be called while files can still be opened. Takes NOTIFY_SOCKET and WATCHDOG_USEC out of the environment. */
void notify__open(void);

/* Everything is attached; or, after notify__reloading(), as it was asked for. */
void notify__ready(void);

/* We get on: to be called some times a second. Tells the watchdog as often as it wants to hear. */
void notify__alive(uint64_t now_ns);

/* What was asked for by SIGHUP has begun. */
void notify__reloading(uint64_t now_ns);

/* The end has begun. */
void notify__stopping(void);

#endif
