#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# stacks.sh [LABEL...]: --stacks and --folded against programs that know what they charge where, on each
# kernel of the matrix, in virtual machines; stacks.py judges. What the guests left stays in
# build/stacks/LABEL. docker-LABEL is a container of Docker's, whose program isn't on the host; on 6.1 if nothing is
# asked for.
set -euo pipefail
cd "$(dirname "$0")/../.."

out=build/stacks
labels=("$@")
[ $# != 0 ] || read -ra labels <<<"$(scripts/vm/kernels.sh list | tr '\n' ' ') docker-6.1"
mkdir -p "$out"
make STATIC=1 >&2
cp build/static/oomtrace "$out/oomtrace" # all guests get the same, whatever is built meanwhile
flags=(-O1 -fno-omit-frame-pointer -Wall -Wextra)
"${CC:-gcc}" "${flags[@]}" -static -o "$out/stacks-static" tests/live/stacks-workload.c
"${CC:-gcc}" "${flags[@]}" -o "$out/stacks-dynamic" tests/live/stacks-workload.c
# The guest has no libraries: the program's go with it.
linker=$(ldd "$out/stacks-dynamic" | awk '$1 ~ /^\/.*ld-linux/ { print $1 }')
library=$(ldd "$out/stacks-dynamic" | awk '$1 == "libc.so.6" { print $3 }')

passed=0 failed=0
for label in "${labels[@]}"; do
	dir=$out/$label code=0
	if [ "${label#docker-}" != "$label" ]; then
		scripts/vm/vm.sh --kernel "${label#docker-}" --root docker --out "$dir" --mem 1536 --timeout 600 \
			--put "$out/oomtrace" --put "$out/stacks-static" --put tests/live/stacks-docker-guest.sh \
			-- bash stacks-docker-guest.sh >"$dir.log" 2>&1 || code=$?
	else
		scripts/vm/vm.sh --kernel "$label" --out "$dir" --mem 512 --timeout 300 \
			--put "$out/oomtrace" --put "$out/stacks-static" --put "$out/stacks-dynamic" \
			--put "$linker:ld.so" --put "$library:libc.so.6" --put tests/live/stacks-guest.sh \
			-- sh stacks-guest.sh >"$dir.log" 2>&1 || code=$?
	fi
	if [ $code = 4 ]; then
		echo "$label: SKIP: $(tail -n 1 "$dir.log")"
		continue
	fi
	python3 -B tests/live/recordings.py "$out/oomtrace" "$dir" >"$dir.checks" 2>&1 || [ $code != 0 ] || code=1
	python3 -B tests/live/stacks.py "$dir" >>"$dir.checks" 2>&1 || [ $code != 0 ] || code=1
	echo "$label: $([ $code = 0 ] && echo PASS || echo "FAIL ($code)"): $(tail -n 1 "$dir.checks")"
	grep -E '^(FAIL|Traceback) ' "$dir.checks" || true
	if [ $code = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
