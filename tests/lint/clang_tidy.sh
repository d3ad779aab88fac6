#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
set -eu
cd "$OTA_SOURCE"
command -v clang-tidy >/dev/null || { echo "skipped: no clang-tidy"; exit 77; }
clang-tidy --version | grep -q 'version 14\.' || { echo "skipped: not clang-tidy 14"; exit 77; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
find formats keys libota cli -name '*.c' -print0 |
	xargs -0 -n 1 -P 2 clang-tidy --quiet -p "$OTA_BUILD" --warnings-as-errors='*' \
		>"$log" 2>/dev/null || status=$?
cat "$log"
exit $status
