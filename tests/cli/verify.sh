#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# verify: which bootloader it answers for, the words of its answer, and the exit code.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cp -r "$OTA_VECTORS/imgtool/keys" "$OTA_VECTORS/verdicts" "$tmp"
cp -r "$OTA_VECTORS/imgtool/out" "$tmp/imgtool"
cd "$tmp" || exit 1
chmod -R u+w . && chmod 600 keys/*
p256=verdicts/keys/p256-a.pub.pem
good=verdicts/images/good-raw.bin

# refused RULE ARGUMENTS...: exit 1, by that rule, with its offset and what the bootloader does.
refused() {
	local rule=$1
	shift
	expect 1 "$OTATOOL" verify "$@" || return
	says err "error: .*\\($rule at 0x[0-9a-f]+\\)$"
	says err "hint: the bootloader "
	"$OTATOOL" verify "$@" --json >json 2>/dev/null
	checks=$((checks + 1))
	jq -en --arg rule "$rule" 'input | .good == false and .rule == $rule and (.offset | type) == "number"
		and .bootloader != "" and .reason != ""' json >/dev/null || fail "no rule $rule: $(cat json)"
}

# Good, with and without a key.
expect 0 "$OTATOOL" verify $good -k $p256
says out "good MCUboot image"
says out "signature +ecdsa-p256, good, key id $("$OTATOOL" pubkey -k $p256 --format hash)"
expect 0 "$OTATOOL" verify $good
says err "signature not checked, no --key given"
head -c 700 "$OTA_SOURCE/README.md" >body
"$OTATOOL" sign body -o unsigned.img --version 1.0.0 --header-size 32 --pad-header
expect 0 "$OTATOOL" verify unsigned.img
says err "signature not checked, there is none"
refused unsigned unsigned.img -k $p256
says err "image is not signed"
refused key-hash $good -k keys/ed25519.pub.pem
expect 2 "$OTATOOL" verify $good -k keys/x25519.pub.pem

# Every file a device would refuse is exit 1, whatever is wrong with it; 4 when it cannot be read.
: >empty
refused truncated empty
refused magic "$OTA_SOURCE/README.md"
head -c 500 $good >cut
refused truncated cut -k $p256
cp $good bad && put bad 40 ff
refused hash bad -k $p256
expect 4 "$OTATOOL" verify missing -k $p256
expect 4 "$OTATOOL" verify . -k $p256
expect 3 "$OTATOOL" verify $good -k "$OTA_SOURCE/README.md"

# Bytes behind the image.
cp $good tail && printf x >>tail
refused trailing-bytes tail -k $p256
says err "hint: --lax trailing-bytes "
expect 0 "$OTATOOL" verify tail -k $p256 --lax trailing-bytes
says err "warning: .*trailing-bytes at 0x"
cp $good tail && head -c 64 /dev/zero | tr '\0' '\377' >>tail
refused trailing-bytes tail -k $p256
expect 0 "$OTATOOL" verify tail -k $p256 --lax trailing-bytes
expect 2 "$OTATOOL" verify tail --lax hash
says err "hash is the bootloader's rule"
expect 2 "$OTATOOL" verify tail --lax padding
says err "is not one of .*trailing-bytes"

# The hash of the build.
pure=imgtool/o071-ed25519-pure.bin
refused key-hash-size $pure -k keys/ed25519.pub.pem --sha 256
says err "hint: --sha 512"
expect 0 "$OTATOOL" verify $pure -k keys/ed25519.pub.pem --sha 512
expect 0 "$OTATOOL" verify $pure -k keys/ed25519.pub.pem
says out "ed25519 \\(pure\\), good"
expect 2 "$OTATOOL" verify $good -k $p256 --sha 512
expect 2 "$OTATOOL" verify $good --sha 1
expect 0 "$OTATOOL" verify imgtool/o081-p384.bin -k keys/p384.pub.pem
expect 0 "$OTATOOL" verify imgtool/o081-p384.bin
refused hash-missing imgtool/o081-p384.bin --sha 256

# A pure image without a digest says nothing without its key.
cp verdicts/images/pure-good-raw.bin no-digest
refused no-digest no-digest
expect 0 "$OTATOOL" verify no-digest -k verdicts/keys/ed25519-a.pub.pem

# Encrypted images, by every kind of key.
decrypts() {
	refused encrypted "imgtool/$1" -k "keys/$2"
	expect 0 "$OTATOOL" verify "imgtool/$1" -k "keys/$2" --encryption-key "keys/$3" "${@:4}"
	says out "judged in plaintext"
	cp "imgtool/$1" flipped && put flipped 100 ff00ff
	refused hash flipped -k "keys/$2" --encryption-key "keys/$3" "${@:4}"
}
decrypts o108-enc-ec256-128.bin p256.pub.pem p256enc.pem
decrypts o109-enc-ec256-256.bin p256.pub.pem p256enc.pem
decrypts o110-enc-x25519-128.bin ed25519.pub.pem x25519.pem
decrypts o111-enc-x25519-256.bin ed25519.pub.pem x25519.pem
decrypts o112-enc-rsa-128.bin rsa2048.pub.pem rsa2048enc.pem
decrypts o113-enc-rsa-256.bin rsa2048.pub.pem rsa2048enc.pem
decrypts o116-enc-x25519-hmac512.bin ed25519.pub.pem x25519.pem --sha 512
refused image-key imgtool/o108-enc-ec256-128.bin -k keys/p256.pub.pem --encryption-key keys/x25519.pem
refused image-key imgtool/o108-enc-ec256-128.bin -k keys/p256.pub.pem --encryption-key keys/p256.pem
expect 2 "$OTATOOL" verify imgtool/o108-enc-ec256-128.bin --encryption-key keys/ed25519.pem
expect 2 "$OTATOOL" verify imgtool/o108-enc-ec256-128.bin --encryption-key keys/x25519.pub.pem

# Rollback protection.
sign=(sign body --version 1.2.3 --header-size 32 --pad-header -k keys/p256.pem)
"$OTATOOL" "${sign[@]}" -o counted.img -s 7
"$OTATOOL" "${sign[@]}" -o plain.img
expect 0 "$OTATOOL" verify counted.img -k keys/p256.pub.pem --security-counter-floor 7
refused counter-low counted.img -k keys/p256.pub.pem --security-counter-floor 8
says err "security counter is 7, the device has 8 stored"
refused counter-missing plain.img -k keys/p256.pub.pem --security-counter-floor 0
expect 2 "$OTATOOL" verify plain.img --security-counter-floor x

# Sizes: of a slot alone, and of a board, whose mode and address count too.
size=$(wc -c <plain.img)
expect 0 "$OTATOOL" verify plain.img --slot-size $((size + 40))
refused image-size plain.img --slot-size $((size + 39))
refused slot-size plain.img --slot-size 700
expect 0 "$OTATOOL" verify plain.img --target water-meter-l476
expect 2 "$OTATOOL" verify plain.img --target stm32l476rg
says err "board profile"
board() {
	cat >board.yaml <<-YAML
		name: board
		flash: {sectors: [64*2048], write: 8, program: 8, erased: 0xff}
		ram: 65536
		mcuboot: {mode: $1, max-align: 8, max-sectors: 32, primary: 0x0+16K, secondary: 0x4000+16K${2:-}}
	YAML
}
board ram-load
refused ram-load plain.img --target ./board.yaml
"$OTATOOL" "${sign[@]}" -o ram.img --load-addr 0x20000000
expect 0 "$OTATOOL" verify ram.img --target ./board.yaml
board direct-xip
"$OTATOOL" "${sign[@]}" -o rom.img --rom-fixed 0x4000
expect 0 "$OTATOOL" verify rom.img --target ./board.yaml
"$OTATOOL" "${sign[@]}" -o rom.img --rom-fixed 0x8000
refused rom-fixed rom.img --target ./board.yaml
board overwrite-only ', hash: sha512, crypto: mbedtls, allow-list: false'
refused hash-missing plain.img --target ./board.yaml
expect 0 "$OTATOOL" verify plain.img --target ./board.yaml --sha 256
board overwrite-only ', hash: md5'
expect 3 "$OTATOOL" verify plain.img --target ./board.yaml
board overwrite-only ''
"$OTATOOL" "${sign[@]}" -o padded.img --slot-size 16K --max-sectors 8 --pad --max-align 16
expect 0 "$OTATOOL" verify padded.img --target ./board.yaml
says err "trailer is for alignment 16, the bootloader has 8 \\(trailer at"

# Non-bootable images, but for delta updates.
"$OTATOOL" "${sign[@]}" -o data.img --non-bootable
refused non-bootable data.img -k keys/p256.pub.pem
delta=0x4f544144$(printf '%0112d' 0)
"$OTATOOL" "${sign[@]}" -o update.img --non-bootable --custom-tlv 0x01a0 "$delta"
expect 1 "$OTATOOL" verify update.img -k keys/p256.pub.pem
says err "update.img: patch format 0 is not one this version reads"
"$OTATOOL" diff plain.img plain.img -o update.img --format bsdiff -k keys/p256.pem >/dev/null
expect 0 "$OTATOOL" verify update.img -k keys/p256.pub.pem
says out "good delta update"
"$OTATOOL" "${sign[@]}" -o data.img --non-bootable --custom-tlv 0x01a0 "${delta}00"
refused non-bootable data.img -k keys/p256.pub.pem

# imgtool's padding of signatures: with tinycrypt only. A signature of 72 bytes has none.
for padded in imgtool/o079-p256-padsig.bin verdicts/images/sig-trailing*.bin; do
	sig=$("$OTATOOL" inspect $padded --json 2>/dev/null |
		jq -r '.tlvs[] | select(.name == "ECDSASIG") | .value')
	der=$((16#${sig:2:2} + 2)) len=$((${#sig} / 2))
	key=$p256
	[[ $padded != imgtool/* ]] || key=keys/p256.pub.pem
	if [ $len = $der ]; then
		expect 0 "$OTATOOL" verify $padded -k $key --crypto mbedtls
	elif [ $len = 72 ] && [[ ${sig:2*der} =~ ^0*$ ]]; then
		expect 0 "$OTATOOL" verify $padded -k $key
		says err "padded-signature at"
		refused signature $padded -k $key --crypto mbedtls
	else
		refused signature-der $padded -k $key
		refused signature $padded -k $key --crypto mbedtls
	fi
done
# The same made of our own signatures, of both curves: the last TLV is the signature.
for kind in p256:72 p384:103; do
	want=${kind#*:}
	# One version's signature is short enough to be padded.
	for n in $(seq 0 40); do
		"$OTATOOL" sign body -o short.img --version 1.0.$n --header-size 32 --pad-header \
			-k keys/${kind%:*}.pem
		json=$("$OTATOOL" inspect short.img --json)
		len=$(jq '.tlvs[] | select(.name == "ECDSASIG") | .len' <<<"$json")
		[ "$len" -ge "$want" ] || break
	done
	[ "$len" -lt "$want" ] || fail "${kind%:*}: no signature is short"
	at=$(jq '.tlvs[] | select(.name == "ECDSASIG") | .offset' <<<"$json")
	area=$(jq '[.tlvs[] | select(.protected | not)][0].offset - 4' <<<"$json")
	total=$(($(wc -c <short.img) - area + want - len))
	head -c $((want - len)) /dev/zero >>short.img
	put short.img $((at + 2)) "$(printf '%02x' "$want")"
	put short.img $((area + 2)) "$(printf '%02x%02x' $((total & 255)) $((total >> 8)))"
	expect 0 "$OTATOOL" verify short.img -k keys/${kind%:*}.pub.pem
	says err "padded with $((want - len)) zeros"
	refused signature short.img -k keys/${kind%:*}.pub.pem --crypto mbedtls
	printf '\001' | dd of=short.img bs=1 seek=$(($(wc -c <short.img) - 1)) conv=notrunc status=none
	refused signature-der short.img -k keys/${kind%:*}.pub.pem
done

# Encrypted and pure together: no bootloader takes it.
refused pure "$OTA_VECTORS/imgtool/img/pure-encrypted.bin" -k keys/ed25519.pub.pem --sha 512 \
	--encryption-key keys/x25519.pem

# Image keys beside the one that is used.
cp imgtool/o110-enc-x25519-128.bin two
area=$("$OTATOOL" inspect two --json | jq '[.tlvs[] | select(.protected | not)][0].offset - 4')
total=$(($(wc -c <two) - area + 5))
printf '\064\000\001\000x' >>two
put two $((area + 2)) "$(printf '%02x%02x' $((total & 255)) $((total >> 8)))"
refused allow-list two -k keys/ed25519.pub.pem --encryption-key keys/x25519.pem
put two $(($(wc -c <two) - 5)) 30
refused stray-image-key two -k keys/ed25519.pub.pem --encryption-key keys/x25519.pem

# Reports say what the image has, whatever rule it breaks; a key that is none of its kind is usage.
for report in "imgtool/o110-enc-x25519-128.bin:.signed" "tail:.signed and .digest_good" \
	"data.img:.signed and .digest_good and (.delta_update | not)" "bad:.signed and (.digest_good | not)"; do
	"$OTATOOL" verify "${report%%:*}" --json >json 2>/dev/null
	checks=$((checks + 1))
	jq -en "input | .good == false and (.rule | length) > 0 and (${report#*:})" json >/dev/null ||
		fail "json of ${report%%:*}: $(cat json)"
done
for line in "missing --json" "$good -k keys/x25519.pub.pem --json" "$good -k $p256 --sha 512 --json" \
	"$good --slot-size 0 --json"; do
	# shellcheck disable=SC2086 # a command line
	"$OTATOOL" verify $line >json 2>err
	checks=$((checks + 1))
	[ ! -s json ] || fail "a report without an answer: verify $line"
done
# Padding that this device's flash does not have, and a slot of another size.
board overwrite-only ''
"$OTATOOL" "${sign[@]}" -o zero.img --slot-size 16K --max-sectors 8 --pad -R 0
refused trailing-bytes zero.img --target ./board.yaml
"$OTATOOL" "${sign[@]}" -o larger.img --slot-size 32K --max-sectors 8 --pad
refused slot-size larger.img --target ./board.yaml
"$OTATOOL" "${sign[@]}" -o smaller.img --slot-size 8K --max-sectors 8 --pad
expect 0 "$OTATOOL" verify smaller.img --target ./board.yaml
says err "the trailer ends at 8192, the slot at 16384"

# A wrong digest that a waived rule lets by is not called good, and without a key does not count.
bad=verdicts/images/pure-with-bad-hash.bin
expect 0 "$OTATOOL" verify $bad -k verdicts/keys/ed25519-a.pub.pem --lax other-hash
says out "digest .*WRONG"
refused no-digest $bad --lax other-hash
expect 0 "$OTATOOL" inspect verdicts/images/hash-sha256+bad-sha384.bin
says out "digest +WRONG"

# Slots of two sizes: a dump may be of either.
cat >board.yaml <<-YAML
	name: board
	flash: {sectors: [64*2048], write: 8, program: 8, erased: 0xff}
	ram: 65536
	mcuboot: {mode: swap-move, max-align: 8, max-sectors: 16, primary: 0x0+18K, secondary: 0x4800+16K}
YAML
for size in 16K 18K; do
	"$OTATOOL" "${sign[@]}" -o dump.img --slot-size $size --max-sectors 16 --pad
	expect 0 "$OTATOOL" verify dump.img --target ./board.yaml
	grep -q 'trailer at' err && fail "a dump of $size: $(cat err)"
done
"$OTATOOL" "${sign[@]}" -o dump.img --slot-size 20K --max-sectors 16 --pad
refused slot-size dump.img --target ./board.yaml

# Several keys in one bootloader: the key hash chooses, the last signature decides.
id() {
	"$OTATOOL" pubkey -k "$1" --format hash 2>/dev/null
}
sign=(sign body --version 1.2.3 --header-size 32 --pad-header)
"$OTATOOL" "${sign[@]}" -k keys/ed25519.pem -o one.img
"$OTATOOL" "${sign[@]}" -k keys/ed25519.pem -k keys/ed25519-b.pem -o both.img
expect 0 "$OTATOOL" verify one.img -k keys/ed25519-b.pub.pem -k keys/ed25519.pub.pem
says out "key id $(id keys/ed25519.pub.pem)"
expect 0 "$OTATOOL" verify both.img -k keys/ed25519.pub.pem -k keys/ed25519-b.pub.pem
says out "key id $(id keys/ed25519-b.pub.pem)"
cp both.img bad && put bad $(($(wc -c <bad) - 1)) ff
expect 0 "$OTATOOL" verify bad -k keys/ed25519.pub.pem
refused signature bad -k keys/ed25519.pub.pem -k keys/ed25519-b.pub.pem
at=$("$OTATOOL" inspect both.img --json | jq '[.tlvs[] | select(.name == "ED25519")][0].offset')
cp both.img bad && put bad $((at + 10)) ffff
expect 0 "$OTATOOL" verify bad -k keys/ed25519.pub.pem -k keys/ed25519-b.pub.pem
says err "earlier signature by a key of this bootloader does not verify"
refused key-hash plain.img -k keys/p256-b.pub.pem -k $p256
says err "not by any of these ecdsa-p256 keys"
expect 2 "$OTATOOL" verify one.img -k keys/ed25519.pub.pem -k keys/p256.pub.pem
says err "keys are of types ed25519 and ecdsa-p256"
expect 2 "$OTATOOL" verify - -k - -k -

# A bootloader that stores the key's hash alone.
"$OTATOOL" "${sign[@]}" -k keys/p256.pem --public-key-format full -o full.img
expect 0 "$OTATOOL" verify full.img -k keys/p256.pub.pem --hw-key
says out "signature +ecdsa-p256, good"
refused key-hash full.img -k keys/p256-b.pub.pem --hw-key
refused key-hash full.img -k keys/p256.pub.pem
says err "hint: --hw-key"
refused key-hash plain.img -k keys/p256.pub.pem --hw-key
says err "no whole key before a signature"
expect 2 "$OTATOOL" verify full.img --hw-key -k keys/p256.pub.pem -k keys/p256-b.pub.pem
# Its buffer: 128 bytes of signature and 24.
for len in 152 153; do
	cp full.img long
	area=$("$OTATOOL" inspect long --json | jq '[.tlvs[] | select(.protected | not)][0].offset - 4')
	total=$(($(wc -c <long) - area + 4 + len))
	head -c $((4 + len)) /dev/zero >>long
	put long $((area + total - 4 - len)) "0200$(printf '%02x' $len)"
	put long $((area + 2)) "$(printf '%02x%02x' $((total & 255)) $((total >> 8)))"
	if [ $len = 152 ]; then
		expect 0 "$OTATOOL" verify long -k keys/p256.pub.pem --hw-key
	else
		refused public-key-size long -k keys/p256.pub.pem --hw-key
	fi
done

# Big-endian: another processor's images.
"$OTATOOL" "${sign[@]}" -k keys/p256.pem -e big -s 0x01020304 -o big.img
refused magic big.img -k keys/p256.pub.pem
says err "image is big-endian"
says err "hint: -e big"
refused magic plain.img -e big
expect 0 "$OTATOOL" verify big.img -k keys/p256.pub.pem -e big --security-counter-floor 0x01020304
says out "byte order big-endian"
refused counter-low big.img -e big --security-counter-floor 0x01020305
head -c 600 big.img >cut
refused truncated cut -e big
refused magic cut
expect 0 "$OTATOOL" verify imgtool/o090-big-ed25519-protected.bin -k keys/ed25519.pub.pem -e big
expect 0 "$OTATOOL" verify imgtool/o122-enc-big-endian.bin -e big --encryption-key keys/x25519.pem
expect 0 "$OTATOOL" verify imgtool/o091-big-confirm-maxalign16.bin -e big
grep -q 'trailer at' err && fail "a big-endian trailer: $(cat err)"
cp imgtool/o091-big-confirm-maxalign16.bin swapped && put swapped $(($(wc -c <swapped) - 16)) 1000
expect 0 "$OTATOOL" verify swapped -e big
says err "not in the image's byte order \\(trailer at"
"$OTATOOL" verify big.img -e big --json >json 2>/dev/null
checks=$((checks + 1))
jq -en 'input | .good and .big_endian' json >/dev/null || fail "json: $(cat json)"

# Intel HEX, by name.
"$OTATOOL" "${sign[@]}" -k keys/p256.pem --hex-addr 0x0800fff0 -o image.hex
expect 0 "$OTATOOL" verify image.hex -k keys/p256.pub.pem
says out "address +0x0800fff0"
"$OTATOOL" verify image.hex --json >json 2>/dev/null
checks=$((checks + 1))
jq -en "input | .good and .address == $((0x0800fff0))" json >/dev/null || fail "json: $(cat json)"
cp image.hex image.txt
refused magic image.txt
says err "hint: it looks like Intel HEX"
"$OTATOOL" verify - <image.hex >/dev/null 2>&1 && fail "HEX from standard input"
sed '3s/./g/9' image.hex >damaged.hex
expect 3 "$OTATOOL" verify damaged.hex
for padded in 092-hex-in-hex-out 097-hex-cross64k-pad 098-hex-cross64k-confirm 099-hex-test-maxalign32; do
	expect 0 "$OTATOOL" verify imgtool/o$padded.hex
done

# In the primary slot the payload of an encrypted image is in plaintext.
enc=("${sign[@]}" -k keys/ed25519.pem --encrypt keys/x25519.pub.pem)
"$OTATOOL" "${enc[@]}" -o closed.img
"$OTATOOL" "${enc[@]}" --clear -o open.img
expect 0 "$OTATOOL" verify open.img -k keys/ed25519.pub.pem --clear
refused hash open.img -k keys/ed25519.pub.pem --encryption-key keys/x25519.pem
refused hash closed.img -k keys/ed25519.pub.pem --clear
expect 2 "$OTATOOL" verify open.img --clear --encryption-key keys/x25519.pem

# One JSON object for a good image too.
expect 0 "$OTATOOL" verify counted.img -k keys/p256.pub.pem --json
checks=$((checks + 1))
jq -en 'input | .schema == "otatool.verify/1" and .good and .signature_good and .digest_good and
	.key_type == "ecdsa-p256" and .key_id == .key_hash and .warnings == []' out >/dev/null ||
	fail "json: $(cat out)"
finish
