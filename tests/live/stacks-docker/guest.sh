#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# As the suite stacks, for a program that is in its container only. Some of its code is made at run time, whose names
# are in the container too.
set -u
cd "$(dirname "$0")" || exit
id=$(docker create --name web --network none -m 100m oomtest \
	sh -c 'until [ -e /tmp/go ]; do sleep 0.1; done; exec /only-here 64 16 --made')
docker cp -q stacks-static web:/only-here 2>/dev/null || docker cp stacks-static web:/only-here
rm stacks-static
docker start web >/dev/null
./oomtrace --container web --folded "$OUT/docker.folded" --output json >"$OUT/docker.jsonl" 2>"$OUT/docker.err" &
tracer=$!
for _ in $(seq $((600 * SLOW))); do
	[ ! -s "$OUT/docker.jsonl" ] || break
	sleep 0.1
done
docker exec web sh -c ': >/tmp/go'
wait $tracer # the container's end is its own
echo $? >"$OUT/docker.rc"
docker logs "$id" >"$OUT/docker.said"
