/* SPDX-License-Identifier: GPL-2.0-only */
/* What somebody writes to memory.max. Pure. */
#ifndef OOMTRACE_LIMIT_TEXT_H
#define OOMTRACE_LIMIT_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

/*
 * Reads the limit that a write of `text` asks for, as the kernel does: memory_max_write() (mm/memcontrol.c) takes
 * spaces off, and page_counter_memparse() (mm/page_counter.c) knows "max", and numbers as memparse() (lib/cmdline.c)
 * reads them; these are of 5.10 to 7.3. *bytes: whole pages, or RECORD_NO_LIMIT. Returns whether it is a limit, and is
 * there as a whole.
 */
bool limit_text__read(const char text[LIMIT_TEXT_LEN], uint32_t page_size, uint64_t *bytes);

#endif
