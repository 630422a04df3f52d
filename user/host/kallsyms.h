/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's symbols, from /proc/kallsyms. */
#ifndef OOMTRACE_KALLSYMS_H
#define OOMTRACE_KALLSYMS_H

#include <stddef.h>
#include <stdint.h>

struct kallsyms;

/*
 * Reads the symbols of functions from a descriptor of /proc/kallsyms (not owned). Who had opened it, not
 * who reads it, must be allowed to see addresses (kernel.kptr_restrict). Returns 0 and a table for
 * kallsyms__free(), -EPERM when the kernel hides the addresses, or another negative errno.
 */
int kallsyms__load(int fd, struct kallsyms **out);

/* The function that an address is in, or NULL; *module is NULL for the kernel itself. */
const char *kallsyms__find(const struct kallsyms *kallsyms, uint64_t address, const char **module,
			   uint64_t *offset);

/*
 * The address of one symbol of the kernel itself, data or function, without keeping the others. 0: there is
 * none, or its address is kept from us.
 */
uint64_t kallsyms__address(const char *name);

/* Takes NULL. */
void kallsyms__free(struct kallsyms *kallsyms);

#endif
