#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds both releases of the demo firmware.
#   build.sh            compile into build/
#   build.sh --check    compile and compare with the committed .bin files
#   build.sh --install  compile and replace the committed .bin files
set -euo pipefail

cd "$(dirname "$0")"

versions="1.2.0 1.3.0"
cross=${CROSS_COMPILE:-arm-none-eabi-}
# The committed .bin files come from this compiler; others give different code.
reference="12.2.1"

cflags="-std=c11 -Os -g -mcpu=cortex-m3 -mthumb -ffunction-sections -fdata-sections
	-Wall -Wextra -ffile-prefix-map=$PWD=."
ldflags="-mcpu=cortex-m3 -mthumb -nostartfiles -T sensor.ld -Wl,--gc-sections
	-Wl,--build-id=none -Wl,--fatal-warnings"

build_version()
{
	local version=$1 out=build/$1 objects="" source object

	mkdir -p "$out"
	for source in src/*.c "src-$version"/*.c; do
		object=$out/$(basename "$source" .c).o
		# shellcheck disable=SC2086
		"${cross}gcc" $cflags -I"src-$version" -Isrc -c "$source" -o "$object"
		objects="$objects $object"
	done
	# shellcheck disable=SC2086
	"${cross}gcc" $ldflags -Wl,-Map="$out/sensor.map" -o "build/sensor-$version.elf" \
		$objects -lm
	"${cross}objcopy" -O binary -R .boot_stub "build/sensor-$version.elf" \
		"build/sensor-$version.bin"
	printf '%s %s bytes\n' "sensor-$version.bin" "$(wc -c < "build/sensor-$version.bin")"
}

check_version()
{
	if cmp "build/sensor-$1.bin" "sensor-$1.bin"; then
		echo "sensor-$1.bin: same"
		return 0
	fi
	echo "sensor-$1.bin: differs (built by $("${cross}gcc" -dumpfullversion)," \
		"the committed file by $reference)"
	return 1
}

mode=${1:-}
case $mode in
"" | --check | --install) ;;
*)
	echo "usage: build.sh [--check | --install]" >&2
	exit 2
	;;
esac

status=0
for version in $versions; do
	build_version "$version"
	case $mode in
	--check) check_version "$version" || status=1 ;;
	--install) install -m 644 "build/sensor-$version.bin" . ;;
	esac
done
exit $status
