#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kmsg-seeds.sh FOLDER: the kernel logs of tests/golden/klog, as seeds.
set -eu
mkdir -p "$1"
cp "$(dirname "$0")"/../golden/klog/*.log "$1"
