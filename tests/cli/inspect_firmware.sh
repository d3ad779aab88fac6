#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# inspect of Intel HEX and ELF: found by name or content, an image in it is inspected as such, and
# what cannot be read is said in a sentence.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1
cp "$OTA_VECTORS"/firmware/* .

# holds FILTER: the last command's JSON answers true.
holds() {
	checks=$((checks + 1))
	jq -en "input | $1" <out >/dev/null || fail "JSON does not hold: $1"
}

# Firmware that is no image: where it lies, and how much it is.
expect 0 "$OTATOOL" inspect app-08010200.hex
says out '^app-08010200\.hex: firmware in Intel HEX, 1,500 bytes$'
says out '^  base       0x08010200$'
says out '^  entry      0x08010201$'
expect 0 "$OTATOOL" inspect app-08010200.hex --json
holds '.schema == "otatool.inspect/1" and .kind == "firmware" and .format == "hex"'
holds '.base == 134283776 and .entry == 134283777 and .bytes == 1500'
for name in app app-big-endian headers-in-segment; do
	expect 0 "$OTATOOL" inspect $name.elf
	says out "^$name\.elf: firmware in ELF, 516 bytes$"
	says out '^  base       0x08010200$'
	says out '^  entry      0x08010201$'
done
expect 0 "$OTATOOL" inspect app.elf --json
holds '.kind == "firmware" and .format == "elf" and .base == 134283776 and .bytes == 516'
expect 0 "$OTATOOL" inspect cross64k.hex --json
holds '.base == 134282760 and has("entry") == false'

# By content where the name says nothing, by name where the content does not.
mv crlf-lower.hex firmware.txt
expect 0 "$OTATOOL" inspect firmware.txt
says out '^firmware\.txt: firmware in Intel HEX, 500 bytes$'
cp app.elf named.hex
expect 0 "$OTATOOL" inspect named.hex
says out 'firmware in ELF'
{ echo; cat unsorted.hex; } >blank-first.HEX
expect 0 "$OTATOOL" inspect blank-first.HEX
says out '640 bytes$'
checks=$((checks + 1))
"$OTATOOL" inspect - <UPPER.HEX | grep -q 'Intel HEX, 260 bytes' || fail "HEX from standard input"

# An image in HEX says what the same image says as a binary, and its place. objcopy adds an entry.
"$OTATOOL" keygen -t ed25519 -o key.pem
"$OTATOOL" sign app.bin -o app.img --version 1.2.3 --header-size 0x200 --pad-header -k key.pem
objcopy -I binary -O ihex --change-addresses 0x08010000 app.img image.hex
expect 0 "$OTATOOL" inspect app.img
sed 1d out >want
expect 0 "$OTATOOL" inspect image.hex
says out '^image\.hex: MCUboot image in Intel HEX$'
says out '^  base       0x08010000$'
checks=$((checks + 1))
sed '1d; /^  base /d; /^  entry /d' out | cmp -s - want || fail "an image reads otherwise in HEX"
expect 0 "$OTATOOL" inspect app.img --json
jq 'del(.file, .format)' out >want
holds '.format == "bin" and has("base") == false'
expect 0 "$OTATOOL" inspect image.hex --json
holds '.kind == "mcuboot-image" and .format == "hex" and .base == 134283264'
checks=$((checks + 1))
jq 'del(.file, .format, .base, .entry)' out | cmp -s - want || fail "an image's JSON differs in HEX"
# Padded and confirmed by imgtool: image and trailer are runs far apart.
expect 0 "$OTATOOL" inspect written-hex-cross64k-confirm.hex
says out '^  trailer    align 8, image_ok set'
says out '^  digest     good$'

# What is wrong is said, with line or place: exit code 3.
while IFS='|' read -r name words; do
	expect 3 "$OTATOOL" inspect "$name"
	says err "^otatool: error: $name: $words"
done <<'END'
bad-checksum.hex|line 1 has checksum 0x00, should be 0x78$
bad-norecords.hex|file holds no data$
bad-overlap.hex|lines 1 and 2 both have data for address 0x00000002$
bad-truncated.hex|line 1 has 1 data bytes, its length says 16$
END
sed '$d' cross64k.hex >cut.hex
expect 0 "$OTATOOL" inspect cut.hex
says err '^otatool: warning: cut\.hex: has no end record: it may be cut off$'
expect 3 "$OTATOOL" sign cut.hex -o no.img -v 1 -H 32 --pad-header
says err '^otatool: error: cut\.hex: has no end record: it may be cut off$'
says err 'hint: the last line of an Intel HEX file is :00000001FF$'
absent no.img
# nRF52: code at 0 and a word of UICR.
{ sed '$d' zero-base.hex; printf ':020000041000EA\n:0410140000E00700F1\n:00000001FF\n'; } >uicr.hex
expect 3 "$OTATOOL" inspect uicr.hex
says err 'data from 0x00000000 to 0x10001017 makes 268439576 bytes, at most 268435456 are taken$'
says err 'hint: nothing lies from 0x000000c8 to 0x10001013'
head -c 600 app.elf >cut.elf
expect 3 "$OTATOOL" inspect cut.elf
says err '^otatool: error: cut\.elf: ELF file: section table ends at byte 848, the file at 600$'
cp app.elf object.elf
put object.elf 16 01
expect 3 "$OTATOOL" inspect object.elf
says err 'ELF file is an object that is not linked yet, not an executable$'
cp app.elf wide.elf
put wide.elf 4 02
expect 3 "$OTATOOL" inspect wide.elf
says err 'ELF file is 64-bit, only 32-bit is read$'
printf 'no record\n' >words.hex
expect 3 "$OTATOOL" inspect words.hex
says err "line 1 starts with byte 0x6e, not ':'$"

finish
