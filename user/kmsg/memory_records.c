// SPDX-License-Identifier: GPL-2.0-only
#include "kmsg/memory_records.h"

static void set_machine(struct record_machine *machine, enum record_machine_item item, uint64_t bytes)
{
	machine->known |= 1U << item;
	machine->bytes[item] = bytes;
}

bool memory_records__machine(struct record_machine *machine, struct record_zone *zones,
			     const struct kmsg_incident *incident)
{
	static const enum record_machine_item items[KMSG_PAGES] = {
		[KMSG_FREE] = MACHINE_FREE,
		[KMSG_ACTIVE_ANON] = MACHINE_ACTIVE_ANON,
		[KMSG_INACTIVE_ANON] = MACHINE_INACTIVE_ANON,
		[KMSG_ACTIVE_FILE] = MACHINE_ACTIVE_FILE,
		[KMSG_INACTIVE_FILE] = MACHINE_INACTIVE_FILE,
		[KMSG_UNEVICTABLE] = MACHINE_UNEVICTABLE,
		[KMSG_SLAB_RECLAIMABLE] = MACHINE_SLAB_RECLAIMABLE,
		[KMSG_SLAB_UNRECLAIMABLE] = MACHINE_SLAB_UNRECLAIMABLE,
		[KMSG_SHMEM] = MACHINE_SHMEM,
		[KMSG_PAGETABLES] = MACHINE_PAGETABLES,
		[KMSG_RAM] = MACHINE_TOTAL,
		[KMSG_RESERVED] = MACHINE_RESERVED,
	};
	const struct kmsg_machine *from = &incident->machine;

	if (!from->known)
		return false;
	for (int i = 0; i < KMSG_PAGES; i++)
		if ((from->has & 1U << i) && incident->page_size &&
		    from->pages[i] < UINT64_MAX / incident->page_size)
			set_machine(machine, items[i], from->pages[i] * incident->page_size);
	if (from->has_swap) {
		set_machine(machine, MACHINE_SWAP_FREE, from->swap_free_bytes);
		set_machine(machine, MACHINE_SWAP_TOTAL, from->swap_total_bytes);
	}
	for (size_t i = 0; i < from->zone_count; i++) {
		const struct kmsg_zone *zone = &from->zones[i];

		zones[i] = (struct record_zone){
			.node = zone->node,
			.name = zone->name,
			.has_boost = zone->has_boost,
			.has_managed = zone->has_managed,
			.free_bytes = zone->free_bytes,
			.min_bytes = zone->min_bytes,
			.low_bytes = zone->low_bytes,
			.high_bytes = zone->high_bytes,
			.boost_bytes = zone->boost_bytes,
			.managed_bytes = zone->managed_bytes,
			.chunk_bytes = zone->chunk_bytes,
			.chunks = zone->chunks,
			.orders = zone->orders,
		};
	}
	machine->zones = zones;
	machine->zone_count = from->zone_count;
	return true;
}

bool memory_records__cgroup(struct record_memory *memory, const struct kmsg_stats *stats)
{
	static const enum memory_item items[KMSG_STATS] = {
		[KMSG_STAT_ANON] = MEMORY_ANON,
		[KMSG_STAT_FILE] = MEMORY_FILE,
		[KMSG_STAT_SHMEM] = MEMORY_SHMEM,
		[KMSG_STAT_SLAB_RECLAIMABLE] = MEMORY_SLAB_RECLAIMABLE,
		[KMSG_STAT_SLAB_UNRECLAIMABLE] = MEMORY_SLAB_UNRECLAIMABLE,
		[KMSG_STAT_KERNEL_STACK] = MEMORY_KERNEL_STACK,
		[KMSG_STAT_PAGETABLES] = MEMORY_PAGETABLES,
		[KMSG_STAT_SOCK] = MEMORY_SOCK,
		[KMSG_STAT_SWAP] = MEMORY_SWAP,
		[KMSG_STAT_KERNEL] = MEMORY_KERNEL,
	};

	for (int i = 0; i < KMSG_STATS; i++)
		if (stats->has & 1U << i) {
			memory->known |= 1U << items[i];
			memory->bytes[items[i]] = stats->bytes[i];
		}
	return memory->known;
}
