#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: test_forms.sh OOMTRACE: one report of the kernel's in all the forms in which a log may come.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || exit 1
exec python3 -B "$here/forms.py" "$1" "$here/../../golden/klog"
