#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# limits.sh [LABEL...]: the causes of kills, and what becomes of a changed limit however oomtrace
# ends, on each kernel of the matrix (scripts/vm/kernels.sh), in virtual machines, one at a time; and
# over-kill, which is only measured (docs/notes/overkill.md). Exits with 1 if any failed. What the guests
# left stays in build/limits/LABEL. OOMTRACE_KILLS: how often oomtrace gets SIGKILL (10);
# OOMTRACE_SEED: of the moments when (1).
set -euo pipefail
cd "$(dirname "$0")/../.."

out=build/limits
labels=("$@")
[ $# != 0 ] || read -ra labels <<<"$(scripts/vm/kernels.sh list | tr '\n' ' ')"

mkdir -p "$out"
make STATIC=1 >&2
cp build/static/oomtrace "$out/oomtrace" # all guests get the same, whatever is built meanwhile
for program in workload limits-workload; do
	"${CC:-gcc}" -static -O1 -pthread -Wall -Wextra -o "$out/$program" "tests/live/$program.c"
done

failed=0
for label in "${labels[@]}"; do
	dir=$out/$label
	rm -rf "$dir" "$dir".*
	mkdir -p "$dir"
	code=0
	scripts/vm/vm.sh --kernel "$label" --out "$dir" --smp 2 --mem 640 --timeout 1500 \
		--put "$out/oomtrace" --put "$out/workload" --put "$out/limits-workload" \
		--put tests/live/guest.sh --put tests/live/limits-guest.sh --put tests/live/overkill-guest.sh \
		-- sh limits-guest.sh "${OOMTRACE_KILLS:-10}" "${OOMTRACE_SEED:-1}" >"$dir.log" 2>&1 || code=$?
	if [ $code = 4 ]; then
		echo "$label: SKIP: $(tail -n 1 "$dir.log")"
		continue
	fi
	python3 -B tests/live/recordings.py "$out/oomtrace" "$dir" >"$dir.checks" 2>&1 || [ $code != 0 ] || code=1
	python3 tests/live/limits.py "$dir" >>"$dir.checks" 2>&1 || [ $code != 0 ] || code=1
	echo "$label: $([ $code = 0 ] && echo PASS || echo "FAIL ($code)"): $(tail -n 1 "$dir.checks")"
	grep -E '^FAIL ' "$dir.checks" || true
	[ $code = 0 ] || failed=1
done
python3 tests/live/limits.py --overkill "${labels[@]/#/$out/}"
exit $failed
