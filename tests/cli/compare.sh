#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# compare: where the bytes went between two firmwares, and what each part costs in the patch.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
command -v arm-none-eabi-gcc >/dev/null || { echo "skipped: no arm-none-eabi-gcc"; exit 77; }
cd "$tmp" || exit 1

# holds FILTER: the last command's JSON answers true.
holds() {
	checks=$((checks + 1))
	jq -en "input | $1" <out >/dev/null || fail "JSON does not hold: $1"
}

# adds_up: in the last command's JSON, parts and sections both add up to the patch and to both files.
adds_up() {
	holds '(.patch.bytes - .patch.header_bytes) * 8 == ([.parts[].bits] | add)'
	holds '(.patch.bytes - .patch.header_bytes) * 8 == ([.sections[].bits] | add)'
	holds '(.patch.bytes - .patch.header_bytes) * 8 == ([.patch.spent[].bits] | add)'
	holds '.new.bytes == ([.parts[].new_bytes] | add)'
	holds '.changed_bytes == ([.parts[].changed_bytes] | add)'
}

# -- two builds --------------------------------------------------------------------------------

cat >memory.ld <<'END'
MEMORY { flash (rx) : ORIGIN = 0x08000000, LENGTH = 256K
	 ram (rwx) : ORIGIN = 0x20000000, LENGTH = 64K }
ENTRY(main)
SECTIONS {
	.vectors : { KEEP(*(.vectors)) } >flash
	.text : { *(.text .text.*) } >flash
	.rodata : { *(.rodata .rodata.*) } >flash
	.data : { *(.data .data.*) } >ram AT>flash
	.bss : { *(.bss .bss.*) } >ram
}
END
cat >main.c <<'END'
typedef unsigned int word;
extern int main(void);
__attribute__((section(".vectors"), used)) const word vectors[20] = {0x20001000};
const word table[64] = {TABLE};
const char greeting[] = GREETING;
word kept_value = 7;
word counters[COUNTERS];
static word step(word x) { return x * 13 + 5; }
__attribute__((noinline)) word stays(word x)
{
	for (word i = 0; i < 50; i++)
		x = (x << 3) ^ (x >> 5) ^ table[(x + i) % 64];
	return x;
}
#ifdef OLD
__attribute__((noinline)) word gone(word x)
{
	return (x ^ 0x12345678) * 77 + (x >> 11) + (x << 7);
}
#endif
__attribute__((noinline)) word grows(word x)
{
	x ^= counters[x % COUNTERS];
#ifdef NEW
	for (word i = 0; i < 9; i++)
		x = x * 31 + (x >> (i + 3)) + 0x5a5a1234;
	counters[x % COUNTERS] += x ^ 0x0f1e2d3c;
#endif
	return x + 1;
}
#ifdef NEW
__attribute__((noinline)) word comes(word x)
{
	word y = 0xcafe0000;
	for (word i = 1; i < x; i += 3)
		y = (y >> 7) ^ (y * 0x9e3779b9) ^ kept_value;
	return y;
}
#endif
__attribute__((noinline)) word alias_of(word x) { return x + kept_value; }
word also_called(word) __attribute__((alias("alias_of")));
extern word other(word);
int main(void)
{
	word x = step((word)greeting[0]);
	x = stays(grows(x)) + alias_of(x) + other(x);
#ifdef OLD
	x += gone(x);
#else
	x += comes(x);
#endif
	return (int)x;
}
END
cat >other.c <<'END'
typedef unsigned int word;
extern word counters[];
static __attribute__((noinline)) word step(word x) { return (x ^ 0x31415926) + counters[1]; }
word other(word x)
{
	static word calls;
	calls += step(x);
	return calls;
}
END
compile() { # OUT OPTIONS...
	local out=$1
	shift
	arm-none-eabi-gcc -std=gnu11 -O1 -mcpu=cortex-m3 -mthumb -ffreestanding -nostdlib -g0 "$@" \
		-Wl,--build-id=none -Wl,--no-warn-rwx-segments -T memory.ld main.c other.c \
		-o "$out.elf" 2>log && arm-none-eabi-objcopy -O binary "$out.elf" "$out.bin" && return
	cat log
	fail "cannot build $out"
}
old_options=(-DOLD '-DTABLE=1,2,3,4,5,6,7,8,9,10,11,12' '-DGREETING="hello"' -DCOUNTERS=8)
new_options=(-DNEW '-DTABLE=1,2,3,4,5,66,7,8,9,10,11,12' '-DGREETING="hello there"' -DCOUNTERS=24)
compile old "${old_options[@]}"
compile new "${new_options[@]}"

# size_of FILE SYMBOL: as nm has it.
size_of() {
	printf '%d\n' "0x$(arm-none-eabi-nm -S "$1" | sed -n "s/^[0-9a-f]* \([0-9a-f]*\) . $2\$/\1/p")"
}

# -- ELF files ---------------------------------------------------------------------------------

expect 0 "$OTATOOL" compare old.elf new.elf --json
holds '.schema == "otatool.compare/1" and .by == "symbol" and (.equal | not) and .knows_old'
adds_up
holds '.old.bytes == ([.parts[].old_bytes] | add)'
# part NAME FILTER: the part of that name is as said.
part() {
	holds "[.parts[] | select(.name == \"$1\")] | length == 1 and (.[0] | $2)"
}
part grows ".change == \"changed\" and .old_bytes == $(size_of old.elf grows)"
part grows ".new_bytes == $(size_of new.elf grows) and .bits > 100 and .what == \"function\""
part comes ".change == \"added\" and .new_bytes == $(size_of new.elf comes)"
part gone ".change == \"removed\" and .old_bytes == $(size_of old.elf gone) and .bits == null"
part table '.change == "changed" and .changed_bytes == 1 and .what == "object" and .new_bytes == 256'
part greeting '.change == "changed" and .old_bytes == 6 and .new_bytes == 12'
part stays ".new_bytes == $(size_of new.elf stays) and .section == \".text\""
# Names of the same bytes count once.
holds '[.parts[] | select(.name == "also_called" or .name == "alias_of")] | length == 1'
holds '.new.aliases >= 1'
# Statics of the same name are told apart.
part step '.file == "other.c" and (.change == "same" or .change == "moved" or .change == "changed")'
# RAM is shown, and costs nothing.
holds '.sections[] | select(.name == ".bss") | .what == "RAM" and .old_bytes == 36 and
	.new_bytes == 100 and .bits == null and .section == ".bss"'
holds '.sections[] | select(.name == ".rodata") | .new_bytes - .old_bytes == 6'

expect 0 "$OTATOOL" compare old.elf new.elf
says out '^new\.elf is [0-9]+ bytes larger than old\.elf; the otd patch is [0-9,]+ bytes, [0-9]+ % of it for [0-9]+ symbols?: '
says out '^ +[0-9.]+ +[0-9.]+ +[0-9]+ +[0-9]+ +\+[0-9]+ added +comes$'
says out ' changed +grows$'
# Names have room on 80 columns.
checks=$((checks + 1))
! grep '^ .\{80\}' out || fail "wider than 80 columns"
says out ' removed +gone$'
says out '^ +[0-9.]+ +[0-9.]+ +patch header$'
says out '^[0-9]+ symbols: [0-9]+ added, 1 removed, [0-9]+ changed, '
cp new.elf a_b_c.elf
expect 0 "$OTATOOL" compare old.elf a_b_c.elf --markdown
says out '^a\\_b\\_c\.elf is '
# The column of costs adds up, as it is shown.
checks=$((checks + 1))
for top in 0 1 5 1000; do
	"$OTATOOL" compare old.elf new.elf --top $top | tr -d , | awk '
		/ of them/ {on = 1; next}
		on && $NF == "all" {exit sum - $1 > 0.01 || $1 - sum > 0.01}
		on && $2 ~ /^[0-9.]+$/ && !/removed/ {sum += $1}' || fail "costs do not add up with --top $top"
done
# Twice the same.
"$OTATOOL" compare old.elf new.elf --all >first
"$OTATOOL" compare old.elf new.elf --all >second
same first second
expect 0 "$OTATOOL" compare old.elf new.elf --sort name --all
checks=$((checks + 1))
sed -n '/ of them/,/patch header/p' out | grep -q ' also_called$\| alias_of$' || fail "--all leaves out"
expect 0 "$OTATOOL" compare old.elf new.elf --sort size --top 1
says out '1 of them, largest difference first$'
expect 0 "$OTATOOL" compare old.elf new.elf --by section
says out '^new.elf is .* % of it for 1 section: \.text$'
checks=$((checks + 1))
! grep -q grows out || fail "--by section lists symbols"
expect 0 "$OTATOOL" compare old.elf new.elf --markdown
says out '^new\.elf is .*, [0-9]+ % of it for [0-9]+ symbols?: '
says out '^\| [0-9.]+ \| [0-9.]+ \| [0-9]+ \|  \| [0-9]+ \| \+[0-9]+ \| added \| comes \|$'

# Other formats have no account: changed bytes are counted instead, and that is said.
for format in bsdiff vcdiff; do
	expect 0 "$OTATOOL" compare old.elf new.elf --format $format
	says out "the $format patch is [0-9,]+ bytes, [0-9]+ % of the changed bytes are for "
	says out "^a $format patch does not say what its bytes are for: changed bytes are counted$"
	says out ' added +comes$'
	expect 0 "$OTATOOL" compare old.elf new.elf --format $format --json
	holds '.patch.header_bytes == null and ([.parts[].bits] | map(select(. != null)) == [])'
	holds '.changed_bytes == ([.parts[].changed_bytes] | add)'
done

# The patch is the one that diff makes of the same bytes.
"$OTATOOL" diff old.bin new.bin -o direct.otd --base 0x08000000 >/dev/null 2>&1
expect 0 "$OTATOOL" compare old.elf new.elf --json
holds ".patch.bytes == $(wc -c <direct.otd)"

# A patch that is mostly header: only what has a share of it is named.
head -c 100000 /dev/zero >thin1 && cp thin1 thin2 && put thin2 50000 01
expect 0 "$OTATOOL" compare thin1 thin2 --format otd
says out '^thin2 is as large as thin1 \(100,000 bytes\); the otd patch is [0-9]+ bytes, [1-9][0-9]* % of it for [0-9]+ regions?: 0x[0-9a-f]+-0x[0-9a-f]+'

# -- equal, stripped, mixed --------------------------------------------------------------------

expect 0 "$OTATOOL" compare old.elf old.elf
says out '^old\.elf and old\.elf flash the same [0-9]+ bytes: no patch is needed$'
expect 0 "$OTATOOL" compare old.elf old.bin --json
holds '.equal and .patch.bytes == 0'
for name in old new; do
	arm-none-eabi-strip -o $name-stripped.elf $name.elf
done
expect 0 "$OTATOOL" compare old-stripped.elf new-stripped.elf --json
holds '.by == "region"'
adds_up
expect 0 "$OTATOOL" compare old-stripped.elf new-stripped.elf --by section
says out '\.rodata$'
expect 0 "$OTATOOL" compare old-stripped.elf new.elf --json
holds '.by == "symbol" and (.knows_old | not) and ([.parts[] | select(.old_bytes)] == [])'
adds_up
expect 0 "$OTATOOL" compare old.bin new.elf
says err '^otatool: warning: old\.bin: has not the same kind of names'
expect 0 "$OTATOOL" compare old.elf new.bin --json
holds '.by == "region"'
adds_up

# -- binaries and images -----------------------------------------------------------------------

expect 0 "$OTATOOL" compare old.bin new.bin --region 64 --json
holds '.by == "region" and ([.parts[] | select(.what == "vector table")] | length) == 0'
adds_up
expect 0 "$OTATOOL" compare old.bin new.bin --old-elf old.elf --new-elf new.elf --json
holds '.by == "symbol" and .knows_old and .new.base == 134217728'
part comes '.change == "added"'
adds_up
"$OTATOOL" keygen -t ed25519 -o key.pem
for name in old new; do
	"$OTATOOL" sign $name.bin -o $name.img --version 1.2.3 --header-size 0x200 --pad-header \
		-k key.pem --slot-size 128K --pad 2>/dev/null
	arm-none-eabi-objcopy -I binary -O ihex --change-addresses 0x0800fe00 $name.img $name.hex
done
expect 0 "$OTATOOL" compare old.img new.img
says out ' header +MCUboot header$'
says out ' TLVs +TLVs$'
says err '^otatool: warning: old\.img: [0-9,]+ bytes behind the image, padding or trailer, are left out$'
expect 0 "$OTATOOL" compare old.img new.img --old-elf old.elf --new-elf new.elf --json
holds '.by == "symbol" and .new.base == 134217216'
part grows '.change == "changed"'
part TLVs '.change == "changed" and .bits > 500'
part "MCUboot header" '.new_bytes == 512'
adds_up
expect 0 "$OTATOOL" compare old.hex new.hex --json
holds '.new.base == 134282752 and .new.mcuboot_image and .by == "region"'
adds_up
# Symbols of another build would say what is not so.
expect 3 "$OTATOOL" compare old.img new.img --old-elf new.elf --new-elf new.elf
says err '^otatool: error: old\.img: the ELF file is of another '
expect 3 "$OTATOOL" compare old.hex new.hex --old-elf old.elf
says err '^otatool: error: old\.hex: the ELF file is of another firmware: its bytes are not there$'

# -- hints -------------------------------------------------------------------------------------

compile stamped1 "${old_options[@]}" '-DGREETING="built Jan  3 2026 10:11:12"'
compile stamped2 "${old_options[@]}" '-DGREETING="built Feb 14 2026 23:58:31"'
expect 0 "$OTATOOL" compare stamped1.elf stamped2.elf
says err '^otatool: warning: 2 build dates or times are new: [0-9]+ bytes of the patch$'
says err '^otatool: hint: leave __DATE__ and __TIME__ out'
bytes 20000 1 >random1
bytes 20000 2 >random2
expect 0 "$OTATOOL" compare random1 random2
says err '^otatool: warning: the new firmware looks compressed or encrypted: the patch is [0-9]+ % of it$'
expect 0 "$OTATOOL" compare random1 random2 --json
holds '.hints[0].id == "packed" and .parts[1].what == "random-looking"'
sed 's/0x08000000/0x08020000/' memory.ld >moved.ld && cp memory.ld keep.ld && cp moved.ld memory.ld
compile elsewhere "${old_options[@]}"
cp keep.ld memory.ld
expect 0 "$OTATOOL" compare old.elf elsewhere.elf
says err '^otatool: warning: old begins at 0x08000000 and new at 0x08020000: every absolute address is another$'

# -- what is refused ---------------------------------------------------------------------------

expect 2 "$OTATOOL" compare old.elf
expect 2 "$OTATOOL" compare old.elf new.elf --by function
expect 2 "$OTATOOL" compare old.elf new.elf --format zip
expect 2 "$OTATOOL" compare old.elf new.elf --region 100
says err '^otatool: error: --region: 100 is no power of two of at least 64$'
expect 2 "$OTATOOL" compare old.bin new.bin --by symbol
says err '^otatool: hint: give the ELF file it was made of: --new-elf ELF$'
expect 2 "$OTATOOL" compare old.elf new.elf --new-elf new.elf
expect 2 "$OTATOOL" compare old.elf new.elf --top 3 --all
expect 2 "$OTATOOL" compare - -
expect 3 "$OTATOOL" compare old.bin new.bin --new-elf new.bin
says err '^otatool: error: new\.bin: is no ELF file$'
: >empty
expect 3 "$OTATOOL" compare old.bin empty
says err '^otatool: error: empty: file is empty$'
expect 3 "$OTATOOL" compare old.bin direct.otd
says err '^otatool: error: direct\.otd: is a patch, no firmware$'
expect 4 "$OTATOOL" compare old.bin missing
# Cut off and flipped: a sentence, never a crash.
size=$(wc -c <new.elf)
for at in 1 4 16 40 51 52 100 1000 $((size / 2)) $((size - 1)); do
	head -c "$at" new.elf >cut.elf
	checks=$((checks + 1))
	"$OTATOOL" compare old.elf cut.elf >out 2>err
	case $? in
	0) [ "$at" -lt 4 ] || fail "ELF file of $at bytes is taken" ;;
	3) grep -q '^otatool: error: cut\.elf: ' err || fail "no word about $at bytes" ;;
	*) fail "exit of a cut ELF file, $at bytes" ;;
	esac
done
header=$(readelf -h new.elf | sed -n 's/.*Start of section headers: *\([0-9]*\).*/\1/p')
for at in $(seq 32 3 51) $(seq "$header" 29 $((size - 1))); do
	cp new.elf flipped.elf
	put flipped.elf "$at" ff
	checks=$((checks + 1))
	"$OTATOOL" compare old.elf flipped.elf >out 2>err
	case $? in
	0 | 3) ;;
	*) fail "exit with byte $at flipped: $(head -n 1 err)" ;;
	esac
done

finish
