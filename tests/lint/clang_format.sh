#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Layout is clang-format's; versions differ in taste, so only the one it was written with judges.
set -eu
cd "$OTA_SOURCE"
command -v clang-format >/dev/null || { echo "skipped: no clang-format"; exit 77; }
clang-format --version | grep -q 'version 14\.' || { echo "skipped: not clang-format 14"; exit 77; }
find formats keys libota cli tests -path tests/vectors -prune -o -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run -Werror
