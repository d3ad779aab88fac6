#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# diff: what its options mean, what it refuses before it reads, and what it says of the patch.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1

bytes 40000 1 >old.bin
{ bytes 30000 1; bytes 300 2; bytes 40000 1 | tail -c 9000; } >new.bin
cp old.bin old.before
cp new.bin new.before
"$OTATOOL" keygen -t ed25519 -o key.pem

# -- usage errors: exit 2, one line, nothing read, nothing written --------------------------------
# The files that are named do not exist: what is wrong with the words is said first.
usage() {
	local words=$1
	shift
	expect 2 "$OTATOOL" diff missing.old missing.new "$@"
	says err "$words"
	absent p
}
usage "needs --output PATCH" --format bsdiff
usage "p.hex: is named as Intel HEX, and a patch is a binary" --format bsdiff -o p.hex
usage '"bsdif" is not one of the formats: bsdiff, vcdiff, otd' -o p --format bsdif
usage 'error: --window: bsdiff has no windows' -o p --format bsdiff --window 16K --secondary lzma
usage 'error: --source-window: bsdiff has no windows' -o p --format bsdiff --source-window 16K
usage 'error: --secondary: bsdiff has no secondary compression' -o p --format bsdiff --secondary lzma
for option in "--pad-sig" "--low-s" "--random-nonce" "--strict" "--public-key-format full" \
	"--passphrase-file f" "--pin-fd 3" "--pkcs11-module f"; do
	# shellcheck disable=SC2086 # an option and its value
	usage "error: ${option%% *}: is about signing: without --key KEY the patch is bare" -o p \
		--format bsdiff $option
done
usage '"sha1" is not one of hash, full' -o p --format bsdiff -k key.pem --public-key-format sha1
usage 'error: --window: 0 bytes hold nothing' -o p --format vcdiff --window 0
usage 'error: --source-window: 0 bytes hold nothing' -o p --format vcdiff --source-window 0x0
usage 'error: --window: "big" is not a size' -o p --format vcdiff --window big
usage '2147483648 is more than 2147483647' -o p --format vcdiff --window 2147483648
usage 'error: --window: 16777217 bytes, at most 16777216 are a window' -o p --format vcdiff --window 16777217
usage '"djw" is not one of none, lzma' -o p --format vcdiff --secondary djw
# Each option is refused by its own name, whatever else is asked for.
usage 'error: --tier: vcdiff has no tiers' -o p --format vcdiff --window 16K --tier m
usage 'error: --arch: bsdiff knows no code' -o p --format bsdiff --arch thumb
usage 'error: --base: bsdiff has no use for addresses' -o p --format bsdiff --base 0x8000
usage 'error: --base: without code no address is of use' -o p --arch none --base 0x8000
usage 'error: --window: otd has no windows' -o p --tier m --window 16K
usage 'error: --secondary: otd has no secondary compression' -o p --secondary lzma
usage 'error: --tier: nano knows Thumb code only' -o p --tier nano --arch rv32
usage '"l" is not one of nano, xs, m' -o p --tier l
usage '"arm64" is not one of auto, thumb, rv32, xtensa, none' -o p --arch arm64
usage 'error: --base: "flash" is not a number' -o p --base flash
usage '0x100000000 is more than 4294967295' -o p --base 0x100000000
expect 2 "$OTATOOL" diff - - -o p --format bsdiff
says err "standard input can be only one of its files"
expect 2 "$OTATOOL" diff old.bin - -o p --format bsdiff -k -
says err "standard input can be only one of its files"
expect 2 "$OTATOOL" diff old.bin new.bin -o p --format bsdiff -k - -k -
says err "standard input can be only one of its files"

# No output destroys what is read.
for output in old.bin new.bin ./new.bin; do
	expect 2 "$OTATOOL" diff old.bin new.bin -o $output --format bsdiff
	says err "which is read and would be lost"
done
ln -s key.pem link.pem
expect 2 "$OTATOOL" diff old.bin new.bin -o link.pem --format bsdiff -k key.pem
says err "link.pem: is the file key.pem, which is read and would be lost"
same old.bin old.before
same new.bin new.before

# A wrong name is told before the old file is sorted.
expect 4 "$OTATOOL" diff missing.old missing.new -o p --format bsdiff
says err "missing.new: cannot open: No such file"
expect 4 "$OTATOOL" diff missing.old new.bin -o p --format bsdiff
says err "missing.old: cannot open: No such file"
expect 4 "$OTATOOL" diff old.bin . -o p --format bsdiff
says err "\\.: is a directory"
expect 4 "$OTATOOL" diff old.bin new.bin -o p --format bsdiff -k missing.pem
says err "missing.pem: cannot open: No such file"
absent p

# -- bare patches ---------------------------------------------------------------------------------
# whole FORMAT OPTIONS...: the patch gives the new file back, twice the same bytes, in any spelling.
whole() {
	expect 0 "$OTATOOL" diff old.bin new.bin -o p --format "$@"
	says out "^p: [0-9,]+ bytes, [0-9.]+ % of the new file's 39,300$"
	[ "$1" = otd ] || [ "$(wc -l <out)" = 1 ] || fail "more than a line: $(cat out)"
	expect 0 "$OTATOOL" apply old.bin p -o result
	same result new.bin
	expect 0 "$OTATOOL" diff old.bin new.bin -o p2 --json --format "$@"
	same p p2
	checks=$((checks + 1))
	jq -en --argjson size "$(stat -c %s p)" 'input | .schema == "otatool.diff/1" and .file == "p2" and
		.patch_bytes == $size and .old_bytes == 40000 and .new_bytes == 39300 and
		(.signed | not) and (.pointless | not) and (has("update_bytes") | not)' out \
		>/dev/null || fail "json: $(cat out)"
	"$OTATOOL" diff - new.bin --format "$@" -o - <old.bin >p2 2>err || fail "to a pipe"
	same p p2
	"$OTATOOL" diff old.bin /dev/fd/3 --format "$@" -o p2 3<new.bin >/dev/null || fail "from a pipe"
	same p p2
}
whole bsdiff
cp p bsdiff
whole bsdiff --secondary none
same p bsdiff
whole vcdiff
cp p vcdiff
whole xdelta3
same p vcdiff
checks=$((checks + 1))
[ "$(jq -r .format out)" = vcdiff ] || fail "the other name is not the format's own"
whole vcdiff --window 4K
whole vcdiff --window 4K --source-window 16K
whole vcdiff --secondary lzma
whole vcdiff --secondary none
same p vcdiff
whole otd
cp p otd
whole otd --tier xs --arch auto
same p otd
whole otd --tier m
whole otd --arch none
whole otd --arch thumb --base 0x08000000
expect 0 "$OTATOOL" diff old.bin new.bin -o p
same p otd

# An old file and a new one that is empty, and the same file twice.
: >empty
for pair in "empty new.bin" "old.bin empty" "empty empty" "old.bin old.bin"; do
	read -r old new <<<"$pair"
	for format in bsdiff vcdiff otd; do
		expect 0 "$OTATOOL" diff "$old" "$new" -o p --format "$format"
		expect 0 "$OTATOOL" apply "$old" p -o result
		same result "$new"
	done
done

# A patch that is no smaller than the new file, compressed: said, and written all the same.
bytes 5000 7 >other.bin
expect 0 "$OTATOOL" diff old.bin other.bin -o p --format bsdiff
says err "warning: p: patch is [0-9]+ bytes, the new file compressed with xz is [0-9]+: send that"
expect 0 "$OTATOOL" apply old.bin p -o result
same result other.bin
expect 0 "$OTATOOL" diff old.bin other.bin -o p --format bsdiff --json
checks=$((checks + 1))
jq -en 'input | .pointless and .new_xz_bytes <= .patch_bytes' out >/dev/null || fail "pointless: $(cat out)"

# What the patch covers besides the image, and that HEX is text to it.
rest=(--header-size 32 --pad-header)
"$OTATOOL" sign old.bin -o padded.img --version 1.0 -S 64K --pad "${rest[@]}"
expect 0 "$OTATOOL" diff padded.img new.bin -o p --format bsdiff
says err "warning: padded.img: has [0-9]+ bytes after the image, which the patch covers too"
"$OTATOOL" sign old.bin -o old.hex --version 1.0 --hex-addr 0x8000 "${rest[@]}"
expect 0 "$OTATOOL" diff old.hex new.bin -o p --format bsdiff
says err "warning: old.hex: is Intel HEX, and the patch one of its text"
{ printf '\177ELF'; cat old.bin; } >old.elf
expect 0 "$OTATOOL" diff old.elf new.bin -o p --format bsdiff
says err "warning: old.elf: is ELF, and the patch one of the whole file"

# Places that take no output; what was there stays.
mkdir folder
expect 4 "$OTATOOL" diff old.bin new.bin -o folder --format bsdiff
expect 4 "$OTATOOL" diff old.bin new.bin -o missing/p --format bsdiff
[ ! -c /dev/full ] || expect 4 "$OTATOOL" diff old.bin new.bin -o /dev/full --format bsdiff
finish
