#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: test_klog.sh OOMTRACE: what it tells of the logs in tests/golden/klog and klog-odd, held against what they say.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || exit 1
exec python3 -B "$here/klog.py" "$1" "$here/../../golden/klog" "$here/../../golden/klog-odd"
