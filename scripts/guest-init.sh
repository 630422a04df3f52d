#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# /init of vm.sh's guests; the words in @ are filled in by it.
/bin/busybox --install -s /bin
export PATH=/bin HOME=/
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for module in /modules/*.ko; do
	insmod "$module"
done

if [ -n "@ROOT@" ]; then
	mount -t ext4 /dev/vdb /newroot
	mkdir -p /newroot/oomtrace
	mount -t tmpfs tmpfs /newroot/oomtrace
	cp -a /oomtrace/. /newroot/oomtrace
	umount /proc /sys
	exec switch_root /newroot /sbin/init
fi

mount -t tracefs tracefs /sys/kernel/tracing
mount -t bpf bpf /sys/fs/bpf
mount -t tmpfs tmpfs /tmp
mkdir -p /dev/shm /etc
ln -s /proc/self/fd /dev/fd
echo root:x:0:0::/:/bin/sh >/etc/passwd
ip link set lo up
if [ "@CGROUP@" = v1 ]; then
	mount -t tmpfs tmpfs /sys/fs/cgroup
	mkdir /sys/fs/cgroup/memory
	mount -t cgroup -o memory cgroup /sys/fs/cgroup/memory
else
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	echo '+memory +cpu +pids' >/sys/fs/cgroup/cgroup.subtree_control
fi
[ "@SWAP@" = 0 ] || swapon /dev/vdb
/oomtrace/.run
