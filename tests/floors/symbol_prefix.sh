#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every global name of the library starts with ota_, and the shared one exports just what the
# public headers mark.
set -eu
bad=0

strange=$(nm -g --defined-only "$OTA_BUILD/libota.a" | awk 'NF == 3 {print $3}' |
	grep -vE '^(ota_|_*(asan|ubsan|odr_asan|llvm|gcov|covrec))' || true)
if [ -n "$strange" ]; then
	echo "global names without the prefix: $strange"
	bad=1
fi

if [ "$OTA_SANITIZE" = ON ]; then exit $bad; fi
exported=$(nm -D --defined-only "$OTA_BUILD/libota.so" | awk '$2 != "A" {print $3}' |
	sed 's/@.*//' | sort -u)
declared=$(cat "$OTA_SOURCE"/*/include/ota/*.h | tr '\n' ' ' | sed 's/;/;\n/g' |
	grep 'OTA_API' | sed -n 's/.*[ *]\(ota_[a-z0-9_]*\)(.*/\1/p' | sort -u)
if [ -z "$exported" ] || [ "$exported" != "$declared" ]; then
	echo "exported (<) and declared with OTA_API (>) differ:"
	diff <(echo "$exported") <(echo "$declared") || true
	bad=1
fi
exit $bad
