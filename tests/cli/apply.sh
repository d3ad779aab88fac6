#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# apply judges the file it made, by digest and signature, and not whether a device would boot it.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1

"$OTATOOL" keygen -t ecdsa-p256 -o key.pem
"$OTATOOL" pubkey -k key.pem -o pub.pem
"$OTATOOL" keygen -t ecdsa-p256 -o other.pem
bytes 4000 1 >old.bin
{ bytes 2500 1; bytes 1700 2; } >new.bin
rest=(--header-size 32 --pad-header -k key.pem)

# update NAME OPTIONS...: NAME.patch turns old.img into NAME.img, an image made with these options.
update() {
	local name=$1
	shift
	"$OTATOOL" sign new.bin -o "$name.img" --version 1.1.0 "${rest[@]}" "$@"
	"$OTATOOL" diff old.img "$name.img" -o "$name.patch" --format bsdiff >/dev/null 2>&1
}
"$OTATOOL" sign old.bin -o old.img --version 1.0.0 "${rest[@]}"

update plain
expect 0 "$OTATOOL" apply old.img plain.patch -o result -k pub.pem
same result plain.img
says out "MCUboot image 1\\.1\\.0, digest good, signature good"
expect 0 "$OTATOOL" apply old.img plain.patch -o result -k pub.pem --json
checks=$((checks + 1))
jq -en 'input | .accepted and .digest_checked and .signature_checked' out >/dev/null || fail "json: $(cat out)"
expect 0 "$OTATOOL" apply old.img plain.patch -o result
expect 1 "$OTATOOL" apply old.img plain.patch -o none -k other.pem
absent none

# Every format is told by its content; another old image is no, whether the format notices or not.
"$OTATOOL" sign new.bin -o third.img --version 0.9.0 "${rest[@]}"
for format in $("$OTATOOL" version | sed -n 's/^patch formats: //p'); do
	"$OTATOOL" diff old.img plain.img -o $format.patch --format "$format" >/dev/null 2>&1
	expect 0 "$OTATOOL" apply old.img "$format.patch" -o result -k pub.pem --json
	same result plain.img
	checks=$((checks + 1))
	jq -en --arg format "$format" 'input | .format == $format and (.delta_update | not) and
		.new_version == "1.1.0"' out >/dev/null || fail "json: $(cat out)"
	expect 1 "$OTATOOL" apply third.img "$format.patch" -o none
	says err "hint: the patch is for another old file than third.img, or is damaged"
	expect 1 "$OTATOOL" apply third.img "$format.patch" -o none --json
	checks=$((checks + 1))
	jq -en 'input | (.accepted | not) and (.reason | length > 0)' out >/dev/null || fail "json: $(cat out)"
	expect 1 "$OTATOOL" apply old.img "$format.patch" -o none --max-size 100
	says err "hint: --max-size N accepts more"
	absent none
done

# Usage: said before a file is read.
for line in "-k pub.pem" "-o none --sha256 12" "-o none --max-size x" \
	"-o none --security-counter-floor -1" "-o none --security-counter-floor 4294967296"; do
	# shellcheck disable=SC2086 # options
	expect 2 "$OTATOOL" apply missing.old missing.patch $line
	absent none
done
expect 2 "$OTATOOL" apply - - -o none
says err "standard input can be only one of its files"
expect 2 "$OTATOOL" apply old.img plain.patch -o pub.pem -k pub.pem
says err "pub.pem: is the file pub.pem, which is read and would be lost"
# The new image may replace the old one, but not the patch.
cp plain.patch before
expect 2 "$OTATOOL" apply old.img plain.patch -o plain.patch
says err "plain.patch: is the file plain.patch, which is read and would be lost"
same plain.patch before

# A key is read as verify reads it: with its passphrase, and one that signs nothing is said of it.
echo secret >passphrase
"$OTATOOL" keygen -t ecdsa-p256 -o locked.pem --passphrase-file passphrase
"$OTATOOL" keygen -t x25519 -o x25519.pem
expect 1 "$OTATOOL" apply old.img plain.patch -o none -k locked.pem --passphrase-file passphrase
says err "hint: the result is whole; is locked.pem the right key"
expect 2 "$OTATOOL" apply old.img plain.patch -o none -k locked.pem
says err "hint: --passphrase-file FILE or --passphrase-fd N gives it"
expect 2 "$OTATOOL" apply - plain.patch -o none -k locked.pem --passphrase-fd 0
says err "standard input can be only one of its files"
expect 2 "$OTATOOL" apply old.img plain.patch -o none -k x25519.pem
says err "error: x25519.pem: is a key of type x25519, which signs nothing"
absent none

# An encrypted image's digest is over its plaintext: only its SHA-256 says that it is whole.
"$OTATOOL" pubkey -k x25519.pem -o x25519.pub.pem
update encrypted -E x25519.pub.pem 2>/dev/null
expect 1 "$OTATOOL" apply old.img encrypted.patch -o none
says err "hint: --sha256 HEX says what the result must be"
sum=$(sha256sum encrypted.img | head -c 64)
expect 1 "$OTATOOL" apply old.img encrypted.patch -o none -k pub.pem --sha256 "$sum"
says err "hint: without --key, --sha256 HEX says what the result must be"
absent none
expect 0 "$OTATOOL" apply old.img encrypted.patch -o result --sha256 "$sum"
same result encrypted.img

# Images that no bootloader boots, or that verify refuses, are patched all the same.
update data --non-bootable
update empty --custom-tlv 0xa0 ""
for name in data empty; do
	expect 1 "$OTATOOL" verify $name.img -k pub.pem
	for key in "" "-k pub.pem"; do
		# shellcheck disable=SC2086 # no words or two
		expect 0 "$OTATOOL" apply old.img $name.patch -o result $key
		same result $name.img
	done
	expect 0 "$OTATOOL" inspect $name.img
	says out "digest +good"
done

# A signed image of before, with a lower counter or of another vendor, may not come back by way of a
# bare patch, which binds nothing. Without a key it may.
"$OTATOOL" sign old.bin -o five.img --version 1.0.0 --security-counter 5 --vid example.com "${rest[@]}"
"$OTATOOL" sign new.bin -o four.img --version 1.1.0 --security-counter 4 --vid example.com "${rest[@]}"
"$OTATOOL" sign new.bin -o other.img --version 1.1.0 --security-counter 5 --vid example.org "${rest[@]}"
"$OTATOOL" sign new.bin -o six.img --version 1.1.0 --security-counter 6 --vid example.com "${rest[@]}"
for new in four other six; do
	"$OTATOOL" diff five.img $new.img -o $new.patch --format bsdiff >/dev/null
done
expect 1 "$OTATOOL" apply five.img four.patch -o none -k pub.pem
says err "the new image has security counter 4, the old image has 5"
says err "hint: without --key a bare patch may go back"
absent none
expect 1 "$OTATOOL" apply five.img other.patch -o none -k pub.pem
says err "the new image is for vendor id"
absent none
expect 0 "$OTATOOL" apply five.img four.patch -o result
same result four.img
expect 0 "$OTATOOL" apply five.img six.patch -o result -k pub.pem
same result six.img

# Files that are no images: only the caller can know.
expect 0 "$OTATOOL" diff old.bin new.bin -o bin.patch --format bsdiff
expect 0 "$OTATOOL" apply old.bin bin.patch -o result
says out "nothing says that it is the right one"
expect 0 "$OTATOOL" apply old.bin bin.patch -o result --sha256 "$(sha256sum new.bin | head -c 64)"
[ "$(grep -c "nothing says" out)" = 0 ] || fail "it was said by --sha256"
finish
