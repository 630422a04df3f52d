#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Root file systems for vm.sh, made from Debian's packages; prints the image's path.
#   rootfs.sh docker    systemd, a Docker daemon with the systemd cgroup driver, stress-ng, and an
#                       image "oomtest" (busybox and stress-ng) that is loaded at boot
#   rootfs.sh bench     the same and the tools that oomtrace is measured against
set -euo pipefail
cd "$(dirname "$0")"
. ./lib.sh

SUITE=bookworm
packages=systemd,systemd-sysv,dbus,docker.io,stress-ng,procps,busybox-static,kmod,iproute2
case ${1:-} in
docker) ;;
bench) packages+=,libbpf-tools,bpftrace ;;
*) die 2 "usage: rootfs.sh docker|bench" ;;
esac
flavour=$1
dir=$CACHE/rootfs/$flavour-$(sha256sum rootfs.sh | cut -c1-12)

# Settles what the packages leave open. Runs with the new root in $1.
configure() {
	local root=$1 image
	cat >"$root/etc/docker/daemon.json" <<-'JSON'
		{"exec-opts": ["native.cgroupdriver=systemd"], "bridge": "none",
		 "iptables": false, "ip6tables": false}
	JSON
	cat >"$root/etc/systemd/system/oomtrace-job.service" <<-'UNIT'
		[Unit]
		Description=The command of vm.sh
		After=docker.service
		Wants=docker.service
		[Service]
		Type=oneshot
		ExecStartPre=/bin/sh -c 'docker image inspect oomtest >/dev/null 2>&1 || docker import /usr/share/oomtest.tar oomtest'
		ExecStart=/bin/sh /oomtrace/.run
		TimeoutStartSec=infinity
		UNIT
	mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
	ln -sf ../oomtrace-job.service "$root/etc/systemd/system/multi-user.target.wants/"
	# What a test machine has no use for costs seconds at each boot under emulation.
	for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
		fstrim.timer systemd-timesyncd.service e2scrub_reap.service systemd-journald-audit.socket; do
		ln -sf /dev/null "$root/etc/systemd/system/$unit"
	done
	# The container's image: there is no registry to pull one from.
	image=$root/tmp/oomtest
	mkdir -p "$image"/{bin,usr/bin,tmp,proc,dev,sys,etc}
	cp "$root/bin/busybox" "$image/bin/"
	for applet in sh sleep free cat ls ps kill; do ln -s busybox "$image/bin/$applet"; done
	cp "$root/usr/bin/stress-ng" "$image/usr/bin/"
	chroot "$root" ldd /usr/bin/stress-ng | grep -o '/[^ ]*' | while read -r lib; do
		mkdir -p "$image/$(dirname "$lib")"
		cp -L "$root/$lib" "$image/$lib"
	done
	tar -C "$image" -cf "$root/usr/share/oomtest.tar" .
	rm -rf "$image"
}

build() {
	local tmp=$1
	mmdebstrap --quiet --mode=root --variant=minbase --architectures=amd64 --include="$packages" \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' --aptopt='Apt::Install-Recommends "false"' \
		--keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
		"$SUITE" "$tmp/root" \
		"deb $(mirror debian) $SUITE main" "deb $(mirror security) $SUITE-security main" >&2
	rm -rf "$tmp"/root/var/cache/apt/* "$tmp"/root/var/lib/apt/lists/*
	configure "$tmp/root"
	PATH=$PATH:/sbin:/usr/sbin mke2fs -q -t ext4 -O ^has_journal -d "$tmp/root" "$tmp/image" 3G
	rm -rf "$tmp/root"
}

mkdir -p "$CACHE/rootfs"
exec 9>"$CACHE/rootfs/.lock"
flock 9
if ! entry_good "$dir"; then
	[ "$(id -u)" = 0 ] || die 1 "building a root file system needs root: sudo $0 $flavour"
	say "building the $flavour guest from Debian's packages (about a minute, once)"
	tmp=$(mktemp -d "$CACHE/rootfs/.$flavour.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	build "$tmp"
	entry_finish "$tmp"
	rm -rf "$CACHE/rootfs/$flavour"-*
	mv "$tmp" "$dir"
fi
echo "$dir/image"
