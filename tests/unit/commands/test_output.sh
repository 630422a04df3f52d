#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: test_output.sh OOMTRACE
# What oomtrace report writes harms no file, and each format says why it could not be written.
set -u
export LC_ALL=C

if [[ $# -ne 1 || ! -x $1 ]]; then
	echo "usage: $0 PATH-OF-OOMTRACE" >&2
	exit 2
fi
oomtrace=$(realpath "$1")
golden=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../golden" && pwd) || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
failed=0
formats=(text json html chrome-trace folded)
whole=$golden/incident.jsonl stacks=$golden/stacks.jsonl cut=$golden/killed.jsonl

fail() {
	echo "FAIL: $*"
	failed=1
}

# expect CODE PATTERN COMMAND...: what it says on stderr; empty: nothing.
expect() {
	local code=$1 pattern=$2 got=0
	shift 2
	"$@" >out 2>err </dev/null || got=$?
	[[ $got == "$code" ]] || fail "$*: exit code $got, not $code: $(<err)"
	if [[ -z $pattern ]]; then
		[[ ! -s err ]] || fail "$*: says $(<err)"
	elif ! grep -q -- "$pattern" err; then
		fail "$*: doesn't say '$pattern' but: $(<err)"
	fi
}

# Links, recordings and reports that are there.
echo precious >file
ln -s file link
expect 1 'link is a link' "$oomtrace" report -o link "$whole"
ln file second
expect 1 'file has 2 names' "$oomtrace" report -o file "$whole"
[[ $(<file) == precious ]] || fail 'a file was written over by way of a link'
cp "$whole" recording
expect 1 'recording is a recording' "$oomtrace" report -o recording "$whole"
cmp -s "$whole" recording || fail 'a recording was written over'
expect 0 '' "$oomtrace" report -o report "$whole"
[[ $(stat -c %a report) == 600 ]] || fail "a report has mode $(stat -c %a report)"
cp report first
expect 1 'neither a recording nor' "$oomtrace" report -o report "$oomtrace"
expect 1 "can't be opened" "$oomtrace" report -o report not-there
cmp -s report first || fail 'a report is gone because the next one failed'
expect 0 '' "$oomtrace" report -f json -o report "$whole"
grep -q '"ooms"' report || fail 'a report is not replaced'
[[ -z $(find . -name '.oomtrace-*') ]] || fail "left behind: $(ls -A)"

# Descriptors and devices.
expect 0 '' "$oomtrace" report -o /dev/null "$whole"
expect 0 '' "$oomtrace" report -o /dev/stdout "$whole"
cmp -s out first || fail '/dev/stdout gets another report than a file'
"$oomtrace" report -o >(cat >piped; echo over >ended) "$whole" 2>err
for ((i = 0; i < 3000; i++)); do [[ ! -s ended ]] || break; sleep 0.02; done
cmp -s piped first || fail '>(COMMAND) gets another report than a file'

# With a descriptor closed, what is meant for it goes nowhere, and not into the report.
"$oomtrace" report -o report "$cut" 2>/dev/null
for closed in '<&-' '>&-' '2>&-' '<&- >&- 2>&-'; do
	rm -f other
	eval "'$oomtrace' report -o other '$cut' $closed" 2>/dev/null || fail "$closed: exit code $?"
	cmp -s report other || fail "$closed: the report is another: $(diff report other | head -n 3)"
done

# The reason, from each format, on the output and where temporary files are; and a reader that goes.
for ((i = 0; i < 60; i++)); do cat "$whole" "$stacks"; done >long
for format in "${formats[@]}"; do
	expect 1 'writing the report: No space left on device' "$oomtrace" report -f "$format" -o /dev/full long
	[[ $(wc -l <err) == 1 ]] || fail "-f $format: says twice that the disk is full"
	"$oomtrace" report -f "$format" long 2>err | head -c 1 >/dev/null
	[[ ${PIPESTATUS[0]} == 0 && ! -s err ]] || fail "$format: not quiet when its reader has gone: $(<err)"
done
unset TMPDIR
for format in text json html; do
	expect 1 "parts of the report can't be kept in /[a-z/]*tmp .*: File too large" \
		bash -c "ulimit -f 8; exec '$oomtrace' report -f $format long >/dev/null"
	expect 1 'in /not/there .*: No such file or directory' \
		env TMPDIR=/not/there "$oomtrace" report -f $format "$whole"
done
expect 1 'No space left on device' bash -c "exec '$oomtrace' --help >/dev/full"
"$oomtrace" --help | head -c 1 >/dev/null
[[ ${PIPESTATUS[0]} == 0 ]] || fail '--help: not quiet when its reader has gone'

# Who is root already needs no sudo.
if [[ $(id -u) == 0 ]]; then
	expect 3 'CAP_BPF, CAP_PERFMON: this root may not trace' setpriv --bounding-set=-all --inh-caps=-all "$oomtrace"
	grep -qx 'Run oomtrace on the host.' err || fail "root in a container isn't sent to the host"
	grep -q sudo err && fail 'root is sent to sudo'
	expect 3 'Run it as root: sudo oomtrace' setpriv --reuid=65534 --clear-groups "$oomtrace"
fi
[[ $failed == 0 ]] && echo 'test_output: all as it should be'
exit $failed
