#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# find-min.sh [LABEL...]: whether --find-min finds what a program needs, within 5 % and 2 MiB for the
# program itself, and kills nothing on the way; on each kernel of the matrix.
set -euo pipefail
cd "$(dirname "$0")/../.."

out=build/find-min
labels=("$@")
[ $# != 0 ] || read -ra labels <<<"$(scripts/vm/kernels.sh list | tr '\n' ' ')"
mkdir -p "$out"
make STATIC=1 >&2
"${CC:-gcc}" -static -O1 -Wall -Wextra -o "$out/limits-workload" tests/live/limits-workload.c

passed=0 failed=0
for label in "${labels[@]}"; do
	code=0
	scripts/vm/vm.sh --kernel "$label" --out "$out/$label" --timeout 300 --put build/static/oomtrace \
		--put "$out/limits-workload" --put tests/live/find-min-guest.sh \
		-- sh find-min-guest.sh 100 >"$out/$label.log" 2>&1 || code=$?
	if [ $code = 0 ]; then
		passed=$((passed + 1))
		echo "$label: PASS: $(tail -n 1 "$out/$label/output.log")"
	else
		failed=$((failed + 1))
		echo "$label: FAIL ($code): $(tail -n 1 "$out/$label/output.log")"
	fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
