#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# otd, the format that diff writes unasked: what is said of it, and what is refused.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1

cp "$OTA_SOURCE/examples/sensor/sensor-1.2.0.bin" old.bin
cp "$OTA_SOURCE/examples/sensor/sensor-1.3.0.bin" new.bin
json() {
	checks=$((checks + 1))
	jq -en "input | $1" out >/dev/null || fail "json: not $1 in $(cat out)"
}
size() { stat -c %s "$1"; }

# -- made and applied -----------------------------------------------------------------------------
expect 0 "$OTATOOL" diff old.bin new.bin -o p
says out "^p: [0-9,]+ bytes, [0-9.]+ % of the new file's 111,460$"
says out "^  otd, tier xs: decoder takes 4,096 bytes of RAM, [0-9]+ of stack; thumb code at 0x00008200 \\(.+\\)$"
expect 0 "$OTATOOL" apply old.bin p -o result
same result new.bin
says out "^result: 111,460 bytes, CRC-32 of both files as the patch says$"
"$OTATOOL" diff old.bin new.bin -o bsdiff --format bsdiff >/dev/null
checks=$((checks + 1))
[ $((2 * $(size p))) -lt "$(size bsdiff)" ] || fail "not half of bsdiff's: $(size p), $(size bsdiff)"

expect 0 "$OTATOOL" diff old.bin new.bin -o p2 --json
same p p2
json ".format == \"otd\" and .tier == \"xs\" and .arch == \"thumb\" and .base == 33280 and
	.old_base == 33280 and (.base_from | length > 0) and .decoder_ram_bytes == 4096 and
	.decoder_stack_bytes > 0 and .patch_bytes == $(size p)"
expect 0 "$OTATOOL" diff old.bin new.bin -o given --base 0x8200 --json
json '.base == 33280 and .base_from == "given"'
same p given
expect 0 "$OTATOOL" diff old.bin new.bin -o none --arch none --json
json '.arch == "none" and (has("base") or has("base_from") | not)'
expect 0 "$OTATOOL" diff old.bin new.bin -o none --arch none
says out "; no code known$"
# With more memory a patch is smaller, or does without it.
expect 0 "$OTATOOL" diff old.bin new.bin -o m --tier m
checks=$((checks + 1))
if [ "$(size m)" -gt "$(size p)" ] || [ "$(size p)" -ge "$(size none)" ]; then
	fail "m $(size m), xs $(size p), none $(size none)"
fi
# With less it is a little larger.
expect 0 "$OTATOOL" diff old.bin new.bin -o nano --tier nano
says out "^  otd, tier nano: decoder takes 1,024 bytes of RAM, [0-9]+ of stack; thumb code "
checks=$((checks + 1))
if [ "$(size nano)" -le "$(size p)" ] || [ "$(size nano)" -gt $(($(size p) * 110 / 100)) ]; then
	fail "nano $(size nano), xs $(size p)"
fi
cat "$OTA_SOURCE"/libota/*.c >text
expect 0 "$OTATOOL" diff old.bin text -o p2 --tier m
says out "^  otd, tier m: decoder takes 16,384 bytes of RAM"
expect 0 "$OTATOOL" apply old.bin p2 -o result
same result text
for patch in m nano none given; do
	expect 0 "$OTATOOL" apply old.bin $patch -o result
	same result new.bin
done

# Through pipes, and in place of the old file.
"$OTATOOL" diff - new.bin -o - <old.bin >p2 2>err || fail "through pipes"
same p p2
"$OTATOOL" apply old.bin - -o - <p >result 2>err || fail "through pipes"
same result new.bin
cp old.bin device.bin
expect 0 "$OTATOOL" apply device.bin p -o device.bin
same device.bin new.bin

# What is no code: said, and small all the same.
bytes 50000 1 >a
{ bytes 50000 1 | head -c 20000; bytes 300 2; bytes 50000 1 | tail -c 30000; } >b
expect 0 "$OTATOOL" diff a b -o p2
says out "; no code found$"
# An address says nothing then, and that is said.
expect 0 "$OTATOOL" diff a b -o p3 --base 0x8000
same p2 p3
says err "warning: --base: is of no use: no code was found"
expect 0 "$OTATOOL" diff a b -o p3 --base 0x8000 --arch thumb
says out "; thumb code at 0x00008000 \\(given\\)$"
# Code that a patch does not need to know.
expect 0 "$OTATOOL" diff old.bin old.bin -o p3
says out "; thumb code found, the patch is smaller without$"
expect 0 "$OTATOOL" apply a p2 -o result
same result b
checks=$((checks + 1))
[ "$(size p2)" -lt 400 ] || fail "$(size p2) bytes for 300"

# Files that have nothing in common.
bytes 300000 3 >a
bytes 300000 4 >b
expect 0 "$OTATOOL" diff a b -o p2
says err "warning: p2: patch is [0-9]+ bytes, the new file compressed with xz is"
expect 0 "$OTATOOL" apply a p2 -o result
same result b

# -- no ---------------------------------------------------------------------------------------------
expect 1 "$OTATOOL" apply new.bin p -o absent
says err "patch is for an old file of 107348 bytes, this one has 111460"
says err "hint: the patch is for another old file than new.bin, or is damaged"
cp old.bin other.bin
put other.bin 1000 ff
expect 1 "$OTATOOL" apply other.bin p -o absent --json
says err "patch is for an old file with CRC-32 [0-9a-f]{8}, this one has another"
json '(.accepted | not) and .error == "wrong old image"'
expect 1 "$OTATOOL" apply old.bin p -o absent --max-size 111459
says err "new file is 111460 bytes, at most 111459 are accepted"
absent absent

# -- what is wrong with a patch -------------------------------------------------------------------
for n in 0 1 2 5 13 20 500 $(($(size p) - 1)); do
	head -c "$n" p >shorter
	expect 3 "$OTATOOL" apply old.bin shorter -o absent
	says err "^otatool: error: shorter: "
done
{ cat p; printf '\0'; } >longer
expect 3 "$OTATOOL" apply old.bin longer -o absent
says err "longer: patch has more bytes than its 111460 new bytes need"
cp p damaged
put damaged 300 5555
expect 3 "$OTATOOL" apply old.bin damaged -o absent
cp p later
put later 2 12
expect 3 "$OTATOOL" apply old.bin later -o absent
says err "later: patch is of otd version 2, 1 is read"
expect 3 "$OTATOOL" inspect later
absent absent
[ ! -c /dev/full ] || expect 4 "$OTATOOL" apply old.bin p -o /dev/full
[ ! -c /dev/full ] || expect 4 "$OTATOOL" diff old.bin new.bin -o /dev/full

# -- in a delta update ------------------------------------------------------------------------------
"$OTATOOL" keygen -t ed25519 -o key.pem
"$OTATOOL" pubkey -k key.pem -o pub.pem
rest=(--header-size 0x200 --pad-header -k key.pem)
"$OTATOOL" sign old.bin -o old.img --version 1.2.0 "${rest[@]}"
"$OTATOOL" sign new.bin -o new.img --version 1.3.0 "${rest[@]}"
expect 0 "$OTATOOL" diff old.img new.img -o update.img -k key.pem
says out "^update.img: delta update 1\\.2\\.0 -> 1\\.3\\.0, [0-9,]+ bytes with a patch of"
says out "^  otd, tier xs: .*thumb code at 0x00008000 \\(.+\\)$"
expect 0 "$OTATOOL" apply old.img update.img -o result -k pub.pem
same result new.img
expect 0 "$OTATOOL" verify update.img -k pub.pem
expect 0 "$OTATOOL" inspect update.img --json
json '.format == "otd" and .format_version == 1 and .patch.decoder_ram_bytes == 4096'

# An Intel HEX file says where its image lies; --base is believed before it.
"$OTATOOL" sign old.bin -o old.hex --version 1.2.0 --hex-addr 0x8000 "${rest[@]}"
"$OTATOOL" sign new.bin -o new.hex --version 1.3.0 --hex-addr 0x8000 "${rest[@]}"
expect 0 "$OTATOOL" diff old.hex new.hex -o update2.img -k key.pem
says out "thumb code at 0x00008000 \\(Intel HEX\\)$"
same update.img update2.img
expect 0 "$OTATOOL" diff old.hex new.hex -o update2.img -k key.pem --base 0x10000
says out "thumb code at 0x00010000 \\(given\\)$"
"$OTATOOL" sign new.bin -o moved.hex --version 1.3.0 --hex-addr 0x78000 "${rest[@]}"
expect 0 "$OTATOOL" diff old.hex moved.hex -o update2.img -k key.pem
says out "thumb code at 0x00078000, was 0x00008000 \\(Intel HEX\\)$"
expect 0 "$OTATOOL" apply old.img update2.img -o result -k pub.pem
same result new.img
# Formats that have no use for an address do without.
expect 0 "$OTATOOL" diff old.hex new.hex -o update2.img -k key.pem --format bsdiff
expect 0 "$OTATOOL" diff old.hex new.hex -o update2.img -k key.pem --arch none

# -- on a device -------------------------------------------------------------------------------------
expect 0 "$OTATOOL" check update.img --old old.img --new new.img --target water-meter-l476
says out "^applied on the device$"
says out "^updater RAM +4,104 "
says out "^  patch decoder state, tier xs +4,096$"
says out "^updater stack +[0-9]+ +2,048 "
says out "^state of the target's decoder +4,096 +4,096 "
says out "^fits$"
"$OTATOOL" sign text -o text.img --version 1.3.0 "${rest[@]}"
expect 0 "$OTATOOL" diff old.img text.img -o m.img -k key.pem --tier m
expect 1 "$OTATOOL" check m.img --old old.img --target water-meter-l476 --json
json '(.fits | not) and ([.lines[] | select(.what == "state of the target'"'"'s decoder") |
	.needs_bytes == 16384 and .has_bytes == 4096 and (.fits | not)] == [true])'
says err "hint: .*make the patch with tier xs"
expect 1 "$OTATOOL" check update.img --old old.img --target water-meter-l476 --ram 4103
expect 0 "$OTATOOL" check update.img --old old.img --target water-meter-l476 --ram 4104
expect 0 "$OTATOOL" check update.img --old old.img --target water-meter-l476 --on gateway
says out "applied by the gateway, 4,096 bytes there"
finish
