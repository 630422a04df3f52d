#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs what is missing, with apt.   setup.sh GROUP...
#   build   compile oomtrace            test    the unit tests
#   vm      the virtual machines        bench   the benchmarks, which run in virtual machines
#   browser the HTML reports' tests     lint    make lint
# Without root, sudo or apt it changes nothing: it says what is needed and exits with 1.
set -euo pipefail
. "$(dirname "$0")/vm/lib.sh"

BUILD='
clang            C compiler that can compile for BPF
llvm             the tools beside clang
gcc              C compiler
make             GNU make
bpftool          makes the skeleton header of the BPF programs
libbpf-dev       libbpf 1.1 or newer, headers and library
libelf-dev       libelf, which libbpf needs
libdw-dev        libdw, which finds symbols for addresses
libbz2-dev       libbz2, which a static libdw needs
liblzma-dev      liblzma, the same; unpacks .xz
libzstd-dev      libzstd, unpacks .zst
libiberty-dev    libiberty, which demangles names of C++ and Rust
zlib1g-dev       zlib, which libbpf needs; unpacks .gz
libjson-c-dev    JSON library
libc6-dev        C library headers
pkg-config       finds libraries
libjs-dygraphs   draws the charts of HTML reports
python3          checks the BPF programs'"'"' loads'
TEST='
libcmocka-dev    C unit test library
g++              C++ compiler, for a program whose names are mangled
libclang-rt-dev  clang'"'"'s fuzzer and sanitizers
mandoc           checks the man pages
groff-base       checks the man pages, too
tmux             the terminals whose screens are checked
zsh              checks its completion
fish             checks its completion
python3          runs the checks of the live tests
python3-jsonschema  checks recordings against docs/schema.json'
VM='
qemu-system-x86  QEMU for x86-64
qemu-utils       qemu-img
mmdebstrap       makes Debian root file systems
debian-archive-keyring  the keys that sign Debian
fakeroot         makes the image without being root
uidmap           runs mmdebstrap without being root
busybox-static   the guest'"'"'s user land
cpio             packs the initramfs
e2fsprogs        mke2fs
kmod             depmod
python3          orders the kernel modules
util-linux       flock, mkswap
xz-utils         unpacks kernel modules
zstd             unpacks kernel modules'

BROWSER='
chromium         opens the HTML reports
fonts-dejavu-core  letters for it
poppler-utils    reads the PDFs that it prints
python3          tells it what to do'
LINT='
clang-format     the format of the C code
clang-tidy       clang'"'"'s analyzer and its checks for mistakes
cppcheck         another analyzer
shellcheck       mistakes in shell scripts
flake8           mistakes in Python scripts'

groups=("$@")
[ $# -gt 0 ] || die 2 "usage: setup.sh build|test|vm|bench|browser|lint..."
table=''
for group in "${groups[@]}"; do
	case $group in
	build) table+=$BUILD ;;
	test) table+=$TEST ;;
	vm | bench) table+=$VM ;;
	browser) table+=$BROWSER ;;
	lint) table+=$LINT ;;
	*) die 2 "unknown group '$group'; there are: build test vm bench browser lint" ;;
	esac
done

# Lines of the table whose package is not installed.
missing() {
	local installed=''
	if command -v dpkg-query >/dev/null; then
		# shellcheck disable=SC2016 # dpkg-query's own variables
		installed=$(awk 'NF { print $1 }' <<<"$table" | sort -u |
			xargs dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null || true)
	fi
	awk 'NF && !seen[$1]++' <<<"$table" | while read -r package what; do
		grep -qx "installed $package" <<<"$installed" || printf '%-24s%s\n' "$package" "$what"
	done
}

refuse() {
	say "$1; install yourself (names as in Debian):"
	printf '%s\n' "$lacking" >&2
	exit 1
}

lacking=$(missing)
if [ -n "$lacking" ]; then
	command -v apt-get >/dev/null || refuse 'there is no apt-get here'
	as_root=()
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || refuse 'neither root nor sudo'
		as_root=(sudo)
	fi
	id=$(. /etc/os-release && echo "${ID:-} ${VERSION_ID:-}")
	case $id in
	'debian 1'[2-9]* | 'debian ') ;; # testing and sid have no version
	*) say "this is '$id', tried is Debian 12 and newer: names of packages may differ" ;;
	esac
	mapfile -t packages < <(awk '{ print $1 }' <<<"$lacking")
	say "installing ${packages[*]}"
	# A broken source of somebody else must not stop us: the install itself tells whether it matters.
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q update >&2 || say 'apt-get update failed'
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
		install "${packages[@]}" >&2 || refuse 'apt-get install failed'
fi

case " ${groups[*]} " in
*' build '*)
	pkg-config --atleast-version=1.1 libbpf ||
		die 1 "libbpf is $(pkg-config --modversion libbpf); 1.1 or newer is needed"
	;;
esac
