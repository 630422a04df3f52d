// SPDX-License-Identifier: GPL-2.0-only
#include "kmsg/memory.h"

#include <string.h>

#include "base/array.h"
#include "kmsg/scan.h"

/* No limit is LONG_MAX bytes, in pages and then in kB: it depends on the size of a page. */
#define NO_LIMIT_KB 9007199254740928ULL /* pages of 64 KiB; those of smaller pages are higher */
#define NO_LIMIT_32BIT_KB 8589934588ULL

/* ---- a cgroup's ---- */

bool memory__counter(struct span text, struct kmsg_incident *incident)
{
	struct kmsg_counter counter = { .known = true }, *to;
	uint64_t limit_kb;

	if (scan__starts(text, "memory: usage "))
		to = &incident->memory;
	else if (scan__starts(text, "memory+swap: usage "))
		to = &incident->memsw;
	else if (scan__starts(text, "kmem: usage "))
		to = &incident->kmem;
	else if (scan__starts(text, "swap: usage "))
		to = &incident->swap;
	else
		return false;
	if (!scan__kb(text, ": usage ", &counter.usage_bytes) || !scan__u64(text, ", limit ", &limit_kb))
		return true;
	if (limit_kb >= NO_LIMIT_KB || limit_kb == NO_LIMIT_32BIT_KB)
		counter.limit_bytes = KMSG_NO_LIMIT;
	else
		counter.limit_bytes = limit_kb * 1024;
	scan__u64(text, ", failcnt ", &counter.failcnt);
	*to = counter;
	return true;
}

static void add_stat(struct kmsg_stats *stats, enum kmsg_stat stat, uint64_t bytes)
{
	stats->has |= 1U << stat;
	if (__builtin_add_overflow(stats->bytes[stat], bytes, &stats->bytes[stat]))
		stats->bytes[stat] = UINT64_MAX;
}

void memory__stat_list(struct span text, struct kmsg_stats *stats)
{
	static const struct {
		const char *key;
		enum kmsg_stat stat;
	} keys[] = {
		{ "rss", KMSG_STAT_ANON },
		{ "cache", KMSG_STAT_FILE },
		{ "shmem", KMSG_STAT_SHMEM },
		{ "swap", KMSG_STAT_SWAP },
	};

	while (text.len) {
		struct span value = scan__word(&text), key = span__cut(&value, ':');
		uint64_t kb;

		if (!value.len || !scan__take_u64(&value, &kb) || kb > UINT64_MAX / 1024)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
			if (span__is(key, keys[i].key))
				add_stat(stats, keys[i].stat, kb * 1024);
	}
}

bool memory__stat_line(struct span text, struct kmsg_stats *stats)
{
	static const struct {
		const char *key;
		enum kmsg_stat stat;
	} keys[] = {
		{ "anon", KMSG_STAT_ANON },
		{ "file", KMSG_STAT_FILE },
		{ "shmem", KMSG_STAT_SHMEM },
		{ "slab_reclaimable", KMSG_STAT_SLAB_RECLAIMABLE },
		{ "slab_unreclaimable", KMSG_STAT_SLAB_UNRECLAIMABLE },
		{ "kernel_stack", KMSG_STAT_KERNEL_STACK },
		{ "pagetables", KMSG_STAT_PAGETABLES },
		{ "sock", KMSG_STAT_SOCK },
		{ "kernel", KMSG_STAT_KERNEL },
	};
	struct span rest = text, key = scan__word(&rest);
	uint64_t bytes;

	if (!key.len || !span__u64(scan__trim(rest), &bytes))
		return false;
	for (size_t i = 0; i < key.len; i++)
		if (key.start[i] != '_' && (key.start[i] < 'a' || key.start[i] > 'z') &&
		    (key.start[i] < '0' || key.start[i] > '9'))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (span__is(key, keys[i].key)) {
			/* Not added up: the figures are the whole subtree's, and the line may be doubled. */
			stats->has |= 1U << keys[i].stat;
			stats->bytes[keys[i].stat] = bytes;
		}
	return true;
}

/* ---- the machine's ---- */

static void set_pages(struct kmsg_machine *machine, enum kmsg_pages what, uint64_t pages)
{
	machine->has |= 1U << what;
	machine->pages[what] = pages;
}

/* " active_file:433 inactive_file:867 isolated_file:0", in pages. False: nothing of that. */
static bool parse_totals(struct span text, struct kmsg_machine *machine)
{
	static const struct {
		const char *key;
		enum kmsg_pages what;
	} keys[] = {
		{ "free", KMSG_FREE },
		{ "active_anon", KMSG_ACTIVE_ANON },
		{ "inactive_anon", KMSG_INACTIVE_ANON },
		{ "active_file", KMSG_ACTIVE_FILE },
		{ "inactive_file", KMSG_INACTIVE_FILE },
		{ "unevictable", KMSG_UNEVICTABLE },
		{ "slab_reclaimable", KMSG_SLAB_RECLAIMABLE },
		{ "slab_unreclaimable", KMSG_SLAB_UNRECLAIMABLE },
		{ "shmem", KMSG_SHMEM },
		{ "pagetables", KMSG_PAGETABLES },
	};
	bool any = false;

	while (text.len) {
		struct span value = scan__word(&text), key = span__cut(&value, ':');
		uint64_t pages;

		if (!span__u64(value, &pages))
			return any; /* a unit: it isn't this line */
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
			if (span__is(key, keys[i].key))
				set_pages(machine, keys[i].what, pages);
		any = true;
	}
	return any;
}

/* "1022500 pages RAM", "22500 pages reserved". */
static bool parse_page_count(struct span text, struct kmsg_machine *machine)
{
	struct span rest = text;
	uint64_t pages;

	if (!scan__take_u64(&rest, &pages))
		return false;
	rest = scan__trim(rest);
	if (span__is(rest, "pages RAM"))
		set_pages(machine, KMSG_RAM, pages);
	else if (span__is(rest, "pages reserved"))
		set_pages(machine, KMSG_RESERVED, pages);
	return scan__starts(rest, "pages ") || scan__has(rest, "pagecache pages");
}

static bool parse_swap(struct span text, struct kmsg_machine *machine)
{
	if (scan__starts(text, "Free swap ")) {
		machine->has_swap |= scan__kb(text, "= ", &machine->swap_free_bytes);
		return true;
	}
	if (scan__starts(text, "Total swap ")) {
		machine->has_swap |= scan__kb(text, "= ", &machine->swap_total_bytes);
		return true;
	}
	return scan__starts(text, "Swap cache stats:");
}

/* The zone with this name in this node; a new one if there is room. NULL: there is none. */
static struct kmsg_zone *zone_of(struct kmsg_machine *machine, unsigned int node, struct span name)
{
	struct kmsg_zone *zone;

	for (size_t i = 0; i < machine->zone_count; i++)
		if (machine->zones[i].node == node && span__is(name, machine->zones[i].name))
			return &machine->zones[i];
	if (machine->zone_count == KMSG_ZONES_MAX || !name.len || name.len >= sizeof(zone->name))
		return NULL;
	zone = &machine->zones[machine->zone_count++];
	*zone = (struct kmsg_zone){ .node = node };
	scan__copy(zone->name, sizeof(zone->name), name);
	return zone;
}

/* "202*4kB (UME) 6*8kB (UME) ... = 8840kB" */
static void parse_chunks(struct span text, struct kmsg_zone *zone)
{
	zone->orders = 0;
	while (text.len && zone->orders < KMSG_ORDERS_MAX) {
		struct span word = scan__word(&text);
		uint64_t count, kb;

		if (span__is(word, "="))
			break;
		if (!scan__take_u64(&word, &count) || !span__strip_prefix(&word, "*") ||
		    !scan__take_u64(&word, &kb) || kb > UINT32_MAX)
			continue;
		if (!zone->orders)
			zone->chunk_bytes = kb * 1024;
		zone->chunks[zone->orders++] = count;
	}
}

static void parse_watermarks(struct span text, struct kmsg_zone *zone)
{
	scan__kb(text, "free:", &zone->free_bytes);
	zone->has_boost = scan__kb(text, " boost:", &zone->boost_bytes);
	scan__kb(text, " min:", &zone->min_bytes);
	scan__kb(text, " low:", &zone->low_bytes);
	scan__kb(text, " high:", &zone->high_bytes);
	zone->has_managed = scan__kb(text, " managed:", &zone->managed_bytes);
}

/* "Node 0 DMA32 free:8840kB ...", "Node 0 DMA32: 202*4kB ...", "Node 0 active_anon:99912kB ..." */
static bool parse_zone(struct span text, struct kmsg_machine *machine)
{
	struct span rest = text, name;
	uint64_t node = 0;
	struct kmsg_zone *zone;
	bool has_node = span__strip_prefix(&rest, "Node ");

	if (has_node && !scan__take_u64(&rest, &node))
		return false;
	rest = scan__trim(rest);
	name = scan__word(&rest);
	if (scan__starts(rest, "free:") && scan__has(rest, " min:")) {
		zone = zone_of(machine, (unsigned int)node, name);
		if (zone)
			parse_watermarks(rest, zone);
		return true;
	}
	if (span__strip_suffix(&name, ":") && scan__has(rest, "kB") && scan__has(rest, "*")) {
		zone = zone_of(machine, (unsigned int)node, name);
		if (zone)
			parse_chunks(rest, zone);
		return true;
	}
	return has_node;
}

bool memory__machine(struct span text, struct kmsg_machine *machine)
{
	if (parse_swap(text, machine) || parse_zone(text, machine) || parse_page_count(text, machine) ||
	    scan__starts(text, "lowmem_reserve[]:"))
		return true;
	return memchr(text.start, ':', text.len) && parse_totals(text, machine);
}

uint32_t memory__page_size(const struct kmsg_machine *machine)
{
	for (size_t i = 0; i < machine->zone_count; i++) {
		uint64_t bytes = machine->zones[i].chunk_bytes;

		if (machine->zones[i].orders && bytes >= 4096 && bytes <= 65536 && !(bytes & (bytes - 1)))
			return (uint32_t)bytes;
	}
	return 0;
}
