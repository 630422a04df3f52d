// SPDX-License-Identifier: GPL-2.0-only
#include "kmsg/kill_line.h"

#include <string.h>

#include "kmsg/scan.h"

/* "N (COMM)", where COMM may have parentheses: it ends before what comes next in a line of this kind. */
static bool take_process(struct span *s, const char *const *ends, struct kmsg_victim *victim)
{
	struct span comm, rest;
	uint64_t pid;

	if (!scan__take_u64(s, &pid) || !pid || pid > UINT32_MAX)
		return false;
	victim->pid = (uint32_t)pid;
	/* RHEL 6: "Killed process 28732, UID 0, (httpd) total-vm:" */
	if (scan__starts(*s, ", UID ")) {
		uint64_t uid;

		victim->has_uid = scan__u64(*s, ", UID ", &uid);
		victim->uid = victim->has_uid ? (uint32_t)uid : 0;
		if (!span__find(*s, ", (", &rest))
			return false;
		*s = rest;
	} else if (!span__strip_prefix(s, " (")) {
		return false;
	}
	for (; *ends; ends++)
		if (scan__find_last(*s, *ends, &comm, &rest))
			break;
	if (!*ends)
		return false;
	scan__copy(victim->comm, sizeof(victim->comm), comm);
	/* What follows begins with the words that the name ended before. */
	rest.start = comm.start + comm.len + 1;
	rest.len = (size_t)(s->start + s->len - rest.start);
	*s = rest;
	return true;
}

static void parse_figures(struct span text, struct kmsg_victim *victim)
{
	uint64_t uid;
	int64_t adj;

	victim->has_figures = scan__kb(text, "total-vm:", &victim->total_vm_bytes) ||
			      scan__kb(text, "vsz:", &victim->total_vm_bytes);
	victim->has_figures &= scan__kb(text, "anon-rss:", &victim->anon_rss_bytes);
	victim->has_figures &= scan__kb(text, "file-rss:", &victim->file_rss_bytes);
	victim->has_shmem = scan__kb(text, "shmem-rss:", &victim->shmem_rss_bytes);
	if (scan__u64(text, "UID:", &uid) || scan__u64(text, "UID ", &uid)) {
		victim->has_uid = true;
		victim->uid = (uint32_t)uid;
	}
	victim->has_pgtables = scan__kb(text, "pgtables:", &victim->pgtables_bytes);
	if (scan__i64(text, "oom_score_adj:", &adj)) {
		victim->has_adj = true;
		victim->oom_score_adj = (int)adj;
	}
}

/* What stands before a kill: nothing, or "Memory cgroup out of memory: " and the like. */
static bool parse_before(struct span before, struct kill_line_facts *facts)
{
	before = scan__trim(before);
	if (!before.len)
		return true;
	if (!span__strip_suffix(&before, ":") || !scan__has(before, "ut of memory"))
		return false;
	facts->memcg = scan__starts(before, "Memory cgroup");
	facts->machine = scan__starts(before, "Out of memory");
	return facts->memcg || facts->machine;
}

enum kill_line kill_line__parse(struct span text, struct kill_line_facts *facts)
{
	static const char *const killed_ends[] = { ") total-vm:", "), UID ", ") vsz:", ")", NULL };
	static const char *const chosen_ends[] = { ") score ", NULL };
	static const char *const shares_ends[] = { ") sharing same memory", NULL };
	struct span rest, before, start;

	*facts = (struct kill_line_facts){ 0 };
	if (span__find(text, "Killed process ", &rest)) {
		before = (struct span){ text.start, (size_t)(rest.start - text.start) - 15 };
		if (!parse_before(before, facts) || !take_process(&rest, killed_ends, &facts->victim))
			return KILL_LINE_NONE;
		parse_figures(rest, &facts->victim);
		return KILL_LINE_KILLED;
	}
	if (!span__find(text, "Kill process ", &rest))
		return KILL_LINE_NONE;
	before = (struct span){ text.start, (size_t)(rest.start - text.start) - 13 };
	if (!parse_before(before, facts))
		return KILL_LINE_NONE;
	start = rest;
	if (take_process(&rest, chosen_ends, &facts->victim)) {
		facts->victim.has_score = scan__u64(rest, " score ", &facts->victim.score);
		return KILL_LINE_CHOSEN;
	}
	rest = start;
	return take_process(&rest, shares_ends, &facts->victim) ? KILL_LINE_SHARES : KILL_LINE_NONE;
}

bool kill_line__parse_reaper(struct span text, struct kmsg_victim *left)
{
	static const char *const ends[] = { "), now ", ")", NULL };
	struct span rest = text;
	uint64_t pid;

	*left = (struct kmsg_victim){ 0 };
	if (!span__strip_prefix(&rest, "oom_reaper: "))
		return false;
	if (scan__starts(rest, "unable to reap")) {
		left->unable_to_reap = scan__u64(rest, "pid:", &pid) && pid <= UINT32_MAX;
		left->pid = (uint32_t)pid;
		return left->unable_to_reap;
	}
	if (!span__strip_prefix(&rest, "reaped process ") || !take_process(&rest, ends, left))
		return false;
	left->reaped = true;
	left->has_left = scan__kb(rest, "anon-rss:", &left->left_anon_bytes) &&
			 scan__kb(rest, "file-rss:", &left->left_file_bytes);
	scan__kb(rest, "shmem-rss:", &left->left_shmem_bytes);
	return true;
}
