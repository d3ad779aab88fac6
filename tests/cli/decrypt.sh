#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# decrypt: the image as it is in the primary slot, or nothing.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cp -r "$OTA_VECTORS/imgtool/keys" "$OTA_VECTORS/imgtool/in" \
	"$OTA_VECTORS/imgtool/img" "$tmp"
cp -r "$OTA_VECTORS/imgtool/out" "$tmp/images"
cd "$tmp" || exit 1
chmod -R u+w . && chmod 600 keys/*

# The payload, padded with zeros to 16 bytes from the header on.
padded() {
	cat "$1"
	head -c $(((16 - $(wc -c <"$1") % 16) % 16)) /dev/zero
}

# opens IMAGE KEY PUBLIC PAYLOAD [VERIFY OPTIONS...]: imgtool's image, opened.
opens() {
	local image=$1 key=$2 public=$3 payload=$4 len
	shift 4
	padded "$payload" >want
	len=$(wc -c <want)
	expect 0 "$OTATOOL" decrypt "$image" -k "$key" -o clear || return
	expect 0 "$OTATOOL" decrypt "$image" -k "$key" -o payload --payload
	same payload want
	# Header, flags and TLVs are those of the encrypted one.
	checks=$((checks + 1))
	cmp -s -n 32 clear "$image" && cmp -s -i $((32 + len)) clear "$image" &&
		cmp -s -i 32:0 -n "$len" clear want || fail "$image: more than the payload changed"
	expect 0 "$OTATOOL" verify clear -k "$public" --clear "$@"
	refused_again "$key"
	expect 1 "$OTATOOL" verify "$image" -k "$public" --clear "$@"
	says err "\(hash at"
}

# What was opened is not opened twice.
refused_again() {
	expect 1 "$OTATOOL" decrypt clear -k "$1" -o twice
	says err "payload is in plaintext already"
	absent twice
}

opens images/o108-enc-ec256-128.bin keys/p256enc.pem keys/p256.pub.pem in/rand-1021.bin
opens images/o109-enc-ec256-256.bin keys/p256enc.pem keys/p256.pub.pem in/rand-1021.bin
opens images/o110-enc-x25519-128.bin keys/x25519.pem keys/ed25519.pub.pem in/rand-1021.bin
opens images/o111-enc-x25519-256.bin keys/x25519.pem keys/ed25519.pub.pem in/rand-1021.bin
opens images/o112-enc-rsa-128.bin keys/rsa2048enc.pem keys/rsa2048.pub.pem in/rand-1021.bin
opens images/o113-enc-rsa-256.bin keys/rsa2048enc.pem keys/rsa2048.pub.pem in/rand-1021.bin
opens images/o116-enc-x25519-hmac512.bin keys/x25519.pem keys/ed25519.pub.pem in/rand-1021.bin --sha 512
# Key-encryption keys.
expect 0 "$OTATOOL" decrypt img/ve-kw128.bin -k keys/kw128.b64 -o payload --payload
kw=2950ac2467c93d606948bb1095a95211ba22b1628d80c7f41dc1934b91bd9d54
[ "$(sha256sum <payload)" = "$kw  -" ] || fail "AES-KW: another payload"
expect 0 "$OTATOOL" decrypt img/ve-kw256.bin -k keys/kw256.b64 -o payload --payload
[ "$(sha256sum <payload)" = "$kw  -" ] || fail "AES-KW with 256 bits: another payload"

# Wrong keys, damage, images that are not encrypted: exit 1 and no file.
no() {
	expect "$1" "$OTATOOL" decrypt "${@:3}" -o none
	says err "$2"
	absent none
}
image=images/o110-enc-x25519-128.bin
openssl genpkey -algorithm X25519 -out other.pem 2>/dev/null
chmod 600 other.pem
no 1 "error" $image -k other.pem
no 1 "no image key that is wrapped for ecdsa-p256 keys" $image -k keys/p256enc.pem
no 1 "error" img/ve-kw128-damaged.bin -k keys/kw128.b64
no 1 "error" img/ve-kw128.bin -k keys/kw256.b64
cp $image flipped && put flipped 100 ff00ff
no 1 "does not have the SHA256 digest" flipped -k keys/x25519.pem
no 1 "is not encrypted" images/o071-ed25519-pure.bin -k keys/x25519.pem
no 2 "encrypts nothing" $image -k keys/ed25519.pem
no 2 "public key" $image -k keys/x25519.pub.pem
no 2 "needs --key" $image
head -c 500 $image >cut
no 3 "cut off" cut -k keys/x25519.pem
no 3 "not an MCUboot image" "$OTA_SOURCE/README.md" -k keys/x25519.pem
no 4 "error" missing -k keys/x25519.pem
expect 2 "$OTATOOL" decrypt $image -k keys/x25519.pem
cp keys/x25519.pem own.pem
expect 2 "$OTATOOL" decrypt $image -k own.pem -o own.pem
same own.pem keys/x25519.pem

# In place, from a pipe and into one.
"$OTATOOL" decrypt $image -k keys/x25519.pem -o clear
cp $image place
expect 0 "$OTATOOL" decrypt place -k keys/x25519.pem -o place
same place clear
"$OTATOOL" decrypt - -k keys/x25519.pem -o - <$image >piped 2>err || fail "pipes: $(cat err)"
same piped clear
expect 2 "$OTATOOL" decrypt - -k - -o none

# Padding and trailer stay. The image is the one that --clear makes, but for the image key's TLV.
sign=(sign in/rand-1021.bin --version 1.2.3 --header-size 32 --pad-header -k keys/ed25519.pem
	--encrypt keys/x25519.pub.pem --slot-size 8K --max-sectors 16)
"$OTATOOL" "${sign[@]}" --confirm -o closed.img
"$OTATOOL" "${sign[@]}" --confirm --clear -o open.img
expect 0 "$OTATOOL" decrypt closed.img -k keys/x25519.pem -o opened.img
enc=$("$OTATOOL" inspect open.img --json | jq '.tlvs[] | select(.type == 51) | .offset')
checks=$((checks + 2))
[ "$(wc -c <opened.img)" = 8192 ] || fail "padding: $(wc -c <opened.img) bytes"
cmp -s -n "$enc" opened.img open.img || fail "not what sign --clear makes"
cmp -s -i $((enc + 84)) opened.img open.img || fail "padding differs"
no 1 "in plaintext already" open.img -k keys/x25519.pem

# Intel HEX, by name: the address stays.
"$OTATOOL" "${sign[@]}" --pad --hex-addr 0x08004000 -o closed.hex
expect 0 "$OTATOOL" decrypt closed.hex -k keys/x25519.pem -o opened.hex
expect 0 "$OTATOOL" verify opened.hex -k keys/ed25519.pub.pem --clear
says out "address +0x08004000"
expect 0 "$OTATOOL" decrypt closed.hex -k keys/x25519.pem -o payload.hex --payload
objcopy -I ihex -O binary payload.hex payload 2>/dev/null
padded in/rand-1021.bin >want
same payload want
checks=$((checks + 1))
objdump -h payload.hex 2>/dev/null | grep -q 08004020 || fail "the payload's address moved"
expect 0 "$OTATOOL" decrypt closed.hex -k keys/x25519.pem -o opened.bin
expect 0 "$OTATOOL" verify opened.bin -k keys/ed25519.pub.pem --clear
no_hex() {
	expect 2 "$OTATOOL" decrypt closed.img -k keys/x25519.pem -o "$1"
	says err "named as Intel HEX"
	absent "$1"
}
no_hex none.hex
no_hex none.HEX

# Compressed and encrypted: decrypted, still compressed. Big-endian.
small=images/o130-lzma2-enc-x25519.bin
expect 0 "$OTATOOL" decrypt $small -k keys/x25519.pem -o opened.img
"$OTATOOL" inspect $small --json >json 2>/dev/null
"$OTATOOL" inspect opened.img --json >opened.json 2>/dev/null
checks=$((checks + 1))
[ "$(jq .flags json)" = $((0x404)) ] && [ "$(jq .flags opened.json)" = $((0x404)) ] ||
	fail "flags changed"
"$OTATOOL" "${sign[@]}" --endian big -o big.img
expect 0 "$OTATOOL" decrypt big.img -k keys/x25519.pem -o opened.img
expect 0 "$OTATOOL" verify opened.img -k keys/ed25519.pub.pem --clear -e big
expect 1 "$OTATOOL" verify opened.img -k keys/ed25519.pub.pem --clear
finish
