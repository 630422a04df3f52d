#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: test_hardening.sh OOMTRACE
# What the linker and the compiler were asked for must be in the program: it runs as root.
set -u
export LC_ALL=C
failed=0

# $1: what it is, $2: a pattern that readelf's output of the file must have, or with ! not have
expect() {
	case $2 in
	!*) ! grep -qE "${2#!}" <<<"$elf" ;;
	*) grep -qE "$2" <<<"$elf" ;;
	esac || {
		echo "FAIL $program: $1"
		failed=1
	}
}

if grep -q __gcov_dump "$1"; then
	echo 'SKIP a program that counts its lines is built without'
	exit 0
fi
for program in "$1" "$(dirname "$1")/static/oomtrace"; do
	[[ -e $program ]] || continue # make unit builds the first alone
	elf=$(readelf -W -h -l -d -s --notes "$program") || exit 1
	expect 'loaded at an address of its own (PIE)' '^ *Type: +DYN'
	expect 'read-only once relocated (RELRO)' 'GNU_RELRO'
	expect 'bound before it runs' 'FLAGS.*NOW'
	expect 'no executable stack' 'GNU_STACK .* RW '
	expect 'no segment both written and executed' '!LOAD .* RWE '
	# Libraries linked into it have these by themselves: ask objects of ours.
	elf=$(find "$(dirname "$program")/user" -name '*.o' -exec readelf -W -s --notes {} +)
	expect 'a stack protector' '__stack_chk_fail'
	expect 'checked calls of the C library' '__(fprintf|snprintf|memcpy|vfprintf)_chk'
	[[ $(uname -m) != x86_64 ]] || expect 'control flow protection' 'IBT'
done
[[ $failed == 0 ]] && echo "test_hardening: all there"
exit $failed
