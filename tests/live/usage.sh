#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage.sh [LABEL...]: usage, reclaim and what the memory was, against what is known, on each kernel of the matrix
# (scripts/vm/kernels.sh), in virtual machines; and stress-LABEL: stress-ng at its hardest, on each, too. Exits with 1 if
# any failed. What the guests left stays in build/usage/LABEL. OOMTRACE_JOBS: guests at a time; OOMTRACE_CHURN: cgroups
# made and removed (10000 on 6.1, else 5000: there is room for 4096); OOMTRACE_STRESS: seconds of stress-ng (60).
set -euo pipefail
cd "$(dirname "$0")/../.."

out=build/usage
jobs=${OOMTRACE_JOBS:-$(($(nproc) >= 2 ? 2 : 1))}
labels=("$@")
if [ $# = 0 ]; then
	read -ra labels <<<"$(scripts/vm/kernels.sh list | tr '\n' ' ')"
	labels+=("${labels[@]/#/stress-}")
fi

test_kernel() { # LABEL
	local dir=$out/$1 code=0 churn=5000
	[ "$1" != 6.1 ] || churn=10000
	rm -rf "$dir" "$dir".*
	mkdir -p "$dir"
	scripts/vm/vm.sh --kernel "$1" --out "$dir" --smp 2 --mem 512 --timeout 900 \
		--put "$out/oomtrace" --put "$out/workload" --put "$out/usage-workload" \
		--put tests/live/guest.sh --put tests/live/usage-guest.sh \
		-- sh usage-guest.sh "${OOMTRACE_CHURN:-$churn}" >"$dir.log" 2>&1 || code=$?
	if [ $code = 4 ]; then
		echo "SKIP $(tail -n 1 "$dir.log")" >"$dir.verdict"
		return
	fi
	python3 -B tests/live/recordings.py "$out/oomtrace" "$dir" >"$dir.checks" 2>&1 || [ $code != 0 ] || code=1
	python3 -B tests/live/usage.py "$dir" "$1" >>"$dir.checks" 2>&1 || [ $code != 0 ] || code=1
	echo "$([ $code = 0 ] && echo PASS || echo "FAIL ($code)") $(tail -n 1 "$dir.checks")" >"$dir.verdict"
}

test_stress() { # stress-LABEL
	local dir=$out/$1 code=0
	rm -rf "$dir" "$dir".*
	mkdir -p "$dir"
	scripts/vm/vm.sh --kernel "${1#stress-}" --root docker --append systemd.run=/oomtrace/.run --out "$dir" --smp 2 \
		--mem 1024 --timeout 900 --put "$out/oomtrace" --put tests/live/usage-stress-guest.sh \
		-- sh usage-stress-guest.sh "${OOMTRACE_STRESS:-60}" >"$dir.log" 2>&1 || code=$?
	if [ $code = 4 ]; then
		echo "SKIP $(tail -n 1 "$dir.log")" >"$dir.verdict"
		return
	fi
	python3 -B tests/live/usage.py --stress "$dir" >"$dir.checks" 2>&1 || [ $code != 0 ] || code=1
	echo "$([ $code = 0 ] && echo PASS || echo "FAIL ($code)") $(tail -n 1 "$dir.checks")" >"$dir.verdict"
}

mkdir -p "$out"
make STATIC=1 >&2
cp build/static/oomtrace "$out/oomtrace" # all guests get the same, whatever is built meanwhile
for program in workload usage-workload; do
	"${CC:-gcc}" -static -O1 -pthread -Wall -Wextra -o "$out/$program" "tests/live/$program.c"
done

for label in "${labels[@]}"; do
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
		wait -n || true
	done
	case $label in
	stress-*) test_stress "$label" ;;
	*) test_kernel "$label" ;;
	esac &
done
wait

failed=0
for label in "${labels[@]}"; do
	read -r result what <"$out/$label.verdict" || result=FAIL what='no verdict'
	echo "usage on $label: $result: $what"
	grep -E '^(FAIL|SKIP) ' "$out/$label.checks" 2>/dev/null || true
	case $result in FAIL*) failed=1 ;; esac
done
exit $failed
