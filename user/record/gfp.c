// SPDX-License-Identifier: GPL-2.0-only
#include "record/gfp.h"

#include <stdio.h>

#include "base/array.h"

/*
 * include/linux/gfp_types.h. Bits 0 to 22 mean the same from 5.10 to 7.3 (bit 9, __GFP_ATOMIC, is
 * unused from 6.3); those above depend on the configuration and stay numbers. The live tests hold
 * this table against the log of every kernel of the matrix.
 */
#define DMA 0x1u
#define HIGHMEM 0x2u
#define DMA32 0x4u
#define MOVABLE 0x8u
#define RECLAIMABLE 0x10u
#define HIGH 0x20u
#define IO 0x40u
#define FS 0x80u
#define ZERO 0x100u
#define DIRECT_RECLAIM 0x400u
#define KSWAPD_RECLAIM 0x800u
#define WRITE 0x1000u
#define NOWARN 0x2000u
#define RETRY_MAYFAIL 0x4000u
#define NOFAIL 0x8000u
#define NORETRY 0x10000u
#define MEMALLOC 0x20000u
#define COMP 0x40000u
#define NOMEMALLOC 0x80000u
#define HARDWALL 0x100000u
#define THISNODE 0x200000u
#define ACCOUNT 0x400000u
#define RECLAIM (DIRECT_RECLAIM | KSWAPD_RECLAIM)
#define KERNEL (RECLAIM | IO | FS)
#define USER (KERNEL | HARDWALL)
#define HIGHUSER_MOVABLE (USER | HIGHMEM | MOVABLE)
#define TRANSHUGE_LIGHT ((HIGHUSER_MOVABLE | COMP | NOMEMALLOC | NOWARN) & ~RECLAIM)

/* In the order of __def_gfpflag_names, include/trace/events/mmflags.h: what matches first is named. */
static const struct {
	uint32_t mask;
	const char *name;
} names[] = {
	{ TRANSHUGE_LIGHT | DIRECT_RECLAIM, "GFP_TRANSHUGE" },
	{ TRANSHUGE_LIGHT, "GFP_TRANSHUGE_LIGHT" },
	{ HIGHUSER_MOVABLE, "GFP_HIGHUSER_MOVABLE" },
	{ USER | HIGHMEM, "GFP_HIGHUSER" },
	{ USER, "GFP_USER" },
	{ KERNEL | ACCOUNT, "GFP_KERNEL_ACCOUNT" },
	{ KERNEL, "GFP_KERNEL" },
	{ RECLAIM | IO, "GFP_NOFS" },
	{ RECLAIM, "GFP_NOIO" },
	{ DMA, "GFP_DMA" },
	{ HIGHMEM, "__GFP_HIGHMEM" },
	{ DMA32, "GFP_DMA32" },
	{ HIGH, "__GFP_HIGH" },
	{ IO, "__GFP_IO" },
	{ FS, "__GFP_FS" },
	{ NOWARN, "__GFP_NOWARN" },
	{ RETRY_MAYFAIL, "__GFP_RETRY_MAYFAIL" },
	{ NOFAIL, "__GFP_NOFAIL" },
	{ NORETRY, "__GFP_NORETRY" },
	{ COMP, "__GFP_COMP" },
	{ ZERO, "__GFP_ZERO" },
	{ NOMEMALLOC, "__GFP_NOMEMALLOC" },
	{ MEMALLOC, "__GFP_MEMALLOC" },
	{ HARDWALL, "__GFP_HARDWALL" },
	{ THISNODE, "__GFP_THISNODE" },
	{ RECLAIMABLE, "__GFP_RECLAIMABLE" },
	{ MOVABLE, "__GFP_MOVABLE" },
	{ ACCOUNT, "__GFP_ACCOUNT" },
	{ WRITE, "__GFP_WRITE" },
	{ DIRECT_RECLAIM, "__GFP_DIRECT_RECLAIM" },
	{ KSWAPD_RECLAIM, "__GFP_KSWAPD_RECLAIM" },
};

const char *gfp__format(char *dst, size_t size, uint32_t mask)
{
	uint32_t rest = mask;
	size_t len = 0;

	if (!size)
		return dst;
	dst[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(names) && len < size; i++) {
		if ((rest & names[i].mask) != names[i].mask)
			continue;
		rest &= ~names[i].mask;
		len += snprintf(dst + len, size - len, "%s%s", len ? "|" : "", names[i].name);
	}
	if ((rest || !mask) && len < size)
		snprintf(dst + len, size - len, "%s%#x", len ? "|" : "", rest);
	return dst;
}
