/* SPDX-License-Identifier: GPL-2.0-only */
/* A line of a log that is a JSON object: journalctl -o json, and the logs of containers. Pure. */
#ifndef OOMTRACE_KMSG_JSON_LINE_H
#define OOMTRACE_KMSG_JSON_LINE_H

#include "kmsg/line.h"

/*
 * Takes the message, and what the object says about the message, out of the object, in place. Returns false
 * when this is no JSON object with a message. `line->text` may have prefixes of its own, unless the journal
 * wrote it.
 */
bool json_line__parse(char *raw, size_t len, struct kmsg_line *line);

#endif
