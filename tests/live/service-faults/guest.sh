#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What may happen to the store of oomtrace service. For each scenario NAME it leaves in $OUT NAME.out and NAME.err of
# the service, its exit code as NAME.code, what the store has at the end as cli/NAME.out, and store/NAME.
# shellcheck disable=SC2154,SC2034 # variables of the functions that are read in
set -u

. ./guest-lib.sh

# service NAME STORE [OPTION...]: a scenario, and its service
service() {
	begin "$1"
	scene=$1 store=$2
	make_cgroup "$scene"
	delegate "$scene"
	shift 2
	"$BIN" service --store "$store" "$@" >"$OUT/$scene.out" 2>"$OUT/$scene.err" &
	service=$!
	wait_until 60 in_file 'watching the whole machine' "$OUT/$scene.out"
}

# victim K: is told on stdout, whatever becomes of it in the store
victim() {
	make_cgroup "$scene/$1" 16M
	run_to_end -g "$CG/$scene/$1" hog 24
	wait_until 60 in_file "/$1  OOM .*killed" "$OUT/$scene.out"
}

incidents() {
	find "$store" -name '*.jsonl.zst' | wc -l
}

stored() { # COUNT
	[ "$(incidents)" -ge "$1" ]
}

over() {
	cli "$scene" "$BIN" list "$store" --output json
	kill -TERM "$service"
	wait_until 60 gone "$service"
	wait "$service"
	echo $? >"$OUT/$scene.code"
	mkdir -p "$OUT/store"
	cp -r "$store" "$OUT/store/$scene"
	end "$scene"
}

full() {
	mkdir -p /full
	mount -t tmpfs -o size=64k,mode=755 none /full
	service full /full
	victim k1
	wait_until 60 stored 1
	try dd if=/dev/zero of=/full/filler bs=1k count=1000
	victim k2
	wait_until 60 in_file "can't be stored" "$OUT/full.err"
	rm /full/filler
	victim k3
	wait_until 60 stored 2
	over
	umount /full
}

read_only() {
	mkdir -p /read-only
	mount -t tmpfs -o mode=755 none /read-only
	mount -o remount,ro /read-only
	cli read-only-start "$BIN" service --store /read-only
	mount -o remount,rw /read-only
	service read-only /read-only
	victim k1
	wait_until 60 stored 1
	mount -o remount,ro /read-only
	victim k2
	wait_until 60 in_file "can't be stored" "$OUT/read-only.err"
	cli read-only-list "$BIN" list /read-only --output json
	mount -o remount,rw /read-only
	victim k3
	wait_until 60 stored 2
	over
	umount /read-only
}

# Without it, and with another in its place, until somebody restarts the service.
removed() {
	service removed /removed
	victim k1
	wait_until 60 stored 1
	rm -r /removed
	victim k2
	wait_until 60 in_file "can't be stored" "$OUT/removed.err"
	mkdir /removed
	kill -HUP "$service"
	wait_until 60 in_file 'was read again' "$OUT/removed.err"
	victim k3
	over
}

twice() {
	service twice /twice
	cli twice-second "$BIN" service --store /twice
	victim k1
	wait_until 60 stored 1
	over
}

# While the service runs, which bounds the age of what it keeps.
clock() {
	service clock /clock --store-age 720h
	victim k1
	wait_until 60 stored 1
	now=$(date +%s)
	date -s "@$((now - 365 * 86400))" >/dev/null
	victim k2
	wait_until 60 stored 2
	cli clock-last "$BIN" show last --store /clock --summary
	over
	date -s "@$((now + 60))" >/dev/null
}

begin_run
echo +memory >"$CG/cgroup.subtree_control"
full
read_only
removed
twice
clock
end_run
