# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034 # rootfs.sh reads them
# The other runtimes: Podman (as root and as the user "user", with crun), containerd (with runc), systemd-nspawn, LXC.
# /usr/share/oomtest is a container's root, with busybox alone.
SUITE=trixie
PACKAGES=systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,podman,crun,uidmap,containerd,runc
PACKAGES+=,systemd-container,lxc,procps,iproute2,kmod,busybox-static,python3-grpcio
SIZE=3G
UNIT='After=dbus.service systemd-machined.service'
SERVICE=''

settle() { # root
	local root=$1 unit
	container_root "$root" "$root/usr/share/oomtest"
	tar -C "$root/usr/share/oomtest" -cf "$root/usr/share/oomtest.tar" .
	mkdir -p "$root/etc/containers"
	# vm.sh's guests have neither a network nor a journal that is read.
	cat >"$root/etc/containers/containers.conf" <<-'CONF'
		[containers]
		netns = "none"
		log_driver = "k8s-file"
		[engine]
		events_logger = "file"
		runtime = "crun"
	CONF
	# A user whose systemd is there without a login.
	echo 'user:x:1000:1000::/home/user:/bin/sh' >>"$root/etc/passwd"
	echo 'user:x:1000:' >>"$root/etc/group"
	echo 'user:*:20000:0:99999:7:::' >>"$root/etc/shadow" # without it PAM lets no session begin
	echo 'user:100000:65536' | tee "$root/etc/subuid" >"$root/etc/subgid"
	install -d -o 1000 -g 1000 -m 700 "$root/home/user"
	mkdir -p "$root/var/lib/systemd/linger"
	: >"$root/var/lib/systemd/linger/user"
	for unit in containerd.service lxc.service lxc-net.service podman.service podman.socket \
		podman-auto-update.timer podman-restart.service podman-clean-transient.service; do
		rm -f "$root"/etc/systemd/system/*.wants/$unit
	done
}
