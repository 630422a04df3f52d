#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# docker-limits.sh [LABEL]: limits of real Docker containers in a virtual machine (default: kernel 6.1),
# lowered by docker update and by oomtrace. What the guest left stays in build/limits/docker.
set -euo pipefail
cd "$(dirname "$0")/../.."

label=${1:-6.1}
dir=build/limits/docker
mkdir -p build/limits
make STATIC=1 >&2
cp build/static/oomtrace build/limits/oomtrace-docker
"${CC:-gcc}" -static -O1 -pthread -Wall -Wextra -o build/limits/workload-docker tests/live/workload.c
rm -rf "$dir"
mkdir -p "$dir"
code=0
scripts/vm/vm.sh --kernel "$label" --root docker --live --out "$dir" --mem 1536 --timeout 900 \
	--put build/limits/oomtrace-docker:oomtrace --put build/limits/workload-docker:workload \
	--put tests/live/docker-guest.sh --put tests/live/docker-limits-guest.sh \
	-- bash docker-limits-guest.sh || code=$?
python3 -B tests/live/recordings.py build/limits/oomtrace-docker "$dir" || exit 1
python3 tests/live/limits.py --docker "$dir" || exit 1
exit $code
