#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# sign beyond what imgtool does: signatures from elsewhere, several keys, profiles, dependency
# files, all inputs and outputs; and where imgtool does harm.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
export TMPDIR=$tmp
cd "$tmp" || exit 1
keys=$OTA_VECTORS/imgtool/keys
bytes 5000 1 >app.bin
plain=(-v 1.2.3 -H 32 --pad-header)

sign() {
	"$OTATOOL" sign app.bin "${plain[@]}" "$@"
}

no_directory_left() {
	checks=$((checks + 1))
	! compgen -G "$tmp/otatool-sign-*" >/dev/null || fail "a directory was left behind"
}

# -- another program signs ------------------------------------------------------------------------

openssl_sign="openssl pkeyutl -sign -inkey $keys/p256.pem -in {digest} -out {sig}"
expect 0 sign -o p256.img -k "$keys/p256.pub.pem" --sign-with "$openssl_sign"
expect 0 "$OTATOOL" verify p256.img -k "$keys/p256.pub.pem"
expect 0 sign -o p256b.img --fix-sig-pubkey "$keys/p256.pub.pem" --sign-with "$openssl_sign"
expect 0 "$OTATOOL" verify p256b.img -k "$keys/p256.pub.pem"
# What it prints, without {sig}; in base64; of the payload.
expect 0 sign -o printed.img -k "$keys/p256.pub.pem" \
	--sign-with "openssl dgst -sha256 -sign $keys/p256.pem {payload} | openssl base64"
expect 0 "$OTATOOL" verify printed.img -k "$keys/p256.pub.pem"
# Raw r and s, as tokens give them: those of our own deterministic signature make the same image.
expect 0 sign -o own.img -k "$keys/p256.pem" --sig-out own.sig
cat >raw.sh <<'RAW'
base64 -d "$1" | openssl asn1parse -inform DER |
	sed -n 's/.*INTEGER *:0*\([0-9A-F]*\)$/\1/p' |
	while read -r n; do printf '%064s' "$n" | tr ' ' 0; done | xxd -r -p
RAW
expect 0 sign -o raw.img -k "$keys/p256.pub.pem" --sign-with "sh raw.sh own.sig # {digest}"
same raw.img own.img
expect 0 sign -o ed.img -k "$keys/ed25519.pem"
expect 0 sign -o ed2.img -k "$keys/ed25519.pub.pem" \
	--sign-with "openssl pkeyutl -sign -rawin -inkey $keys/ed25519.pem -in {digest} -out {sig}"
same ed.img ed2.img
expect 0 sign -o pure.img -k "$keys/ed25519.pem" --pure
expect 0 sign -o pure2.img -k "$keys/ed25519.pub.pem" --pure \
	--sign-with "openssl pkeyutl -sign -rawin -inkey $keys/ed25519.pem -in {payload} -out {sig}"
same pure.img pure2.img
expect 0 sign -o rsa.img -k "$keys/rsa2048.pub.pem" --sign-with "openssl dgst -sha256 -sigopt \
rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sign $keys/rsa2048.pem -out {sig} {payload}"
expect 0 "$OTATOOL" verify rsa.img -k "$keys/rsa2048.pub.pem"
# A folder with a quote and a space in its name.
mkdir "it's one"
TMPDIR="$tmp/it's one" expect 0 sign -o quote.img -k "$keys/p256.pub.pem" --sign-with "$openssl_sign"
# What the command says goes to stderr, so that the image can go to stdout.
expect 0 sign -o - -k "$keys/p256.pub.pem" --sign-with "echo hello; $openssl_sign"
says err "^hello"
cp out stdout.img
expect 0 "$OTATOOL" verify stdout.img -k "$keys/p256.pub.pem"

refuse() {
	local code=$1 pattern=$2
	shift 2
	expect "$code" sign -o no.img "$@"
	says err "$pattern"
	absent no.img
	no_directory_left
}
pub=$keys/p256.pub.pem
refuse 4 "ended with exit code 3" -k "$pub" --sign-with "exit 3 # {digest}"
refuse 4 "ended by signal 9" -k "$pub" --sign-with 'kill -9 $$ # {digest}'
refuse 4 "wrote no signature|is empty" -k "$pub" --sign-with "true {digest} {sig}"
refuse 4 "is empty" -k "$pub" --sign-with "true {digest}"
refuse 1 "is not the ecdsa-p256 key's over this image" -k "$pub" --sign-with "cat {digest}"
refuse 1 "is not the ecdsa-p256 key's" -k "$pub" \
	--sign-with "openssl pkeyutl -sign -inkey $keys/p256enc.pem -in {digest} -out {sig}"
refuse 2 "names nothing to sign" -k "$pub" --sign-with "true {sig}"
refuse 2 "needs one public key" --sign-with "true {digest}"
refuse 2 "needs one public key" -k "$pub" -k "$pub" --sign-with "true {digest}"
refuse 4 "exit code" -k "$pub" --sign-with "unbalanced ' {digest}"
refuse 4 "is 5000 bytes, at most 4096" -k "$pub" --sign-with "head -c 5000 app.bin # {digest}"
refuse 4 "wrote no signature" -k "$pub" --sign-with "mkfifo {sig} # {digest}"
# A caller that ignores SIGCHLD; files of the command's own in the directory.
checks=$((checks + 1))
(
	trap '' CHLD
	sign -o child.img -k "$pub" --sign-with "$openssl_sign; touch {sig}.tmp" 2>"$tmp/err"
) || fail "SIGCHLD ignored: $(cat "$tmp/err")"
no_directory_left
# Only what the command names is there: with --encrypt that is the firmware.
refuse 4 "exit code 1$" -k "$pub" --sign-with 'ls $(dirname {digest}) | grep payload'
# A build that is stopped leaves nothing, neither here nor running.
for signal in TERM HUP; do
	"$OTATOOL" sign app.bin "${plain[@]}" -o no.img -k "$pub" \
		--sign-with "exec sleep 60 # {payload}" 2>/dev/null &
	pid=$!
	child=
	for _ in $(seq 200); do
		child=$(pgrep -P "$pid" sleep) && break
		sleep 0.05
	done
	kill -s "$signal" "$pid"
	status=0
	wait "$pid" 2>/dev/null || status=$?
	checks=$((checks + 1))
	[ "$status" = $((128 + $(kill -l "$signal"))) ] || fail "SIG$signal: exit $status"
	no_directory_left
	absent no.img
	checks=$((checks + 1))
	[ -n "$child" ] && ! kill -0 "$child" 2>/dev/null || fail "SIG$signal: still running: $child"
done

# -- in two steps ---------------------------------------------------------------------------------

for kind in p256 p384 rsa2048 ed25519; do
	pub=$keys/$kind.pub.pem
	expect 0 sign -o digest --vector-to-sign digest --fix-sig-pubkey "$pub"
	expect 0 sign -o payload --vector-to-sign payload -k "$pub"
	case $kind in
	p384) openssl dgst -sha384 -sign "$keys/$kind.pem" -out sig payload ;;
	p256) openssl dgst -sha256 -sign "$keys/$kind.pem" -out sig payload ;;
	rsa*) openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 \
		-sign "$keys/$kind.pem" -out sig payload ;;
	ed*) openssl pkeyutl -sign -rawin -inkey "$keys/$kind.pem" -in digest -out sig ;;
	esac
	base64 sig >sig.b64
	for form in sig sig.b64; do
		expect 0 sign -o two.img --fix-sig $form --fix-sig-pubkey "$pub"
		expect 0 "$OTATOOL" verify two.img -k "$pub"
		rm two.img
	done
	# Of another image, or by another key.
	expect 1 "$OTATOOL" sign app.bin -o no.img -v 9.9.9 -H 32 --pad-header --fix-sig sig.b64 \
		--fix-sig-pubkey "$pub"
	says err "sig.b64: the signature is not the .* key's over this image"
	expect 1 sign -o no.img --fix-sig sig.b64 --fix-sig-pubkey "$keys/p256enc.pub.pem"
	absent no.img
done
refuse 2 "needs --fix-sig-pubkey" --fix-sig sig.b64
refuse 2 "two signatures" --fix-sig sig.b64 --fix-sig-pubkey "$pub" -k "$keys/p256.pem"
refuse 2 "--sign-with makes both" --fix-sig sig.b64 --fix-sig-pubkey "$pub" --compression lzma2

# -- several keys ---------------------------------------------------------------------------------

expect 0 sign -o both.img -k "$keys/p256.pem" -k "$keys/p256enc.pem"
expect 0 "$OTATOOL" inspect both.img --json
checks=$((checks + 1))
[ "$(jq -r '[.tlvs[].name] | join(" ")' out)" = "SHA256 KEYHASH ECDSASIG KEYHASH ECDSASIG" ] ||
	fail "both.img has other TLVs: $(jq -c '[.tlvs[].name]' out)"
for kind in p256 p256enc; do
	expect 0 "$OTATOOL" verify both.img -k "$keys/$kind.pem"
done
# Every key must take the image's hash.
refuse 2 "SHA256|SHA384" -k "$keys/p256.pem" -k "$keys/p384.pem"

# -- hashes and forms -----------------------------------------------------------------------------

expect 0 sign -o full.img -k "$keys/ed25519.pem" --sha 512 --public-key-format full
expect 0 "$OTATOOL" inspect full.img --json
checks=$((checks + 1))
[ "$(jq -r '[.tlvs[].name] | join(" ")' out)" = "SHA512 PUBKEY ED25519" ] || fail "full.img"
refuse 2 "SHA512" -k "$keys/p256.pem" --sha 512
refuse 2 "pure" -k "$keys/p256.pem" --pure
refuse 2 "leave it out with --pure" -k "$keys/ed25519.pem" --pure --sha 512
refuse 2 "there is no vendor" --cid "some class"
refuse 2 "printable" --vid $'a\tb'
refuse 2 "12" --boot-record ABCDEFGHIJKLM
expect 0 sign -o uuid.img --vid example.com
expect 0 "$OTATOOL" inspect uuid.img
says out "cfbff0d1937"

# -- where imgtool does harm ----------------------------------------------------------------------

refuse 2 "ecdsa-p384" -E "$keys/p384.pub.pem"
refuse 2 "rsa-3072" -E "$keys/rsa3072.pub.pem"
refuse 2 "ed25519" -E "$keys/ed25519.pub.pem"
# Random bytes do not compress: encrypted all the same.
expect 0 sign -o enc.img -E "$keys/x25519.pub.pem" --compression lzma2
says err "is not compressed"
checks=$((checks + 1))
! grep -qF "$(head -c 16 app.bin | xxd -p)" <(xxd -p -c 0 enc.img) || fail "enc.img is in clear"
expect 0 "$OTATOOL" verify enc.img --encryption-key "$keys/x25519.pem"
seq 3000 >text.bin
expect 0 "$OTATOOL" sign text.bin -o data.img "${plain[@]}" --compression lzma2 --non-bootable
expect 0 "$OTATOOL" inspect data.img
says out "NON_BOOTABLE"
# Any pair of keys, natively.
expect 0 sign -o pair.img -k "$keys/rsa2048.pem" -E "$keys/p256enc.pub.pem"
expect 0 "$OTATOOL" verify pair.img -k "$keys/rsa2048.pem" --encryption-key "$keys/p256enc.pem"
for kek in kw128 kw256; do
	expect 0 sign -o kw.img -k "$keys/ed25519.pem" -E "$keys/$kek.b64"
	expect 0 "$OTATOOL" verify kw.img -k "$keys/ed25519.pem" --encryption-key "$keys/$kek.b64"
done
# 1124 bytes: imgtool counts two flags and the magic, the bootloader needs three.
head -c 1021 app.bin >small.bin
small=("$OTATOOL" sign small.bin "${plain[@]}" --overwrite-only)
expect 1 "${small[@]}" -o no.img -S 1132
says err "overwrite-only bootloader needs the room"
absent no.img
expect 0 "${small[@]}" -o fits.img -S 1133
expect 0 "$OTATOOL" imgtool sign small.bin "${plain[@]}" --overwrite-only -S 1132 fits2.img
says err "[Ww]arning.*overwrite-only bootloader"

# -- a profile ------------------------------------------------------------------------------------

board=water-meter-l476
expect 0 "$OTATOOL" sign app.bin -o board.img -v 1.2.3 --pad-header --target $board --confirm
checks=$((checks + 1))
[ "$(stat -c %s board.img)" = 458752 ] || fail "board.img is not its slot's size"
expect 0 "$OTATOOL" verify board.img --target $board
# 452,536 bytes are the most; header 512, info 4, digest 36.
bytes 451984 2 >most.bin
expect 0 "$OTATOOL" sign most.bin -o most.img -v 1.2.3 --pad-header --target $board
expect 0 "$OTATOOL" verify most.img --target $board
bytes 451985 2 >most.bin
expect 1 "$OTATOOL" sign most.bin -o no.img -v 1.2.3 --pad-header --target $board
says err "452537.*452536|452,537.*452,536"
absent no.img
expect 2 "$OTATOOL" sign app.bin -o no.img -v 1 --pad-header --target stm32l476rg
says err "base: stm32l476rg"
expect 1 "$OTATOOL" sign app.bin -o no.img -v 1 --pad-header --target $board -E "$keys/x25519.pub.pem"
says err "encryption: none"

# -- the files it was made from -------------------------------------------------------------------

cp "$keys/ed25519.pem" 'my key.pem'
chmod 600 'my key.pem'
printf 'x' >'tlv#1'
expect 0 sign -o 'my app.img' -k 'my key.pem' --custom-tlv-file 0xa0 'tlv#1' --target $board \
	--depfile app.d
printf '%s\n' 'my\ app.img: \' ' app.bin \' ' my\ key.pem \' ' tlv\#1' >want.d
sort app.d >a.txt
sort want.d >b.txt
checks=$((checks + 1))
[ "$(tr -d '\\\n ' <a.txt)" = "$(tr -d '\\\n ' <b.txt)" ] || fail "app.d: $(cat app.d)"
if command -v make >/dev/null; then
	printf 'all: my\\ app.img\ninclude app.d\nmy\\ app.img:\n\t@echo again\n' >Makefile
	checks=$((checks + 1))
	make 2>&1 | grep -q "again" && fail "make would make it again"
	touch -d "+1 minute" 'tlv#1'
	checks=$((checks + 1))
	make 2>&1 | grep -q "again" || fail "make does not see that tlv#1 changed"
fi
refuse 2 "output that is a file" -o - --depfile x.d
refuse 2 "two outputs" -k "$keys/p256.pem" --sig-out no.img
# No output destroys an input, or another output, under whatever name.
cp app.bin kept.bin
ln -s app.bin link.bin
cp "$keys/ed25519.pem" mine.pem
for output in "--sig-out app.bin" "--sig-out ./link.bin" "--depfile app.bin" "--sig-out ./no.img" \
	"--sig-out mine.pem" "--depfile mine.pem"; do
	# shellcheck disable=SC2086 # two words
	refuse 2 "is read and would be lost|is named for two outputs" -k mine.pem $output
done
expect 2 sign -o mine.pem -k mine.pem
same app.bin kept.bin
same mine.pem "$keys/ed25519.pem"
refuse 2 "nothing is signed here" -k mine.pem --vector-to-sign digest --sig-out f.sig
refuse 2 "without --encrypt KEY" --clear
refuse 2 "needs --fix-sig or --sign-with" --fix-sig-pubkey "$pub"
expect 2 sign -o x.img --sig-out x.sig
says err "no signature to write"
absent x.img
absent x.sig

# -- standard input and output, Intel HEX, ELF ----------------------------------------------------

"$OTATOOL" sign - -o - "${plain[@]}" -k "$keys/ed25519.pem" <app.bin >piped.img 2>err
same piped.img ed.img
expect 2 sign -o app.hex
says err "--hex-addr"
expect 0 sign -o app.hex -x 0x8000 -k "$keys/ed25519.pem"
objcopy -I ihex -O binary app.hex back.img 2>/dev/null ||
	"$OTATOOL" imgtool verify app.hex >/dev/null || fail "app.hex"
[ ! -e back.img ] || same back.img ed.img
expect 0 "$OTATOOL" verify app.hex -k "$keys/ed25519.pem"
head -c 16 /dev/zero >zeros.bin
expect 2 "$OTATOOL" sign "$OTA_VECTORS/imgtool/in/low-0x100.hex" -o no.hex -v 1 -H 512 --pad-header
says err "no room for a header of 0x200 before it"
absent no.hex
finish
