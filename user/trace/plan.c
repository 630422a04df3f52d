// SPDX-License-Identifier: GPL-2.0-only
#include "trace/plan.h"

#include <stddef.h>
#include <string.h>

/* The programs that the purposes of a trace of the whole machine can share, by step. */
#define SHARED "kp_shared"
#define SHARED_LATER "kp_later"
#define SHARED_MORE "kp_more"

const struct plan_purpose plan_purposes[PLAN_PURPOSES] = {
	{
		.name = "oom-begin",
		.skip_loses = EVENT_OOM,
		.lost = "every event",
		.required = true,
		.candidates = {
			{ "btf_oom_enter", "fentry out_of_memory" },
			{ "kp_oom_enter", "kprobe out_of_memory" },
		},
		.shared = { SHARED, "kprobe out_of_memory" },
		.hook = HOOK_OOM_ENTER,
	},
	{
		.name = "oom-end",
		.skip_loses = EVENT_OOM,
		.lost = "OOMs without a killable process",
		.required = true,
		.candidates = {
			{ "btf_oom_exit", "fexit out_of_memory" },
			{ "kp_oom_exit", "kretprobe out_of_memory" },
		},
		.shared = { SHARED, "kretprobe out_of_memory" },
		.hook = HOOK_OOM_EXIT,
	},
	{
		.name = "oom-kill",
		.lost = "the run of the OOM killer that is going on when oomtrace starts",
		.candidates = {
			{ "btf_chosen", "fentry oom_kill_process" },
			{ "kp_chosen", "kprobe oom_kill_process" },
		},
		.shared = { SHARED, "kprobe oom_kill_process" },
		.hook = HOOK_VICTIM_CHOSEN,
	},
	{
		.name = "victim-kill",
		.skip_loses = EVENT_VICTIM,
		.lost = "the difference between kills and processes that were exiting already",
		.required = true,
		.candidates = {
			{ "btf_kill_begin", "fentry __oom_kill_process" },
			{ "kp_kill_begin", "kprobe __oom_kill_process" },
		},
		.shared = { SHARED, "kprobe __oom_kill_process" },
		.hook = HOOK_KILL_BEGIN,
	},
	{
		.name = "victim-mark",
		.skip_loses = EVENT_VICTIM,
		.lost = "every victim",
		.required = true,
		.candidates = {
			{ "btf_mark", "fentry mark_oom_victim" },
			{ "kp_mark", "kprobe mark_oom_victim" },
		},
		.shared = { SHARED, "kprobe mark_oom_victim" },
		.hook = HOOK_MARK,
	},
	{
		.name = "details",
		.lost = "whom the kernel compared, the memory there was, and the stack of the task that asked",
		.need = PLAN_STEPS,
		.shared = { SHARED_MORE, PLAN_TAIL_CALL },
		.late = true,
	},
	{
		.name = "candidate",
		.lost = "whom the kernel compared before it chose a victim",
		.need = PLAN_NOTES,
		.candidates = {
			{ "kp_candidate_begin", "kprobe oom_badness" },
		},
		.shared = { SHARED_LATER, "kprobe oom_badness" },
		.split = { "kp_candidate_begin", "kprobe " PLAN_SPLIT_FUNCTION },
		.hook = HOOK_CANDIDATE_BEGIN,
		.late = true,
	},
	{
		.name = "candidate-points",
		.lost = "whom the kernel compared before it chose a victim",
		.candidates = {
			{ "btf_candidate", "fexit oom_badness" },
			{ "kp_candidate_end", "kretprobe oom_badness" },
		},
		.shared = { SHARED_LATER, "kretprobe oom_badness" },
		.split = { "kp_candidate_end", "kretprobe " PLAN_SPLIT_FUNCTION },
		.hook = HOOK_CANDIDATE_END,
		.late = true,
		.often = true,
	},
	{
		.name = "relief",
		.lost = "when the memory of a victim is back",
		.candidates = {
			/* Every process passes here. The tracepoint is there from 6.1 on. */
			{ "btf_mm_exit", "tp_btf exit_mmap" },
			{ "btf_mm_gone", "fexit exit_mmap" },
			{ "tp_mm_exit", "raw_tp exit_mmap" },
			{ "kp_mm_gone", "kprobe mm_put_huge_zero_page" },
		},
		.late = true,
	},
	{
		.name = "relief-reaper",
		.lost = "when the kernel's reaper has taken the memory of a victim",
		.candidates = {
			{ "btf_reaped", "tp_btf finish_task_reaping" },
			{ "tp_reaped", "raw_tp finish_task_reaping" },
		},
		.late = true,
	},
	{
		.name = "signal",
		.lost = "who sent SIGKILL, and processes killed because they share the victim's memory",
		.candidates = {
			{ "btf_signal", "tp_btf signal_generate" },
			{ "tp_signal", "raw_tp signal_generate" },
		},
		.late = true,
	},
	{
		.name = "exit",
		.lost = "the container's exit code from the kernel",
		.need = PLAN_TARGET,
		.candidates = {
			{ "btf_exit", "tp_btf sched_process_exit" },
			{ "tp_exit", "raw_tp sched_process_exit" },
		},
	},
	{
		.name = "cmdline",
		.lost = "command lines of victims that were started after oomtrace",
		.candidates = {
			{ "btf_exec", "tp_btf sched_process_exec" },
			{ "tp_exec", "raw_tp sched_process_exec" },
		},
		.late = true,
	},
	{
		.name = "max-write-begin",
		.skip_loses = EVENT_LIMIT,
		.lost = "writes of memory.max, and which write caused a kill",
		.candidates = {
			{ "btf_max_begin", "fentry memory_max_write" },
			{ "kp_max_begin", "kprobe memory_max_write" },
		},
		.shared = { SHARED, "kprobe memory_max_write" },
		.hook = HOOK_MAX_BEGIN,
	},
	{
		.name = "max-write-end",
		.skip_loses = EVENT_LIMIT,
		.lost = "writes of memory.max, and which write caused a kill",
		.candidates = {
			{ "btf_max_end", "fexit memory_max_write" },
			{ "kp_max_end", "kretprobe memory_max_write" },
		},
		.shared = { SHARED, "kretprobe memory_max_write" },
		.hook = HOOK_MAX_END,
	},
	{
		.name = "cgroup-gone",
		.lost = "room for the limits of more cgroups, once many have been made and removed",
		.candidates = {
			{ "btf_cgroup_gone", "tp_btf cgroup_rmdir" },
			{ "tp_cgroup_gone", "raw_tp cgroup_rmdir" },
		},
	},
	{
		.name = "cgroup-made",
		.skip_loses = EVENT_MADE,
		.lost = "targets that are made while oomtrace runs",
		.required = true, /* nobody would notice that they aren't followed */
		.need = PLAN_MANY,
		.candidates = {
			{ "btf_cgroup_made", "tp_btf cgroup_mkdir" },
			{ "tp_cgroup_made", "raw_tp cgroup_mkdir" },
		},
	},
	{
		.name = "high-write-begin",
		.skip_loses = EVENT_LIMIT,
		.need = PLAN_TARGET,
		.lost = "writes of memory.high",
		.candidates = {
			{ "btf_high_begin", "fentry memory_high_write" },
			{ "kp_high_begin", "kprobe memory_high_write" },
		},
	},
	{
		.name = "high-write-end",
		.skip_loses = EVENT_LIMIT,
		.need = PLAN_TARGET,
		.lost = "writes of memory.high",
		.candidates = {
			{ "btf_high_end", "fexit memory_high_write" },
			{ "kp_high_end", "kretprobe memory_high_write" },
		},
	},
	{
		.name = "swap-write-begin",
		.skip_loses = EVENT_LIMIT,
		.need = PLAN_TARGET,
		.lost = "writes of memory.swap.max",
		.candidates = {
			{ "btf_swap_begin", "fentry swap_max_write" },
			{ "kp_swap_begin", "kprobe swap_max_write" },
		},
	},
	{
		.name = "swap-write-end",
		.skip_loses = EVENT_LIMIT,
		.need = PLAN_TARGET,
		.lost = "writes of memory.swap.max",
		.candidates = {
			{ "btf_swap_end", "fexit swap_max_write" },
			{ "kp_swap_end", "kretprobe swap_max_write" },
		},
	},
	{
		.name = "reclaim",
		.lost = "how much a write of a limit reclaimed",
		.candidates = {
			{ "btf_reclaim", "tp_btf mm_vmscan_memcg_reclaim_end" },
			{ "tp_reclaim", "raw_tp mm_vmscan_memcg_reclaim_end" },
		},
	},
	{
		.name = "stacks",
		.lost = "the stacks where memory is charged",
		.required = true, /* nobody would notice a profile that stays empty */
		.need = PLAN_STACKS,
		.candidates = {
			{ "btf_charged", "fexit page_counter_try_charge" },
			{ "kp_charged", "kprobe page_counter_try_charge" },
		},
	},
	{
		.name = "reclaim-begin",
		.need = PLAN_USAGE,
		.lost = "how long reclaim takes",
		.candidates = {
			{ "btf_reclaim_begin", "fentry try_to_free_mem_cgroup_pages" },
			{ "kp_reclaim_begin", "kprobe try_to_free_mem_cgroup_pages" },
		},
	},
	{
		/* What runs mem_cgroup_handle_over_high() is everybody, on each way back to user mode. */
		.name = "throttle-begin",
		.need = PLAN_USAGE,
		.lost = "how long tasks are held back by memory.high",
		.candidates = {
			{ "btf_throttle_begin", "fentry schedule_timeout_killable" },
			{ "kp_throttle_begin", "kprobe schedule_timeout_killable" },
		},
	},
	{
		.name = "throttle-end",
		.need = PLAN_USAGE,
		.lost = "how long tasks are held back by memory.high",
		.candidates = {
			{ "btf_throttle_end", "fexit schedule_timeout_killable" },
			{ "kp_throttle_end", "kretprobe schedule_timeout_killable" },
		},
	},
	{
		.name = "usage-read",
		.need = PLAN_USAGE,
		.lost = "the usage of cgroups that existed before oomtrace started",
		.candidates = {
			{ "btf_current_read", "fentry memory_current_read" },
			{ "kp_current_read", "kprobe memory_current_read" },
		},
	},
	{
		.name = "cgroup-online",
		.need = PLAN_USAGE,
		.lost = "the usage of cgroups that are made while oomtrace runs",
		.candidates = {
			{ "btf_css_online", "fentry mem_cgroup_css_online" },
			{ "kp_css_online", "kprobe mem_cgroup_css_online" },
		},
	},
	{
		.name = "charge",
		.need = PLAN_USAGE,
		.lost = "usage as it grows, and refused charges",
		.candidates = {
			{ "btf_charge", "fentry page_counter_try_charge" },
			{ "kp_charge", "kprobe page_counter_try_charge" },
		},
	},
	{
		.name = "uncharge",
		.need = PLAN_EXACT,
		.lost = "usage as it falls",
		.candidates = {
			{ "btf_uncharge", "fentry page_counter_uncharge" },
			{ "kp_uncharge", "kprobe page_counter_uncharge" },
		},
	},
	{
		.name = "cgroup-offline",
		.need = PLAN_USAGE,
		.lost = "room for the usage of more cgroups, once many have been made and removed",
		.candidates = {
			{ "btf_css_offline", "fentry mem_cgroup_css_offline" },
			{ "kp_css_offline", "kprobe mem_cgroup_css_offline" },
		},
	},
	{
		.name = "open-files",
		.need = PLAN_SNAPS,
		.lost = "the page cache of open files in snapshots",
		.candidates = {
			{ "iter_open_files", "iter task" },
		},
		.late = true,
	},
};

/* Whether a candidate is attached by the kernel's BTF. */
static bool is_typed(const struct plan_candidate *candidate)
{
	return !strncmp(candidate->label, "f", 1) || !strncmp(candidate->label, "tp_btf", 6) ||
	       !strncmp(candidate->label, "iter", 4);
}

static int first_candidate(const struct plan_purpose *purpose, const struct plan_wants *wants)
{
	if (wants->split && purpose->split.program)
		return PLAN_SPLIT;
	if (wants->shared && purpose->shared.program && !purpose->often)
		return PLAN_SHARED;
	for (int i = 0; i < PLAN_CANDIDATES && purpose->candidates[i].program; i++) {
		if (!wants->kprobes || !is_typed(&purpose->candidates[i]))
			return i;
	}
	return PLAN_NOT_ATTACHED;
}

/* A purpose of PLAN_NOTES: whether the next one has need of it. */
static void follow_next(struct plan *plan, int i, int first)
{
	struct plan_choice *choice = &plan->choices[i];
	const struct plan_candidate *next = plan__chosen(plan, i + 1);
	bool wanted = next && !is_typed(next);

	if (wanted != choice->wanted)
		choice->candidate = wanted ? first : PLAN_NOT_ATTACHED;
	choice->wanted = wanted;
}

void plan__init(struct plan *plan, const struct plan_wants *wants)
{
	memset(plan, 0, sizeof(*plan));
	plan->in_steps = wants->shared;
	for (int i = 0; i < PLAN_PURPOSES; i++) {
		struct plan_choice *choice = &plan->choices[i];
		enum plan_need need = plan_purposes[i].need;

		choice->wanted =
			need == PLAN_ANY || (need == PLAN_TARGET && wants->target) ||
			(need == PLAN_USAGE && wants->usage) ||
			(need == PLAN_EXACT && wants->usage && wants->target && !wants->many) ||
			(need == PLAN_MANY && wants->many) || (need == PLAN_STACKS && wants->stacks) ||
			(need == PLAN_SNAPS && wants->snapshot) || (need == PLAN_STEPS && plan->in_steps);
		choice->candidate = choice->wanted ? first_candidate(&plan_purposes[i], wants)
						   : PLAN_NOT_ATTACHED;
	}
	for (int i = 0; i < PLAN_PURPOSES; i++) {
		if (plan_purposes[i].need == PLAN_NOTES)
			follow_next(plan, i, first_candidate(&plan_purposes[i], wants));
	}
}

/* What comes after a purpose's candidate; PLAN_NOT_ATTACHED: nothing. */
static int next_candidate(const struct plan *plan, int i)
{
	const struct plan_purpose *purpose = &plan_purposes[i];
	int candidate = plan->choices[i].candidate, next = candidate + 1;

	if (plan->in_steps && purpose->often && candidate == 0)
		return PLAN_SHARED;
	if (candidate == PLAN_SHARED)
		next = purpose->often ? 1 : 0;
	return next < PLAN_CANDIDATES && purpose->candidates[next].program ? next : PLAN_NOT_ATTACHED;
}

int plan__fail(struct plan *plan, int i, int error)
{
	struct plan_choice *choice = &plan->choices[i];
	int next = next_candidate(plan, i);
	bool has_next = next != PLAN_NOT_ATTACHED;

	choice->error = error;
	choice->candidate = next;
	if (i && plan_purposes[i - 1].need == PLAN_NOTES)
		follow_next(plan, i - 1, next == PLAN_SHARED ? PLAN_SHARED : 0);
	if (has_next)
		return 0;
	return plan_purposes[i].required ? error : 0;
}

void plan__give_up(struct plan *plan, int i, int error)
{
	plan->choices[i].candidate = PLAN_NOT_ATTACHED;
	plan->choices[i].error = error;
}

bool plan__is_shared(const struct plan *plan)
{
	bool shared = plan->in_steps;

	for (int i = 0; i < PLAN_PURPOSES; i++) {
		if (plan__step(plan, i) == PLAN_FIRST && plan_purposes[i].shared.program)
			shared = shared && plan->choices[i].candidate == PLAN_SHARED;
	}
	return shared;
}

enum plan_step plan__step(const struct plan *plan, int i)
{
	return plan->in_steps && plan_purposes[i].late ? PLAN_LATER : PLAN_FIRST;
}

void plan__leave_more(struct plan *plan)
{
	for (int i = 0; i < PLAN_PURPOSES; i++) {
		if (plan_purposes[i].need == PLAN_STEPS)
			plan->choices[i] = (struct plan_choice){ .candidate = PLAN_NOT_ATTACHED };
	}
}

void plan__leave_split(struct plan *plan)
{
	for (int i = 0; i < PLAN_PURPOSES; i++) {
		if (plan->in_steps && plan_purposes[i].often && plan->choices[i].candidate == 0)
			plan__fail(plan, i, 0);
	}
}

bool plan__waits_for_split(const struct plan *plan, int i)
{
	return plan->choices[i].candidate == PLAN_SHARED && plan_purposes[i].split.program;
}

const struct plan_candidate *plan__chosen(const struct plan *plan, int i)
{
	int candidate = plan->choices[i].candidate;

	if (candidate == PLAN_NOT_ATTACHED)
		return NULL;
	if (candidate == PLAN_SHARED)
		return &plan_purposes[i].shared;
	return candidate == PLAN_SPLIT ? &plan_purposes[i].split : &plan_purposes[i].candidates[candidate];
}

static struct record_probe probe_of(const struct plan *plan, int i)
{
	const struct plan_candidate *chosen = plan__chosen(plan, i);

	return (struct record_probe){
		.purpose = plan_purposes[i].name,
		.attached = chosen ? chosen->label : NULL,
		.lost = plan->choices[i].wanted && !chosen ? plan_purposes[i].lost : NULL,
		.error = plan->choices[i].error,
		.later = plan->choices[i].told_early,
	};
}

/* Nobody knows yet whether what is chosen can be attached. */
static bool is_pending(const struct plan *plan, int i)
{
	return plan__chosen(plan, i) && ((plan__step(plan, i) == PLAN_LATER && !plan->has_rest) ||
					 (plan__waits_for_split(plan, i) && !plan->knows_split));
}

size_t plan__probes(struct plan *plan, struct record_probe probes[PLAN_PURPOSES])
{
	for (int i = 0; i < PLAN_PURPOSES; i++) {
		plan->choices[i].told_early = is_pending(plan, i);
		probes[i] = probe_of(plan, i);
	}
	return PLAN_PURPOSES;
}

size_t plan__missing(const struct plan *plan, struct record_probe probes[PLAN_PURPOSES])
{
	size_t count = 0;

	for (int i = 0; i < PLAN_PURPOSES; i++) {
		if (!plan->choices[i].told_early || plan__chosen(plan, i))
			continue;
		probes[count] = probe_of(plan, i);
		probes[count++].later = false;
	}
	return count;
}

bool plan__has(const struct plan *plan, const char *name)
{
	for (int i = 0; i < PLAN_PURPOSES; i++) {
		if (!strcmp(plan_purposes[i].name, name))
			return plan__chosen(plan, i);
	}
	return false;
}
