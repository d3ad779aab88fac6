#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# imgtool mode's manners: how it is started, click's command lines, its words and exit codes.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1
in=$OTA_VECTORS/imgtool/in/rand-1021.bin
keys=$OTA_VECTORS/imgtool/keys
img=("$OTATOOL" imgtool)
passphrase="correct horse"

# One program, three names.
ln -s "$OTATOOL" imgtool
ln -s "$OTATOOL" imgtool.py
ln -s "$OTATOOL" myimgtool
for name in ./imgtool ./imgtool.py; do
	expect 0 "$name" version
	[ "$(cat out)" = 2.4.0 ] || fail "$name version"
	expect 0 "$name" --version
	[ "$(cat out)" = 2.4.0 ] || fail "$name --version"
done
expect 0 ./myimgtool version
says out "^otatool "
expect 0 "${img[@]}"
cp out overview
expect 0 "${img[@]}" -h
same out overview
expect 0 "$OTATOOL" help imgtool
for command in create dumpinfo getpriv getpub getpubhash keygen keyinfo sign verify version; do
	says out "^  $command: "
done
expect 0 "${img[@]}" sign --help
says out "^Usage: imgtool sign \[OPTIONS\] INFILE OUTFILE$"
expect 0 "${img[@]}" getpub -h
says out "-e, --encoding FORM"

# A usage error is three lines and the reason, as click has it.
expect 2 "${img[@]}" exit
printf '%s\n' 'Usage: imgtool [OPTIONS] COMMAND [ARGS]...' "Try 'imgtool -h' for help." '' \
	'Error: imgtool has no command "exit"' >want
same err want
expect 2 "${img[@]}" sing
says err '^Hint: did you mean "imgtool sign"\?$'
expect 2 "${img[@]}" --bogus
says err "^Error: imgtool has no option --bogus$"
expect 2 "${img[@]}" sign -S 0x8000 in
printf '%s\n' 'Usage: imgtool sign [OPTIONS] INFILE OUTFILE' "Try 'imgtool sign -h' for help." '' \
	'Error: sign: needs INFILE and OUTFILE' >want
head -n 3 want >want3
head -n 3 err >err3
same err3 want3
expect 2 "${img[@]}" dumpinfo nothing-there
says err "^Error: nothing-there: cannot open"

# Options that only a fork knows: one line that names both.
for option in --manifest --edt-config --pad-value --compression-lzma-dictsize \
	--compression-lzma-pb --compression-lzma-lc --compression-lzma-lp --compression-lzma-preset; do
	expect 2 "${img[@]}" sign "$option" x "$in" got
	says err "^Error: sign: $option is an option of the imgtool of the nRF Connect SDK"
	expect 2 "${img[@]}" sign "$option=x" "$in" got
	says err "^Error: sign: $option is an option"
done
expect 2 "${img[@]}" create --psa-key-ids 1 "$in" got
says err "^Error: create: --psa-key-ids is an option of the imgtool of TF-M"
expect 2 "${img[@]}" sign --extra-tlv 0xa0 x "$in" got
says err "^Error: sign: --extra-tlv is an option of the imgtool of TF-M"
expect 2 "${img[@]}" sign -o 0x90000400 "$in" got
says err "^Error: sign: -o is an option of the imgtool of STMicroelectronics"
absent got

# One image, every spelling that click and Python take.
expect 0 "${img[@]}" sign -v 1.2.3 -S 0x8000 -H 32 --pad-header "$in" one
expect 0 "${img[@]}" create "$in" --version=1.2.3 -S0x8000 two -H0x20 --pad-header
same one two
expect 0 "${img[@]}" sign -v 9 -v 1.2.3 -S 32_768 -H 0b10_0000 --pad-header -M 0128 -- "$in" two
same one two
expect 0 "${img[@]}" sign -v 1.2.3 -S +0o100000 -H ' 32 ' --pad-header "$in" two
same one two
# No slot size is no limit, and neither is a negative one.
for size in 0 -1 -0x8000; do
	expect 0 "${img[@]}" sign -v 1.2.3 -S $size -H 32 --pad-header "$in" two
	same one two
done
rm two
for wrong in 32K 1MiB 010 0x '' ' ' - 1.5 1__0 0x8000_; do
	expect 2 "${img[@]}" sign -v 1.2.3 -S "$wrong" -H 32 --pad-header "$in" two
	says err "^Error: --slot-size: \"$wrong\" is not a number$"
done
for wrong in 0x10 1K 0b1 ''; do
	expect 2 "${img[@]}" sign -v 1.2.3 -S 0x8000 -H 32 --pad-header -M "$wrong" "$in" two
	says err "^Error: --max-sectors: \"$wrong\" is not a decimal number$"
done
expect 2 "${img[@]}" sign -v 1.2.3 -S 0x8000 -H -32 --pad-header "$in" two
says err "^Error: --header-size: -32 is negative$"
expect 2 "${img[@]}" sign -v 1.2.3 -S 0x8000 -H 32 --pad-header -M -1 "$in" two
says err "^Error: --max-sectors: -1 is negative$"
expect 2 "${img[@]}" sign -v 1.2.3 -S 99999999999999999999 -H 32 --pad-header "$in" two
says err "^Error: --slot-size: 99999999999999999999 is more than "
expect 2 "${img[@]}" sign -v 1.2.3 --slot 0x8000 -H 32 --pad-header "$in" two
says err "^Error: sign: unknown option --slot$"
expect 2 "${img[@]}" sign -v 1.2.3 -S 0x8000 -H 32 --pad-header=1 "$in" two
absent two
# In place, as Arduino signs.
cp "$in" app.bin
expect 0 "${img[@]}" sign -v 1.2.3 app.bin app.bin -S 0x8000 -H 32 --pad-header
same app.bin one

# Keys. An existing file is kept: a key that is lost cannot be made again.
expect 2 "${img[@]}" keygen -k key.pem
says err "^Error: keygen: needs --type"
expect 0 "${img[@]}" keygen -k key.pem -t ecdsa-p256
[ "$(stat -c %a key.pem)" = 600 ] || fail "mode of the new key"
cp key.pem kept
expect 2 "${img[@]}" keygen -k key.pem -t ecdsa-p256
says err "^Error: key.pem: exists already"
same key.pem kept
expect 0 "${img[@]}" keygen -k key.pem -t ecdsa-p256 --force
cmp -s key.pem kept && fail "--force did not replace the key"
expect 0 "${img[@]}" keyinfo -k key.pem --require private
[ "$(cat out)" = private ] || fail "keyinfo"
expect 2 "${img[@]}" keyinfo -k key.pem --require public
[ "$(cat out)" = private ] || fail "keyinfo --require prints the kind before it says no"
expect 0 "${img[@]}" getpub -k key.pem -e pem -o pub.pem
expect 0 "$OTATOOL" pubkey -k key.pem
same out pub.pem
expect 0 "${img[@]}" getpub -k key.pem -l rust
says out "^static ECDSA_PUB_KEY: "
expect 0 "${img[@]}" getpubhash -k key.pem
says out "^const unsigned char ecdsa_pub_key_hash\[\] = \{$"
expect 2 "${img[@]}" getpubhash -k key.pem -e pem
says err "\"pem\" is not one of lang-c, raw"
expect 2 "${img[@]}" getpub -e raw
says err "^Error: getpub: needs --key KEY$"
expect 2 "${img[@]}" getpub -k "$keys/ed25519.der"
says err "is not PEM"
expect 2 "${img[@]}" getpub -k key.pem -o key.pem
says err "^Error: "

# Passphrases: the terminal, else a line of standard input; ours besides. keyinfo never asks.
asked() {
	local want=$1 typed=$2 got=0
	shift 2
	checks=$((checks + 1))
	printf '%b' "$typed" | setsid "${img[@]}" "$@" >out 2>err || got=$?
	[ "$got" = "$want" ] || fail "exit $got, not $want: $* with \"$typed\""
}
asked 0 'one two\none two\n' keygen -k locked.pem -t ed25519 -p
says err "^Enter key passphrase: $"
says err "^Reenter passphrase: $"
grep -q "ENCRYPTED PRIVATE KEY" locked.pem || fail "the key is not encrypted"
asked 2 'one two\none too\n' keygen -k other.pem -t ed25519 -p
says err "the two passphrases differ"
asked 2 '\n\n' keygen -k other.pem -t ed25519 -p
asked 2 '' keygen -k other.pem -t ed25519 -p
absent other.pem
asked 0 'one two\n' getpub -k locked.pem
cp out want
asked 0 'one two' getpub -k locked.pem
same out want
asked 2 'one\n' getpub -k locked.pem
[ ! -s out ] || fail "a wrong passphrase and output"
asked 2 '' getpub -k locked.pem
asked 0 "$passphrase\n" sign -v 1 -S 0 -H 32 --pad-header -k "$keys/ed25519-enc.pem" "$in" two
echo "one two" >pass
chmod 600 pass
expect 0 "${img[@]}" getpub -k locked.pem --passphrase-file pass
same out want
expect 0 "${img[@]}" getpub -k locked.pem --passphrase-fd 5 5<pass
same out want
asked 2 'one two\n' keyinfo -k locked.pem
says err "needs a passphrase, and this command asks for none"
expect 0 "${img[@]}" keyinfo -k locked.pem --passphrase-file pass

# verify is imgtool's verdict; where a bootloader would decide otherwise one line says so.
expect 0 "${img[@]}" sign -v 1.2.3 -S 0x8000 -H 32 --pad-header -k key.pem "$in" good
expect 0 "${img[@]}" verify -k key.pem good
says out "^Image was correctly validated$"
says out "^Image version: 1.2.3\+0$"
says out "^Image digest: [0-9a-f]{64}$"
[ ! -s err ] || fail "a good image, and words: $(cat err)"
expect 1 "${img[@]}" verify -k locked.pem --passphrase-file pass good
says out "^No signature found for the given key$"
cp good bad
put bad 100 00
expect 1 "${img[@]}" verify -k key.pem bad
says out "^Image has an invalid hash$"
expect 2 "${img[@]}" verify -k key.pem nothing-there
says err "^Error: nothing-there: cannot open"
expect 0 "${img[@]}" verify "$OTA_VECTORS/imgtool/img/forge-p256-no-hash-tlv.bin" \
	-k "$keys/p256.pub.pem"
says err "^Warning: .*: a bootloader refuses it all the same: .* \(hash-missing at 0x"
[ "$(grep -c ^Warning err)" = 1 ] || fail "more than one warning"
for size in 0 1 15 16 27 28 31 32 1000 1053 1055 1057 1100; do
	head -c $size good >short
	expect 1 "${img[@]}" verify -k key.pem short
	[ "$(grep -c ^Error: err)" = 1 ] || fail "$size bytes: not one line"
	[ ! -s out ] || fail "$size bytes: an answer"
	expect 2 "${img[@]}" dumpinfo short
done

# dumpinfo: the file's name as PyYAML and Python's json write it.
name() {
	cp good "$1"
	expect 0 "${img[@]}" dumpinfo -f yaml "$1"
	[ "$(head -n 1 out)" = "filename: $2" ] || fail "YAML name: $(head -n 1 out), not $2"
	expect 0 "${img[@]}" dumpinfo -f json "$1"
	[ "$(sed -n 2p out)" = "  \"filename\": $3," ] || fail "JSON name: $(sed -n 2p out), not $3"
	cp out json.out
	expect 0 jq -en input json.out
	rm "$1"
}
name plain.bin plain.bin '"plain.bin"'
name 'two words' 'two words' '"two words"'
name 007 "'007'" '"007"'
name 1.5 "'1.5'" '"1.5"'
name 1e5 1e5 '"1e5"'
name yes "'yes'" '"yes"'
name null "'null'" '"null"'
name 2020-01-02 "'2020-01-02'" '"2020-01-02"'
name "it's" "it's" "\"it's\""
name "'q" "'''q'" "\"'q\""
name '#x' "'#x'" '"#x"'
name 'a: b' "'a: b'" '"a: b"'
name 'a"b\c' 'a"b\c' '"a\"b\\c"'
name 'é' '"\xE9"' '"\u00e9"'
name '日😀' '"\u65E5\U0001F600"' '"\u65e5\ud83d\ude00"'
name $'t\tab' '"t\tab"' '"t\tab"'
name $'\037x' '"\x1Fx"' '"\u001fx"'
name $'d\177' '"d\x7F"' '"d\u007f"'
cp good $'\377.bin'
expect 2 "${img[@]}" dumpinfo -f json $'\377.bin'
says err "name is not UTF-8"
expect 2 "${img[@]}" dumpinfo -f yaml -o report $'\377.bin'
absent report
expect 0 "${img[@]}" dumpinfo good -o report -f json
tail -c 1 report | grep -q '}' || fail "a newline behind the JSON of a file"
finish
