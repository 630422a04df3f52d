/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's symbols, from /proc/kallsyms. */
#ifndef OOMTRACE_KALLSYMS_H
#define OOMTRACE_KALLSYMS_H

#include <stddef.h>
#include <stdint.h>

struct kallsyms;

/*
 * Where the file is: /proc/kallsyms, or /dev/kallsyms where a service manager has hidden the first and bound it there
 * (ProtectKernelTunables=, BindReadOnlyPaths=). The text is static.
 */
const char *kallsyms__path(void);

/*
 * Reads the symbols of functions from a descriptor of /proc/kallsyms (not owned). Who had opened it, not
 * who reads it, must be allowed to see addresses (kernel.kptr_restrict). Returns 0 and a table for
 * kallsyms__free(), -EPERM when the kernel hides the addresses, or another negative errno.
 */
int kallsyms__load(int fd, struct kallsyms **out);

/* The function that an address is in, or NULL; *module is NULL for the kernel itself. */
const char *kallsyms__find(const struct kallsyms *kallsyms, uint64_t address, const char **module,
			   uint64_t *offset);

/* Where a symbol is; the one behind it begins at `end`. Both are 0 when that isn't known. */
struct kallsyms_range {
	const char *name;
	uint64_t start, end;
};

/*
 * Finds symbols of the kernel itself, not of its modules, in one pass over `path`, that of the file. There may be none by
 * a name, and the kernel may keep addresses from us (kernel.kptr_restrict). Returns 0 or a negative errno.
 */
int kallsyms__find_ranges(const char *path, struct kallsyms_range *wanted, size_t count);

/* Takes NULL. */
void kallsyms__free(struct kallsyms *kallsyms);

#endif
