#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# otd's decoder with each switch of formats/otd_arch.h, alone and with others: it compiles without a
# warning, also for a device; the patches of tests/vectors give new or, where the switch leaves them
# out, are refused. In a build for Thumb code alone patches of no code gave something else. A state
# that a build with other switches saved is refused: its memory may be divided in another way.
. "$OTA_SOURCE/tests/support/lib.sh"
cd "$OTA_SOURCE" || exit 1
vectors=tests/vectors/otd
warnings="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wundef -Wcast-qual
	-Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Werror"
# shellcheck disable=SC2010 # our own names
files="$(ls formats/otd_*.c | grep -vE '_(enc|explain|blank)[a-z_]*\.c$') formats/crc32.c"
# decodes SWITCHES...: all vectors, with $tmp/decoder.
decodes() {
	local patch old new words
	while read -r patch old new; do
		checks=$((checks + 1))
		words=$("$tmp/decoder" "$vectors/$patch" "$vectors/$old" "$vectors/$new") ||
			fail "with $*, $patch: $words"
		echo "$words" >>"$tmp/words"
	done < <(tail -n +2 $vectors/vectors.tsv)
}

# resumes SWITCHES...: its own state, but not the last build's.
resumes() {
	checks=$((checks + 2))
	[ ! -f "$tmp/state" ] || ! "$tmp/decoder" resume "$tmp/state" ||
		fail "with $*: goes on with another build's state"
	rm -f "$tmp/state"
	for patch in nano-text text; do
		"$tmp/decoder" save "$vectors/$patch.otd" >"$tmp/state" && break
	done
	"$tmp/decoder" resume "$tmp/state" || fail "with $*: does not go on with its own state"
}

# check SWITCHES...
check() {
	local compiler
	checks=$((checks + 1))
	# shellcheck disable=SC2086 # lists
	cc -std=c11 -O1 $warnings "$@" -Iformats/include -o "$tmp/decoder" \
		tests/floors/otd_switches.c $files || { fail "with $*: cc"; return; }
	decodes "$@"
	resumes "$@"
	for compiler in "arm-none-eabi-gcc -mthumb -mcpu=cortex-m0plus" \
		"riscv64-unknown-elf-gcc -march=rv32imc -mabi=ilp32"; do
		command -v "${compiler%% *}" >/dev/null || continue
		checks=$((checks + 1))
		# shellcheck disable=SC2086 # lists
		$compiler -std=c11 -ffreestanding -fsyntax-only $warnings "$@" -Iformats/include \
			-idirafter tests/support/freestanding \
			$files || fail "with $*: ${compiler%% *}"
	done
}

for arch in EVERY ONLY_NONE ONLY_THUMB ONLY_RV32 ONLY_XTENSA; do
	check -DOTA_OTD_$arch
	check -DOTA_OTD_$arch -DOTA_OTD_ONLY_XS -DOTA_OTD_TWO_SLOTS
	check -DOTA_OTD_$arch -DOTA_OTD_ONLY_NANO
done
check -DOTA_OTD_TWO_SLOTS
# Both have been seen.
for word in new refused; do
	checks=$((checks + 1))
	grep -qx $word "$tmp/words" || fail "no patch was $word"
done
finish
