// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stacks: where memory is charged, and what the trigger of an OOM was doing.
 *
 * page_counter_try_charge() runs once for a batch of 64 pages (32 on 5.10). One of them was asked for; the others
 * are for whatever this CPU charges next to the same cgroup. So the stack at that moment stands for the whole
 * batch: over many batches, the share of a stack is its share of the bytes. Walking two stacks is expensive. So of
 * each two consecutive batches on a CPU one is sampled, picked at random, and its bytes count twice. Each batch has
 * the same chance, and the sum stays right.
 *
 * Samples are summed up in maps. There are two sets: programs write to one while user space empties the other, so
 * that no stack goes while somebody refers to it. A stack whose place in the map is taken by another, and a sum
 * that finds no room, go through the ring.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "counters.bpf.h"
#include "emit.bpf.h"
#include "event.h"
#include "frames.bpf.h"
#include "task.bpf.h"

/* errno, include/uapi/asm-generic/errno-base.h */
#define EEXIST 17

/* User space makes these two maps' entries as many as are needed: 1 without --stacks. */
struct stack_traces {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, STACK_DEPTH * sizeof(__u64));
} stacks_0 SEC(".maps"), stacks_1 SEC(".maps");

struct stack_sums {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct stack_key);
	__type(value, struct stack_sum);
} sums_0 SEC(".maps"), sums_1 SEC(".maps");

/*
 * A program maps its libraries when it has begun to charge memory already, so user space looks at it again
 * at its next new stacks, up to this many times.
 */
#define LOOKS_MAX 16

struct sampled_process {
	struct stack_process process;
	__u64 looks; /* EVENT_SAMPLEDs that have been sent */
};

/* By thread group id. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct sampled_process);
} sampled SEC(".maps");

/* Of two batches in a row on this CPU: which one is looked at. */
enum pair { PAIR_NEW, PAIR_FIRST_TAKEN, PAIR_SECOND_COMES };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32); /* enum pair */
} pairs SEC(".maps");

#define PAIR_WEIGHT 2

__u32 stack_side; /* the set that is written to; user space changes it */

/* The same at a stack that is new, for the first few of each program that a process runs. */
static __always_inline void note_sampled(const struct stack_process *p)
{
	struct sampled_process *seen = bpf_map_lookup_elem(&sampled, &p->pid);
	struct sampled_process first = { .process = *p, .looks = 1 };

	if (seen && seen->process.start_ns == p->start_ns && seen->process.exec_id == p->exec_id) {
		if (seen->looks < LOOKS_MAX && emit_sampled(p, false))
			seen->looks++;
		return;
	}
	if (emit_sampled(p, false)) /* if not, the next new stack tries again */
		bpf_map_update_elem(&sampled, &p->pid, &first, BPF_ANY);
}

/* Adds to the sum of this stack. Returns whether there was room. */
static __always_inline bool add_to_sum(void *sums, const struct stack_key *key, __u64 bytes)
{
	struct stack_sum *sum = bpf_map_lookup_elem(sums, key);
	struct stack_sum first = {};

	if (!sum) {
		note_sampled(&key->process);
		bpf_get_current_comm(first.comm, sizeof(first.comm));
		bpf_map_update_elem(sums, key, &first, BPF_NOEXIST);
		sum = bpf_map_lookup_elem(sums, key);
		if (!sum)
			return false;
	}
	__sync_fetch_and_add(&sum->bytes, bytes);
	__sync_fetch_and_add(&sum->samples, 1);
	return true;
}

static __always_inline bool sum_up(void *ctx, void *traces, void *sums, struct stack_key *key, __u64 bytes)
{
	/* Other errors: there is no such stack (a kernel thread has no user's), or it can't be read. */
	key->user_id = bpf_get_stackid(ctx, traces, BPF_F_USER_STACK | BPF_F_FAST_STACK_CMP);
	if (key->user_id == -EEXIST)
		return false;
	key->kernel_id = bpf_get_stackid(ctx, traces, BPF_F_FAST_STACK_CMP);
	if (key->kernel_id == -EEXIST)
		return false;
	return add_to_sum(sums, key, bytes);
}

/* The cgroup whose memory a page counter counts; NULL if it is a counter of something else. */
static __always_inline struct cgroup *counted_cgroup(__u64 counter)
{
	struct cgroup *cgrp = counter_cgroup(counter);

	/* Of another counter, what is read there isn't a cgroup that has this as its memory's. */
	return cgrp && cgroup_memcg(cgrp) == counter_memcg(counter) ? cgrp : NULL;
}

/* Where usage is followed, the cheapest look at what isn't ours comes first. */
static __always_inline bool charges_target(__u64 counter)
{
	struct cgroup *cgrp;

	if (usage_on)
		return may_be_followed(counter) && bpf_map_lookup_elem(&counters, &counter);
	cgrp = counted_cgroup(counter);
	return cgrp && in_target((__u64)cgrp);
}

static __always_inline bool is_taken_of_pair(void)
{
	__u32 zero = 0;
	__u32 *pair = bpf_map_lookup_elem(&pairs, &zero);
	bool taken;

	if (!pair)
		return false;
	if (*pair == PAIR_NEW) {
		taken = bpf_get_prandom_u32() & 1;
		*pair = taken ? PAIR_FIRST_TAKEN : PAIR_SECOND_COMES;
	} else {
		taken = *pair == PAIR_SECOND_COMES;
		*pair = PAIR_NEW;
	}
	return taken;
}

static __always_inline int on_charged(void *ctx, __u64 counter, __u64 pages)
{
	__u64 bytes = PAIR_WEIGHT * pages * page_size;
	struct stack_key key = {};
	bool done;

	if (!charges_target(counter) || !is_taken_of_pair())
		return 0;
	fill_process(&key.process);
	if (*(volatile __u32 *)&stack_side)
		done = sum_up(ctx, &stacks_1, &sums_1, &key, bytes);
	else
		done = sum_up(ctx, &stacks_0, &sums_0, &key, bytes);
	if (!done) {
		note_sampled(&key.process);
		emit_stack(ctx, &key.process, bytes, 0, NULL, 0);
	}
	return 0;
}

/* ---- programs ---- */

/* A bool fills only the low byte of its register. */
SEC("?fexit/page_counter_try_charge")
int BPF_PROG(btf_charged, struct page_counter *counter, unsigned long pages, void *fail, unsigned long ret)
{
	/* A number only if counters are followed, which is when it has to be one. */
	return ret & 0xff ? on_charged(ctx, usage_on ? number_of(counter) : (__u64)counter, pages) : 0;
}

/* At its entry: whether the charge is refused isn't known then. Those are few beside the others. */
SEC("?kprobe/page_counter_try_charge")
int BPF_KPROBE(kp_charged, struct page_counter *counter, unsigned long pages)
{
	return on_charged(ctx, (__u64)counter, pages);
}
