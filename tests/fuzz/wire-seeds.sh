#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# wire-seeds.sh FOLDER: a process, a mapping of its, and a stack in both, as fuzz_wire.c takes
# them apart: \001, then packets, each after its length less 1; kinds are 0, 1, 2.
set -eu
mkdir -p "$1"
zeros() { head -c "$1" /dev/zero; }
process() { printf '\1\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0'; }
{
	printf '\1'
	printf '\020\0\0' && process
	printf '\030\1\1' && printf '\0\020\0\0\0\0\0\0\0\0\1\0\0\0\0\0' && zeros 9 && printf '/bin/hog' && zeros 247
	printf '\030\4\2' && process && printf '\2\0\0\0\2\0\0\0' &&
		printf '\1\020\0\0\0\0\0\0\5\020\0\0\0\0\0\0' && zeros 496 &&
		printf '\5\1\0\201\377\377\377\377\4\0\0\300\377\377\377\377' && zeros 496
} >"$1/question"
