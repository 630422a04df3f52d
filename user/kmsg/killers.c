// SPDX-License-Identifier: GPL-2.0-only
#include "kmsg/killers.h"

#include <string.h>

#include "kmsg/scan.h"

/* "Killed /user.slice/… due to memory pressure for /user.slice being 73.10% > 50.00% for > 20s …" */
static bool parse_oomd(struct span text, struct kmsg_killer *killer)
{
	struct span rest = text, reason, path = text;

	if (!span__strip_prefix(&rest, "Killed /") || !span__find(rest, " due to ", &reason))
		return false;
	path.start += strlen("Killed ");
	path.len = (size_t)(reason.start - path.start) - strlen(" due to ");
	killer->killer = "systemd-oomd";
	strcpy(killer->signal, "SIGKILL");
	scan__copy(killer->cgroup, sizeof(killer->cgroup), path);
	scan__copy(killer->reason, sizeof(killer->reason), reason);
	return true;
}

/* "app.scope: systemd-oomd killed 12 process(es) in this unit.", by systemd. */
static bool parse_unit(struct span text, struct kmsg_killer *killer)
{
	struct span before, after;

	if (!scan__find_last(text, ": systemd-oomd killed ", &before, &after) ||
	    !scan__has(after, "process(es) in this unit"))
		return false;
	killer->killer = "systemd-oomd";
	strcpy(killer->signal, "SIGKILL");
	killer->has_count = scan__take_u64(&after, &killer->count);
	scan__copy(killer->cgroup, sizeof(killer->cgroup), before);
	return true;
}

/* "sending SIGTERM to process 25957 uid 0 "cellxgene": badness 711, VmRSS 5256 MiB" */
static bool parse_earlyoom(struct span text, struct kmsg_killer *killer)
{
	struct span rest = text, signal, comm, after;
	uint64_t pid, uid, mib;

	if (!span__strip_prefix(&rest, "sending ") && !span__strip_prefix(&rest, "Sending "))
		return false;
	signal = scan__word(&rest);
	if (!scan__starts(signal, "SIG") || !scan__starts(rest, "to process ") ||
	    !scan__u64(rest, "process ", &pid) || pid > UINT32_MAX)
		return false;
	killer->killer = "earlyoom";
	scan__copy(killer->signal, sizeof(killer->signal), signal);
	killer->has_pid = true;
	killer->pid = (uint32_t)pid;
	killer->has_uid = scan__u64(rest, " uid ", &uid) && uid <= UINT32_MAX;
	killer->uid = killer->has_uid ? (uint32_t)uid : 0;
	/* Since 1.8 a command line comes last, in quotes too. */
	if (span__find(rest, "\"", &comm) && (scan__find_last(comm, "\": oom_score ", &comm, &after) ||
					      scan__find_last(comm, "\": badness ", &comm, &after) ||
					      scan__find_last(comm, "\"", &comm, &after))) {
		scan__copy(killer->comm, sizeof(killer->comm), comm);
		after.start = comm.start + comm.len + 1;
		after.len = (size_t)(rest.start + rest.len - after.start);
		span__strip_prefix(&after, ": ");
		scan__copy(killer->reason, sizeof(killer->reason), after);
	}
	killer->has_rss = scan__u64(rest, "VmRSS ", &mib) && mib < UINT64_MAX >> 20;
	killer->rss_bytes = killer->has_rss ? mib << 20 : 0;
	return true;
}

/*
 * The driver of Android's kernels: "lowmemorykiller: Killing 'comm' (123), adj 900," and lmkd:
 * "lowmemorykiller: Kill 'com.example' (123), uid 10123, oom_score_adj 905 to free 123kB rss; reason: …".
 */
static bool parse_lowmemorykiller(struct span text, struct kmsg_killer *killer)
{
	struct span rest = text, comm, after, reason;
	uint64_t pid, uid;
	int64_t adj;

	if (!span__strip_prefix(&rest, "Killing '") && !span__strip_prefix(&rest, "Kill '"))
		return false;
	if (!scan__find_last(rest, "' (", &comm, &after) || !scan__take_u64(&after, &pid) || pid > UINT32_MAX)
		return false;
	killer->killer = "lowmemorykiller";
	strcpy(killer->signal, "SIGKILL");
	killer->has_pid = true;
	killer->pid = (uint32_t)pid;
	scan__copy(killer->comm, sizeof(killer->comm), comm);
	killer->has_uid = scan__u64(after, "uid ", &uid) && uid <= UINT32_MAX;
	killer->uid = killer->has_uid ? (uint32_t)uid : 0;
	if (scan__i64(after, " adj ", &adj) || scan__i64(after, "oom_score_adj ", &adj)) {
		killer->has_adj = true;
		killer->oom_score_adj = (int)adj;
	}
	killer->has_rss = scan__kb(after, "to free ", &killer->rss_bytes);
	if (span__find(after, "reason: ", &reason))
		scan__copy(killer->reason, sizeof(killer->reason), reason);
	return true;
}

static bool parse(const struct kmsg_line *line, struct kmsg_killer *killer)
{
	struct span text = line->text;

	if (span__is(line->program, "systemd-oomd"))
		return parse_oomd(text, killer);
	if (span__is(line->program, "systemd"))
		return parse_unit(text, killer);
	if (span__is(line->program, "earlyoom"))
		return parse_earlyoom(text, killer);
	if (span__is(line->program, "lowmemorykiller") || span__is(line->program, "lmkd"))
		return parse_lowmemorykiller(text, killer);
	/* The driver's lines are the kernel's own. */
	return !line->user && span__strip_prefix(&text, "lowmemorykiller: ") &&
	       parse_lowmemorykiller(text, killer);
}

bool killers__parse(const struct kmsg_line *line, uint64_t number, struct kmsg_killer *killer)
{
	if (!line->program.len && !scan__starts(line->text, "lowmemorykiller: "))
		return false;
	memset(killer, 0, sizeof(*killer));
	if (!parse(line, killer))
		return false;
	killer->line = number;
	scan__copy(killer->stamp, sizeof(killer->stamp), line->time);
	scan__copy(killer->host, sizeof(killer->host), line->host);
	killer->has_uptime = line->has_uptime;
	killer->uptime_ns = line->uptime_ns;
	killer->has_wall = line->has_wall;
	killer->wall_ns = line->wall_ns;
	return true;
}
