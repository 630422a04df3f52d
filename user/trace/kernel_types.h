/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What libbpf needs to know of the kernel's types, found faster than libbpf finds it
 * (docs/notes/starting-up.md): where members are, from a small BTF of our own, and the ids of the functions and
 * tracepoints that BTF-typed programs are attached to.
 */
#ifndef OOMTRACE_KERNEL_TYPES_H
#define OOMTRACE_KERNEL_TYPES_H

#include <bpf/libbpf.h>
#include <stdbool.h>

struct kernel_types;

/*
 * To be called before the object is opened: from then on the handlers of its programs are ours. Without `with_files` the
 * program for open files (bpf/files.bpf.c) can't be loaded.
 */
int kernel_types__new(bool with_files, struct kernel_types **out);

/* Gives libbpf its own handlers back. Takes NULL. */
void kernel_types__free(struct kernel_types *btf);

/* What to open an object with, as its btf_custom_path. */
const char *kernel_types__path(const struct kernel_types *btf);

/* Looks up what the programs of an object need, the first time. Returns 0 or a negative errno. */
int kernel_types__read(struct kernel_types *btf, struct bpf_object *object);

/* Whether the kernel has what this program is attached to by a BTF id. True for all other programs. */
bool kernel_types__has_target(const struct kernel_types *btf, const struct bpf_program *program);

/*
 * Whether the first fentry or fexit program to be attached makes us wait, some 0.1 s, and kprobes can have
 * cookies. Up to 6.6 the kernel waits for all tasks (synchronize_rcu_tasks()) when its table of such
 * programs grows, as it does at the first; d05cb470663a, in 6.7, has that done later by a callback.
 */
bool kernel_types__fentry_waits(const struct kernel_types *btf);

/* Whether mem_cgroup_stats_index says where the items of a cgroup's statistics are (bpf/compat.bpf.h). */
bool kernel_types__has_stats_index(const struct kernel_types *btf);

#endif
