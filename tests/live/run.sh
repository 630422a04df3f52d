#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [LABEL[-v1]...]: the scenarios of guest.sh on each kernel of the matrix (scripts/vm/kernels.sh),
# in virtual machines, and check.py's judgement on each; with -v1, those that have the memory
# controller on cgroup v1. Ends with a table; exits with 1 if any failed. What the guests left stays
# in build/live/LABEL. OOMTRACE_JOBS: guests at a time.
set -euo pipefail
cd "$(dirname "$0")/../.."

out=build/live
jobs=${OOMTRACE_JOBS:-$(($(nproc) >= 2 ? 2 : 1))}
labels=("$@")
if [ $# = 0 ]; then
	read -ra labels <<<"$(scripts/vm/kernels.sh list | tr '\n' ' ')"
	labels+=(6.1-v1)
fi

# Up to 6.1 the kernel's log and oomtrace can differ by a few pages when the victim runs on another
# CPU (check.py, Slack): one CPU makes the comparison exact there, and two on one such kernel show
# that nothing else differs. From 6.2 figures are sums over CPUs: one would prove little.
cpus() {
	case $1 in
	5.10 | 6.1) echo 1 ;;
	*) echo 2 ;;
	esac
}

# test_kernel LABEL: leaves its verdict in build/live/LABEL.verdict, "RESULT SECONDS REASON".
test_kernel() {
	local label=${1%-v1} dir=$out/$1 from=$SECONDS code=0 summary cgroup=v2 v1=''
	[ "$label" = "$1" ] || cgroup=v1 v1=1
	rm -rf "$dir" "$dir".*
	mkdir -p "$dir"
	scripts/vm/kernels.sh fetch "$label" >"$dir.log" 2>&1 || code=$?
	if [ $code = 4 ]; then
		echo "SKIP $((SECONDS - from)) $(tail -n 1 "$dir.log")" >"$dir.verdict"
		return
	fi
	if [ $code != 0 ]; then
		echo "FAIL $((SECONDS - from)) no kernel: $(tail -n 1 "$dir.log")" >"$dir.verdict"
		return
	fi
	scripts/vm/vm.sh --kernel "$label" --out "$dir" --smp "$(cpus "$label")" --mem 512 --timeout 600 \
		--cgroup "$cgroup" \
		--put "$out/oomtrace" --put "$out/workload" --put tests/live/guest.sh \
		-- sh guest.sh "$cgroup" >>"$dir.log" 2>&1 || code=$?
	# The checks say more than the code, but there may be nothing for them to look at.
	if ! python3 -B tests/live/check.py ${v1:+--v1} "$dir" "$label" >"$dir.checks" 2>&1; then
		[ $code != 0 ] || code=1
	fi
	summary=$(tail -n 1 "$dir.checks")
	if [ $code = 0 ]; then
		echo "PASS $((SECONDS - from)) $summary" >"$dir.verdict"
	else
		echo "FAIL $((SECONDS - from)) $summary; guest: $code; see $dir.checks, $dir.log" >"$dir.verdict"
	fi
}

mkdir -p "$out"
make STATIC=1 >&2
cp build/static/oomtrace "$out/oomtrace" # all guests get the same, whatever is built meanwhile
"${CC:-gcc}" -static -O1 -pthread -Wall -Wextra -o "$out/workload" tests/live/workload.c

for label in "${labels[@]}"; do
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
		wait -n || true
	done
	echo "$label: started"
	test_kernel "$label" &
done
wait

failed=0
printf '\n%-10s %-6s %7s  %s\n' kernel result seconds what
for label in "${labels[@]}"; do
	read -r result seconds what <"$out/$label.verdict" || result='FAIL' seconds=0 what='no verdict'
	printf '%-10s %-6s %7s  %s\n' "$label" "$result" "$seconds" "$what"
	[ "$result" != FAIL ] || failed=1
	[ "$result" = SKIP ] || grep -E '^(FAIL|SKIP) ' "$out/$label.checks" | sed 's/^/           /' || true
done
exit $failed
