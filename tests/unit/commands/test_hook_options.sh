#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: test_hook_options.sh OOMTRACE
# What is said of hooks that can't be, before anything is traced.
set -u
export LC_ALL=C

oomtrace=$(realpath "$1")
failed=0 checks=0

# refused PATTERN OPTION...
refused() {
	local pattern=$1 said got
	shift
	said=$("$oomtrace" "$@" 2>&1 </dev/null)
	got=$?
	checks=$((checks + 1))
	if [[ $got != 2 ]] || ! grep -qE -e "$pattern" <<<"$said"; then
		printf 'FAIL: oomtrace %s: %s, expected 2 and %s:\n%s\n' "$*" "$got" "$pattern" "$said"
		failed=1
	fi
}

refused "--on-oom: '' is not valid; it takes a program" --on-oom ''
refused "--on-oom: 'a \"b' is not valid" --on-oom 'a "b'
refused "--on-oom: './a b' is not valid; it takes a program, by name or whole path" --on-oom './a b'
refused "--on-oom: 'bin/true' is not valid" --on-oom bin/true
refused "--hook-time: '99ms' is out of range; it takes a time from 100ms to 1h" --hook-time 99ms
refused "--hook-time: '2h' is out of range" --hook-time 2h
for wrong in '' 90 90: 'a:b' ':x' '90:./x' '100:x' '-1:x' "90:'x"; do
	refused "--on-near-limit: '.*' is not valid; it takes a mark of 1 to 99 percent" --pid 1 --on-near-limit="$wrong"
done
refused "--on-near-limit: '0:x' is out of range" --pid 1 --on-near-limit 0:x
refused '--on-near-limit needs a target whose usage is recorded' --on-near-limit 90:true
refused '--on-near-limit needs a target whose usage is recorded' --pid 1 --no-usage --on-near-limit 90:true
refused '--freeze needs --on-near-limit or --snapshot' --pid 1 --freeze
refused '--freeze needs --on-near-limit' --pid 1 --freeze --on-oom true
refused '--snapshot needs a target whose usage is recorded' --snapshot
refused '--snapshot needs a target whose usage is recorded' --pid 1 --no-usage --snapshot
refused 'hooks and snapshots go with a trace' --dry-run --pid 1 --snapshot
refused 'hooks and snapshots go with a trace, not with --find-min or --dry-run' --dry-run --on-oom true
refused 'hooks and snapshots go with a trace, not with --find-min or --dry-run' --pid 1 --find-min --on-near-limit 90:true

((failed)) || echo "ok: $checks checks"
exit "$failed"
