#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# otd's decoder runs on a Cortex-M3, emulated: it makes the sensor's new firmware from the old one, and
# the stack it takes is within what is promised.
. "$OTA_SOURCE/tests/support/lib.sh"
for tool in arm-none-eabi-gcc qemu-system-arm; do
	command -v $tool >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
echo '#include <string.h>' | arm-none-eabi-gcc -E - >/dev/null 2>&1 ||
	{ echo "skipped: no newlib for arm-none-eabi"; exit 77; }
formats=$OTA_SOURCE/formats
sensor=$OTA_SOURCE/examples/sensor
promised=$(sed -n 's/^#define OTA_OTD_DEC_STACK *\([0-9]*\)U.*/\1/p' "$formats/include/ota/otd.h")

cat >"$tmp/run.ld" <<'EOF2'
ENTRY(reset)
SECTIONS {
	.text 0 : { KEEP(*(.vectors)) *(.text*) *(.rodata*) }
	.bss 0x20000000 : { *(.bss*) *(COMMON) }
	/DISCARD/ : { *(.ARM.exidx*) }
}
EOF2

# run OLD NEW TIER [OPTION...]
run() {
	local old=$1 new=$2 tier=$3 stack
	shift 3
	expect 0 "$OTATOOL" diff --format otd --tier "$tier" "$old" "$new" -o "$tmp/patch" "$@" ||
		return
	expect 0 arm-none-eabi-gcc -std=c11 -Os -mthumb -mcpu=cortex-m3 -ffunction-sections \
		-fno-stack-protector -Wall -Wextra -Werror -nostartfiles -T "$tmp/run.ld" \
		-Wl,--gc-sections -Wl,--build-id=none -I"$formats/include" \
		-DOLD_FILE="\"$old\"" -DNEW_FILE="\"$new\"" -DPATCH_FILE="\"$tmp/patch\"" \
		"$OTA_SOURCE/tests/device/otd_run.c" "$formats"/otd_*.c "$formats/crc32.c" \
		-o "$tmp/run.elf" || return
	expect 0 timeout 300 qemu-system-arm -M mps2-an385 -nographic -monitor none -serial none \
		-semihosting-config enable=on,target=native -kernel "$tmp/run.elf"
	says err 'new image whole' || says out 'new image whole' || return
	stack=$(sed -n 's/.*stack \([0-9]*\)$/\1/p' "$tmp/out" "$tmp/err")
	echo "$tier $*: $stack bytes of stack"
	checks=$((checks + 1))
	[ "$stack" -le "$promised" ] || fail "the decoder took $stack bytes of stack, not $promised"
}

run "$sensor/sensor-1.2.0.bin" "$sensor/sensor-1.3.0.bin" xs
run "$sensor/sensor-1.2.0.bin" "$sensor/sensor-1.3.0.bin" m
run "$sensor/sensor-1.3.0.bin" "$sensor/sensor-1.2.0.bin" xs --arch none
finish
