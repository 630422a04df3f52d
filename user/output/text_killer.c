// SPDX-License-Identifier: GPL-2.0-only
#include "output/text_killer.h"

#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "output/wrap.h"
#include "record/memory_killers.h"

/* Programs by which runtimes send signals to containers, as the kernel knows them: 15 bytes of the name. */
static const char *const runtimes[] = { "runc",	      "crun",	 "youki",  "containerd-shim",
					"containerd", "dockerd", "podman", "conmon",
					"crio" };

#define MEMORY_KILLER_WORDS ": a program that kills when memory is short; it wasn't the kernel's OOM killer"

static bool is_one_of(const char *comm, const char *const *names, size_t count)
{
	for (size_t i = 0; comm && i < count; i++) {
		if (!strcmp(comm, names[i]))
			return true;
	}
	return false;
}

/* "runc (pid 900, child of containerd-shim (pid 700)) of uid 1000 in /system.slice/docker.service" */
static void put_sender(FILE *out, const struct record_sender *s)
{
	text_parts__name(out, s->comm);
	fprintf(out, " (pid%c%" PRIu32, WRAP_JOINT, s->pid);
	if (s->ppid > 1) {
		fputs(", child of ", out);
		text_parts__process(out, s->parent_comm, s->ppid);
	}
	putc(')', out);
	if (s->uid)
		fprintf(out, " of uid%c%" PRIu32, WRAP_JOINT, s->uid);
	if (s->cgroup) {
		fputs(" in ", out);
		text_parts__place(out, s->cgroup, &s->container);
	}
}

static void put_way(FILE *out, const struct record_killer *k)
{
	switch (k->way) {
	case KILL_WAY_CGROUP_KILL:
		fputs("sent to its whole cgroup, by a write to cgroup.kill by ", out);
		break;
	case KILL_WAY_PID_NAMESPACE:
		fputs("sent at the end of its pid namespace, whose init was ", out);
		break;
	case KILL_WAY_PARENT_DEATH:
		fputs("sent at the death of its parent (PR_SET_PDEATHSIG), ", out);
		break;
	case KILL_WAY_RLIMIT:
		fputs("sent by the kernel: it had used up its time on the CPU (RLIMIT_CPU or RLIMIT_RTTIME)",
		      out);
		return;
	case KILL_WAY_TIMER:
		fputs("sent by a timer (timer_create)", out);
		return;
	case KILL_WAY_OOM_KILLER:
		fputs("sent by the OOM killer, for ", out);
		break;
	case KILL_WAY_UNKNOWN:
	case KILL_WAY_KILL:
		fputs(k->by_kernel ? "sent by the kernel, in the middle of " : "sent by ", out);
		break;
	}
	put_sender(out, &k->sender);
}

static void put_signal(FILE *out, int signal)
{
	const char *name = sigabbrev_np(signal);

	if (name)
		fprintf(out, "SIG%s", name);
	else
		fprintf(out, "signal%c%d", WRAP_JOINT, signal);
}

/* "SIGTERM by systemd (pid 1), which it ignored" */
static void put_asked(FILE *out, const struct record_stop *stop, const char *by, bool same)
{
	put_signal(out, stop->signal);
	if (!same) {
		fputs(by, out);
		text_parts__process(out, stop->comm, stop->pid);
	}
	if (stop->ignored)
		fputs(", which it ignored", out);
}

static void put_stop(FILE *out, const struct record_killer *k)
{
	const struct record_stop *stop = &k->stop;
	bool same = stop->comm && k->sender.comm && !strcmp(stop->comm, k->sender.comm);

	if (!stop->signal)
		return;
	text_parts__duration(out, ", ", stop->before_ns);
	fputs(" after ", out);
	put_asked(out, stop, " by ", same);
}

static bool is_systemd(const char *comm)
{
	return comm && !strcmp(comm, "systemd");
}

/* What usually sends such signals in this way. */
static void put_usual(FILE *out, const struct record_killer *k, const struct record_container *receiver)
{
	const char *comm = k->sender.comm;
	bool stops = k->stop.signal && k->stop.comm && comm && !strcmp(k->stop.comm, comm);

	if (memory_killers__has(comm))
		fputs(MEMORY_KILLER_WORDS, out);
	else if (is_systemd(comm) && stops)
		fputs(": as systemd stops a unit when its TimeoutStopSec is over", out);
	else if (is_systemd(comm))
		fputs(": as systemctl kill -s KILL does", out);
	if (!is_one_of(comm, runtimes, ARRAY_SIZE(runtimes)) || !receiver->ref.runtime)
		return;
	switch (receiver->ref.runtime) {
	case CONTAINER__DOCKER:
		fputs(stops ? ": as docker stop does when its time is over"
			    : ": as docker kill and docker rm -f do",
		      out);
		break;
	case CONTAINER__PODMAN:
		fputs(stops ? ": as podman stop does when its time is over"
			    : ": as podman kill and podman rm -f do",
		      out);
		break;
	default:
		fputs(stops ? ": as runtimes stop a container whose grace period is over"
			    : ": as runtimes kill a container at once",
		      out);
	}
}

void text_killer__put(FILE *out, const struct record_killer *k, const struct record_container *receiver,
		      const char *cgroup)
{
	put_way(out, k);
	put_stop(out, k);
	/* A runtime isn't in its container; a process in there that has its name is none. */
	if (!is_systemd(k->sender.comm) && memory_killers__is_inside(k->sender.cgroup, cgroup))
		return;
	if (k->way == KILL_WAY_KILL || k->way == KILL_WAY_CGROUP_KILL || k->way == KILL_WAY_UNKNOWN)
		put_usual(out, k, receiver);
}

void text_killer__put_stop(FILE *out, const struct record_stop *stop, uint32_t status, bool after_kills)
{
	if (!stop->signal)
		return;
	if ((status & 0x7f) == (uint32_t)stop->signal) {
		fputs(", sent by ", out);
		text_parts__process(out, stop->comm, stop->pid);
		text_parts__duration(out, " ", stop->before_ns);
		fputs(" before", out);
	} else {
		text_parts__duration(out, ", ", stop->before_ns);
		fputs(" after ", out);
		put_asked(out, stop, " by ", false);
	}
	if (memory_killers__has(stop->comm))
		fputs(MEMORY_KILLER_WORDS, out);
	else if (is_systemd(stop->comm))
		fputs(after_kills ? ": as systemd stops a unit after an OOM kill in it (OOMPolicy=stop)"
				  : ": as systemd stops a unit",
		      out);
}

bool text_killer__is_news(const struct record_sigkill *s)
{
	const char *from = s->killer.sender.cgroup;

	if (s->init || memory_killers__sent(&s->killer, s->cgroup))
		return true;
	/* A namespace's end follows its init's, and a cgroup's end is told once below. */
	return s->killer.way != KILL_WAY_PID_NAMESPACE && s->killer.way != KILL_WAY_RLIMIT &&
	       s->killer.way != KILL_WAY_TIMER && from && s->cgroup && strcmp(from, s->cgroup) != 0;
}

static void put_cmdline(const struct text_sink *sink, const struct record_sender *s)
{
	FILE *out = sink->base.out;
	size_t from = 0;

	if (!s->cmdline)
		return;
	text_sink__label(sink, "sender");
	fputs("$ ", out);
	while (from < s->cmdline_len) {
		size_t len = strnlen(s->cmdline + from, s->cmdline_len - from);

		if (from)
			putc(' ', out);
		text_parts__bytes(out, s->cmdline + from, len);
		from += len + 1;
	}
	fputs(s->cmdline_cut ? "...\n" : "\n", out);
}

int text_killer__take(struct sink *base, const struct record *record)
{
	struct text_sink *sink = (struct text_sink *)base;
	const struct record_sigkill *s = &record->sigkill;
	FILE *out = base->out;

	if (sink->look.detail != TEXT_ALL && !text_killer__is_news(s))
		return 0;
	text_sink__time(sink, &record->time);
	text_sink__style(sink, STYLE_KILL);
	fputs("SIGKILL", out);
	text_sink__style(sink, STYLE_PLAIN);
	fputs(" to ", out);
	text_parts__process(out, s->comm, s->pid);
	if (s->init)
		fputs(container__is_service(&s->container.ref, s->cgroup) ? ", its main process"
									  : ", an init",
		      out);
	fputs(", ", out);
	text_killer__put(out, &s->killer, &s->container, s->cgroup);
	fputc('\n', out);
	if (sink->look.detail == TEXT_BRIEF)
		return text_sink__flush(sink);
	put_cmdline(sink, &s->killer.sender);
	if (!text_sink__is_target(sink, &s->container)) {
		text_sink__label(sink, "of");
		text_parts__place(out, s->cgroup, &s->container);
		fputc('\n', out);
	}
	return text_sink__flush(sink);
}
