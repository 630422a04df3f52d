// SPDX-License-Identifier: GPL-2.0-only
#include "trace/tracer.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "host/kallsyms.h"
#include "host/preemption.h"
#include "host/pressure.h"
#include "host/proc.h"
#include "oomtrace.skel.h"
#include "record/memory_killers.h"
#include "trace/attach.h"
#include "trace/kernel_types.h"
#include "trace/kill_ways.h"
#include "trace/map_sizes.h"
#include "trace/messages.h"

#define REMOTE_ACCESS_FUNCTIONS ARRAY_SIZE(((struct oomtrace_bpf__bss *)NULL)->remote_access)

struct tracer {
	struct oomtrace_bpf *skel;
	struct ring_buffer *ring;
	struct bpf_program *programs[PLAN_PURPOSES]; /* NULL: nothing is attached */
	struct bpf_link *links[PLAN_PURPOSES];
	struct kernel_types *btf; /* NULL: libbpf reads the kernel's types by itself */
	bool late[PLAN_PURPOSES]; /* to be attached by attach_late() */
	bool planned;		  /* the kernel's types have had their say in the plan */
	bool counts_stalls;	  /* the kernel does (PSI) */
	uint64_t relief_since_ns; /* see tracer__relief_since() */
	struct kallsyms_range kill_ways[KILL_WAYS_FUNCTIONS];
};

static struct bpf_program *find_program(struct oomtrace_bpf *skel, const struct plan *plan, int i)
{
	const struct plan_candidate *candidate = plan__chosen(plan, i);

	return candidate ? bpf_object__find_program_by_name(skel->obj, candidate->program) : NULL;
}

static int open_skeleton(const struct tracer *tracer, const struct tracer_options *opts,
			 struct oomtrace_bpf **out)
{
	LIBBPF_OPTS(bpf_object_open_opts, open_opts,
		    .btf_custom_path = tracer->btf ? kernel_types__path(tracer->btf) : NULL);
	struct oomtrace_bpf *skel = oomtrace_bpf__open_opts(&open_opts);
	int cpus, err = -errno;

	if (!skel)
		return err ? err : -ENOMEM;
	skel->rodata->has_target = opts->target_cgroup_id != 0;
	skel->bss->target_cgroup_id = opts->target_cgroup_id;
	memcpy((void *)skel->bss->target_ancestors, opts->target_ancestors, sizeof(opts->target_ancestors));
	skel->rodata->page_size = sysconf(_SC_PAGESIZE);
	skel->rodata->memory_on_v1 = opts->memory_on_v1;
	cpus = libbpf_num_possible_cpus();
	skel->rodata->possible_cpus = cpus > 0 ? cpus : 1;
	skel->rodata->usage_on = skel->rodata->reader_polls = opts->usage;
	skel->rodata->follows_all = opts->usage && !opts->target_cgroup_id;
	skel->rodata->near_percent = opts->near_percent;
	skel->rodata->counts_stalls = tracer->counts_stalls;
	skel->rodata->inits_only = !opts->target_cgroup_id;
	skel->bss->target_init_pid = opts->target_init_pid;
	_Static_assert(sizeof(skel->rodata->memory_killers) == sizeof(memory_killers__names), "not the same");
	memcpy((void *)skel->rodata->memory_killers, memory_killers__names, sizeof(memory_killers__names));
	err = bpf_map__set_max_entries(skel->maps.ring, opts->ring_bytes);
	if (!err)
		err = map_sizes__set(skel, opts, cpus);
	if (!err && tracer->btf)
		err = kernel_types__read(tracer->btf, skel->obj);
	if (err) {
		oomtrace_bpf__destroy(skel);
		return err;
	}
	*out = skel;
	return 0;
}

/* Which program libbpf last said that it could not load. It says so in words only. */
static char failed_program[64];
static libbpf_print_fn_t print_next;

static int watch_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	char line[256], name[sizeof(failed_program)];
	va_list copy;
	int end = 0;

	/* There are hundreds of debug messages, and formatting them would make the start slower. */
	if (level == LIBBPF_DEBUG)
		return 0;
	va_copy(copy, args);
	vsnprintf(line, sizeof(line), format, copy);
	va_end(copy);
	if (sscanf(line, "libbpf: prog '%63[^']': failed to load: %n", name, &end) == 1 && end)
		snprintf(failed_program, sizeof(failed_program), "%s", name);
	return print_next ? print_next(level, format, args) : 0;
}

static void make_plan(const struct tracer *tracer, const struct tracer_options *opts, struct plan *plan)
{
	struct plan_wants wants = {
		.target = opts->target_cgroup_id != 0,
		.usage = opts->usage,
		.stacks = opts->want_stacks,
		.kprobes = opts->force_kprobes,
	};

	/*
	 * What a trace of the whole machine attaches to is rarely called: nothing there needs fentry's speed. But where
	 * tasks are preempted in the kernel it leaves out kprobes' programs, and up to 6.6 doesn't count how many.
	 */
	wants.shared = !wants.target && !wants.stacks && !wants.kprobes && tracer->btf &&
		       kernel_types__fentry_waits(tracer->btf) && !preemption__is_full();
	wants.split = !wants.shared && attach__has_function(PLAN_SPLIT_FUNCTION);
	plan__init(plan, &wants);
}

/* Loads the programs of the plan; with only >= 0, that of this purpose alone, to see if it would. */
static int load(struct tracer *tracer, const struct tracer_options *opts, struct plan *plan, int only,
		struct oomtrace_bpf **out)
{
	struct oomtrace_bpf *skel = NULL;
	int err = open_skeleton(tracer, opts, &skel);

	if (err)
		return err;
	if (!tracer->planned)
		make_plan(tracer, opts, plan);
	tracer->planned = true;
	for (int i = 0; i < PLAN_PURPOSES; i++) {
		struct bpf_program *program = find_program(skel, plan, i);

		if (program && (only < 0 || only == i))
			bpf_program__set_autoload(program, true);
	}
	failed_program[0] = '\0';
	print_next = libbpf_set_print(watch_libbpf);
	err = oomtrace_bpf__load(skel);
	libbpf_set_print(print_next);
	if (err) {
		oomtrace_bpf__destroy(skel);
		return err;
	}
	*out = skel;
	return 0;
}

static int purpose_of(const struct plan *plan, const char *program)
{
	for (int i = 0; i < PLAN_PURPOSES; i++) {
		const struct plan_candidate *candidate = plan__chosen(plan, i);

		if (candidate && !strcmp(candidate->program, program))
			return i;
	}
	return -1;
}

/*
 * libbpf loads all or nothing. Moves the program that failed on to its next candidate; if libbpf has
 * named none, loads each alone to see which do. Returns 0 when the plan has changed.
 */
static int replan_after_load(struct tracer *tracer, const struct tracer_options *opts, struct plan *plan,
			     int load_error)
{
	int suspect = purpose_of(plan, failed_program);
	bool changed = false;

	if (suspect >= 0)
		return plan__fail(plan, suspect, load_error);

	for (int i = 0; i < PLAN_PURPOSES; i++) {
		struct oomtrace_bpf *skel = NULL;
		int err;

		if (!plan__chosen(plan, i))
			continue;
		err = load(tracer, opts, plan, i, &skel);
		oomtrace_bpf__destroy(skel);
		if (!err)
			continue;
		changed = true;
		err = plan__fail(plan, i, err);
		if (err)
			return err;
	}
	return changed ? 0 : load_error;
}

static void detach(struct tracer *tracer)
{
	for (int i = 0; i < PLAN_PURPOSES; i++) {
		bpf_link__destroy(tracer->links[i]);
		tracer->links[i] = NULL;
		tracer->programs[i] = NULL;
	}
	oomtrace_bpf__destroy(tracer->skel);
	tracer->skel = NULL;
}

static bool is_kretprobe(const struct plan *plan, int i)
{
	return !strncmp(plan__chosen(plan, i)->label, "kretprobe", strlen("kretprobe"));
}

/* Privileges and a missing BTF are no reason to try other candidates: none would work. */
static bool is_hopeless(int err)
{
	return err == -EPERM || err == -ENOMEM || err == -EMFILE || err == -ENFILE;
}

/* The next candidate of an optional purpose, where nothing else need be loaded for it. */
static bool replan_in_place(const struct tracer *tracer, struct plan *plan, int i, int error)
{
	struct plan next = *plan;

	if (is_hopeless(error) || plan__fail(&next, i, error) ||
	    (plan__chosen(&next, i) &&
	     find_program(tracer->skel, &next, i) != find_program(tracer->skel, plan, i)))
		return false;
	*plan = next;
	return true;
}

static int attach_purpose(struct tracer *tracer, struct plan *plan, int i)
{
	struct bpf_program *program = find_program(tracer->skel, plan, i);
	int err;

	do {
		tracer->links[i] = attach__program(program, plan, i);
		err = tracer->links[i] ? 0 : -errno;
	} while (err && replan_in_place(tracer, plan, i, err) && plan__chosen(plan, i));
	if (err && plan__chosen(plan, i))
		return err;
	tracer->programs[i] = err ? NULL : program;
	return 0;
}

/*
 * Attaches every purpose. Returns the index of the first that failed and its errno, or -1.
 *
 * The last purpose first: a run of the OOM killer must not begin half attached. Before them all, those
 * that take longest: 5 ticks after the first breakpoint the kernel begins to make jumps of them, and then
 * whoever wants to add another waits for 0.1 s.
 */
static int attach(struct tracer *tracer, struct plan *plan, int *error)
{
	for (int round = 0; round < 2; round++) {
		for (int i = PLAN_PURPOSES - 1; i >= 0; i--) {
			if (!plan__chosen(plan, i) || is_kretprobe(plan, i) != (round == 0))
				continue;
			tracer->late[i] = plan->choices[i].candidate == PLAN_SHARED && plan_purposes[i].late;
			if (plan_purposes[i].hook == HOOK_MM_GONE)
				tracer->relief_since_ns = tracer->late[i] ? UINT64_MAX : 0;
			if (tracer->late[i])
				continue;
			*error = attach_purpose(tracer, plan, i);
			if (*error)
				return i;
		}
	}
	return -1;
}

static int load_and_attach(struct tracer *tracer, const struct tracer_options *opts, struct plan *plan)
{
	/* Each round but the last moves at least one purpose on, so this ends. */
	for (;;) {
		int failed, error = 0;
		int err = load(tracer, opts, plan, -1, &tracer->skel);

		if (err) {
			if (is_hopeless(err))
				return err;
			err = replan_after_load(tracer, opts, plan, err);
			if (err)
				return err;
			continue;
		}
		failed = attach(tracer, plan, &error);
		if (failed < 0)
			return 0;
		detach(tracer);
		err = is_hopeless(error) ? error : plan__fail(plan, failed, error);
		if (err)
			return err;
	}
}

int tracer__open(const struct tracer_options *opts, tracer_event_fn on_event, void *ctx, struct plan *plan,
		 struct tracer **out)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	int err;

	if (!tracer)
		return -ENOMEM;
	tracer->counts_stalls = pressure__is_counted();
	if (kernel_types__new(&tracer->btf))
		tracer->btf = NULL;
	make_plan(tracer, opts, plan);
	err = load_and_attach(tracer, opts, plan);
	if (err && tracer->btf && !is_hopeless(err)) {
		/* It may be our reading of the kernel's types: libbpf's takes longer and knows more. */
		messages__remark("loading failed (%s): again, with the kernel's types read by libbpf",
				 strerror(-err));
		kernel_types__free(tracer->btf);
		tracer->btf = NULL;
		tracer->planned = false;
		err = load_and_attach(tracer, opts, plan);
	}
	if (!err)
		__atomic_store_n(&tracer->skel->bss->attached_ns, clock__ns(CLOCK_BOOTTIME),
				 __ATOMIC_RELEASE);
	if (!err && tracer->btf)
		tracer->skel->bss->stats_index_wanted = kernel_types__has_stats_index(tracer->btf);
	kernel_types__free(tracer->btf);
	tracer->btf = NULL;
	if (err)
		goto fail;
	tracer->ring = ring_buffer__new(bpf_map__fd(tracer->skel->maps.ring), (ring_buffer_sample_fn)on_event,
					ctx, NULL);
	if (!tracer->ring) {
		err = -errno;
		goto fail;
	}
	/* What it took to load has just been freed: give it back. */
	malloc_trim(0);
	*out = tracer;
	return 0;
fail:
	tracer__close(tracer);
	return err;
}

void tracer__close(struct tracer *tracer)
{
	if (!tracer)
		return;
	ring_buffer__free(tracer->ring);
	detach(tracer);
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

/*
 * What a trace of the whole machine need not have from the first moment on. Kprobes: here it is known whether the
 * function is split.
 */
static void attach_late(struct tracer *tracer, bool is_split)
{
	for (int i = PLAN_PURPOSES - 1; i >= 0; i--) {
		const struct plan_purpose *purpose = &plan_purposes[i];
		struct bpf_program *program = tracer->skel->progs.kp_shared;

		if (!tracer->late[i])
			continue;
		tracer->links[i] = attach__shared(
			program, purpose->shared.label,
			is_split && purpose->split.program ? PLAN_SPLIT_FUNCTION : NULL, purpose->hook);
		if (!tracer->links[i])
			messages__remark("not seen: %s (%s)", purpose->lost, strerror(errno));
		else if (purpose->hook == HOOK_MM_GONE)
			tracer->relief_since_ns = clock__ns(CLOCK_BOOTTIME);
		tracer->programs[i] = tracer->links[i] ? program : NULL;
	}
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

int tracer__find_addresses(struct tracer *tracer)
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
	attach_late(tracer, found[SPLIT].end != 0);
	return err;
}

enum record_kill_way tracer__kill_way(const struct tracer *tracer, const __u64 *frames, size_t count)
{
	return kill_ways__of(tracer->kill_ways, frames, count);
}

int tracer__program_cmdline(const struct tracer *tracer, const struct program *program,
			    struct cmdline_entry *out)
{
	struct cmdline_entry entry;

	if (bpf_map__lookup_elem(tracer->skel->maps.cmdlines, program, sizeof(*program), &entry,
				 sizeof(entry), 0) ||
	    !entry.len || entry.len > sizeof(entry.bytes))
		return -ENOENT;
	*out = entry;
	return 0;
}

int tracer__cmdline(const struct tracer *tracer, uint32_t pid, uint64_t start_ns, struct cmdline_entry *out)
{
	struct program key = { .arg_start = pid };
	struct cmdline_entry entry;

	if (tracer__program_cmdline(tracer, &key, &entry) || !proc__same_start(entry.start_ns, start_ns))
		return -ENOENT;
	*out = entry;
	return 0;
}

int tracer__add_cmdline(struct tracer *tracer, uint32_t pid, const struct cmdline_entry *entry)
{
	struct program key = { .arg_start = pid };

	return bpf_map__update_elem(tracer->skel->maps.cmdlines, &key, sizeof(key), entry, sizeof(*entry),
				    BPF_ANY);
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
