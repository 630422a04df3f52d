#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A pod in containerd's CRI, without a kubelet: what the kubelet would do is done here. Of its two containers one is
# killed three times, a process of it and then its init, and made again in the same pod, as "Always" has it.
# docker-lib.sh says what is left in $OUT.
# shellcheck disable=SC2154 # variables of the file that is read in
set -u

# shellcheck source=tests/live/lib/docker-lib.sh
. ./docker-lib.sh

RUNS=3
POD_UID=11111111-2222-3333-4444-555555555555
SLICE_NAME=kubepods-burstable-pod${POD_UID//-/_}.slice
PARENT=/kubepods.slice/kubepods-burstable.slice/$SLICE_NAME
JOB="$GATE tail /dev/zero; exec tail /dev/zero"
LIMIT=$((32 << 20))

# ---- containerd, and an image of which both containers and the pod's own are ----

make_image() { # FILE
	local folder=/tmp/image
	mkdir $folder
	cp /usr/share/oomtest.tar $folder/layer.tar
	cat >$folder/config.json <<-JSON
		{"architecture": "amd64", "os": "linux",
		 "config": {"Entrypoint": ["/bin/sleep"], "Cmd": ["1000000"], "Env": ["PATH=/bin:/usr/bin"]},
		 "rootfs": {"type": "layers", "diff_ids": ["sha256:$(sha256sum <$folder/layer.tar | cut -d' ' -f1)"]}}
	JSON
	echo '[{"Config": "config.json", "RepoTags": ["oomtest:latest"], "Layers": ["layer.tar"]}]' \
		>$folder/manifest.json
	tar -C $folder -cf "$1" manifest.json config.json layer.tar
}

start_containerd() {
	mkdir -p /etc/containerd /var/log/containers
	cat >/etc/containerd/config.toml <<-'TOML'
		version = 2
		[plugins."io.containerd.grpc.v1.cri"]
		  sandbox_image = "docker.io/library/oomtest:latest"
		  disable_apparmor = true
		[plugins."io.containerd.grpc.v1.cri".containerd]
		  snapshotter = "native"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
		  runtime_type = "io.containerd.runc.v2"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
		  SystemdCgroup = true
	TOML
	touch /etc/hosts /etc/resolv.conf
	systemctl start containerd
	make_image /tmp/image.tar
	ctr -n k8s.io images import --snapshotter native /tmp/image.tar
}

# ---- the kubelet's part ----

cri() { # WORD...; what it answers is in $answer
	echo "$*" >&"${CRI[1]}"
	read -r -t $((300 * SLOW)) answer <&"${CRI[0]}"
	echo "${SECONDS}s: ${*:1:4}: $answer"
	[ "$answer" != failed ]
}

make_container() { # NAME ATTEMPT; its id is in $id
	cri container "$pod" "$1" "$2" $LIMIT "$JOB" || return
	id=$answer
	ln -s "/var/log/pods/shop_web-0_$POD_UID/$1/$2.log" "/var/log/containers/web-0_shop_$1-$id.log"
}

open_gate() { # ID
	local pid
	read -r pid <"/sys/fs/cgroup$PARENT/cri-containerd-$1.scope/cgroup.procs"
	: >"/proc/$pid/root/tmp/go"
}

# The runtime knows of an OOM before it knows of the end.
has_status() { # ID
	cri status "$1"
	[ "${answer%% *}" != 0 ]
}

told() { # COUNT PATTERN FILE
	[ "$(grep -c "$2" "$OUT/$3")" -ge "$1" ]
}

stop_tracer() {
	kill -INT "${tracer_pids[$1]}"
	tracer_done "$1"
}

pod_gone() {
	! [ -d "/sys/fs/cgroup$PARENT" ]
}

run_pod() {
	local n ids=()
	cri pod shop web-0 $POD_UID "$PARENT" || return
	pod=$answer
	make_container side 0 || return
	expect pods side "\"$id\""
	make_container app 0 || return
	expect pods parent "\"$PARENT\""
	step pods
	start_tracer name.jsonl --container shop/web-0/app --output json
	start_tracer pod.jsonl --container shop/web-0 --output json
	start_tracer pattern.jsonl --container 'shop/web-0/*' --output json
	start_tracer id.jsonl --container "$id" --output json
	wait_until 60 told 2 '"type":"start"' pattern.jsonl
	for n in $(seq $RUNS); do
		ids+=("\"$id\"")
		open_gate "$id"
		wait_until 60 told "$n" '"target_gone":true' name.jsonl
		wait_until 60 told "$n" '"target_gone":true' pattern.jsonl
		[ "$n" != 1 ] || tracer_done id.jsonl
		wait_until 60 has_status "$id"
		expect pods "status$n" "\"$answer\""
		[ "$n" != $RUNS ] || break
		make_container app "$n" || return
		# Nothing happens in it before both follow it, so that nothing may be missed.
		wait_until 60 told "$n" '"type":"start"' name.jsonl
		wait_until 60 told $((2 + n)) '"type":"start"' pattern.jsonl
	done
	expect pods ids "[$(IFS=,; echo "${ids[*]}")]"
	step pods-end
	cri remove "$pod"
	# As the kubelet has systemd do.
	systemctl stop "$SLICE_NAME"
	wait_until 60 pod_gone
	tracer_done name.jsonl
	tracer_done pod.jsonl
	wait_until 60 told $((RUNS + 1)) '"target_gone":true' pattern.jsonl
	stop_tracer pattern.jsonl
}

begin_run
start_containerd >"$OUT/containerd.log" 2>&1
coproc CRI { exec python3 ./cri.py 2>"$OUT/cri.err"; }
start_tracer machine.jsonl --output json
run_pod || echo "the pod failed" >>"$OUT/timeouts"
stop_tracer machine.jsonl
journalctl -u containerd --no-pager 2>/dev/null | tail -n 100 >>"$OUT/containerd.log"
end_run
