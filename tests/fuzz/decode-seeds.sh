#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# decode-seeds.sh FOLDER: runs of the OOM killer, writes of limits, usage and stacks, as fuzz_decode.c takes them apart.
set -eu
mkdir -p "$1"

# entry KIND IDS [MARK]: an event whose body is a few bytes that repeat. KIND is the first byte of the entry, IDS the
# second; both in octal.
entry() {
	# shellcheck disable=SC2059 # octal escapes are of the format
	printf "\\$1\\$2\\$(printf '%o' $((128 + 16)))"
	yes "${3:-1}abcdef" | head -c 128
}

{ # an OOM in a chain of two cgroups, two victims, what the memory was, the trigger's stack
	entry 002 044
	entry 002 110
	entry 003 044
	entry 003 104 7
	entry 001 044
	entry 011 044
	entry 013 040
	entry 004 000
	entry 005 100 # the victims' ends
	entry 005 040
} >"$1/oom"
{ # without an end, and then the next
	entry 003 044
	entry 001 044
	entry 003 045
	entry 001 045
} >"$1/cut"
{ # a write of a limit, its chain, and the OOM inside of it
	entry 102 044
	entry 106 044
	entry 003 044
	entry 001 044
	entry 004 000
	entry 146 044 # and one as it comes
} >"$1/write"
{ # a refused charge and its chain, usage of two cgroups, reclaim, a stall
	entry 022 044
	entry 022 110
	entry 027 044
	for _ in 1 2 3 4 5; do
		entry 007 044
		entry 007 110
		entry 010 044
		entry 050 110
	done
	entry 003 044
	entry 001 044
	entry 011 044
	entry 004 000
} >"$1/usage"
{ # samples, of processes that come and go
	entry 012 040
	entry 013 100
	entry 013 140
	entry 053 040
	entry 005 040
} >"$1/stacks"
printf '\203\000\204\030\000\000\000\001\000\000\000' >"$1/raw"
