// SPDX-License-Identifier: GPL-2.0-only
#include "record/record_log.h"

const char *record_log__machine_key(enum record_machine_item item)
{
	static const char *const keys[MACHINE_ITEMS] = {
		[MACHINE_TOTAL] = "total_bytes",
		[MACHINE_RESERVED] = "reserved_bytes",
		[MACHINE_FREE] = "free_bytes",
		[MACHINE_ACTIVE_ANON] = "active_anon_bytes",
		[MACHINE_INACTIVE_ANON] = "inactive_anon_bytes",
		[MACHINE_ACTIVE_FILE] = "active_file_bytes",
		[MACHINE_INACTIVE_FILE] = "inactive_file_bytes",
		[MACHINE_UNEVICTABLE] = "unevictable_bytes",
		[MACHINE_SLAB_RECLAIMABLE] = "slab_reclaimable_bytes",
		[MACHINE_SLAB_UNRECLAIMABLE] = "slab_unreclaimable_bytes",
		[MACHINE_SHMEM] = "shmem_bytes",
		[MACHINE_PAGETABLES] = "pagetables_bytes",
		[MACHINE_SWAP_FREE] = "swap_free_bytes",
		[MACHINE_SWAP_TOTAL] = "swap_total_bytes",
	};

	return keys[item];
}
