// SPDX-License-Identifier: GPL-2.0-only
#include "trace/tracer.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "host/kallsyms.h"
#include "host/pressure.h"
#include "host/proc.h"
#include "trace/messages.h"
#include "trace/target_map.h"
#include "trace/tracer_parts.h"

#define REMOTE_ACCESS_FUNCTIONS ARRAY_SIZE(((struct oomtrace_bpf__bss *)NULL)->remote_access)

/* What it took to load isn't needed any more, and goes back to the kernel. */
static void end_loading(struct tracer *tracer)
{
	kernel_types__free(tracer->btf);
	tracer->btf = NULL;
	malloc_trim(0);
}

/* Where programs are loaded in two steps, the maps of command lines are the second one's. */
static const struct oomtrace_bpf *with_cmdlines(const struct tracer *tracer)
{
	return tracer->later ? tracer->later : tracer->skel;
}

/* In whatever pid namespace: asked for another one's, a pid is that of none, so that the oldest are forgotten first. */
static bool is_there(uint32_t pid)
{
	return getpgid((pid_t)pid) >= 0 || errno != ESRCH;
}

static int begin_execs(struct tracer *tracer)
{
	const struct oomtrace_bpf *skel = with_cmdlines(tracer);
	const size_t of_cpu = skel->rodata->execs_of_cpu, count = bpf_map__max_entries(skel->maps.execs);
	const size_t size = count * sizeof(struct exec_entry);
	void *entries = mmap(NULL, size, PROT_READ, MAP_SHARED, bpf_map__fd(skel->maps.execs), 0);

	if (entries == MAP_FAILED)
		return -errno;
	tracer->exec_entries = entries;
	tracer->exec_entries_size = size;
	tracer->execs = execs__new(&(struct execs_places){ entries, tracer->skel->bss->exec_heads,
							   count / of_cpu, of_cpu },
				   is_there);
	return tracer->execs ? 0 : -ENOMEM;
}

int tracer__open(const struct tracer_options *opts, tracer_event_fn on_event, void *ctx, struct plan *plan,
		 struct tracer **out)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	int err;

	if (!tracer)
		return -ENOMEM;
	tracer->opts = *opts;
	tracer->counts_stalls = pressure__is_counted();
	if (kernel_types__new(opts->want_snapshots, &tracer->btf))
		tracer->btf = NULL;
	tracer_load__plan(tracer, plan);
	err = tracer_load__step(tracer, plan, PLAN_FIRST);
	if (err && tracer->btf && !tracer_load__is_hopeless(err)) {
		/* It may be our reading of the kernel's types: libbpf's takes longer and knows more. */
		messages__remark("loading failed (%s): again, with the kernel's types read by libbpf",
				 strerror(-err));
		kernel_types__free(tracer->btf);
		tracer->btf = NULL;
		tracer->planned = false;
		err = tracer_load__step(tracer, plan, PLAN_FIRST);
	}
	if (!err && !plan->in_steps)
		err = begin_execs(tracer);
	if (!err)
		__atomic_store_n(&tracer->skel->bss->attached_ns, clock__ns(CLOCK_BOOTTIME),
				 __ATOMIC_RELEASE);
	if (!err && tracer->btf)
		tracer->skel->bss->stats_index_wanted = kernel_types__has_stats_index(tracer->btf);
	if (err)
		goto fail;
	if (!plan->in_steps)
		end_loading(tracer);
	else if (plan__has(plan, "relief"))
		tracer->relief_since_ns = UINT64_MAX;
	tracer->ring = ring_buffer__new(bpf_map__fd(tracer->skel->maps.ring), (ring_buffer_sample_fn)on_event,
					ctx, NULL);
	if (!tracer->ring) {
		err = -errno;
		goto fail;
	}
	*out = tracer;
	return 0;
fail:
	tracer__close(tracer);
	return err;
}

int tracer__attach_rest(struct tracer *tracer, struct plan *plan)
{
	int err;

	plan->has_rest = true;
	if (!plan->in_steps)
		return 0;
	err = tracer_load__step(tracer, plan, PLAN_LATER);
	if (!err)
		err = begin_execs(tracer);
	for (int i = 0; err && i < PLAN_PURPOSES; i++) {
		if (plan__step(plan, i) == PLAN_LATER)
			plan__give_up(plan, i, err);
	}
	end_loading(tracer);
	return err;
}

void tracer__close(struct tracer *tracer)
{
	if (!tracer)
		return;
	ring_buffer__free(tracer->ring);
	execs__free(tracer->execs);
	if (tracer->exec_entries)
		munmap(tracer->exec_entries, tracer->exec_entries_size);
	kernel_types__free(tracer->btf);
	tracer_load__free(tracer);
	free(tracer);
}

int tracer__fd(const struct tracer *tracer)
{
	return ring_buffer__epoll_fd(tracer->ring);
}

int tracer__consume(struct tracer *tracer)
{
	return ring_buffer__consume(tracer->ring);
}

/* How often the kernel has left out a program since the start. Before 5.12 it doesn't say. */
static uint64_t times_skipped(const struct bpf_program *program)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) ? 0 : info.recursion_misses;
}

uint64_t tracer__lost(const struct tracer *tracer, enum event_kind kind)
{
	uint64_t lost = __atomic_load_n(&tracer->skel->bss->events_lost[kind], __ATOMIC_RELAXED);

	for (int i = 0; i < PLAN_PURPOSES; i++) {
		if (plan_purposes[i].skip_loses == kind && tracer->programs[i])
			lost += times_skipped(tracer->programs[i]);
	}
	return lost;
}

uint64_t tracer__skipped(const struct tracer *tracer, const char *purpose)
{
	for (int i = 0; i < PLAN_PURPOSES; i++) {
		if (!strcmp(plan_purposes[i].name, purpose) && tracer->programs[i])
			return times_skipped(tracer->programs[i]);
	}
	return 0;
}

void tracer__follow(struct tracer *tracer, uint64_t cgroup_id, const uint64_t ancestors[EVENT_DEPTH_MAX])
{
	struct oomtrace_bpf__bss *bss = tracer->skel->bss;

	for (size_t i = 0; i < EVENT_DEPTH_MAX; i++)
		__atomic_store_n(&bss->target_ancestors[i], ancestors[i], __ATOMIC_RELAXED);
	__atomic_store_n(&bss->target_cgroup_id, cgroup_id, __ATOMIC_RELEASE);
}

int tracer__set_target(struct tracer *tracer, uint64_t cgroup_id, uint32_t set, uint32_t clear)
{
	return target_map__set(tracer->skel->maps.targets, cgroup_id, set, clear);
}

void tracer__set_init(struct tracer *tracer, uint32_t init_pid)
{
	__atomic_store_n(&tracer->skel->bss->target_init_pid, init_pid, __ATOMIC_RELAXED);
}

uint64_t tracer__unfollowed(const struct tracer *tracer)
{
	return __atomic_load_n(&tracer->skel->bss->counters_refused, __ATOMIC_RELAXED);
}

uint64_t tracer__kills_seen(const struct tracer *tracer)
{
	return __atomic_load_n(&tracer->skel->bss->kills_seen, __ATOMIC_SEQ_CST);
}

uint64_t tracer__kills_early(const struct tracer *tracer)
{
	return __atomic_load_n(&tracer->skel->bss->kills_early, __ATOMIC_RELAXED);
}

void tracer__set_reading(struct tracer *tracer, bool reading)
{
	__atomic_store_n(&tracer->skel->bss->reader_reads, reading, __ATOMIC_SEQ_CST);
}

uint64_t tracer__relief_since(const struct tracer *tracer)
{
	return tracer->relief_since_ns;
}

static void set_remote_access(struct oomtrace_bpf__bss *bss, const struct kallsyms_range *ranges)
{
	for (size_t i = 0; i < REMOTE_ACCESS_FUNCTIONS; i++) {
		const struct kallsyms_range *range = &ranges[i];

		__atomic_store_n(&bss->remote_access[i], range->start, __ATOMIC_RELAXED);
		__atomic_store_n(&bss->remote_access_size[i], range->end - range->start, __ATOMIC_RELEASE);
	}
}

int tracer__find_addresses(struct tracer *tracer, struct plan *plan)
{
	struct oomtrace_bpf__bss *bss = tracer->skel->bss;
	enum {
		MAX_WRITE,
		STATS_INDEX,
		OOM_LOCK,
		OVER_HIGH,
		OVER_HIGH_NEW,
		SPLIT,
		SWAP_FREE,
		SWAP_TOTAL,
		REMOTE_ACCESS,
		KILL_WAYS = REMOTE_ACCESS + REMOTE_ACCESS_FUNCTIONS,
		COUNT = KILL_WAYS + KILL_WAYS_FUNCTIONS
	};
	struct kallsyms_range found[COUNT] = {
		[MAX_WRITE].name = "memory_max_write",
		[STATS_INDEX].name = "mem_cgroup_stats_index",
		[OOM_LOCK].name = "oom_lock",
		/* From 6.18 on the former is inline, and what sleeps has the other name. */
		[OVER_HIGH].name = "mem_cgroup_handle_over_high",
		[OVER_HIGH_NEW].name = "__mem_cgroup_handle_over_high",
		[SPLIT].name = PLAN_SPLIT_FUNCTION,
		[SWAP_FREE].name = "nr_swap_pages",
		[SWAP_TOTAL].name = "total_swap_pages",
		/*
		 * Of /proc/PID/cmdline, environ and mem, and ptrace(2): the others call the first of these or, by the
		 * compiler's choice, have it inside. And of process_vm_readv(2) and process_vm_writev(2).
		 */
		[REMOTE_ACCESS].name = "__access_remote_vm",
		[REMOTE_ACCESS + 1].name = "access_remote_vm",
		[REMOTE_ACCESS + 2].name = "access_process_vm",
		[REMOTE_ACCESS + 3].name = "process_vm_rw",
	};
	const struct kallsyms_range *throttle = &found[OVER_HIGH];
	int err;

	kill_ways__init(&found[KILL_WAYS]);
	err = kallsyms__find_ranges(kallsyms__path(), found, COUNT);
	memcpy(tracer->kill_ways, &found[KILL_WAYS], sizeof(tracer->kill_ways));
	set_remote_access(bss, &found[REMOTE_ACCESS]);
	if (!throttle->end)
		throttle = &found[OVER_HIGH_NEW];
	__atomic_store_n(&bss->max_write_size, found[MAX_WRITE].end - found[MAX_WRITE].start,
			 __ATOMIC_RELEASE);
	__atomic_store_n(&bss->max_write_function, found[MAX_WRITE].start, __ATOMIC_RELEASE);
	__atomic_store_n(&bss->oom_lock_address, found[OOM_LOCK].start, __ATOMIC_RELEASE);
	__atomic_store_n(&bss->swap_free_address, found[SWAP_FREE].start, __ATOMIC_RELEASE);
	__atomic_store_n(&bss->swap_total_address, found[SWAP_TOTAL].start, __ATOMIC_RELEASE);
	__atomic_store_n(&bss->throttle_size, throttle->end - throttle->start, __ATOMIC_RELEASE);
	__atomic_store_n(&bss->throttle_function, throttle->start, __ATOMIC_RELEASE);
	__atomic_store_n(&bss->stats_index_address, found[STATS_INDEX].start, __ATOMIC_RELEASE);
	tracer_load__attach_split(tracer, plan, found[SPLIT].end != 0);
	return err;
}

enum record_kill_way tracer__kill_way(const struct tracer *tracer, const __u64 *frames, size_t count)
{
	return kill_ways__of(tracer->kill_ways, frames, count);
}

void tracer__take_execs(struct tracer *tracer)
{
	const uint64_t seen = __atomic_load_n(&tracer->skel->bss->execs_seen, __ATOMIC_ACQUIRE);

	if (!tracer->execs || seen == tracer->execs_seen)
		return;
	tracer->execs_seen = seen;
	execs__take(tracer->execs, clock__ns(CLOCK_BOOTTIME));
}

int tracer__program_cmdline(struct tracer *tracer, const struct program *program, struct cmdline_entry *out,
			    struct execs_who *who)
{
	if (!tracer->execs)
		return -ENOENT;
	execs__take(tracer->execs, clock__ns(CLOCK_BOOTTIME));
	return execs__find(tracer->execs, program, out, who);
}

int tracer__cmdline(const struct tracer *tracer, uint32_t pid, uint64_t start_ns, struct cmdline_entry *out)
{
	struct cmdline_entry entry;

	if (bpf_map__lookup_elem(with_cmdlines(tracer)->maps.cmdlines, &pid, sizeof(pid), &entry,
				 sizeof(entry), 0) ||
	    !entry.len || entry.len > sizeof(entry.bytes) || !proc__same_start(entry.start_ns, start_ns))
		return -ENOENT;
	*out = entry;
	return 0;
}

int tracer__add_cmdline(struct tracer *tracer, uint32_t pid, const struct cmdline_entry *entry)
{
	/* Before: the program looks for one to be forgotten only where this says so. */
	__atomic_fetch_or(&tracer->skel->bss->cmdline_pids[pid / 64 % (CMDLINE_PIDS / 64)], 1ULL << pid % 64,
			  __ATOMIC_SEQ_CST);
	return bpf_map__update_elem(with_cmdlines(tracer)->maps.cmdlines, &pid, sizeof(pid), entry,
				    sizeof(*entry), BPF_ANY);
}

int tracer__each_quiet(const struct tracer *tracer,
		       void (*fn)(void *ctx, uint64_t limit_cgroup_id, const struct quiet_runs *q), void *ctx)
{
	const struct bpf_map *map = tracer->skel->maps.quiet_runs;
	uint64_t key, *previous = NULL;

	while (!bpf_map__get_next_key(map, previous, &key, sizeof(key))) {
		struct quiet_runs quiet;

		if (!bpf_map__lookup_elem(map, &key, sizeof(key), &quiet, sizeof(quiet), 0))
			fn(ctx, key, &quiet);
		previous = &key;
	}
	return 0;
}

bool tracer__open_files(const struct tracer *tracer, int *link_fd, int *map_fd)
{
	for (int i = 0; i < PLAN_PURPOSES; i++) {
		if (plan_purposes[i].need != PLAN_SNAPS || !tracer->links[i])
			continue;
		*link_fd = bpf_link__fd(tracer->links[i]);
		*map_fd = bpf_map__fd(tracer->skel->maps.open_files);
		return true;
	}
	return false;
}

bool tracer__swap_stacks(struct tracer *tracer)
{
	__u32 *side = &tracer->skel->bss->stack_side;

	if (bpf_map__fd(tracer->skel->maps.sums_0) < 0)
		return false;
	__atomic_store_n(side, !*side, __ATOMIC_SEQ_CST);
	return true;
}

bool tracer__take_stacks(struct tracer *tracer, stack_maps_fn fn, void *ctx)
{
	const struct oomtrace_bpf *skel = tracer->skel;
	bool first = skel->bss->stack_side; /* the other is written to */

	return first ? stack_maps__take(skel->maps.sums_0, skel->maps.stacks_0, fn, ctx)
		     : stack_maps__take(skel->maps.sums_1, skel->maps.stacks_1, fn, ctx);
}
