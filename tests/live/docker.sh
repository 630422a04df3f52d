#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# docker.sh [LABEL]: real Docker containers in a virtual machine (default: kernel 6.1), lowered limits,
# and oomtrace's word against the kernel's log, memory.events and docker inspect. What the guest left
# stays in build/live/docker.
set -euo pipefail
cd "$(dirname "$0")/../.."

label=${1:-6.1}
dir=build/live/docker
mkdir -p build/live
make STATIC=1 >&2
"${CC:-gcc}" -static -O1 -pthread -Wall -Wextra -o build/live/workload tests/live/workload.c
rm -rf "$dir"
mkdir -p "$dir"
code=0
# One CPU: see run.sh on kernels up to 6.1, which the Docker guest's is.
scripts/vm/vm.sh --kernel "$label" --root docker --live --out "$dir" --mem 1536 --smp 1 --timeout 900 \
	--put build/static/oomtrace --put build/live/workload --put tests/live/docker-guest.sh \
	-- bash docker-guest.sh || code=$?
python3 -B tests/live/check.py --docker "$dir" "$label" || exit 1
exit $code
