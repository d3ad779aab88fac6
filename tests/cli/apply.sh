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
