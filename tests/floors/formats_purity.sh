#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# formats/ can be copied into firmware: linked together, its objects need mem* and nothing else;
# every decoder by itself too. Built as a device would, without sanitizers and hardening.
set -eu
cd "$OTA_SOURCE"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# check_compiler CC NM ALLOWED FLAGS...
check_compiler() {
	local cc=$1 nm=$2 allowed=$3 file object extra
	shift 3
	for file in formats/*.c; do
		object=$tmp/$(basename "$file" .c).o
		"$cc" -std=c11 -Os -ffreestanding -fno-stack-protector -U_FORTIFY_SOURCE "$@" \
			-Iformats/include -c "$file" -o "$object"
		case $file in
		*_dec.c)
			extra=$("$nm" -u "$object" | awk '{print $NF}' | grep -vE "$allowed" || true)
			[ -z "$extra" ] || { echo "$cc: $file needs $extra"; exit 1; }
			;;
		esac
	done
	"$cc" "$@" -nostdlib -r "$tmp"/*.o -o "$tmp/all.o"
	extra=$("$nm" -u "$tmp/all.o" | awk '{print $NF}' | grep -vE "$allowed" || true)
	[ -z "$extra" ] || { echo "$cc: formats/ needs $extra"; exit 1; }
	rm "$tmp"/*.o
}

memory='^(memcpy|memmove|memset|memcmp|strlen)$'
ls formats/*_dec.c >/dev/null
check_compiler cc nm "$memory"
if command -v arm-none-eabi-gcc >/dev/null; then
	for core in cortex-m0plus cortex-m3 cortex-m33; do
		check_compiler arm-none-eabi-gcc arm-none-eabi-nm \
			"$memory|^__aeabi_|^__gnu_thumb1_case_" -mthumb -mcpu=$core
	done
else
	echo "arm-none-eabi-gcc is missing: checked with the host's compiler only"
fi
