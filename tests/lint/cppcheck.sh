#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
set -eu
cd "$OTA_SOURCE"
command -v cppcheck >/dev/null || { echo "skipped: no cppcheck"; exit 77; }
cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --inline-suppr \
	--std=c11 --suppress=missingIncludeSystem -Iformats/include -Ikeys/include \
	-Ilibota/include -DOTATOOL_VERSION='"0"' formats keys libota cli
