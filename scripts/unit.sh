#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# unit.sh OOMTRACE TEST...: runs unit tests, cmocka programs and *.sh (they get OOMTRACE), prints the
# output of those that fail, and ends with the line "N passed, N failed[, N skipped]" over all.
set -uo pipefail

# What leaks in a program that ends with the test is a finding too.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
oomtrace=$1 passed=0 failed=0 skipped=0
shift

count() { # KIND OUTPUT: the sum of the numbers in cmocka's "[  PASSED  ] N test(s)..."
	sed -nE "s/^\[ +$1 +\] ([a-z_]+: )?([0-9]+) test\(s\).*/\2/p" <<<"$2" | awk '{ n += $1 } END { print n + 0 }'
}

for test; do
	code=0 skips=0
	case $test in
	*.sh)
		output=$("$test" "$oomtrace" 2>&1) || code=$?
		good=$((code == 0)) bad=$((code != 0)) skips=$(grep -c '^SKIP' <<<"$output")
		;;
	*)
		output=$("$test" 2>&1) || code=$?
		good=$(count PASSED "$output") bad=$(count FAILED "$output") skips=$(count SKIPPED "$output")
		# A program that dies says nothing of the tests it hasn't come to; one that ran none is no pass.
		[ $((bad > 0 || code == 0 && good + skips > 0)) = 1 ] || bad=1
		;;
	esac
	passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + skips))
	if [ $code != 0 ] || [ "$bad" != 0 ]; then
		printf '%s\n' "$output"
		printf 'FAIL  %s (exit code %d)\n' "$test" "$code"
	else
		printf 'ok    %-40s %4d\n' "$test" "$good"
		[ "$skips" = 0 ] || grep -E '^SKIP|SKIPPED' <<<"$output"
	fi
done
tail=
[ $skipped = 0 ] || tail=", $skipped skipped"
echo "$passed passed, $failed failed$tail"
[ $failed = 0 ]
