/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_JSON_SIZE_H
#define OOMTRACE_JSON_SIZE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether a text can be handed to the JSON library: it has at most so many objects and arrays, and so many values. The
 * library needs a kilobyte for each object and some 60 bytes for each other value, however short they are in the text,
 * so that a megabyte of "[[{},{}..." or "1,1,1..." would take hundreds.
 */
bool json_size__is_bounded(const char *text, size_t len, size_t objects_max, size_t values_max);

#endif
