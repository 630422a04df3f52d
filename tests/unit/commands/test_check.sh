#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: test_check.sh OOMTRACE: oomtrace report --check, a recording beside logs that have what it has, and that differ.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || exit 1
exec python3 -B "$here/check.py" "$1" "$here/../../golden/scenarios.jsonl"
