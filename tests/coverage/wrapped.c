// SPDX-License-Identifier: GPL-2.0-only
/*
 * Of make coverage: a process that ends by _exit(), as a forked one does, writes its counts, too, and one that is
 * confined may write them in the folder of GCOV_PREFIX, which a guest sets. A process that is killed writes none, nor
 * one that may not make files (stacks/keeper_process.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>

#include "base/landlock.h"
#include "base/sandbox.h"

#define PLACES_MAX 64

void __gcov_dump(void);
noreturn void __real__exit(int code);
noreturn void __wrap__exit(int code);
int __real_landlock__confine(const struct landlock_place *places, size_t count);
int __wrap_landlock__confine(const struct landlock_place *places, size_t count);
int __real_sandbox__seclude(unsigned int needs);
int __wrap_sandbox__seclude(unsigned int needs);

noreturn void __wrap__exit(int code)
{
	__gcov_dump();
	__real__exit(code);
}

int __wrap_landlock__confine(const struct landlock_place *places, size_t count)
{
	struct landlock_place more[PLACES_MAX];
	const char *counts = getenv("GCOV_PREFIX");

	if (!counts)
		return __real_landlock__confine(places, count);
	if (count >= PLACES_MAX)
		return -E2BIG;
	memcpy(more, places, count * sizeof(*places));
	more[count] = (struct landlock_place){ .path = counts, .writable = true };
	return __real_landlock__confine(more, count + 1);
}

int __wrap_sandbox__seclude(unsigned int needs)
{
	return __real_sandbox__seclude(getenv("GCOV_PREFIX") ? needs | SANDBOX__FILES : needs);
}
