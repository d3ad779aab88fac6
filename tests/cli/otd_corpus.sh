#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# otd on real releases for Cortex-M: each gives its successor, and no patch is larger than bsdiff's.
# OTA_CORPUS is a folder with INDEX.tsv (product, cpu, order, ..., file, base), neighbours in order.
[ -r "${OTA_CORPUS-}/INDEX.tsv" ] || { echo "skipped: no OTA_CORPUS"; exit 77; }
case ${OTA_SANITIZE-} in
ON | on | 1 | true | TRUE) echo "skipped: an hour with a sanitizer"; exit 77 ;;
esac
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1

# What a pair that bsdiff does better at may cost more: the header.
slack=32
pairs=0
product=
old=
while IFS=$'\t' read -r name cpu _ _ _ _ _ _ file _; do
	[[ $cpu == M[0-9]* ]] || continue
	new=$OTA_CORPUS/$file
	if [ "$name" = "$product" ]; then
		pairs=$((pairs + 1))
		for tier in nano xs m; do
			expect 0 "$OTATOOL" diff "$old" "$new" -o $tier --tier $tier
			expect 0 "$OTATOOL" apply "$old" $tier -o result
			same result "$new"
		done
		expect 0 "$OTATOOL" diff "$old" "$new" -o bsdiff --format bsdiff
		checks=$((checks + 1))
		xs=$(stat -c %s xs)
		m=$(stat -c %s m)
		bsdiff=$(stat -c %s bsdiff)
		if [ "$m" -gt "$xs" ] || [ "$xs" -gt $((bsdiff + slack)) ]; then
			fail "$file: xs $xs, m $m, bsdiff $bsdiff"
		fi
	fi
	product=$name
	old=$new
done <"$OTA_CORPUS/INDEX.tsv"
echo "$pairs pairs"
finish
