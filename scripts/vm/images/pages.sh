# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The docker guest, and what the commands and the hooks need that the pages for users show.
# shellcheck source=scripts/vm/images/docker.sh
. "${here:?}/images/docker.sh"
PACKAGES+=,make,jq,curl,openssl,python3-minimal,libpython3-stdlib,gdb-minimal,zstd,tmux
