// SPDX-License-Identifier: GPL-2.0-only
#include "base/seclusion.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "base/sandbox_arch.h"

/* Newer than the headers that we build with may be. Both architectures have the same numbers from 424 on. */
#define IO_URING_SETUP 425
#define IO_URING_REGISTER 427
#define CLONE3 435
#define PIDFD_GETFD 438
#define PROCESS_MADVISE 440

#define NEW_NAMESPACE                                                                                 \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
	 CLONE_NEWNET)

static const uint32_t forbidden[] = {
	/* Other programs. */
	SYS_execve,
	SYS_execveat,
	/* Sockets: those of daemons do what root asks for. An io_uring would make them, too. */
	SYS_socket,
	SYS_connect,
	SYS_bind,
	SYS_listen,
	IO_URING_SETUP,
	IO_URING_SETUP + 1,
	IO_URING_REGISTER,
	/* Other processes. */
	SYS_kill,
	SYS_tkill,
	SYS_rt_sigqueueinfo,
	SYS_rt_tgsigqueueinfo,
	SYS_pidfd_send_signal,
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_prlimit64,
	SYS_kcmp,
	PIDFD_GETFD,
	PROCESS_MADVISE,
	/* Namespaces, in which it would have every capability, and parts of the kernel that few need. */
	SYS_unshare,
	SYS_setns,
	SYS_bpf,
	SYS_perf_event_open,
	SYS_userfaultfd,
	SYS_add_key,
	SYS_request_key,
	SYS_keyctl,
	SYS_open_by_handle_at,
};

#define COUNT ARRAY_SIZE(forbidden)
#define MORE 32 /* steps beside two for each of those */

struct filter {
	struct sock_filter steps[2 * COUNT + MORE];
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

static void build(struct filter *f)
{
	/* The lower half of an argument: both architectures begin with it. */
	const size_t first = offsetof(struct seccomp_data, args[0]),
		     second = offsetof(struct seccomp_data, args[1]);

	load(f, offsetof(struct seccomp_data, arch));
	add(f, BPF_JMP | BPF_JEQ | BPF_K, SANDBOX_ARCH, 1, 0);
	answer(f, SECCOMP_RET_KILL_PROCESS);
	load(f, offsetof(struct seccomp_data, nr));
	add(f, BPF_JMP | BPF_JGE | BPF_K, SANDBOX_FOREIGN_CALLS, 0, 1);
	answer(f, SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < COUNT; i++) {
		add(f, BPF_JMP | BPF_JEQ | BPF_K, forbidden[i], 0, 1);
		answer(f, SECCOMP_RET_ERRNO | EPERM);
	}
	/* What types into the terminal has the shell run it. */
	add(f, BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 5);
	load(f, second);
	add(f, BPF_JMP | BPF_JEQ | BPF_K, TIOCSTI, 1, 0);
	add(f, BPF_JMP | BPF_JEQ | BPF_K, TIOCLINUX, 0, 1);
	answer(f, SECCOMP_RET_ERRNO | EPERM);
	answer(f, SECCOMP_RET_ALLOW);
	/* Its flags are in memory: the C library then takes the older call. */
	add(f, BPF_JMP | BPF_JEQ | BPF_K, CLONE3, 0, 1);
	answer(f, SECCOMP_RET_ERRNO | ENOSYS);
	add(f, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4);
	load(f, first);
	add(f, BPF_JMP | BPF_JSET | BPF_K, NEW_NAMESPACE, 0, 1);
	answer(f, SECCOMP_RET_ERRNO | EPERM);
	answer(f, SECCOMP_RET_ALLOW);
	/* abort() */
	add(f, BPF_JMP | BPF_JEQ | BPF_K, SYS_tgkill, 0, 3);
	load(f, first);
	add(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)getpid(), 1, 0);
	answer(f, SECCOMP_RET_ERRNO | EPERM);
	answer(f, SECCOMP_RET_ALLOW);
}

int seclusion__enter(void)
{
	struct filter filter = {};
	struct sock_fprog program = { .filter = filter.steps };

	build(&filter);
	program.len = filter.count;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) ? -errno : 0;
}
