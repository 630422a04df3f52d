#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Stock Debian kernels for the tests.
#   kernels.sh list              the labels of the matrix
#   kernels.sh fetch LABEL...    prints for each the folder with vmlinuz, modules/ and version
#                                (uname -r and the version of the Debian package)
# Exit code 4: the mirror has no such kernel (any more).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

LABELS=(5.10old 5.10 6.1 6.12 6.1x backports sid)

# The pattern of the version, and the suites to look in: the first that has a match wins.
where() {
	case $1 in
	5.10old) echo '5[.]10[.]0-30 bullseye' ;; # 5.10.218: mark_victim has its old prototype
	5.10) echo '5[.]10[.]0- bullseye-security bullseye' ;;
	6.1) echo '6[.]1[.]0- bookworm-security bookworm' ;;
	6.12) echo '6[.]12[.] trixie-security trixie' ;;
	6.1x) echo '6[.]1[6-9][.] trixie-backports sid' ;;
	backports) echo '[0-9] trixie-backports' ;;
	sid) echo '[0-9] sid' ;;
	*) die 2 "no kernel is called '$1'; there are: ${LABELS[*]}" ;;
	esac
}

# The newest complete kernel of a suite. Up to 6.18 linux-image-* has it all; from 6.19 on that is
# empty, the kernel is in linux-binary-* and its modules in linux-modules-*, and of kernels that were
# superseded the mirror may have kept only one of the two.
newest() { # suite pattern: prints the version and the packages to fetch
	suite_apt "$1" apt-cache dumpavail | WANT="^$2.*-cloud-amd64\$" awk '
		/^Package: linux-(image|binary|modules)-[0-9]/ {
			version = $2
			sub(/^linux-[a-z]*-/, "", version)
			sub(/-unsigned$/, "", version)
			# 0.deb11 are kernels of a newer Debian, built for this one.
			if (version ~ ENVIRON["WANT"] && version !~ /-0[.]deb/)
				has[$2] = version
		}
		END {
			for (name in has) {
				v = has[name]
				image = "linux-image-" v
				if (!(image in has))
					image = image "-unsigned"
				if (("linux-binary-" v) in has && ("linux-modules-" v) in has)
					print v, "linux-binary-" v, "linux-modules-" v
				else if (!(("linux-binary-" v) in has) && image in has)
					print v, image
			}
		}' | sort -Vu | tail -n 1
}

unpack() { # dir suite version packages...
	local dir=$1 suite=$2 version=$3 debs
	shift 3
	mkdir -p "$dir/deb" "$dir/root"
	(cd "$dir/deb" && suite_apt "$suite" apt-get download "$@" >/dev/null) || {
		rm -f "$CACHE/apt/$suite/updated" # the index may be older than the mirror
		die 1 "cannot download $*"
	}
	debs=("$dir"/deb/*.deb)
	for deb in "${debs[@]}"; do
		dpkg-deb -x "$deb" "$dir/root"
	done
	# Where they are changed with the versions: /boot or beside the modules, /lib or /usr/lib.
	find "$dir/root" -name 'vmlinuz*' -type f -exec mv {} "$dir/vmlinuz" \;
	find "$dir/root" -path "*/lib/modules/$version" -type d -prune -exec mv {} "$dir/modules" \;
	if ! [ -s "$dir/vmlinuz" ] || ! [ -d "$dir/modules/kernel" ]; then
		die 1 "$* lack the kernel or its modules"
	fi
	printf '%s %s\n' "$version" "$(dpkg-deb -f "${debs[0]}" Version)" >"$dir/version"
	# depmod and modprobe want the tree where it would be installed.
	rm -rf "$dir/deb" "$dir/root" "$dir"/modules/{source,build}
	mkdir -p "$dir/lib/modules"
	ln -s ../../modules "$dir/lib/modules/$version"
	depmod -b "$dir" "$version" 2>/dev/null
}

fetch() { # label
	local dir=$CACHE/linux/$1 good='' pattern suites suite code line found=() tmp
	read -r pattern suites <<<"$(where "$1")"
	! entry_good "$dir" || good=1
	# One that was looked at today is used as it is, without the network.
	if [ -z "$good" ] || [ -z "$(find "$dir/MANIFEST" -mtime -1)" ]; then
		for suite in $suites; do
			code=0
			suite_update "$suite" || code=$?
			[ $code != 4 ] || continue
			if [ $code != 0 ]; then
				[ -n "$good" ] || die 1 "cannot read the index of $suite"
				say "cannot read the index of $suite: using the $1 kernel of an earlier day"
				break
			fi
			line=$(newest "$suite" "$pattern")
			read -ra found <<<"$line"
			[ ${#found[@]} = 0 ] || break
		done
		if [ ${#found[@]} = 0 ]; then
			[ -n "$good" ] || die 4 "no kernel for '$1' on the mirror (looked in: $suites)"
		elif [ -n "$good" ] && [ "$(cut -d' ' -f1 "$dir/version")" = "${found[0]}" ]; then
			touch "$dir/MANIFEST"
		else
			say "fetching ${found[0]} from $suite"
			tmp=$(mktemp -d "$CACHE/linux/.tmp.XXXXXX")
			unpack "$tmp" "$suite" "${found[@]}"
			entry_finish "$tmp"
			rm -rf "$dir"
			mv "$tmp" "$dir"
		fi
	fi
	echo "$dir"
}

case ${1:-} in
list)
	printf '%s\n' "${LABELS[@]}"
	;;
fetch)
	shift
	[ $# -gt 0 ] || die 2 'which kernel? kernels.sh list shows the labels'
	for label; do where "$label" >/dev/null; done
	mkdir -p "$CACHE/linux"
	exec 9>"$CACHE/linux/.lock"
	flock 9
	rm -rf "$CACHE"/linux/.tmp.* # of runs that were killed
	for label; do fetch "$label"; done
	;;
*) die 2 "usage: kernels.sh list | fetch LABEL..." ;;
esac
