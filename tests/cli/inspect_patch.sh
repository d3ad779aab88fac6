#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# inspect says of a patch, bare or in a delta update, what it makes and where its bytes go.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1

"$OTATOOL" keygen -t ed25519 -o key.pem
bytes 40000 1 >old.bin
{ bytes 30000 1; bytes 300 2; head -c 500 /dev/zero; bytes 40000 1 | tail -c 9000; } >new.bin
rest=(--header-size 32 --pad-header -k key.pem)
"$OTATOOL" sign old.bin -o old.img --version 1.0.0 "${rest[@]}"
"$OTATOOL" sign new.bin -o new.img --version 1.1.0 "${rest[@]}" --security-counter 9 \
	--vid 11111111-2222-3333-4444-555555555555
json() {
	checks=$((checks + 1))
	jq -en "input | $1" out >/dev/null || fail "json: not $1 in $(cat out)"
}

# The origins of the new bytes add up to them, the parts of the patch to the patch.
sums='.schema == "otatool.inspect/1" and .kind == "patch" and .patch_bytes == $patch and
	.new_bytes == $new and
	.blended_bytes + .copied_old_bytes + .copied_new_bytes + .repeated_bytes + .inserted_bytes ==
	.new_bytes and .unchanged_bytes <= .blended_bytes and .old_reach_bytes <= 40000 and
	.decoder_ram_bytes > 0 and .records > 0'
patch_sums() { # FORMAT PARTS...
	local format=$1 parts
	shift
	parts=$(printf '.%s_bytes + ' "$@")
	expect 0 "$OTATOOL" inspect p --json
	checks=$((checks + 1))
	jq -en --argjson patch "$(stat -c %s p)" --argjson new "$(stat -c %s new.bin)" \
		"input | $sums and .format == \"$format\" and ${parts}0 == .patch_bytes" out >/dev/null ||
		fail "$format: $(cat out)"
}
"$OTATOOL" diff old.bin new.bin -o p --format bsdiff >/dev/null
patch_sums bsdiff header control diff extra
json '(.bzip2_levels | length == 3) and (has("windows") | not) and .control_plain_bytes ==
	24 * .records'
expect 0 "$OTATOOL" inspect p
says out "^p: bsdiff patch, [0-9,]+ bytes$"
says out "^  makes +39,800 bytes, in [0-9,]+ records; reads the old image up to byte [0-9,]+$"
says out "^  decoder +[0-9,]+ bytes of RAM besides the images$"
says out "^    from old +[0-9,]+ +[0-9.]+ %  [0-9,]+ of them unchanged$"
says out "^    inserted +[0-9,]+ +[0-9.]+ %$"
says out "^    control +[0-9,]+ +[0-9.]+ %  bzip2 level [1-9], [0-9,]+ unpacked$"

"$OTATOOL" diff old.bin new.bin -o p --format vcdiff --window 8K >/dev/null
expect 0 "$OTATOOL" inspect p --json
patch_sums vcdiff header data instructions addresses
json '.windows == 5 and .window_max_bytes == 8192 and .checksum and .data_bytes > 0 and
	.instructions_bytes > 0 and .addresses_bytes > 0 and (has("bzip2_levels") | not)'
expect 0 "$OTATOOL" inspect p
says out "^p: vcdiff patch, [0-9,]+ bytes$"
says out "^  makes +39,800 bytes, in [0-9,]+ instructions; reads"
says out "^  windows +5, the longest makes 8,192 bytes, the longest source is [0-9,]+$"
says out "^  checksum +Adler-32 of each window$"
says out "^    copied +[0-9,]+ +[0-9.]+ %$"
"$OTATOOL" diff old.bin new.bin -o p --format vcdiff --secondary lzma >/dev/null
expect 0 "$OTATOOL" inspect p --json

# An otd patch's header says what it is for and made with; what it makes takes the old image.
"$OTATOOL" diff old.bin new.bin -o p --arch thumb --base 0x08008000 >/dev/null
expect 0 "$OTATOOL" inspect p --json
json ".format == \"otd\" and .header_bytes + .stream_bytes == .patch_bytes and
	.patch_bytes == $(stat -c %s p) and .old_bytes == 40000 and .new_bytes == 39800 and
	.tier == \"xs\" and .arch == \"thumb\" and .base == 134250496 and .old_base == 134250496 and
	.segments == 1 and .checksum and .decoder_ram_bytes == 4096 and .decoder_stack_bytes > 0 and
	(has(\"records\") or has(\"spent\") | not)"
crc() { gzip -c "$1" | tail -c 8 | od -An -N4 -tx4 | tr -d ' '; }
expect 0 "$OTATOOL" inspect p
says out "^p: otd patch, [0-9,]+ bytes$"
says out "^  makes      39,800 bytes, CRC-32 $(crc new.bin)$"
says out "^  from       40,000 bytes, CRC-32 $(crc old.bin)"
says out "^  code       thumb at 0x08008000$"
says out "^  tier       xs$"
says out "^  decoder    4,096 bytes of RAM besides the images, [0-9,]+ of stack$"

# With the old image: the bits, by what they tell and by where; each way they add up to the stream.
account() { # OBJECT NEW-BYTES
	json "$1 | (.spent | map(.what) == [\"matches\", \"references\", \"turns\", \"literals\"]) and
		([.spent[].bits] | add) - 8 * .stream_bytes < 8 and
		8 * .stream_bytes - ([.spent[].bits] | add) < 8 and
		([.regions[].bits] | add) - 8 * .stream_bytes < 32 and
		8 * .stream_bytes - ([.regions[].bits] | add) < 32 and
		([.spent[].new_bytes] | add) == $2 and ([.regions[].length] | add) == $2 and
		.turns > 0 and .references_hit + .references_told <= .references and
		(.regions | length) == 32 and .regions[0].at == .base and
		.regions[1].at == .base + .regions[0].length"
}
expect 0 "$OTATOOL" inspect p --old old.bin --json
account . 39800
expect 0 "$OTATOOL" inspect p --old old.bin
says out "^    literals +[0-9.]+ +[0-9.]+ %  for [0-9,]+ new bytes$"
says out "^  references [0-9,]+ in old, [0-9,]+ foreseen, [0-9,]+ told$"
says out "^  new image, 1,244 bytes a line$"
says out "^    0x08008000-0x080084db +[0-9.]+  #*$"
"$OTATOOL" inspect - --old old.bin <p >again || fail "from a pipe"
sed 1d out >want
sed 1d again >got
same got want
expect 1 "$OTATOOL" inspect p --old new.bin
says err "p: patch is for an old file of 40000 bytes, this one has 39800"
says err "hint: the patch is for another old file than new.bin"
bytes 40000 9 >third.bin
expect 1 "$OTATOOL" inspect p --old third.bin
says err "patch is for an old file with CRC-32 $(crc old.bin), this one has another"
expect 4 "$OTATOOL" inspect p --old missing
expect 2 "$OTATOOL" inspect - --old -
says err "standard input can be only one of its files"
expect 2 "$OTATOOL" inspect old.img --old old.bin
says err "error: --old: is about patches, and old.img is none"
"$OTATOOL" diff old.bin new.bin -o p --format bsdiff >/dev/null
expect 3 "$OTATOOL" inspect p --old old.bin
says err "what a bsdiff patch's bits go into is not told"

# A delta update: what it is for, who signed it, and the patch in it.
"$OTATOOL" diff old.img new.img -o update.img --format bsdiff -k key.pem >/dev/null
"$OTATOOL" diff old.img new.img -o bare --format bsdiff >/dev/null
expect 0 "$OTATOOL" inspect update.img
says out "^update.img: delta update, [0-9,]+ bytes$"
says out "^  old image  1\\.0\\.0, [0-9,]+ bytes, SHA-256 $(sha256sum old.img | head -c 32)\\.\\.\\.$"
says out "^  new image  1\\.1\\.0, [0-9,]+ bytes, SHA-256 $(sha256sum new.img | head -c 32)\\.\\.\\.$"
says out "^  counter    9$"
says out "^  vendor id  11111111222233334444555555555555$"
says out "^  signature  ED25519, key id [0-9a-f]{64}$"
says out "^  patch      bsdiff, $(stat -c %s bare | sed ':a;s/\B[0-9]\{3\}\>/,&/;ta') bytes; [0-9]+ around it$"
says out "^  digest     good$"
says out "^    control "
expect 0 "$OTATOOL" inspect update.img --json
json ".kind == \"delta-update\" and .update_bytes == $(stat -c %s update.img) and
	.old_version == \"1.0.0\" and .new_version == \"1.1.0\" and
	.old_bytes == $(stat -c %s old.img) and .new_bytes == $(stat -c %s new.img) and
	.old_sha256_head == \"$(sha256sum old.img | head -c 32)\" and
	.new_sha256_head == \"$(sha256sum new.img | head -c 32)\" and
	.format == \"bsdiff\" and .security_counter == 9 and .digest == \"good\" and
	.vendor_id == \"11111111222233334444555555555555\" and (has(\"class_id\") | not) and
	(.signatures | length == 1) and .signatures[0].kind == \"ED25519\" and
	.patch.patch_bytes == $(stat -c %s bare) and
	(.tlvs | map(.name) | index(\"DELTA\")) and .patch.header_bytes == 32 and .header_bytes == 32"

# The same of an otd patch, whose old image may be padded.
"$OTATOOL" diff old.img new.img -o otd.img -k key.pem --arch thumb --base 0x8000 >/dev/null
"$OTATOOL" sign old.bin -o padded.img --version 1.0.0 -S 64K --pad "${rest[@]}"
expect 0 "$OTATOOL" inspect otd.img --old padded.img --json
json '.format == "otd" and .format_version == 1 and .patch.tier == "xs" and .patch.base == 32768'
account .patch "$(stat -c %s new.img)"
expect 0 "$OTATOOL" inspect otd.img --old padded.img
says out "^  new image, [0-9,]+ bytes a line$"
expect 1 "$OTATOOL" inspect otd.img --old new.img
# It is the old file that is no image, not the update.
expect 3 "$OTATOOL" inspect otd.img --old old.bin
says err "^otatool: error: old.bin: "

# One that was tampered with is shown; that it is no good is in the report.
cp update.img damaged.img
put damaged.img 20 02
expect 0 "$OTATOOL" inspect damaged.img
says out "^  digest     WRONG$"
says out "^  new image  2\\.1\\.0"

# The DELTA TLV by its name, but not what another vendor has at its number; to imgtool both are
# unknown.
"$OTATOOL" sign new.bin -o delta.img --version 1.0 "${rest[@]}" --custom-tlv 0x01a0 0x4f544144
"$OTATOOL" sign new.bin -o other.img --version 1.0 "${rest[@]}" --custom-tlv 0x01a0 0x4f5441
expect 0 "$OTATOOL" verify delta.img --json
json '[.tlvs[] | select(.type == 416) | .name] == ["DELTA"]'
expect 0 "$OTATOOL" verify other.img --json
json '[.tlvs[] | select(.type == 416) | .name] == ["UNKNOWN"]'
expect 0 "$OTATOOL" imgtool dumpinfo update.img
says out "type: UNKNOWN \\(0x1a0\\)"

# Cut off anywhere: a sentence and exit 3, for the patch and for the update.
for file in bare update.img; do
	size=$(stat -c %s $file)
	for ((n = 1; n < size; n += 53)); do
		head -c "$n" $file >shorter
		expect 3 "$OTATOOL" inspect shorter
		says err "^otatool: error: shorter: "
	done
done

# What other tools write is called by its name.
printf 'HDIFF13&abcdefgh' >foreign
expect 3 "$OTATOOL" inspect foreign
says err "foreign: is an? .*HDiffPatch"
: >empty
expect 3 "$OTATOOL" inspect empty
says err "empty: file is empty"
finish
