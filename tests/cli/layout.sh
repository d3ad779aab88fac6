#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# otatool layout: MCUboot's own answers, the worked examples, every word it says no with.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1

# answers LINE FILTER: what --json says, as one line.
answer() {
	checks=$((checks + 1))
	# shellcheck disable=SC2086 # the keys are words
	"$OTATOOL" layout $1 --json 2>err | jq -r "$2" || fail "layout $1"
}

# is WANT GOT WHAT
is() {
	[ "$1" = "$2" ] || fail "$3: $2, not $1"
}

# Every 40th geometry that bootutil computed, and every 20th row of sizes.
n=0
while IFS=$'\t' read -r mode write align sectors primary secondary scratch compatible trailer strailer max; do
	keys="mode=$mode write=$write align=$align sectors=$sectors primary=$primary secondary=$secondary scratch=$scratch"
	got=$(answer "$keys" '[.compatible, .trailer_bytes, .scratch_trailer_bytes, .max_image_bytes,
		(.compatible or .usable_image_bytes == 0)] | map(tostring) | join(" ")')
	flag=false
	[ "$compatible" = 1 ] && flag=true
	is "$flag $trailer $strailer $max true" "$got" "$keys"
	n=$((n + 1))
done < <(grep -v '^#' "$OTA_VECTORS/mcuboot_geometry.tsv" | awk 'NR % 40 == 1')
[ "$n" -gt 100 ] || fail "only $n geometries"

n=0
while IFS=$'\t' read -r mode align sectors enc primary secondary sector write scratch trailer status \
	strailer magic ok copied info tlvs size compatible max _; do
	keys="mode=$mode write=$write align=$align sectors=$sectors enc=$enc"
	keys="$keys primary=$((primary / sector))*$sector secondary=$((secondary / sector))*$sector"
	[ "$scratch" = - ] || keys="$keys scratch=$((scratch / sector))*$sector"
	got=$(answer "$keys" '[.compatible, .trailer_bytes, .status_bytes, .scratch_trailer_bytes,
		(.from_end | .magic, .image_ok, .copy_done, .swap_info,
		(.unprotected_tlv_sizes // "-"), .swap_size), .max_image_bytes] | map(tostring) | join(" ")')
	want="true $trailer $status ${strailer/-/0} $magic $ok $copied $info $tlvs $size $max"
	is "$want" "$got" "$keys"
	n=$((n + 1))
done < <(grep -v '^#' "$OTA_VECTORS/mcuboot_sizes.tsv" | awk 'NR % 20 == 1')
[ "$n" -gt 10 ] || fail "only $n rows of sizes"

# The water meter, on paper: 256*3*8 + 4*8 + 16 = 6,192; sector 220 ends 48 bytes into the trailer,
# and scratch's own trailer of 72 needs 24 more: 458,752 - 6,192 - 24.
meter="mode=scratch write=8 align=8 sectors=256 primary=224*2048 secondary=224*2048 scratch=8*2048"
# shellcheck disable=SC2086
expect 0 "$OTATOOL" layout $meter --explain
says out "^largest image    452,536 bytes"
says out "^trailer          6,192 bytes, 6,144 of them swap status"
says out "from slot's end  magic 16, image_ok 24, copy_done 32, swap_info 40, swap_size 48, status 6192"
says out "256\*3\*8 \+ 48 = 6,192"
says out "458,752 - 6,192 - max\(0, 72 - 48\) = 452,536"
says out "boot/bootutil/src/bootutil_area.c:74-94"
says out "boot/bootutil/src/swap_scratch.c:104-177"
# shellcheck disable=SC2086
expect 0 "$OTATOOL" layout $meter
checks=$((checks + 1))
grep -q bootutil_area out && fail "rules without --explain"
is "slots 5" "$(answer "$meter --explain" '"\(.rules[0].item) \(.rules | length)"')" "rules in JSON"
is "[]" "$(answer "$meter" '.enc_keys_from_end | tostring')" "no keys"
is "[176,296]" "$(answer "mode=offset primary=64*4K secondary=65*4K enc=enctlv-ec256" \
	'.enc_keys_from_end | tostring')" "two keys of 113 bytes, in 120 each"

# ram-load: 262,104 in the slots (262,144 - 40); from 0x20008000 on 96 KiB are left to run in.
ram="mode=ram-load primary=64*4K secondary=64*4K"
# shellcheck disable=SC2086
expect 0 "$OTATOOL" layout $ram exec-ram=0x20000000+128K load=0x20008000 --explain
says out "^largest image    98,304 bytes"
says out "the slots alone would hold 262,104"
says out "min\(262,104, 0x20020000 - 0x20008000\) = 98,304"
says out "boot/bootutil/src/ram_load.c:62-102"
is "131072" "$(answer "$ram exec-ram=0x20000000+128K" .max_image_bytes)" "from the start of RAM"
is "131072" "$(answer "$ram exec-ram=128K" .max_image_bytes)" "RAM without an address"
is "262104" "$(answer "$ram exec-ram=1M" .max_image_bytes)" "RAM larger than the slots"
is "262104" "$(answer "$ram" .max_image_bytes)" "RAM not told"
# shellcheck disable=SC2086
expect 1 "$OTATOOL" layout $ram exec-ram=0x20000000+128K load=0x1ffffffc
# shellcheck disable=SC2086
expect 1 "$OTATOOL" layout $ram exec-ram=0x20000000+128K load=0x20020000

# firmware-loader, single-slot: no swap status; 4*8 + 16 = 48, and at 16 with AES-128
# 4*16 + 16 + 2*16 = 112.
is "458704" "$(answer "mode=firmware-loader primary=112*4K" .max_image_bytes)" "firmware-loader"
is "458640" "$(answer "mode=firmware-loader align=16 enc=aes128 primary=112*4K" .max_image_bytes)" \
	"firmware-loader with keys"
is "458704" "$(answer "mode=single-slot primary=112*4K" .max_image_bytes)" "single-slot"
is "0" "$(answer "mode=single-slot primary=112*4K" .status_bytes)" "status of a single slot"

# No.
expect 1 "$OTATOOL" layout mode=move primary=64*4K secondary=60*4K
says out "compatible       no: primary has 64 sectors, secondary 60: swap-move needs as many, or one more in primary"
says out "^largest image    none, MCUboot would not upgrade here \(its formula gives 241,664\)"
is "false 241664 0" "$(answer "mode=move primary=64*4K secondary=60*4K" \
	'"\(.compatible) \(.max_image_bytes) \(.usable_image_bytes)"')" "slots that do not match"
is "true 452536 452536" "$(answer "$meter" \
	'"\(.compatible) \(.max_image_bytes) \(.usable_image_bytes)"')" "slots that match"
expect 1 "$OTATOOL" layout mode=scratch primary=64*4K secondary=60*4K scratch=1*4K
says out "^largest image    none, MCUboot would not upgrade here$"
expect 0 "$OTATOOL" layout mode=overwritefast primary=1*64K+3*128K secondary=3*128K+1*64K
says out "^largest image    none, MCUboot would not upgrade here \(its formula gives 458,712\)"
says err "warning: layout: MCUboot would not upgrade here: sector boundaries of the slots cross near 131,072 bytes"

# usage WORDS KEYS...: exit 2, with these words.
usage() {
	local words=$1
	shift
	expect 2 "$OTATOOL" layout "$@"
	says err "$words"
}
two="primary=8*4096 secondary=8*4096"
usage "needs mode=" primary=8*4096
usage "needs primary=" mode=single-slot
usage 'mode: "swap" is not a mode' mode=swap
usage "hint: modes: scratch move offset" mode=swap
usage '"primry=8\*4096" is not KEY=VALUE with a known key' mode=scratch primry=8*4096
usage "did you mean primary=\?" mode=scratch primry=8*4096
usage "keys: mode write align sectors primary secondary scratch enc exec-ram load" xyzzyx=1
usage '"mode" is not KEY=VALUE' mode
usage "mode= is given twice" mode=move mode=move
usage "enc= is given twice" enc=none enc=none
usage 'enc: "aes192" is not what a bootloader keeps of a key' enc=aes192
usage "hint: words: none aes128 aes256 enctlv-ec256-aes128 .* enctlv-kw-aes256" enc=
usage "write: \"1G\" is not a size" mode=move write=1G
usage 'primary: "8" is not COUNT\*BYTES' mode=move primary=8
# shellcheck disable=SC2086
{
	usage "exec-ram= is a key of ram-load alone" mode=move $two exec-ram=64K
	usage "load= is a key of ram-load alone" mode=xip $two load=0
	usage "load= needs exec-ram=ADDRESS\+SIZE" mode=ram-load $two load=0
	usage "load= needs the address of that RAM" mode=ram-load $two exec-ram=64K load=0
	usage 'exec-ram: "" ' mode=ram-load $two exec-ram=
	usage "exec-ram" mode=ram-load $two exec-ram=0x20000000+
	usage "exec-ram" mode=ram-load $two exec-ram=0x2000000000000000000000000000000000000000+1
	usage "layout: direct-xip cannot be built with encryption" mode=xip $two enc=aes128
	usage "write size 16 is above the alignment 8" mode=move $two write=16
	usage "write size 3 is not a power of two" mode=move $two write=3
	usage "alignment 64 .* is not 8, 16 or 32 in swap-move" mode=move $two align=64
	usage "0 sectors .* hold no image" mode=move $two sectors=0
	usage "swap-scratch needs a scratch area, and there is none" mode=scratch $two
	usage "swap-move needs a secondary area, and there is none" mode=move primary=8*4096
}
finish
