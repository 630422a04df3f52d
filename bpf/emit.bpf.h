/* SPDX-License-Identifier: GPL-2.0-only */
/* The one place that touches the ring buffer, and counts what didn't fit. */
#ifndef OOMTRACE_EMIT_BPF_H
#define OOMTRACE_EMIT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "event.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20); /* bytes; --ring-size changes it before loading */
} ring SEC(".maps");

/* Events sent and events that the ring had no room for, by kind. User space maps this memory. */
__u64 events_sent[EVENT_KIND_SLOTS];
__u64 events_lost[EVENT_KIND_SLOTS];

/* Returns a zeroed event with its header filled in, or NULL when it was counted as lost. */
static __always_inline void *emit__reserve(enum event_kind kind, __u64 size, __u64 group)
{
	struct event_header *h = bpf_ringbuf_reserve(&ring, size, 0);

	if (!h) {
		__sync_fetch_and_add(&events_lost[kind], 1);
		return NULL;
	}
	__builtin_memset(h, 0, size);
	h->size = size;
	h->kind = kind;
	h->ts_ns = bpf_ktime_get_boot_ns();
	h->group = group;
	return h;
}

static __always_inline void emit__submit(void *event)
{
	struct event_header *h = event;

	__sync_fetch_and_add(&events_sent[h->kind & (EVENT_KIND_SLOTS - 1)], 1);
	bpf_ringbuf_submit(event, 0);
}

#endif
