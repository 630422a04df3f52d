/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tells systemd's journal of an incident, by its native protocol: one message, with fields by which journalctl finds it
 * (JOURNAL_MESSAGE_ID, the container, the unit). scripts/oomtrace.catalog explains the message.
 */
#ifndef OOMTRACE_JOURNAL_H
#define OOMTRACE_JOURNAL_H

#include "service/entry.h"

#define JOURNAL_MESSAGE_ID "0d3a4c52f6c84b1fa6c8f0c1b7b7a9e4"
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* Connects to the journal's socket. Returns a descriptor or a negative errno. */
int journal__open(const char *socket_path);

/* Sends the message; `file` is the incident's. Never waits. Returns 0 or a negative errno. */
int journal__tell(int fd, const struct entry *entry, const char *file);

#endif
