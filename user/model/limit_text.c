// SPDX-License-Identifier: GPL-2.0-only
#include "model/limit_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/cgroup_chain.h"

/* By how many bits a suffix shifts the number before it, or 0. */
static unsigned int suffix_shift(char c)
{
	static const char suffixes[] = "kmgtpe";
	const char *found = c ? strchr(suffixes, tolower((unsigned char)c)) : NULL;

	return found ? 10 * (unsigned int)(found - suffixes + 1) : 0;
}

bool limit_text__read(const char text[LIMIT_TEXT_LEN], uint32_t page_size, uint64_t *bytes)
{
	size_t len = strnlen(text, LIMIT_TEXT_LEN);
	unsigned long long number;
	unsigned int shift;
	char copy[LIMIT_TEXT_LEN], *at = copy, *end;

	if (!len || len >= LIMIT_TEXT_LEN - 1)
		return false; /* it could not be read, or may go on */
	memcpy(copy, text, len + 1);
	while (len && isspace((unsigned char)copy[len - 1]))
		copy[--len] = '\0';
	while (isspace((unsigned char)*at))
		at++;
	if (!strcmp(at, "max")) {
		*bytes = RECORD_NO_LIMIT;
		return true;
	}
	if (*at == '-' || *at == '+')
		return false; /* strtoull() would take them */
	errno = 0;
	number = strtoull(at, &end, 0);
	shift = suffix_shift(*end);
	if (errno || end[shift ? 1 : 0])
		return false;
	*bytes = cgroup_chain__limit_bytes((number << shift) / page_size, page_size);
	return true;
}
