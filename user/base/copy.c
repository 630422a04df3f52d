// SPDX-License-Identifier: GPL-2.0-only
#include "base/copy.h"

#include <string.h>

void copy__text(char *dst, size_t size, const char *src)
{
	size_t len = src ? strnlen(src, size - 1) : 0;

	memcpy(dst, src ? src : "", len);
	dst[len] = '\0';
}
