/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel types that the BPF side uses, and of these only the members that it uses.
 *
 * This is not a dump of one kernel's BTF: CO-RE matches structs and members by name with those of
 * the kernel that runs, so a short list serves every kernel and every architecture, and a reader
 * sees at once on what oomtrace depends. Order, size and padding here mean nothing. What differs
 * between kernels has a flavour ("struct name___flavour") in bpf/compat.bpf.h instead.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;
enum { false = 0, true = 1 };

#define NULL ((void *)0)

/* include/uapi/linux/bpf.h: ABI, never renumbered */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PROG_ARRAY = 3,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_STACK_TRACE = 7,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_QUEUE = 22,
	BPF_MAP_TYPE_RINGBUF = 27,
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
};

enum {
	BPF_F_USER_STACK = 1 << 8,
	BPF_F_FAST_STACK_CMP = 1 << 9,
	BPF_F_MMAPABLE = 1 << 10,
};

enum {
	BPF_RB_NO_WAKEUP = 1 << 0,
	BPF_RB_FORCE_WAKEUP = 1 << 1,
};

enum {
	BPF_RB_AVAIL_DATA = 0,
	BPF_RB_RING_SIZE = 1,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8;
	unsigned long ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
};
struct pt_regs;
#endif

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic_long_t;

typedef struct {
	__u32 val;
} kuid_t;

struct cred {
	kuid_t uid;
};

struct upid {
	int nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct kernfs_node {
	const char *name;
	void *priv;
	__u64 id;
};

struct kernfs_open_file {
	struct kernfs_node *kn;
};

struct cgroup;

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

enum cgroup_subsys_id {
	memory_cgrp_id = 4,
};

struct cgroup_root {
	int hierarchy_id; /* 0: of cgroup v2 */
};

struct cgroup {
	struct cgroup_subsys_state self;
	int nr_descendants;
	int nr_dying_descendants;
	struct kernfs_node *kn;
	struct cgroup_subsys_state *subsys[1];
	struct cgroup_root *root;
};

struct css_set {
	struct cgroup_subsys_state *subsys[1];
	struct cgroup *dfl_cgrp;
};

struct page_counter {
	atomic_long_t usage;
	unsigned long min;
	unsigned long low;
	unsigned long high;
	unsigned long max;
	struct page_counter *parent;
	unsigned long watermark;
};

/* Their numbers are the running kernel's. */
enum node_stat_item {
	NR_ANON_MAPPED,
	NR_FILE_PAGES,
	NR_SHMEM,
	NR_SLAB_RECLAIMABLE_B,
	NR_SLAB_UNRECLAIMABLE_B,
	NR_KERNEL_STACK_KB,
	NR_PAGETABLE,
	NR_UNEVICTABLE,
	NR_VMALLOC,
};

enum zone_stat_item {
	NR_FREE_PAGES,
};

typedef struct {
	unsigned long bits[1];
} nodemask_t;

struct pglist_data {
	int node_id;
	atomic_long_t vm_stat[1];
};

struct zone {
	unsigned long _watermark[3];
	unsigned long watermark_boost;
	struct pglist_data *zone_pgdat;
	atomic_long_t managed_pages;
	const char *name;
	atomic_long_t vm_stat[1];
};

struct zoneref {
	struct zone *zone;
};

struct zonelist {
	struct zoneref _zonerefs[1];
};

enum memcg_stat_item {
	MEMCG_SOCK,
	MEMCG_PERCPU_B,
	MEMCG_KMEM,
	MEMCG_VMALLOC,
	MEMCG_NR_STAT,
};

enum memcg_memory_event {
	MEMCG_MAX,
};

struct mem_cgroup {
	struct cgroup_subsys_state css;
	struct page_counter memory;
	struct page_counter swap;
	bool oom_group;
	atomic_long_t memory_events_local[1];
};

struct super_block {
	unsigned int s_dev;
	unsigned long s_magic;
};

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
	struct super_block *i_sb;
};

struct address_space {
	struct inode *host;
	unsigned long nrpages;
};

struct file {
	struct address_space *f_mapping;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct mm_struct {
	unsigned long total_vm;
	unsigned long data_vm;
	unsigned long arg_start;
	unsigned long arg_end;
	atomic_long_t pgtables_bytes;
	struct file *exe_file;
	struct task_struct *owner; /* CONFIG_MEMCG */
};

struct rlimit {
	unsigned long rlim_cur;
};

struct signal_struct {
	atomic_t live;
	unsigned int flags;
	int group_exit_code;
	struct pid *pids[4];
	struct mm_struct *oom_mm;
	short oom_score_adj;
	struct rlimit rlim[16];
};

struct task_struct {
	int pid;
	int tgid;
	int exit_code;
	unsigned int flags;
	char comm[16];
	__u64 start_boottime;
	__u64 self_exec_id;
	struct mm_struct *mm;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	struct files_struct *files;
	struct signal_struct *signal;
	const struct cred *real_cred;
	struct css_set *cgroups;
	nodemask_t mems_allowed; /* CONFIG_CPUSETS */
	unsigned int in_memstall : 1;
};

enum oom_constraint {
	CONSTRAINT_NONE,
	CONSTRAINT_CPUSET,
	CONSTRAINT_MEMORY_POLICY,
	CONSTRAINT_MEMCG,
};

struct oom_control {
	struct zonelist *zonelist;
	nodemask_t *nodemask;
	struct mem_cgroup *memcg;
	unsigned int gfp_mask;
	int order;
	unsigned long totalpages;
	struct task_struct *chosen;
	long chosen_points;
	enum oom_constraint constraint;
};

#pragma clang attribute pop

#endif /* __VMLINUX_H__ */
