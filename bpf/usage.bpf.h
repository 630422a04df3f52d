/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Usage events. An event is of one counter, and is sent when the counter has moved by a step. Steps are finer near
 * the limit. With it go kernel and socket memory from the kernel's statistics (memory.bpf.h). A counter that has
 * moved by less, or too often, goes into the queue `unsettled`. User space reads the target's memory.current some
 * times a second, and that sends the queue. So where usage comes to rest is exact.
 */
#ifndef OOMTRACE_USAGE_BPF_H
#define OOMTRACE_USAGE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "chain.bpf.h"
#include "counters.bpf.h"
#include "emit.bpf.h"
#include "event.h"
#include "memory.bpf.h"
#include "near.bpf.h"
#include "task.bpf.h"

#define COUNTER_LEVELS 16 /* levels of cgroups, from the one that is charged, whose usage is followed */

/* Pages. Usage is exact to a batch for each CPU anyway. */
#define STEP_MIN 64
#define STEP_MAX 1024

/* Each cgroup may send as many events at once, and then one each so often. */
#define USAGE_BURST 256
#define USAGE_GAP_NS 2000000ULL

/*
 * With --all only the flight recorder gets the events. They have no kinds of memory and no chains, they are rarer
 * (but for the first USAGE_BURST, which a spike into a limit needs), and a cgroup without a limit sends few: it can
 * only be killed by another's limit, which has a curve of its own. What the last event lacks is less than a part of
 * a step: the OOM itself tells how it ended.
 */
#define ALL_GAP_NS 50000000ULL
#define ALL_STEP_PARTS 4
#define ALL_UNLIMITED_STEP_MIN 4096 /* pages */

/* The kinds of memory are read no more often than this, because they are sums over all CPUs. */
#define KINDS_GAP_NS 10000000ULL
#define KINDS_GAP_PER_CPU_NS 100000ULL

/* Between two events of refused charges of one cgroup: from the first to the second, as it goes on. */
#define REFUSED_GAP_MIN_NS 10000000ULL
#define REFUSED_GAP_MAX_NS 160000000ULL

/* How often the limit of a cgroup had refused a charge, by memory.events.local, when we last looked. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64); /* address of its struct mem_cgroup */
	__type(value, __u64);
} refusals_seen SEC(".maps");

/* What makes usage_level() send an event. */
enum usage_when {
	USAGE_STEP,   /* a step's worth of change */
	USAGE_CHANGE, /* any change */
	USAGE_ALWAYS,
};

/* How far usage must move for the next event: the nearer to the limit, the less. */
static __always_inline __u64 step_pages(__u64 usage, __u64 max, __u64 high, __u64 parent)
{
	struct counter_state *above = parent ? bpf_map_lookup_elem(&counters, &parent) : NULL;
	__u64 limit = high < max ? high : max;
	__u64 step = limit >> 8;

	/* Without a limit: in relation to usage. */
	if (limit > usage && step > (limit - usage) >> 4)
		step = (limit - usage) >> 4;
	if (limit >= NO_LIMIT_PAGES)
		step = usage >> 6;
	if (follows_all && limit >= NO_LIMIT_PAGES && step < ALL_UNLIMITED_STEP_MIN)
		step = ALL_UNLIMITED_STEP_MIN;
	/* A limit above binds too. */
	if (above && step > above->step_pages)
		step = above->step_pages;
	if (follows_all && limit >= NO_LIMIT_PAGES)
		return step;
	if (step < STEP_MIN)
		return STEP_MIN;
	return step < STEP_MAX ? step : STEP_MAX;
}

/* Global: see task.bpf.h. */
__noinline int read_kinds(__u64 counter)
{
	struct counter_state *state = bpf_map_lookup_elem(&counters, &counter);
	__u64 memcg = (__u64)counter_memcg(counter);

	if (!state)
		return 0;
	state->kinds_ns = bpf_ktime_get_boot_ns();
	state->kernel_bytes = memcg_kernel_bytes(memcg);
	state->sock_bytes = memcg_sock_bytes(memcg);
	state->kinds_exact = memcg_states_are_exact(memcg);
	state->kinds_fresh = 1;
	return 0;
}

static __always_inline void refresh_kinds(struct counter_state *state, __u64 counter)
{
	if (follows_all)
		return;
	if (bpf_ktime_get_boot_ns() - state->kinds_ns >= KINDS_GAP_NS + possible_cpus * KINDS_GAP_PER_CPU_NS)
		read_kinds(counter);
}

/* Reads them, and says whether they aren't what the last event told. */
static __always_inline bool kinds_are_news(struct counter_state *state, __u64 counter)
{
	__s64 kernel = state->kernel_bytes, sock = state->sock_bytes;

	if (follows_all)
		return false;
	read_kinds(counter);
	return kernel != state->kernel_bytes || sock != state->sock_bytes || state->kinds_repeated;
}

static __always_inline void fill_kinds(struct event_usage *e, struct counter_state *state)
{
	if (state->kernel_bytes >= 0) {
		e->h.flags |= kernel_is_counted() ? USAGE_HAS_KERNEL : USAGE_HAS_KERNEL | USAGE_KERNEL_LEAST;
		e->kernel_bytes = state->kernel_bytes;
	}
	if (state->sock_bytes >= 0) {
		e->h.flags |= USAGE_HAS_SOCK;
		e->sock_bytes = state->sock_bytes;
	}
	if (state->kinds_exact && state->kinds_fresh)
		e->h.flags |= USAGE_KINDS_EXACT;
	state->kinds_repeated = !state->kinds_fresh;
	state->kinds_fresh = 0;
}

/*
 * Sends the usage of a counter. Its chain of cgroups goes before it when that has never been sent, or when
 * the template has a group. Returns whether it could be sent.
 */
static __noinline bool send_usage(struct counter_state *state, __u64 counter, __u64 usage,
				  struct event_usage *template)
{
	struct mem_cgroup *memcg = counter_memcg(counter);
	struct event_usage *e;

	state->sent_pages = usage;
	if (!emit__has_room()) {
		emit__count_lost(EVENT_USAGE);
		return false;
	}
	if (!template->h.group && (!state->told || (follows_all && template->h.flags & USAGE_NEAR)))
		template->h.group = GROUP_CHARGE | bpf_ktime_get_boot_ns();
	refresh_kinds(state, counter);
	if (template->h.group) {
		state->told = 1;
		emit_levels((__u64)counter_cgroup(counter), template->h.group);
	}
	e = emit__reserve(EVENT_USAGE, sizeof(*e), template->h.group);
	if (!e)
		return false;
	e->h.flags = template->h.flags;
	e->cgroup_id = state->cgroup_id;
	e->usage_pages = usage;
	e->max_pages = BPF_CORE_READ(memcg, memory.max);
	e->high_pages = BPF_CORE_READ(memcg, memory.high);
	e->refused_by = template->refused_by;
	e->refusals = template->refusals;
	e->asked_pages = template->asked_pages;
	e->pid = template->pid;
	if (e->pid)
		bpf_get_current_comm(e->comm, sizeof(e->comm));
	fill_kinds(e, state);
	state->step_pages = step_pages(usage, e->max_pages, e->high_pages, state->parent);
	emit__submit(e);
	return true;
}

/* Has user space ask for it later. */
static __always_inline void settle_later(struct counter_state *state, __u64 counter)
{
	if (state->unsettled)
		return;
	state->unsettled = 1;
	if (bpf_map_push_elem(&unsettled, &counter, 0))
		state->unsettled = 0;
}

/* Whether the cgroup may send one more event for now. */
static __always_inline bool usage_is_due(struct counter_state *state)
{
	__u64 now = bpf_ktime_get_boot_ns();
	__u64 due = state->due_ns;
	const __u64 gap = follows_all ? ALL_GAP_NS : USAGE_GAP_NS;

	if (due > now + (USAGE_BURST - 1) * gap)
		return false;
	state->due_ns = (due > now ? due : now) + gap;
	return true;
}

/* With --all, what settles: whether it has moved by enough, by the limit that it has now. */
static __always_inline bool is_worth_settling(struct counter_state *state, __u64 counter, __u64 usage,
					      __u64 moved)
{
	struct mem_cgroup *memcg = counter_memcg(counter);

	state->step_pages = step_pages(usage, BPF_CORE_READ(memcg, memory.max),
				       BPF_CORE_READ(memcg, memory.high), state->parent);
	return moved * ALL_STEP_PARTS >= state->step_pages;
}

/*
 * Looks at one counter, and sends its usage if there is a reason to. `delta` pages are being charged to it
 * that it doesn't show yet; `asked` may be, which counts for the mark alone. Returns the address of the counter above it; 0: it is the last.
 */
__noinline __u64 usage_level(__u64 counter, __s64 delta, __u32 when, __u64 asked)
{
	struct counter_state *state = bpf_map_lookup_elem(&counters, &counter);
	struct event_usage template = {};
	__s64 usage, moved;

	if (!state)
		return 0;
	usage = BPF_CORE_READ((struct page_counter *)counter, usage.counter) + delta;
	if (usage < 0) /* uncharged by several at once: it is settled later */
		usage = 0;
	moved = usage - state->sent_pages;
	if (moved < 0)
		moved = -moved;
	/* Not where it is when tracing begins: that is no climb. */
	if (passes_mark(state, counter, usage + asked) && when != USAGE_ALWAYS) {
		template.h.flags = USAGE_NEAR;
		state->unsettled = 0;
		if (when == USAGE_STEP) {
			template.pid = current_pid();
			settle_later(state, counter);
		}
	} else if (when == USAGE_STEP) {
		if ((__u64)moved < state->step_pages || !usage_is_due(state)) {
			settle_later(state, counter);
			return state->parent;
		}
		template.pid = current_pid();
		/* What kind of memory this charge is for isn't counted yet. */
		if (!follows_all)
			settle_later(state, counter);
	} else {
		state->unsettled = 0;
		if (follows_all && when == USAGE_CHANGE && !is_worth_settling(state, counter, usage, moved))
			return state->parent;
		if (when == USAGE_CHANGE && !kinds_are_news(state, counter) && !moved) {
			state->kinds_fresh = 0;
			return state->parent;
		}
	}
	if (!send_usage(state, counter, usage, &template) && template.h.flags & USAGE_NEAR)
		passes_again(state);
	return state->parent;
}

/*
 * The limit of this cgroup has refused a charge. With --all the batches that have led to it may not have been looked at, and
 * where the limit is small they are all there were.
 */
static __always_inline void look_at_mark(__u64 counter, __u64 asked)
{
	struct counter_state *state;
	struct event_usage template = {};
	__u64 usage;

	if (!near_percent || !follows_all)
		return;
	state = bpf_map_lookup_elem(&counters, &counter);
	if (!state)
		return;
	usage = BPF_CORE_READ((struct page_counter *)counter, usage.counter);
	if (!passes_mark(state, counter, usage + asked))
		return;
	template.h.flags = USAGE_NEAR;
	template.pid = current_pid();
	if (!send_usage(state, counter, usage, &template))
		passes_again(state);
}

static __always_inline void follow_usage(__u64 counter, __s64 delta, __u64 asked)
{
	for (int i = 0; i < COUNTER_LEVELS && counter; i++)
		counter = usage_level(counter, delta, USAGE_STEP, asked);
}

static __always_inline __u64 refusals_of(__u64 memcg)
{
	__u32 i = bpf_core_enum_value(enum memcg_memory_event, MEMCG_MAX);
	__u64 count = 0;

	bpf_probe_read_kernel(&count, sizeof(count),
			      (void *)memcg + bpf_core_field_offset(struct mem_cgroup, memory_events_local) +
				      i * sizeof(count));
	return count;
}

/* What a cgroup that is new to us, and those above it, have refused before. */
__noinline int note_refusals(__u64 counter)
{
	__u64 flags = BPF_ANY; /* another may have been at this address */

	for (int i = 0; i < EVENT_CGROUP_LEVELS && counter; i++) {
		__u64 memcg = (__u64)counter_memcg(counter), count = refusals_of(memcg);

		bpf_map_update_elem(&refusals_seen, &memcg, &count, flags);
		flags = BPF_NOEXIST;
		counter = (__u64)BPF_CORE_READ((struct page_counter *)counter, parent);
	}
	return 0;
}

/* A charge of the current thread's to `counter` was refused by the limit of `refuser`: one of `count` since the last look. */
static __always_inline void usage_refused(struct counter_state *state, __u64 counter, __u64 pages,
					  __u64 refuser, __u64 count)
{
	struct event_usage template = {};
	__u64 now = bpf_ktime_get_boot_ns();
	__u64 since = now - state->refused_ns;
	__u64 usage;

	__sync_fetch_and_add(&state->refusals, count);
	if (since < state->refused_gap_ns)
		return;
	if (since >= 2 * REFUSED_GAP_MAX_NS)
		state->refused_gap_ns = REFUSED_GAP_MIN_NS;
	else if (state->refused_gap_ns < REFUSED_GAP_MAX_NS)
		state->refused_gap_ns *= 2;
	state->refused_ns = now;
	template.h.group = GROUP_CHARGE | now;
	template.h.flags = USAGE_REFUSED;
	template.refusals = state->refusals;
	template.refused_by = cgroup_id(memcg_cgroup((void *)refuser));
	template.asked_pages = pages;
	template.pid = current_pid();
	usage = BPF_CORE_READ((struct page_counter *)counter, usage.counter);
	if (send_usage(state, counter, usage, &template))
		__sync_fetch_and_add(&state->refusals, -template.refusals);
}

/*
 * try_to_free_mem_cgroup_pages(): for a charge that the limit of this cgroup has refused, if its count of them
 * has moved; else for something else. Two at the same time may both be counted by the first.
 */
__noinline int on_refused(__u64 memcg, __u64 pages)
{
	__u64 counter = css_counter((__u64)current_memory_css());
	struct counter_state *state = bpf_map_lookup_elem(&counters, &counter);
	__u64 *seen, count, before;

	look_at_mark(css_counter(memcg + bpf_core_field_offset(struct mem_cgroup, css)), pages);
	if (!state)
		return 0;
	count = refusals_of(memcg);
	seen = bpf_map_lookup_elem(&refusals_seen, &memcg);
	if (!seen) {
		bpf_map_update_elem(&refusals_seen, &memcg, &count, BPF_ANY);
		return 0;
	}
	before = *seen;
	*seen = count;
	if ((__s64)(count - before) > 0)
		usage_refused(state, counter, pages, memcg, count - before);
	return 0;
}

#endif
