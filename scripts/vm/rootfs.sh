#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Root file systems for vm.sh, made from Debian's packages; prints the path of the ext4 image.
#   rootfs.sh docker      Debian 12 with Docker, the systemd cgroup driver and stress-ng
#   rootfs.sh bench       the same and the tools that oomtrace is measured against
#   rootfs.sh runtimes    Debian 13 with Podman, crun, containerd, systemd-nspawn and LXC
#   rootfs.sh killers     Debian 13 with systemd, systemd-oomd and earlyoom
#   rootfs.sh pages       the docker guest with what the pages for users need: make, jq, curl, gdb and Python
# images/FLAVOUR.sh says what is in each. Needs no root where user namespaces are allowed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

flavour=${1:-}
case $flavour in
docker | bench | runtimes | killers | pages) ;;
*) die 2 'usage: rootfs.sh docker|bench|runtimes|killers|pages' ;;
esac
# What images/FLAVOUR.sh sets, beside settle ROOT. UNIT and SERVICE are lines of the unit that runs the command of vm.sh.
SUITE='' PACKAGES='' SIZE='' UNIT='' SERVICE=''
# shellcheck source=scripts/vm/images/docker.sh
. "$here/images/$flavour.sh"

# The job that runs the command of vm.sh, and what a test machine has no use for: it costs seconds at each boot
# under emulation.
add_job() { # root
	local wants=$1/etc/systemd/system/multi-user.target.wants unit
	# If anything here fails the machine goes down without a verdict, which vm.sh reports.
	cat >"$1/etc/systemd/system/oomtrace-job.service" <<-UNIT
		[Unit]
		Description=The command of vm.sh
		OnFailure=poweroff.target
		$UNIT
		[Service]
		Type=oneshot
		$SERVICE
		ExecStart=/oomtrace/.run
		TimeoutStartSec=infinity
	UNIT
	mkdir -p "$wants"
	ln -s ../oomtrace-job.service "$wants/"
	for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
		e2scrub_reap.service fstrim.timer; do
		ln -sf /dev/null "$1/etc/systemd/system/$unit"
	done
}

# A container's root in $2: busybox and the programs of the guest that follow, with the libraries they need.
container_root() { # guest's root, container's root, program...
	local root=$1 image=$2 program link
	shift 2
	mkdir -p "$image"/{bin,usr/bin,tmp,proc,dev,sys,etc,lib64}
	cp "$root/bin/busybox" "$image/bin/"
	for link in sh sleep free cat ls ps kill tail dd rm sync; do ln -s busybox "$image/bin/$link"; done
	for program; do
		cp "$root/usr/bin/$program" "$image/usr/bin/"
		# The new root's own linker finds the libraries: no chroot is needed, and so no root.
		env -u LD_PRELOAD "$root/lib64/ld-linux-x86-64.so.2" --inhibit-cache --library-path \
			"$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu" --list "$root/usr/bin/$program" |
			sed -n "s|.*=> $root\(/[^ ]*\).*|\1|p" | while read -r link; do
			mkdir -p "$image$(dirname "$link")"
			cp -L "$root$link" "$image$link"
		done
		cp -L "$root/lib64/ld-linux-x86-64.so.2" "$image/lib64/"
	done
}

# Unpacks $1/root.tar, settles what the packages leave open, and makes $1/image of it.
pack() {
	local root=$1/root
	mkdir "$root"
	tar -xpf "$1/root.tar" -C "$root" --exclude='./dev/*'
	rm "$1/root.tar"
	settle "$root"
	add_job "$root"
	truncate -s "$SIZE" "$1/image" # or mke2fs would tell that it makes it
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
	"${fake[@]}" bash -euo pipefail -c "$(declare -f pack settle add_job container_root)
		$(declare -p SIZE UNIT SERVICE); pack \"\$1\"" pack "$1"
}

# A change of these scripts makes another image. One of another state of them, used today, is kept.
state=$(declare -f pack settle add_job container_root build)$SUITE$PACKAGES$SIZE$UNIT$SERVICE
dir=$CACHE/images/$flavour-$(sha256sum <<<"$state" | cut -c1-12)
mkdir -p "$CACHE/images"
exec 9>"$CACHE/images/.lock"
flock 9
if ! entry_good "$dir"; then
	say "building the $flavour guest from Debian's packages: a minute or two, once"
	rm -rf "$CACHE"/images/.tmp.* # of runs that were killed
	tmp=$(mktemp -d "$CACHE/images/.tmp.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	build "$tmp"
	entry_finish "$tmp"
	find "$CACHE/images" -maxdepth 1 -name "$flavour-*" -mtime +0 -exec rm -rf {} +
	rm -rf "$dir"
	mv "$tmp" "$dir"
fi
touch "$dir"
echo "$dir/image"
