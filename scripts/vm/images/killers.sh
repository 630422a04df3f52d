# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034 # rootfs.sh reads them
# A machine with systemd and the programs that kill when memory is short: systemd-oomd and earlyoom. Neither runs yet.
SUITE=trixie
PACKAGES=systemd,systemd-sysv,dbus,systemd-oomd,earlyoom,procps,iproute2,kmod,busybox-static
SIZE=1500M
UNIT='After=dbus.service'
SERVICE=''

settle() { # root
	local unit
	for unit in earlyoom.service systemd-oomd.service systemd-oomd.socket; do
		rm -f "$1"/etc/systemd/system/*.wants/$unit "$1"/etc/systemd/system/dbus-org.freedesktop.oom1.service
	done
}
