#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# elf_symbols-seeds.sh FOLDER: small programs and libraries, with and without symbols of each kind.
set -eu
mkdir -p "$1"
cd "$1"
cat >a.c <<'END'
int in_a(int n) { return n * 7; }
__attribute__((noinline)) static int local(int n) { return n * 3 + in_a(n); }
void _start(void) { for (;;) local(4); }
END
cat >b.cc <<'END'
namespace space { template <class T> struct Box { T get(T t) { return t * 2; } }; }
template struct space::Box<long>;
END
small='-O1 -nostdlib -fno-asynchronous-unwind-tables -fcf-protection=none -fno-stack-protector
	-Wl,-z,noseparate-code -Wl,-z,max-page-size=4096'
# shellcheck disable=SC2086 # options without blanks
{
	gcc $small -static -no-pie -Wl,--build-id=none -o program a.c
	gcc $small -static-pie -fPIE -Wl,--build-id -o pie a.c
	gcc $small -shared -fPIC -Wl,--hash-style=both -o library a.c
	gcc $small -shared -fPIC -g -gz -o described a.c
	g++ $small -shared -fPIC -o plus b.cc
	gcc $small -c -o object a.c
}
strip -o stripped program
strip -o stripped-library library
objcopy --only-keep-debug program apart
objcopy --add-gnu-debuglink=apart stripped linked
xz --format=xz --check=crc32 --keep apart
objcopy --add-section .gnu_debugdata=apart.xz stripped-library packed
rm a.c b.cc apart.xz
