// SPDX-License-Identifier: GPL-2.0-only
/* The end of an OOM in a log: whom the kernel kills (a process or a group), or why it kills nobody. */
#include "kmsg/report_line.h"

#include <string.h>

#include "base/clock.h"
#include "kmsg/kill_line.h"
#include "kmsg/scan.h"

/* The kills of a group come in a row; with a slow console, within this time. */
#define GROUP_NS (5 * NS_PER_S)

static bool same_figures(const struct kmsg_victim *a, const struct kmsg_victim *b)
{
	return a->pid == b->pid && a->total_vm_bytes == b->total_vm_bytes &&
	       a->anon_rss_bytes == b->anon_rss_bytes && !strcmp(a->comm, b->comm);
}

/* Whether a line may be the last kill's again. Without an uptime, stamps of the same second are all there is. */
static bool same_time(const struct kmsg_incident *incident, const struct kmsg_line *line)
{
	if (incident->last_kill_ns && line->has_uptime)
		return line->uptime_ns == incident->last_kill_ns;
	return span__is(line->time, incident->last_kill_stamp);
}

/* Whether a kill belongs to the group kill that the last incident was. */
static bool is_of_group(const struct report_line *at, const struct kmsg_incident *last,
			const struct kill_line_facts *facts)
{
	if (!last || !last->group_cgroup[0] || (!facts->memcg && !facts->machine))
		return false;
	/* The table has all tasks below the limit, and so all of the group. */
	if (facts->memcg && last->task_count && last->task_count == last->task_rows &&
	    !tasks__find(last, facts->victim.pid))
		return false;
	return !at->line->has_uptime || !last->last_kill_ns ||
	       at->line->uptime_ns - last->last_kill_ns < GROUP_NS;
}

static void add_kill(const struct report_line *at, struct kmsg_incident *incident,
		     const struct kill_line_facts *facts, enum kmsg_role role)
{
	struct kmsg_victim *victim = incident__victim(incident, facts->victim.pid);

	oom_report__belongs(at, incident);
	incident->last_kill_ns = at->line->has_uptime ? at->line->uptime_ns : 0;
	scan__copy(incident->last_kill_stamp, sizeof(incident->last_kill_stamp), at->line->time);
	incident->kill_seen = true;
	incident->outcome = KMSG_KILLED;
	if (facts->memcg)
		incident->constraint = KMSG_MEMCG;
	else if (facts->machine && incident->constraint == KMSG_UNTOLD)
		incident->constraint = KMSG_MACHINE;
	if (victim)
		return; /* the first of a group is printed twice */
	victim = incident__add_victim(incident, facts->victim.pid);
	if (!victim)
		return;
	*victim = facts->victim;
	victim->role = role;
	incident->last_added_line = at->number;
	if (!victim->has_uid && incident->has_chosen_uid && incident->one_line &&
	    incident->chosen_pid == victim->pid) {
		victim->has_uid = true;
		victim->uid = incident->chosen_uid;
	}
}

/* "...: Kill process N (COMM) score S or sacrifice child": the victim may be a child of it. */
static void take_choice(const struct report_line *at, const struct kill_line_facts *facts)
{
	struct kmsg_stream *stream = at->stream;
	struct kmsg_incident *incident, *last = stream->last;

	if (!stream->open && last && last->has_chosen && !last->one_line &&
	    last->chosen_pid == facts->victim.pid && same_time(last, at->line)) {
		oom_report__belongs(at, last); /* doubled */
		return;
	}
	incident = oom_report__definite(at);
	if (!incident)
		return;
	incident->has_chosen = true;
	incident->one_line = false;
	incident->chosen_pid = facts->victim.pid;
	if (facts->memcg)
		incident->constraint = KMSG_MEMCG;
	else if (incident->constraint == KMSG_UNTOLD)
		incident->constraint = KMSG_MACHINE;
}

static void take_killed(const struct report_line *at, const struct kill_line_facts *facts)
{
	struct kmsg_stream *stream = at->stream;
	struct kmsg_incident *last = stream->last, *incident;
	struct kmsg_victim *victim = last ? incident__victim(last, facts->victim.pid) : NULL;

	/* The second copy of the end of a report: that was taken for one without a head. */
	if (stream->open && !stream->open->invoked && victim && same_figures(victim, &facts->victim) &&
	    same_time(last, at->line))
		streams__discard(stream);
	/* The report that is open chose another process: it was cut, and this is a kill of its own. */
	if (stream->open && stream->open->one_line && stream->open->chosen_pid != facts->victim.pid)
		streams__close(at->streams, stream);
	if (!stream->open && victim && same_figures(victim, &facts->victim) && same_time(last, at->line) &&
	    !(last->group_cgroup[0] && victim == last->victims)) {
		oom_report__belongs(at, last); /* doubled */
		return;
	}
	if (!stream->open && is_of_group(at, last, facts)) {
		add_kill(at, last, facts, KMSG_GROUP);
		victim = incident__victim(last, facts->victim.pid);
		if (victim)
			incident__complete_victim(last, victim);
		return;
	}
	incident = oom_report__definite(at);
	if (!incident)
		return;
	add_kill(at, incident, facts, KMSG_CHOSEN);
	streams__close(at->streams, stream);
}

static bool take_kill(const struct report_line *at)
{
	struct kill_line_facts facts;

	switch (kill_line__parse(at->text, &facts)) {
	case KILL_LINE_NONE:
		return false;
	case KILL_LINE_CHOSEN:
		take_choice(at, &facts);
		return true;
	case KILL_LINE_KILLED:
		take_killed(at, &facts);
		return true;
	case KILL_LINE_SHARES:
		if (at->stream->last)
			add_kill(at, at->stream->last, &facts, KMSG_SHARES_MM);
		return true;
	}
	return false;
}

/* "Tasks in PATH are going to be killed due to memory.oom.group set": after the first of them. */
static bool take_group(const struct report_line *at)
{
	struct kmsg_stream *stream = at->stream;
	struct kmsg_incident *last;
	struct kmsg_victim first;
	struct span rest = at->text, path, after;

	if (!span__strip_prefix(&rest, "Tasks in ") ||
	    !scan__find_last(rest, " are going to be killed due to memory.oom.group set", &path, &after))
		return false;
	last = stream->last;
	if (!last && !stream->open) {
		last = oom_report__definite(at);
		if (!last)
			return true;
		last->outcome = KMSG_KILLED;
		streams__close(at->streams, stream);
		last = stream->last;
	}
	if (!last)
		return true;
	/*
	 * A second group kill, whose own report was left out: its first victim went to the one before. Of the same
	 * cgroup and without an uptime it is taken for a copy.
	 */
	if ((at->line->has_uptime || !span__is(path, last->group_cgroup)) && last->group_cgroup[0] &&
	    last->victim_count > 1 && last->victims[last->victim_count - 1].role == KMSG_GROUP &&
	    last->last_line == last->last_added_line + at->line->joined) {
		struct kill_line_facts facts = { .memcg = true };

		first = last->victims[--last->victim_count];
		last->last_line--;
		facts.victim = first;
		if (!oom_report__definite(at))
			return true;
		add_kill(at, stream->open, &facts, KMSG_CHOSEN);
		stream->open->first_line = at->number - 1;
		streams__close(at->streams, stream);
		last = stream->last;
	}
	if (last) {
		scan__copy(last->group_cgroup, sizeof(last->group_cgroup), path);
		oom_report__belongs(at, last);
	}
	return true;
}

static bool take_reaper(const struct report_line *at)
{
	struct kmsg_incident *incident;
	struct kmsg_victim left, *victim;

	if (!kill_line__parse_reaper(at->text, &left))
		return false;
	incident = streams__find_victim(at->streams, at->stream, left.pid, &victim);
	if (!incident)
		return true;
	if (left.unable_to_reap) {
		victim->unable_to_reap = true;
	} else {
		victim->reaped = true;
		victim->has_left = left.has_left;
		victim->left_anon_bytes = left.left_anon_bytes;
		victim->left_file_bytes = left.left_file_bytes;
		victim->left_shmem_bytes = left.left_shmem_bytes;
		victim->has_reaped_at = at->line->has_uptime;
		victim->reaped_uptime_ns = at->line->uptime_ns;
	}
	oom_report__belongs(at, incident);
	return true;
}

/* ---- no kill ---- */

static void end_without_kill(const struct report_line *at, enum kmsg_outcome outcome)
{
	struct kmsg_incident *incident = oom_report__definite(at);

	if (!incident)
		return;
	incident->outcome = outcome;
	incident->no_killable = outcome == KMSG_NO_KILLABLE;
	streams__close(at->streams, at->stream);
}

static bool take_panic(const struct report_line *at)
{
	struct kmsg_stream *stream = at->stream;
	struct kmsg_incident *incident;
	struct span rest, reason;
	bool of_memory;

	if (!span__find(at->text, "Kernel panic - not syncing: ", &reason))
		return false;
	rest = reason;
	of_memory = scan__starts(rest, "Out of memory") || scan__has(rest, "deadlocked on memory") ||
		    scan__has(rest, "out of memory");
	incident = stream->last;
	if (!of_memory) {
		/* The killer took init, of which the kernel dies; the decision was a kill all the same. */
		if (scan__starts(rest, "Attempted to kill init") && incident && incident__victim(incident, 1))
			scan__copy(incident->panic, sizeof(incident->panic), reason);
		return true;
	}
	if (stream->open || !incident || incident->outcome != KMSG_NO_KILLABLE) {
		incident = oom_report__definite(at);
		if (!incident)
			return true;
		incident->no_killable = scan__has(rest, "no killable");
		incident->outcome = KMSG_PANIC;
		streams__close(at->streams, stream);
		incident = stream->last;
		if (!incident)
			return true;
	}
	incident->outcome = KMSG_PANIC;
	scan__copy(incident->panic, sizeof(incident->panic), reason);
	oom_report__belongs(at, incident);
	return true;
}

static bool take_no_kill(const struct report_line *at)
{
	uint64_t count;
	struct span rest = at->text;

	if (take_panic(at))
		return true;
	if (scan__has(at->text, "ut of memory and no killable processes")) {
		end_without_kill(at, KMSG_NO_KILLABLE);
		return true;
	}
	if (span__strip_prefix(&rest, "OOM victim ") && scan__has(rest, "is already exiting")) {
		end_without_kill(at, KMSG_EXITING);
		return true;
	}
	rest = at->text;
	if (span__strip_prefix(&rest, "oom_kill_process: ") && scan__take_u64(&rest, &count) &&
	    scan__has(rest, "callbacks suppressed")) {
		at->stream->suppressed += count;
		return true;
	}
	return false;
}

bool oom_end__take(const struct report_line *at)
{
	return take_kill(at) || take_group(at) || take_reaper(at) || take_no_kill(at);
}
