#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The example firmware is what its sources make, and it runs: both versions pass their self-test on
# an emulated Cortex-M3.
. "$OTA_SOURCE/tests/support/lib.sh"
cd "$OTA_SOURCE/examples/sensor" || exit 1
command -v arm-none-eabi-gcc >/dev/null || { echo "skipped: no arm-none-eabi-gcc"; exit 77; }
echo '#include <stdio.h>' | arm-none-eabi-gcc -E - >/dev/null 2>&1 ||
	{ echo "skipped: no newlib for arm-none-eabi"; exit 77; }

if arm-none-eabi-gcc --version | grep -q 12.2.1; then
	expect 0 ./build.sh --check
else
	echo "another compiler than the committed binaries': built, not compared"
	expect 0 ./build.sh
fi
if command -v qemu-system-arm >/dev/null; then
	for version in 1.2.0 1.3.0; do
		checks=$((checks + 1))
		echo selftest | timeout 120 ./run "$version" >"$tmp/log" 2>&1 || fail "run $version"
		[ "$(grep -c ' ok' "$tmp/log")" -ge 11 ] && ! grep -qi 'fail' "$tmp/log" ||
			fail "$version: $(tail -n 20 "$tmp/log")"
	done
else
	echo "not run: no qemu-system-arm"
fi
finish
