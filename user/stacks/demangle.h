/* SPDX-License-Identifier: GPL-2.0-only */
/* Turns symbols of C++ and Rust into the names that their programmers know. */
#ifndef OOMTRACE_DEMANGLE_H
#define OOMTRACE_DEMANGLE_H

#include <stddef.h>

/*
 * The name without its parameters ("space::Box<long>::get"), or the symbol as it is if it isn't mangled;
 * cut to `size` - 1 bytes. A symbol can be made such that this takes long. Returns a string to be freed, or NULL when
 * there is no memory.
 */
char *demangle__copy(const char *symbol, size_t size);

#endif
