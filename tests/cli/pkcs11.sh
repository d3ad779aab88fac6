#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Keys in tokens: every kind in a SoftHSM token, every way to name the module and to give the PIN,
# and what is said when something is wrong; then a module that fails in all the ways modules do.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1

skip() {
	echo "skipped: $*"
	exit 77
}

"$OTATOOL" pubkey -k pkcs11:token=none 2>&1 | grep -q "no PKCS#11 support" &&
	skip "this build has no PKCS#11 support"
command -v softhsm2-util >/dev/null || skip "no softhsm2-util"
module=
for path in /usr/lib/softhsm /usr/lib/*/softhsm /usr/lib64 /usr/lib64/pkcs11 /usr/lib64/softhsm \
	/usr/local/lib/softhsm /opt/homebrew/lib/softhsm; do
	if [ -f "$path/libsofthsm2.so" ]; then module=$path/libsofthsm2.so; fi
done
[ -n "$module" ] || skip "no libsofthsm2.so"
unset PKCS11_MODULE_PATH

# One token with a key of every kind, another with the same label twice.
mkdir tokens
cat >softhsm.conf <<CONF
directories.tokendir = $tmp/tokens
objectstore.backend = file
log.level = ERROR
CONF
export SOFTHSM2_CONF=$tmp/softhsm.conf
pin=31415926
printf '%s\n' $pin >pin.txt
printf 'wrong-pin\n' >wrong.txt
chmod 600 pin.txt wrong.txt
make_token() { softhsm2-util --init-token --free --label "$1" --so-pin 12345678 --pin $pin >>log 2>&1; }
# import TOKEN KEY LABEL ID
import() {
	softhsm2-util --import "$2" --token "$1" --label "$3" --id "$4" --pin $pin >>log 2>&1 ||
		fail "softhsm2-util cannot import $2: $(tail -n 1 log)"
}
make_token "ota test"
make_token twins
kinds=(ecdsa-p256 ecdsa-p384 rsa-2048 rsa-3072 ed25519)
id=10
for kind in "${kinds[@]}"; do
	"$OTATOOL" keygen -t "$kind" -o "$kind.pem"
	import "ota test" "$kind.pem" "my $kind" $id
	id=$((id + 1))
done
import twins ecdsa-p256.pem twin 01
import twins ed25519.pem twin a2

bytes 5000 1 >app.bin
sign_rest=(--version 1.0.0 --header-size 32 --pad-header)
by_module=(--pkcs11-module "$module")
by_file=("${by_module[@]}" --pin-file pin.txt)
uri() { echo "pkcs11:token=ota%20test;object=my%20$1"; }

# Every kind: the public part is the file's, and signatures verify with it.
for kind in "${kinds[@]}"; do
	expect 0 "$OTATOOL" pubkey -k "$kind.pem" -o want.pem
	expect 0 "$OTATOOL" pubkey -k "$(uri "$kind")" "${by_file[@]}" -o "$kind.pub"
	same want.pem "$kind.pub"
	expect 0 "$OTATOOL" sign app.bin -o "$kind.img" -k "$(uri "$kind")" "${by_file[@]}" \
		"${sign_rest[@]}"
	expect 0 "$OTATOOL" verify "$kind.img" -k "$kind.pub"
	expect 0 "$OTATOOL" verify "$kind.img" -k "$(uri "$kind");type=public" "${by_module[@]}"
	rm -f want.pem
done
expect 1 "$OTATOOL" verify ecdsa-p256.img -k "$(uri ed25519);type=public" "${by_module[@]}"
# Ed25519 has one signature: the token's image is the file's.
expect 0 "$OTATOOL" sign app.bin -o file.img -k ed25519.pem "${sign_rest[@]}"
same file.img ed25519.img
# How the nonce is drawn is the token's affair, but s can be made low.
expect 0 "$OTATOOL" sign app.bin -o low.img -k "$(uri ecdsa-p256)" "${by_file[@]}" --low-s \
	"${sign_rest[@]}"
expect 0 "$OTATOOL" verify low.img -k ecdsa-p256.pub

# A key that the token made itself.
if command -v pkcs11-tool >/dev/null; then
	pkcs11-tool --module "$module" --token-label "ota test" --login --pin $pin --keypairgen \
		--key-type EC:prime256v1 --label born --id beef >>log 2>&1 ||
		fail "pkcs11-tool cannot make a key"
	expect 0 "$OTATOOL" sign app.bin -o born.img -k "pkcs11:token=ota%20test;id=%be%ef" \
		"${by_file[@]}" "${sign_rest[@]}"
	expect 0 "$OTATOOL" pubkey -k "pkcs11:object=born;token=ota%20test" "${by_file[@]}" -o born.pub
	expect 0 "$OTATOOL" verify born.img -k born.pub
	# Without its public object the public part is nowhere in SoftHSM for an EC key.
	pkcs11-tool --module "$module" --token-label "ota test" --login --pin $pin \
		--delete-object --type pubkey --id beef >>log 2>&1
	expect 4 "$OTATOOL" sign app.bin -o none.img -k "pkcs11:token=ota%20test;id=%be%ef" \
		"${by_file[@]}" "${sign_rest[@]}"
	says err "the public part of object=born;id=%be%ef \(ecdsa-p256\) is not in it"
	absent none.img
	# RSA's private key holds the public part.
	pkcs11-tool --module "$module" --token-label "ota test" --login --pin $pin \
		--delete-object --type pubkey --id 12 >>log 2>&1
	expect 0 "$OTATOOL" sign app.bin -o alone.img -k "$(uri rsa-2048)" "${by_file[@]}" \
		"${sign_rest[@]}"
	expect 0 "$OTATOOL" verify alone.img -k rsa-2048.pub
	# A size that MCUboot does not know.
	pkcs11-tool --module "$module" --token-label "ota test" --login --pin $pin --keypairgen \
		--key-type rsa:1024 --label small --id 0f >>log 2>&1 ||
		fail "pkcs11-tool cannot make a small key"
	expect 3 "$OTATOOL" pubkey -k "pkcs11:token=ota%20test;object=small" "${by_file[@]}"
	says err "key is RSA"
fi

# sign_p256 CODE URI ARG...: signs into out.img, which must be there just when CODE is 0.
sign_p256() {
	local code=$1 key=$2
	shift 2
	rm -f out.img
	expect "$code" "$OTATOOL" sign app.bin -o out.img -k "$key" "$@" "${sign_rest[@]}"
	if [ "$code" = 0 ]; then
		"$OTATOOL" verify out.img -k ecdsa-p256.pub >/dev/null || fail "out.img: $key $*"
	else
		absent out.img
	fi
}

# The module by option, in the URI, in the environment; the URI's goes before.
p256=$(uri ecdsa-p256)
sign_p256 0 "$p256?module-path=$module" --pin-file pin.txt
sign_p256 0 "$p256?module-path=$module" --pkcs11-module /no/such.so --pin-file pin.txt
export PKCS11_MODULE_PATH=$module
sign_p256 0 "$p256" --pin-file pin.txt
PKCS11_MODULE_PATH=/no/such.so
sign_p256 0 "$p256" "${by_module[@]}" --pin-file pin.txt
sign_p256 4 "$p256" --pin-file pin.txt
unset PKCS11_MODULE_PATH
sign_p256 2 "$p256" --pin-file pin.txt
says err "no PKCS#11 module"
says err "hint: .*--pkcs11-module"
sign_p256 4 "$p256" --pkcs11-module /no/such.so --pin-file pin.txt
says err "PKCS#11 module /no/such.so: .+"
sign_p256 4 "$p256" --pkcs11-module app.bin --pin-file pin.txt
says err "app.bin: not an absolute path"
sign_p256 4 "$p256" --pkcs11-module "$tmp/app.bin" --pin-file pin.txt
says err "PKCS#11 module $tmp/app.bin: .+"

# p11-kit itself is loaded for a URI only: broken, or without its functions, it is in nobody's way.
mkdir broken hollow
echo "no library" >broken/libp11-kit.so.0
library_path=("env" "LD_LIBRARY_PATH=$tmp/broken")
if [ "$(uname)" = Linux ] && [ "$OTA_SANITIZE" != ON ]; then
	expect 0 "${library_path[@]}" "$OTATOOL" pubkey -k ecdsa-p256.pem
	pubkey_without() { expect 4 "${library_path[@]}" "$OTATOOL" pubkey -k "$p256" "${by_file[@]}"; }
	pubkey_without
	says err "p11-kit is not installed: .*libp11-kit.so.0: .+"
	if echo 'int a_name;' | cc -shared -fPIC -x c - -o hollow/libp11-kit.so.0 2>/dev/null; then
		library_path=("env" "LD_LIBRARY_PATH=$tmp/hollow")
		pubkey_without
		says err "p11-kit is not installed: libp11-kit.so.0 has no p11_kit_[a-z_]+"
	fi
fi

# The PIN by file, by the URI's pin-source, by descriptor; never in the URI.
sign_p256 0 "$p256?pin-source=$tmp/pin.txt" "${by_module[@]}"
sign_p256 0 "$p256?pin-source=file:$tmp/pin.txt" "${by_module[@]}"
sign_p256 0 "$p256" "${by_module[@]}" --pin-fd 3 3<pin.txt
sign_p256 2 "$p256" "${by_module[@]}"
says err "PIN"
sign_p256 2 "$p256?pin-value=$pin" "${by_module[@]}"
says err "the PIN would be seen by every process"
checks=$((checks + 1))
if grep -q $pin err; then fail "the PIN is in a message"; fi
sign_p256 3 "$p256?pin-source=%7Ccat%20pin.txt" "${by_module[@]}"
sign_p256 4 "$p256" "${by_module[@]}" --pin-file wrong.txt
says err "wrong PIN for token ota test \(CKR_PIN_INCORRECT\)"
sign_p256 0 "$p256" "${by_file[@]}"

# Keys and tokens that are not there, or not one.
sign_p256 2 "pkcs11:token=twins;object=twin" "${by_file[@]}"
says err "2 keys fit the PKCS#11 URI: object=twin;id=%(01 \(ecdsa-p256\)|a2 \(ed25519\)), object=twin"
says err "hint: add id= to the URI"
sign_p256 0 "pkcs11:token=twins;object=twin;id=%01" "${by_file[@]}"
sign_p256 2 "pkcs11:object=my%20ecdsa-p256" "${by_file[@]}"
says err "2 tokens fit the PKCS#11 URI: token=[a-z0-9%]*;serial=[0-9a-f]*, token="
sign_p256 4 "pkcs11:token=ota%20test;object=other" "${by_file[@]}"
says err "no key fits the PKCS#11 URI, there is object=(my%20|born|small)"
sign_p256 4 "pkcs11:token=nothing" "${by_file[@]}"
says err "no token fits the PKCS#11 URI, there is token="
sign_p256 2 "$p256;type=public" "${by_file[@]}"
says err "public key"
sign_p256 2 "pkcs11:token=twins;type=cert" "${by_file[@]}"
sign_p256 3 "pkcs11:token=%zz" "${by_file[@]}"

# A module that fails. What it makes is thrown away, what it says is shown by name.
stub=${OTA_PKCS11_STUB:-$OTA_BUILD/tests/ota_pkcs11_stub.so}
if [ -f "$stub" ]; then
	printf '1234\n' >pin.txt
	stub_key="pkcs11:token=stub%20token"
	expect 0 env OTA_STUB=good "$OTATOOL" pubkey -k "$stub_key;type=public" \
		--pkcs11-module "$stub" -o stub.pub
	while read -r what code words; do
		rm -f out.img
		expect "$code" env OTA_STUB="$what" "$OTATOOL" sign app.bin -o out.img \
			-k "$stub_key" --pkcs11-module "$stub" --pin-file pin.txt "${sign_rest[@]}"
		[ -z "$words" ] || says err "$words"
		if [ "$code" = 0 ]; then
			expect 0 "$OTATOOL" verify out.img -k stub.pub
		else
			absent out.img
		fi
	done <<'CASES'
good 0
no-login 0
asks-again 0
point-raw 0
point-bits 0
public-info 0
no-public-part 4 the public part of object=sign%20key;id=%01%a2 \(ecdsa-p256\) is not in it
init-fails 4 C_Initialize gives CKR_GENERAL_ERROR
no-tokens 4 has no token
two-tokens 2 token=stub%20token;serial=0001, token=stub%20token;serial=0002
two-keys 2 id=%01%a2 \(ecdsa-p256\), object=sign%20key;id=%64%a2
pin-locked 4 its PIN is locked \(CKR_PIN_LOCKED\)
sign-fails 4 C_Sign gives CKR_DEVICE_ERROR
device-removed 4 C_Sign gives CKR_DEVICE_REMOVED
no-mechanism 4 C_SignInit gives CKR_MECHANISM_INVALID
wrong-signature 4 does not verify
zero-signature 4 does not verify
short-signature 4 its signature is 63 bytes, not 64
huge-length 4 its signature is 1099511627776 bytes, not 64
CASES
	printf '4321\n' >pin.txt
	expect 4 env OTA_STUB=pin-final-try "$OTATOOL" sign app.bin -o out.img -k "$stub_key" \
		--pkcs11-module "$stub" --pin-file pin.txt "${sign_rest[@]}"
	says err "one more wrong PIN locks it"
	absent out.img
fi

finish
