/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OOMTRACE_GFP_H
#define OOMTRACE_GFP_H

#include <stddef.h>
#include <stdint.h>

#define GFP_TEXT_SIZE 512

/*
 * Writes the names of a gfp mask as the kernel's log has them ("GFP_KERNEL|__GFP_ZERO"), flags
 * without a name as one hexadecimal number at the end. Returns dst.
 */
const char *gfp__format(char *dst, size_t size, uint32_t mask);

#endif
