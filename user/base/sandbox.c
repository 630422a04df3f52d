// SPDX-License-Identifier: GPL-2.0-only
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/array.h"
#include "base/sandbox_arch.h"

/* A call that is allowed, unless its third argument has one of these bits. */
struct call {
	uint32_t number;
	uint32_t forbidden;
};

static const struct call calls[] = {
	/* The sockets, and the files behind descriptors. */
	{ SYS_recvfrom, 0 },
	{ SYS_recvmsg, 0 },
	{ SYS_sendmsg, 0 },
	{ SYS_read, 0 },
	{ SYS_pread64, 0 },
	{ SYS_lseek, 0 },
	{ SYS_fstat, 0 },
	{ SYS_fcntl, 0 },
	{ SYS_dup, 0 },
	{ SYS_close, 0 },
	/* Debugging information on the host, and where its links lead. */
	{ SYS_openat, O_ACCMODE | O_CREAT | O_TRUNC },
	{ SYS_newfstatat, 0 },
	{ SYS_readlinkat, 0 },
#ifdef SYS_readlink
	{ SYS_readlink, 0 },
#endif
	/* Memory. */
	{ SYS_brk, 0 },
	{ SYS_mmap, PROT_EXEC },
	{ SYS_mprotect, PROT_EXEC },
	{ SYS_mremap, 0 },
	{ SYS_munmap, 0 },
	{ SYS_madvise, 0 },
	/* Getting out of a file that is cut short or takes too long. */
	{ SYS_rt_sigaction, 0 },
	{ SYS_rt_sigprocmask, 0 },
	{ SYS_rt_sigreturn, 0 },
	{ SYS_setitimer, 0 },
	{ SYS_clock_gettime, 0 },
	/* What the C library asks for by itself. */
	{ SYS_futex, 0 },
	{ SYS_getrandom, 0 },
	{ SYS_exit_group, 0 },
};

#define CALLS ARRAY_SIZE(calls)
#define HEAD 6
#define STEPS_EACH 5

_Static_assert(HEAD + CALLS * STEPS_EACH + 1 <= BPF_MAXINSNS, "the filter is too long");

struct filter {
	struct sock_filter steps[HEAD + CALLS * STEPS_EACH + 1];
	unsigned short count;
};

static void add(struct filter *f, uint16_t code, uint32_t k, uint8_t if_true, uint8_t if_false)
{
	f->steps[f->count++] = (struct sock_filter){ code, if_true, if_false, k };
}

static void load(struct filter *f, size_t offset)
{
	add(f, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void answer(struct filter *f, uint32_t what)
{
	add(f, BPF_RET | BPF_K, what, 0, 0);
}

static void add_call(struct filter *f, const struct call *call)
{
	if (!call->forbidden) {
		add(f, BPF_JMP | BPF_JEQ | BPF_K, call->number, 0, 1);
		answer(f, SECCOMP_RET_ALLOW);
		return;
	}
	add(f, BPF_JMP | BPF_JEQ | BPF_K, call->number, 0, 4);
	load(f,
	     offsetof(struct seccomp_data, args[2])); /* its lower half: both architectures begin with it */
	add(f, BPF_JMP | BPF_JSET | BPF_K, call->forbidden, 0, 1);
	answer(f, SECCOMP_RET_ERRNO | ENOSYS);
	answer(f, SECCOMP_RET_ALLOW);
}

static void build(struct filter *f)
{
	load(f, offsetof(struct seccomp_data, arch));
	add(f, BPF_JMP | BPF_JEQ | BPF_K, SANDBOX_ARCH, 1, 0);
	answer(f, SECCOMP_RET_KILL_PROCESS);
	load(f, offsetof(struct seccomp_data, nr));
	add(f, BPF_JMP | BPF_JGE | BPF_K, SANDBOX_FOREIGN_CALLS, 0, 1);
	answer(f, SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < CALLS; i++)
		add_call(f, &calls[i]);
	answer(f, SECCOMP_RET_ERRNO | ENOSYS);
}

int sandbox__enter(void)
{
	struct filter filter = {};
	struct sock_fprog program = { .filter = filter.steps };

	build(&filter);
	program.len = filter.count;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) ? -errno : 0;
}

int sandbox__limit(int resource, rlim_t max)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit))
		return -errno;
	if (limit.rlim_max > max)
		limit.rlim_max = max;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(resource, &limit) ? -errno : 0;
}
