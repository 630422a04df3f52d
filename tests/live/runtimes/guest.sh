#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A container of each runtime: found by its names, one process in it and then its init killed at its limit.
# docker-lib.sh says what is left in $OUT.
# shellcheck disable=SC2154 # variables of the file that is read in
set -u

# shellcheck source=tests/live/lib/docker-lib.sh
. ./docker-lib.sh

# What a container does: it waits until oomtrace looks on, a child of its init is killed, and then its init.
JOB="$GATE tail /dev/zero; exec tail /dev/zero"
# The user's commands, as from a login.
USER_ENV=(setpriv --reuid 1000 --regid 1000 --init-groups env -C /home/user HOME=/home/user USER=user
	XDG_RUNTIME_DIR=/run/user/1000 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus)

as_user() {
	"${USER_ENV[@]}" "$@"
}

# ---- what each runtime needs, how it starts NAME, and how it says the id and the init's pid ----

podman_root_prepare() { podman import -q /usr/share/oomtest.tar oomtest; }
podman_root_start() { run_podman podman "$1" "$JOB"; }
podman_root_id() { cat "/run/$1.id"; }
podman_root_pid() { cat "/run/$1.pid"; }

podman_user_prepare() {
	systemctl start user@1000.service
	wait_until 60 test -S /run/user/1000/bus || systemctl status --no-pager -l user@1000.service
	as_user podman import -q /usr/share/oomtest.tar oomtest
}
podman_user_start() {
	install -o 1000 -g 1000 -d /run/own
	run_podman "as_user podman" "$1" "$JOB" /run/own
}
podman_user_id() { cat "/run/own/$1.id"; }
podman_user_pid() { cat "/run/own/$1.pid"; }

# Podman takes long to start under emulation: it is asked for nothing that it can leave in a file.
run_podman() { # PODMAN NAME COMMAND [FOLDER [OPTION...]]
	# shellcheck disable=SC2086 # PODMAN is one word, or two
	$1 run -d --name "$2" --cidfile "${4:-/run}/$2.id" --pidfile "${4:-/run}/$2.pid" -m 32m "${@:5}" \
		oomtest sh -c "$3"
}

# A folder with a container's root and a script that does its job, for those that have no images.
make_root() { # NAME
	mkdir -p /srv
	cp -a /usr/share/oomtest "/srv/$1"
	echo "$JOB" >"/srv/$1/job"
	printf 'ID=oomtest\n' >"/srv/$1/etc/os-release"
}

crun_prepare() { :; }
crun_start() {
	make_root "$1"
	cat >"/srv/$1.json" <<-JSON
		{"ociVersion": "1.0.0", "process": {"terminal": false, "user": {"uid": 0, "gid": 0}, "cwd": "/",
		 "args": ["/bin/sh", "/job"], "env": ["PATH=/bin:/usr/bin"]},
		 "root": {"path": "/srv/$1"}, "hostname": "$1",
		 "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
		 "linux": {"resources": {"memory": {"limit": 33554432}}, "cgroupsPath": "system.slice:crun:$1",
		  "namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "ipc"}, {"type": "uts"}]}}
	JSON
	crun --systemd-cgroup run --detach --config "/srv/$1.json" "$1" </dev/null >/dev/null 2>&1
}
crun_id() { echo "$1"; }
crun_pid() { crun state "$1" | sed -n 's/.*"pid": \([0-9]*\).*/\1/p'; }

containerd_prepare() { systemctl start containerd; }
containerd_start() {
	make_root "$1"
	ctr run -d --null-io --rootfs --memory-limit 33554432 "/srv/$1" "$1" /bin/sh /job
}
containerd_id() { echo "$1"; }
containerd_pid() { ctr task list | awk -v id="$1" '$1 == id { print $2 }'; }

nspawn_prepare() { :; }
nspawn_start() {
	make_root "$1"
	systemd-nspawn -q -M "$1" -D "/srv/$1" --console=pipe --property=MemoryMax=32M /bin/sh /job \
		</dev/null >"/srv/$1.log" 2>&1 &
	wait_until 60 nspawn_pid "$1"
}
nspawn_id() { echo "$1"; }
nspawn_pid() { machinectl show -p Leader --value "$1" 2>/dev/null; }

lxc_prepare() { :; }
lxc_start() {
	make_root "$1"
	mkdir -p "/var/lib/lxc/$1" "/srv/$1/dev/pts"
	cat >"/var/lib/lxc/$1/config" <<-CONF
		lxc.uts.name = $1
		lxc.rootfs.path = dir:/srv/$1
		lxc.net.0.type = empty
		lxc.mount.auto = proc:mixed
		lxc.apparmor.profile = unconfined
		lxc.init.cmd = /bin/sh /job
		lxc.cgroup2.memory.max = 32M
	CONF
	lxc-start -n "$1" -l INFO -o "/srv/$1.log" || cat "/srv/$1.log"
}
lxc_id() { echo "$1"; }
lxc_pid() { lxc-info -n "$1" -p -H; }

# ---- the same for all ----

# The container's first process is there, and so is its limit.
runs() { # RUNTIME NAME
	pid=$("$1_pid" "$2" 2>/dev/null)
	[ "${pid:-0}" -gt 1 ] && grep -q : "/proc/$pid/cgroup"
}

# Lets a container's first process go on: as its user, whose files are no others' in a user namespace.
open_gate() { # PID
	setpriv --reuid "$(stat -c %u "/proc/$1")" --regid "$(stat -c %g "/proc/$1")" --clear-groups \
		sh -c ": >/proc/$1/root/tmp/go"
}

scenario() { # RUNTIME
	local runtime=$1 name=$1-web id cgroup
	name=${name//_/-}
	step "$runtime"
	"${runtime}_start" "$name" >>"$OUT/$runtime.log" 2>&1
	wait_until 60 runs "$runtime" "$name" || return
	echo "${SECONDS}s: it runs"
	id=$("${runtime}_id" "$name")
	cgroup=$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
	expect "$runtime" name "\"$name\""
	expect "$runtime" id "\"$id\""
	expect "$runtime" pid "$pid"
	expect "$runtime" cgroup "\"${cgroup//\\/\\\\}\""
	cli "$runtime-name" "$BIN" --container "$name" --dry-run --output json
	if [ "$id" != "$name" ]; then
		cli "$runtime-id" "$BIN" --container "$id" --dry-run --output json
		cli "$runtime-short" "$BIN" --container "${id:0:12}" --dry-run --output json
	fi
	start_tracer "$runtime.jsonl" --container "$name" --output json --until-exit
	open_gate "$pid"
	tracer_done "$runtime.jsonl"
	step "$runtime-end"
}

# crun sets the limit on two cgroups: a raised one has an effect, and both are put back.
raised() {
	local scope
	step raised
	run_podman podman raised "$GATE dd if=/dev/zero of=/dev/null bs=48M count=1; echo \$? >/tmp/result; sleep 3600" \
		>>"$OUT/raised.log" 2>&1
	pid=$(cat /run/raised.pid)
	scope=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
	scope=${scope%/container}
	expect raised before "[$(paste -d, "$scope/memory.max" "$scope/container/memory.max")]"
	start_tracer raised.jsonl --container raised --set-max 128M --output json
	wait_until 60 grep -q 134217728 "$scope/container/memory.max"
	expect raised during "[$(paste -d, "$scope/memory.max" "$scope/container/memory.max")]"
	open_gate "$pid"
	wait_until 60 test -s "/proc/$pid/root/tmp/result"
	expect raised result "$(cat "/proc/$pid/root/tmp/result")"
	kill -INT "${tracer_pids[raised.jsonl]}"
	tracer_done raised.jsonl
	expect raised after "[$(paste -d, "$scope/memory.max" "$scope/container/memory.max")]"
	echo 1 >"$scope/cgroup.kill"
	step raised-end
}

# Podman's restart policy: its init is killed three times. Without its socket nobody says that it has one, so it is
# followed by its cgroup.
ends_told() { # N
	[ "$(grep -c '"target_gone":true' "$OUT/restarts.jsonl")" -ge "$1" ]
}

restarts() {
	local cgroup
	step restarts
	run_podman podman restarts "$GATE exec tail /dev/zero" /run --restart on-failure:2 >>"$OUT/restarts.log" 2>&1
	pid=$(cat /run/restarts.pid)
	cgroup=$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
	start_tracer restarts.jsonl --cgroup "${cgroup%/container}" --output json
	open_gate "$pid"
	wait_until 60 ends_told 3
	kill -INT "${tracer_pids[restarts.jsonl]}"
	tracer_done restarts.jsonl
	step restarts-end
}

RUNTIMES=(podman_root podman_user crun containerd nspawn lxc)

begin_run
# A trace knows the users' stores that are there when it begins.
for runtime in "${RUNTIMES[@]}"; do
	"${runtime}_prepare" >>"$OUT/$runtime.log" 2>&1
done
start_tracer machine.jsonl --output json
for runtime in "${RUNTIMES[@]}"; do
	scenario "$runtime"
done
raised
restarts
kill -INT "${tracer_pids[machine.jsonl]}"
tracer_done machine.jsonl
end_run
