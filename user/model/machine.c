// SPDX-License-Identifier: GPL-2.0-only
#include "model/machine.h"

static void set(struct record_machine *r, enum record_machine_item item, uint64_t bytes)
{
	r->bytes[item] = bytes;
	r->known |= 1U << item;
}

/* The log's watermarks have the boost in them (min_wmark_pages(), include/linux/mmzone.h). */
static void fill_zone(struct record_zone *to, const struct event_zone *e, uint64_t page_size)
{
	*to = (struct record_zone){
		.node = e->node,
		.name = e->name,
		.has_boost = true,
		.has_managed = true,
		.free_bytes = e->free_pages * page_size,
		.min_bytes = (e->watermark_pages[0] + e->boost_pages) * page_size,
		.low_bytes = (e->watermark_pages[1] + e->boost_pages) * page_size,
		.high_bytes = (e->watermark_pages[2] + e->boost_pages) * page_size,
		.boost_bytes = e->boost_pages * page_size,
		.managed_bytes = e->managed_pages * page_size,
	};
}

void machine__fill(struct machine *out, const struct event_machine *e, uint64_t page_size, int order)
{
	struct record_machine *r = &out->record;
	/* The sums are over the nodes of zones: without zones, as when kswapd asks for a kill, there is none. */
	uint32_t summed = e->zone_count && !(e->known & MACHINE_ZONES_CUT) ? e->known : 0;

	*r = (struct record_machine){ .zones = out->zones, .zone_count = e->zone_count };
	for (size_t i = 0; i < e->zone_count; i++)
		fill_zone(&out->zones[i], &e->zones[i], page_size);
	if (e->known & MACHINE_HAS_SWAP) {
		set(r, MACHINE_SWAP_FREE, e->swap_free_pages * page_size);
		set(r, MACHINE_SWAP_TOTAL, e->swap_total_pages * page_size);
	}
	if (summed & MACHINE_HAS_SLAB) {
		set(r, MACHINE_SLAB_RECLAIMABLE, e->slab_reclaimable_pages * page_size);
		set(r, MACHINE_SLAB_UNRECLAIMABLE, e->slab_unreclaimable_pages * page_size);
	}
	if (summed & MACHINE_HAS_SHMEM)
		set(r, MACHINE_SHMEM, e->shmem_pages * page_size);
	/* Zones that aren't here may be above their watermarks. */
	if (!(e->known & MACHINE_ZONES_CUT) && machine_why__format(out->why, sizeof(out->why), r, order))
		r->why = out->why;
}

void machine__read_largest(struct machine *machine, const struct model_env *env)
{
	machine->read_ns = env->largest_cgroups ? env->largest_cgroups(env->ctx, &machine->read) : 0;
}

void machine__fill_largest(struct machine *out, const struct model_env *env, uint64_t since_ns)
{
	const struct largest_cgroups *read = &out->read;

	if (!out->read_ns || !read->count)
		return;
	for (size_t i = 0; i < read->count; i++)
		out->largest[i] = (struct record_cgroup_usage){
			.path = read->list[i].path,
			.container = model_env__container(env, read->list[i].path),
			.usage_bytes = read->list[i].usage_bytes,
		};
	out->record.largest = (struct record_largest){
		.list = out->largest,
		.count = read->count,
		.looked_at = read->looked_at,
		.after_ns = out->read_ns > since_ns ? out->read_ns - since_ns : 0,
		.cut = read->cut,
	};
}
