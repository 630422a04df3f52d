#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Stock Debian kernels for the tests.
#   kernels.sh list              the labels of the matrix
#   kernels.sh fetch LABEL...    prints for each the folder with vmlinuz, modules/ and version
# Exit code 4: the mirror has no such kernel (any more).
set -euo pipefail
cd "$(dirname "$0")"
. ./lib.sh

LABELS='5.10old 5.10 6.1 6.12 6.1x backports sid'

# Suites to look in, the first that has a match wins, and the pattern of its version.
where() {
	case $1 in
	5.10old) echo '5\.10\.0-30 bullseye' ;; # 5.10.218: mark_victim has its old prototype
	5.10) echo '5\.10\.0 bullseye-security bullseye' ;;
	6.1) echo '6\.1\.0 bookworm-security bookworm' ;;
	6.12) echo '6\.12\. trixie-security trixie' ;;
	# Not 6.19: the mirror keeps its linux-binary-* but not the linux-modules-* that go with it.
	6.1x) echo '6\.1[678]\. trixie-backports' ;;
	backports) echo '[0-9] trixie-backports' ;;
	sid) echo '[0-9] sid' ;;
	*) die 2 "no kernel is called '$1'; there are: $LABELS" ;;
	esac
}

# From 6.19 on linux-image-* is empty: the kernel is in linux-binary-*, its modules in linux-modules-*.
available() { # suite: names of its kernel packages
	suite_apt "$1" apt-cache dumpavail | sed -n 's/^Package: \(linux-[a-z]*-[0-9].*\)/\1/p'
}

newest() { # suite pattern
	local names
	names=$(available "$1")
	for kind in binary image; do
		printf '%s\n' "$names" |
			grep -E "^linux-$kind-$2[^ ]*-cloud-amd64(-unsigned)?$" | grep -v -- '-0\.deb11' |
			sed 's/-unsigned$//' | sort -Vu | tail -n 1
	done | grep . | sed 's/^linux-[a-z]*-//' | sort -Vu | tail -n 1
}

packages() { # suite version
	local names
	names=$(available "$1")
	if printf '%s\n' "$names" | grep -qx "linux-binary-$2"; then
		echo "linux-binary-$2 linux-modules-$2"
	elif printf '%s\n' "$names" | grep -qx "linux-image-$2"; then
		echo "linux-image-$2"
	else
		echo "linux-image-$2-unsigned"
	fi
}

unpack() { # suite version dir
	local dir=$3 list
	read -ra list <<<"$(packages "$1" "$2")"
	mkdir -p "$dir/deb" "$dir/root"
	(cd "$dir/deb" && suite_apt "$1" apt-get download "${list[@]}" >/dev/null)
	for deb in "$dir"/deb/*.deb; do
		dpkg-deb -x "$deb" "$dir/root"
	done
	find "$dir/root" -name "vmlinuz*" -type f -exec mv {} "$dir/vmlinuz" \;
	mv "$(find "$dir/root" -path "*/lib/modules/$2" -type d)" "$dir/modules"
	rm -rf "$dir/modules/source" "$dir/modules/build"
	[ -f "$dir/modules/modules.dep" ] || depmod_tree "$2" "$dir"
	printf '%s %s\n' "$2" "$(cd "$dir/deb" && ls | head -n 1)" >"$dir/version"
	rm -rf "$dir/deb" "$dir/root"
	[ -s "$dir/vmlinuz" ] || die 1 "the package of $2 has no vmlinuz"
}

depmod_tree() { # version dir
	mkdir -p "$2/depmod/lib/modules"
	ln -s "$2/modules" "$2/depmod/lib/modules/$1"
	"$(PATH=$PATH:/usr/sbin:/sbin command -v depmod)" -b "$2/depmod" "$1" 2>/dev/null
	rm -rf "$2/depmod"
}

fetch() {
	local label=$1 pattern suite suites version="" dir tmp
	read -r pattern suites <<<"$(where "$label")"
	dir=$CACHE/kernels/$label
	# What was fetched today is used as it is, without the network.
	if entry_good "$dir" && [ -n "$(find "$dir/MANIFEST" -mtime -1)" ]; then
		echo "$dir"
		return
	fi
	for suite in $suites; do
		suite_update "$suite" || { entry_good "$dir" && echo "$dir" && return; }
		version=$(newest "$suite" "$pattern" || true)
		[ -z "$version" ] || break
	done
	[ -n "$version" ] || die 4 "no kernel for '$label' in: $suites"
	if entry_good "$dir" && [ "$(cut -d' ' -f1 "$dir/version")" = "$version" ]; then
		touch "$dir/MANIFEST"
		echo "$dir"
		return
	fi
	say "fetching $version"
	tmp=$(mktemp -d "$CACHE/kernels/.$label.XXXXXX")
	unpack "$suite" "$version" "$tmp"
	entry_finish "$tmp"
	rm -rf "$dir"
	mv "$tmp" "$dir"
	echo "$dir"
}

case ${1:-} in
list)
	printf '%s\n' $LABELS
	;;
fetch)
	shift
	mkdir -p "$CACHE/kernels"
	exec 9>"$CACHE/kernels/.lock"
	flock 9
	for label; do
		where "$label" >/dev/null
		fetch "$label"
	done
	;;
*) die 2 "usage: kernels.sh list | fetch LABEL..." ;;
esac
