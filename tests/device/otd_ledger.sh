#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# otd_ledger.sh [--write]: what otd's decoder costs a device, built as a device would build it: code,
# constants, priors, state and stack, in bytes. A failure is what is over a limit, or has moved by more
# than 3 % (or 8 bytes) from otd_ledger.tsv under the same compiler; --write renews that table.
OTA_SOURCE=${OTA_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$OTA_SOURCE/tests/support/lib.sh"
cd "$OTA_SOURCE" || exit 1
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
command -v arm-none-eabi-gcc >/dev/null || { echo "skipped: no arm-none-eabi-gcc"; exit 77; }
table=tests/device/otd_ledger.tsv

# What a device copies out of formats/, by build, and what it calls.
files="otd_dec otd_model otd_map otd_tables otd_priors otd_arch otd_header crc32"
nano="otd_nano otd_priors_nano"
files_of() {
	case $1 in
	xs) echo "$files otd_thumb" ;;
	xs-none) echo "$files" ;;
	nano) echo "$files $nano otd_thumb" ;;
	full) echo "$files $nano otd_thumb otd_thumb_more" ;;
	esac
}

# flags_of BUILD: what leaves the rest out.
flags_of() {
	case $1 in
	xs) echo -DOTA_OTD_ONLY_XS ;;
	xs-none) echo -DOTA_OTD_ONLY_XS -DOTA_OTD_ONLY_NONE ;;
	nano) echo -DOTA_OTD_ONLY_NANO ;;
	esac
}
calls="ota_otd_header_read ota_otd_dec_init ota_otd_dec_step ota_otd_dec_err ota_otd_dec_progress
	ota_otd_dec_seal ota_otd_dec_resume"
# What every firmware has anyway, and the compiler calls by itself; no division of 64 bits. None of
# these takes more stack than this: the worst of Debian's are memcpy and a 64-bit product on a
# Cortex-M0+, with 20 and 28 bytes.
helpers='^(mem(cpy|move|set|cmp)|__aeabi_(mem.*|u?idiv(mod)?|lmul|ll?s[lr]|lasr)|__gnu_thumb1_case_.*)$'
helpers_stack=32

# The limits: code and constants without priors of tier XS on an M4; the stack is ota/otd.h's.
code_max=6144
stack_max=$(echo 'OTA_OTD_DEC_STACK' | arm-none-eabi-gcc -E -P -x c -Iformats/include \
	-include ota/otd.h - | tail -n 1)

# sum FILE NAME...: bytes of the sections so named, or that begin with NAME and a dot.
sum() {
	local file=$1
	shift
	awk -v names=" $* " '{
		split($1, part, "."); base = "." part[2]
		if (index(names, " " base " ")) total += $2
	} END {print total + 0}' "$file"
}

# measure CROSS CORE BUILD FLAGS...: one row of the table, without the compiler, in $row.
measure() {
	local cross=$1 core=$2 build=$3 out=$tmp/$2-$3 file roots="" name used ram
	shift 3
	mkdir "$out"
	for file in $(files_of "$build"); do
		[ -f "formats/$file.c" ] || continue # what it has is missed below
		"$cross-gcc" -std=c11 -Os -ffreestanding -fbuiltin -ffunction-sections \
			-fdata-sections -fno-stack-protector -fno-asynchronous-unwind-tables \
			-fcallgraph-info=su "$@" -Iformats/include -idirafter tests/support/freestanding \
			-c "formats/$file.c" -o "$out/$file.o" || return 1
	done
	for name in $calls; do roots="$roots -Wl,-u,$name"; done
	# shellcheck disable=SC2086 # a list
	"$cross-gcc" "$@" -nostdlib -Wl,--gc-sections -Wl,-e,ota_otd_dec_step $roots \
		-Wl,--unresolved-symbols=ignore-all "$out"/*.o -o "$out/elf" || return 1
	"$cross-size" -A "$out/elf" >"$out/sections" || return 1
	used=$("$cross-nm" -u "$out/elf" | awk '{print $2}' | sort -u)
	if [ -n "$used" ] && grep -vE "$helpers" <<<"$used"; then
		echo "... and it is no helper of the compiler's"
		return 1
	fi
	code=$(sum "$out/sections" .text)
	priors=$("$cross-nm" -S -t d "$out/elf" | awk '
		NR == FNR {if ($2 ~ /^[rR]$/) prior[$3] = 1; next}
		NF == 4 && $4 in prior {total += $2}
		END {print total + 0}' <("$cross-nm" --defined-only "$out"/otd_priors*.o 2>/dev/null) -)
	constants=$(($(sum "$out/sections" .rodata .srodata) - priors))
	[ "$(sum "$out/sections" .data .sdata .bss .sbss)" = 0 ] || fail "$core $build: has globals"
	name=XS
	[ "$build" != full ] || name=M
	[ "$build" != nano ] || name=NANO
	ram=$(echo "OTA_OTD_DEC_RAM_$name" | "$cross-gcc" -E -P -x c -Iformats/include \
		-idirafter tests/support/freestanding -ffreestanding -include ota/otd.h - | tail -n 1)
	stack=$(python3 tests/support/call_depth.py ota_otd_dec_step "$helpers" "$helpers_stack" "$out"/*.ci) ||
		return 1
	row=$(printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s' "$core" "$build" "$code" "$constants" \
		"$priors" "${ram%U}" "$stack" "$(tr '\n' ' ' <<<"$used" | sed 's/ $//')")
}

# near WHAT NOW THEN
near() {
	local off=$(($2 - $3)) most=$(($3 * 3 / 100))
	[ "$most" -ge 8 ] || most=8
	checks=$((checks + 1))
	[ "${off#-}" -le "$most" ] ||
		fail "$1 was $3 and is $2: if that is meant, tests/device/otd_ledger.sh --write"
}

# judge COMPILER CORE BUILD: the row just measured.
judge() {
	local where="$2, $3" was
	checks=$((checks + 1))
	case $2-$3 in
	cortex-m4-xs)
		[ $((code + constants)) -le $code_max ] ||
			fail "$where: code and constants are $((code + constants)), limit $code_max"
		;;
	esac
	case $2 in
	cortex-*) [ "$stack" -le "${stack_max%U}" ] || fail "$where: stack is $stack, limit $stack_max" ;;
	esac
	[ -f $table ] && [ "$write" = no ] || return 0
	was=$(awk -F '\t' -v a="$1" -v b="$2" -v c="$3" '$1 == a && $2 == b && $3 == c' $table)
	if [ -z "$was" ]; then
		echo "$where: not in the table for $1, not compared"
		return
	fi
	near "$where: code" "$code" "$(cut -f 4 <<<"$was")"
	near "$where: constants" "$constants" "$(cut -f 5 <<<"$was")"
	near "$where: priors" "$priors" "$(cut -f 6 <<<"$was")"
	near "$where: stack" "$stack" "$(cut -f 8 <<<"$was")"
}

# ledger CROSS CORE FLAGS...: the core's rows.
ledger() {
	local cross=$1 core=$2 build compiler
	shift 2
	compiler="$cross-gcc $("$cross-gcc" -dumpfullversion)"
	for build in xs xs-none nano full; do
		# shellcheck disable=SC2046 # a list
		if measure "$cross" "$core" $build "$@" $(flags_of $build); then
			printf '%s\t%s\n' "$compiler" "$row" >>"$tmp/rows"
			judge "$compiler" "$core" $build
		else
			fail "$core, $build: not measured"
			write=no
		fi
	done
}

write=no
[ "${1-}" != --write ] || write=yes
for core in cortex-m0plus cortex-m3 cortex-m4 cortex-m33; do
	ledger arm-none-eabi $core -mthumb -mcpu=$core
done
if command -v riscv64-unknown-elf-gcc >/dev/null; then
	ledger riscv64-unknown-elf rv32imac -march=rv32imac -mabi=ilp32 \
		-msmall-data-limit=0
fi
[ -f "$tmp/rows" ] || finish
column -t -s "$(printf '\t')" "$tmp/rows" 2>/dev/null || cat "$tmp/rows"
if [ "$write" = yes ]; then
	# Of compilers that are not here, what the table says stays.
	{
		printf 'compiler\tcore\tbuild\tcode\tconstants\tpriors\tram\tstack\thelpers\n'
		cat "$tmp/rows"
		[ ! -f $table ] || awk -F '\t' 'NR == FNR {here[$1] = 1; next} FNR > 1 && !($1 in here)' \
			"$tmp/rows" $table
	} >"$tmp/table"
	cp "$tmp/table" $table
fi
finish
