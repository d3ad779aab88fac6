#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Patches that version 1 of otd wrote once must be read for ever.
. "$OTA_SOURCE/tests/support/lib.sh"
cd "$OTA_VECTORS/otd" || exit 1

patches=0
while IFS=$'\t' read -r patch old new; do
	[ "$patch" != patch ] || continue
	patches=$((patches + 1))
	expect 0 "$OTATOOL" apply "$old" "$patch" -o "$tmp/new"
	same "$tmp/new" "$new"
	# No other old file is taken.
	cat "$old" vectors.tsv >"$tmp/other"
	expect 1 "$OTATOOL" apply "$tmp/other" "$patch" -o "$tmp/none"
	[ ! -e "$tmp/none" ] || fail "$patch: something was written"
done <vectors.tsv
checks=$((checks + 1))
[ "$patches" = "$(find . -name '*.otd' | wc -l)" ] || fail "a patch is not in vectors.tsv"
finish
