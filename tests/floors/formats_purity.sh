#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# formats/ can be copied into firmware: linked together, its objects need mem* and nothing else;
# every decoder by itself too, otd's as the files it is made of. Built as a device would, without
# sanitizers and hardening.
set -eu
cd "$OTA_SOURCE"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# What otd's decoder is made of: otd_*.c and the CRC, but nothing that is the encoder's.
otd_decoder() {
	ls formats/otd_*.c formats/crc32.c | grep -vE '_(enc|explain|blank)[a-z_]*\.c$'
}

# compile FLAGS... FILE: makes its object, and prints where.
compile() {
	local object
	object=$tmp/$(basename "${!#}" .c).o
	"$cc" -std=c11 -Os -ffreestanding -fno-stack-protector -U_FORTIFY_SOURCE -Iformats/include \
		-c -o "$object" "$@"
	echo "$object"
}

# needs_nothing WHAT OBJECT...: linked together they need what is allowed at most.
needs_nothing() {
	local what=$1 extra
	shift
	"$cc" "${flags[@]}" -nostdlib -r "$@" -o "$tmp/linked.o"
	extra=$("$nm" -u "$tmp/linked.o" | awk '{print $NF}' | grep -vE "$allowed" || true)
	[ -z "$extra" ] || { echo "$cc: $what needs $extra"; exit 1; }
}

# check_otd DEFINE LEFT_OUT...: the decoder with that macro, without the files it does without.
check_otd() {
	local define=$1 file objects=()
	shift
	for file in $(otd_decoder); do
		case " $* " in *" $(basename "$file") "*) continue ;; esac
		objects+=("$(compile "${flags[@]}" "-D$define" "$file")")
	done
	needs_nothing "otd's decoder with $define" "${objects[@]}"
}

# check_compiler CC NM ALLOWED FLAGS...
check_compiler() {
	local cc=$1 nm=$2 allowed=$3 file flags objects=()
	shift 3
	flags=("$@")
	for file in formats/*.c; do
		objects+=("$(compile "${flags[@]}" "$file")")
		case $file in
		formats/otd_dec.c) ;;
		*_dec.c) needs_nothing "$file" "$tmp/$(basename "$file" .c).o" ;;
		esac
	done
	needs_nothing formats/ "${objects[@]}"
	check_otd OTA_OTD_EVERYTHING
	check_otd OTA_OTD_ONLY_XS otd_thumb_more.c otd_nano.c otd_priors_nano.c
	check_otd OTA_OTD_ONLY_NANO otd_thumb_more.c otd_rv32.c otd_xtensa.c
	check_otd OTA_OTD_ONLY_NONE otd_thumb.c otd_thumb_more.c otd_rv32.c otd_xtensa.c
	check_otd OTA_OTD_ONLY_THUMB otd_rv32.c otd_xtensa.c
	check_otd OTA_OTD_ONLY_RV32 otd_thumb.c otd_thumb_more.c otd_xtensa.c
	check_otd OTA_OTD_ONLY_XTENSA otd_thumb.c otd_thumb_more.c otd_rv32.c
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
