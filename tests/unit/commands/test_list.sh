#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: test_list.sh OOMTRACE
# oomtrace list and oomtrace show, on recordings of real kernels in a folder of their own, and on what others may put there.
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
failed=0 checks=0

# expect CODE PATTERN COMMAND...: its exit code, and an extended regular expression for all that it prints, with "~" for
# each end of line.
expect() {
	local code=$1 pattern=$2 said got
	shift 2
	said=$("$oomtrace" "$@" 2>&1 </dev/null)
	got=$?
	said=${said//$'\n'/\~}
	checks=$((checks + 1))
	if [[ $got != "$code" ]] || ! grep -qE "$pattern" <<<"$said"; then
		printf 'FAIL: oomtrace %s: %s, expected %s and %s:\n%s\n' "$*" "$got" "$code" "$pattern" "$said"
		failed=1
	fi
}

store=$tmp/store
mkdir "$store"
zstd -q "$golden/incident.jsonl" -o "$store/2026-11-23T233237Z_web_7f09703f.jsonl.zst"
cp "$golden/killed.jsonl" "$store/2026-11-23T230700Z_other.jsonl"
echo 'not listed' >"$store/notes.txt"

web='2026-11-23T23:32:37Z  docker web \(7f09703fb085\) was OOM-killed: its own limit of 64.0 MiB, lowered from'
expect 0 "^2026-11-23T23:07:00Z  [^~]*~$web [^~]*\$" list "$store"
expect 0 "^$web [^~]*\$" list "$store" web
expect 0 "^$web" list "$store" 'w*b'
expect 0 "^$web" list 7f09703f "$store"
expect 0 "^$web" list "$store/2026-11-23T233237Z_web_7f09703f.jsonl.zst"
expect 0 'there is no such incident. Without NAME, --since and --until, all are listed' list "$store" nobody
expect 0 'there is no such incident' list "$store" --since 2026-11-24T00:00:00Z
expect 0 "^$web [^~]*\$" list "$store" --since 2026-11-23T23:10:00Z
expect 2 "one NAME can be given" list "$store" web nobody
expect 2 "did you mean 'oomtrace list DIR'" list --store "$store"
expect 2 "'text' or 'json'" list --output xml "$store"
expect 2 'two hours ago' list --since yesterday "$store"
expect 0 '"container":"web".*"cause":"inside-write","ooms":1,"kills":1' list "$store" --output json
expect 1 'notes.txt can.t be read: it is no recording' list "$store/notes.txt"
expect 0 'Usage: oomtrace list' list --help
: >"$store/.2026-11-24T000000Z_web_7f09703f.part"
expect 0 '~oomtrace: 1 incident is not over yet: each is listed 10 seconds' list "$store"
expect 0 '[}]$' list "$store" --output json
expect 0 '^oomtrace: 1 incident is not over yet: .*~docker web' show --store "$store" --summary
expect 0 '^docker web' show 2026-11-23T23:32:37Z --store "$store" --summary
# Nothing was written for long: the service was killed. What is no file is nobody's incident.
touch -d '2 minutes ago' "$store/.2026-11-24T000000Z_web_7f09703f.part"
ln -s nowhere "$store/.2026-11-24T000001Z_web_7f09703f.part"
left="1 incident was left by a service that was killed: 'oomtrace service' completes it when it starts again"
expect 0 "[^~]*~oomtrace: $left.~?\$" list "$store"
expect 0 "^oomtrace: $left.~docker web" show --store "$store" --summary
rm "$store"/.*.part
expect 1 'none/ can.t be read: No such file or directory' list "$tmp/none/"
expect 1 'none.jsonl can.t be read: No such file or directory' list none.jsonl
if [[ ! -e /var/lib/oomtrace ]]; then
	for command in list show; do
		expect 1 "unless --store or its configuration names another folder.~'oomtrace report' shows .*~'systemctl enable --now oomtrace'" $command
	done
	(mkdir "$tmp/empty" && cd "$tmp" && expect 1 "the folder 'empty' has no recording in it" list empty; exit $failed) || failed=1
fi
mkdir "$tmp/new"
expect 0 '^oomtrace: there is no recording in what was named.~?$' list "$tmp/new"
mkdir "$tmp/project" "$tmp/project/web"
(cd "$store" && expect 2 "did you mean 'oomtrace report 2026-11-23T230700Z_other.jsonl'" 2026-11-23T230700Z_other.jsonl
	exit $failed) || failed=1
# Somebody else's folder. Where this is built may be closed to others, too.
mkdir -m 700 "$tmp/closed"
other() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$oomtrace" "$@" 2>&1
}
if chmod 755 "$tmp" && other list --help >/dev/null 2>&1; then
	for command in "list $tmp/closed" "show --store $tmp/closed"; do
		checks=$((checks + 1))
		# shellcheck disable=SC2086 # two words
		other $command | grep -q "Permission denied. Run it as root: sudo oomtrace ${command%% *} ..." ||
			{ echo "FAIL: as nobody: oomtrace $command"; failed=1; }
	done
else
	echo 'SKIP: without rights: nobody may not run the program here'
fi
# Both are names.
(cd "$tmp/project" && expect 2 'one NAME can be given' list web nobody; exit $failed) || failed=1
cp "$golden/scenarios.jsonl" "$tmp/new/machine.jsonl"
expect 0 'docker 0123456789ab was OOM-killed: .* \(and 17 more\)' list "$tmp/new"
expect 0 'Usage: oomtrace list' help list

# Of several machines each line has the machine's name.
mkdir "$tmp/two"
for host in node-1 node-2; do
	sed "1s/\"schema\":1/\"schema\":1,\"host\":\"$host\"/" "$golden/incident.jsonl" >"$tmp/two/$host.jsonl"
done
expect 0 'Z  node-1: docker web .*Z  node-2: docker web ' list "$tmp/two"

expect 0 '^docker web \(7f09703fb085\) was OOM-killed' show --store "$store" --summary
expect 0 '^docker web' show last --store="$store"
expect 0 '^docker web' show web --store "$store" --summary
expect 0 '^docker web' show --store "$store" web --summary
expect 0 '^docker web' show --summary web --store "$store"
expect 0 '^row,session' show -f csv --store "$store" web
expect 1 'nobody. can.t be opened|nobody can.t be opened' show --store "$store" web nobody
expect 0 '^docker web' show 2026-11-23T23:32 --store "$store" --summary
expect 1 "2 incidents begin with '2026-11-23'.*~  2026-11-23T230700Z_other.jsonl~  2026-11-23T233237Z_web" show 2026-11-23 --store "$store"
# Two of one second, of a container without a name: names that are longer than any time.
mkdir "$tmp/twins"
twin=2026-11-23T233237Z_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
cp "$golden/incident.jsonl" "$tmp/twins/$twin.jsonl"
cp "$golden/killed.jsonl" "$tmp/twins/$twin-2.jsonl"
expect 0 '^docker web' show "$twin.jsonl" --store "$tmp/twins" --summary
expect 0 '^nothing was OOM-killed' show "$twin-2.jsonl" --store "$tmp/twins" --summary
expect 1 "there is no incident 'nobody'" show nobody --store "$store"
expect 0 '^<!doctype html>|^<!DOCTYPE html>' show web --store "$store" --format html
expect 1 'No such file or directory' show --store "$tmp/none"
expect 2 'takes a folder' show --store
expect 0 'Usage: oomtrace show' show --help
expect 2 'FORMAT|html' show web --store "$store" --format nonsense

# Units of systemd have their names: the machine's, and users'.
mkdir "$tmp/units"
unit() { # NAME CGROUP
	sed -E "s#/system.slice/docker-[0-9a-f]{64}.scope#$2#g; s/,\"container\":\{[^}]*\}//g; s/\"kind\":\"container\"/\"kind\":\"cgroup\"/" \
		"$golden/incident.jsonl" >"$tmp/units/$1.jsonl"
}
unit 1 /system.slice/report.service
unit 2 /user.slice/user-1000.slice/user@1000.service/app.slice/job.scope
unit 3 /tight.slice
unit 4 /system.slice/front.service/report.service
expect 0 'Z  report.service was OOM-killed' list "$tmp/units/1.jsonl"
expect 0 'Z  job.scope of uid 1000 was OOM-killed' list "$tmp/units/2.jsonl"
expect 0 'Z  tight.slice was OOM-killed' list "$tmp/units/3.jsonl"
expect 0 'Z  front.service:/report.service was OOM-killed' list "$tmp/units/4.jsonl"
expect 0 '^[^~]*Z  report.service was [^~]*$' list "$tmp/units" report.service
expect 0 '^[^~]*Z  report.service was [^~]*$' list "$tmp/units" report
expect 0 '^[^~]*Z  job.scope of uid 1000 was [^~]*$' list "$tmp/units" 'j*'
expect 0 '^report.service was' show report --store "$tmp/units" --summary
expect 0 '^tight.slice was' show tight.slice --store "$tmp/units" --summary
expect 0 '"unit":"report.service","cgroup":"/system.slice/report.service"' list "$tmp/units" report --output json
expect 0 '"unit":"job.scope","uid":1000,' list "$tmp/units" job --output json
expect 0 '^[^~]*"container":"web","cgroup"' list "$store" web --output json

# A clock that was set back: what happened last is last, here and there, and not what has the latest date.
mkdir "$tmp/back"
back() { # NAME ORDER RECORDING
	sed "1s/\"schema\":1/\"schema\":1,\"order_ns\":$2/" "$3" >"$tmp/back/$1.jsonl"
}
back 2027-11-23T233237Z_web 1795476757365186001 "$golden/incident.jsonl"
back 2026-11-23T233237Z_report 1795476757365186003 "$tmp/units/1.jsonl"
back 2026-11-24T233237Z_web 1795476757365186002 "$tmp/units/3.jsonl"
expect 0 'docker web .*tight.slice .*  report.service [^~]*$' list "$tmp/back"
expect 0 '^report.service was' show last --store "$tmp/back" --summary
expect 0 '^report.service was' show --store "$tmp/back" --summary
expect 0 '^report.service was' show '*.s*' --store "$tmp/back" --summary

# Links that the user names are followed, as ls has it; those in a folder aren't.
ln -s "$store" "$tmp/store-link"
ln -s "$store/2026-11-23T233237Z_web_7f09703f.jsonl.zst" "$tmp/file-link"
ln -s "$tmp/fifo" "$tmp/fifo-link"
ln -s loop "$tmp/loop"
mkfifo "$tmp/fifo"
expect 0 "^2026-11-23T23:07:00Z  [^~]*~$web [^~]*\$" list "$tmp/store-link"
expect 0 "^$web [^~]*\$" list "$tmp/file-link"
expect 0 "^$web [^~]*\$" list web "$tmp/file-link"
expect 0 '^docker web' show web --store "$tmp/store-link" --summary
expect 1 "fifo-link can't be read: it is no regular file" list "$tmp/fifo-link"
expect 1 "loop can't be read: Too many levels of symbolic links.*$web" list "$tmp/loop" "$tmp/file-link"

# What a neighbour puts into the folder: links, FIFOs, names for terminals, bytes that are no recording.
mkdir "$tmp/hostile"
cp "$golden/incident.jsonl" "$tmp/hostile/good.jsonl"
ln -s /etc/passwd "$tmp/hostile/link.jsonl"
mkfifo "$tmp/hostile/fifo.jsonl"
head -c 100000 /dev/urandom >"$tmp/hostile/$(printf 'e\033]0;x\007.jsonl')"
said=$(timeout 60 "$oomtrace" list "$tmp/hostile" 2>&1)
code=$?
checks=$((checks + 1))
if [[ $code != 1 || $said == *$'\033'* || $said != *'docker web'* || $said != *link.jsonl* || $said != *fifo.jsonl* ]]; then
	printf 'FAIL: a hostile folder: %s:\n%q\n' "$code" "$said"
	failed=1
fi

# Whoever waits at the FIFO's other end isn't let go on; 'show' takes neither a link nor a FIFO for the last incident.
mkfifo "$tmp/hostile/z.jsonl"
ln -s /etc/passwd "$tmp/hostile/zz.jsonl"
(exec 3>"$tmp/hostile/z.jsonl" && touch "$tmp/opened") &
waiting=$!
for what in 'list' 'show web --summary --store' 'show last --summary --store'; do
	# shellcheck disable=SC2086 # words
	said=$(timeout 60 "$oomtrace" $what "$tmp/hostile" 2>&1)
	checks=$((checks + 1))
	if [[ $said != *'docker web'* || -e $tmp/opened ]]; then
		printf 'FAIL: %s: a FIFO in a hostile folder:\n%q\n' "$what" "$said"
		failed=1
	fi
done
kill "$waiting" 2>/dev/null
wait "$waiting" 2>/dev/null

# Nobody waits for a lease on a file: the kernel would, for 45 s.
mkdir "$tmp/leased"
cp "$golden/incident.jsonl" "$tmp/leased/good.jsonl"
cp "$golden/killed.jsonl" "$tmp/leased/held.jsonl"
python3 - "$tmp/leased/held.jsonl" "$tmp/held" <<'PYTHON' &
import fcntl, os, signal, sys, time
signal.signal(signal.SIGIO, signal.SIG_IGN)
fd = os.open(sys.argv[1], os.O_RDWR)
try:
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
except OSError as e:
    sys.exit(f"SKIP: no lease can be had here: {e}")
os.close(os.open(sys.argv[2], os.O_CREAT | os.O_WRONLY))
time.sleep(60)
PYTHON
holder=$!
for ((i = 0; i < 200; i++)); do
	if [[ -e $tmp/held ]] || ! kill -0 "$holder" 2>/dev/null; then break; fi
	sleep 0.05
done
if [[ -e $tmp/held ]]; then
	for what in 'list' 'show web --summary --store'; do
		# shellcheck disable=SC2086 # words
		said=$(timeout 20 "$oomtrace" $what "$tmp/leased" 2>&1)
		checks=$((checks + 1))
		if [[ $said != *"held.jsonl can't be read: a process holds a lease on it"* || $said != *'docker web'* ]]; then
			printf 'FAIL: %s: a file with a lease:\n%q\n' "$what" "$said"
			failed=1
		fi
	done
fi
kill "$holder" 2>/dev/null
wait "$holder" 2>/dev/null

# While 'show' reads another recording, somebody puts a link in the place of the one that it has read and found.
mkdir "$tmp/swapped"
cp "$golden/incident.jsonl" "$tmp/swapped/a.jsonl"
cp "$golden/killed.jsonl" "$tmp/elsewhere"
(head -1 "$golden/killed.jsonl"; yes '{"type":"oom"}' | head -c 60000000) >"$tmp/swapped/b.jsonl"
"$oomtrace" show web --store "$tmp/swapped" --no-summary >"$tmp/shown" 2>&1 &
showing=$!
for ((i = 0; i < 2000; i++)); do
	# shellcheck disable=SC2009 # of this one alone
	reader=$(ps -o pid= --ppid "$showing")
	! readlink /proc/${reader:+$((reader))}/fd/* 2>/dev/null | grep -q 'swapped/b.jsonl$' || break
done
ln -s "$tmp/elsewhere" "$tmp/link"
mv "$tmp/link" "$tmp/swapped/a.jsonl"
wait "$showing"
code=$?
checks=$((checks + 1))
if [[ $code != 1 ]] || ! grep -q "swapped/a.jsonl can't be read" "$tmp/shown"; then
	printf 'FAIL: show follows a link that was put in the place of a recording (%s):\n%s\n' "$code" "$(head -c 300 "$tmp/shown")"
	failed=1
fi
# A folder may be called as an option is.
mkdir "$tmp/-v"
cp "$golden/incident.jsonl" "$tmp/-v/"
(cd "$tmp" && expect 0 '^docker web' show last --store=-v --summary; exit $failed) || failed=1

# Damaged and huge incidents: a line and a window of memory each are bounded.
mkdir "$tmp/damaged"
head -c 900 "$store"/2026-11-23T233237Z_web_7f09703f.jsonl.zst >"$tmp/damaged/2026-11-23T233237Z_half.jsonl.zst"
(head -1 "$golden/incident.jsonl"; head -c 300000000 /dev/zero) | zstd -q >"$tmp/damaged/2026-11-23T233238Z_line.jsonl.zst"
(head -1 "$golden/incident.jsonl"; yes '{"type":"oom"}' | head -c 100000000) | zstd -q --long=31 --ultra -1 >"$tmp/damaged/2026-11-23T233239Z_long.jsonl.zst"
for what in 'list' 'show nobody --store'; do
	# shellcheck disable=SC2086 # words
	said=$(ulimit -v 300000 && timeout 300 "$oomtrace" $what "$tmp/damaged" 2>&1)
	code=$?
	checks=$((checks + 1))
	if [[ $code != 1 || $said == *'annot allocate'* ]]; then
		printf 'FAIL: %s: damaged incidents: %s:\n%q\n' "$what" "$code" "$said"
		failed=1
	fi
done

# Some KiB that unpack to more than an incident has are not read to their end, nor is a file with a hole. One that is as
# long, and has the disk for it, is.
mkdir "$tmp/bombs"
cp "$golden/incident.jsonl" "$tmp/bombs/good.jsonl"
(head -1 "$golden/killed.jsonl"; yes '' | head -c 140000000) | zstd -q >"$tmp/bombs/bomb.jsonl.zst"
(head -1 "$golden/killed.jsonl"; head -c 105000000 /dev/urandom | base64 -w 0) >"$tmp/long.jsonl"
cp "$golden/killed.jsonl" "$tmp/bombs/hole.jsonl"
truncate -s 200M "$tmp/bombs/hole.jsonl"
bomb="has more than 128 MiB and 100 times what it takes on the disk, as no recording has"
expect 1 "/bomb.jsonl.zst can't be read: it $bomb.*/hole.jsonl can't be read: it $bomb.*$web" list "$tmp/bombs"
expect 1 "/bomb.jsonl.zst can't be read: it $bomb" list "$tmp/bombs/bomb.jsonl.zst"
expect 0 "/bomb.jsonl.zst can't be read: it $bomb.*docker web" show web --store "$tmp/bombs" --summary
expect 0 '^2026-11-23T[^~]*nothing was OOM-killed' list "$tmp/long.jsonl"
expect 0 'nothing was OOM-killed' report --summary "$tmp/bombs/bomb.jsonl.zst"

((failed)) || echo "ok: $checks command lines"
exit "$failed"
