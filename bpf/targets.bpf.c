// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cgroups that are made and removed. With several targets user space chooses by name which of them are followed. Until it
 * has chosen, a new cgroup counts as a target: nothing that happens in it is missed, and user space leaves out what is
 * none. Both tracepoints run with cgroup_mutex held. Processes can enter a new cgroup only after the first.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "emit.bpf.h"
#include "event.h"
#include "task.bpf.h"
#include "writes.bpf.h"

/* Other hierarchies have ids of their own, which may be the same. */
static __always_inline bool is_on_v2(__u64 cgroup)
{
	return !BPF_CORE_READ((struct cgroup *)cgroup, root, hierarchy_id);
}

static __always_inline bool tell_made(__u64 id, __u64 path, __u16 flags)
{
	struct event_made *e = emit__reserve(EVENT_MADE, sizeof(*e), 0);
	long size;

	if (!e)
		return false;
	e->h.flags = flags;
	e->cgroup_id = id;
	size = bpf_probe_read_kernel_str(e->path, sizeof(e->path), (void *)path);
	if (size < 0 || size == sizeof(e->path))
		e->h.flags |= MADE_CUT;
	emit__submit(e);
	return true;
}

/* Whoever isn't told can't choose. That it isn't told is counted as lost. */
__noinline int on_cgroup_made(__u64 cgroup, __u64 path)
{
	__u64 id = cgroup_id_at(cgroup);
	__u32 pending = TARGET_PENDING;

	if (!is_on_v2(cgroup))
		return 0;
	if (bpf_map_update_elem(&targets, &id, &pending, BPF_NOEXIST))
		emit__count_lost(EVENT_MADE);
	else if (!tell_made(id, path, 0))
		bpf_map_delete_elem(&targets, &id);
	return 0;
}

/* No limit of it can be hit any more. */
__noinline int on_cgroup_gone(__u64 cgroup, __u64 path)
{
	__u64 id = cgroup_id_at(cgroup);

	bpf_map_delete_elem(&last_writes, &id);
	if (many_targets && is_on_v2(cgroup) && target_flags(id))
		tell_made(id, path, MADE_REMOVED);
	return 0;
}

/* ---- programs ---- */

SEC("?tp_btf/cgroup_mkdir")
int BPF_PROG(btf_cgroup_made)
{
	return on_cgroup_made(argument_number(ctx, 0), argument_number(ctx, 1));
}

SEC("?raw_tp/cgroup_mkdir")
int BPF_PROG(tp_cgroup_made)
{
	return on_cgroup_made(argument_number(ctx, 0), argument_number(ctx, 1));
}

SEC("?tp_btf/cgroup_rmdir")
int BPF_PROG(btf_cgroup_gone)
{
	return on_cgroup_gone(argument_number(ctx, 0), argument_number(ctx, 1));
}

SEC("?raw_tp/cgroup_rmdir")
int BPF_PROG(tp_cgroup_gone)
{
	return on_cgroup_gone(argument_number(ctx, 0), argument_number(ctx, 1));
}
