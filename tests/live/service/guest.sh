#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# oomtrace as a unit of systemd, as an administrator would have it. Containers are killed before, while and after the
# service itself is. What it kept is copied to $OUT/store.
# shellcheck disable=SC2154 # variables of the file that is read in
set -u

# shellcheck source=tests/live/lib/docker-lib.sh
. ./docker-lib.sh

STORE=/var/lib/oomtrace

listed() { # N: as many incidents
	[ "$(find $STORE -name '*.jsonl.zst' | wc -l)" -ge "$1" ]
}

# One whose incident has begun, and isn't over.
has_part() {
	[ -n "$(find $STORE -name '.*.part' -size +0)" ]
}

# killed NAME: a container at its limit.
killed() {
	run_container "$1" 'exec tail /dev/zero' -m 32m
	go "$1"
	expect_runtime "$1"
}

main_pid() {
	systemctl show -P MainPID oomtrace
}

restarted() { # PID of the one before
	[ "$(systemctl is-active oomtrace)" = active ] && [ "$(main_pid)" != "$1" ]
}

begin_run
step service
sed "s#/usr/bin/oomtrace#$BIN#" oomtrace.service >/etc/systemd/system/oomtrace.service
systemctl daemon-reload
mkdir -p /etc/oomtrace/oomtrace.conf.d
printf 'store-size = 64M\nstore-agee = 1h\n' >/etc/oomtrace/oomtrace.conf
systemctl start oomtrace
expect service wrong $?
expect service wrong-code "$(systemctl show -P ExecMainStatus oomtrace)"
cat >/usr/local/sbin/hook <<'HOOK'
#!/bin/sh
# Below the store's folder the unit lets it write.
to=/var/lib/oomtrace/hook-$OOMTRACE_CONTAINER
env | grep ^OOMTRACE_ | sort >"$to.env"
cat >"$to.json"
cat /proc/self/cgroup >"$to.cgroup"
HOOK
chmod +x /usr/local/sbin/hook
printf 'store-size = 64M\non-oom = /usr/local/sbin/hook\nkernel-log = yes\n' >/etc/oomtrace/oomtrace.conf
systemctl reset-failed oomtrace
systemctl start oomtrace
expect service started $?
cli check "$BIN" service --check
cp /proc/"$(main_pid)"/status "$OUT/service-status"
# Each process of the unit, with its rights.
while read -r pid; do
	tr '\n' ' ' <"/proc/$pid/status" | sed 's/$/\n/'
done <"/sys/fs/cgroup$(systemctl show -P ControlGroup oomtrace)/cgroup.procs" >"$OUT/processes"
cat /sys/kernel/security/lsm >"$OUT/lsm"
# Beside it one that no unit holds back, which is to see no more.
start_tracer beside.jsonl --all --kernel-log --output json
killed one
wait_until 60 listed 1
wait_until 60 grep -q '"type":"relief"' "$OUT/beside.jsonl"
kill -INT "${tracer_pids[beside.jsonl]}"
tracer_done beside.jsonl
run_container two 'exec tail /dev/zero' -m 32m
go two
wait_until 60 has_part
# What it had of the second is there, and the next one makes it whole.
before=$(main_pid)
kill -KILL "$before"
expect_runtime two
wait_until 60 restarted "$before"
wait_until 60 listed 2
killed three
printf 'store-size = 1M\ntime = local\n' >/etc/oomtrace/oomtrace.conf.d/10-less.conf
systemctl reload oomtrace
expect service reloaded $?
printf 'store-size = 1\n' >/etc/oomtrace/oomtrace.conf.d/20-wrong.conf
systemctl reload oomtrace
expect service reloaded-wrong $?
# What is wrong is found by the service itself, too, which goes on.
kill -HUP "$(main_pid)"
told() {
	journalctl -u oomtrace -o cat --no-pager | grep -q "$1"
}
wait_until 60 told 'the configuration stays as it was'
rm /etc/oomtrace/oomtrace.conf.d/20-wrong.conf
killed four
# Another oomtrace's, that changes a limit now.
: >/run/oomtrace/limit-1.lock
systemctl stop oomtrace
expect service stopped $?
expect service lock-stays "$([ -e /run/oomtrace/limit-1.lock ] && echo true || echo false)"
expect service code "$(systemctl show -P ExecMainStatus oomtrace)"
cli list "$BIN" list
cli list-json "$BIN" list --output json
cli list-two "$BIN" list two
cli last "$BIN" show last --summary
cli two "$BIN" show two --format json
cli curve "$BIN" show one --format jsonl
cli page "$BIN" show one --format html -o "$OUT/one.html"
cli security systemd-analyze security --no-pager oomtrace
cli journal journalctl -o json --no-pager MESSAGE_ID=0d3a4c52f6c84b1fa6c8f0c1b7b7a9e4
journalctl -u oomtrace -o cat --no-pager >"$OUT/journal"
mkdir "$OUT/hooks"
mv $STORE/hook-* "$OUT/hooks/"
ls -d /sys/fs/cgroup/oomtrace* /sys/fs/cgroup/system.slice/oomtrace* >"$OUT/cgroups" 2>&1
ls -la $STORE >"$OUT/ls"
cp -r $STORE "$OUT/store"
end_run
