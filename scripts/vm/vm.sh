#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs a command in a throwaway virtual machine with a stock Debian kernel.
#
#   vm.sh --kernel LABEL --out DIR [OPTION]... -- COMMAND ARGS...
#
#   --kernel LABEL         see kernels.sh list
#   --out DIR              new, empty, or of an earlier run, which is then emptied
#   --root FLAVOUR         a guest of rootfs.sh, with systemd: docker, bench, runtimes, killers or pages; else busybox in an initramfs
#   --put PATH[:NAME]      a file or folder to have in the guest as /oomtrace/NAME; repeatable
#   --timeout SEC          (300)    --mem MiB  (1024)    --smp N  (2)    --swap MiB  (0)
#                          The time in which the guest waits for a CPU of a busy machine isn't counted.
#   --nodes N              (1) memory nodes, each with its part of the memory and of the CPUs
#   --cgroup v1            the memory controller of cgroup v1, in /sys/fs/cgroup/memory
#   --icount               a clock that counts instructions: equal figures from run to run
#   --append ARGS          for the kernel's command line
#   --live                 show COMMAND's output as it comes
#
# COMMAND runs as root in /oomtrace. What it leaves in $OUT comes back in DIR, with console.log,
# dmesg.log, output.log (COMMAND's output) and status (its exit code).
#
# The exit code is COMMAND's if the guest delivered its verdict and its kernel complained of nothing. 124: the
# guest ran out of time. 125: anything else, such as a panic, a splat or silence. 4: the mirror has no such
# kernel.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

# With what a kernel's log tells of a fault in it. The exception is a remark on the processor.
SPLAT='BUG:|WARNING: |Oops|general protection fault|rcu: INFO: .*stall|(soft|hard) lockup|blocked for more than'
SPLAT+='|Kernel panic|KASAN:|UBSAN:'
NO_SPLAT='Spectre V2 : WARNING'

parse() {
	kernel='' root='' out='' timeout=300 mem=1024 smp=2 swap=0 nodes=1 cgroup=v2 icount='' append='' live=''
	puts=() command=()
	while [ $# -gt 0 ]; do
		case $1 in
		--kernel | --root | --out | --put | --timeout | --mem | --smp | --swap | --nodes | --cgroup | --append)
			[ $# -gt 1 ] || die 2 "$1 needs a value"
			if [ "$1" = --put ]; then puts+=("$2"); else printf -v "${1#--}" %s "$2"; fi
			shift 2
			;;
		--icount) icount=1 smp=1; shift ;;
		--live) live=1; shift ;;
		--) shift; command=("$@"); break ;;
		*) die 2 "unknown option '$1'; the top of $0 lists them" ;;
		esac
	done
	if [ -z "$kernel" ] || [ -z "$out" ] || [ ${#command[@]} = 0 ]; then
		die 2 'usage: vm.sh --kernel LABEL --out DIR [OPTION]... -- COMMAND ARGS...'
	fi
	case $cgroup in v1 | v2) ;; *) die 2 "--cgroup takes v1 or v2" ;; esac
	[ -z "$icount" ] || smp=1
}

# A result of an earlier run must never be taken for one of this.
prepare_out() {
	mkdir -p "$out"
	if [ -f "$out/console.log" ]; then
		find "$out" -mindepth 1 -delete
	elif [ -n "$(ls -A "$out")" ]; then
		die 2 "$out has files in it that are not of an earlier run"
	fi
	: >"$out/console.log"
}

# shellcheck disable=SC2317 # the traps call it
cleanup() {
	[ -z "$qemu" ] || kill "$qemu" 2>/dev/null || true
	rm -rf "$work"
}

# Whether KVM really runs a guest here: the device can exist, open, and yet hang a stock kernel. A
# kernel without a root that gets as far as missing it has shown enough.
probe_kvm() {
	[ -w /dev/kvm ] || return
	timeout -k 2 15 qemu-system-x86_64 -accel kvm -cpu host -m 256 -nodefaults -display none -no-reboot \
		-kernel "$dir/vmlinuz" -append 'console=ttyS0 panic=-1' -serial "file:$work/probe" \
		</dev/null >/dev/null 2>&1 || true
	grep -q 'Kernel panic' "$work/probe" 2>/dev/null
}

# Sets accel. What the probe found is good until the next boot.
choose_accel() {
	local known choice=${OOMTRACE_ACCEL:-}
	if [ -n "$icount" ]; then
		accel=(-accel tcg -icount 'shift=0,sleep=off' -cpu max)
		return
	fi
	if [ -z "$choice" ]; then
		known=$CACHE/accel.$(cat /proc/sys/kernel/random/boot_id)
		if ! [ -s "$known" ]; then
			if probe_kvm; then echo kvm; else echo tcg; fi >"$work/accel"
			rm -f "$CACHE"/accel.*
			mv "$work/accel" "$known"
		fi
		choice=$(cat "$known")
	fi
	case $choice in
	kvm) accel=(-accel kvm -cpu host) ;;
	# With a thread for each CPU, a guest that patches its code while another CPU runs it can panic:
	# docs/notes/text-poke.md. So one thread runs all, in turn.
	tcg) accel=(-accel 'tcg,thread=single' -cpu max) ;;
	tcg-multi) accel=(-accel 'tcg,thread=multi' -cpu max) ;;
	*) die 2 "OOMTRACE_ACCEL takes kvm, tcg or tcg-multi, not '$choice'" ;;
	esac
}

# Modules for the disks, for Docker and for its networks, in the order in which they must be inserted.
# What a kernel has built in isn't among them, and modprobe may say so.
add_modules() { # into
	local n=100 verb path rest
	while read -r verb path rest; do
		[ "$verb" = insmod ] || continue
		n=$((n + 1))
		case $path in
		*.xz) xz -dc "$path" ;;
		*.zst) zstd -qdc "$path" ;;
		*) cat "$path" ;;
		esac >"$1/$n.ko"
	done < <(modprobe -d "$dir" -S "$(cut -d' ' -f1 "$dir/version")" --show-depends -a \
		virtio_pci virtio_blk ext4 overlay veth bridge 2>/dev/null | awk '!seen[$0]++')
	[ $n -gt 100 ] || die 1 "no modules in $dir"
}

build_initramfs() {
	local tree=$work/initramfs path name word
	mkdir -p "$tree"/{bin,dev,proc,sys,tmp,modules,newroot,oomtrace/out}
	cp "$(command -v busybox)" "$tree/bin/busybox"
	ln -s busybox "$tree/bin/sh"
	add_modules "$tree/modules"
	for path in "${puts[@]}"; do
		name=${path##*:}
		[ "$name" != "$path" ] || name=$(basename "$path")
		mkdir -p "$(dirname "$tree/oomtrace/$name")"
		cp -aL "${path%:*}" "$tree/oomtrace/$name"
	done
	# Not printf %q: what it writes is bash's, and the guest has another shell.
	for word in "${command[@]}"; do
		printf "'%s' " "${word//\'/\'\\\'\'}"
	done >"$tree/oomtrace/.command"
	printf 'ROOT=%s CGROUP=%s SWAP_MIB=%s\n' "$root" "$cgroup" "$swap" >"$tree/settings"
	install -m 755 "$here/guest-run.sh" "$tree/oomtrace/.run"
	install -m 755 "$here/guest-init.sh" "$tree/init"
	(cd "$tree" && find . | cpio -o -H newc -R 0:0 --quiet) >"$work/initrd"
	rm -rf "$tree"
}

make_disks() { # sets drives; guest-init.sh counts on their order
	local image
	truncate -s 1G "$work/results"
	drives=(-drive "file=$work/results,if=virtio,format=raw,cache=unsafe")
	if [ -n "$root" ]; then
		image=$("$here/rootfs.sh" "$root")
		qemu-img create -q -f qcow2 -F raw -b "$image" "$work/root"
		drives+=(-drive "file=$work/root,if=virtio,format=qcow2,cache=unsafe")
	fi
	if [ "$swap" != 0 ]; then
		truncate -s "${swap}M" "$work/swap"
		chmod 600 "$work/swap"
		mkswap -q "$work/swap"
		drives+=(-drive "file=$work/swap,if=virtio,format=raw,cache=unsafe")
	fi
}

make_nodes() { # sets numa; CPUs of two nodes are never of one socket
	local node each=$((smp / nodes))
	numa=()
	[ "$nodes" != 1 ] || return 0
	numa=(-smp "$smp,sockets=$nodes")
	for ((node = 0; node < nodes; node++)); do
		numa+=(-object "memory-backend-ram,id=node$node,size=$((mem / nodes))M")
		numa+=(-numa "node,memdev=node$node,cpus=$((node * each))-$((node * each + each - 1))")
	done
}

# Seconds for which the guest could have run and had no CPU: of the thread that waited longest, as the
# scheduler counts it.
waited_for_cpu() { # QEMU
	local file wait longest=0
	for file in /proc/"$1"/task/*/schedstat; do
		{ read -r _ wait _ <"$file"; } 2>/dev/null || continue
		[ "$wait" -le "$longest" ] || longest=$wait
	done
	echo $((longest / 1000000000))
}

# Ends QEMU when the guest has had its time, and says in $work/late how much that was.
watch_time() { # QEMU
	local from=$SECONDS waited
	while sleep 1 && kill -0 "$1" 2>/dev/null; do
		[ $((SECONDS - from)) -ge "$timeout" ] || continue
		waited=$(waited_for_cpu "$1")
		[ $((SECONDS - from - waited)) -ge "$timeout" ] || continue
		echo "no verdict after $((SECONDS - from)) s, $waited of them without a CPU; the limit is $timeout s" \
			>"$work/late"
		kill "$1" 2>/dev/null
		sleep 5
		kill -KILL "$1" 2>/dev/null
	done
}

# Runs the guest; sets qemu_code. COMMAND's output comes through a pipe that we hold open too, so that
# its reader always gets an end of file, whatever becomes of QEMU.
boot() {
	local reader options
	# A machine that has no time for the guest is no CPU of the guest's that is stuck: 120 s in place of 20.
	local stuck='watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120'
	options="$stuck console=ttyS0 loglevel=4 panic=-1 oops=panic log_buf_len=16M printk.devkmsg=on"
	options+=" no_timer_check apparmor=0 systemd.show_status=0 systemd.mask=getty@.service"
	options+=" systemd.mask=serial-getty@ttyS0.service"
	mkfifo "$work/output"
	if [ -n "$live" ]; then tee "$out/output.log"; else cat >"$out/output.log"; fi <"$work/output" &
	reader=$!
	exec 8>"$work/output"
	make_nodes
	qemu-system-x86_64 "${accel[@]}" -m "$mem" -smp "$smp" "${numa[@]}" -nodefaults \
		-display none -no-reboot -kernel "$dir/vmlinuz" -initrd "$work/initrd" \
		-serial "file:$work/console" -serial "file:$work/output" "${drives[@]}" \
		-append "$options $append" </dev/null >"$work/qemu.log" 2>&1 &
	qemu=$!
	watch_time "$qemu" 8>&- &
	watcher=$!
	qemu_code=0
	wait "$qemu" || qemu_code=$?
	qemu=''
	kill "$watcher" 2>/dev/null || true
	wait "$watcher" 2>/dev/null || true
	exec 8>&-
	wait "$reader" || true
}

fail() { # TEXT [CODE]
	head -n 5 "$work/qemu.log" >&2
	tail -n 30 "$out/console.log" >&2
	say "$kernel: $1"
	exit "${2:-125}"
}

judge() {
	touch "$work/console"
	tr -d '\r' <"$work/console" >"$out/console.log"
	mkdir "$work/home"
	tar -xf "$work/results" -C "$work/home" 2>/dev/null || true
	cp -a "$work/home/out/." "$out" 2>/dev/null || true
	cp "$work"/home/{dmesg.log,status} "$out" 2>/dev/null || true
	[ ! -e "$work/late" ] || fail "ran out of time: $(cat "$work/late")" 124
	[ "$qemu_code" = 0 ] || fail "QEMU ended with $qemu_code"
	cp "$out/console.log" "$work/log"
	[ ! -f "$work/home/dmesg.log" ] || cat "$work/home/dmesg.log" >>"$work/log"
	if grep -Ev "$NO_SPLAT" "$work/log" | grep -E "$SPLAT" >&2; then
		fail "the guest's kernel complained"
	fi
	if ! [ -s "$work/home/dmesg.log" ] || ! [ -s "$work/home/status" ]; then
		fail 'the guest ended without a verdict'
	fi
	exit "$(cat "$work/home/status")"
}

main() {
	parse "$@"
	prepare_out
	mkdir -p "$CACHE"
	qemu=''
	work=$(mktemp -d "${TMPDIR:-/tmp}/oomtrace-vm.XXXXXX")
	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	dir=$("$here/kernels.sh" fetch "$kernel")
	build_initramfs
	make_disks
	choose_accel
	boot
	judge
}

main "$@"
