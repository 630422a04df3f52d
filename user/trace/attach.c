// SPDX-License-Identifier: GPL-2.0-only
#include "trace/attach.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KPROBE_TYPE "/sys/bus/event_source/devices/kprobe/type"

/* The kernel's number for kprobes, as events of perf; 0: it isn't known. Read once: libbpf does so for each kprobe. */
static unsigned int kprobe_type(void)
{
	static unsigned int type;
	FILE *file = type ? NULL : fopen(KPROBE_TYPE, "re");

	if (file && fscanf(file, "%u", &type) != 1)
		type = 0;
	if (file)
		fclose(file);
	return type;
}

static int open_kprobe(const char *function, size_t offset, bool returns)
{
	struct perf_event_attr attr = {
		.type = kprobe_type(),
		.size = sizeof(attr),
		.config = returns, /* format/retprobe has been "config:0" since there is one (4.17) */
		.config1 = (uintptr_t)function,
		.config2 = offset,
	};

	errno = ENOENT;
	return attr.type ? (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC) : -1;
}

static struct bpf_link *attach_at(const struct bpf_program *program, const char *function, size_t offset,
				  bool returns, enum hook hook)
{
	LIBBPF_OPTS(bpf_perf_event_opts, opts, .bpf_cookie = hook);
	int fd = open_kprobe(function, offset, returns);
	struct bpf_link *link = fd < 0 ? NULL : bpf_program__attach_perf_event_opts(program, fd, &opts);

	if (!link && fd >= 0) {
		int err = errno;

		close(fd);
		errno = err;
	}
	return link;
}

/*
 * A kprobe at a function's entry is one of ftrace's, which looks at all of its 45,000 places whenever one
 * is added. On x86 its call is the first thing in a function, or the second, after endbr64: behind it a
 * kprobe is a breakpoint, and nothing has been done to the arguments yet. The kernel refuses an offset that
 * is inside of an instruction, as the first is when it is the second that is right.
 */
static struct bpf_link *attach_behind_entry(const struct bpf_program *program, const char *function,
					    enum hook hook)
{
	struct bpf_link *link = NULL;
#if defined(__x86_64__)
	const size_t offsets[] = { 5, 9 };

	errno = EILSEQ;
	for (size_t i = 0; i < 2 && !link && errno == EILSEQ; i++)
		link = attach_at(program, function, offsets[i], false, hook);
#endif
	return link;
}

struct bpf_link *attach__shared(const struct bpf_program *program, const char *label, const char *function,
				enum hook hook)
{
	bool returns = !strncmp(label, "kretprobe", strlen("kretprobe"));
	/* Where a kretprobe is, the entry is ftrace's already, and one more there costs nothing. */
	bool shares_entry = hook == HOOK_OOM_ENTER || hook == HOOK_MAX_BEGIN || hook == HOOK_CANDIDATE_BEGIN;
	struct bpf_link *link = NULL;

	if (!function)
		function = strchr(label, ' ') + 1;
	if (!returns && !shares_entry)
		link = attach_behind_entry(program, function, hook);
	return link ? link : attach_at(program, function, 0, returns, hook);
}

/* One program may be for functions of several names. */
static struct bpf_link *attach_kprobe(const struct bpf_program *program, const char *label)
{
	return bpf_program__attach_kprobe(program, !strncmp(label, "kretprobe", strlen("kretprobe")),
					  strchr(label, ' ') + 1);
}

struct bpf_link *attach__program(const struct bpf_program *program, const struct plan *plan, int i)
{
	if (plan->choices[i].candidate == PLAN_SHARED)
		return attach__shared(program, plan__chosen(plan, i)->label, NULL, plan_purposes[i].hook);
	if (strstr(plan__chosen(plan, i)->label, "probe "))
		return attach_kprobe(program, plan__chosen(plan, i)->label);
	if (!strncmp(plan__chosen(plan, i)->label, "iter ", strlen("iter ")))
		return bpf_program__attach_iter(program, NULL);
	/* The type of a BTF-typed program may be known to us only (kernel_btf.c). */
	if (bpf_program__type(program) == BPF_PROG_TYPE_TRACING)
		return bpf_program__attach_trace(program);
	return bpf_program__attach(program);
}

bool attach__has_function(const char *name)
{
	int fd = open_kprobe(name, 0, false);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}
