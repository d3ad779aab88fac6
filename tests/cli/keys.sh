#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Keys on the command line: every kind in every form, passphrases, permissions, development keys.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1
umask 022
vectors=$OTA_VECTORS/imgtool
bytes 1000 1 >a.bin
sign=(sign a.bin --version 1.2.3 --header-size 32 --pad-header)
kinds=(ecdsa-p256 ecdsa-p384 rsa-2048 rsa-3072 ed25519 x25519)

# silent COMMAND...: exit 0 and not a word.
silent() {
	expect 0 "$@"
	checks=$((checks + 1))
	[ ! -s "$tmp/out" ] && [ ! -s "$tmp/err" ] || fail "not silent: $*"
}

# is FILE MODE
is() {
	checks=$((checks + 1))
	[ "$(stat -c %a "$1")" = "$2" ] || fail "$1 has mode $(stat -c %a "$1"), not $2"
}

# The help names the kinds that the table has.
expect 2 "$OTATOOL" keygen -t dsa -o x
says err 'error: --type: "dsa" is not one of '
"$OTATOOL" keygen --help >help
for kind in "${kinds[@]}"; do
	checks=$((checks + 1))
	grep -q -- "--type.*$kind" help && grep -q "$kind" err || fail "$kind is not named"
done
checks=$((checks + 1))
[ "$(sed 's/.*is not one of //' err | tr -s ', ' '\n' | wc -l)" = ${#kinds[@]} ] ||
	fail "another number of kinds: $(cat err)"

# A key of each kind, encrypted or not; what other programs make of it; what it signs.
printf 'correct horse\r\nnot this line\n' >pass
printf 'wrong horse\n' >wrong
chmod 600 pass wrong
for kind in "${kinds[@]}"; do
	silent "$OTATOOL" keygen -t "$kind" -o "$kind.pem"
	silent "$OTATOOL" keygen -t "$kind" -o "$kind.enc.pem" --passphrase-file pass
	is "$kind.pem" 600
	is "$kind.enc.pem" 600
	expect 0 openssl pkey -in "$kind.pem" -noout
	expect 0 openssl pkey -in "$kind.enc.pem" -passin pass:'correct horse' -noout
	expect 1 openssl pkey -in "$kind.enc.pem" -passin pass:wrong -noout
	grep -q "BEGIN ENCRYPTED PRIVATE KEY" "$kind.enc.pem" || fail "$kind: not encrypted"
	expect 3 "$OTATOOL" pubkey -k "$kind.enc.pem" --passphrase-file wrong
	expect 2 setsid -w "$OTATOOL" pubkey -k "$kind.enc.pem"
	says err "needs a passphrase, and there is no terminal"
	says err "hint: --passphrase-file FILE or --passphrase-fd N"

	openssl pkey -in "$kind.pem" -outform DER -out "$kind.der"
	openssl pkey -in "$kind.pem" -pubout -out "$kind.pub.pem"
	openssl pkey -in "$kind.pem" -pubout -outform DER -out "$kind.pub.der"
	for form in pem c rust raw hash; do
		expect 0 "$OTATOOL" pubkey -k "$kind.pem" --format $form -o "form.$form"
		for from in der pub.pem pub.der; do
			[ $from != der ] || chmod 600 "$kind.der"
			silent "$OTATOOL" pubkey -k "$kind.$from" --format $form -o other
			same other "form.$form"
		done
	done
	same form.pem "$kind.pub.pem"
	expect 0 "$OTATOOL" pubkey -k "$kind.pub.pem" --format json
	checks=$((checks + 1))
	jq -en --arg kind "$kind" --arg id "$(cat form.hash)" --rawfile pem "$kind.pub.pem" \
		--arg hex "$(od -An -v -tx1 form.raw | tr -d ' \n')" \
		--arg sha512 "$(sha512sum <form.raw | cut -d' ' -f1)" \
		'input | .schema == "otatool.pubkey/1" and .key_type == $kind and .private == false and
		.key_id == $id and .key_hash.sha256 == $id and .key_hash.sha512 == $sha512 and
		(.key_hash.sha384 | length) == 96 and .public == $hex and .public_pem == $pem and
		(has("development_key") | not)' out >/dev/null || fail "$kind: json"
	same form.hash <(sha256sum <form.raw | cut -d' ' -f1)
	case $kind in
	rsa-*) same form.raw <(openssl rsa -pubin -in "$kind.pub.pem" -RSAPublicKey_out \
		-outform DER 2>/dev/null) ;;
	*) same form.raw "$kind.pub.der" ;;
	esac

	# inspect says what it is, in every form, and asks nobody.
	for file in "$kind.pem" "$kind.der"; do
		expect 0 "$OTATOOL" inspect "$file"
		says out "^$file: private $kind key"
		says out "key id +$(cat form.hash)"
	done
	for file in "$kind.pub.pem" "$kind.pub.der"; do
		expect 0 "$OTATOOL" inspect "$file"
		says out "^$file: public $kind key"
	done
	openssl pkcs8 -topk8 -in "$kind.pem" -passout pass:x -outform DER -out enc.der
	for file in "$kind.enc.pem" enc.der; do
		expect 0 "$OTATOOL" inspect "$file"
		says out "^$file: encrypted private key"
	done
	expect 0 "$OTATOOL" inspect "$kind.enc.pem" --passphrase-file pass
	says out "encrypted private $kind key"
	expect 3 "$OTATOOL" inspect "$kind.enc.pem" --passphrase-file wrong

	if [ "$kind" = x25519 ]; then
		expect 2 "$OTATOOL" "${sign[@]}" -k x25519.pem -o x
		says err "error: x25519.pem: is an x25519 key, which only encrypts"
		absent x
		continue
	fi
	expect 2 "$OTATOOL" "${sign[@]}" -k "$kind.pub.pem" -o x
	says err "is a public key"
	silent "$OTATOOL" "${sign[@]}" -k "$kind.enc.pem" --passphrase-file pass -o one.img
	silent "$OTATOOL" "${sign[@]}" -k "$kind.enc.pem" --passphrase-fd 7 -o two.img 7<pass
	expect 0 "$OTATOOL" pubkey -k "$kind.enc.pem" --passphrase-file pass -o pub.pem
	for image in one.img two.img; do
		expect 0 "$OTATOOL" verify $image -k pub.pem
		expect 1 "$OTATOOL" verify $image -k "$kind.pub.pem"
	done
	expect 3 "$OTATOOL" "${sign[@]}" -k "$kind.enc.pem" --passphrase-file wrong -o x
	expect 4 "$OTATOOL" "${sign[@]}" -k "$kind.enc.pem" --passphrase-fd 99 -o x
	says err "error: --passphrase-fd: cannot read"
	expect 2 "$OTATOOL" "${sign[@]}" -k "$kind.enc.pem" --passphrase-fd seven -o x
	absent x
done

# What imgtool's getpub prints, byte for byte.
for kind in p256 p384 rsa2048 rsa3072 ed25519 x25519; do
	for key in "$vectors/keys/$kind.pem" "$vectors/keys/$kind.pub.pem"; do
		[ -e "$key" ] || continue
		expect 0 "$OTATOOL" pubkey -k "$key" --format c
		same out "$vectors/pubkey/$kind.c.txt"
		expect 0 "$OTATOOL" pubkey -k "$key"
		same out "$vectors/keys/$kind.pub.pem"
		[ $kind != rsa3072 ] || continue
		expect 0 "$OTATOOL" pubkey -k "$key" --format rust
		same out "$vectors/pubkey/$kind.rs.txt"
		expect 0 "$OTATOOL" pubkey -k "$key" --format raw
		same out "$vectors/pubkey/$kind.raw"
	done
done
expect 0 "$OTATOOL" pubkey -k "$vectors/keys/ed25519.pub.pem" --format c --name-suffix _2
same out "$vectors/pubkey/ed25519-suffix.c.txt"
expect 0 "$OTATOOL" pubkey -k "$vectors/keys/p384.pub.pem" --format rust --name-suffix _dev
same out "$vectors/pubkey/p384-suffix.rs.txt"
for form in pem raw hash json; do
	expect 2 "$OTATOOL" pubkey -k ed25519.pem --format $form --name-suffix _2
done
expect 2 "$OTATOOL" pubkey -k ed25519.pem --format c --name-suffix a-b
says err '"a-b" has other characters'

# A passphrase is a line: from a file, a descriptor, never an argument.
expect 3 "$OTATOOL" pubkey -k ed25519.enc.pem --passphrase-file /dev/null
says err "error: /dev/null: passphrase is empty"
head -c 1025 /dev/zero | tr '\0' a >long
printf 'correct horse' >short
chmod 600 long short
expect 3 "$OTATOOL" pubkey -k ed25519.enc.pem --passphrase-file long
says err "longer than the 1024 bytes"
expect 3 "$OTATOOL" pubkey -k ed25519.enc.pem --passphrase-fd 5 5<long
expect 0 "$OTATOOL" pubkey -k ed25519.enc.pem --passphrase-file short
expect 4 "$OTATOOL" pubkey -k ed25519.enc.pem --passphrase-file nowhere
truncate -s 1024 long
silent "$OTATOOL" keygen -t ed25519 -o long.pem --passphrase-file long
expect 0 "$OTATOOL" pubkey -k long.pem --passphrase-fd 5 5<long
# One descriptor, several lines: no byte behind the first line is taken.
checks=$((checks + 1))
{ "$OTATOOL" pubkey -k ed25519.enc.pem --passphrase-fd 0 >one.pem && cat; } <pass >rest
[ "$(cat rest)" = "not this line" ] || fail "bytes behind the passphrase were taken"
# The writer of a pipe need not close it.
mkfifo pipe
(printf 'correct horse\n'; sleep 600) >pipe &
writer=$!
expect 0 timeout 60 "$OTATOOL" pubkey -k ed25519.enc.pem --passphrase-fd 5 5<pipe
kill "$writer"
wait "$writer" 2>/dev/null
expect 0 bash -c '"$0" pubkey -k - --passphrase-file pass <ed25519.enc.pem' "$OTATOOL"

expect 2 "$OTATOOL" pubkey -k - --passphrase-file -
expect 2 "$OTATOOL" sign - --version 1 --header-size 32 -k ed25519.enc.pem --passphrase-file - -o x
says err "standard input can be only one of its files"

# The prompt: on the terminal whatever the streams are, unseen, echo restored.
# ask COMMAND ANSWER...: runs it on a terminal of its own, one answer a prompt.
ask() {
	local command=$1 n=0 answer
	shift
	rm -f typescript answers
	mkfifo answers
	timeout 60 script -qefc "$command" typescript <answers >/dev/null 2>&1 &
	local child=$!
	exec 9>answers
	for answer in "$@"; do
		n=$((n + 1))
		for _ in $(seq 200); do
			[ "$(grep -aoE '(Passphrase for|Once more)[^:]*: ' typescript 2>/dev/null |
				wc -l)" -lt $n ] || break
			sleep 0.05
		done
		sleep 0.1
		printf "$answer" >&9
	done
	wait "$child"
	local status=$?
	exec 9>&-
	return $status
}
if command -v script >/dev/null; then
	export OTATOOL
	expect 0 true
	ask '"$OTATOOL" pubkey -k ed25519.enc.pem -o asked.pem </dev/null' 'correct horse\n' ||
		fail "prompt: exit $?"
	checks=$((checks + 4))
	cmp -s asked.pem one.pem || fail "prompt: another key"
	grep -aq 'Passphrase for ed25519.enc.pem: ' typescript || fail "no prompt"
	grep -aq 'correct horse' typescript && fail "the passphrase was shown"
	ask '"$OTATOOL" pubkey -k ed25519.enc.pem' 'wrong horse\n'
	[ $? = 3 ] || fail "a wrong passphrase at the prompt"
	ask '"$OTATOOL" keygen -t ed25519 -p -o asked.key' 'tell nobody\n' 'tell nobody\n' ||
		fail "keygen -p: exit $?"
	is asked.key 600
	expect 0 openssl pkey -in asked.key -passin pass:'tell nobody' -noout
	grep -aq 'tell nobody' typescript && fail "the new passphrase was shown"
	checks=$((checks + 3))
	ask '"$OTATOOL" keygen -t ed25519 -p -o differ.key' 'one\n' 'two\n'
	[ $? = 2 ] || fail "two different passphrases"
	absent differ.key
	# Ctrl-C at the prompt ends it and leaves a terminal that echoes.
	ask 'trap : INT; "$OTATOOL" pubkey -k ed25519.enc.pem; echo "ended $?"; stty -a' '\003'
	grep -aq 'ended 130' typescript || fail "Ctrl-C does not end the prompt"
	grep -aqE '(^|[[:space:]])echo($|[[:space:]])' typescript || fail "echo stays off"
else
	echo "no script(1): prompts are not tested"
fi
expect 2 setsid -w "$OTATOOL" keygen -t ed25519 -p -o x
says err "there is no terminal to ask on"
says err "hint: --passphrase-file FILE"
absent x

# A key that others can reach.
for mode in 644 640 604 620 602; do
	cp ed25519.pem loose.pem
	chmod $mode loose.pem
	expect 0 "$OTATOOL" "${sign[@]}" -k loose.pem -o loose.img
	says err "warning: loose.pem: private key can be (read|written) by others \(mode 0$mode\)"
	says err "hint: chmod 600 loose.pem"
	rm loose.img
	expect 1 "$OTATOOL" "${sign[@]}" -k loose.pem -o loose.img --strict
	says err "error: loose.pem: private key can be"
	absent loose.img
done
silent "$OTATOOL" "${sign[@]}" -k ed25519.pem -o tight.img --strict
silent "$OTATOOL" "${sign[@]}" -k /dev/fd/8 -o tight2.img --strict 8<ed25519.pem
same tight.img tight2.img
chmod 644 ed25519.pub.pem
expect 0 "$OTATOOL" pubkey -k ed25519.pub.pem --strict
says out "BEGIN PUBLIC KEY"
chmod 644 pass
expect 0 "$OTATOOL" pubkey -k ed25519.enc.pem --passphrase-file pass
says err "warning: pass: passphrase can be read by others \(mode 0644\)"
expect 1 "$OTATOOL" pubkey -k ed25519.enc.pem --passphrase-file pass --strict
chmod 600 pass

# MCUboot's development keys: everybody has the private part.
for name in root-ec-p256 root-rsa-2048; do
	key=$OTA_VECTORS/keys/mcuboot-$name.pub.pem
	expect 0 "$OTATOOL" pubkey -k "$key"
	says err "warning: .*is MCUboot's development key $name.pem, whose private part is public"
	expect 1 "$OTATOOL" pubkey -k "$key" --strict
	expect 0 "$OTATOOL" pubkey -k "$key" --format json
	checks=$((checks + 1))
	jq -en --arg name $name.pem 'input | .development_key == $name' out >/dev/null || fail "json: $name"
	expect 0 "$OTATOOL" inspect "$key"
	says out "development key $name.pem"
done

# keygen overwrites nothing unasked, and its files are 0600 whatever the umask and the old mode.
cp ed25519.pem before
expect 4 "$OTATOOL" keygen -t ed25519 -o ed25519.pem
says err "exists already and is not overwritten"
says err "hint: --force replaces it"
same ed25519.pem before
chmod 644 ed25519.pem
silent "$OTATOOL" keygen -t ed25519 -o ed25519.pem --force
is ed25519.pem 600
checks=$((checks + 1))
cmp -s ed25519.pem before && fail "--force kept the old key"
ln -s linked.pem link.pem
silent bash -c 'umask 0; "$0" keygen -t ecdsa-p256 -o link.pem' "$OTATOOL"
is linked.pem 600
[ -L link.pem ] || fail "the link was replaced"
expect 4 "$OTATOOL" keygen -t ed25519 -o nowhere/x.pem
expect 0 "$OTATOOL" keygen -t ed25519 -o -
says out "BEGIN PRIVATE KEY"
checks=$((checks + 1))
[ -z "$(find . -name '.otatool-*')" ] || fail "a temporary file is left"
for n in 1 2 3 4 5 6 7 8; do
	"$OTATOOL" keygen -t ed25519 -o race.pem 2>/dev/null && echo $n >>won &
done
wait
checks=$((checks + 1))
[ "$(wc -l <won)" = 1 ] || fail "$(wc -l <won) of 8 made the same new key"

# One input, one key, one output: whatever time, place and language are.
for kind in ecdsa-p256 ed25519; do
	rm -f signed.*.img
	for i in $(seq 50); do
		mkdir -p "dir$i"
		(
			cd "dir$i" || exit 1
			umask 0$((i % 8))$((i % 8))
			TZ=UTC-$((i % 12)) LC_ALL=$([ $((i % 2)) = 0 ] && echo C || echo C.UTF-8) \
				"$OTATOOL" sign ../a.bin --version 1.2.3 --header-size 32 --pad-header \
				-k "../$kind.pem" -o "../signed.$i.img"
		) || fail "$kind: signing $i"
	done
	checks=$((checks + 1))
	[ "$(sha256sum signed.*.img | cut -d' ' -f1 | sort -u | wc -l)" = 1 ] ||
		fail "$kind: more than one signature"
	[ "$(find . -name 'signed.*.img' | wc -l)" = 50 ] || fail "$kind: images are missing"
done
silent "$OTATOOL" "${sign[@]}" -k ecdsa-p256.pem -o fixed.img
for kind in ecdsa-p256 ecdsa-p384; do
	silent "$OTATOOL" "${sign[@]}" -k $kind.pem --random-nonce -o random1.img
	silent "$OTATOOL" "${sign[@]}" -k $kind.pem --random-nonce -o random2.img
	checks=$((checks + 1))
	cmp -s random1.img random2.img && fail "$kind: --random-nonce gives the same signature"
	for i in 1 2 3 4 5 6; do
		silent "$OTATOOL" "${sign[@]}" -k $kind.pem --random-nonce --low-s -o low.img
		expect 0 "$OTATOOL" verify low.img -k $kind.pub.pem
		expect 0 "$OTATOOL" inspect low.img --json
		# A high s has its top bit set, which costs DER a byte more than the order has.
		at=$(jq '.tlvs[] | select(.name == "ECDSASIG") | .offset + 4' out)
		sig=$(od -An -v -tx1 -j "$at" -N 110 low.img | tr -d ' \n')
		s_at=$((8 + 2 * 16#${sig:6:2} + 2))
		size=$((${kind#ecdsa-p} / 8))
		checks=$((checks + 1))
		[ $((16#${sig:s_at:2})) -le $size ] || fail "$kind: s is high"
	done
done
# A key-encryption key is secret, and has no public part.
kek=$OTA_VECTORS/imgtool/keys/kw128.b64
expect 0 "$OTATOOL" inspect "$kek"
says out "private aes-kw-128 key$"
expect 2 "$OTATOOL" pubkey -k "$kek"
expect 2 "$OTATOOL" verify "$OTA_VECTORS/imgtool/out/o069-ed25519.bin" -k "$kek"
# No output takes the place of a file that is read, of whatever kind.
cp "$OTA_VECTORS/imgtool/keys/PASSWORD.txt" "$tmp/word"
enc=$OTA_VECTORS/imgtool/keys/ed25519-enc.pem
expect 2 "$OTATOOL" pubkey -k "$enc" --passphrase-file "$tmp/word" -o "$tmp/word"
says err "is the file .*word, which is read and would be lost"
expect 2 "$OTATOOL" imgtool getpub -k "$enc" --passphrase-file "$tmp/word" -o "$tmp/word"
same "$tmp/word" "$OTA_VECTORS/imgtool/keys/PASSWORD.txt"
finish
