/* SPDX-License-Identifier: GPL-2.0-only */
/* What a filter of system calls must know of the architecture. */
#ifndef OOMTRACE_SANDBOX_ARCH_H
#define OOMTRACE_SANDBOX_ARCH_H

#include <linux/audit.h>
#include <stdint.h>

#if defined(__x86_64__)
#define SANDBOX_ARCH AUDIT_ARCH_X86_64
#define SANDBOX_FOREIGN_CALLS 0x40000000 /* x32's: the same architecture, other numbers */
#elif defined(__aarch64__)
#define SANDBOX_ARCH AUDIT_ARCH_AARCH64
#define SANDBOX_FOREIGN_CALLS UINT32_MAX /* none */
#else
#error "which system calls has this architecture?"
#endif

#endif
