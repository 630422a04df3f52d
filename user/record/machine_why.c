// SPDX-License-Identifier: GPL-2.0-only
#include "record/machine_why.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"

/* Such a zone is kept for devices that reach no other memory, so its free memory is no help. */
static bool is_small(const struct record_zone *zone)
{
	return !strcmp(zone->name, "DMA") && (!zone->has_managed || zone->managed_bytes <= 16 << 20);
}

static uint64_t watermark(const struct record_zone *zone, bool low)
{
	return low ? zone->low_bytes : zone->min_bytes;
}

/* The largest zone, if all of them are below that watermark; else NULL. */
static const struct record_zone *all_below(const struct record_machine *machine, bool low)
{
	const struct record_zone *largest = NULL;

	for (size_t i = 0; i < machine->zone_count; i++) {
		const struct record_zone *zone = &machine->zones[i];

		if (is_small(zone) || !zone->high_bytes)
			continue;
		if (zone->free_bytes >= watermark(zone, low))
			return NULL;
		if (!largest || zone->managed_bytes > largest->managed_bytes)
			largest = zone;
	}
	return largest;
}

/* Whether some zone has a free chunk of this order, or it isn't told. */
static bool has_chunk(const struct record_machine *machine, unsigned int order, uint64_t *free_bytes)
{
	bool told = false;

	*free_bytes = 0;
	for (size_t i = 0; i < machine->zone_count; i++) {
		const struct record_zone *zone = &machine->zones[i];

		*free_bytes += zone->free_bytes;
		told |= zone->orders > 0;
		for (unsigned int o = order; o < zone->orders; o++)
			if (zone->chunks[o] && !is_small(zone))
				return true;
	}
	return !told;
}

/*
 * A zone with enough for single pages; NULL: none is known. Of a log all that count are looked at, for it tells of the
 * pieces, too. Else it is the first, from which an allocation is tried first: of what others keep for it they may not
 * have told. Above the high watermark, because some may have been freed meanwhile.
 */
static const struct record_zone *with_room(const struct record_machine *machine)
{
	for (size_t i = 0; i < machine->zone_count; i++) {
		const struct record_zone *zone = &machine->zones[i];

		if (!is_small(zone) && zone->high_bytes && zone->free_bytes >= zone->high_bytes)
			return zone;
		if (!zone->orders)
			break;
	}
	return NULL;
}

bool machine_why__is_fragmented(const struct record_machine *machine, int order)
{
	uint64_t bytes;
	bool told = machine->zone_count && machine->zones[0].orders;

	return order > 0 && with_room(machine) && (!told || !has_chunk(machine, (unsigned int)order, &bytes));
}

bool machine_why__format(char *dst, size_t size, const struct record_machine *machine, int order)
{
	char free[UNITS__TEXT_SIZE], mark[UNITS__TEXT_SIZE];
	const struct record_zone *zone;
	uint64_t bytes;

	if (!machine->zone_count)
		return false;
	for (int low = 0; low <= 1; low++) {
		zone = all_below(machine, low);
		if (!zone)
			continue;
		units__format_size(free, sizeof(free), zone->free_bytes);
		units__format_size(mark, sizeof(mark), watermark(zone, low));
		snprintf(dst, size,
			 "free memory is below the %s watermark in every zone that counts: node %u %s has %s "
			 "free, the watermark is %s",
			 low ? "low" : "min", zone->node, zone->name, free, mark);
		return true;
	}
	if (order > 0 && !has_chunk(machine, (unsigned int)order, &bytes)) {
		units__format_size(free, sizeof(free), bytes);
		snprintf(dst, size, "no free chunk of order %d is left, although %s are free in smaller ones",
			 order, free);
		return true;
	}
	if (machine_why__is_fragmented(machine, order)) {
		zone = with_room(machine);
		units__format_size(free, sizeof(free), zone->free_bytes);
		units__format_size(mark, sizeof(mark), zone->high_bytes);
		snprintf(
			dst, size,
			"free memory is in small pieces: a piece of order %d was asked for, while node %u %s has %s "
			"free, above its high watermark of %s",
			order, zone->node, zone->name, free, mark);
		return true;
	}
	return false;
}
