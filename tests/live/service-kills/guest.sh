#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# SIGKILL to the service OOMTRACE_SERVICE_KILLS times, at random moments, its start among them, while containers are
# killed. systemd starts it again. Leaves in $OUT:
#   store/        what was kept
#   lives         "READY_NS KILLED_NS" of each life that said that it is ready; boot-time clock
#   reads         "LIFE INCIDENTS": how many `oomtrace list` had, and `oomtrace show` read, after each SIGKILL
#   unread        what could not be read then, and that there was nothing to list
#   day           what there was, as a line of JSON
# shellcheck disable=SC2154 # variables of the file that is read in
set -u

# shellcheck source=tests/live/lib/docker-lib.sh
. ./docker-lib.sh

STORE=/var/lib/oomtrace
DAY=/sys/fs/cgroup/docker
declare -A shown
: >"$OUT/unread"
: >"$OUT/lives"
: >"$OUT/reads"

now_ns() {
	read -r up _ </proc/uptime
	echo "${up/./}0000000"
}

main_pid() {
	systemctl show -P MainPID oomtrace
}

is_main() { # another than this one
	local pid
	pid=$(main_pid)
	[ "$pid" != 0 ] && [ "$pid" != "$1" ]
}

ready() {
	[ "$(systemctl is-active oomtrace)" = active ]
}

# Each incident that has its name now is listed, and each that wasn't shown before is shown, whole or cut.
read_all() { # LIFE
	local file count=0
	"$BIN" list --output json >/tmp/list 2>>"$OUT/unread" || echo "$1: list: $?" >>"$OUT/unread"
	while read -r file; do
		count=$((count + 1))
		[ -z "${shown[$file]-}" ] || continue
		shown[$file]=1
		# Of one that breaks off it says so.
		if ! "$BIN" show "$(basename "$file")" --format json >/tmp/show 2>/tmp/said || ! grep -q '"incidents"' /tmp/show; then
			{ echo "$1: show $file:"; cat /tmp/said; } >>"$OUT/unread"
		fi
	done < <(sed -n 's/.*"file":"\([^"]*\)".*/\1/p' /tmp/list)
	echo "$1 $count" >>"$OUT/reads"
}

quiet() {
	[ -z "$(find $STORE -name '.*.part')" ]
}

begin_run
sed "s#/usr/bin/oomtrace#$BIN#; s/^RestartSec=.*/RestartSec=100ms/; s/^\[Unit\]/&\nStartLimitIntervalSec=0/" \
	oomtrace.service >/etc/systemd/system/oomtrace.service
systemctl daemon-reload
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
mkdir -p $DAY
echo +memory >$DAY/cgroup.subtree_control
systemctl start oomtrace
expect kills started $?
step day
# A pid says which kill it was, so that none may come twice.
echo 4194304 >/proc/sys/kernel/pid_max
./day $DAY 20 1000000 5 /tmp/stop 1000 >"$OUT/day" 2>"$OUT/day.err" &
day=$!
RANDOM=4711
pid=$(main_pid)
for life in $(seq 1 "$OOMTRACE_SERVICE_KILLS"); do
	# One in four dies while it begins; a life's beginning is some seconds.
	if [ $((RANDOM % 4)) != 0 ]; then
		wait_until 60 ready
		born=$(now_ns)
		sleep "$((RANDOM % (8 * SLOW))).$((RANDOM % 10))"
	else
		born=-
		sleep "$((RANDOM % (4 * SLOW))).$((RANDOM % 10))"
	fi
	kill -KILL "$pid"
	[ "$born" = - ] || echo "$born $(now_ns)" >>"$OUT/lives"
	read_all "$life"
	wait_until 60 is_main "$pid"
	pid=$(main_pid)
done
wait_until 60 ready
born=$(now_ns)
sleep $((5 * SLOW))
: >/tmp/stop
wait_until 60 gone "$day"
wait "$day"
expect kills day $?
wait_until 60 quiet
echo "$born $(now_ns)" >>"$OUT/lives"
systemctl stop oomtrace
expect kills stopped $?
read_all last
cli list "$BIN" list --output json
journalctl -u oomtrace -o cat --no-pager >"$OUT/journal"
cp -r $STORE "$OUT/store"
find $STORE -name '.*.part' >"$OUT/parts"
end_run
