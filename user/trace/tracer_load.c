// SPDX-License-Identifier: GPL-2.0-only
#include "trace/tracer_parts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "first.skel.h"
#include "host/preemption.h"
#include "record/memory_killers.h"
#include "trace/attach.h"
#include "trace/map_sizes.h"

static struct bpf_program *find_program(struct oomtrace_bpf *skel, const struct plan *plan, int i)
{
	const struct plan_candidate *candidate = plan__chosen(plan, i);

	return candidate ? bpf_object__find_program_by_name(skel->obj, candidate->program) : NULL;
}

/* Those of the later step write to the same maps, and so to the same variables. Maps that only they use are new. */
static int share_maps(struct oomtrace_bpf *skel, const struct oomtrace_bpf *first)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, skel->obj)
	{
		const struct bpf_map *its = bpf_object__find_map_by_name(first->obj, bpf_map__name(map));
		int err = 0;

		if (bpf_map__autocreate(map) && its && bpf_map__fd(its) >= 0)
			err = bpf_map__reuse_fd(map, bpf_map__fd(its));
		if (err)
			return err;
	}
	return 0;
}

/*
 * Opens all programs or, where `first`, those of the first of two steps alone: libbpf reads and adjusts all of an object,
 * whatever of it is loaded. Types, maps and variables are the same, and so one skeleton is for both.
 */
static struct oomtrace_bpf *open_object(bool first, const struct bpf_object_open_opts *opts)
{
	struct oomtrace_bpf *skel;
	int err;

	if (!first)
		return oomtrace_bpf__open_opts(opts);
	skel = calloc(1, sizeof(*skel));
	if (!skel)
		return NULL;
	err = oomtrace_bpf__create_skeleton(skel);
	if (!err) {
		skel->skeleton->data = (void *)first_bpf__elf_bytes(&skel->skeleton->data_sz);
		skel->skeleton->prog_cnt = 0; /* we find programs by name, and these have not all */
		err = bpf_object__open_skeleton(skel->skeleton, opts);
	}
	if (!err)
		return skel;
	oomtrace_bpf__destroy(skel);
	errno = -err;
	return NULL;
}

static int open_skeleton(const struct tracer *tracer, bool first, struct oomtrace_bpf **out)
{
	const struct tracer_options *opts = &tracer->opts;
	LIBBPF_OPTS(bpf_object_open_opts, open_opts,
		    .btf_custom_path = tracer->btf ? kernel_types__path(tracer->btf) : NULL);
	struct oomtrace_bpf *skel = open_object(first, &open_opts);
	int cpus, err = -errno;

	if (!skel)
		return err ? err : -ENOMEM;
	skel->rodata->many_targets = opts->many_targets;
	skel->rodata->has_target = opts->target_cgroup_id || opts->many_targets;
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
	skel->rodata->inits_only = !skel->rodata->has_target;
	skel->bss->target_init_pid = opts->target_init_pid;
	_Static_assert(sizeof(skel->rodata->memory_killers) == sizeof(memory_killers__names), "not the same");
	memcpy((void *)skel->rodata->memory_killers, memory_killers__names, sizeof(memory_killers__names));
	err = bpf_map__set_max_entries(skel->maps.ring, opts->ring_bytes);
	if (!err)
		err = map_sizes__set(skel, opts, cpus);
	if (!err && tracer->btf)
		err = kernel_types__read(tracer->btf, skel->obj);
	if (!err && tracer->skel)
		err = share_maps(skel, tracer->skel);
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

void tracer_load__plan(struct tracer *tracer, struct plan *plan)
{
	const struct tracer_options *opts = &tracer->opts;
	struct plan_wants wants = {
		.target = opts->target_cgroup_id || opts->many_targets,
		.many = opts->many_targets,
		.usage = opts->usage,
		.stacks = opts->want_stacks,
		.snapshot = opts->want_snapshots,
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

/* Whether the object of the first step may have all that is asked for: before there is a plan, nobody knows. */
static bool may_be_first_alone(const struct tracer *tracer, const struct plan *plan, enum plan_step step)
{
	const struct tracer_options *opts = &tracer->opts;

	return step == PLAN_FIRST && tracer->btf && !opts->target_cgroup_id && !opts->many_targets &&
	       !opts->usage && !opts->want_stacks && !opts->force_kprobes &&
	       (!tracer->planned || plan__is_shared(plan));
}

static bool has_programs(struct oomtrace_bpf *skel, const struct plan *plan, enum plan_step step)
{
	for (int i = 0; i < PLAN_PURPOSES; i++) {
		if (plan__chosen(plan, i) && plan__step(plan, i) == step && !find_program(skel, plan, i))
			return false;
	}
	return true;
}

/* Opens what has the programs of a step, and makes the plan when the kernel's types are known. */
static int open_step(struct tracer *tracer, struct plan *plan, enum plan_step step, struct oomtrace_bpf **out)
{
	bool first = may_be_first_alone(tracer, plan, step);
	int err = open_skeleton(tracer, first, out);

	if (err)
		return err;
	if (!tracer->planned)
		tracer_load__plan(tracer, plan);
	tracer->planned = true;
	if (!first || (plan__is_shared(plan) && has_programs(*out, plan, step)))
		return 0;
	oomtrace_bpf__destroy(*out);
	return open_skeleton(tracer, false, out);
}

/* Whoever isn't in the kernel's types would fail to load, and all that is loaded with it. */
static int leave_missing(const struct tracer *tracer, struct oomtrace_bpf *skel, struct plan *plan)
{
	int err = 0;

	for (int i = 0; i < PLAN_PURPOSES && tracer->btf && !err; i++) {
		struct bpf_program *program = find_program(skel, plan, i);

		while (program && !err && !kernel_types__has_target(tracer->btf, program)) {
			err = plan__fail(plan, i, -ESRCH);
			program = find_program(skel, plan, i);
		}
	}
	return err;
}

/* Loads the programs of a step; with only >= 0, that of this purpose alone, to see if it would. */
static int load(struct tracer *tracer, struct plan *plan, enum plan_step step, int only,
		struct oomtrace_bpf **out)
{
	struct oomtrace_bpf *skel = NULL;
	int err = open_step(tracer, plan, step, &skel);

	if (err)
		return err;
	err = leave_missing(tracer, skel, plan);
	for (int i = 0; i < PLAN_PURPOSES; i++) {
		struct bpf_program *program = find_program(skel, plan, i);

		if (program && plan__step(plan, i) == step && (only < 0 || only == i))
			bpf_program__set_autoload(program, true);
	}
	if (!err && step == PLAN_FIRST && plan__is_shared(plan))
		err = map_sizes__leave_for_later(skel, &tracer->opts);
	failed_program[0] = '\0';
	print_next = libbpf_set_print(watch_libbpf);
	err = err ? err : oomtrace_bpf__load(skel);
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
static int replan_after_load(struct tracer *tracer, struct plan *plan, enum plan_step step, int load_error)
{
	int suspect = purpose_of(plan, failed_program);
	bool changed = false;

	if (suspect >= 0)
		return plan__fail(plan, suspect, load_error);

	for (int i = 0; i < PLAN_PURPOSES; i++) {
		struct oomtrace_bpf *skel = NULL;
		int err;

		if (!plan__chosen(plan, i) || plan__step(plan, i) != step)
			continue;
		err = load(tracer, plan, step, i, &skel);
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

static void detach(struct tracer *tracer, const struct plan *plan, enum plan_step step)
{
	struct oomtrace_bpf **skel = step == PLAN_FIRST ? &tracer->skel : &tracer->later;

	for (int i = 0; i < PLAN_PURPOSES; i++) {
		if (plan && plan__step(plan, i) != step)
			continue;
		bpf_link__destroy(tracer->links[i]);
		tracer->links[i] = NULL;
		tracer->programs[i] = NULL;
	}
	if (step == PLAN_LATER && tracer->skel)
		bpf_map__delete_elem(tracer->skel->maps.more, &(__u32){ 0 }, sizeof(__u32), 0);
	oomtrace_bpf__destroy(*skel);
	*skel = NULL;
}

void tracer_load__free(struct tracer *tracer)
{
	detach(tracer, NULL, PLAN_FIRST);
	detach(tracer, NULL, PLAN_LATER);
}

static bool is_kretprobe(const struct plan *plan, int i)
{
	return !strncmp(plan__chosen(plan, i)->label, "kretprobe", strlen("kretprobe"));
}

bool tracer_load__is_hopeless(int err)
{
	return err == -EPERM || err == -ENOMEM || err == -EMFILE || err == -ENFILE;
}

static struct bpf_program *loaded_program(const struct tracer *tracer, const struct plan *plan, int i)
{
	return find_program(plan__step(plan, i) == PLAN_FIRST ? tracer->skel : tracer->later, plan, i);
}

/* The next candidate of an optional purpose, where nothing else need be loaded for it. */
static bool replan_in_place(const struct tracer *tracer, struct plan *plan, int i, int error)
{
	struct plan next = *plan;

	if (tracer_load__is_hopeless(error) || plan__fail(&next, i, error) ||
	    (plan__chosen(&next, i) && loaded_program(tracer, &next, i) != loaded_program(tracer, plan, i)))
		return false;
	*plan = next;
	return true;
}

/* The shared programs of the first step go on with this one. */
static int attach_more(const struct tracer *tracer, const struct bpf_program *program)
{
	__u32 zero = 0, fd = bpf_program__fd(program);

	return bpf_map__update_elem(tracer->skel->maps.more, &zero, sizeof(zero), &fd, sizeof(fd), BPF_ANY);
}

static int attach_purpose(struct tracer *tracer, struct plan *plan, int i)
{
	struct bpf_program *program = loaded_program(tracer, plan, i);
	int err;

	if (plan_purposes[i].need == PLAN_STEPS) {
		err = attach_more(tracer, program);
		tracer->programs[i] = err ? NULL : program;
		return err;
	}
	do {
		tracer->links[i] = attach__program(program, plan, i);
		err = tracer->links[i] ? 0 : -errno;
	} while (err && replan_in_place(tracer, plan, i, err) && plan__chosen(plan, i));
	if (err && plan__chosen(plan, i))
		return err;
	tracer->programs[i] = err ? NULL : program;
	if (!err && !strcmp(plan_purposes[i].name, "relief") && plan__step(plan, i) == PLAN_LATER)
		tracer->relief_since_ns = clock__ns(CLOCK_BOOTTIME);
	return 0;
}

/*
 * Attaches every purpose of a step. Returns the index of the first that failed and its errno, or -1.
 *
 * The last purpose first: a run of the OOM killer must not begin half attached. Before them all, those
 * that take longest: 5 ticks after the first breakpoint the kernel begins to make jumps of them, and then
 * whoever wants to add another waits for 0.1 s.
 */
static int attach(struct tracer *tracer, struct plan *plan, enum plan_step step, int *error)
{
	for (int round = 0; round < 2; round++) {
		for (int i = PLAN_PURPOSES - 1; i >= 0; i--) {
			if (!plan__chosen(plan, i) || plan__step(plan, i) != step ||
			    plan__waits_for_split(plan, i) || is_kretprobe(plan, i) != (round == 0))
				continue;
			*error = attach_purpose(tracer, plan, i);
			if (*error)
				return i;
		}
	}
	return -1;
}

/* Where the kernel has refused every kprobe of the first step, as to somebody with few capabilities: no more of them. */
static void leave_kprobes(struct plan *plan)
{
	int error = 0;

	for (int i = 0; i < PLAN_PURPOSES; i++) {
		if (plan__step(plan, i) != PLAN_FIRST || !plan_purposes[i].shared.program)
			continue;
		if (plan->choices[i].candidate == PLAN_SHARED)
			return;
		error = plan->choices[i].error;
	}
	plan__leave_more(plan);
	for (int i = 0; i < PLAN_PURPOSES; i++) {
		if (plan->choices[i].candidate == PLAN_SHARED)
			plan__fail(plan, i, error);
	}
}

int tracer_load__step(struct tracer *tracer, struct plan *plan, enum plan_step step)
{
	struct oomtrace_bpf **skel = step == PLAN_FIRST ? &tracer->skel : &tracer->later;

	if (step == PLAN_LATER && attach__has_function(PLAN_SPLIT_FUNCTION))
		plan__leave_split(plan);
	if (step == PLAN_LATER)
		leave_kprobes(plan);

	/* Each round but the last moves at least one purpose on, so this ends. */
	for (;;) {
		int failed, error = 0;
		int err = load(tracer, plan, step, -1, skel);

		if (err) {
			if (tracer_load__is_hopeless(err))
				return err;
			err = replan_after_load(tracer, plan, step, err);
			if (err)
				return err;
			continue;
		}
		failed = attach(tracer, plan, step, &error);
		if (failed < 0)
			return 0;
		detach(tracer, plan, step);
		err = tracer_load__is_hopeless(error) ? error : plan__fail(plan, failed, error);
		if (err)
			return err;
	}
}

void tracer_load__attach_split(struct tracer *tracer, struct plan *plan, bool is_split)
{
	plan->knows_split = true;
	for (int i = PLAN_PURPOSES - 1; i >= 0; i--) {
		const struct plan_purpose *purpose = &plan_purposes[i];
		struct bpf_program *program;

		if (!plan__chosen(plan, i) || !plan__waits_for_split(plan, i))
			continue;
		program = loaded_program(tracer, plan, i);
		tracer->links[i] = attach__shared(program, purpose->shared.label,
						  is_split ? PLAN_SPLIT_FUNCTION : NULL, purpose->hook);
		if (tracer->links[i])
			tracer->programs[i] = program;
		else
			plan__give_up(plan, i, -errno);
	}
}
