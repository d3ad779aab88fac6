# SPDX-License-Identifier: Apache-2.0
# Sourced behind lib.sh by what runs the update agent on emulated cores: see tests/device/rig.c.
sensor=$OTA_SOURCE/examples/sensor
rig_cores="m0 m3 m4 m33"

# What is not here is said, and the test skipped.
rig_needs() {
	local tool
	for tool in arm-none-eabi-gcc qemu-system-arm openssl; do
		command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 77; }
	done
	echo '#include <string.h>' | arm-none-eabi-gcc -E - >/dev/null 2>&1 ||
		{ echo "skipped: no newlib for arm-none-eabi"; exit 77; }
}

# rig_core CORE: its flags, where it has memory, and the board; memory as QEMU 7.2's boards have it.
rig_core() {
	case $1 in
	m0)
		rig_flags="-mcpu=cortex-m0"
		rig_memory="CODE=0 RAM=0x20000000 MORE=0x20100000"
		rig_board="-M microbit -global nrf51-soc.sram-size=0x1000000"
		;;
	m3 | m4)
		rig_flags="-mcpu=cortex-$1"
		rig_memory="CODE=0 RAM=0x20000000 MORE=0x21000000"
		rig_board="-M mps2-an385"
		[ "$1" = m3 ] || rig_board="-M mps2-an386"
		;;
	m33)
		rig_flags="-mcpu=cortex-m33"
		rig_memory="CODE=0x10000000 RAM=0x38000000 MORE=0x80000000"
		rig_board="-M mps2-an505"
		;;
	*)
		echo "no core $1: $rig_cores" >&2
		return 1
		;;
	esac
}

# rig_build CORE [FLAG...]: $tmp/rig-CORE.elf; the agent and its formats as a product builds them, with
# pages of $rig_page bytes. In folder OTA_RIG, if it is given, lie those that others have built.
rig_page=512
rig_build() {
	local core=$1 out=$tmp/rig-$1 formats=$OTA_SOURCE/formats kept="" file files=() place
	shift
	rig_core "$core" || return 1
	[ -z "${OTA_RIG-}" ] || kept=$OTA_RIG/rig-$core-$rig_page.elf
	if [ -f "$kept" ]; then
		cp "$kept" "$out.elf"
		return
	fi
	mkdir -p "$out"
	for file in "$OTA_SOURCE"/examples/device/agent*.c "$OTA_SOURCE"/tests/device/rig*.c \
		"$OTA_SOURCE/tests/support/flash_model.c" "$formats"/otd_*.c \
		"$formats"/mcuboot_*.c "$formats"/{crc32,vcdiff_dec,delta_tlv}.c; do
		case $file in *_enc.c | *_explain.c | *_blank.c | *_signature.c) continue ;; esac
		files+=("$file")
	done
	# As many at a time as there are processors.
	# shellcheck disable=SC2086 # lists
	printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -I '{}' sh -c \
		'file=$1; shift; exec "$@" -c "$file" -o "$0/$(basename "$file" .c).o"' "$out" '{}' \
		arm-none-eabi-gcc -std=c11 -Os -mthumb $rig_flags -ffreestanding -fbuiltin \
		-ffunction-sections -fdata-sections -fno-stack-protector -Wall -Wextra -Wconversion \
		-Werror -DAGENT_PAGE=${rig_page}U -DAGENT_VCDIFF_WINDOW=16384U "$@" \
		-I"$formats/include" -I"$OTA_SOURCE/examples/device" -I"$OTA_SOURCE/tests/support" ||
		return 1
	# What a reset does not put back is no place for an agent to keep things in.
	arm-none-eabi-size "$out"/agent*.o | awk 'NR > 1 && $2 + $3 > 0 {print "has globals: " $0; bad = 1}
		END {exit bad}' || return 1
	# shellcheck disable=SC2086 # lists
	arm-none-eabi-gcc -mthumb $rig_flags -nostartfiles -Wl,--gc-sections -Wl,--build-id=none \
		$(for place in $rig_memory; do echo "-Wl,--defsym=$place"; done) \
		-T "$OTA_SOURCE/tests/device/rig.ld" "$out"/*.o -o "$out.elf" || return 1
	[ -z "$kept" ] || { cp "$out.elf" "$kept.$$" && mv "$kept.$$" "$kept"; }
}

# rig CORE FILE: runs what FILE says; the rig's exit code, or 124 after $rig_seconds.
rig() {
	rig_core "$1" || return 1
	# shellcheck disable=SC2086 # lists
	timeout "${rig_seconds:-1200}" qemu-system-arm $rig_board -nographic -monitor none -serial none \
		-semihosting-config enable=on,target=native,arg=rig,arg="$2" -kernel "$tmp/rig-$1.elf" \
		2>&1 </dev/null
}

# fact NAME: a number in the JSON on standard input; nothing when there is none.
fact() {
	sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" | head -n 1
}

# rig_parts OLD NEW PATCH: parts for a device with sectors of 2 KiB, or the patch's blocks where those are
# smaller, 8 bytes programmed at once, and a journal with two states of the decoder in each half; the last
# 4 KiB of a slot are MCUboot's. In the first slot old has room to move up, for checkpoints up to 8 blocks
# apart.
rig_parts() {
	local sector=2048 trailer=4096 state=16384 facts lead block old new size
	old=$(stat -Lc %s "$1")
	new=$(stat -Lc %s "$2")
	size=$(stat -Lc %s "$3")
	facts=$("$OTATOOL" inspect --json "$3" 2>/dev/null)
	case $facts in
	*'"tier": "nano"'*) state=1024 ;;
	*'"tier": "xs"'*) state=4096 ;;
	esac
	block=$(fact block_bytes <<<"$facts")
	lead=$(fact lead_bytes <<<"$facts")
	block=${block:-0} lead=${lead:-0}
	[ "$block" = 0 ] || [ "$block" -ge $sector ] || sector=$block
	size=$(((size + sector - 1) / sector))
	lead=$((lead + 8 * block + (old > new ? old : new)))
	echo "part primary 8 255 $sector $(((lead + sector - 1) / sector + trailer / sector))"
	echo "part secondary 8 255 $sector $(((new + sector - 1) / sector + trailer / sector))"
	echo "part journal 8 255 $sector $((2 * ((2 * (state + 64) + sector - 1) / sector)))"
	echo "part patch 8 255 $sector $size"
	echo "load primary $1"
	printf '%s\n' "trailer $trailer" "max-align 8" "every 2" resumes
}

# rig_keys: a signing key, and the command that answers for the device's key store.
rig_keys() {
	openssl ecparam -name prime256v1 -genkey -noout -out "$tmp/key.pem" 2>/dev/null
	openssl ec -in "$tmp/key.pem" -pubout -out "$tmp/public.pem" 2>/dev/null
	openssl ecparam -name prime256v1 -genkey -noout -out "$tmp/other.pem" 2>/dev/null
	cat >"$tmp/verify" <<EOF2
#!/bin/sh
# TYPE: answers for a digest's ECDSA signature by the key of that hash.
cd "$tmp" || exit 1
[ "\$1" = 0x22 ] || exit 1
openssl pkey -pubin -in public.pem -outform DER | openssl dgst -sha256 -binary | cmp -s - verify.key &&
	openssl pkeyutl -verify -pubin -inkey public.pem -in verify.digest \\
		-sigfile verify.signature >/dev/null 2>&1
EOF2
	chmod +x "$tmp/verify"
}
