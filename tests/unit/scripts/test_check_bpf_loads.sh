#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: test_check_bpf_loads.sh
# Builds small BPF programs and holds scripts/build/check-bpf-loads.py to its verdict on each.
set -u
export LC_ALL=C

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd) || exit 1
check=$root/scripts/build/check-bpf-loads.py
clang=${CLANG:-clang}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0
cases=0

prelude='
typedef unsigned char __u8; typedef unsigned short __u16; typedef unsigned int __u32;
typedef unsigned long long __u64; typedef short __s16; typedef int __s32; typedef long long __s64;
typedef __u16 __be16; typedef __u32 __be32; typedef __u32 __wsum;
enum bpf_map_type { BPF_MAP_TYPE_HASH = 1 };
#include <bpf/bpf_helpers.h>
#define subprog static __attribute__((noinline))
#define ARG(n) ((void *)ctx[n])
struct task { long pid, tgid; struct task *parent; };
struct pair { struct task *task; long n; };
char LICENSE[] SEC("license") = "GPL";
long sink, table[8];
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1); __type(key, int);
	 __type(value, struct pair); } map SEC(".maps");
'

# $1: name, $2: expected exit code, $3: text that the output must have, stdin: C source
expect() {
	local name=$1 code=$2 text=$3 source=$work/$1.c object=$work/$1.o out status

	cases=$((cases + 1))
	{ printf '%s' "$prelude"; cat; } >"$source"
	if ! "$clang" -g -O2 -target bpf -Wall -Werror -c "$source" -o "$object"; then
		echo "FAIL $name: doesn't compile"
		failed=1
		return
	fi
	out=$("$check" "$object" 2>&1)
	status=$?
	out=${out//+ 0x8)/+ 8)} # as LLVM 19 writes it
	if [[ $status -ne $code || $out != *"$text"* ]]; then
		printf 'FAIL %s: exit code %s, expected %s and "%s"; it said:\n%s\n' \
			"$name" "$status" "$code" "$text" "$out"
		failed=1
	fi
}

dereferenced='pointer argument dereferenced; use bpf_probe_read_kernel'

expect direct 1 "tp_btf/x: 1: r1 = *(u64 *)(r1 + 8): $dereferenced" <<'C'
SEC("tp_btf/x") int p(__u64 *ctx) { struct task *t = ARG(0); sink = t->tgid; return 0; }
C
expect optional_section 1 "?fentry/x: 1:" <<'C'
SEC("?fentry/x") int p(__u64 *ctx) { struct task *t = ARG(0); sink = t->tgid; return 0; }
C
for section in fentry fentry.s/x fexit/x fmod_ret/x tp_btf/x lsm/x lsm.s/x lsm_cgroup/x iter/task \
	iter.s/task struct_ops/x '?struct_ops.s/x'; do
	expect "section_${section//[^a-z]/_}" 1 "$dereferenced" <<C
SEC("$section") int p(__u64 *ctx) { struct task *t = ARG(0); sink = t->tgid; return 0; }
C
done
expect store 1 "$dereferenced" <<'C'
SEC("fentry/x") int p(__u64 *ctx) { struct task *t = ARG(0); t->tgid = 1; return 0; }
C
expect atomic 1 "$dereferenced" <<'C'
SEC("fentry/x") int p(__u64 *ctx) { __sync_fetch_and_add((long *)ARG(0), 1); return 0; }
C
expect guarded 1 "$dereferenced" <<'C'
SEC("tp_btf/x") int p(__u64 *ctx) { struct task *t = ARG(1); if (t) sink = t->tgid; return 0; }
C
expect one_branch_only 1 "$dereferenced" <<'C'
SEC("tp_btf/x") int p(__u64 *ctx)
{
	struct task *t = (void *)table;

	if (bpf_get_smp_processor_id())
		t = ARG(0);
	sink = *(volatile long *)&t->tgid;
	return 0;
}
C
expect in_a_loop 1 "$dereferenced" <<'C'
SEC("tp_btf/x") int p(__u64 *ctx)
{
	struct task *t = (void *)table, *next = ARG(0);

	for (int i = 0; i < 8; i++) {
		sink += *(volatile long *)&t->tgid;
		if (bpf_get_smp_processor_id() == i)
			t = next;
	}
	return 0;
}
C
expect spilled 1 "$dereferenced" <<'C'
SEC("tp_btf/x") int p(__u64 *ctx)
{
	struct task *volatile spilled = ARG(0);
	int i = 0;

	bpf_map_delete_elem(&map, &i);
	sink = spilled->tgid;
	return 0;
}
C
expect spilled_registers 1 "$dereferenced" <<'C'
SEC("tp_btf/x") int p(__u64 *ctx)
{
	struct task *t = ARG(0);
	long v[8];

	for (int i = 0; i < 8; i++)
		v[i] = bpf_get_prandom_u32();
	asm volatile("r0 = 0; r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; r6 = 0; r7 = 0; r8 = 0; r9 = 0"
		     ::: "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9");
	sink = v[0] + v[1] + v[2] + v[3] + v[4] + v[5] + v[6] + v[7] + t->tgid;
	return 0;
}
C
expect callee 1 ".text: 0: r1 = *(u64 *)(r1 + 8): $dereferenced" <<'C'
subprog int f(struct task *t) { sink = t->tgid; return 0; }
SEC("tp_btf/x") int p(__u64 *ctx) { return f(ARG(0)); }
C
# Two calls from one section to another: the second function's offset is in the relocation.
expect second_callee 1 ".text: " <<'C'
subprog int f(long n) { sink = n; return 0; }
subprog int g(long n, struct task *t) { sink += n; sink += t->tgid; return 0; }
SEC("tp_btf/x") int p(__u64 *ctx) { return f(ctx[0]) + g(1, ARG(0)); }
C
expect wrong_callee_is_not_blamed 0 "1 BTF-typed programs checked" <<'C'
subprog int f(struct task *t) { sink = t->tgid; return 0; }
subprog int g(long n) { sink += n; return 0; }
SEC("kprobe/x") int k(__u64 *ctx) { return f(ARG(0)); }
SEC("tp_btf/x") int p(__u64 *ctx) { return g(ctx[0]); }
C
expect callee_of_callee 1 ".text: " <<'C'
subprog int f(struct task *t) { sink = t->tgid; return 0; }
subprog int g(long n, struct task *t) { sink += n; f(t); return 0; }
SEC("tp_btf/x") int p(__u64 *ctx) { return g(1, ARG(0)); }
C
expect global_callee 1 "$dereferenced" <<'C'
__noinline int h(long n) { sink += n; return 0; }
__noinline int f(struct task *t) { sink = t->tgid; return 0; }
SEC("tp_btf/x") int p(__u64 *ctx) { h(1); return f(ARG(0)); }
C
expect returned_by_callee 1 "tp_btf/x: " <<'C'
subprog struct task *f(__u64 *ctx) { sink++; return ARG(0); }
SEC("tp_btf/x") int p(__u64 *ctx) { sink = f(ctx)->tgid; return 0; }
C
expect in_callers_frame 1 ".text: " <<'C'
subprog int f(struct pair *p) { sink = p->task->tgid; return 0; }
SEC("tp_btf/x") int p(__u64 *ctx) { struct pair v = { ARG(0), 1 }; return f(&v); }
C
expect stored_by_callee 1 "tp_btf/x: " <<'C'
subprog int f(struct pair *p, struct task *t) { p->task = t; return 0; }
SEC("tp_btf/x") int p(__u64 *ctx)
{
	struct pair v = { (void *)table, 1 };

	f(&v, ARG(0));
	sink = v.task->tgid;
	return 0;
}
C
expect current_task_btf 1 "$dereferenced" <<'C'
SEC("tp_btf/x") int p(__u64 *ctx)
{
	sink = ((struct task *)bpf_get_current_task_btf())->tgid;
	return 0;
}
C
expect kfunc_result 1 "$dereferenced" <<'C'
extern struct task *kfunc(int pid) __attribute__((section(".ksyms")));
SEC("tp_btf/x") int p(__u64 *ctx) { sink = kfunc(1)->tgid; return 0; }
C
expect two_programs_in_a_section 1 "2 BTF-typed programs checked, 1 violations" <<'C'
SEC("tp_btf/x") int a(__u64 *ctx) { sink = ctx[0]; return 0; }
SEC("tp_btf/x") int b(__u64 *ctx) { struct task *t = ARG(0); sink = t->tgid; return 0; }
C
expect callback 2 "callback" <<'C'
static int f(__u32 i, void *data) { sink += i; return 0; }
SEC("tp_btf/x") int p(__u64 *ctx) { return bpf_loop(8, f, 0, 0); }
C
expect nothing_to_check 1 "0 BTF-typed programs checked" <<'C'
SEC("kprobe/x") int p(__u64 *ctx) { sink = ctx[0]; return 0; }
C

expect probe_read 0 "1 BTF-typed programs checked, 0 violations" <<'C'
SEC("tp_btf/x") int p(__u64 *ctx)
{
	struct task *t = ARG(0);
	long value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), &t->tgid);
	sink = value;
	return 0;
}
C
expect kprobe_is_not_btf 0 "1 BTF-typed programs checked, 0 violations" <<'C'
SEC("kprobe/x") int k(__u64 *ctx) { struct task *t = ARG(0); sink = t->tgid; return 0; }
SEC("raw_tp/x") int r(__u64 *ctx) { struct task *t = ARG(0); sink = t->tgid; return 0; }
SEC("tp_btf/x") int p(__u64 *ctx) { sink = ctx[0]; return 0; }
C
expect ctx_loads 0 "0 violations" <<'C'
SEC("fexit/x") int p(__u64 *ctx) { sink = ctx[0] + ctx[1] * ctx[2]; return ctx[3] & 0xff; }
C
expect ctx_in_callee 0 "0 violations" <<'C'
subprog int f(__u64 *ctx) { sink = ctx[1]; return 0; }
SEC("tp_btf/x") int p(__u64 *ctx) { return f(ctx); }
C
expect number_as_index 0 "0 violations" <<'C'
SEC("fentry/x") int p(__u64 *ctx) { table[ctx[0] & 7]++; return 0; }
C
expect map_value 0 "0 violations" <<'C'
SEC("tp_btf/x") int p(__u64 *ctx)
{
	int key = ctx[0];
	struct pair *value = bpf_map_lookup_elem(&map, &key);

	if (value)
		value->n = ctx[1];
	return 0;
}
C
expect overwritten_slot 0 "0 violations" <<'C'
SEC("tp_btf/x") int p(__u64 *ctx)
{
	struct task *volatile slot = ARG(0);

	sink = (long)slot;
	slot = (void *)table;
	sink += slot->tgid;
	return 0;
}
C

if ! LLVM_OBJDUMP=$work/none "$check" "$work/direct.o" 2>&1 | grep -q "needs llvm-objdump"; then
	echo "FAIL a missing llvm-objdump isn't said"
	failed=1
fi
[[ $failed -eq 0 ]] && echo "test_check_bpf_loads: $cases programs, all verdicts right"
exit $failed
