// SPDX-License-Identifier: GPL-2.0-only
#include "base/sandbox.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#define FOREIGN_CALLS 0x40000000 /* x32's: the same architecture, other numbers */
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#define FOREIGN_CALLS UINT32_MAX /* none */
#else
#error "which system calls has this architecture?"
#endif

/* Newer than the headers that we build with may be. All architectures have the same numbers from 424 on. */
#define IO_URING_SETUP 425
#define IO_URING_ENTER 426
#define IO_URING_REGISTER 427
#define OPEN_TREE 428
#define MOVE_MOUNT 429
#define FSOPEN 430
#define FSCONFIG 431
#define FSMOUNT 432
#define FSPICK 433
#define CLONE3 435
#define OPENAT2 437
#define PIDFD_GETFD 438
#define PROCESS_MADVISE 440
#define MOUNT_SETATTR 442
#define QUOTACTL_FD 443
#define PROCESS_MRELEASE 448
#define FCHMODAT2 452
#define NEWEST 462 /* mseal, Linux 6.10 */

#define NEW_NAMESPACE                                                                                 \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
	 CLONE_NEWNET)
#define WRITING (O_ACCMODE | O_CREAT | O_TRUNC)

/* Which calls of that number a rule is about, by the lower half of one argument. */
enum which {
	ALL,
	WITH_BITS, /* at least one of the bits of values[0] */
	WITH_ANY,  /* one of the values */
	BUT_ANY,   /* none of the values */
};

#define VALUES_MAX 6

struct rule {
	uint32_t number;
	uint8_t needs; /* enum sandbox_need: the rule isn't for processes that have one of those */
	uint8_t which;
	uint8_t argument, count;
	uint16_t error; /* 0: EPERM */
	uint32_t values[VALUES_MAX];
};

/*
 * What fails in sandbox__seclude(), with what some need, or need in part. The first rule that a process has of a call
 * is the one. What is called often comes first.
 */
static const struct rule rules[] = {
	{ .number = SYS_bpf, .needs = SANDBOX__MAPS },
	{ .number = SYS_bpf,
	  .which = BUT_ANY,
	  .argument = 0,
	  .count = 6,
	  .values = { BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM, BPF_MAP_GET_NEXT_KEY,
		      BPF_MAP_LOOKUP_AND_DELETE_ELEM, BPF_OBJ_GET_INFO_BY_FD } },
	{ .number = SYS_openat,
	  .needs = SANDBOX__FILES,
	  .which = WITH_BITS,
	  .argument = 2,
	  .count = 1,
	  .values = { WRITING } },
	/* Who makes somebody else the owner of a file has signals sent there. */
	{ .number = SYS_fcntl,
	  .which = WITH_ANY,
	  .argument = 1,
	  .count = 3,
	  .values = { F_SETOWN, F_SETOWN_EX, F_SETSIG } },
	/* What types into the terminal has the shell run it. */
	{ .number = SYS_ioctl,
	  .which = WITH_ANY,
	  .argument = 1,
	  .count = 4,
	  .values = { TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP } },
	{ .number = SYS_clone, .which = WITH_BITS, .argument = 0, .count = 1, .values = { NEW_NAMESPACE } },
	/* Their arguments are in memory. The C library then takes the older calls. */
	{ .number = CLONE3, .error = ENOSYS },
	{ .number = OPENAT2, .error = ENOSYS },
	{ .number = SYS_socket, .needs = SANDBOX__SOCKETS },
	{ .number = SYS_socket, .which = BUT_ANY, .argument = 0, .count = 1, .values = { AF_UNIX } },
	{ .number = SYS_connect, .needs = SANDBOX__SOCKETS },
	{ .number = SYS_kill, .needs = SANDBOX__CHILDREN },
	{ .number = SYS_kill, .which = BUT_ANY, .argument = 1, .count = 2, .values = { SIGKILL, SIGCONT } },
	{ .number = SYS_prlimit64, .which = BUT_ANY, .argument = 0, .count = 1, .values = { 0 } },
	{ .number = SYS_unlinkat, .needs = SANDBOX__FILES | SANDBOX__REMOVES },
#ifdef SYS_open
	{ .number = SYS_open,
	  .needs = SANDBOX__FILES,
	  .which = WITH_BITS,
	  .argument = 1,
	  .count = 1,
	  .values = { WRITING } },
#endif
};

/* What fails without SANDBOX__FILES. Newer architectures don't have all of it. */
static const uint32_t of_files[] = {
	SYS_truncate, SYS_renameat, SYS_renameat2, SYS_linkat,	SYS_symlinkat, SYS_mkdirat,
#ifdef SYS_open
	SYS_creat,    SYS_rename,   SYS_link,	   SYS_symlink, SYS_mkdir,     SYS_rmdir,   SYS_unlink,
#endif
};

/* What fails for all. */
static const uint32_t of_nobody[] = {
	/* Other programs, and namespaces, in which a process would have every capability. */
	SYS_execve,
	SYS_execveat,
	SYS_unshare,
	SYS_setns,
	/* Sockets that others connect to, and what makes sockets and files, too. */
	SYS_bind,
	SYS_listen,
	IO_URING_SETUP,
	IO_URING_ENTER,
	IO_URING_REGISTER,
	/* Other processes. */
	SYS_tkill,
	SYS_rt_sigqueueinfo,
	SYS_rt_tgsigqueueinfo,
	SYS_pidfd_send_signal,
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_kcmp,
	PIDFD_GETFD,
	PROCESS_MADVISE,
	PROCESS_MRELEASE,
	SYS_migrate_pages,
	SYS_move_pages,
	SYS_setpriority,
	SYS_ioprio_set,
	SYS_sched_setaffinity,
	SYS_sched_setattr,
	SYS_sched_setparam,
	SYS_sched_setscheduler,
	SYS_shmget,
	SYS_shmat,
	SYS_shmctl,
	SYS_semget,
	SYS_semop,
	SYS_semtimedop,
	SYS_semctl,
	SYS_msgget,
	SYS_msgsnd,
	SYS_msgrcv,
	SYS_msgctl,
	SYS_mq_open,
	SYS_mq_unlink,
	/* Whose a file is and what it may do: Landlock knows nothing of that. */
	SYS_fchmod,
	SYS_fchmodat,
	FCHMODAT2,
	SYS_fchown,
	SYS_fchownat,
	SYS_setxattr,
	SYS_lsetxattr,
	SYS_fsetxattr,
	SYS_removexattr,
	SYS_lremovexattr,
	SYS_fremovexattr,
	SYS_mknodat,
	SYS_open_by_handle_at,
	/* Parts of the kernel that few need. */
	SYS_perf_event_open,
	SYS_userfaultfd,
	SYS_fanotify_init,
	SYS_add_key,
	SYS_request_key,
	SYS_keyctl,
	SYS_personality,
	SYS_acct,
	SYS_quotactl,
	QUOTACTL_FD,
	SYS_syslog,
	/* The machine. */
	SYS_mount,
	SYS_umount2,
	OPEN_TREE,
	MOVE_MOUNT,
	FSOPEN,
	FSCONFIG,
	FSMOUNT,
	FSPICK,
	MOUNT_SETATTR,
	SYS_pivot_root,
	SYS_chroot,
	SYS_swapon,
	SYS_swapoff,
	SYS_reboot,
	SYS_kexec_load,
	SYS_kexec_file_load,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_settimeofday,
	SYS_clock_settime,
	SYS_adjtimex,
	SYS_clock_adjtime,
	SYS_sethostname,
	SYS_setdomainname,
	SYS_vhangup,
#ifdef SYS_open
	SYS_mknod,
	SYS_chmod,
	SYS_chown,
	SYS_lchown,
#endif
#ifdef __x86_64__
	SYS_iopl,
	SYS_ioperm,
	SYS_modify_ldt,
#endif
};

/* All that is left in sandbox__enter(), beside those of left_in_part. */
static const uint32_t left[] = {
	/* The sockets, and the files behind descriptors. */
	SYS_recvfrom,
	SYS_recvmsg,
	SYS_sendmsg,
	SYS_read,
	SYS_pread64,
	SYS_lseek,
	SYS_fstat,
	SYS_fcntl,
	SYS_dup,
	SYS_close,
	/* Debugging information on the host, and where its links lead. */
	SYS_newfstatat,
	SYS_readlinkat,
#ifdef SYS_readlink
	SYS_readlink,
#endif
	/* Memory. */
	SYS_brk,
	SYS_mremap,
	SYS_munmap,
	SYS_madvise,
	/* Getting out of a file that is cut short or takes too long. */
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_setitimer,
	SYS_clock_gettime,
	/* What the C library asks for by itself. */
	SYS_futex,
	SYS_getrandom,
	SYS_exit_group,
};

/* Calls that are left but for those with these bits in their third argument. */
static const struct rule left_in_part[] = {
	{ .number = SYS_openat, .which = WITH_BITS, .argument = 2, .count = 1, .values = { WRITING } },
	{ .number = SYS_mmap, .which = WITH_BITS, .argument = 2, .count = 1, .values = { PROT_EXEC } },
	{ .number = SYS_mprotect, .which = WITH_BITS, .argument = 2, .count = 1, .values = { PROT_EXEC } },
};

#define HEAD 12
#define TAIL 12
/* At most, of either filter. */
#define STEPS_MAX                                                                                           \
	(HEAD + ARRAY_SIZE(rules) * (4 + VALUES_MAX) + 2 * (ARRAY_SIZE(of_files) + ARRAY_SIZE(of_nobody)) + \
	 TAIL)

_Static_assert(STEPS_MAX <= BPF_MAXINSNS, "the filter is too long");
_Static_assert(ARRAY_SIZE(left) <= ARRAY_SIZE(of_nobody) && ARRAY_SIZE(left_in_part) <= ARRAY_SIZE(rules),
	       "there is no room for the filter");

struct filter {
	struct sock_filter steps[STEPS_MAX];
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

static void load_argument(struct filter *f, unsigned int argument)
{
	/* Its lower half: both architectures begin with it. */
	load(f, offsetof(struct seccomp_data, args) + argument * sizeof(uint64_t));
}

static void answer(struct filter *f, uint32_t what)
{
	add(f, BPF_RET | BPF_K, what, 0, 0);
}

static uint32_t failure(uint16_t error)
{
	return SECCOMP_RET_ERRNO | (error ? error : EPERM);
}

/* Calls that the rule is about are answered by `is`, others of that number by `is_not`. */
static void add_rule(struct filter *f, const struct rule *rule, uint32_t is, uint32_t is_not)
{
	unsigned short skip = f->count;

	add(f, BPF_JMP | BPF_JEQ | BPF_K, rule->number, 0, 0);
	if (rule->which != ALL) {
		load_argument(f, rule->argument);
		for (uint8_t i = 0; i < rule->count; i++)
			add(f, BPF_JMP | (rule->which == WITH_BITS ? BPF_JSET : BPF_JEQ) | BPF_K,
			    rule->values[i], rule->count - i, 0);
		answer(f, rule->which == BUT_ANY ? is : is_not);
	}
	answer(f, rule->which == BUT_ANY ? is_not : is);
	f->steps[skip].jf = (uint8_t)(f->count - skip - 1);
}

static void add_calls(struct filter *f, const uint32_t *numbers, size_t count, uint32_t what)
{
	for (size_t i = 0; i < count; i++)
		add_rule(f, &(struct rule){ .number = numbers[i] }, what, 0);
}

static void begin(struct filter *f)
{
	load(f, offsetof(struct seccomp_data, arch));
	add(f, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	answer(f, SECCOMP_RET_KILL_PROCESS);
	load(f, offsetof(struct seccomp_data, nr));
	add(f, BPF_JMP | BPF_JGE | BPF_K, FOREIGN_CALLS, 0, 1);
	answer(f, SECCOMP_RET_KILL_PROCESS);
}

/* kill() of a group, of all processes and of the first one, whatever the signal. */
static void add_kill_of_many(struct filter *f)
{
	add(f, BPF_JMP | BPF_JEQ | BPF_K, SYS_kill, 0, 5);
	load_argument(f, 0);
	add(f, BPF_JMP | BPF_JGT | BPF_K, INT32_MAX, 1, 0);
	add(f, BPF_JMP | BPF_JGT | BPF_K, 1, 1, 0);
	answer(f, failure(0));
	load(f, offsetof(struct seccomp_data, nr));
}

static void build(struct filter *f, unsigned int needs)
{
	const struct rule aborting = { .number = SYS_tgkill,
				       .which = BUT_ANY,
				       .argument = 0,
				       .count = 1,
				       .values = { (uint32_t)getpid() } };

	begin(f);
	add_kill_of_many(f);
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (!(rules[i].needs & needs))
			add_rule(f, &rules[i], failure(rules[i].error), SECCOMP_RET_ALLOW);
	}
	if (!(needs & SANDBOX__FILES))
		add_calls(f, of_files, ARRAY_SIZE(of_files), failure(EPERM));
	add_calls(f, of_nobody, ARRAY_SIZE(of_nobody), failure(EPERM));
	add_rule(f, &aborting, failure(EPERM), SECCOMP_RET_ALLOW);
	add(f, BPF_JMP | BPF_JGT | BPF_K, NEWEST, 0, 1);
	answer(f, failure(ENOSYS));
	answer(f, SECCOMP_RET_ALLOW);
}

int sandbox__seclude(unsigned int needs)
{
	struct filter filter = {};
	struct sock_fprog program = { .filter = filter.steps };
	long thread;

	build(&filter, needs);
	program.len = filter.count;
	thread = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
	/* Somebody's filter that is there already may not know the call: then it is for this thread alone. */
	if (thread < 0 && (errno == EPERM || errno == ENOSYS))
		thread = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	if (thread < 0)
		return errno == EINVAL ? 0 : -errno;
	return thread ? -EBUSY : 0; /* a thread that has a filter of its own */
}

int sandbox__enter(void)
{
	struct filter filter = {};
	struct sock_fprog program = { .filter = filter.steps };

	begin(&filter);
	add_calls(&filter, left, ARRAY_SIZE(left), SECCOMP_RET_ALLOW);
	for (size_t i = 0; i < ARRAY_SIZE(left_in_part); i++)
		add_rule(&filter, &left_in_part[i], failure(ENOSYS), SECCOMP_RET_ALLOW);
	answer(&filter, failure(ENOSYS));
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
