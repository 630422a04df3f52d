#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Root file systems for vm.sh, made from Debian's packages; prints the path of the ext4 image.
#   rootfs.sh docker    systemd, Docker with the systemd cgroup driver, stress-ng, and a container
#                       image "oomtest" (busybox and stress-ng) that is loaded at boot
#   rootfs.sh bench     the same and the tools that oomtrace is measured against
# Needs no root where user namespaces are allowed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

SUITE=bookworm
PACKAGES=systemd,systemd-sysv,dbus,docker.io,stress-ng,procps,iproute2,kmod,busybox-static
case ${1:-} in
docker) ;;
bench) PACKAGES+=,libbpf-tools,bpftrace,python3-bpfcc,linux-headers-cloud-amd64 ;;
*) die 2 'usage: rootfs.sh docker|bench' ;;
esac
flavour=$1

# Unpacks $1/root.tar, settles what the packages leave open, and makes $1/image of it.
pack() {
	local root=$1/root image=$1/root/tmp/oomtest unit lib
	mkdir "$root"
	tar -xpf "$1/root.tar" -C "$root" --exclude='./dev/*'
	rm "$1/root.tar"

	# vm.sh's guests have neither a network nor netfilter.
	mkdir -p "$root/etc/docker"
	cat >"$root/etc/docker/daemon.json" <<-'JSON'
		{"exec-opts": ["native.cgroupdriver=systemd"], "bridge": "none",
		 "iptables": false, "ip6tables": false}
	JSON
	# If anything here fails the machine goes down without a verdict, which vm.sh reports.
	cat >"$root/etc/systemd/system/oomtrace-job.service" <<-'UNIT'
		[Unit]
		Description=The command of vm.sh
		After=docker.service
		Requires=docker.service
		OnFailure=poweroff.target
		[Service]
		Type=oneshot
		ExecStartPre=docker import /usr/share/oomtest.tar oomtest
		ExecStart=/oomtrace/.run
		TimeoutStartSec=infinity
	UNIT
	mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
	ln -s ../oomtrace-job.service "$root/etc/systemd/system/multi-user.target.wants/"
	# What a test machine has no use for costs seconds at each boot under emulation.
	for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
		e2scrub_reap.service fstrim.timer; do
		ln -sf /dev/null "$root/etc/systemd/system/$unit"
	done

	# The container's image: there is no registry to pull one from.
	mkdir -p "$image"/{bin,usr/bin,tmp,proc,dev,sys,etc}
	cp "$root/bin/busybox" "$image/bin/"
	for lib in sh sleep free cat ls ps kill; do ln -s busybox "$image/bin/$lib"; done
	cp "$root/usr/bin/stress-ng" "$image/usr/bin/"
	# The new root's own linker finds the libraries: no chroot is needed, and so no root.
	env -u LD_PRELOAD "$root/lib64/ld-linux-x86-64.so.2" --inhibit-cache --library-path \
		"$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu" --list "$root/usr/bin/stress-ng" |
		sed -n "s|.*=> $root\(/[^ ]*\).*|\1|p" | while read -r lib; do
		mkdir -p "$image$(dirname "$lib")"
		cp -L "$root$lib" "$image$lib"
	done
	mkdir -p "$image/lib64"
	cp -L "$root/lib64/ld-linux-x86-64.so.2" "$image/lib64/"
	tar -C "$image" -cf "$root/usr/share/oomtest.tar" .
	rm -rf "$image"

	truncate -s 2G "$1/image" # or mke2fs would tell that it makes it
	mke2fs -q -t ext4 -O '^has_journal' -d "$root" "$1/image"
	rm -rf "$root"
}

build() { # dir
	local fake=()
	mmdebstrap --quiet --variant=minbase --architectures=amd64 --include="$PACKAGES" \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
		"$SUITE" "$1/root.tar" \
		"deb $(mirror debian) $SUITE main" "deb $(mirror security) $SUITE-security main" >&2
	# The image must have files of several owners in it.
	[ "$(id -u)" = 0 ] || fake=(fakeroot)
	"${fake[@]}" bash -euo pipefail -c "$(declare -f pack); pack \"\$1\"" pack "$1"
}

# A change of this script makes another image.
dir=$CACHE/images/$flavour-$(sha256sum "$here/rootfs.sh" | cut -c1-12)
mkdir -p "$CACHE/images"
exec 9>"$CACHE/images/.lock"
flock 9
if ! entry_good "$dir"; then
	say "building the $flavour guest from Debian's packages: about a minute, once"
	rm -rf "$CACHE"/images/.tmp.* # of runs that were killed
	tmp=$(mktemp -d "$CACHE/images/.tmp.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	build "$tmp"
	entry_finish "$tmp"
	rm -rf "$CACHE/images/$flavour"-*
	mv "$tmp" "$dir"
fi
echo "$dir/image"
