#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# bspatch reads our patches, we read bsdiff's, and ours are smaller in sum.
# OTA_CORPUS: a folder of product folders whose files, sorted, are releases in order; optional.
command -v bsdiff >/dev/null && command -v bspatch >/dev/null || {
	echo "skipped: bsdiff and bspatch are not installed"
	exit 77
}
. "$(dirname "$0")/../support/lib.sh"
ours_sum=0
theirs_sum=0
pairs=0

# pair OLD NEW [any]: ours may be 2 % larger than bsdiff's here and there, for it is smaller as a
# rule; with `any`, by how much it will.
pair() {
	local old=$1 new=$2 what ours theirs
	what="$(basename "$old") to $(basename "$new")"
	pairs=$((pairs + 1))
	rm -f "$tmp"/{ours,theirs,n1,n2}
	expect 0 "$OTATOOL" diff --format bsdiff "$old" "$new" -o "$tmp/ours" || return
	expect 0 bspatch "$old" "$tmp/n1" "$tmp/ours" || return
	same "$new" "$tmp/n1"
	expect 0 bsdiff "$old" "$new" "$tmp/theirs" || return
	expect 0 "$OTATOOL" apply "$old" "$tmp/theirs" -o "$tmp/n2" || return
	same "$new" "$tmp/n2"
	ours=$(wc -c <"$tmp/ours")
	theirs=$(wc -c <"$tmp/theirs")
	ours_sum=$((ours_sum + ours))
	theirs_sum=$((theirs_sum + theirs))
	checks=$((checks + 1))
	[ "$ours" -le $((theirs + theirs / 50)) ] || [ "${3-}" = any ] ||
		fail "$what: our patch is $ours bytes, bsdiff's $theirs"
}

# In order, each with the next.
neighbours() {
	while [ $# -ge 2 ]; do
		pair "$1" "$2"
		shift
	done
}

# bsdiff maps its files and refuses empty ones, so none is empty here.
generated() {
	local new
	edited_files
	for new in a b x inserted swapped padded padded2 twice changed; do
		pair "$tmp/a" "$tmp/$new" any
		pair "$tmp/$new" "$tmp/a" any
	done
	pair "$tmp/x" "$tmp/x" any
}

generated
neighbours "${OTA_SOURCE:-$(dirname "$0")/../..}"/examples/sensor/*.bin
if [ -n "${OTA_CORPUS-}" ]; then
	for product in "$OTA_CORPUS"/*/; do
		neighbours "$product"*
	done
fi
checks=$((checks + 1))
[ "$ours_sum" -le "$theirs_sum" ] || fail "all together: $ours_sum bytes, bsdiff $theirs_sum"
echo "$pairs pairs: $ours_sum bytes, bsdiff $theirs_sum"
finish
