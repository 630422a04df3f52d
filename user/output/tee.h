/* SPDX-License-Identifier: GPL-2.0-only */
/* Hands each record to several sinks. */
#ifndef OOMTRACE_TEE_H
#define OOMTRACE_TEE_H

#include "record/sink.h"

/*
 * Owns the sinks from now on, even when it returns NULL, as it does without memory and when one of them is NULL.
 */
struct sink *tee__new(struct sink *const *sinks, size_t count);

#endif
