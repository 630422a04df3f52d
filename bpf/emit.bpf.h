/* SPDX-License-Identifier: GPL-2.0-only */
/* The one place that touches the ring buffer. It counts events that found no room. */
#ifndef OOMTRACE_EMIT_BPF_H
#define OOMTRACE_EMIT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "event.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20); /* bytes; --ring-size changes it before loading */
} ring SEC(".maps");

/*
 * Set by user space before loading: it looks into the ring often enough by itself for what is not urgent.
 * Waking it for each charge would be at the cost of the task that charges.
 */
const volatile bool reader_polls = false;

/* Events that the ring had no room for, by kind. User space maps this memory. */
__u64 events_lost[EVENT_KIND_SLOTS];

/*
 * The verifier takes as long for each store as for any other instruction, and it looks at every program
 * when oomtrace starts: what is larger than ZEROED_BY_STORES is zeroed by a copy of this.
 */
static const char zeros[1024];
#define ZEROED_BY_STORES 128
_Static_assert(sizeof(struct event_victim) <= sizeof(zeros) && sizeof(struct event_stack) <= sizeof(zeros) &&
		       sizeof(struct event_signal) <= sizeof(zeros),
	       "an event is larger than what zeroes it");

/*
 * Whether there is room for events that don't tell of an OOM: half of the ring is for those that do. Anybody with a
 * cgroup of his own can write limits, and end processes, as often as he likes.
 */
static __always_inline bool emit__has_room(void)
{
	return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) * 2 < bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE);
}

static __always_inline void emit__count_lost(enum event_kind kind)
{
	__sync_fetch_and_add(&events_lost[kind], 1);
}

/* Like emit__reserve(), for an event of which it is known whether it tells of an OOM. */
static __always_inline void *emit__reserve_from(enum event_kind kind, __u64 size, __u64 group, bool tells_oom)
{
	struct event_header *h = NULL;

	if (tells_oom || emit__has_room())
		h = bpf_ringbuf_reserve(&ring, size, 0);
	if (!h) {
		emit__count_lost(kind);
		return NULL;
	}
	if (size <= ZEROED_BY_STORES)
		__builtin_memset(h, 0, size);
	else
		bpf_probe_read_kernel(h, size, zeros);
	h->size = size;
	h->kind = kind;
	h->ts_ns = bpf_ktime_get_boot_ns();
	h->group = group;
	return h;
}

/* Returns a zeroed event with its header filled in, or NULL when it was counted as lost. */
static __always_inline void *emit__reserve(enum event_kind kind, __u64 size, __u64 group)
{
	return emit__reserve_from(kind, size, group, group && !(group & GROUP_KINDS));
}

/*
 * How an event is to be submitted: the kernel wakes a reader only if it had read all before this event. So one
 * that must be read soon has to ask for it, when there may be others before it that nobody was woken for.
 * Global: see task.bpf.h.
 */
__noinline __u64 emit__wakeup(__u32 kind, __u64 group)
{
	if (!reader_polls)
		return 0;
	switch (kind) {
	case EVENT_OOM:
	case EVENT_OOM_END:
	case EVENT_EXIT:
	case EVENT_LIMIT:
	case EVENT_MADE:    /* until user space has chosen, too much is told */
	case EVENT_SAMPLED: /* what its addresses mean is to be found while it lives */
		return BPF_RB_FORCE_WAKEUP;
	case EVENT_USAGE:
	case EVENT_RECLAIM:
		return BPF_RB_NO_WAKEUP;
	case EVENT_CGROUP:
		return group & GROUP_CHARGE ? BPF_RB_NO_WAKEUP : 0;
	default:
		return 0;
	}
}

/*
 * Begins an event that is made in memory and then copied (emit__copy()). While something is reserved in the ring the
 * verifier follows each way to its end: what has branches is made so, where oom_lock keeps others from it.
 */
#define EMIT__BEGIN(event) bpf_probe_read_kernel(event, sizeof(*(event)), zeros)

/*
 * Sends a copy of an event, which this gives its header. One for an OOM: room is not asked for. Returns false when it
 * was counted as lost.
 */
static __always_inline bool emit__copy(struct event_header *h, __u32 size, enum event_kind kind, __u64 group)
{
	h->size = size;
	h->kind = kind;
	h->ts_ns = bpf_ktime_get_boot_ns();
	h->group = group;
	if (!bpf_ringbuf_output(&ring, h, size, emit__wakeup(kind, group)))
		return true;
	emit__count_lost(kind);
	return false;
}

static __always_inline void emit__submit(void *event)
{
	struct event_header *h = event;

	__u64 wakeup = emit__wakeup(h->kind, h->group);

	/* Somebody wants to look at the processes before it is too late. */
	if (h->kind == EVENT_USAGE && h->flags & USAGE_NEAR)
		wakeup = BPF_RB_FORCE_WAKEUP;
	bpf_ringbuf_submit(event, wakeup);
}

#endif
