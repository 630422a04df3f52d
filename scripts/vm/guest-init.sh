#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# /init of vm.sh's guests. vm.sh puts ROOT, CGROUP and SWAP_MIB into /settings.
# Disks: vda takes the results home, then the root file system if there is one, then swap.
/bin/busybox --install -s /bin
export PATH=/bin HOME=/
# shellcheck disable=SC1091
. /settings

give_up() {
	echo "oomtrace-vm: $1" >/dev/ttyS0
	poweroff -f
}

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for module in /modules/*.ko; do
	insmod "$module" || give_up "cannot insert $module"
done
swap=/dev/vdb
[ -z "$ROOT" ] || swap=/dev/vdc
[ "$SWAP_MIB" = 0 ] || swapon $swap || give_up 'no swap'

if [ -n "$ROOT" ]; then
	mount -t ext4 /dev/vdb /newroot || give_up 'cannot mount the root file system'
	mkdir -p /newroot/oomtrace
	mount -t tmpfs tmpfs /newroot/oomtrace
	cp -a /oomtrace/. /newroot/oomtrace
	umount /proc /sys
	exec switch_root /newroot /sbin/init
fi

mkdir -p /dev/pts /dev/shm /etc /run
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
mount -t bpf bpf /sys/fs/bpf
ln -s /proc/self/fd /dev/fd
echo root:x:0:0::/:/bin/sh >/etc/passwd
echo root:x:0: >/etc/group
ip link set lo up
if [ "$CGROUP" = v1 ]; then
	mount -t tmpfs tmpfs /sys/fs/cgroup
	mkdir /sys/fs/cgroup/memory
	mount -t cgroup -o memory cgroup /sys/fs/cgroup/memory ||
		give_up 'this kernel has no memory controller for cgroup v1'
else
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	echo '+memory +cpu +pids' >/sys/fs/cgroup/cgroup.subtree_control || give_up 'no cgroup controllers'
fi
/oomtrace/.run
