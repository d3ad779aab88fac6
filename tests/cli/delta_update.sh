#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Delta updates from end to end: made by diff -k, refused or applied by apply, read by verify,
# inspect and check.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1

"$OTATOOL" keygen -t ecdsa-p256 -o key.pem
"$OTATOOL" pubkey -k key.pem -o pub.pem
"$OTATOOL" keygen -t ed25519 -o other.pem
bytes 9000 1 >old.bin
{ bytes 6500 1; bytes 200 2; bytes 9000 1 | tail -c 2400; } >new.bin
rest=(--header-size 32 --pad-header -k key.pem)

# image NAME BIN VERSION OPTIONS...
image() {
	local name=$1 bin=$2 version=$3
	shift 3
	"$OTATOOL" sign "$bin" -o "$name" --version "$version" "${rest[@]}" "$@" >/dev/null ||
		fail "no image $name"
}
ids=(--security-counter 3 --vid 11111111-2222-3333-4444-555555555555
	--cid 99999999-8888-7777-6666-555555555555)
image old.img old.bin 1.2.2 "${ids[@]}"
image new.img new.bin 1.3.0+7 "${ids[@]}" --security-counter 4
image wrong.img new.bin 1.2.1 "${ids[@]}"
image rebuilt.img new.bin 1.2.2 "${ids[@]}"
json() {
	checks=$((checks + 1))
	jq -en "input | $1" out >/dev/null || fail "json: not $1 in $(cat out)"
}

# -- made -----------------------------------------------------------------------------------------
expect 0 "$OTATOOL" diff old.img new.img -o update.img --format bsdiff -k key.pem
says out "^update.img: delta update 1\\.2\\.2 -> 1\\.3\\.0\\+7, [0-9,]+ bytes with a patch of [0-9,]+, [0-9.]+ % of the new image's"
size=$(stat -c %s update.img)
expect 0 "$OTATOOL" diff old.img new.img -o again.img --format bsdiff -k key.pem --json
same update.img again.img
json ".made and .signed and .update_bytes == $size and .patch_bytes < .update_bytes and
	.old_version == \"1.2.2\" and .new_version == \"1.3.0+7\" and .format == \"bsdiff\" and
	.new_bytes == $(stat -c %s new.img)"
"$OTATOOL" diff old.img new.img -o - --format bsdiff -k key.pem >again.img || fail "to a pipe"
same update.img again.img

# Padding, trailer and HEX make no other update.
image padded.img old.bin 1.2.2 "${ids[@]}" -S 64K --pad --confirm
image new-padded.img new.bin 1.3.0+7 "${ids[@]}" --security-counter 4 -S 64K --pad
image old.hex old.bin 1.2.2 "${ids[@]}" --hex-addr 0x8000
for pair in "padded.img new.img" "old.img new-padded.img" "old.hex new.img"; do
	# shellcheck disable=SC2086 # two names
	expect 0 "$OTATOOL" diff $pair -o again.img --format bsdiff -k key.pem
	[ ! -s err ] || fail "words for $pair: $(cat err)"
	same update.img again.img
done

# Signing options: two signatures, the whole key, padding of it.
expect 0 "$OTATOOL" diff old.img new.img -o two.img --format bsdiff -k key.pem -k other.pem
for key in key.pem other.pem; do
	expect 0 "$OTATOOL" apply old.img two.img -o result -k $key
	same result new.img
done
expect 0 "$OTATOOL" diff old.img new.img -o full.img --format bsdiff -k key.pem \
	--public-key-format full --pad-sig --low-s
expect 0 "$OTATOOL" inspect full.img
says out "signature +ECDSASIG, the whole key with it"
expect 0 "$OTATOOL" apply old.img full.img -o result -k pub.pem
expect 2 "$OTATOOL" diff old.img new.img -o none --format bsdiff -k pub.pem
says err "pub.pem: is a public key; the private one signs"
# Keys that do not go together are not the new image's fault.
"$OTATOOL" keygen -t ecdsa-p384 -o p384.pem
expect 2 "$OTATOOL" diff old.img new.img -o none --format bsdiff -k key.pem -k p384.pem
says err "error: --key: ecdsa-p384 keys do not sign by SHA256"
absent none

# An encrypted key, and one that others can read.
echo secret >passphrase
"$OTATOOL" keygen -t ed25519 -o locked.pem --passphrase-file passphrase
expect 0 "$OTATOOL" diff old.img new.img -o result --format bsdiff -k locked.pem \
	--passphrase-file passphrase
expect 0 "$OTATOOL" verify result -k locked.pem --passphrase-file passphrase
cp other.pem open.pem
chmod 644 open.pem
expect 1 "$OTATOOL" diff old.img new.img -o none --format bsdiff -k open.pem --strict
absent none

# What no update is made of: exit code, whose fault, why.
refuses() {
	local code=$1 words=$2 old=$3 new=$4
	expect "$code" "$OTATOOL" diff "$old" "$new" -o none --format bsdiff -k key.pem
	says err "$words"
	absent none
	[ "$code" = 1 ] || return 0
	expect 1 "$OTATOOL" diff "$old" "$new" -o none --format bsdiff -k key.pem --json
	json '(.made | not) and .file == "none" and (.error | length > 0) and (.reason | length > 0)'
}
"$OTATOOL" keygen -t x25519 -o enc.pem
"$OTATOOL" pubkey -k enc.pem -o enc.pub.pem
"$OTATOOL" keygen -t ed25519 -o ed.pem
"$OTATOOL" sign new.bin -o enc.img --version 1.3 --header-size 32 --pad-header -k ed.pem -E enc.pub.pem
image low.img new.bin 1.3.0 "${ids[@]}" --security-counter 2
image foreign.img new.bin 1.3.0 --security-counter 4 --vid 00000000-2222-3333-4444-555555555555 \
	--cid 99999999-8888-7777-6666-555555555555
cp new.img damaged.img
put damaged.img 100 00000000
{ cat new.img; echo behind; } >tail.img
refuses 1 "enc.img: is encrypted" old.img enc.img
says err "hint: make the delta of the images before they are encrypted"
refuses 1 "enc.img: is encrypted" enc.img new.img
refuses 1 "update.img: is a delta update" old.img update.img
refuses 1 "damaged.img: .*digest" old.img damaged.img
refuses 1 "low.img: .*security counter" old.img low.img
refuses 1 "foreign.img: .*vendor" old.img foreign.img
refuses 3 "tail.img: the byte at 0x" old.img tail.img
refuses 3 "old.bin: not an MCUboot image" old.bin new.img
refuses 3 "new.bin: not an MCUboot image" old.img new.bin

# -- applied --------------------------------------------------------------------------------------
expect 0 "$OTATOOL" apply old.img update.img -o result -k pub.pem
says out "^result: [0-9,]+ bytes, MCUboot image 1\\.3\\.0\\+7, digest good, signature of the update good$"
[ ! -s err ] || fail "words: $(cat err)"
same result new.img
expect 0 "$OTATOOL" apply old.img update.img -o result -k pub.pem --json
json '.accepted and .delta_update and .digest_checked and .signature_checked and
	.mcuboot_image and .format == "bsdiff" and .new_version == "1.3.0+7"'
expect 0 "$OTATOOL" apply old.img update.img -o result
says err "warning: update.img: signature not checked, no --key given"
expect 0 "$OTATOOL" apply old.img update.img -o result --json
json '.accepted and .digest_checked and (.signature_checked | not)'
"$OTATOOL" apply - update.img -o - -k pub.pem <old.img >result || fail "through pipes"
same result new.img
"$OTATOOL" apply old.img /dev/stdin -o - -k pub.pem <update.img >result || fail "from a pipe"
same result new.img

# The old image padded or in HEX; the new one is never padded, and in HEX where the old one was.
for old in padded.img old.hex; do
	expect 0 "$OTATOOL" apply $old update.img -o result -k pub.pem
	same result new.img
done
expect 0 "$OTATOOL" apply old.hex update.img -o result.hex -k pub.pem
image new.hex new.bin 1.3.0+7 "${ids[@]}" --security-counter 4 --hex-addr 0x8000
same result.hex new.hex
expect 2 "$OTATOOL" apply old.img update.img -o none.hex -k pub.pem
says err "none.hex: is named as Intel HEX, and old.img is a binary"
{ cat old.img; echo "what the last image left there"; } >dump
expect 0 "$OTATOOL" apply dump update.img -o result -k pub.pem
same result new.img
cp old.img inplace
expect 0 "$OTATOOL" apply inplace update.img -o inplace -k pub.pem
same inplace new.img

# no CODE ERROR WORDS ARGUMENTS...: refused, said twice, nothing written.
no() {
	local code=$1 error=$2 words=$3
	shift 3
	expect "$code" "$OTATOOL" apply "$@" -o none
	says err "$words"
	absent none
	[ "$code" = 1 ] || return 0
	expect 1 "$OTATOOL" apply "$@" -o none --json
	json "(.accepted | not) and .delta_update and .error == \"$error\" and (.reason | length > 0)"
	absent none
}
base="wrong old image"
no 1 "$base" "error: wrong.img: update is for 1\\.2\\.2, this is 1\\.2\\.1" wrong.img update.img -k pub.pem
no 1 "$base" "error: rebuilt.img: update is for another build of 1\\.2\\.2" rebuilt.img update.img
no 1 refused "update.img: .*security counter 4, .*5" old.img update.img -k pub.pem \
	--security-counter-floor 5
expect 0 "$OTATOOL" apply old.img update.img -o result --security-counter-floor 4 -k pub.pem
image ahead.img old.bin 1.2.2 "${ids[@]}" --security-counter 5
no 1 refused "update.img: .*security counter 4, .*5" ahead.img update.img -k pub.pem
no 1 refused "update.img: .*vendor" foreign.img update.img -k pub.pem
no 1 "not signed" "update.img: .*(key|sign)" old.img update.img -k other.pem
expect 1 "$OTATOOL" apply old.img update.img -o none -k other.pem
says err "hint: nothing was applied; is other.pem the right key"
no 1 "does not fit" "update.img: .*[0-9]+ bytes, at most 100" old.img update.img -k pub.pem \
	--max-size 100
says out '"accepted": false'
no 1 "$base" "result has SHA-256" old.img update.img -k pub.pem --sha256 "$(printf '%064d' 0)"
no 3 "" "old.bin: not an MCUboot image" old.bin update.img -k pub.pem
says err "hint: a delta update is for an MCUboot image"

# The signature is looked at before anything else: with a key that did not sign, even a hopeless old
# image and a patch of rubbish get that answer.
cp update.img rubbish.img
put rubbish.img 60 00000000000000000000
no 1 "wrong digest" "rubbish.img: .*digest" wrong.img rubbish.img -k pub.pem
no 1 "wrong digest" "rubbish.img: .*digest" old.img rubbish.img

# Cut off anywhere, any bit of a byte flipped, bytes behind it: never an image, never a crash.
step=7
[ "${OTA_SANITIZE:-}" != ON ] || step=41
for ((n = 0; n < size; n += step)); do
	head -c "$n" update.img >shorter
	status=0
	"$OTATOOL" apply old.img shorter -o none -k pub.pem >/dev/null 2>err || status=$?
	checks=$((checks + 1))
	[ "$status" = 1 ] || [ "$status" = 3 ] || fail "cut to $n bytes: exit $status"
	absent none
	cp update.img flipped
	byte=$(od -An -tu1 -j "$n" -N 1 update.img)
	put flipped "$n" "$(printf '%02x' $((byte ^ (1 << (n % 8)))))"
	status=0
	"$OTATOOL" apply old.img flipped -o none -k pub.pem >/dev/null 2>err || status=$?
	checks=$((checks + 1))
	[ "$status" = 1 ] || [ "$status" = 3 ] || fail "byte $n flipped: exit $status"
	absent none
done
{ cat update.img; echo behind; } >behind.img
no 3 "" "behind.img: the byte at 0x" old.img behind.img -k pub.pem

# Its signature taken away: a warning without a key, a no with one.
expect 0 "$OTATOOL" resign update.img --strip -o unsigned.img
expect 0 "$OTATOOL" apply old.img unsigned.img -o result
says err "warning: unsigned.img: signature not checked"
no 1 "not signed" "unsigned.img: .*not signed" old.img unsigned.img -k pub.pem
expect 0 "$OTATOOL" resign unsigned.img -k other.pem -o resigned.img
expect 0 "$OTATOOL" apply old.img resigned.img -o result -k other.pem
same result new.img

# A bare patch has no counter to compare.
"$OTATOOL" diff old.img new.img -o bare --format bsdiff >/dev/null
expect 2 "$OTATOOL" apply old.img bare -o none --security-counter-floor 1
says err "--security-counter-floor: is for delta updates, and bare is a bare patch"
absent none
expect 0 "$OTATOOL" apply old.img bare -o result -k pub.pem
says out "digest good, signature good$"

# -- read -----------------------------------------------------------------------------------------
expect 0 "$OTATOOL" verify update.img -k pub.pem
says out "good delta update, version 1\\.3\\.0\\+7, [0-9]+ bytes$"
expect 0 "$OTATOOL" verify new.img -k pub.pem
says out "good MCUboot image, version 1\\.3\\.0\\+7, 9,[0-9]{3} bytes$"
expect 0 "$OTATOOL" verify update.img -k pub.pem
says out "patch +bsdiff, from version 1\\.2\\.2 to 1\\.3\\.0\\+7"
expect 0 "$OTATOOL" verify update.img -k pub.pem --json
json '.good and .delta_update and .patch_format == "bsdiff" and .old_version == "1.2.2" and
	.new_version == "1.3.0+7"'
expect 1 "$OTATOOL" verify update.img -k other.pem

# made_up NAME WORDS TLV-OPTIONS...: an image that is signed well, but is no good delta update.
head -c 200 bare >payload
delta() { # FORMAT VERSION FLAGS
	printf '0x4f544144%s%s%s%s' "$1" "$2" "$3" "$(printf '%0104d' 0)"
}
made_up() {
	local words=$1
	shift
	"$OTATOOL" sign payload -o made-up.img --version 1.3 "${rest[@]}" --non-bootable "$@" ||
		fail "not made: $*"
	expect 1 "$OTATOOL" verify made-up.img -k pub.pem
	says err "made-up.img: $words"
	expect 1 "$OTATOOL" verify made-up.img -k pub.pem --json
	json '(.good | not) and .delta_update and (.signature_good | not)'
	no 3 "" "made-up.img: $words" old.img made-up.img -k pub.pem
	expect 3 "$OTATOOL" inspect made-up.img
	says err "made-up.img: $words"
	expect 3 "$OTATOOL" check made-up.img --old old.img --target water-meter-l476
	says err "made-up.img: $words"
}
made_up "patch format 9 is not one this version reads" --custom-tlv 0x01a0 "$(delta 09 00 0000)"
made_up "bsdiff patch is of version 1, 0 is read" --custom-tlv 0x01a0 "$(delta 01 01 0000)"
made_up "the DELTA TLV has flags" --custom-tlv 0x01a0 "$(delta 01 00 0100)"
cp new.bin payload
made_up "the payload is no bsdiff patch as it claims" --custom-tlv 0x01a0 "$(delta 01 00 0000)"

# An image that is not bootable and holds a patch, but says nothing of it, is an image like others.
"$OTATOOL" sign bare -o carrier.img --version 1.3 "${rest[@]}" --non-bootable
expect 0 "$OTATOOL" inspect carrier.img
says out "carrier.img: MCUboot image"

target=water-meter-l476
expect 0 "$OTATOOL" check update.img --old old.img --new new.img --target $target
says out "update.img: delta update of [0-9,]+ bytes with its bsdiff patch of [0-9,]+ bytes, for"
says out "it turns the old image into the new one, byte for byte"
says out "^applied by the gateway, [0-9,]+ bytes there$"
expect 0 "$OTATOOL" check update.img --old padded.img --new new-padded.img --target $target --json
json ".fits and .delta_update and .update_bytes == $size and .patch_bytes == $(stat -c %s bare)"
expect 0 "$OTATOOL" check update.img --old old.hex --target $target
says out "into [0-9,]+ bytes with the digest it carries"
expect 1 "$OTATOOL" check update.img --old wrong.img --new new.img --target $target
says err "error: wrong.img: update is for 1\\.2\\.2, this is 1\\.2\\.1"
checks=$((checks + 1))
! grep -q "right way round" err || fail "a hint that does not help: $(cat err)"
expect 1 "$OTATOOL" check update.img --old old.img --new wrong.img --target $target --json
json '(.fits | not) and .error == "wrong old image"'
says err "hint: are --old and --new the right way round"
expect 3 "$OTATOOL" check update.img --old old.bin --target $target
says err "old.bin: not an MCUboot image"
expect 0 "$OTATOOL" check bare --old old.img --new new.img --target $target --json
json '.fits and (.delta_update | not) and .update_bytes == .patch_bytes'
finish
