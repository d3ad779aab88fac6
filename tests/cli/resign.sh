#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# resign: signatures change and nothing else does.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cp -r "$OTA_VECTORS/imgtool/keys" "$OTA_VECTORS/imgtool/in" "$tmp"
cp -r "$OTA_VECTORS/imgtool/out" "$tmp/images"
cd "$tmp" || exit 1
chmod -R u+w . && chmod 600 keys/*
sign=(sign in/rand-1021.bin --version 1.2.3 --header-size 32 --pad-header)
pad=(--slot-size 8K --max-sectors 16)

# made FILE SIGN OPTIONS...: an image to compare with.
made() {
	"$OTATOOL" "${sign[@]}" "${@:2}" -o "$1" 2>err || fail "sign ${*:2}: $(cat err)"
}

# resigns WANT IMAGE OPTIONS...: gives WANT, to the byte.
resigns() {
	expect 0 "$OTATOOL" resign "$2" "${@:3}" -o got || return
	same got "$1"
	rm -f got
}

# no CODE PATTERN ARGUMENTS...: refused, in those words, and no file.
no() {
	expect "$1" "$OTATOOL" resign "${@:3}" -o none
	says err "$2"
	absent none
}

# -- a signature in place of another --------------------------------------------------------------
for kind in ed25519 p256; do
	made a.img -k keys/$kind.pem -s 5
	made b.img -k keys/$kind-b.pem -s 5
	made plain.img -s 5
	made both.img -k keys/$kind.pem -k keys/$kind-b.pem -s 5
	made padded.img -k keys/$kind.pem -s 5 "${pad[@]}" --confirm
	made padded-both.img -k keys/$kind.pem -k keys/$kind-b.pem -s 5 "${pad[@]}" --confirm
	resigns a.img a.img -k keys/$kind.pem
	resigns b.img a.img -k keys/$kind-b.pem
	resigns both.img a.img -k keys/$kind.pem -k keys/$kind-b.pem
	resigns both.img a.img --add -k keys/$kind-b.pem
	resigns a.img both.img -k keys/$kind.pem
	resigns a.img plain.img -k keys/$kind.pem
	resigns a.img plain.img --add -k keys/$kind.pem
	resigns plain.img a.img --strip
	resigns plain.img both.img --strip
	resigns padded-both.img padded.img --add -k keys/$kind-b.pem
	resigns padded.img padded-both.img -k keys/$kind.pem
	made full.img -k keys/$kind.pem -s 5 --public-key-format full
	resigns full.img a.img -k keys/$kind.pem --public-key-format full
	resigns a.img full.img -k keys/$kind.pem
done
made padsig.img -k keys/p256.pem -s 5 --pad-sig
resigns padsig.img a.img -k keys/p256.pem --pad-sig

# RSA signatures have a salt: the same records, and the key's.
made rsa.img -k keys/rsa2048.pem
expect 0 "$OTATOOL" resign images/o071-ed25519-pure.bin --strip -o stripped.img
expect 0 "$OTATOOL" resign a.img -k keys/rsa2048.pem -o got
expect 0 "$OTATOOL" verify got -k keys/rsa2048.pub.pem
expect 1 "$OTATOOL" verify got -k keys/p256.pub.pem

# Images of imgtool's, with all it writes: other TLVs, pure signatures, encryption, compression.
for image in o070-ed25519 o071-ed25519-pure o074 o126 o127 o129; do
	image=$(echo images/"$image"*.bin)
	format="hash"
	[[ $image != *fullpub* ]] || format=full
	resigns "$image" "$image" -k keys/ed25519.pem --public-key-format $format
done
# A pure image stays one, without its signature too.
resigns images/o071-ed25519-pure.bin stripped.img -k keys/ed25519.pem
no 2 "SHA512 digest, and ecdsa-p256 keys" images/o071-ed25519-pure.bin -k keys/p256.pem
no 2 "pure signatures go with SHA512" images/o073-pure-without-key.bin -k keys/ed25519.pem
expect 0 "$OTATOOL" resign images/o071-ed25519-pure.bin -k keys/ed25519-b.pem -o got
expect 0 "$OTATOOL" verify got -k keys/ed25519-b.pub.pem --sha 512
says out "\(pure\), good"

# The hash is the image's.
made p384.img -k keys/p384.pem
no 2 "SHA384 digest, and ecdsa-p256 keys go with SHA256" p384.img -k keys/p256.pem
no 2 "SHA256 digest, and ecdsa-p384 keys go with SHA384" plain.img -k keys/p384.pem
resigns p384.img p384.img -k keys/p384.pem

# -- encrypted ------------------------------------------------------------------------------------
enc=(--encrypt keys/x25519.pub.pem -k keys/ed25519.pem)
made closed.img "${enc[@]}"
resigns closed.img closed.img -k keys/ed25519.pem --encryption-key keys/x25519.pem
no 2 "encrypted: its digest cannot be checked" closed.img -k keys/ed25519.pem
says err "hint: --encryption-key"
no 1 "error" closed.img -k keys/ed25519.pem --encryption-key keys/p256enc.pem
no 2 "decrypts nothing" closed.img -k keys/ed25519.pem --encryption-key keys/x25519.pub.pem
expect 0 "$OTATOOL" resign closed.img --strip --encryption-key keys/x25519.pem -o stripped.img
resigns closed.img stripped.img -k keys/ed25519.pem --encryption-key keys/x25519.pem
made open.img "${enc[@]}" --clear
resigns open.img open.img -k keys/ed25519.pem
resigns open.img open.img -k keys/ed25519.pem --encryption-key keys/x25519.pem
cp closed.img bad && put bad 100 ff00ff
no 1 "digest" bad -k keys/ed25519.pem --encryption-key keys/x25519.pem
image=images/o116-enc-x25519-hmac512.bin
resigns $image $image -k keys/ed25519.pem --encryption-key keys/x25519.pem
image=images/o117-enc-ec256-ed25519-mixed.bin
resigns $image $image -k keys/ed25519.pem --encryption-key keys/p256enc.pem

# -- big-endian, delta updates, HEX ---------------------------------------------------------------
made big.img -k keys/ed25519.pem --endian big -s 0x01020304 --custom-tlv 0x12a0 abc
made big-b.img -k keys/ed25519-b.pem --endian big -s 0x01020304 --custom-tlv 0x12a0 abc
resigns big-b.img big.img -k keys/ed25519-b.pem
resigns images/o090-big-ed25519-protected.bin images/o090-big-ed25519-protected.bin \
	-k keys/ed25519.pem
made big-pad.img -k keys/ed25519.pem --endian big --max-align 16 "${pad[@]}" --confirm
resigns big-pad.img big-pad.img -k keys/ed25519.pem
delta=0x4f544144$(printf '%0112d' 0)
made update.img -k keys/ed25519.pem --non-bootable --custom-tlv 0x01a0 "$delta"
made update-b.img -k keys/ed25519-b.pem --non-bootable --custom-tlv 0x01a0 "$delta"
resigns update-b.img update.img -k keys/ed25519-b.pem
for how in "" --pad --confirm; do
	for align in 8 32; do
		# shellcheck disable=SC2086 # no option when empty
		made a.hex -k keys/ed25519.pem --hex-addr 0x0800fff0 "${pad[@]}" $how --max-align $align
		# shellcheck disable=SC2086
		made b.hex -k keys/ed25519-b.pem --hex-addr 0x0800fff0 "${pad[@]}" $how \
			--max-align $align
		expect 0 "$OTATOOL" resign a.hex -k keys/ed25519-b.pem -o got.hex
		same got.hex b.hex
	done
done
expect 0 "$OTATOOL" resign b.hex -k keys/ed25519.pem -o got
made a.img -k keys/ed25519.pem "${pad[@]}" --confirm --max-align 32
same got a.img
expect 2 "$OTATOOL" resign a.img -k keys/ed25519.pem -o none.hex
absent none.hex

# -- padding --------------------------------------------------------------------------------------
made a.img -k keys/ed25519.pem
room=$(($(wc -c <a.img) + 32))
made tight.img -k keys/ed25519.pem --slot-size $((room + 16)) --overwrite-only --pad
no 1 "its trailer needs 40" tight.img --add -k keys/ed25519-b.pem
resigns tight.img tight.img -k keys/ed25519.pem
cp a.img erased && head -c 500 /dev/zero | tr '\0' '\377' >>erased
expect 0 "$OTATOOL" resign erased --add -k keys/ed25519-b.pem -o got
made both.img -k keys/ed25519.pem -k keys/ed25519-b.pem
checks=$((checks + 1))
[ "$(wc -c <got)" = "$(wc -c <erased)" ] && cmp -s -n "$(wc -c <both.img)" got both.img ||
	fail "erased bytes behind the image"
cp a.img tailed && printf x >>tailed
no 1 "neither erased flash" tailed -k keys/ed25519.pem

# -- signatures out and in ------------------------------------------------------------------------
made rsa.img -k keys/rsa2048.pem
made p256.img -k keys/p256.pem
made p256-pad.img -k keys/p256.pem --pad-sig
made plain.img
for kind in ed25519:a.img p256:p256.img p256:p256-pad.img rsa2048:rsa.img; do
	image=${kind#*:} key=keys/${kind%%:*}.pub.pem
	expect 0 "$OTATOOL" resign "$image" --extract sig
	expect 0 "$OTATOOL" verify plain.img -k "$key" --signature sig
	says out "apart from the image, good"
	expect 0 "$OTATOOL" verify "$image" -k "$key" --signature sig
	base64 -d sig >sig.raw
	expect 0 "$OTATOOL" verify plain.img -k "$key" --signature sig.raw
	option=()
	[ "$image" != p256-pad.img ] || option=(--pad-sig)
	resigns "$image" plain.img --fix-sig sig --fix-sig-pubkey "$key" "${option[@]}"
	expect 0 "$OTATOOL" resign plain.img --fix-sig sig --fix-sig-pubkey "$key" -o got \
		--sig-out again
	[ "$image" = p256-pad.img ] || same again sig
	rm -f got
	expect 1 "$OTATOOL" verify a.img -k keys/ed25519-b.pub.pem --signature sig
	says err "\(signature at"
done
"$OTATOOL" resign a.img --extract sig
no 1 "is not the ed25519 key's" plain.img --fix-sig sig --fix-sig-pubkey keys/ed25519-b.pub.pem
made other.img -s 9
no 1 "is not the ed25519 key's" other.img --fix-sig sig --fix-sig-pubkey keys/ed25519.pub.pem
expect 1 "$OTATOOL" verify other.img -k keys/ed25519.pub.pem --signature sig
expect 2 "$OTATOOL" verify a.img --signature sig
expect 4 "$OTATOOL" verify a.img -k keys/ed25519.pub.pem --signature missing
: >empty
expect 3 "$OTATOOL" verify a.img -k keys/ed25519.pub.pem --signature empty
cp a.img bad && put bad 100 ff
expect 1 "$OTATOOL" verify bad -k keys/ed25519.pub.pem --signature sig
says err "\(hash at"
# Of a pure image: over the image itself.
expect 0 "$OTATOOL" resign images/o071-ed25519-pure.bin --extract sig
expect 0 "$OTATOOL" resign images/o071-ed25519-pure.bin --strip -o stripped.img
expect 0 "$OTATOOL" verify stripped.img -k keys/ed25519.pub.pem --sha 512 --signature sig
resigns images/o071-ed25519-pure.bin stripped.img --fix-sig sig --fix-sig-pubkey keys/ed25519.pub.pem

# Of several the one that is named.
rm -f sig
expect 2 "$OTATOOL" resign both.img --extract sig
says err "hint: ED25519, key hash $("$OTATOOL" pubkey -k keys/ed25519-b.pem --format hash 2>/dev/null)"
absent sig
for key in ed25519 ed25519-b; do
	made one.img -k keys/$key.pem
	"$OTATOOL" resign one.img --extract want
	expect 0 "$OTATOOL" resign both.img --extract sig -k keys/$key.pub.pem
	same sig want
	rm -f sig
	id=$("$OTATOOL" pubkey -k keys/$key.pem --format hash 2>/dev/null)
	expect 0 "$OTATOOL" resign both.img --extract sig --key-id "${id:0:6}"
	same sig want
	rm -f sig
done
expect 1 "$OTATOOL" resign both.img --extract sig -k keys/p256.pub.pem
expect 1 "$OTATOOL" resign both.img --extract sig --key-id 00000000
expect 2 "$OTATOOL" resign both.img --extract sig --key-id ""
expect 1 "$OTATOOL" resign plain.img --extract sig
expect 2 "$OTATOOL" resign a.img --extract sig -o got
absent sig
absent got

# A command that signs.
cat >signer <<-SH
	openssl pkeyutl -sign -inkey keys/ed25519.pem -rawin -in "\$1" -out "\$2"
SH
expect 0 "$OTATOOL" resign plain.img -k keys/ed25519.pub.pem --sign-with 'sh signer {digest} {sig}' \
	-o got
same got a.img
rm -f got
no 1 "error" plain.img -k keys/ed25519-b.pub.pem --sign-with 'sh signer {digest} {sig}'

# -- refused --------------------------------------------------------------------------------------
no 1 "not signed" plain.img --strip
cp a.img bad && put bad 100 ff00ff
no 1 "does not have the SHA256 digest" bad -k keys/ed25519.pem
no 1 "does not have the SHA256 digest" bad --strip
no 1 "no digest" "$OTA_VECTORS/verdicts/images/pure-good-raw.bin" -k keys/ed25519.pem
no 2 "public key" a.img -k keys/ed25519.pub.pem
no 2 "only encrypts" a.img -k keys/x25519.pem
no 2 "needs --key" a.img
no 2 "do not go together" a.img --strip -k keys/ed25519.pem
no 2 "do not go together" a.img --strip --add
no 2 "goes with --extract" a.img --key-id 00 -k keys/ed25519.pem
no 3 "not an MCUboot image" "$OTA_SOURCE/README.md" -k keys/ed25519.pem
no 4 "error" missing -k keys/ed25519.pem
no 2 "standard input" - -k -
expect 2 "$OTATOOL" resign a.img -k keys/ed25519.pem
cp keys/ed25519.pem own.pem
expect 2 "$OTATOOL" resign a.img -k own.pem -o own.pem
same own.pem keys/ed25519.pem
expect 2 "$OTATOOL" resign a.img -k keys/ed25519.pem -o got --sig-out got
absent got

# In place, from a pipe and into one.
made b.img -k keys/ed25519-b.pem
cp a.img place
expect 0 "$OTATOOL" resign place -k keys/ed25519-b.pem -o place
same place b.img
"$OTATOOL" resign - -k keys/ed25519-b.pem -o - <a.img >piped 2>err || fail "pipes: $(cat err)"
same piped b.img
# A signature does not take the image's place, under whatever name.
bytes 900 9 >kept.bin
expect 0 "$OTATOOL" sign kept.bin -o kept.img -v 1 -H 32 --pad-header -k "$OTA_VECTORS/imgtool/keys/ed25519.pem"
cp kept.img copy.img
expect 2 "$OTATOOL" resign kept.img --extract ./kept.img
expect 2 "$OTATOOL" resign kept.img -k "$OTA_VECTORS/imgtool/keys/ed25519.pem" -o new.img --sig-out kept.img
absent new.img
same kept.img copy.img
expect 2 "$OTATOOL" resign kept.img --extract - --key-id zz
expect 4 "$OTATOOL" resign kept.img -o new.img -k "$OTA_VECTORS/imgtool/keys/ed25519.pub.pem" \
	--sign-with 'exit 3 # {digest}'
says err "--sign-with: the signing command ended with exit code 3"
absent new.img
# A compressed image holds a signature of the plain one, which is not to stay another key's.
seq 2000 >text.bin
expect 0 "$OTATOOL" sign text.bin -o lzma.img -v 1 -H 32 --pad-header --compression lzma2 \
	-k "$OTA_VECTORS/imgtool/keys/ed25519.pem"
expect 3 "$OTATOOL" resign lzma.img -o new.img -k "$OTA_VECTORS/imgtool/keys/ed25519-b.pem"
says err "another key's signature of the plain image"
absent new.img
finish
