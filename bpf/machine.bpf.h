/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the memory of the machine, as the kernel's log has it when the whole machine runs out, or some of its nodes. */
#ifndef OOMTRACE_MACHINE_BPF_H
#define OOMTRACE_MACHINE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "emit.bpf.h"
#include "event.h"
#include "task.bpf.h"

/* Addresses of the kernel's nr_swap_pages and total_swap_pages. User space sets them; 0: not known yet. */
volatile __u64 swap_free_address, swap_total_address;

static __always_inline __u64 counter_at(__u64 address, __u32 index)
{
	__s64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (void *)address + index * sizeof(value));
	return value > 0 ? value : 0;
}

/* The mask of the nodes that an allocation may use: show_mem() prints these (mm/show_mem.c). 0: all. */
static __always_inline __u64 nodes_allowed(struct oom_control *oc)
{
	__u64 mask = (__u64)BPF_CORE_READ(oc, nodemask);

	if (!mask && bpf_core_field_exists(struct task_struct, mems_allowed))
		mask = (__u64)current_task() + bpf_core_field_offset(struct task_struct, mems_allowed);
	return mask;
}

static __always_inline bool is_allowed(__u64 mask, __u32 node)
{
	__u64 word = 0;

	if (!mask || node >= 8 * bpf_core_field_size(struct task_struct, mems_allowed))
		return true;
	bpf_probe_read_kernel(&word, sizeof(word), (void *)mask + node / 64 * sizeof(word));
	return word >> node % 64 & 1;
}

/* See EMIT__BEGIN(). */
static struct {
	struct event_machine event;
	__u32 next_node; /* after the one that was added last: the list has one node's zones after the other's */
} machine;

static __always_inline void add_node(__u64 node)
{
	struct event_machine *e = &machine.event;
	__u64 stats = node + bpf_core_field_offset(struct pglist_data, vm_stat);

	e->slab_reclaimable_pages +=
		counter_at(stats, bpf_core_enum_value(enum node_stat_item, NR_SLAB_RECLAIMABLE_B));
	e->slab_unreclaimable_pages +=
		counter_at(stats, bpf_core_enum_value(enum node_stat_item, NR_SLAB_UNRECLAIMABLE_B));
	e->shmem_pages += counter_at(stats, bpf_core_enum_value(enum node_stat_item, NR_SHMEM));
}

static __always_inline void fill_zone(struct event_zone *to, struct zone *zone, __u32 node)
{
	__u64 address = (__u64)zone;

	to->node = node;
	bpf_probe_read_kernel_str(to->name, sizeof(to->name), BPF_CORE_READ(zone, name));
	to->free_pages = counter_at(address + bpf_core_field_offset(struct zone, vm_stat),
				    bpf_core_enum_value(enum zone_stat_item, NR_FREE_PAGES));
	bpf_probe_read_kernel(to->watermark_pages, sizeof(to->watermark_pages),
			      (void *)(address + bpf_core_field_offset(struct zone, _watermark)));
	to->boost_pages = BPF_CORE_READ(zone, watermark_boost);
	to->managed_pages = BPF_CORE_READ(zone, managed_pages.counter);
}

/* The zonelist of an allocation: each zone of the machine once, the nearest first, then NULL. */
static __always_inline struct zone *zone_of(struct oom_control *oc, __u32 i)
{
	__u64 list = (__u64)BPF_CORE_READ(oc, zonelist);
	struct zone *zone = NULL;

	list += bpf_core_field_offset(struct zonelist, _zonerefs) + i * bpf_core_type_size(struct zoneref) +
		bpf_core_field_offset(struct zoneref, zone);
	if (BPF_CORE_READ(oc, zonelist))
		bpf_probe_read_kernel(&zone, sizeof(zone), (void *)list);
	return zone;
}

/* Adds a zone, and its node, if the allocation may use it. Returns whether there is one. Global: see task.bpf.h. */
__noinline int add_zone(__u64 oc, __u32 i, __u64 allowed)
{
	struct zone *zone = zone_of((void *)oc, i);
	struct pglist_data *pgdat;
	__u32 node, to = machine.event.zone_count;

	if (!zone)
		return false;
	pgdat = BPF_CORE_READ(zone, zone_pgdat);
	node = BPF_CORE_READ(pgdat, node_id);
	if (to >= EVENT_ZONES_MAX || !is_allowed(allowed, node))
		return true;
	fill_zone(&machine.event.zones[to], zone, node);
	machine.event.zone_count = to + 1;
	if (machine.next_node != node + 1)
		add_node((__u64)pgdat);
	machine.next_node = node + 1;
	return true;
}

/* Global: see task.bpf.h. */
__noinline int emit_machine(__u64 oc_address, __u64 group)
{
	struct oom_control *oc = (void *)oc_address;
	struct event_machine *e = &machine.event;
	__u64 allowed = nodes_allowed(oc);

	/* Of the zones as many count as zone_count says. */
	bpf_probe_read_kernel(e, __builtin_offsetof(struct event_machine, zones), zeros);
	machine.next_node = 0;
	e->known = MACHINE_HAS_SLAB | MACHINE_HAS_SHMEM;
	for (__u32 i = 0; i < EVENT_ZONES_MAX && add_zone(oc_address, i, allowed); i++)
		;
	if (zone_of(oc, EVENT_ZONES_MAX))
		e->known |= MACHINE_ZONES_CUT;
	if (swap_free_address && swap_total_address) {
		e->swap_free_pages = counter_at(swap_free_address, 0);
		e->swap_total_pages = counter_at(swap_total_address, 0);
		e->known |= MACHINE_HAS_SWAP;
	}
	emit__copy(&e->h, sizeof(*e), EVENT_MACHINE, group);
	return 0;
}

#endif
