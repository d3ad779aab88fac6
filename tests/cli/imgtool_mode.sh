#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every row of imgtool's golden set, through imgtool mode.
set -u
command -v python3 >/dev/null || {
	echo "skipped: the comparison is a Python script, and there is no python3"
	exit 77
}
exec python3 "$OTA_SOURCE/tests/support/imgtool_golden.py" "$OTA_VECTORS/imgtool" "$OTATOOL" imgtool
