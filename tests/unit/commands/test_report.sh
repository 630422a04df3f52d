#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: test_report.sh OOMTRACE
# Reports from the recordings in tests/golden, which were made on real kernels, are as they were: each format to
# the byte, but for the library in the HTML. UPDATE=1 writes what they are now, for you to look at the difference.
# And what oomtrace report says of recordings that aren't whole.
set -u
export LC_ALL=C
unset COLUMNS

if [[ $# -ne 1 || ! -x $1 ]]; then
	echo "usage: $0 PATH-OF-OOMTRACE" >&2
	exit 2
fi
oomtrace=$(realpath "$1")
golden=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../golden" && pwd) || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0 compared=0

fail() {
	echo "FAIL: $*"
	failed=1
}

# The style and the scripts of the page are files of their own, and the chart library is the machine's: what counts here
# is the page around them. Their hashes in the page's policy are put to the test by tests/browser.
without_assets() {
	awk '/^<style>/ || /^<script>/ { if (!/<\/(style|script)>/) inside = 1; print "(an asset)"; next }
		inside { if (/^<\/(style|script)>/) inside = 0; next }
		{ gsub(/sha256-[A-Za-z0-9+\/=]+/, "sha256-(hash)"); print }'
}

# same_as EXPECTED OPTION...: what a report prints and says is in that file.
same_as() {
	local expected=$1
	shift
	"$oomtrace" report "$@" 2>"$tmp/err" | without_assets >"$tmp/out"
	[[ ${PIPESTATUS[0]} == 0 ]] || fail "report $*: exit code"
	cat "$tmp/err" >>"$tmp/out"
	if [[ ${UPDATE:-} == 1 ]]; then
		cp "$tmp/out" "$expected"
	elif ! cmp -s "$tmp/out" "$expected"; then
		fail "report $*: not as in $expected; UPDATE=1 $0 writes it anew"
		diff "$expected" "$tmp/out" | head -n 20 | cut -c1-300
	fi
	compared=$((compared + 1))
}

# compare RECORDING FORMAT ENDING [OPTION...]
compare() {
	local recording=$1 format=$2 ending=$3
	shift 3
	same_as "$golden/$recording.$ending" --format "$format" "$@" "$golden/$recording.jsonl"
}

# expect CODE OUTPUT-PATTERN ERROR-PATTERN OPTION...: patterns are of grep -E; empty: nothing is written.
expect() {
	local code=$1 output=$2 error=$3 got=0
	shift 3
	"$oomtrace" report "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
	[[ $got == "$code" ]] || fail "$*: exit code $got, not $code"
	if [[ -z $output ]]; then
		[[ ! -s $tmp/out ]] || fail "$*: prints something"
	elif ! grep -Eq -- "$output" "$tmp/out"; then
		fail "$*: doesn't print '$output'"
	fi
	if [[ -z $error ]]; then
		[[ ! -s $tmp/err ]] || fail "$*: says $(cat "$tmp/err")"
	elif ! grep -Eq -- "$error" "$tmp/err"; then
		fail "$*: doesn't say '$error' but $(cat "$tmp/err")"
	fi
	compared=$((compared + 1))
}

for recording in incident scenarios killed schema-1; do
	compare "$recording" text txt
	compare "$recording" json json
	compare "$recording" chrome-trace trace.json
done
compare incident html html
compare incident csv csv
compare scenarios csv csv
compare stacks folded folded
compare stacks text txt

# More and less of it. How it looks on terminals: tests/unit/output/screens.py.
for recording in incident scenarios; do
	compare "$recording" text summary.txt --summary
	compare "$recording" text brief.txt --brief
done
compare incident text verbose.txt --verbose

# In the time of the machine: 30 minutes east of an hour, and the offset stands beside the date.
export TZ=IST-5:30
expect 0 '^2026-11-24 \(UTC\+05:30\)$' '' --time local "$golden/incident.jsonl"
expect 0 '^Timeline, 2026-11-24 \(UTC\+05:30\):$' '' --time=local "$golden/incident.jsonl"
# Long after the beginning an offset from it would be the same in each line.
sed '/"type":"end"/s/2026-11-23T23:/2026-11-24T00:/' "$golden/incident.jsonl" >"$tmp/midnight.jsonl"
expect 0 '^  2026-11-24 \(UTC\)$' '' "$tmp/midnight.jsonl"
expect 0 '^  00:32:51.988  the end: the container is gone$' '' "$tmp/midnight.jsonl"
expect 0 '^  OOM  time \+05:30   killed' '' --time=local --summary "$golden/incident.jsonl"
expect 0 '^    1  05:02:37.365  busybox' '' --time=local --summary "$golden/incident.jsonl"
expect 0 '^    1  05:02:37.365  busybox' '' --time=local --since 05:02:37.3 --until 05:03 --summary "$golden/incident.jsonl"
expect 0 '^2026-11-23 \(UTC\)$' '' --time utc "$golden/incident.jsonl"
expect 2 '' "'utc' or 'local'" --time UTC "$golden/incident.jsonl"
unset TZ

# Two recordings side by side, and one beside itself.
pushd "$golden" >/dev/null || exit 1
same_as compare.txt --compare incident.jsonl scenarios.jsonl
same_as compare.json --compare --format json incident.jsonl scenarios.jsonl
same_as compare.html --compare --format html incident.jsonl scenarios.jsonl
expect 0 '^highest usage  .* =$' '' --compare incident.jsonl incident.jsonl
expect 2 '' 'takes two recordings' --compare incident.jsonl
expect 2 '' 'takes two recordings' --compare incident.jsonl incident.jsonl incident.jsonl
expect 0 '<h1 id="verdict">B lost 76 processes and A 1</h1>' '' --compare --format html incident.jsonl scenarios.jsonl
expect 0 '<p class="lead">the first at a limit of 32.0 MiB instead of 64.0 MiB; ' '' --compare --format html incident.jsonl scenarios.jsonl
expect 2 '' "goes with '--format text', '--format json' and" --compare --format csv incident.jsonl incident.jsonl
expect 2 '' 'goes without --summary' --compare --brief incident.jsonl incident.jsonl
expect 1 '' 'is a kernel log, and --compare takes recordings' --compare incident.jsonl klog/41-no-oom-at-all.log
popd >/dev/null || exit 1

# Kernel logs, by every form of time and kind of limit, without one, without a cgroup, and without an OOM.
pushd "$golden/klog" >/dev/null || exit 1
for name in 01-el7-memcg-dockerd-between 17-next50-oom-group-caller-init-panic \
	20-eks54-headless-no-hostname-kubelet 24-ubuntu515-systemd-writes-memory-max \
	36-debian616-rss-columns-two-dates 41-no-oom-at-all 49-journal-json-lines; do
	COLUMNS=80 same_as "$name.txt" "$name.log"
done
COLUMNS=80 same_as 36-debian616-rss-columns-two-dates.brief.txt --brief 36-debian616-rss-columns-two-dates.log
COLUMNS=80 same_as 24-ubuntu515-systemd-writes-memory-max.summary.txt --summary \
	24-ubuntu515-systemd-writes-memory-max.log
popd >/dev/null || exit 1

# A report made in parts is the report of the whole.
"$oomtrace" report --no-summary "$golden/incident.jsonl" >"$tmp/plain"
sed '1,/^---- event by event ----$/d' "$golden/incident.txt" | cmp -s - "$tmp/plain" ||
	fail "--no-summary isn't what stands below the separator"
"$oomtrace" report --no-summary - <"$golden/incident.jsonl" | cmp -s - "$tmp/plain" || fail "stdin isn't as a file"
"$oomtrace" report --no-summary -o "$tmp/report" "$golden/incident.jsonl"
cmp -s "$tmp/report" "$tmp/plain" || fail "--output isn't as stdout"

# What isn't whole, and what isn't a recording.
whole=$golden/incident.jsonl
ln -s "$whole" "$tmp/other-name"
expect 0 '^1 OOM|  1 OOM, 1 process killed' 'other-name is given twice and is read once' "$whole" "$tmp/other-name"
expect 2 '' "unknown option '--html'; did you mean '--format html'" --html "$whole"
"$oomtrace" help report | cmp -s - <("$oomtrace" report --help) || fail 'oomtrace help report'
"$oomtrace" help | cmp -s - <("$oomtrace" --help) || fail 'oomtrace help'
head -c 3000 "$whole" >"$tmp/cut"
sed '$d' "$whole" >"$tmp/endless"
{ cat "$whole"; echo 'no record'; echo '{"type":"lost"}'; } >"$tmp/odd"
sed '2,$s/"type":"limit"/"type":"dream"/; 1s/"schema":1/"schema":2/' "$whole" >"$tmp/newer"
: >"$tmp/empty"
expect 0 'oomtrace .* on Linux' 'the last line is cut: the recording was not closed' "$tmp/cut"
expect 0 'oomtrace .* on Linux' 'has no end: oomtrace was killed, or is still running' "$tmp/endless"
grep -v '"type":"oom"\|"type":"exit"' "$tmp/endless" >"$tmp/quiet"
expect 0 '^nothing was OOM-killed until the recording breaks off$' 'has no end' "$tmp/quiet"
expect 4 'oomtrace .* on Linux' '2 lines are no records' "$tmp/odd"
expect 0 'oomtrace .* on Linux' 'newer oomtrace \(schema 2; this one knows 1\)' "$tmp/newer"
expect 0 'oomtrace .* on Linux' "this version doesn't know types such as 'dream'" "$tmp/newer"
expect 1 '' 'is empty: nothing was recorded' "$tmp/empty"
expect 1 '' 'is neither a recording nor a kernel log' "$oomtrace"
expect 0 '^no OOM kill is in this log$' 'no OOM of the kernel found' "$0"
expect 0 '^no OOM kill is in this log$' 'Is it the right file' "$0"
echo '[    1.204513] Linux version 6.1.0-40-amd64' >"$tmp/quiet.log"
"$oomtrace" report "$tmp/quiet.log" 2>&1 >"$tmp/out" | grep -q 'right file' && fail 'a log of the kernel is doubted'
grep -q '^no OOM kill is in this log$' "$tmp/out" || fail 'the verdict on a log without an OOM'
expect 1 '' "can't be opened: No such file or directory" "$tmp/not-there"
expect 1 '' "can't be read: Is a directory. 'oomtrace list DIR'" "$tmp"
expect 1 '' "is in a folder that can't be opened: No such file or directory" -o "$tmp/not-there/report" "$whole"
cp "$whole" "$tmp/copy"
expect 2 '' 'is the recording itself' -o "$tmp/copy" "$tmp/copy"
cmp -s "$whole" "$tmp/copy" || fail 'a recording was written over'
# Packed files, of recordings and logs, and ones that are cut off.
log=$golden/klog/24-ubuntu515-systemd-writes-memory-max.log
gzip -c "$log" >"$tmp/log.gz"
gzip -c "$whole" >"$tmp/whole.gz"
expect 0 'inside a write of it by systemd' '' "$tmp/log.gz"
expect 0 'oomtrace .* on Linux' '' "$tmp/whole.gz"
head -c 500 "$tmp/log.gz" >"$tmp/cut.gz"
expect 1 '' "can't be unpacked" "$tmp/cut.gz"
for tool in xz zstd; do
	if command -v "$tool" >/dev/null; then
		"$tool" -qc "$log" >"$tmp/log.$tool"
		expect 0 'inside a write of it by systemd' '' "$tmp/log.$tool"
		head -c 500 "$tmp/log.$tool" >"$tmp/cut.$tool"
		expect 1 '' "can't be unpacked" "$tmp/cut.$tool"
	else
		echo "SKIP $tool isn't there"
	fi
done
expect 0 '"source":"kernel-log"' '' --format jsonl "$log"
expect 0 'OOM 2: killed \(sd-mkdcreds\)' '' "$log" --kill 2
expect 0 '1 OOM, 1 process killed' '' "$log" --kill 2
# A stamp without a year is of any year; the new year may lie between the bounds. An uptime is no date.
expect 0 'OOM 2: killed' '' "$log" --since 2026-06-16T15:09:00Z --until 2026-06-16T15:10:00Z
expect 0 '0 OOMs, 0 processes killed' 'nothing in the recording is what' "$log" --since 2026-06-16T15:10:00Z
expect 0 '0 OOMs, 0 processes killed' 'nothing in the recording is what' "$log" --until 2026-06-16T15:09:00Z
expect 0 'OOM 2: killed' '' "$log" --since 2025-12-30T00:00:00Z --until 2026-07-01T00:00:00Z
expect 0 '0 OOMs, 0 processes killed' 'nothing in the recording is what' "$log" --since 2025-12-30T00:00:00Z --until 2026-01-02T00:00:00Z
expect 0 'OOM 1: killed' '' "$golden/klog-odd/cpuset-54.log" --since 2026-06-16T15:10:00Z
expect 0 '0 OOMs, 0 processes killed' 'nothing in the recording is what' "$log" --cgroup /user.slice
expect 2 '' "--format: 'xml' is not valid; it takes 'text'" --format xml "$whole"
expect 2 '' '--since' --since yesterday "$whole"
expect 2 '' '--kill' --kill 0 "$whole"
expect 2 '' '--cgroup' --cgroup system.slice "$whole"
expect 2 '' '--no-summary goes with' --no-summary -f json "$whole"
expect 2 '' '--summary, --brief and --verbose go with' --brief -f json "$whole"
expect 2 '' '--summary goes without' --summary --brief "$whole"
expect 2 '' "--color: 'red' is not valid; it takes 'auto'" --color red "$whole"
expect 0 $'\033\\[1;31mkilled' '' --color=always "$whole"
NO_COLOR=1 expect 0 $'\033\\[1;31mkilled' '' --color=always "$whole"
expect 0 'Usage: oomtrace report' '' --help
if [[ -e /dev/full ]]; then
	"$oomtrace" report "$whole" >/dev/full 2>"$tmp/err"
	[[ $? != 1 ]] || ! grep -q 'No space left' "$tmp/err" && fail 'a full disk is not said'
fi
"$oomtrace" report -f json "$whole" | head -c 1 >/dev/null
[[ ${PIPESTATUS[0]} == 0 ]] || fail 'a reader that goes away is no error'

# Nothing was looked at: that is no good news.
expect 0 '.' "nothing in the recording is what --kill, --cgroup" --kill 9999 "$whole"
grep -q '^    next  ' "$tmp/out" && fail '--kill 9999 has a step of another kill'
expect 0 '.' "nothing in the recording is what --kill, --cgroup" --cgroup /nosuch "$whole"
expect 0 '' 'the recording has no sampled stacks: record with --stacks' -f folded "$whole"

# Filters: what is left is what was asked for.
expect 0 'OOM 1: ' '' --kill 1 "$golden/scenarios.jsonl"
grep -Ec '^[0-9:.]+  .*OOM [0-9]+: ' "$tmp/out" | grep -qx 1 || fail '--kill 1 has not one OOM'
expect 0 'oomtrace .* on Linux' 'nothing in the recording is what' --until 1ns --no-summary "$golden/scenarios.jsonl"
grep -q 'OOM [0-9]*: ' "$tmp/out" && fail '--until 1ns has an OOM'
expect 0 '^nothing was OOM-killed in this part of the recording$' 'nothing in the recording is what' --until 1ns "$golden/scenarios.jsonl"
expect 0 'OOM [0-9]+: ' '' --since 0.5s --cgroup /sys/fs/cgroup/pool --no-summary -v "$golden/scenarios.jsonl"
grep -c 'OOM [0-9]*: ' "$tmp/out" | grep -qx "$(grep -c '"limit_cgroup":{"id":[0-9]*,"path":"/pool"' \
	"$golden/scenarios.jsonl")" || fail '--cgroup /pool has not its OOMs'

((failed)) || echo "ok: $compared reports"
exit "$failed"
