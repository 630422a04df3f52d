// SPDX-License-Identifier: GPL-2.0-only
#include "output/verdict_sentence.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "base/array.h"
#include "output/text_parts.h"

void verdict_sentence__put_subject(FILE *out, const struct subject *s)
{
	struct record_container container = s->container;

	/* What is said of it is of several ids. */
	if (s->containers > 1)
		container.ref.id[0] = container.ref.pod_uid[0] = '\0';
	if (text_parts__container(out, &container))
		return;
	text_parts__named_place(out, s->path[0] ? s->path : "the machine", &s->container);
}

/* A run without a kill is no good news where it only stood still. */
static void put_stall(FILE *out, const struct subject *s)
{
	fputs(" was stuck at its ", out);
	text_parts__size(out, s->stall_at_high ? "memory.high of " : "limit of ", s->stall_max_bytes);
	text_parts__duration(out, " for ", s->stall_ns);
	if (s->stalls > 1)
		fprintf(out, ", and %" PRIu64 " time%s more", s->stalls - 1, s->stalls == 2 ? "" : "s");
	fputs(": it did little but reclaim memory, and nothing was killed", out);
}

static void put_processes(FILE *out, const char *before, const struct subject *s)
{
	fprintf(out, "%s%" PRIu64 " process%s", before, s->kills, s->kills == 1 ? "" : "es");
	if (s->ooms - s->nothing > 1)
		fprintf(out, " in %" PRIu64 " OOMs", s->ooms - s->nothing);
}

static void put_nothing_else(FILE *out, const struct subject *s)
{
	uint64_t times = s->nothing + s->repeats;

	if (s->nothing)
		fprintf(out, "; in %" PRIu64 " more OOM%s nothing could be killed", times,
			times == 1 ? "" : "s");
}

/* Where no end is told, that is what says that it came back. */
static void put_containers(FILE *out, const struct subject *s)
{
	if (!s->ends && s->kill_containers > 1)
		fprintf(out, "; they were in %" PRIu64 " containers of that name, one after the other",
			s->kill_containers);
}

/* All whys, if they aren't one: a sentence is to be true of each OOM that it speaks of. */
static void put_whys(FILE *out, const struct subject *s)
{
	verdict_why__put(out, &s->whys, false);
	if (verdict_why__has_others(&s->whys))
		verdict_why__put_others(out, &s->whys);
}

/* What the kernel itself sends such a signal for. Whether it did isn't seen. */
static void put_signal_words(FILE *out, int signal)
{
	static const struct {
		int signal;
		const char *words;
	} table[] = {
		{ SIGBUS,
		  ": as for memory of a file that is too short, or for which its file system (such as "
		  "/dev/shm) has no room" },
		{ SIGSYS, ": as for a system call that its seccomp filter doesn't allow" },
		{ SIGXCPU, ": as for CPU time above its RLIMIT_CPU" },
		{ SIGXFSZ, ": as for a file larger than its RLIMIT_FSIZE" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].signal == signal)
			fputs(table[i].words, out);
	}
}

static void put_end(FILE *out, const struct subject *s)
{
	int signal = s->status & 0x7f, code = record__exit_code(s->status);
	const char *name;

	if (!s->has_status) {
		fputs(" has ended", out);
	} else if (signal && signal != SIGKILL) {
		name = sigabbrev_np(signal);
		fprintf(out, " was ended by SIG%s (exit code %d)", name ? name : "?", code);
	} else {
		fprintf(out, " ended with exit code %d", code);
	}
	if (s->stop)
		fputs(s->stop, out);
	else if (s->has_status && signal && !(signal == SIGBUS && s->huge_refused))
		put_signal_words(out, signal);
}

/* A shell passes on 128 + the number of the signal that ended what it ran. */
static void put_own_exit(FILE *out, const struct subject *s)
{
	int code = record__exit_code(s->status);
	const char *name = code > 128 ? sigabbrev_np(code - 128) : NULL;

	if (!s->has_status || (s->status & 0x7f))
		return;
	if (name)
		fprintf(out,
			", by itself: no signal ended its init, but a shell gives that code when SIG%s ended what it ran",
			name);
}

/* What an end with an error is often taken for. By the kernel's counts: what wasn't counted isn't said. */
static void put_none_of_these(FILE *out, const struct subject *s, uint64_t lost)
{
	const struct record_kernel_events *events = &s->kernel_events;
	bool counted = s->has_kernel_events && events->whole;

	if (!s->has_status || !s->status || s->any_ooms || s->stalls || lost)
		return;
	if (s->has_kernel_events && (events->oom || events->oom_kill))
		return;
	if (counted && events->max) {
		fputs("; nothing in it was OOM-killed: its memory limit, or one below, was reached ", out);
		fprintf(out, "%" PRIu64 " time%s; reclaim made room, or a request failed", events->max,
			events->max == 1 ? "" : "s");
		return;
	}
	if (!s->no_refusals)
		return;
	fputs("; nothing in it was OOM-killed, and it never reached ", out);
	fputs(counted ? "its memory limit, or a limit of processes" : "a limit of processes", out);
}

static const char *put_how_it_ended(FILE *out, const struct subject *s, uint64_t lost)
{
	put_end(out, s);
	if (s->gone_by_oom) {
		fputs(": its init was killed in an OOM that is not in here", out);
		return "oom-killed";
	}
	if (s->has_status && (s->status & 0x7f) == 9 && lost && !s->killer) {
		fprintf(out, ": somebody sent it SIGKILL, or the OOM killer did: %" PRIu64 " event%s lost",
			lost, lost == 1 ? " was" : "s were");
		return "ended";
	}
	if (s->has_status && (s->status & 0x7f) == 9) {
		if (s->killer)
			fprintf(out, ", but was not OOM-killed: SIGKILL was %s", s->killer);
		else if (s->signals_seen)
			fputs(", but was not OOM-killed, and no SIGKILL to it was seen: seccomp's strict mode ends a "
			      "process so",
			      out);
		else
			fputs(", but was not OOM-killed: somebody sent it SIGKILL, as docker kill does, and "
			      "docker stop after a while",
			      out);
		if (s->runtime_oom_killed)
			fprintf(out, " (%s's OOMKilled is true for a process in it)",
				container__runtime_name(s->container.ref.runtime));
		return "sigkill";
	}
	put_own_exit(out, s);
	return "ended";
}

static const char *put_end_without_oom(FILE *out, const struct subject *s, uint64_t lost)
{
	const char *kind = put_how_it_ended(out, s, lost);

	/* What it may have come of before what it didn't. */
	if (s->refusals)
		fputs(s->refusals, out);
	if (!strcmp(kind, "ended"))
		put_none_of_these(out, s, lost);
	return kind;
}

/* Nothing could be killed, ever. */
static void put_no_victim(FILE *out, const struct subject *s)
{
	uint64_t times = s->nothing + s->repeats;

	fputs(" ran out of memory", out);
	if (times > 1)
		fprintf(out, " %" PRIu64 " times", times);
	if (s->nothing_to_ns > s->nothing_from_ns)
		text_parts__duration(out, " in ", s->nothing_to_ns - s->nothing_from_ns);
	fputs(", and nothing in it could be killed: ", out);
	put_whys(out, s);
}

static void put_oom_killed(FILE *out, const struct subject *s)
{
	fputs(" was OOM-killed: ", out);
	verdict_why__put(out, &s->whys, true);
	put_processes(out, "; ", s);
	fputs(" killed", out);
	if (verdict_why__has_others(&s->whys)) {
		fputs(", ", out);
		verdict_why__put_number(out, &s->whys);
		fputs(" of the OOMs for that reason", out);
	}
	put_containers(out, s);
	put_nothing_else(out, s);
	if (s->has_status)
		fprintf(out, "; exit code %d", record__exit_code(s->status));
	if (s->has_runtime && !s->runtime_oom_killed)
		fprintf(out, "; %s missed it: its OOMKilled is false",
			container__runtime_name(s->container.ref.runtime));
}

/* Of a target that comes back, each end is in the timeline. */
static const char *put_runs(FILE *out, const struct subject *s)
{
	fprintf(out, " ended %" PRIu64 " time%s, %" PRIu64 " of them OOM-killed", s->ends,
		s->ends == 1 ? "" : "s", s->oom_ends);
	if (!s->gone)
		fputs(", and is back", out);
	if (s->kills) {
		put_processes(out, "; it lost ", s);
		fputs(" to the OOM killer: ", out);
		put_whys(out, s);
	}
	put_nothing_else(out, s);
	return s->oom_ends ? "oom-killed" : s->kills ? "lost-processes" : "ended";
}

const char *verdict_sentence__put(FILE *out, const struct subject *s, uint64_t lost)
{
	const char *kind = "lost-processes";

	if (s->ends > 1 || (s->ends && !s->gone))
		return put_runs(out, s);
	if (s->ooms && s->ooms == s->nothing) {
		put_no_victim(out, s);
		return "no-victim";
	}
	if (!s->kills && s->stalls && !s->gone) {
		put_stall(out, s);
		return "stalled";
	}
	if (!s->kills) {
		kind = put_end_without_oom(out, s, lost);
		if (s->stalls) {
			fputs("; before that it", out);
			put_stall(out, s);
		}
		return kind;
	}
	if (s->init_killed && (!s->gone || s->gone_by_oom)) {
		put_oom_killed(out, s);
		return "oom-killed";
	}
	if (s->gone)
		kind = put_end_without_oom(out, s, lost);
	put_processes(out, s->gone ? "; before that it lost " : " lost ", s);
	fputs(" to the OOM killer: ", out);
	put_whys(out, s);
	put_containers(out, s);
	put_nothing_else(out, s);
	return kind;
}
