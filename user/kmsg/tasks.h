/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of tasks in the kernel's report. Its columns are found by the names in its header. */
#ifndef OOMTRACE_KMSG_TASKS_H
#define OOMTRACE_KMSG_TASKS_H

#include <stdbool.h>

#include "base/span.h"
#include "kmsg/incident.h"

enum tasks_column {
	TASKS_OTHER,
	TASKS_PID,
	TASKS_UID,
	TASKS_TOTAL_VM,
	TASKS_RSS,
	TASKS_PTES,	/* pages of page tables, of which there may be several columns */
	TASKS_PGTABLES, /* their bytes */
	TASKS_SWAP,
	TASKS_ADJ,
	TASKS_NAME,
};

#define TASKS_COLUMNS_MAX 24

struct tasks_columns {
	unsigned int count; /* 0: there was no header */
	enum tasks_column column[TASKS_COLUMNS_MAX];
};

/* "[  pid  ]   uid  tgid total_vm ...". False: it isn't the header. */
bool tasks__parse_header(struct span text, struct tasks_columns *columns);

/* Whether it looks like a row: "[  12345]" and numbers. */
bool tasks__is_row(struct span text);

/* A row. Without a header only the columns that all kernels have. False: it isn't one. */
bool tasks__parse_row(struct span text, const struct tasks_columns *columns, struct kmsg_task *task);

/* Adds a row; one whose pid is there already is the same line, doubled. */
void tasks__add(struct kmsg_incident *incident, const struct kmsg_task *task);

/* The row of a process, or NULL. */
const struct kmsg_task *tasks__find(const struct kmsg_incident *incident, uint32_t pid);

#endif
