// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recognises lines by their text, not by their place, because lines of other CPUs and programs stand
 * between, some lines are missing, and some are there twice. docs/kernel-logs.md lists the logs.
 */
#include "kmsg/oom_report.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "kmsg/memory.h"
#include "kmsg/report_line.h"
#include "kmsg/scan.h"
#include "kmsg/trace.h"

void oom_report__belongs(const struct report_line *at, struct kmsg_incident *incident)
{
	uint64_t last = at->number + at->line->joined;

	if (last > incident->last_line)
		incident->last_line = last;
	if (at->line->broken && (scan__has(at->text, " in /") || scan__has(at->text, "memcg=/")))
		incident->unclear |= KMSG_UNCLEAR_PATH;
	at->stream->quiet = 0;
}

bool oom_report__is_other_caller(const struct report_line *at)
{
	const struct kmsg_incident *open = at->stream->open;

	return open && open->caller_kind && at->line->caller_kind &&
	       (open->caller_kind != at->line->caller_kind || open->caller != at->line->caller);
}

struct kmsg_incident *oom_report__definite(const struct report_line *at)
{
	struct kmsg_stream *stream = at->stream;

	if (!stream->open)
		streams__open(at->streams, stream,
			      streams__new_incident(at->streams, stream, at->line, at->number));
	stream->tentative = false;
	stream->foreign = false;
	if (stream->open)
		oom_report__belongs(at, stream->open);
	return stream->open;
}

/* ---- the head ---- */

/* "gfp_mask=0xcc0(GFP_KERNEL), nodemask=(null), order=0, oom_score_adj=0" */
static void parse_request(struct span text, struct kmsg_incident *incident)
{
	struct span value, flags;
	int64_t number;
	char *end;

	if (scan__value(text, "gfp_mask=", ',', &value)) {
		flags = value;
		value = span__cut(&flags, '(');
		scan__copy(incident->gfp_text, sizeof(incident->gfp_text), scan__trim(value));
		incident->gfp_mask = strtoull(incident->gfp_text, &end, 16);
		incident->has_gfp = end != incident->gfp_text;
		if (span__strip_suffix(&flags, ")"))
			scan__copy(incident->gfp_flags, sizeof(incident->gfp_flags), flags);
	}
	if (scan__value(text, "nodemask=", ',', &value))
		scan__copy(incident->nodemask, sizeof(incident->nodemask), value);
	if (scan__i64(text, " order=", &number)) {
		incident->has_order = true;
		incident->order = (int)number;
		incident->sysrq |= number == -1;
	}
	if (scan__i64(text, "oom_score_adj=", &number)) {
		incident->has_trigger_adj = true;
		incident->trigger_adj = (int)number;
	}
}

/* The same line again: the report is doubled, line by line or in blocks. */
static bool is_doubled(const struct kmsg_incident *open, const struct kmsg_incident *again)
{
	return open && open->invoked && !strcmp(open->trigger_comm, again->trigger_comm) &&
	       !strcmp(open->gfp_text, again->gfp_text) && open->order == again->order &&
	       open->trigger_adj == again->trigger_adj && !strcmp(open->stamp, again->stamp) &&
	       open->has_uptime == again->has_uptime && open->uptime_ns == again->uptime_ns;
}

static bool take_invoked(const struct report_line *at)
{
	struct kmsg_stream *stream = at->stream;
	struct kmsg_incident *open = stream->open, *incident;
	struct span before = at->text, after;

	if (!span__find(at->text, "invoked oom-killer: gfp_mask=", &after))
		return false;
	before.len = (size_t)(after.start - at->text.start) - strlen("invoked oom-killer: gfp_mask=");
	if (before.len > KMSG_COMM_SIZE)
		return false;
	incident = streams__new_incident(at->streams, stream, at->line, at->number);
	if (!incident)
		return true;
	scan__copy(incident->trigger_comm, sizeof(incident->trigger_comm), scan__trim(before));
	incident->has_trigger = incident->invoked = true;
	parse_request(at->text, incident);
	if (is_doubled(open, incident)) {
		incident__free(incident);
		oom_report__belongs(at, open);
		return true;
	}
	streams__open(at->streams, stream, incident);
	stream->section = SECTION_TRACE;
	incident->suppressed = stream->suppressed;
	stream->suppressed = 0;
	return true;
}

/* "COMM cpuset=X mems_allowed=Y", up to 4.20. */
static bool take_cpuset(const struct report_line *at)
{
	struct kmsg_incident *open = at->stream->open;
	struct span before, after;

	if (!open || !open->invoked || !scan__find_last(at->text, " mems_allowed=", &before, &after) ||
	    !scan__starts(before, open->trigger_comm) || !span__find(before, " cpuset=", &before))
		return false;
	scan__copy(open->trigger_cpuset, sizeof(open->trigger_cpuset), before);
	scan__copy(open->mems_allowed, sizeof(open->mems_allowed), after);
	oom_report__belongs(at, open);
	return true;
}

/* The release stands before " #1 SMP ..."; without that, it is the first word that looks like one. */
static bool find_release(struct span text, struct span *release)
{
	struct span rest = text, before, after;

	if (scan__find_last(text, " #", &before, &after) && after.len && *after.start >= '0' &&
	    *after.start <= '9')
		rest = scan__trim(before);
	for (struct span word = scan__word(&rest); word.len; word = scan__word(&rest)) {
		struct span tail = word;
		uint64_t number;

		if (scan__take_u64(&tail, &number) && span__strip_prefix(&tail, ".") &&
		    scan__take_u64(&tail, &number)) {
			*release = word;
			return true;
		}
	}
	return false;
}

/* "CPU: 0 UID: 0 PID: 9011 Comm: tail Not tainted 6.12.5 #1", "Pid: 9, comm: x Not tainted 2.6.32 #1" */
static bool take_cpu_line(const struct report_line *at)
{
	struct kmsg_incident *open = at->stream->open;
	struct span comm, release;
	uint64_t pid, uid;

	if (!scan__u64(at->text, "PID: ", &pid) && !scan__u64(at->text, "Pid: ", &pid))
		return false;
	if (!span__find(at->text, " Comm: ", &comm) && !span__find(at->text, ", comm: ", &comm))
		return false;
	if (!open || open->cpu_line || oom_report__is_other_caller(at) ||
	    at->stream->section != SECTION_TRACE)
		return true;
	/* Another CPU's report lies in between. */
	if (at->stream->foreign || (open->invoked && !scan__starts(comm, open->trigger_comm)))
		return true;
	open->cpu_line = open->body = true;
	open->has_trigger_pid = pid <= UINT32_MAX;
	open->trigger_pid = (uint32_t)pid;
	open->has_trigger_uid = scan__u64(at->text, " UID: ", &uid) && uid <= UINT32_MAX;
	open->trigger_uid = open->has_trigger_uid ? (uint32_t)uid : 0;
	if (find_release((struct span){ comm.start + strlen(open->trigger_comm),
					comm.len - strlen(open->trigger_comm) },
			 &release)) {
		scan__copy(open->release, sizeof(open->release), release);
		scan__copy(at->stream->release, sizeof(at->stream->release), release);
	}
	oom_report__belongs(at, open);
	return true;
}

/* ---- what else prints call traces and memory ---- */

static bool begins_other_report(struct span text)
{
	static const char *const words[] = {
		"page allocation failure",
		"page allocation stall",
		" blocked for more than ",
		"soft lockup",
		"hard LOCKUP",
		"BUG: ",
		"WARNING: ",
		"cut here ]",
		"rcu_sched",
		"rcu_preempt",
		"SLUB: Unable",
		"vmalloc error",
		"Oops",
		"allocation failure",
		"stall on CPU",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (scan__has(text, words[i]))
			return true;
	return false;
}

static bool take_other_report(const struct report_line *at)
{
	struct kmsg_incident *open = at->stream->open;

	if (!begins_other_report(at->text))
		return false;
	if (!open || oom_report__is_other_caller(at))
		return true;
	at->stream->foreign = true;
	if (at->stream->section == SECTION_TRACE && !open->trace.over && !open->memory_seen)
		open->unclear |= KMSG_UNCLEAR_TRACE;
	return true;
}

static bool take_frame(const struct report_line *at)
{
	struct kmsg_stream *stream = at->stream;
	struct kmsg_incident *open = stream->open;

	if (!open || stream->foreign || oom_report__is_other_caller(at))
		return false;
	if (scan__starts(at->text, "Call Trace:") || scan__starts(at->text, "Call trace:")) {
		open->trace.begun = true;
	} else if (scan__starts(at->text, "</TASK>") || scan__starts(at->text, "RIP: 00") ||
		   scan__starts(at->text, "&lt;/TASK&gt;")) {
		open->trace.over = true;
		open->x86 |= scan__starts(at->text, "RIP: ");
	} else if (stream->section != SECTION_TRACE || open->trace.over ||
		   !trace__frame(at->text, &open->trace)) {
		return stream->section == SECTION_TRACE && scan__starts(at->text, "Code: ");
	}
	open->body = true;
	oom_report__belongs(at, open);
	return true;
}

/* ---- memory ---- */

static void leave_trace(struct kmsg_incident *incident)
{
	incident->trace.over |= incident->trace.frames > 0;
	incident->body = true;
}

/* "Task in A killed as a result of limit of B" */
static bool take_limit(const struct report_line *at)
{
	struct span rest = at->text, limit, task;
	struct kmsg_incident *incident;

	if (span__strip_prefix(&rest, "Task in ")) {
		if (!scan__find_last(rest, " killed as a result of limit of", &task, &limit))
			return false;
	} else if (span__find(at->text, "limit reached of cgroup", &limit)) {
		task = (struct span){ 0 };
	} else {
		return false;
	}
	incident = oom_report__definite(at);
	if (!incident)
		return true;
	leave_trace(incident);
	incident->constraint = KMSG_MEMCG;
	limit = scan__trim(limit);
	if (limit.len)
		scan__copy(incident->limit_cgroup, sizeof(incident->limit_cgroup), limit);
	if (task.len)
		scan__copy(incident->victim_cgroup, sizeof(incident->victim_cgroup), task);
	return true;
}

static bool is_counter(struct span text)
{
	return scan__starts(text, "memory: usage ") || scan__starts(text, "memory+swap: usage ") ||
	       scan__starts(text, "kmem: usage ") || scan__starts(text, "swap: usage ");
}

/* "Memory cgroup stats for /docker/x: cache:20KB ...", or with lines as in memory.stat after it. */
static bool take_memcg_memory(const struct report_line *at)
{
	struct kmsg_incident *incident;
	struct span rest, path, list;

	if (is_counter(at->text)) {
		incident = oom_report__definite(at);
		if (incident) {
			leave_trace(incident);
			incident->memory_seen = true;
			memory__counter(at->text, incident);
		}
		return true;
	}
	rest = at->text;
	if (!span__strip_prefix(&rest, "Memory cgroup stats for "))
		return false;
	incident = oom_report__definite(at);
	if (!incident)
		return true;
	leave_trace(incident);
	incident->memory_seen = true;
	/* The path may have ": " in it, the list has not. */
	if (scan__find_last(rest, ": cache:", &path, &list)) {
		list.start -= strlen("cache:");
		list.len += strlen("cache:");
	} else {
		path = scan__trim(rest);
		span__strip_suffix(&path, ":");
		list = (struct span){ 0 };
	}
	/* The first is the limit's own; those after it are its descendants. */
	if (!incident->limit_cgroup[0] && path.len)
		scan__copy(incident->limit_cgroup, sizeof(incident->limit_cgroup), path);
	memory__stat_list(list, &incident->stats);
	at->stream->section = SECTION_STATS;
	return true;
}

static bool take_machine_memory(const struct report_line *at)
{
	struct kmsg_stream *stream = at->stream;
	struct kmsg_incident *open = stream->open;

	if (!open || stream->foreign || oom_report__is_other_caller(at) || open->table_seen ||
	    open->memory.known)
		return false;
	if (scan__starts(at->text, "Mem-Info:")) {
		leave_trace(open);
		open->memory_seen = open->machine.known = true;
		stream->section = SECTION_MACHINE;
		oom_report__belongs(at, open);
		return true;
	}
	if (stream->section != SECTION_MACHINE && !scan__starts(at->text, "Node "))
		return false;
	if (!memory__machine(at->text, &open->machine))
		return false;
	leave_trace(open);
	open->memory_seen = open->machine.known = true;
	stream->section = SECTION_MACHINE;
	oom_report__belongs(at, open);
	return true;
}

static bool take_stat(const struct report_line *at)
{
	struct kmsg_incident *open = at->stream->open;

	if (!open || oom_report__is_other_caller(at) ||
	    (at->stream->section != SECTION_STATS && !at->stream->tentative) ||
	    !memory__stat_line(at->text, &open->stats))
		return false;
	oom_report__belongs(at, open);
	return true;
}

/* ---- the table, and the choice ---- */

static bool take_table(const struct report_line *at)
{
	struct kmsg_stream *stream = at->stream;
	struct kmsg_incident *incident;
	struct tasks_columns columns;
	struct kmsg_task task;

	if (scan__starts(at->text, "Tasks state (memory values in pages)")) {
		incident = oom_report__definite(at);
		if (incident)
			leave_trace(incident);
		stream->columns.count = 0;
		stream->section = SECTION_TABLE;
		return true;
	}
	if (tasks__parse_header(at->text, &columns)) {
		incident = oom_report__definite(at);
		if (incident) {
			leave_trace(incident);
			incident->table_seen = true;
		}
		stream->columns = columns;
		stream->section = SECTION_TABLE;
		return true;
	}
	if (!stream->open || !tasks__is_row(at->text) || oom_report__is_other_caller(at))
		return false;
	if (stream->section != SECTION_TABLE) {
		if (!stream->tentative)
			return false;
		stream->columns.count = 0;
		stream->section = SECTION_TABLE;
	}
	oom_report__belongs(at, stream->open);
	if (tasks__parse_row(at->text, &stream->columns, &task)) {
		stream->open->table_seen = true;
		leave_trace(stream->open);
		tasks__add(stream->open, &task);
	}
	return true;
}

static enum kmsg_constraint constraint_of(struct span name)
{
	static const struct {
		const char *name;
		enum kmsg_constraint constraint;
	} names[] = {
		{ "CONSTRAINT_NONE", KMSG_MACHINE },
		{ "CONSTRAINT_CPUSET", KMSG_CPUSET },
		{ "CONSTRAINT_MEMORY_POLICY", KMSG_MEMPOLICY },
		{ "CONSTRAINT_MEMCG", KMSG_MEMCG },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (span__is(name, names[i].name))
			return names[i].constraint;
	return KMSG_UNTOLD;
}

/* "oom-kill:constraint=C,nodemask=…,cpuset=…,mems_allowed=…,global_oom|oom_memcg=B,task_memcg=A,task=…" */
static bool take_oom_kill(const struct report_line *at)
{
	struct kmsg_incident *incident;
	struct span rest = at->text, value, before, after;
	uint64_t number;

	if (!span__strip_prefix(&rest, "oom-kill:constraint="))
		return false;
	incident = oom_report__definite(at);
	if (!incident)
		return true;
	incident->oom_kill_seen = true;
	leave_trace(incident);
	incident->constraint = constraint_of(span__cut(&rest, ','));
	if (scan__value(rest, "nodemask=", ',', &value))
		scan__copy(incident->nodemask, sizeof(incident->nodemask), value);
	if (scan__value(rest, "cpuset=", ',', &value))
		scan__copy(incident->trigger_cpuset, sizeof(incident->trigger_cpuset), value);
	if (span__find(rest, ",oom_memcg=", &after) || span__find(rest, ",global_oom", &after)) {
		before = (struct span){ rest.start,
					(size_t)(after.start - rest.start) - strlen(",oom_memcg=") };
		if (scan__find_last(before, ",mems_allowed=", &value, &after))
			scan__copy(incident->mems_allowed, sizeof(incident->mems_allowed), after);
	}
	/* The names of cgroups and tasks may have commas: each ends where the next key begins. */
	if (span__find(rest, ",oom_memcg=", &value) &&
	    scan__find_last(value, ",task_memcg=", &before, &after)) {
		scan__copy(incident->limit_cgroup, sizeof(incident->limit_cgroup), before);
		/* 5.0 says CONSTRAINT_NONE here. */
		incident->constraint = KMSG_MEMCG;
	}
	if (span__find(rest, ",task_memcg=", &value) && scan__find_last(value, ",task=", &before, &after))
		scan__copy(incident->victim_cgroup, sizeof(incident->victim_cgroup), before);
	if (scan__find_last(rest, ",pid=", &before, &after) && scan__take_u64(&after, &number) &&
	    number <= UINT32_MAX) {
		incident->has_chosen = incident->one_line = true;
		incident->chosen_pid = (uint32_t)number;
		incident->has_chosen_uid = span__strip_prefix(&after, ",uid=") &&
					   scan__take_u64(&after, &number) && number <= UINT32_MAX;
		incident->chosen_uid = incident->has_chosen_uid ? (uint32_t)number : 0;
	}
	return true;
}

static bool take_boot(const struct report_line *at)
{
	struct span rest = at->text;

	if (!span__strip_prefix(&rest, "Linux version "))
		return false;
	streams__close(at->streams, at->stream);
	at->stream->last = NULL;
	scan__copy(at->stream->release, sizeof(at->stream->release), scan__word(&rest));
	return true;
}

void oom_report__take(struct kmsg_streams *streams, struct kmsg_stream *stream, const struct kmsg_line *line,
		      struct span text, bool continues, uint64_t number)
{
	struct report_line at = { streams, stream, line, scan__trim(text), number };

	if (!at.text.len)
		return;
	stream->quiet++;
	if (!continues && (take_invoked(&at) || take_oom_kill(&at) || oom_end__take(&at) || take_limit(&at) ||
			   take_boot(&at)))
		return;
	if (take_memcg_memory(&at) || take_table(&at))
		return;
	if (!stream->open)
		return;
	if (take_other_report(&at) || take_cpu_line(&at) || take_cpuset(&at) || take_machine_memory(&at) ||
	    take_stat(&at))
		return;
	take_frame(&at);
}

/* Whether a line may be from the middle of a report, whose head a file hasn't. */
bool oom_report__is_inside(struct span text)
{
	struct kmsg_trace trace = { 0 };
	struct kmsg_machine machine = { 0 };
	struct kmsg_stats stats = { 0 };

	text = scan__trim(text);
	return trace__frame(text, &trace) || tasks__is_row(text) || scan__starts(text, "Mem-Info:") ||
	       (scan__starts(text, "Node ") && memory__machine(text, &machine)) ||
	       memory__stat_line(text, &stats) || scan__starts(text, "CPU: ") ||
	       scan__starts(text, "Call Trace:") || scan__starts(text, "RIP: 00");
}
