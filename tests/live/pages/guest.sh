#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A new user types what the pages show. extract.py takes the commands out of a page; $OUT/PAGE.NN has each (.cmd), and
# its .out, .err and .rc. Then the hooks of docs/hooks.md are run, each by an oomtrace: $OUT/hook-NAME is what it left.
# shellcheck disable=SC2154 # variables of the file that is read in
set -u

# shellcheck source=tests/live/lib/docker-lib.sh
. ./docker-lib.sh

SNAPSHOTS=/var/lib/oom-snapshots
SBIN=/usr/local/sbin
ID=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
DROPIN=/etc/systemd/system/oomtrace.service.d
# Until make install, the program is in this folder.
export PATH=$PATH:/oomtrace COLUMNS=100

# There are neither compilers nor sources here.
make() {
	command make -o build/static/oomtrace "$@"
}
# The other machine is this one.
ssh() {
	"${@:2}"
}
export -f make ssh

listed() { # N: as many incidents
	[ "$(find /var/lib/oomtrace -name '*.jsonl.zst' | wc -l)" -ge "$1" ]
}

# A container "web" that waits for its go.
web() { # COMMAND OPTION...
	docker rm -f web >/dev/null 2>&1
	run_container web "exec $1" "${@:2}"
	scope=$SLICE/docker-$id.scope
}

grow() {
	web 'stress-ng --vm 1 --vm-bytes 100M --vm-keep --quiet --oomable --timeout 60' -m 64m
}

# To 90 % of its limit, and there it stays for a while.
nearly() {
	web 'stress-ng --vm 1 --vm-bytes 117M --vm-keep --quiet --timeout 20' -m 128m
}

looks_on() { # NAME: a trace that has said, or written, something
	[ -s "$1.out" ] || [ -s web.jsonl ]
}

# Beside the trace NAME: the container starts to work once somebody looks on.
set_off() { # NAME COMMAND
	wait_until 60 looks_on "$1"
	case $2 in
	*--ramp*)
		go web
		wait_until 120 grep -q -- '-> 20.0 MiB' "$1.out"
		sleep 2
		docker kill web >/dev/null 2>&1
		;;
	*'--output json'*)
		try_write 60M "$scope/memory.max"
		go web
		;;
	*--on-oom*)
		go web
		wait_until 60 posted 1
		pkill -INT -f '^oomtrace --on-oom'
		;;
	*) go web ;;
	esac
}

# What a command finds when it is typed. Returns 1 if it isn't to be run here.
prepare() { # NAME COMMAND
	case $2 in
	scripts/setup.sh* | 'make STATIC=1' | scp* | *--compare*) return 1 ;;
	'oomtrace report web.jsonl') cp incident.jsonl web.jsonl ;;
	*--ramp*) web 'stress-ng --vm 1 --vm-bytes 610M --vm-keep' -m 320m ;;
	*--snapshot* | *--on-near-limit*) nearly ;;
	*'oomtrace --container web '* | *--on-oom*) grow ;;
	*db.service) systemd-run --quiet --unit=db sleep 600 ;;
	'systemctl edit'*) return 1 ;;
	esac
	case $2 in
	*'oomtrace --container web '* | *--on-oom*)
		rm -f web.jsonl
		set_off "$@" &
		;;
	esac
}

# One that traces until it is stopped: what it says of itself is enough.
shown() { # COMMAND
	case $1 in
	'oomtrace service') echo "$1 --check" ;;
	'oomtrace --all' | 'oomtrace --kernel-log' | *web-*) echo "$1 --dry-run" ;;
	*) echo "$1" ;;
	esac
}

type_page() { # PAGE
	local file name text
	step "$(basename "$1" .md)"
	python3 extract.py commands "$1" "$OUT"
	for file in "$OUT/$(basename "$1")".*.cmd; do
		name=${file%.cmd} text=$(cat "$file")
		prepare "$name" "$text" || continue
		echo "${SECONDS}s: $text"
		timeout -s KILL $((150 * SLOW)) bash -c "$(shown "$text")" >"$name.out" 2>"$name.err" </dev/null
		echo $? >"$name.rc"
		wait_for_incidents "$text"
	done
}

# Last night's two kills, once the service runs.
wait_for_incidents() { # COMMAND
	case $1 in
	'make install'*)
		grow
		go web
		wait_until 90 not_running web
		wait_until 60 listed 1
		systemd-run --quiet --unit=report -p MemoryMax=32M -p MemorySwapMax=0 "$WORK" hog 48
		wait_until 60 listed 2
		;;
	esac
}

install_hooks() {
	local name
	for name in oom-webhook oom-snapshot near-snapshot near-java near-go near-python near-core oom-event oom-outside; do
		python3 extract.py file docs/hooks.md "# $SBIN/$name" >$SBIN/$name && chmod +x $SBIN/$name
		expect hooks $name $?
	done
}

# https://chat.example and Kubernetes' API, which are here.
listen() {
	local secrets=/var/run/secrets/kubernetes.io/serviceaccount
	mkdir -p $secrets /etc/ssl/certs
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out $secrets/ca.crt -days 2 -subj /CN=chat.example \
		-addext 'subjectAltName=DNS:chat.example,IP:127.0.0.1' 2>"$OUT/openssl.err"
	cat key $secrets/ca.crt >both.pem
	cp $secrets/ca.crt /etc/ssl/certs/ca-certificates.crt
	echo secret-token >$secrets/token
	echo '127.0.0.1 chat.example' >>/etc/hosts
	ip link set lo up
	: >"$OUT/posted"
	python3 listener.py "$OUT/posted" 443 both.pem 2>"$OUT/listener.err" &
	python3 listener.py "$OUT/asked" 6060 2>"$OUT/listener-2.err" &
}

# COMMAND in a unit of its own, or in what looks like a pod; it waits for its go.
start() { # NAME COMMAND...
	# shellcheck disable=SC2016 # for the shell that waits
	local name=$1 gate='until [ -e /tmp/go ]; do sleep 0.1; done; exec "$@"'
	shift
	if [ "$name" != oom-event ]; then
		cgroup=/system.slice/$name.service
		systemd-run --quiet --unit="$name" -p MemoryMax=64M -p MemorySwapMax=0 sh -c "$gate" - "$@"
		return
	fi
	cgroup=/kubepods.slice/kubepods-pod12345678_1234_1234_1234_123456789012.slice/cri-containerd-$ID.scope
	mkdir -p "/sys/fs/cgroup$cgroup" /var/log/containers
	echo +memory >/sys/fs/cgroup/kubepods.slice/cgroup.subtree_control
	echo +memory >"/sys/fs/cgroup${cgroup%/*}/cgroup.subtree_control"
	echo 64M >"/sys/fs/cgroup$cgroup/memory.max"
	ln -s /dev/null "/var/log/containers/web-0_shop_app-$ID.log"
	sh -c "echo 0 >/sys/fs/cgroup$cgroup/cgroup.procs; $gate" - "$@" &
}

# The hook NAME, run by an oomtrace that watches COMMAND grow.
hook() { # NAME WHEN ARGUMENT... -- COMMAND...
	local name=$1 option=--on-oom hook=$SBIN/$1 tracer
	[ "$2" = oom ] || option=--on-near-limit hook=$2:$hook
	shift 2
	while [ "$1" != -- ]; do
		hook+=" $1"
		shift
	done
	shift
	step "hook-$name"
	start "$name" "$@"
	./oomtrace --cgroup "$cgroup" "$option" "$hook" --record "$OUT/hook-$name.jsonl" \
		>"$OUT/hook-$name.out" 2>"$OUT/hook-$name.err" &
	tracer=$!
	wait_until 60 test -s "$OUT/hook-$name.out"
	: >/tmp/go
	wait_until 60 grep -q '"type":"hook"' "$OUT/hook-$name.jsonl"
	rm /tmp/go
	systemctl stop "$name" 2>/dev/null
	# It would wait for the unit to come back.
	kill -INT $tracer
	wait $tracer
	echo $? >"$OUT/hook-$name.rc"
	systemctl reset-failed "$name" 2>/dev/null
}

save() { # NAME FILE...
	mkdir -p "$OUT/hook-$1"
	cp -r "${@:2}" "$OUT/hook-$1/"
}

# Grows to 56 MiB of 64 and stays there.
PYTHON_GROWS='
kept = [bytearray(1 << 20) for _ in range(40)]
time.sleep(1)
kept += [bytearray(1 << 20) for _ in range(5)]
for _ in range(300):
    time.sleep(0.1)
'

hooks() {
	{ python3 extract.py file docs/hooks.md tracemalloc; echo "$PYTHON_GROWS"; } >program.py
	hook oom-snapshot oom -- "$WORK" hog 100
	save oom-snapshot $SNAPSHOTS/*/*
	rm -rf $SNAPSHOTS
	hook near-python 75 -- python3 /oomtrace/program.py
	save near-python /tmp/memory-*
	hook near-core 75 -- python3 /oomtrace/program.py
	for core in "$SNAPSHOTS"/*; do
		gdb -batch -ex 'info proc' -ex 'info threads' "$(readlink -f /usr/bin/python3)" "$core" \
			>"$OUT/hook-near-core.gdb" 2>&1
	done
	rm -rf $SNAPSHOTS
	hook near-go 75 6060 -- python3 /oomtrace/program.py
	save near-go $SNAPSHOTS/*
	rm -rf $SNAPSHOTS
	KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=443 \
		hook oom-event oom -- "$WORK" hog 100
}

posted() { # N
	[ "$(grep -c . "$OUT/posted")" -ge "$1" ]
}

# A line of the service's configuration, as the page has it, and the drop-in that its hook needs.
service() { # NAME ON-OOM
	step "service-$1"
	local before
	before=$(grep -c . "$OUT/posted")
	python3 extract.py file docs/service.md 'store-size' | sed "s#^on-oom.*#on-oom = $2#" >/etc/oomtrace/oomtrace.conf
	cli "$1-check" oomtrace service --check
	systemctl daemon-reload
	systemctl restart oomtrace
	systemd-run --quiet --unit="$1" -p MemoryMax=32M -p MemorySwapMax=0 "$WORK" hog 48
	wait_until 30 posted $((before + 1))
	systemctl is-active oomtrace >"$OUT/service-$1.active"
	journalctl -u oomtrace -o cat --no-pager --since -1min >"$OUT/service-$1.journal"
}

pages() {
	type_page README.md
	type_page docs/service.md
	type_page docs/snapshots.md
	type_page docs/hooks.md
	save near-snapshot $SNAPSHOTS/*/*
	rm -rf $SNAPSHOTS
}

services() {
	[ -e /usr/local/sbin/oomtrace ] || make install STATIC=1 >/dev/null
	mkdir -p $DROPIN /etc/oomtrace
	python3 extract.py file docs/hooks.md "# $DROPIN/hooks.conf" >$DROPIN/hooks.conf
	service webhook "$SBIN/oom-webhook https://chat.example/hook"
	nsenter -t "$(systemctl show -P MainPID oomtrace)" -m test -w $SNAPSHOTS
	expect webhook folder $?
	rm $DROPIN/hooks.conf
	service outside "$SBIN/oom-outside https://chat.example/hook"
	# What members of adm can do then.
	python3 extract.py file docs/service.md Group=adm >$DROPIN/group.conf
	systemctl daemon-reload
	systemctl restart oomtrace
	cli adm setpriv --reuid 65534 --regid adm --clear-groups oomtrace list
}

begin_run
mkdir -p build/static && cp "$BIN" build/static/
install_hooks
listen
[ $# != 0 ] || set -- pages hooks services
for part; do
	$part
done
end_run
