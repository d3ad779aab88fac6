#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# otd's tables are what their mathematics gives: the committed files are the script's.
set -eu
cd "$OTA_SOURCE"
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

scripts/otd-tables "$tmp"
for file in otd_tables.c otd_tables.h; do
	diff "formats/$file" "$tmp/$file" || {
		echo "formats/$file is not what scripts/otd-tables writes"
		exit 1
	}
done
