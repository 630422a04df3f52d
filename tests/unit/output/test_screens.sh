#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# test_screens.sh OOMTRACE: reports on terminals of 40 to 200 columns; see screens.py.
cd "$(dirname "$0")/../../.." || exit 1
if ! command -v tmux >/dev/null; then
	echo "SKIP: screens: tmux, which scripts/setup.sh test installs, is not there"
	exit 0
fi
exec python3 -B tests/unit/output/screens.py "$1" tests/golden
