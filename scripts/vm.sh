#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs a command in a throwaway virtual machine with a stock Debian kernel.
#
#   vm.sh --kernel LABEL --out DIR [--root FLAVOUR] [--put FILE|DIR[:NAME]]... [--timeout SEC]
#         [--mem MiB] [--smp N] [--swap MiB] [--cgroup v1] [--icount] [--append ARGS] [--live]
#         -- COMMAND ARGS...
#
# The guest is a busybox in the initramfs or, with --root, an image of rootfs.sh with systemd. What
# --put names lies in /oomtrace there; COMMAND runs there as root, and what it leaves in $OUT comes
# back in DIR, with console.log, dmesg.log and status. --live shows its output as it comes.
#
# The exit code is COMMAND's if the guest wrote its verdict and its kernel had nothing to complain
# of; 125 otherwise: a hang, a panic, a splat and silence are all failures.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

kernel='' root='' out='' timeout=300 mem=1024 smp=2 swap=0 cgroup=v2 icount='' append='' live=''
puts=()
while [ $# -gt 0 ]; do
	case $1 in
	--kernel) kernel=$2; shift 2 ;;
	--root) root=$2; shift 2 ;;
	--put) puts+=("$2"); shift 2 ;;
	--out) out=$2; shift 2 ;;
	--timeout) timeout=$2; shift 2 ;;
	--mem) mem=$2; shift 2 ;;
	--smp) smp=$2; shift 2 ;;
	--swap) swap=$2; shift 2 ;;
	--cgroup) cgroup=$2; shift 2 ;;
	--append) append=$2; shift 2 ;;
	--icount) icount=1; shift ;;
	--live) live=1; shift ;;
	--) shift; break ;;
	*) die 2 "unknown option '$1'; see the top of $0" ;;
	esac
done
[ -n "$kernel" ] && [ -n "$out" ] && [ $# -gt 0 ] || die 2 "--kernel, --out and a command are needed"

work=$(mktemp -d "${TMPDIR:-/tmp}/oomtrace-vm.XXXXXX")
qemu_pid='' tail_pid=''
cleanup() {
	[ -z "$qemu_pid" ] || kill "$qemu_pid" 2>/dev/null || true
	[ -z "$tail_pid" ] || kill "$tail_pid" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# Whether KVM really runs a guest here: the device can exist, open, and yet hang a stock kernel. The
# answer is good until the next boot.
accel() {
	local answer boot
	if [ -n "$icount" ]; then
		echo 'tcg -icount shift=0,sleep=off -cpu max'
		return
	fi
	answer=${OOMTRACE_ACCEL:-}
	if [ -z "$answer" ]; then
		boot=$CACHE/accel.$(cat /proc/sys/kernel/random/boot_id)
		[ -f "$boot" ] || probe_kvm >"$boot"
		answer=$(cat "$boot")
	fi
	case $answer in
	kvm) echo 'kvm -cpu host' ;;
	tcg) echo 'tcg,thread=multi -cpu max' ;;
	*) die 2 "OOMTRACE_ACCEL is '$answer'; it takes kvm or tcg" ;;
	esac
}

probe_kvm() {
	if [ -w /dev/kvm ] && timeout 15 qemu-system-x86_64 -accel kvm -cpu host -m 256 -nographic \
		-no-reboot -kernel "$dir/vmlinuz" -append 'console=ttyS0 panic=-1 rdinit=/none' \
		</dev/null 2>/dev/null | grep -q 'Kernel panic'; then
		echo kvm
	else
		echo tcg
	fi
}

# The modules that are asked for and what they need, in the order in which they must be inserted.
module_order() {
	python3 - "$dir/modules" "$@" <<'PY'
import os, re, sys
root, wanted = sys.argv[1], sys.argv[2:]
deps, by_name = {}, {}
for line in open(root + "/modules.dep"):
    path, _, needs = line.partition(":")
    deps[path] = needs.split()
    by_name[re.sub(r"\.ko.*", "", os.path.basename(path)).replace("-", "_")] = path
done = []
def add(path):
    for need in deps[path]:
        add(need)
    if path not in done:
        done.append(path)
for name in wanted:
    if name in by_name:  # else it is built in
        add(by_name[name])
print("\n".join(done))
PY
}

build_initramfs() {
	local tree=$work/initramfs n=0 path name
	mkdir -p "$tree"/{bin,dev,proc,sys,tmp,modules,newroot,oomtrace/out}
	cp "$(command -v busybox)" "$tree/bin/busybox"
	for name in sh mount insmod; do ln -s busybox "$tree/bin/$name"; done
	while read -r path; do
		[ -n "$path" ] || continue
		n=$((n + 1))
		name=$tree/modules/$(printf %03d $n).ko
		case $path in
		*.xz) xz -dc "$dir/modules/$path" >"$name" ;;
		*.zst) zstd -qdc "$dir/modules/$path" >"$name" ;;
		*) cp "$dir/modules/$path" "$name" ;;
		esac
	done < <(module_order virtio_pci virtio_blk ext4 overlay)
	for path in ${puts[@]+"${puts[@]}"}; do
		name=${path##*:}
		[ "$name" != "$path" ] || name=$(basename "$path")
		cp -aL "${path%%:*}" "$tree/oomtrace/$name"
	done
	printf '%q ' "$@" >"$tree/oomtrace/.command"
	cp "$here/guest-run.sh" "$tree/oomtrace/.run"
	sed -e "s/@ROOT@/$root/" -e "s/@CGROUP@/$cgroup/" -e "s/@SWAP@/$swap/" \
		"$here/guest-init.sh" >"$tree/init"
	chmod +x "$tree/init" "$tree/oomtrace/.run"
	(cd "$tree" && find . | cpio -o -H newc -R 0:0 --quiet) >"$work/initrd"
	rm -rf "$tree"
}

mkdir -p "$CACHE"
dir=$("$here/kernels.sh" fetch "$kernel")
build_initramfs "$@"
drives=(-drive "file=$work/out.img,if=virtio,format=raw,cache=unsafe")
truncate -s 1G "$work/out.img"
if [ -n "$root" ]; then
	image=$("$here/rootfs.sh" "$root")
	qemu-img create -q -f qcow2 -F raw -b "$image" "$work/root.qcow2"
	drives+=(-drive "file=$work/root.qcow2,if=virtio,cache=unsafe")
fi
if [ "$swap" -gt 0 ]; then
	truncate -s "${swap}M" "$work/swap.img"
	chmod 600 "$work/swap.img"
	PATH=$PATH:/sbin:/usr/sbin mkswap -q "$work/swap.img"
	drives+=(-drive "file=$work/swap.img,if=virtio,format=raw,cache=unsafe")
fi
[ -z "$icount" ] || smp=1
read -ra acceleration <<<"$(accel)"
touch "$work/live"
if [ -n "$live" ]; then
	tail -n +1 -s 0.1 -F "$work/live" 2>/dev/null > >(sed -u 's/\r$//') &
	tail_pid=$!
fi
timeout "$timeout" qemu-system-x86_64 -accel "${acceleration[@]}" -m "$mem" -smp "$smp" -nodefaults \
	-display none -no-reboot -kernel "$dir/vmlinuz" -initrd "$work/initrd" \
	-serial "file:$work/console.log" -serial "file:$work/live" "${drives[@]}" \
	-append "console=ttyS0 loglevel=2 panic=-1 oops=panic log_buf_len=16M printk.devkmsg=on apparmor=0 systemd.show_status=0 systemd.mask=getty@.service $append" \
	</dev/null >"$work/qemu.log" 2>&1 &
qemu_pid=$!
qemu_code=0
wait "$qemu_pid" || qemu_code=$?
qemu_pid=''
[ -z "$tail_pid" ] || { sleep 0.5; kill "$tail_pid" 2>/dev/null || true; }

mkdir -p "$out"
tar -xf "$work/out.img" -C "$out" 2>/dev/null || true
tr -d '\r' <"$work/console.log" >"$out/console.log"
fail() {
	say "$kernel: $1"
	cat "$work/qemu.log" >&2
	tail -n 30 "$out/console.log" >&2
	exit 125
}
[ "$qemu_code" != 124 ] || fail "no verdict after $timeout s"
[ "$qemu_code" = 0 ] || fail "QEMU ended with $qemu_code"
[ -s "$out/status" ] && grep -q 'oomtrace-vm: done' "$out/console.log" || fail "the guest ended without a verdict"
if grep -E 'BUG:|WARNING: |Oops|rcu.*stall|soft lockup|Kernel panic|KASAN:|UBSAN:' \
	"$out/console.log" "$out/dmesg.log" >&2; then
	fail "the guest's kernel complained"
fi
exit "$(cat "$out/status")"
