#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# diff --target: what is tried, what is taken, what is said, and that nothing else is written.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1

# Two images with much in common; keys of two kinds, whose signatures differ in length.
bytes 50000 1 >old.raw
{ bytes 30000 1; bytes 300 2; bytes 50000 1 | tail -c 19000; } >new.raw
"$OTATOOL" keygen -t ed25519 -o key.pem
"$OTATOOL" keygen -t ecdsa-p256 -o p256.pem
"$OTATOOL" pubkey -k key.pem -o key.pub
"$OTATOOL" pubkey -k p256.pem -o p256.pub
for image in old new; do
	version=$([ $image = old ] && echo 1.0.0 || echo 1.0.1)
	"$OTATOOL" sign $image.raw -o $image.img -k key.pem --version $version --header-size 0x200 \
		--pad-header --align 8 >words 2>&1 || cat words
	"$OTATOOL" sign $image.raw -o $image.p256 -k p256.pem --version $version \
		--header-size 0x200 --pad-header --align 8 >words 2>&1 || cat words
done

# board RAM DECODERS [MORE]: board.yaml
board() {
	cat >board.yaml <<-YAML
		name: board
		base: stm32l476rg
		updater: {ram: $1, stack: 2048, old: mapped, patch: secondary, decoders: [$2]}
		mcuboot: {mode: swap-scratch, max-align: 8, max-sectors: 256, header-size: 0x200,
		          boot: 0x0+32K, primary: 0x8000+448K, secondary: 0x78000+448K,
		          scratch: 0xe8000+16K}
		${3:-}
	YAML
}
size() { stat -c %s "$1" 2>/dev/null || stat -f %z "$1"; }

# -- usage: exit 2, nothing written ---------------------------------------------------------------
usage() {
	local words=$1
	shift
	expect 2 "$OTATOOL" diff missing.old missing.new -o p "$@"
	says err "$words"
	absent p
}
for option in "-j 2" "--on device" "--ram 1K" "--scratch 1K" "--image 0" "--link ble" \
	"--max-patch 1K" "--max-airtime 1h" "--max-delivery 1h" "--max-ram 1K" "--max-erases 9"; do
	# shellcheck disable=SC2086 # an option and its value
	usage "is about a device: it goes with --target T" $option
done
usage 'error: --jobs: 0 make nothing' --target water-meter-l476 -j 0
usage 'error: --jobs: "x" is not a number' --target water-meter-l476 -j x
usage 'stm32l476rg is a chip profile' --target stm32l476rg
says err 'make a board profile with base: stm32l476rg'
usage 'water-metre' --target water-metre
usage '"4x" is not' --target water-meter-l476 --max-airtime 4x
usage '--max-erases: "1K" is not a number' --target water-meter-l476 --max-erases 1K
usage '"sideways" is not one of device, gateway' --target water-meter-l476 --on sideways
usage 'error: --image:' --target water-meter-l476 --image 1
grep -v '^updater' <(board 16K ''; cat board.yaml) >no_updater.yaml
usage 'board has no updater' --target no_updater.yaml
usage 'error: --window: otd has no windows' --target water-meter-l476 --format otd --window 4K
board 16K '{format: otd, tier: xs}'
expect 2 "$OTATOOL" diff old.img new.img -o p --target board.yaml --window 4K
says err 'no patch for board can be made so: otd has no windows'
absent p
expect 2 "$OTATOOL" diff old.img new.img -o board.yaml --target board.yaml
says err 'board.yaml'
expect 2 "$OTATOOL" diff - new.img -o p --target -
says err 'standard input can be only one of its files'

# -- the smallest that passes ---------------------------------------------------------------------
board 64K '{format: otd, tier: m}, {format: vcdiff, window: 8K}'
expect 0 "$OTATOOL" diff old.img new.img -o best --target board.yaml -j 1
says out '^6 tried for board:$'
says out '^  otd, tier [a-z]+ .* fits  <- written$'
says out '^  vcdiff, window 8K .*RAM 11,344 of 65,536 +fits$'
cp out first
for jobs in 2 8 4294967295; do
	expect 0 "$OTATOOL" diff old.img new.img -o again --target board.yaml -j $jobs
	same best again
	sed 's/^again/best/' out >again.out
	same first again.out
done
for format in "--format otd --tier xs" "--format otd --tier m" "--format vcdiff --window 8K" \
	"--format vcdiff --window 1K"; do
	# shellcheck disable=SC2086 # options
	expect 0 "$OTATOOL" diff old.img new.img -o one $format
	checks=$((checks + 1))
	[ "$(size best)" -le "$(size one)" ] || fail "$format makes a smaller patch"
done
expect 0 "$OTATOOL" check best --old old.img --new new.img --target board.yaml
expect 0 "$OTATOOL" apply old.img best -o applied
same applied new.img

# A larger window is smaller, and too large for what is left of the memory.
board 64K '{format: vcdiff, window: 8K}'
expect 0 "$OTATOOL" diff old.img new.img -o p --target board.yaml --max-ram 5392
says out '^  vcdiff, window 2K .* fits  <- written$'
says out '^  vcdiff, window 8K .* does not fit$'
says out 'RAM and stack together, your limit: 11,536 bytes, has 5,392 bytes, 6,144 bytes short'
expect 0 "$OTATOOL" diff old.img new.img -o q --format vcdiff --window 2K
same p q
expect 0 "$OTATOOL" diff old.img new.img -o p --target board.yaml --max-ram 5391
says out '^  vcdiff, window 1K .* fits  <- written$'
# What cannot fit is not made, and the number says why.
expect 0 "$OTATOOL" diff old.img new.img -o p --target board.yaml --ram 6000
says out '^  vcdiff, window 4K +RAM at least 7,240 of 6,000 +not made$'
says out 'updater RAM, at least: 7,240 bytes, has 6,000 bytes, 1,240 bytes short'

# -- none passes: exit 1, nothing written, and what to do -----------------------------------------
rm -f p
board 4K '{format: otd, tier: xs}, {format: bsdiff}'
expect 1 "$OTATOOL" diff old.img new.img -o p --target board.yaml
says out '^  otd, tier xs .* does not fit$'
says out '^  bsdiff .* not made$'
says out 'updater RAM: 4,104 bytes, has 4,096 bytes, 8 bytes short'
says err 'no patch fits board, nothing is written; otd, tier xs: updater RAM'
says err '^otatool: hint: '
absent p
expect 1 "$OTATOOL" diff old.img new.img -o p --target board.yaml --json
says out '"made": false'
says out '"error": "does not fit"'
says out '"reason": "updater RAM: 4,104 bytes'
says out '"remedy": '
absent p
expect 1 "$OTATOOL" diff old.img new.img -o - --target board.yaml
checks=$((checks + 1))
[ ! -s out ] || fail "a report went where the patch belongs"
# A format that was settled: the one that the updater has and would take is named, and only that.
board 64K '{format: otd, tier: xs}, {format: vcdiff, window: 8K}'
expect 1 "$OTATOOL" diff old.img new.img -o p --target board.yaml --format bsdiff --on device
says err 'hint: make it in format otd, tier xs, which takes 4,104 bytes of RAM'
board 64K '{format: bsdiff}'
expect 1 "$OTATOOL" diff old.img new.img -o p --target board.yaml
says err 'hint: give the updater a decoder for otd, tier m, which takes 16,[0-9]+ bytes of RAM'
# The link's name is said once.
bytes 20000 9 >other.raw
expect 1 "$OTATOOL" diff old.raw other.raw -o p --target board.yaml --format otd --on device \
	--link lorawan,fragment=1
says out '      lorawan: [0-9,]+ fragments, TS004 counts to 16,383'
absent p

# Each limit of the caller's own.
board 64K '{format: otd, tier: m}'
bare=$(size best)
rm -f q
for gate in "--max-patch 10" "--max-ram 4K" "--max-erases 3" "--max-airtime 1ms --link \
lorawan,region=eu868,dr=0,class=c" "--max-delivery 1ms --link ble" "--ram 100"; do
	# shellcheck disable=SC2086 # options
	expect 1 "$OTATOOL" diff old.img new.img -o p --target board.yaml $gate
	says err 'no patch fits board'
	absent p
done
expect 2 "$OTATOOL" diff old.img new.img -o p --target board.yaml --max-airtime 1h
says err 'link'
absent p
expect 0 "$OTATOOL" diff old.img new.img -o p --target board.yaml --max-airtime 1h --link ble
says err 'warning: --max-airtime: is not held against ble, whose airtime is not known'
rm p
expect 0 "$OTATOOL" diff old.img new.img -o p --target board.yaml --max-patch "$bare"
same p best
expect 1 "$OTATOOL" diff old.img new.img -o q --target board.yaml --max-patch $((bare - 1))
absent q

# -- a given format is settled --------------------------------------------------------------------
expect 0 "$OTATOOL" diff old.img new.img -o p --target board.yaml --format otd --tier xs
says out '^1 tried for board:$'
expect 0 "$OTATOOL" diff old.img new.img -o q --format otd --tier xs
same p q
board 8K '{format: otd, tier: xs}'
rm p
expect 1 "$OTATOOL" diff old.img new.img -o p --target board.yaml --format otd --tier m \
	--max-patch 20
says err 'otd, tier m: '
absent p
# The device has no decoder for it: the gateway applies it, as check has it.
expect 0 "$OTATOOL" diff old.img new.img -o p --target board.yaml --format bsdiff
says out '^  bsdiff .* at the gateway +fits  <- written$'
expect 0 "$OTATOOL" diff old.img new.img -o p --target board.yaml --on gateway
says out '^4 tried for board:$'

# -- a delta update counts with what is around it -------------------------------------------------
board 64K '{format: otd, tier: m}, {format: vcdiff, window: 8K}'
for kind in "img key" "p256 p256"; do
	read -r ext key <<<"$kind"
	rm -f p
	expect 0 "$OTATOOL" diff old.$ext new.$ext -o p -k $key.pem --target board.yaml --json
	says out '"chosen": true'
	says out "\"update_bytes\": $(size p)"
	expect 0 "$OTATOOL" apply old.$ext p -o applied -k $key.pub
	same applied new.$ext
	expect 0 "$OTATOOL" check p --old old.$ext --new new.$ext --target board.yaml
	wrapped=$(size p)
	expect 0 "$OTATOOL" diff old.$ext new.$ext -o q -k $key.pem --target board.yaml \
		--max-patch $((wrapped + 2))
	same p q
	rm q
	expect 1 "$OTATOOL" diff old.$ext new.$ext -o q -k $key.pem --target board.yaml \
		--max-patch $((wrapped - 3))
	says out '^6 tried for board, as delta updates:$'
	absent q
done
# Where no signature is ECDSA the room around the patch is known to the byte.
"$OTATOOL" keygen -t rsa-2048 -o rsa.pem
for image in old new; do
	"$OTATOOL" sign $image.raw -o $image.full -k key.pem --version 1.0.0 --header-size 0x200 \
		--pad-header --align 8 --security-counter 7 --vid vendor --cid class >words 2>&1 ||
		cat words
done
for keys in "-k key.pem" "-k rsa.pem" "-k key.pem -k rsa.pem" "-k key.pem --public-key-format full"; do
	# shellcheck disable=SC2086 # options
	expect 0 "$OTATOOL" diff old.full new.full -o p $keys --target board.yaml
	wrapped=$(size p)
	# shellcheck disable=SC2086 # options
	expect 0 "$OTATOOL" diff old.full new.full -o q $keys --target board.yaml --max-patch "$wrapped"
	checks=$((checks + 1)) # RSA's signatures have a random part, but one length
	[ "$(size q)" = "$wrapped" ] || fail "$keys: $(size q) bytes, then $wrapped"
	rm -f q
	# shellcheck disable=SC2086 # options
	expect 1 "$OTATOOL" diff old.full new.full -o q $keys --target board.yaml \
		--max-patch $((wrapped - 1))
	absent q
done
expect 4 "$OTATOOL" diff old.img new.img -o q -k missing.pem --target board.yaml
absent q

# -- not worth a patch ----------------------------------------------------------------------------
bytes 40000 9 >other.raw
expect 0 "$OTATOOL" diff old.raw other.raw -o p --target board.yaml
says err 'not worth a patch: the new file compressed with xz is [0-9]+ bytes'
says err 'is not an MCUboot image: its 50000 bytes count as they are'
expect 0 "$OTATOOL" diff old.raw other.raw -o p --target board.yaml --json
says out '"pointless": true'
says out '"new_xz_bytes": '

# -- odd files ------------------------------------------------------------------------------------
: >empty
for pair in "empty empty" "empty new.img" "old.raw empty" "old.img old.img"; do
	read -r from to <<<"$pair"
	expect 0 "$OTATOOL" diff "$from" "$to" -o p --target board.yaml -j 3
	expect 0 "$OTATOOL" apply "$from" p -o applied
	same applied "$to"
done
finish
