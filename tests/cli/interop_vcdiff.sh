#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# xdelta3 reads our patches, we read its, and ours are not larger.
# OTA_CORPUS: a folder of product folders whose files, sorted, are releases in order; optional.
command -v xdelta3 >/dev/null || {
	echo "skipped: xdelta3 is not installed"
	exit 77
}
. "$(dirname "$0")/../support/lib.sh"
ours_sum=0
theirs_sum=0
pairs=0

# ours OLD NEW OPTION...: our patch, which xdelta3 applies.
ours() {
	local old=$1 new=$2
	shift 2
	rm -f "$tmp"/{ours,n1}
	expect 0 "$OTATOOL" diff --format vcdiff "$@" "$old" "$new" -o "$tmp/ours" || return
	expect 0 xdelta3 -d -s "$old" "$tmp/ours" "$tmp/n1" || return
	same "$new" "$tmp/n1"
}

# theirs OLD NEW OPTION...: xdelta3's patch, which we apply.
theirs() {
	local old=$1 new=$2
	shift 2
	rm -f "$tmp"/{theirs,n2}
	expect 0 xdelta3 -e -9 "$@" -A= -s "$old" "$new" "$tmp/theirs" || return
	expect 0 "$OTATOOL" apply "$old" "$tmp/theirs" -o "$tmp/n2" || return
	same "$new" "$tmp/n2"
}

# pair OLD NEW [any]: with `any` our patch may be larger than xdelta3's.
pair() {
	local old=$1 new=$2 what ours theirs
	what="$(basename "$old") to $(basename "$new")"
	pairs=$((pairs + 1))
	theirs "$old" "$new" -S none || return
	ours "$old" "$new" || return
	ours=$(wc -c <"$tmp/ours")
	theirs=$(wc -c <"$tmp/theirs")
	ours_sum=$((ours_sum + ours))
	theirs_sum=$((theirs_sum + theirs))
	checks=$((checks + 1))
	[ "$ours" -le "$theirs" ] || [ "${3-}" = any ] ||
		fail "$what: our patch is $ours bytes, xdelta3's $theirs"
}

# Both directions, in order, each with the next.
neighbours() {
	while [ $# -ge 2 ]; do
		pair "$1" "$2"
		pair "$2" "$1"
		shift
	done
}

generated() {
	local new
	edited_files
	: >"$tmp/empty"
	for new in a b x empty inserted swapped padded padded2 twice changed; do
		pair "$tmp/a" "$tmp/$new" any
		pair "$tmp/$new" "$tmp/a" any
	done
	pair "$tmp/x" "$tmp/x" any
}

# Windows and secondary compression, several of each.
with_options() {
	local option
	for option in "--window 1K" "--window 16K" "--window 64K" "--source-window 8K" \
		"--window 16K --source-window 16K" "--secondary lzma" \
		"--window 16K --secondary lzma"; do
		# shellcheck disable=SC2086 # several words
		ours "$1" "$2" $option
	done
	theirs "$1" "$2" -S lzma
	theirs "$1" "$2" -S lzma -W 16384
	theirs "$1" "$2" -S none -n
}

generated
sensor=("${OTA_SOURCE:-$(dirname "$0")/../..}"/examples/sensor/*.bin)
neighbours "${sensor[@]}"
with_options "$tmp/changed" "$tmp/twice"
with_options "${sensor[@]:0:2}"
if [ -n "${OTA_CORPUS-}" ]; then
	for product in "$OTA_CORPUS"/*/; do
		neighbours "$product"*
	done
fi
echo "$pairs pairs: $ours_sum bytes, xdelta3 $theirs_sum"
finish
