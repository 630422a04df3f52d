#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# First what a new user does: the unit is started, a container and a unit are killed, and the new user looks what there
# was; that is cli/new-*. Then the unit as it is, and with one right less each time: a container that was there before
# is killed, and one of a user. Leaves in $OUT/NAME, for each variant, what the service has kept, and what systemd says
# of it.
# shellcheck disable=SC2154 # variables of the file that is read in
set -u

# shellcheck source=tests/live/lib/docker-lib.sh
. ./docker-lib.sh

STORE=/var/lib/oomtrace
DROPIN=/etc/systemd/system/oomtrace.service.d
ID=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
USERS=/sys/fs/cgroup/user.slice/user-4242.slice/user@4242.service/user.slice/libpod-$ID.scope

listed() { # N: as many incidents
	[ "$(find $STORE -name '*.jsonl.zst' | wc -l)" -ge "$1" ]
}

failed() {
	[ "$(systemctl is-active oomtrace)" = failed ]
}

listed_or_failed() {
	listed "$1" || failed
}

# A user with a session, who has a container of a name that is in that user's files alone.
make_user() {
	local dir=/home/user/.local/share/containers/storage/overlay-containers
	echo 'user:x:4242:4242::/home/user:/bin/sh' >>/etc/passwd
	mkdir -p $dir /run/user/4242
	echo "[{\"id\":\"$ID\",\"names\":[\"mine\"]}]" >$dir/containers.json
	chown -R 4242:4242 /home/user /run/user/4242
	chmod 700 /home/user /run/user/4242
	mkdir -p "$USERS"
	local above=/sys/fs/cgroup/user.slice
	for part in user-4242.slice user@4242.service user.slice "libpod-$ID.scope"; do
		echo +memory >$above/cgroup.subtree_control
		above=$above/$part
	done
	echo 16M >"$USERS/memory.max"
}

# Grows without another program: its command line is that of before. Not root's: its memory isn't ours to look at.
# shellcheck disable=SC2016 # for the shell in the container
GROWS='x=0123456789; while :; do x=$x$x; done'

# Of each process of the unit: who it is, and its rights.
save_processes() {
	while read -r pid; do
		tr '\n' ' ' <"/proc/$pid/status" | sed 's/$/\n/'
	done <"/sys/fs/cgroup$(systemctl show -P ControlGroup oomtrace)/cgroup.procs"
}

# Whether who reads symbols, who is nobody, could see another process.
save_sight() {
	nsenter -t "$(systemctl show -P MainPID oomtrace)" -m setpriv --reuid 65534 --regid 65534 --clear-groups \
		sh -c 'test -d /proc/self && if test -d /proc/1; then echo seen; else echo hidden; fi'
}

new_user() {
	step new-user
	cp "$BIN" /usr/bin/oomtrace
	cp oomtrace.service /etc/systemd/system/
	systemctl daemon-reload
	systemctl start oomtrace
	expect new-user started $?
	run_container web 'exec stress-ng --vm 1 --vm-bytes 96M --vm-keep --oomable --timeout 60' -m 64m
	go web
	wait_until 60 not_running web
	wait_until 60 listed 1
	systemd-run --quiet --unit=report -p MemoryMax=32M -p MemorySwapMax=0 "$WORK" hog 48
	wait_until 60 listed 2
	cli new-list env COLUMNS=80 oomtrace list
	cli new-json oomtrace list --output json
	cli new-last oomtrace show last
	cli new-web oomtrace show web
	cli new-unit oomtrace list report
	cli new-service oomtrace show report.service --summary
	cli new-page oomtrace show web --format html -o "$OUT/new-web.html"
	cli new-page-last oomtrace show last --format html -o "$OUT/new-last.html"
	cli new-status systemctl status --no-pager oomtrace
	systemctl stop oomtrace
	expect new-user stopped $?
	cp -r $STORE "$OUT/new-store"
	stat -c %a $STORE/*.zst | sort -u >"$OUT/new-modes"
	docker rm -f web >/dev/null
}

variant() { # NAME LINE...: lines of the section [Service]
	local name=$1 to=$OUT/$1
	shift
	step "$name"
	mkdir -p "$to" $DROPIN
	{ echo '[Service]'; printf '%s\n' "$@"; } >$DROPIN/variant.conf
	rm -f $STORE/*.zst $STORE/.*.part /var/lib/oomtrace/hook
	systemctl daemon-reload
	run_container "$name" "$GROWS" -m 32m --user 1000
	if systemctl start oomtrace; then
		save_processes >"$to/processes" 2>/dev/null
		save_sight >"$to/sight" 2>&1
		docker exec -u 0 "$name" sh -c ': >/tmp/go'
		wait_until 60 not_running "$name"
		"$WORK" -g "$USERS" hog 24 >/dev/null 2>&1
		wait_until 30 listed_or_failed 2
		systemctl stop oomtrace
	fi
	systemctl show -P Result oomtrace >"$to/result"
	journalctl -u oomtrace -o cat --no-pager --since "-3min" >"$to/journal"
	for file in "$STORE"/*.zst; do
		zstd -dcq "$file" 2>/dev/null || "$BIN" show "$(basename "$file")" --format jsonl
	done >>"$to/records"
	cp $STORE/hook "$to/hook" 2>/dev/null
	docker rm -f "$name" >/dev/null
	systemctl reset-failed oomtrace 2>/dev/null
	rm $DROPIN/variant.conf
}

without() { # CAPABILITY...
	variant "CAP_$1" "${@/#/CapabilityBoundingSet=~CAP_}"
}

begin_run
new_user
sed "s#/usr/bin/oomtrace#$BIN#" oomtrace.service >/etc/systemd/system/oomtrace.service
# One that doesn't say that it is ready isn't waited for as long as for others.
sed -i "s/^RestartSec=.*/RestartSec=1s\nTimeoutStartSec=$((20 * SLOW))s\nRestart=no/" /etc/systemd/system/oomtrace.service
mkdir -p /etc/oomtrace
printf 'kernel-log = yes\non-oom = /usr/local/sbin/hook\n' >/etc/oomtrace/oomtrace.conf
printf '#!/bin/sh\ncat /proc/self/cgroup >>/var/lib/oomtrace/hook\n' >/usr/local/sbin/hook
chmod +x /usr/local/sbin/hook
make_user
variant none
variant again
without SYS_ADMIN
without SYSLOG
without SYS_PTRACE
without DAC_READ_SEARCH
without BPF SYS_ADMIN
without SETUID
without SETPCAP
without CHECKPOINT_RESTORE SYS_ADMIN
variant ProtectKernelLogs ProtectKernelLogs=yes
variant PrivateUsers PrivateUsers=yes
variant debug SystemCallFilter=~@debug
variant privileged SystemCallFilter=~@privileged
variant AF_UNIX RestrictAddressFamilies=none
variant DeviceAllow DeviceAllow=
variant system.slice ReadWritePaths=
useradd oomtest 2>/dev/null || echo 'oomtest:x:4343:4343::/:/bin/sh' >>/etc/passwd
echo 'oomtest:x:4343:' >>/etc/group
variant User User=oomtest Group=oomtest \
	"AmbientCapabilities=$(sed -n 's/^CapabilityBoundingSet=//p' oomtrace.service)"
end_run
