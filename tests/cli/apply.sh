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
jq -e '.accepted and .digest_checked and .signature_checked' out >/dev/null || fail "json: $(cat out)"
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
	jq -e --arg format "$format" '.format == $format and (.delta_update | not) and
		.new_version == "1.1.0"' out >/dev/null || fail "json: $(cat out)"
	expect 1 "$OTATOOL" apply third.img "$format.patch" -o none
	says err "hint: the patch is for another old file than third.img, or is damaged"
	expect 1 "$OTATOOL" apply third.img "$format.patch" -o none --json
	checks=$((checks + 1))
	jq -e '(.accepted | not) and (.reason | length > 0)' out >/dev/null || fail "json: $(cat out)"
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
finish
