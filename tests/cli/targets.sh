#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The list of profiles, what is said of one, and import from Zephyr builds: through the real dtc
# where it is installed, and from the blobs that it once made.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
zephyr=$OTA_VECTORS/zephyr

if "$OTATOOL" version | grep -q libfdt; then fdt=yes; else fdt=no; fi
if command -v dtc >/dev/null; then dtc=yes; else dtc=no; fi

# -- the list --------------------------------------------------------------------------------------

expect 0 "$OTATOOL" targets
says out '^NAME +KIND +PART +CORE +FLASH +RAM +TIMES +ENDURANCE +SOURCE$'
says out '^nrf52840 +chip .* 1,048,576 +262,144 +read +not read +'
says out '^water-meter-l476 +board .*not read'
says out 'not read" is from memory, not from a datasheet'
expect 0 "$OTATOOL" targets --json
checks=$((checks + 1))
if command -v jq >/dev/null; then
	jq -e '.schema == "otatool.targets/1" and (.targets | length > 15) and
		all(.targets[]; .flash_bytes > 0 and .ram_bytes > 0 and (.sectors | length > 0) and
		.write > 0 and (.geometry_source | type) == "string" and
		(.times_source | type) == "string" and has("times_read") and has("endurance_read"))
		and (.targets[] | select(.name == "nrf52840") |
		.times_read == true and .endurance_read == false)' \
		"$tmp/out" >/dev/null || fail "targets --json lacks a field"
fi
expect 0 "$OTATOOL" targets water-meter-l476
says out '^name: water-meter-l476'
expect 2 "$OTATOOL" targets water-meter-l467
says err 'did you mean water-meter-l476'
expect 2 "$OTATOOL" targets nrf52840 nrf52832
says err 'unexpected argument "nrf52832"'
expect 2 "$OTATOOL" targets nrf52840 -o "$tmp/x"
says err '--output is for targets import'

# A file: what follows from it, of each image.
cat >"$tmp/two.yaml" <<-'YAML'
	name: two
	base: nrf52840
	mcuboot:
	  mode: swap-move
	  max-align: 8
	  max-sectors: 128
	  images:
	    - {primary: 0xc000+256K, secondary: 0x4c000+256K}
	    - {primary: 0x8c000+64K, secondary: 0x9c000+64K}
	links: [{kind: ble, name: phone}]
YAML
expect 0 "$OTATOOL" targets "$tmp/two.yaml"
says out '^mode +swap-move'
says out '^image +0'
says out '^image +1'
says out '^primary +0x8c000\+65,536 bytes: 16 x 4096'
says out '^largest image +253,952 bytes'
says out '^largest image +57,344 bytes'
says out '^links +phone \(ble\)'
expect 0 "$OTATOOL" targets "$tmp/two.yaml" --json
says out '"phone"'

# -- import: what is wrong with the command line ---------------------------------------------------

expect 2 "$OTATOOL" targets import
says err 'needs a devicetree'
expect 2 "$OTATOOL" targets import a --json
expect 2 "$OTATOOL" targets import a b
expect 2 "$OTATOOL" targets import a --config 1 --config 2 --config 3 --config 4
expect 2 "$OTATOOL" targets import - --config -
says err 'standard input can be only one'
expect 4 "$OTATOOL" targets import "$tmp/none.dtb"
expect 4 "$OTATOOL" targets import "$zephyr/nrf52840.dtb" --config "$tmp/none"
if [ $fdt = no ]; then
	expect 3 "$OTATOOL" targets import "$zephyr/nrf52840.dtb"
	says err 'built without libfdt'
	echo "import is not tested: built without libfdt"
	finish
fi

# -- import from blobs -----------------------------------------------------------------------------

printf 'CONFIG_BOOTLOADER_MCUBOOT=y\nCONFIG_ROM_START_OFFSET=0x200\n' >"$tmp/app.config"
config() {
	printf 'CONFIG_MCUBOOT=y\nCONFIG_BOOT_MAX_IMG_SECTORS_AUTO=y\n'
	printf 'CONFIG_NORDIC_QSPI_NOR_FLASH_LAYOUT_PAGE_SIZE=4096\n'
	[ $# = 0 ] || printf '%s\n' "$@"
}
config CONFIG_BOOT_SWAP_USING_SCRATCH=y >"$tmp/scratch.config"
config CONFIG_BOOT_SWAP_USING_OFFSET=y >"$tmp/offset.config"
config CONFIG_BOOT_SWAP_USING_OFFSET=y CONFIG_UPDATEABLE_IMAGE_NUMBER=2 >"$tmp/two.config"

# board NAME CONFIG [OPTION...]: imports it, and the result is a profile.
board() {
	local name=$1 boot=$2
	shift 2
	expect 0 "$OTATOOL" targets import "$zephyr/$name.dtb" --config "$tmp/app.config" \
		--config "$boot" -o "$tmp/$name.yaml" "$@"
	expect 0 "$OTATOOL" targets "$tmp/$name.yaml"
}

board nrf52840 "$tmp/offset.config"
says out '^largest image +479,232 bytes'
grep -q '^  header-size: 0x200 .*# CONFIG_ROM_START_OFFSET$' "$tmp/nrf52840.yaml" ||
	fail "no header-size with its origin"
board stm32l476 "$tmp/scratch.config" --chip stm32l476rg --name meter
says out '^meter +board +STM32L476RG'
says out '^scratch +0xe8000\+16,384 bytes'
board nrf5340 "$tmp/offset.config"
says out '^external flash 8,388,608 bytes'
says out '^secondary +external:0x0\+917,504 bytes: 224 x 4096'
board esp32c3 "$tmp/offset.config"
# What is commented out is a start: it parses.
sed 's/^# \(updater\|links\): /\1: /' "$tmp/nrf52840.yaml" >"$tmp/filled.yaml"
expect 0 "$OTATOOL" targets "$tmp/filled.yaml"
says out '^links +ble'
# A name longer than the column moves the heading too.
board nrf52840 "$tmp/offset.config" --name a-name-longer-than-the-column
says out '^NAME {26}KIND'
board two_images "$tmp/two.config"
says out '^image +1'
board stm32f407 "$tmp/scratch.config" --chip stm32f407vg
says out '3 x 131072'
expect 3 "$OTATOOL" targets import "$zephyr/stm32f407.dtb" --config "$tmp/scratch.config"
says err 'does not say the sizes of the sectors'
says err 'hint: give --chip'
expect 2 "$OTATOOL" targets import "$zephyr/nrf52840.dtb" --name 'my board'
says err '"my board" is not a name of at most 63 letters'
expect 2 "$OTATOOL" targets import "$zephyr/stm32f407.dtb" --chip stm32f407v
says err 'did you mean stm32f407vg'
expect 3 "$OTATOOL" targets import "$zephyr/nrf5340.dtb"
says err 'CONFIG_NORDIC_QSPI_NOR_FLASH_LAYOUT_PAGE_SIZE'

# What is assumed is said, and the profile goes to standard output.
expect 0 "$OTATOOL" targets import "$zephyr/stm32l476.dtb"
says out '^  mode: swap-scratch +# ASSUMED'
says err 'warning: .*assumed "mode: swap-scratch"'
says err "hint: MCUboot's own .config"
expect 3 "$OTATOOL" targets import "$zephyr/nrf52840.dtb" --config "$tmp/scratch.config"
says err 'no scratch_partition'
expect 3 "$OTATOOL" targets import "$zephyr/nrf52840.dtb" --config "$zephyr/nrf52840.dts"
says err 'not a .config'
head -c 700 "$zephyr/nrf52840.dtb" >"$tmp/cut.dtb"
expect 3 "$OTATOOL" targets import "$tmp/cut.dtb" -o "$tmp/cut.yaml"
absent "$tmp/cut.yaml"
if [ -w /dev/full ]; then
	expect 4 "$OTATOOL" targets import "$zephyr/nrf52840.dtb" -o /dev/full
	says err 'space'
fi

# A full image against an imported board, which has no updater.
bytes 50000 1 >"$tmp/firmware.bin"
expect 0 "$OTATOOL" sign "$tmp/firmware.bin" -o "$tmp/image.bin" --version 1.2.3 \
	--header-size 0x200 --pad-header --slot-size 0x77000 --align 4
expect 0 "$OTATOOL" check "$tmp/image.bin" --target "$tmp/nrf52840.yaml"
says out '479,232'

# -- import through dtc ----------------------------------------------------------------------------

# A dtc that is not there, or misbehaves.
mkdir "$tmp/bin"
expect 4 env PATH="$tmp/bin" "$OTATOOL" targets import "$zephyr/nrf52840.dts"
says err 'read by dtc, which cannot be run'
says err 'hint: install device-tree-compiler'
fake_dtc() {
	printf '#!/bin/sh\n%s\n' "$1" >"$tmp/bin/dtc"
	chmod +x "$tmp/bin/dtc"
}
fake() {
	expect "$1" env PATH="$tmp/bin:$PATH" "$OTATOOL" targets import "$zephyr/nrf52840.dts" \
		-o "$tmp/fake.yaml"
	absent "$tmp/fake.yaml"
}
fake_dtc 'exit 3'
fake 3
says err 'ended with exit code 3'
fake_dtc 'exit 0'
fake 3
says err 'not a devicetree blob'
fake_dtc 'kill -9 $$'
fake 3
says err 'ended by signal 9'
fake_dtc 'exec cat /dev/zero'
fake 3
says err 'more than the 4194304 bytes'
fake_dtc 'cat >/dev/null; echo nonsense'
fake 3
says err 'not a devicetree blob'
fake_dtc 'echo "I need none of it"; exec 0<&-; sleep 0.2'
fake 3

if [ $dtc = no ]; then
	echo "import of sources is not tested: no dtc (scripts/bootstrap test)"
	finish
fi
# The blob is what dtc makes of the source: both give the same profile, but for the file's name.
for name in nrf52840 stm32l476 nrf5340 esp32c3 two_images rt1060 stm32f407; do
	options=(--config "$tmp/app.config" --config "$tmp/offset.config")
	[ $name != stm32f407 ] || options+=(--chip stm32f407vg)
	expect 0 "$OTATOOL" targets import "$zephyr/$name.dts" "${options[@]}" -o "$tmp/s.yaml"
	expect 0 "$OTATOOL" targets import "$zephyr/$name.dtb" "${options[@]}" -o "$tmp/b.yaml"
	sed -i "s/$name\.dtb/$name.dts/" "$tmp/b.yaml"
	same "$tmp/s.yaml" "$tmp/b.yaml"
done
# A blob without symbols: partitions are found by their property "label".
dtc -q -I dts -O dtb -o "$tmp/plain.dtb" "$zephyr/stm32l476.dts"
expect 0 "$OTATOOL" targets import "$tmp/plain.dtb" --config "$tmp/scratch.config"
says out '^  scratch: 0xe8000\+16K '
# More text than a pipe holds, with the slots at its end.
{
	sed '$d' "$zephyr/nrf52840.dts"
	for i in $(seq 3000); do echo "	node$i { text = \"some text that fills the pipe\"; };"; done
	echo '};'
} >"$tmp/long.dts"
expect 0 "$OTATOOL" targets import "$tmp/long.dts" --config "$tmp/offset.config"
says out '^  primary: 0xc000\+476K '
# From a pipe.
expect 0 bash -c "\"\$0\" targets import <(cat \"\$1\")" "$OTATOOL" "$zephyr/nrf52840.dts"
echo 'not a devicetree' >"$tmp/words.dts"
expect 3 "$OTATOOL" targets import "$tmp/words.dts"
says err 'no devicetree that dtc takes'
finish
