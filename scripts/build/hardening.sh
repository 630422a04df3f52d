#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# hardening.sh COMPILER...: prints those hardening options that this compiler takes without a warning:
# -fcf-protection is of x86, the third level of _FORTIFY_SOURCE came with gcc 12.
set -u

takes() {
	printf '#include <stdio.h>\n' | "$@" -xc -c -o /dev/null - 2>/dev/null
}

for option in -fstack-protector-strong -fstack-clash-protection -fcf-protection; do
	! takes "$@" -Werror -O2 "$option" || echo "$option"
done
for level in 3 2; do
	if takes "$@" -Werror -O2 -U_FORTIFY_SOURCE "-D_FORTIFY_SOURCE=$level"; then
		echo "-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$level"
		break
	fi
done
