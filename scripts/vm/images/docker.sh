# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034 # rootfs.sh reads them
# Docker with the systemd cgroup driver, and a container image "oomtest" (busybox and stress-ng) that is loaded at boot.
SUITE=bookworm
PACKAGES=systemd,systemd-sysv,dbus,docker.io,stress-ng,procps,iproute2,kmod,busybox-static
SIZE=2G
UNIT='After=docker.service
Requires=docker.service'
SERVICE='ExecStartPre=docker import /usr/share/oomtest.tar oomtest'

settle() { # root
	local root=$1 image=$1/tmp/oomtest
	# vm.sh's guests have neither a network nor netfilter.
	mkdir -p "$root/etc/docker"
	cat >"$root/etc/docker/daemon.json" <<-'JSON'
		{"exec-opts": ["native.cgroupdriver=systemd"], "bridge": "none",
		 "iptables": false, "ip6tables": false}
	JSON
	# There is no registry to pull one from.
	container_root "$root" "$image" stress-ng
	tar -C "$image" -cf "$root/usr/share/oomtest.tar" .
	rm -rf "$image"
}
