# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck source=scripts/vm/images/docker.sh
. "${here:?}/images/docker.sh"
PACKAGES+=,libbpf-tools,bpftrace,python3-bpfcc,linux-headers-cloud-amd64
