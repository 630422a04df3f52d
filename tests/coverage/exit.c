// SPDX-License-Identifier: GPL-2.0-only
/*
 * Of make coverage: a process that ends by _exit(), as a forked one does, writes its counts, too. One that is killed
 * doesn't, nor one that may not make files (stacks/keeper_process.c).
 */
#include <stdnoreturn.h>

void __gcov_dump(void);
noreturn void __real__exit(int code);
noreturn void __wrap__exit(int code);

noreturn void __wrap__exit(int code)
{
	__gcov_dump();
	__real__exit(code);
}
