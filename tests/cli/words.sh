#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The command line's manners: usage errors, hints, help, numbers, JSON.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1
bytes 300 1 >a.bin

expect 2 "$OTATOOL"
says err "no command given"
expect 2 "$OTATOOL" sing a.bin
says err 'unknown command "sing"'
says err 'hint: did you mean "otatool sign"'
expect 2 "$OTATOOL" sign a.bin --verison 1.0 -o x
says err "unknown option --verison"
says err "did you mean --version"
expect 2 "$OTATOOL" sign a.bin --ver 1.0 -o x
says err "unknown option --ver"
expect 2 "$OTATOOL" sign a.bin -o x --version
says err "--version needs VERSION"
expect 2 "$OTATOOL" sign a.bin -o x --pad=1
says err "takes no value"
expect 2 "$OTATOOL" sign
says err "needs the input file"
expect 2 "$OTATOOL" verify a b
says err 'unexpected argument "b"'
expect 2 "$OTATOOL" sign a.bin -o x --version 1.0
says err "needs --header-size"
expect 2 "$OTATOOL" diff a.bin a.bin -o x --format zip
says err '"zip" is not one of the formats: bsdiff, vcdiff, otd'
expect 2 "$OTATOOL" keygen -t dsa -o x
says err "ecdsa-p256, ed25519"
expect 2 "$OTATOOL" check p --old a.bin --target water-metre-l476
says err "water-meter-l476"
[ ! -e x ] || fail "a usage error left an output"

# One meaning, every spelling.
rest=(--header-size 32 --pad-header)
expect 0 "$OTATOOL" sign a.bin -o one.img --version 1.2.3 --slot-size 0x8000 "${rest[@]}"
expect 0 "$OTATOOL" sign --version=1.2.3 -S0x8000 a.bin two.img "${rest[@]}"
same one.img two.img
expect 0 "$OTATOOL" create -v 9.9 -v 1.2.3 -S 32K -H 32 --pad-header -- a.bin three.img
same one.img three.img
expect 2 "$OTATOOL" sign a.bin -o x --version 1.0 -S 1G "${rest[@]}"
says err "sizes are written"
expect 2 "$OTATOOL" sign a.bin -o x --version 1.0 --align 3 "${rest[@]}"
says err 'error: --align: "3" is not one of 1, 2, 4, 8, 16, 32'
expect 1 "$OTATOOL" sign a.bin -o x --version 1.0 -S 500 "${rest[@]}"
says err "image is 372 bytes and its trailer 432, slot holds 500"
says err "hint: 304 bytes too many"
absent x

# Reports for machines are JSON with a schema, also when the answer is no.
json() {
	local want=$1
	shift
	expect "$want" "$OTATOOL" "$@" --json
	checks=$((checks + 1))
	jq -en 'input | .schema | test("^otatool\\.[a-z]+/1$")' <"$tmp/out" >/dev/null || fail "no JSON: $*"
}
expect 0 "$OTATOOL" keygen -t ecdsa-p256 -o key.pem
json 0 version
jq -en 'input | .version and (.libraries | length > 0) and (.patch_formats | index("bsdiff")) and
	(.keys | index("ed25519")) and .imgtool == "2.4.0"' out >/dev/null || fail "version"
json 0 targets
json 0 targets water-meter-l476
json 0 verify one.img
json 0 inspect one.img
json 0 inspect key.pem
json 1 verify one.img -k key.pem
jq -en 'input | .good == false and .reason == "image is not signed"' out >/dev/null || fail "reason"
json 0 diff one.img two.img -o p --format bsdiff
json 0 inspect p
json 0 apply one.img p -o q
json 0 diff one.img two.img -o u --format bsdiff -k key.pem
json 0 inspect u
json 0 verify u -k key.pem
json 0 apply one.img u -o q -k key.pem
json 0 check u --old one.img --new two.img --target water-meter-l476
json 0 check p --old one.img --new two.img --target water-meter-l476
json 1 check p --old one.img --new two.img --target water-meter-l476 --on device
jq -en 'input | .fits == false and .applied_by == "device"' out >/dev/null || fail "check --on device"
json 1 check p --old three.img --new key.pem --target water-meter-l476
jq -en 'input | .fits == false' out >/dev/null || fail "a patch that does not give NEW"
expect 1 "$OTATOOL" check p --old three.img --new a.bin --target water-meter-l476
says err "hint: are --old and --new the right way round"
expect 1 "$OTATOOL" apply one.img p -o q -k key.pem --json
jq -en 'input | .accepted == false and (.reason | length > 0)' out >/dev/null || fail "apply --json"

# A wrong digest is found by check, in the old image and in what the patch makes.
cp one.img damaged.img
printf 'X' | dd of=damaged.img bs=1 seek=100 conv=notrunc status=none
expect 0 "$OTATOOL" diff one.img damaged.img -o p2 --format bsdiff
expect 1 "$OTATOOL" check p2 --old one.img --new damaged.img --target water-meter-l476
says err "damaged.img: image does not have the SHA256 digest"
json 1 check p --old damaged.img --target water-meter-l476
jq -en 'input | .fits == false and .error == "wrong digest"' out >/dev/null || fail "check --json, digest"
json 1 apply damaged.img u -o q
jq -en 'input | .accepted == false and .error == "wrong old image"' out >/dev/null || fail "apply --json, update"
says err "hint: the old image is damaged or encrypted"
head -c 60 one.img >short
json 1 apply short p -o q
jq -en 'input | .accepted == false and .error == "wrong old image"' out >/dev/null || fail "apply --json"

# A patch that claims more than NEW has is refused before memory is spent on it.
printf 'BSDIFF40' >bomb
printf '\16\0\0\0\0\0\0\0\16\0\0\0\0\0\0\0\0\0\0\100\0\0\0\0' >>bomb
for _ in 1 2 3; do printf 'BZh9\27\162\105\70\120\220\0\0\0\0' >>bomb; done
expect 1 "$OTATOOL" check bomb --old one.img --new two.img --target water-meter-l476
says err "bomb: does not turn one.img into two.img: new file is 1073741824 bytes, at most 372 are"
# That is no question of what fits, and what is no patch at all is no question of which image is which.
json 1 check p --old one.img --new short --target water-meter-l476
jq -en 'input | .error == "wrong old image"' out >/dev/null || fail "a new image that is too short"
expect 3 "$OTATOOL" check key.pem --old one.img --new two.img --target water-meter-l476
checks=$((checks + 1))
! grep -q "right way round" err || fail "a hint that does not help: $(cat err)"
expect 3 "$OTATOOL" check one.img --old p --target water-meter-l476
says err "hint: the patch goes without an option, images with --old and --new"

# A profile that names no known decoder must not turn a no into a yes.
"$OTATOOL" targets water-meter-l476 | sed 's/format: otd/format: bsdif/' >board.yaml
expect 3 "$OTATOOL" check p --old one.img --new two.img --target board.yaml
says err 'board.yaml:8: updater.decoders\[0\].format: bsdif is not one of bsdiff, vcdiff, otd'

# In ram-load mode the whole image must fit into RAM.
cat >ram.yaml <<'YAML'
name: ram-board
base: stm32l476rg
updater: {ram: 16384, stack: 2048, old: mapped}
mcuboot: {mode: ram-load, max-align: 8, max-sectors: 256, header-size: 32, encryption: none,
          boot: 0x0+32K, primary: 0x8000+448K, secondary: 0x78000+448K}
YAML
bytes 131072 5 >large.bin
expect 0 "$OTATOOL" sign large.bin -o large.img --version 2.0 -L 0x20000000 "${rest[@]}"
expect 0 "$OTATOOL" diff one.img large.img -o p3 --format bsdiff
expect 1 "$OTATOOL" check p3 --old one.img --new large.img --target ram.yaml
says out "new image in RAM, where it runs +131,144 +131,072 +-72 +DOES NOT FIT"
says out "^warning ram-load-range-unknown: the new image is copied to 0x20000000"
expect 2 "$OTATOOL" layout mode=scratch primary=8*4096 primary=9*4096
says err "primary= is given twice"
expect 2 "$OTATOOL" $'\033[31msign\nfake'
says err '"\?\[31msign\?fake"'
expect 0 "$OTATOOL" check p --old one.img --new two.img --target water-meter-l476 --ram 1 --link ble
says err "warning: --ram: is not looked at"
says out "header area of 32 bytes, the profile says 512"
expect 1 "$OTATOOL" check p --old one.img --new two.img --target water-meter-l476 --ram 1
checks=$((checks + 1))
! grep -q "is not looked at" err || fail "LoRaWAN's fragments need RAM: $(cat err)"
json 0 layout mode=scratch write=8 align=8 sectors=256 primary=224*2048 secondary=224*2048 \
	scratch=8*2048
jq -en 'input | .compatible and .trailer_bytes == 6192 and .max_image_bytes == 452536' out >/dev/null ||
	fail "layout"
json 1 layout mode=scratch write=8 align=8 sectors=256 primary=224*2048 secondary=224*2048 \
	scratch=1*1024
jq -en 'input | (.compatible | not) and .max_image_bytes == 0 and (.reason | length > 0)' out >/dev/null ||
	fail "incompatible layout"
expect 2 "$OTATOOL" layout mode=scratch write=16 align=8 primary=8*4096 secondary=8*4096 \
	scratch=1*4096
expect 2 "$OTATOOL" layout mode=scratch align=64 primary=8*4096 secondary=8*4096 scratch=1*4096
expect 2 "$OTATOOL" layout mode=scratch primry=8*4096
says err "did you mean primary="
finish
