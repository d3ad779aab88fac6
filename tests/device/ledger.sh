#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ledger.sh [--write --reason WORDS | --readme] [CORE...]: what a device pays for the decoders of
# formats/ and the agent of examples/device, built as a device would build them, in bytes: code,
# constants, priors, state, the bound of the stack by call graph, and the stack measured on an emulated
# core. A failure is what is over a limit, or has moved by more than 3 % (or 8 bytes) from ledger.tsv
# under the same compiler. --write renews the table, and puts down why; --readme renews the agent's
# README, which must say what the table says.
OTA_SOURCE=${OTA_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
OTATOOL=${OTATOOL:-$OTA_SOURCE/build/release/otatool}
. "$OTA_SOURCE/tests/support/device.sh"
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
command -v arm-none-eabi-gcc >/dev/null || { echo "skipped: no arm-none-eabi-gcc"; exit 77; }
table=tests/device/ledger.tsv
readme=examples/device/README.md

# The limits: code and constants without priors of tier XS on an M4; what is promised beyond what is
# measured, and beyond the worst of all cores.
code_max=6144
slack_max=64

# -- one row --------------------------------------------------------------------------------------

# sum FILE NAME...: bytes of the sections so named, or that begin with NAME and a dot.
sum() {
	local file=$1
	shift
	awk -v names=" $* " '{
		split($1, part, "."); base = "." part[2]
		if (index(names, " " base " ")) total += $2
	} END {print total + 0}' "$file"
}

# link CORE BUILD OUT: only what is called, $out/elf, $out/sections and $used.
link() {
	local core=$1 build=$2 out=$3 cross roots="" name
	cross=$(cross_of "$core")
	for name in $(calls_of "$build"); do roots="$roots -Wl,-u,$name"; done
	# shellcheck disable=SC2046,SC2086 # lists
	"$cross-gcc" $(machine_of "$core") -nostdlib -Wl,--gc-sections \
		-Wl,-e,"$(calls_of "$build" | cut -d ' ' -f 1)" $roots \
		-Wl,--unresolved-symbols=ignore-all "$out"/*.o -o "$out/elf" || return 1
	"$cross-size" -A "$out/elf" >"$out/sections" || return 1
	used=$("$cross-nm" -u "$out/elf" | awk '{print $2}' | sort -u)
	if [ -n "$used" ] && grep -vE "$helpers|$(hooks_of "$build")" <<<"$used"; then
		echo "... and it is neither a helper of the compiler's nor the product's to supply"
		return 1
	fi
	used=$(grep -E "$helpers" <<<"$used")
}

# measure CORE LEVEL BUILD: a row of the table, without the compiler, in $row.
measure() {
	local core=$1 level=$2 build=$3 out=$tmp/$1$2-$3 cross hooks
	cross=$(cross_of "$core")
	build "$core" "$level" "$build" "$out" || return 1
	link "$core" "$build" "$out" || return 1
	code=$(sum "$out/sections" .text)
	priors=$("$cross-nm" -S -t d "$out/elf" | awk '
		NR == FNR {if ($2 ~ /^[rR]$/) prior[$3] = 1; next}
		NF == 4 && $4 in prior {total += $2}
		END {print total + 0}' <("$cross-nm" --defined-only "$out"/otd_priors*.o 2>/dev/null) -)
	constants=$(($(sum "$out/sections" .rodata .srodata) - priors))
	checks=$((checks + 1))
	[ "$(sum "$out/sections" .data .sdata .bss .sbss)" = 0 ] || fail "$core $build: has globals"
	state=$(state_of "$core" "$build")
	hooks=$(hooks_of "$build")
	stack=$(deepest "$build" --free "$hooks" "$out"/*.ci) || { echo "$stack"; return 1; }
	measured=-
	if runs "$build" && can_run "$core"; then
		run "$core" "$level" "$build" "$out" || return 1
	fi
	row=$(printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s' "$core" "$level" "$build" "$code" \
		"$constants" "$priors" "$state" "$stack" "$measured" "$(xargs <<<"$used")")
}

# run CORE LEVEL BUILD OUT: the stack it takes, $measured.
run() {
	local words
	program "$1" "$2" "$3" "$4" && bundle_of "$3" 0 || return 1
	words=$(emulate "$1" "$4/run.elf" "$bundle")
	measured=$(sed -n 's/^good, stack //p' <<<"$words")
	[ -n "$measured" ] || { echo "$words"; return 1; }
}

# -- against limits and table ---------------------------------------------------------------------

# near WHAT NOW THEN
near() {
	local off most
	checks=$((checks + 1))
	[ "$2" != - ] && [ "$3" != - ] || return 0
	off=$(($2 - $3)) most=$(($3 * 3 / 100))
	[ "$most" -ge 8 ] || most=8
	[ "${off#-}" -le "$most" ] ||
		fail "$1 was $3 and is $2: if that is meant, tests/device/ledger.sh --write --reason WORDS"
}

# limits CORE LEVEL BUILD: what holds with every compiler.
limits() {
	local where="$1 $2, $3" promised
	checks=$((checks + 2))
	[ "$1$2-$3" != cortex-m4-Os-xs ] || [ $((code + constants)) -le $code_max ] ||
		fail "$where: code and constants are $((code + constants)), limit $code_max"
	if [ "$measured" != - ]; then
		[ "$stack" -ge "$measured" ] || fail "$where: took $measured bytes of stack, not $stack"
		[ $((stack - measured)) -le $slack_max ] || [ "${1#cortex-}" = "$1" ] ||
			fail "$where: bound of the stack is $stack, and $measured is all that is used"
	fi
	case $1-$3 in
	cortex-*-agent*) ;;
	cortex-*)
		promised=$(number "$(stack_of "$3")" "$1")
		[ "$stack" -le "$promised" ] || fail "$where: stack is $stack, $promised promised"
		echo "$(stack_of "$3") $promised $stack" >>"$tmp/promised"
		;;
	esac
}

# compare COMPILER CORE LEVEL BUILD: the row just measured with the table's.
compare() {
	local where="$2 $3, $4" was
	was=$(awk -F '\t' -v a="$1" -v b="$2" -v c="$3" -v d="$4" \
		'$1 == a && $2 == b && $3 == c && $4 == d' $table)
	if [ -z "$was" ]; then
		echo "$where: not in the table for $1, not compared"
		return
	fi
	near "$where: code" "$code" "$(cut -f 5 <<<"$was")"
	near "$where: constants" "$constants" "$(cut -f 6 <<<"$was")"
	near "$where: priors" "$priors" "$(cut -f 7 <<<"$was")"
	checks=$((checks + 1))
	[ "$state" = "$(cut -f 8 <<<"$was")" ] || fail "$where: state is $state, $table has another"
	near "$where: stack" "$stack" "$(cut -f 9 <<<"$was")"
	near "$where: stack measured" "$measured" "$(cut -f 10 <<<"$was")"
}

# ledger CORE: its rows.
ledger() {
	local core=$1 level build compiler
	compiler="$(cross_of "$core")-gcc $("$(cross_of "$core")-gcc" -dumpfullversion)"
	for level in $(levels_of "$core"); do
		for build in $(builds_of "$core" "$level"); do
			if measure "$core" "$level" "$build"; then
				printf '%s\t%s\n' "$compiler" "$row" >>"$tmp/rows"
				limits "$core" "$level" "$build"
				[ ! -f $table ] || [ -n "$mode" ] ||
					compare "$compiler" "$core" "$level" "$build"
			else
				fail "$core $level, $build: not measured"
			fi
		done
	done
}

# What the headers promise is not much more than the worst there is.
promises() {
	local name promised worst
	for name in $(cut -d ' ' -f 1 "$tmp/promised" | sort -u); do
		checks=$((checks + 1))
		promised=$(awk -v n="$name" '$1 == n {print $2; exit}' "$tmp/promised")
		worst=$(awk -v n="$name" '$1 == n && $3 > w {w = $3} END {print w}' "$tmp/promised")
		echo "$name: $worst bytes of stack at most, $promised promised"
		[ $((promised - worst)) -le $slack_max ] ||
			fail "$name is $promised, and the worst is $worst"
	done
}

# Rows of this compiler that nobody measures any more.
all_there() {
	local lost
	checks=$((checks + 1))
	lost=$(awk -F '\t' 'NR == FNR {here[$1] = 1; row[$1, $2, $3, $4] = 1; core[$2] = 1; next}
		/^#/ || FNR == 1 {next}
		$1 in here && $2 in core && !(($1, $2, $3, $4) in row) {print "    " $2 " " $3 ", " $4}' \
		"$tmp/rows" $table)
	[ -z "$lost" ] || fail "in the table, and not measured:
$lost"
}

# -- the table and the README ---------------------------------------------------------------------

# Of compilers that are not here, what the table says stays, and so does why it was changed.
write_table() {
	{
		printf 'compiler\tcore\tlevel\tbuild\tcode\tconstants\tpriors\tstate\tstack\tmeasured\thelpers\n'
		cat "$tmp/rows"
		[ ! -f $table ] || awk -F '\t' 'NR == FNR {here[$1, $2] = 1; next}
			FNR > 1 && !(($1, $2) in here) && !/^#/' "$tmp/rows" $table
		[ ! -f $table ] || grep '^#' $table
		echo "# $(date +%F), $(cut -f 1 "$tmp/rows" | sort -u | paste -sd ,): $reason"
	} >"$tmp/table"
	cp "$tmp/table" $table
}

# readme_section: the table as a firmware engineer wants it: what goes into flash, by core; RAM; stack.
readme_section() {
	python3 tests/support/device_table.py $table
}

between='/^<!-- ledger: begin -->$/,/^<!-- ledger: end -->$/'
check_readme() {
	[ -f $readme ] && grep -q '^<!-- ledger: begin -->$' $readme ||
		{ echo "$readme has no place for the table"; return; }
	readme_section >"$tmp/section"
	if [ "$mode" = readme ]; then
		{
			sed -n '1,/^<!-- ledger: begin -->$/p' $readme
			cat "$tmp/section"
			sed -n '/^<!-- ledger: end -->$/,$p' $readme
		} >"$tmp/readme"
		cp "$tmp/readme" $readme
	fi
	sed -n "${between}p" $readme | sed '1d;$d' >"$tmp/written"
	checks=$((checks + 1))
	diff "$tmp/section" "$tmp/written" >"$tmp/out" ||
		fail "$readme does not say what the table says: tests/device/ledger.sh --readme
$(cat "$tmp/out")"
}

mode="" reason=""
case ${1-} in
--write)
	mode="write"
	[ "${2-}" = --reason ] && [ -n "${3-}" ] || { echo "--write wants --reason WORDS" >&2; exit 2; }
	reason=$3
	shift 3
	;;
--readme)
	mode="readme"
	check_readme
	finish
	;;
esac
for core in ${*:-$arm_cores rv32imac lx106}; do
	command -v "$(cross_of "$core")-gcc" >/dev/null && ledger "$core" ||
		echo "$core: no $(cross_of "$core")-gcc, not measured"
done
[ -f "$tmp/rows" ] || finish
column -t -s "$(printf '\t')" "$tmp/rows" 2>/dev/null || cat "$tmp/rows"
[ ! -f "$tmp/promised" ] || [ $# -gt 0 ] || promises
if [ "$mode" = write ]; then
	[ "$failures" = 0 ] || echo "written all the same"
	write_table
elif [ -f $table ]; then
	all_there
	check_readme
fi
finish
