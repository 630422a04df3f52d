/* SPDX-License-Identifier: GPL-2.0-only */
/* Where memory was charged: data for the flame graph, and rows of its table. */
#ifndef OOMTRACE_HTML_FLAME_H
#define OOMTRACE_HTML_FLAME_H

#include <stdio.h>

#include "report/flame_tree.h"

/*
 * Writes {"names":[...],"nodes":[[parent, name, bytes, kind],...]} with nodes too small to be seen
 * left out; parents come before their children, the first node is all. kind: 0 process, 1 user, 2 kernel.
 */
void html_flame__put_json(FILE *out, const struct flame_tree *flame);

/* Writes table rows: the user functions in which most was charged, with their own bytes. */
void html_flame__put_rows(FILE *out, const struct flame_tree *flame);

#endif
