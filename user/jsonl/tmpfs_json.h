/* SPDX-License-Identifier: GPL-2.0-only */
/* `tmpfs` of an OOM's or a snapshot's record as JSON: the files in tmpfs. */
#ifndef OOMTRACE_TMPFS_JSON_H
#define OOMTRACE_TMPFS_JSON_H

#include "jsonl/value.h"

/* Adds them to the record's object, if they are known. */
void tmpfs_json__write(struct json_object *o, const struct record_tmpfs *tmpfs);

/* What the record's object has of them; NULL: nothing. */
const struct record_tmpfs *tmpfs_json__parse(struct jsonl_parser *p, struct json_object *o);

#endif
