#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A decoder written from formats/otd.md alone agrees with ours: on otatool's patches, on invented
# ones, and on what is no patch. So the document is enough, and is what the code does.
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1

reference() { python3 "$OTA_SOURCE/tests/support/otd_reference.py" "$@"; }
case ${OTA_SANITIZE-} in
ON | on | 1 | true | TRUE) slow=1 invented=40 ;;
*) slow='' invented=150 ;;
esac
decoded=0

# agree OLD NEW OPTION...: otatool's patch from OLD to NEW, left in p, is to be decoded to NEW.
mkdir agreed
agree() {
	local old=$1 new=$2
	shift 2
	expect 0 "$OTATOOL" diff "$old" "$new" -o p "$@" || return 1
	keep "$old" p "$new"
}
# keep OLD PATCH NEW: all are decoded in one go, further down.
keep() {
	decoded=$((decoded + 1))
	cp "$1" agreed/$decoded.old && cp "$2" agreed/$decoded.patch && cp "$3" agreed/$decoded.new
}
# what_is BITS VALUE: of p's byte 3 (architecture, tier, reads new, place, segments).
what_is() {
	checks=$((checks + 1))
	[ $((0x$(od -An -tx1 -j3 -N1 p | tr -d ' ') & $1)) = $(($2)) ] || fail "byte 3 & $1 is not $2"
}

# -- the document's own example and tables --------------------------------------------------------
expect 0 reference --tables
spec=$OTA_SOURCE/formats/otd.md
hex() { printf '%b' "$(sed 's/../\\x&/g' <<<"${1// /}")"; }
hex '00040020 09000008 08b5 0a20 00f003f8 00f003f8 08bd 0130 7047 8100 7047' >old
hex '00040020 09000008 08b5 0c20 00f003f8 00f004f8 08bd 0130 4043 7047 8100 7047' >new
# Its rows: offset, bytes, what they are; then decisions: number, at, from, ...
hex "$(sed -n '/^## 14/,/decisions\. /p' "$spec" |
	sed -nE 's/^    [0-9a-f]{2}  (([0-9a-f]{2} )+) .*/\1/p' | tr -d ' \n')" >example
expect 0 reference --trace old example result
same result new
sed -n '/^## 14/,/^## 15/p' "$spec" |
	sed -nE 's/^ {4,5}[ 0-9][0-9]  (([0-9a-f]{2}  ){2}.*)/\1/p' | tr -s ' ' >listed
same out listed
checks=$((checks + 1))
[ "$(wc -l <listed)" -gt 50 ] || fail "only $(wc -l <listed) decisions are listed"
expect 0 "$OTATOOL" apply old example -o result
same result new

# The same in tier nano: its listing ends with the decision.
# shellcheck disable=SC2016 # backticks of the document
hex "$(sed -nE '/^The same in tier nano/s/[^`]*`([0-9a-f]+)`[^`]*`([0-9a-f]+)`.*/\1\2/p' "$spec")" \
	>example
expect 0 reference --trace old example result
same result new
sed -E 's/( [0-9a-f]{8}){2}$//' out >traced
sed -n '/^The same in tier nano/,/^## 15/p' "$spec" |
	sed -nE 's/^ {8}[ 0-9][0-9]  (.*)/\1/p' | tr -s ' ' >listed
same traced listed
checks=$((checks + 1))
[ "$(wc -l <listed)" -gt 50 ] || fail "only $(wc -l <listed) decisions are listed"
expect 0 "$OTATOOL" apply old example -o result
same result new

# -- what must be read for ever -------------------------------------------------------------------
while IFS=$'\t' read -r patch one other; do
	[ "$patch" != patch ] || continue
	keep "$OTA_VECTORS/otd/$one" "$OTA_VECTORS/otd/$patch" "$OTA_VECTORS/otd/$other"
done <"$OTA_VECTORS/otd/vectors.tsv"

# -- real code ------------------------------------------------------------------------------------
cp "$OTA_SOURCE/examples/sensor/sensor-1.2.0.bin" old.bin
cp "$OTA_SOURCE/examples/sensor/sensor-1.3.0.bin" new.bin
agree old.bin new.bin
what_is 0x1f 0x01
cp p sensor
agree old.bin new.bin --tier m
agree old.bin new.bin --tier nano
what_is 0x1f 0x11
agree old.bin new.bin --in-place --safe-distance 0 --block 1K
what_is 0x40 0x40
agree old.bin new.bin --in-place --safe-distance 0 --block 1K --tier nano
what_is 0x5f 0x51
if [ -z "$slow" ]; then
	agree old.bin new.bin --arch none
	agree old.bin new.bin --base 0x20000001 --arch thumb
	agree old.bin new.bin --base 0xfffff000 --arch thumb --tier m
fi

cp "$OTA_VECTORS/otd/gd32v-1.2.0" riscv-old
cp "$OTA_VECTORS/otd/gd32v-1.3.0" riscv-new
agree riscv-old riscv-new --base 0x08000000
what_is 0x1f 0x02
agree riscv-old new.bin --base 0 --arch rv32

cp "$OTA_VECTORS/otd/esp8266-1.2.0" esp-old
cp "$OTA_VECTORS/otd/esp8266-1.3.0" esp-new
agree esp-old esp-new
what_is 0x9f 0x83
agree esp-old new.bin --arch xtensa --base 0x3ffe8000

# What a reader must refuse.
refused() {
	rm -f result
	expect 3 reference "$1" "$2" result
	absent result
}
says_one_line() { [ "$(wc -l <err)" = 1 ] || fail "not one line: $(cat err)"; }
refused new.bin sensor
says err "wrong base"
cp old.bin other.bin
put other.bin 1000 ff
refused other.bin sensor
says err "wrong base"
size=$(stat -c %s sensor)
for n in 0 1 3 8 14 100 $((size - 1)); do
	head -c "$n" sensor >shorter
	refused old.bin shorter
	says_one_line
done
{ cat sensor; printf '\0'; } >longer
refused old.bin longer
says err "too long"
cp sensor damaged
put damaged 300 5555
refused old.bin damaged
says_one_line

# -- small and odd files --------------------------------------------------------------------------
: >empty
printf x >x
bytes 3001 5 >random
bytes 3001 6 >random2
{ cat random; printf 'and more'; } >longer
{ head -c 1000 random; bytes 333 7; tail -c 1500 random; } >edited
{ bytes 2000 8; bytes 2000 8; bytes 999 8; } >repeats
head -c 4000 "$OTA_SOURCE/formats/otd.md" >text
head -c 4001 "$OTA_SOURCE/formats/bsdiff.md" >text2
for tier in xs m nano; do
	for pair in "empty empty" "empty x" "x empty" "x x" "x random" "random x" "random random" \
		"random random2" "random longer" "longer random" "random edited" "text text2"; do
		read -r one other <<<"$pair"
		agree "$one" "$other" --tier $tier
	done
	# What comes again in new is taken from there.
	agree random repeats --tier $tier
	what_is 0x20 0x20
	agree longer repeats --tier $tier --in-place --block 256
	agree edited random --tier $tier --in-place --block 128 --safe-distance 0
	[ $tier != nano ] || continue
	for pair in "empty x" "x x" "x random" "random longer" "longer random" "random edited" \
		"text text2" "random repeats"; do
		read -r one other <<<"$pair"
		agree "$one" "$other" --tier $tier --arch xtensa --base 0x40200003
		agree "$one" "$other" --tier $tier --arch rv32 --base 0x20000002
	done
done
agree text text2 --tier m
what_is 0x18 0x08

# -- code-like files ------------------------------------------------------------------------------
mkdir invented
expect 0 python3 "$OTA_SOURCE/tests/support/otd_invent.py" "$invented" 1 invented
bases=(0 0x8000 0x08000002 0x1fff0001 0xfffffff0 0x10000000)
for n in $(seq 0 $((slow ? 5 : 17))); do
	{ cat "invented/$n.old"; bytes 51 "$n"; head -c 777 "invented/$n.new"; } >code
	tier=xs
	[ $((n % 2)) = 0 ] || tier=m
	arch=thumb
	[ $((n % 3)) != 1 ] || arch=rv32
	[ $((n % 5)) != 2 ] || arch=xtensa
	[ $((n % 5)) != 0 ] || [ $arch != thumb ] || tier=nano
	[ "$(wc -c <"invented/$n.old")" -lt 1000000 ] || continue # such as those are below
	agree "invented/$n.old" code --arch $arch --base "${bases[n % 6]}" --tier $tier
	agree code "invented/$n.new" --tier $tier
done

# -- what no encoder makes ------------------------------------------------------------------------
for n in $(seq 0 $((invented - 1))); do
	expect 0 "$OTATOOL" apply "invented/$n.old" "invented/$n.patch" -o result || continue
	same result "invented/$n.new"
done

for n in $(seq 0 $((invented / 5 - 1))); do
	expect 3 "$OTATOOL" apply "invented/wrong-$n.old" "invented/wrong-$n.patch" -o nowhere
	says err "patch is damaged|patch ends after"
	absent nowhere
done

# -- real releases --------------------------------------------------------------------------------
if [ -d "${OTA_CORPUS-}" ] && [ -z "$slow" ]; then
	for product in coldcard-mk4-boot:1 pybricks-movehub:1; do
		files=("$OTA_CORPUS/${product%:*}"/*.bin)
		[ -r "${files[0]}" ] || continue
		for ((n = 0; n < ${product#*:}; n++)); do
			# The last releases: the largest neighbours' differences take long.
			agree "${files[-n - 2]}" "${files[-n - 1]}"
			agree "${files[-n - 2]}" "${files[-n - 1]}" --tier m
			agree "${files[-n - 2]}" "${files[-n - 1]}" --tier nano
		done
	done
fi
expect 0 reference --folder agreed
checks=$((checks + decoded))
echo "$decoded patches decoded, $invented invented"
finish
