// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes of limits. A write of memory.max below usage reclaims and then kills inside memory_max_write()
 * (mm/memcontrol.c), in the writer's own thread. So a kill in this thread between the entry and the return of the
 * function was caused by the write. That is certain, whoever wrote.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "chain.bpf.h"
#include "compat.bpf.h"
#include "emit.bpf.h"
#include "event.h"
#include "task.bpf.h"
#include "writes.bpf.h"

/* Of the writes of a file that change nothing as many have events of their own at once, and then one each so often. */
#define VAIN_BURST 16
#define VAIN_GAP_NS 100000000ULL

struct vain_key {
	__u64 cgroup_id;
	__u64 file; /* enum limit_file */
};

/* They cost nothing but time, and the last of them aren't told. So it may forget. */
struct vain_writes {
	__u64 due_ns; /* when the burst will be over */
	__u32 untold;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct vain_key);
	__type(value, struct vain_writes);
} vain_writes SEC(".maps");

static __always_inline __u64 limit_pages(struct mem_cgroup *memcg, __u32 file)
{
	if (file == LIMIT_HIGH)
		return BPF_CORE_READ(memcg, memory.high);
	if (file == LIMIT_SWAP_MAX)
		return BPF_CORE_READ(memcg, swap.max);
	return BPF_CORE_READ(memcg, memory.max);
}

static __always_inline __u64 counted_pages(struct mem_cgroup *memcg, __u32 file)
{
	if (file == LIMIT_SWAP_MAX)
		return BPF_CORE_READ(memcg, swap.usage.counter);
	return BPF_CORE_READ(memcg, memory.usage.counter);
}

/* Of the cgroup whose file is being written: struct kernfs_open_file *. */
static __always_inline struct cgroup *written_cgroup(__u64 of)
{
	struct kernfs_node *dir = compat__kernfs_parent(BPF_CORE_READ((struct kernfs_open_file *)of, kn));

	return BPF_CORE_READ(dir, priv);
}

__noinline int on_limit_begin(__u64 of, __u32 file, __u64 function, __u64 buf)
{
	struct cgroup *cgrp = written_cgroup(of);
	struct mem_cgroup *memcg = cgroup_memcg(cgrp);
	struct write write = {};
	struct latest_writes *seen, latest = {};
	__u64 id = cgroup_id(cgrp);
	__u32 tid = current_tid();

	if (!memcg)
		return 0;
	if (writes_active)
		forget_write(); /* one whose return was missed */
	write.started_ns = bpf_ktime_get_boot_ns();
	write.thread_ns = thread_start_ns();
	write.function = function;
	write.cgroup = (__u64)cgrp;
	write.old_pages = limit_pages(memcg, file);
	write.usage_pages = counted_pages(memcg, file);
	write.file = file;
	if (buf)
		bpf_probe_read_kernel_str(write.text, sizeof(write.text), (void *)buf);
	if (file == LIMIT_MAX) {
		seen = find_last_writes(id);
		if (seen) {
			write.replaced = *seen;
			latest.before = seen->last;
		}
		latest.last.started_ns = write.started_ns;
		latest.last.old_pages = write.old_pages;
		latest.last.usage_pages = write.usage_pages;
		__builtin_memcpy(latest.last.text, write.text, sizeof(write.text));
		if (bpf_map_update_elem(&last_writes, &id, &latest, BPF_ANY))
			__sync_fetch_and_add(&last_writes_refused, 1);
	}
	if (!bpf_map_update_elem(&writes, &tid, &write, BPF_ANY))
		__sync_fetch_and_add(&writes_active, 1);
	return 0;
}

/* Sends the write that the current thread is inside of, which is about to return `ret`. */
__noinline int emit_limit(__u64 ret, __u32 vain)
{
	struct cgroup *writer = current_cgroup();
	struct write *write = current_write();
	struct mem_cgroup *memcg;
	struct event_limit *e;
	struct cgroup *cgrp;
	__u64 group;

	if (!write)
		return 0;
	cgrp = (void *)write->cgroup;
	memcg = cgroup_memcg(cgrp);
	group = GROUP_LIMIT | write->started_ns;
	if (!emit__has_room()) {
		emit__count_lost(EVENT_LIMIT);
		return 0;
	}
	emit_levels((__u64)cgrp, group);
	if (cgroup_id(writer) != cgroup_id(cgrp))
		emit_levels((__u64)writer, group);
	e = emit__reserve(EVENT_LIMIT, sizeof(*e), group);
	if (!e)
		return 0;
	e->started_ns = write->started_ns;
	e->cgroup_id = cgroup_id(cgrp);
	e->writer_cgroup_id = cgroup_id(writer);
	e->old_pages = write->old_pages;
	e->new_pages = limit_pages(memcg, write->file);
	e->usage_before_pages = write->usage_pages;
	e->usage_after_pages = counted_pages(memcg, write->file);
	e->reclaimed_pages = write->reclaimed_pages;
	e->result = ret;
	e->file = write->file;
	e->kills = write->kills;
	e->ooms = write->ooms;
	e->writer_pid = current_pid();
	e->writer_tid = current_tid();
	e->vain = vain;
	__builtin_memcpy(e->text, write->text, sizeof(e->text));
	bpf_get_current_comm(e->writer_comm, sizeof(e->writer_comm));
	emit__submit(e);
	return 0;
}

/*
 * A write that failed, or left the limit as it was, isn't the one that set it: an earlier one was.
 * (A runtime with systemd's cgroup driver sets each limit twice, through systemd and by itself.)
 */
static __always_inline void forget_vain_write(struct write *write, struct cgroup *cgrp, __s64 ret)
{
	__u64 id = cgroup_id(cgrp);
	struct latest_writes *seen = find_last_writes(id);

	if (!seen || seen->last.started_ns != write->started_ns)
		return;
	if (ret < 0 && !write->replaced.last.started_ns)
		bpf_map_delete_elem(&last_writes, &id);
	else if (ret < 0 || (write->replaced.last.started_ns &&
			     limit_pages(cgroup_memcg(cgrp), LIMIT_MAX) == write->old_pages))
		bpf_map_update_elem(&last_writes, &id, &write->replaced, BPF_ANY);
}

/*
 * Whether the write that is about to return `ret` is one of too many that change nothing, and is only counted. Anybody can
 * make 100,000 of them a second, in a cgroup of his own.
 */
static __always_inline bool is_too_many(struct write *write, __s64 ret, __u32 *untold)
{
	struct cgroup *cgrp = (void *)write->cgroup;
	struct vain_key key = { cgroup_id(cgrp), write->file };
	struct vain_writes *vain = bpf_map_lookup_elem(&vain_writes, &key);
	struct vain_writes first = {};
	__u64 now = bpf_ktime_get_boot_ns(), due;

	if (write->ooms || write->reclaimed_pages ||
	    (ret >= 0 && limit_pages(cgroup_memcg(cgrp), write->file) != write->old_pages)) {
		if (vain) {
			*untold = vain->untold;
			vain->untold = 0;
		}
		return false;
	}
	if (!vain) {
		first.due_ns = now + VAIN_GAP_NS;
		bpf_map_update_elem(&vain_writes, &key, &first, BPF_ANY);
		return false;
	}
	due = vain->due_ns;
	if (due > now + (VAIN_BURST - 1) * VAIN_GAP_NS) {
		__sync_fetch_and_add(&vain->untold, 1);
		return true;
	}
	vain->due_ns = (due > now ? due : now) + VAIN_GAP_NS;
	*untold = vain->untold;
	vain->untold = 0;
	return false;
}

/*
 * The beginning of a write that has set a limit wasn't seen, as where the kernel leaves a program out. It is the latest
 * one, and nobody knows what usage was when it began. `of` 0: not known either.
 */
__noinline int note_missed_write(__u64 of)
{
	struct latest_writes missed = { .last.started_ns = LIMIT_WRITE_MISSED };
	__u64 id = of ? cgroup_id(written_cgroup(of)) : 0;

	if (id && bpf_map_update_elem(&last_writes, &id, &missed, BPF_ANY))
		__sync_fetch_and_add(&last_writes_refused, 1);
	return 0;
}

/* `max_of`: of a write of memory.max, where the kind of probe has it; else 0. */
static __always_inline int on_limit_end_in(__u64 ret, __u64 max_of, enum scope scope)
{
	struct write *write = current_write();
	struct cgroup *cgrp;
	__u32 untold = 0;

	if (!write)
		return (__s64)ret >= 0 ? note_missed_write(max_of) : 0;
	cgrp = (void *)write->cgroup;
	if (write->file == LIMIT_MAX)
		forget_vain_write(write, cgrp, ret);
	if ((scope == SCOPE_MACHINE || binds_target(write->cgroup)) && !is_too_many(write, ret, &untold))
		emit_limit(ret, untold);
	forget_write();
	return 0;
}

__noinline int on_limit_end(__u64 ret, __u64 max_of)
{
	return on_limit_end_in(ret, max_of, SCOPE_ANY);
}

__noinline int on_machine_limit_end(__u64 ret)
{
	return on_limit_end_in(ret, 0, SCOPE_MACHINE);
}

/* ---- programs ---- */

SEC("?fentry/memory_max_write")
int BPF_PROG(btf_max_begin)
{
	return on_limit_begin(argument_number(ctx, 0), LIMIT_MAX, compat__traced_function(ctx),
			      argument_number(ctx, 1));
}

SEC("?kprobe/memory_max_write")
int BPF_KPROBE(kp_max_begin, void *of, void *buf)
{
	return on_limit_begin((__u64)of, LIMIT_MAX, PT_REGS_IP(ctx), (__u64)buf);
}

SEC("?fexit/memory_max_write")
int BPF_PROG(btf_max_end, void *of, void *buf, __u64 nbytes, __s64 off, long ret)
{
	return on_limit_end(ret, argument_number(ctx, 0));
}

SEC("?kretprobe/memory_max_write")
int BPF_KRETPROBE(kp_max_end, long ret)
{
	return on_limit_end(ret, 0);
}

SEC("?fentry/memory_high_write")
int BPF_PROG(btf_high_begin)
{
	return on_limit_begin(argument_number(ctx, 0), LIMIT_HIGH, compat__traced_function(ctx),
			      argument_number(ctx, 1));
}

SEC("?kprobe/memory_high_write")
int BPF_KPROBE(kp_high_begin, void *of, void *buf)
{
	return on_limit_begin((__u64)of, LIMIT_HIGH, PT_REGS_IP(ctx), (__u64)buf);
}

SEC("?fexit/memory_high_write")
int BPF_PROG(btf_high_end, void *of, void *buf, __u64 nbytes, __s64 off, long ret)
{
	return on_limit_end(ret, 0);
}

SEC("?kretprobe/memory_high_write")
int BPF_KRETPROBE(kp_high_end, long ret)
{
	return on_limit_end(ret, 0);
}

SEC("?fentry/swap_max_write")
int BPF_PROG(btf_swap_begin)
{
	return on_limit_begin(argument_number(ctx, 0), LIMIT_SWAP_MAX, compat__traced_function(ctx),
			      argument_number(ctx, 1));
}

SEC("?kprobe/swap_max_write")
int BPF_KPROBE(kp_swap_begin, void *of, void *buf)
{
	return on_limit_begin((__u64)of, LIMIT_SWAP_MAX, PT_REGS_IP(ctx), (__u64)buf);
}

SEC("?fexit/swap_max_write")
int BPF_PROG(btf_swap_end, void *of, void *buf, __u64 nbytes, __s64 off, long ret)
{
	return on_limit_end(ret, 0);
}

SEC("?kretprobe/swap_max_write")
int BPF_KRETPROBE(kp_swap_end, long ret)
{
	return on_limit_end(ret, 0);
}
