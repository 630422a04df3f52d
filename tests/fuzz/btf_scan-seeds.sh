#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# btf_scan-seeds.sh FOLDER: BTF of small programs with types of each kind, as clang writes it.
set -eu
mkdir -p "$1"
cd "$1"
cat >types.c <<'END'
typedef unsigned long abc_t;
enum colour { RED = -1, GREEN, BLUE = 1 << 20 };
enum large { LARGE = 1ULL << 40 };
union either { int a; float b; double c; };
struct abc;
struct list { struct list *next; const volatile struct abc *of; };
struct abc {
	abc_t t;
	unsigned int low : 3, high : 13;
	enum colour colour;
	enum large large;
	union either either;
	struct { char name[16]; struct list *restrict lists[4]; };
	int (*call)(struct abc *self, const char *text, ...);
};
struct task_struct { int pid; struct abc abc; struct task_struct *parent; };
struct __attribute__((btf_decl_tag("tagged"))) tagged { int __attribute__((btf_type_tag("user"))) *p; };
struct task_struct current;
static volatile const struct tagged tagged;
extern int outside(struct abc *abc);
__attribute__((noinline)) int abcd(struct abc *abc, enum colour colour) { return outside(abc) + colour; }
int main(void) { return abcd(&current.abc, GREEN) + !!tagged.p; }
END
printf 'typedef int abc; abc abcd(abc n) { return n; }\n' >typedef.c
printf 'enum abc { A, B }; union task_struct { enum abc a; }; union task_struct t;\n' >enum.c
printf 'int n;\n' >none.c
for source in *.c; do
	${CLANG:-clang} -w -g -O1 -target bpf -c -o "${source%.c}.o" "$source"
	llvm-objcopy --dump-section ".BTF=${source%.c}" "${source%.c}.o" 2>/dev/null ||
		llvm-objcopy-"$(${CLANG:-clang} -dumpversion | cut -d. -f1)" --dump-section ".BTF=${source%.c}" "${source%.c}.o"
done
rm ./*.c ./*.o
