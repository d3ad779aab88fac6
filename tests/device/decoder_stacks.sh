#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The stack that ota/vcdiff.h and ota/bsdiff.h promise for their decoders, against the call graphs of
# what a compiler for Cortex-M makes of them; otd's is in otd_ledger.sh. No more than 64 bytes are
# promised beyond the worst.
OTA_SOURCE=${OTA_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$OTA_SOURCE/tests/support/lib.sh"
cd "$OTA_SOURCE" || exit 1
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
command -v arm-none-eabi-gcc >/dev/null || { echo "skipped: no arm-none-eabi-gcc"; exit 77; }

# What the compiler calls by itself, and what each takes at most (see otd_ledger.sh).
helpers='^(mem(cpy|move|set|cmp)|__aeabi_(mem.*|u?idiv(mod)?|lmul|ll?s[lr]|lasr)|__gnu_thumb1_case_.*)$'
helpers_stack=32

# deepest FORMAT CORE: the deepest of the decoder's public functions, in $deepest.
deepest() {
	local out=$tmp/$1-$2 name depth
	mkdir "$out"
	arm-none-eabi-gcc -mthumb -mcpu="$2" -std=c11 -Os -ffreestanding -fbuiltin \
		-fno-stack-protector -fcallgraph-info=su -Iformats/include \
		-idirafter tests/support/freestanding -c "formats/$1_dec.c" -o "$out/dec.o" || return 1
	deepest=0
	for name in $(arm-none-eabi-nm --defined-only "$out/dec.o" | awk '$2 == "T" {print $3}'); do
		depth=$(python3 tests/support/call_depth.py "$name" "$helpers" "$helpers_stack" \
			"$out"/*.ci) || { echo "$depth"; return 1; }
		[ "$depth" -le "$deepest" ] || deepest=$depth
	done
}

for format in vcdiff bsdiff; do
	macro=OTA_$(tr '[:lower:]' '[:upper:]' <<<"$format")_DEC_STACK
	promised=$(echo "$macro" | arm-none-eabi-gcc -E -P -x c -Iformats/include \
		-idirafter tests/support/freestanding -ffreestanding -include "ota/$format.h" - | tail -n 1)
	promised=${promised%U}
	worst=0
	for core in cortex-m0plus cortex-m3 cortex-m4 cortex-m33; do
		checks=$((checks + 1))
		deepest $format $core || { fail "$format, $core: not measured"; continue; }
		echo "$format, $core: $deepest bytes of stack, $promised promised"
		[ "$deepest" -le "$promised" ] || fail "$format, $core: $deepest, promised $promised"
		[ "$deepest" -le "$worst" ] || worst=$deepest
	done
	checks=$((checks + 1))
	[ $((promised - worst)) -le 64 ] || fail "$format: $promised promised, $worst is the worst"
done
finish
