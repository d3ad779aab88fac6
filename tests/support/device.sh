# SPDX-License-Identifier: Apache-2.0
# What the tests of a device's costs share: the builds of formats/, how a compiler for each core makes
# them, how deep they go, and the emulated board that runs them. Sourced after lib.sh, in $OTA_SOURCE.
. "$OTA_SOURCE/tests/support/lib.sh"
cd "$OTA_SOURCE" || exit 1
sensor=examples/sensor

# -- builds ---------------------------------------------------------------------------------------

otd_files="otd_dec otd_model otd_map otd_tables otd_priors otd_arch otd_header crc32"
agent_files="delta_tlv mcuboot_header mcuboot_tlv mcuboot_trailer vcdiff_dec"

# in_formats NAME...: those that are there.
in_formats() {
	local name
	for name; do [ ! -f "formats/$name.c" ] || echo "formats/$name.c"; done
}

# decoder_of BUILD: the build whose decoder an agent has.
decoder_of() {
	case $1 in
	*-bare) decoder_of "${1%-bare}" ;;
	agent-vcdiff) echo xs-none ;;
	*) echo "${1#agent-}" ;;
	esac
}

# files_of BUILD: what a device compiles.
files_of() {
	# shellcheck disable=SC2086 # lists
	case $1 in
	agent-*)
		files_of "$(decoder_of "$1")"
		in_formats $agent_files
		ls examples/device/agent*.c
		;;
	nano) in_formats $otd_files otd_nano otd_priors_nano otd_thumb ;;
	xs | xs-in-place) in_formats $otd_files otd_thumb ;;
	xs-none) in_formats $otd_files ;;
	rv32-xs) in_formats $otd_files otd_rv32 ;;
	xtensa-xs) in_formats $otd_files otd_xtensa ;;
	full) in_formats $otd_files otd_nano otd_priors_nano otd_thumb otd_thumb_more otd_rv32 \
		otd_xtensa ;;
	vcdiff) in_formats vcdiff_dec ;;
	bsdiff) in_formats bsdiff_dec ;;
	esac
}

# flags_of BUILD: what leaves the rest out.
flags_of() {
	case $1 in
	agent-full) echo -DAGENT_VCDIFF_WINDOW=4096 ;;
	agent-*-bare) echo "$(flags_of "${1%-bare}")" -DAGENT_BARE_ONLY ;;
	agent-vcdiff) echo "$(flags_of xs-none)" -DAGENT_VCDIFF_WINDOW=4096 -DAGENT_OLD_MAPPED \
		-DAGENT_PATCH_MAPPED ;;
	agent-*) echo "$(flags_of "$(decoder_of "$1")")" -DAGENT_OLD_MAPPED -DAGENT_PATCH_MAPPED ;;
	nano) echo -DOTA_OTD_ONLY_NANO -DOTA_OTD_ONLY_THUMB -DOTA_OTD_TWO_SLOTS ;;
	xs) echo -DOTA_OTD_ONLY_XS -DOTA_OTD_ONLY_THUMB -DOTA_OTD_TWO_SLOTS ;;
	xs-in-place) echo -DOTA_OTD_ONLY_XS -DOTA_OTD_ONLY_THUMB ;;
	xs-none) echo -DOTA_OTD_ONLY_XS -DOTA_OTD_ONLY_NONE -DOTA_OTD_TWO_SLOTS ;;
	rv32-xs) echo -DOTA_OTD_ONLY_XS -DOTA_OTD_ONLY_RV32 -DOTA_OTD_TWO_SLOTS ;;
	xtensa-xs) echo -DOTA_OTD_ONLY_XS -DOTA_OTD_ONLY_XTENSA -DOTA_OTD_TWO_SLOTS ;;
	esac
}

# calls_of BUILD: what a device calls, the reading functions that each format has.
calls_of() {
	case $1 in
	agent-*) echo agent_begin agent_step agent_run agent_forget agent_read_marks agent_confirm \
		agent_err_str ;;
	vcdiff) echo ota_vcdiff_probe ota_vcdiff_header_read ota_vcdiff_window_read \
		ota_vcdiff_dec_init ota_vcdiff_dec_step ota_adler32 ;;
	bsdiff) echo ota_bsdiff_probe ota_bsdiff_header_read ota_bsdiff_dec_init \
		ota_bsdiff_dec_step ;;
	*) echo ota_otd_header_read ota_otd_dec_init ota_otd_dec_step ota_otd_dec_err \
		ota_otd_dec_progress ota_otd_dec_seal ota_otd_dec_resume ;;
	esac
}

# hooks_of BUILD: a pattern of what the product supplies, and whose stack is its own.
hooks_of() {
	case $1 in
	agent-*) echo '^kit_' ;;
	*) echo '^$' ;;
	esac
}

# runs BUILD: 0 when there is a program around it that can be emulated.
runs() {
	case $1 in
	agent-* | xtensa-*) return 1 ;;
	esac
}

# state_of CORE BUILD: bytes of RAM, without the stack.
state_of() {
	case $2 in
	agent-*) size_of "$1" "$2" agent.h "struct agent" ;;
	vcdiff) number OTA_VCDIFF_DEC_RAM "$1" ;;
	bsdiff) number OTA_BSDIFF_DEC_RAM "$1" ;;
	nano) number OTA_OTD_DEC_RAM_NANO "$1" ;;
	full) number OTA_OTD_DEC_RAM_M "$1" ;;
	*) number OTA_OTD_DEC_RAM_XS "$1" ;;
	esac
}
format_of() {
	case $1 in
	vcdiff | bsdiff) echo "$1" ;;
	*) echo otd ;;
	esac
}

# stack_of BUILD: what is promised of its stack.
stack_of() {
	case $1 in
	vcdiff) echo OTA_VCDIFF_DEC_STACK ;;
	bsdiff) echo OTA_BSDIFF_DEC_STACK ;;
	nano) echo OTA_OTD_DEC_STACK_NANO ;;
	full) echo OTA_OTD_DEC_STACK_M ;;
	*) echo OTA_OTD_DEC_STACK_XS ;;
	esac
}

# -- cores ----------------------------------------------------------------------------------------

# builds_of CORE LEVEL: what is measured there.
builds_of() {
	case $1$2 in
	cortex-*-Os) echo nano xs xs-in-place xs-none full vcdiff bsdiff agent-nano agent-xs \
		agent-xs-bare agent-xs-in-place agent-vcdiff agent-full ;;
	cortex-*) echo nano xs xs-in-place full vcdiff bsdiff ;;
	rv32*) echo rv32-xs full vcdiff ;;
	*) echo xtensa-xs vcdiff ;;
	esac
}

# levels_of CORE: how the compiler optimizes.
levels_of() {
	case $1 in
	cortex-*) echo -Os -O2 ;;
	*) echo -Os ;;
	esac
}

arm_cores="cortex-m0plus cortex-m3 cortex-m4 cortex-m33"

cross_of() {
	case $1 in
	cortex-*) echo arm-none-eabi ;;
	rv32*) echo riscv64-unknown-elf ;;
	lx106) echo xtensa-lx106-elf ;;
	esac
}

machine_of() {
	case $1 in
	cortex-*) echo "-mthumb -mcpu=$1" ;;
	rv32*) echo "-march=$1 -mabi=ilp32 -msmall-data-limit=0" ;;
	lx106) echo "-mlongcalls -mtext-section-literals" ;;
	esac
}

# number MACRO CORE: what ota/ says, in bytes.
number() {
	local value
	value=$(echo "$1" | "$(cross_of "$2")-gcc" -E -P -x c -Iformats/include -idirafter \
		tests/support/freestanding -ffreestanding -include ota/otd.h -include ota/vcdiff.h \
		-include ota/bsdiff.h - | tail -n 1 | tr -d 'U')
	echo $((value))
}

# size_of CORE BUILD HEADER TYPE: bytes of a type in a build, as its compiler has them.
size_of() {
	# shellcheck disable=SC2046 # lists
	echo "char size[sizeof($4)];" | "$(cross_of "$1")-gcc" -std=c11 $(machine_of "$1") \
		$(flags_of "$2") -ffreestanding -x c -c - -o "$tmp/size.o" -Iformats/include \
		-Iexamples/device -idirafter tests/support/freestanding -include "$3" &&
		"$(cross_of "$1")-nm" -S -t d "$tmp/size.o" | awk '$4 == "size" {print $2 + 0}'
}

# What every firmware has anyway and the compiler calls by itself; no division of 64 bits. None of
# these takes more stack than this: the worst of Debian's are memcpy and a 64-bit product on a
# Cortex-M0+, with 20 and 28 bytes.
helpers='^(mem(cpy|move|set|cmp)|__aeabi_(mem.*|u?idiv(mod)?|lmul|ll?s[lr]|lasr)|__gnu_thumb1_case_.*|__(u?div|u?mod|mul)[sd]i3)$'
helpers_stack=32

# compile CORE LEVEL OUT FLAGS... FILE...: objects and call graphs, as a device makes them.
compile() {
	local core=$1 level=$2 out=$3 flags=""
	shift 3
	mkdir -p "$out"
	while [ "${1#-}" != "$1" ]; do
		flags="$flags $1"
		shift
	done
	# As many at a time as there are processors.
	# shellcheck disable=SC2046,SC2086 # lists
	printf '%s\n' "$@" | xargs -P "$(nproc)" -I '{}' sh -c \
		'file=$1; shift; exec "$@" -c "$file" -o "$0/$(basename "$file" .c).o"' "$out" '{}' \
		"$(cross_of "$core")-gcc" -std=c11 "$level" $(machine_of "$core") -ffreestanding \
		-fbuiltin -ffunction-sections -fdata-sections -fno-stack-protector \
		-fno-asynchronous-unwind-tables -fcallgraph-info=su $flags -Iformats/include \
		-idirafter tests/support/freestanding
}

# build CORE LEVEL BUILD OUT: the objects of a build.
build() {
	# shellcheck disable=SC2046 # lists
	compile "$1" "$2" "$4" $(flags_of "$3") -Iexamples/device $(files_of "$3")
}

# deepest BUILD OPTION... FILE.ci...: of what a device calls.
deepest() {
	local calls=""
	calls=$(calls_of "$1" | tr ' ' ',')
	shift
	python3 tests/support/call_depth.py "$calls" "$helpers" $helpers_stack "$@"
}

# -- emulated boards ------------------------------------------------------------------------------

# places_of CORE: where code, RAM and the host's files go, and how much of RAM is made a hole at its bottom
# because below it is none that faults.
places_of() {
	case $1 in
	cortex-m0plus) echo 0 0x20000000 0x21000000 0 ;;
	cortex-m33) echo 0x10000000 0x38000000 0x80000000 0 ;;
	cortex-*) echo 0 0x20000000 0x21000000 4096 ;;
	rv32*) echo 0x80000000 0x80100000 0x81000000 4096 ;;
	esac
}

# board_of CORE: the emulator. No board of its has a Cortex-M0 and RAM enough but this one, enlarged.
board_of() {
	case $1 in
	cortex-m0plus) echo qemu-system-arm -M microbit -global nrf51-soc.sram-size=0x1800000 ;;
	cortex-m3) echo qemu-system-arm -M mps2-an385 ;;
	cortex-m4) echo qemu-system-arm -M mps2-an386 ;;
	cortex-m33) echo qemu-system-arm -M mps2-an505 ;;
	rv32*) echo qemu-system-riscv32 -M virt -bios none ;;
	esac
}

# can_run CORE: 0 when its emulator, and a library for what the compiler calls, are there.
can_run() {
	local emulator
	emulator=$(board_of "$1")
	command -v "${emulator%% *}" >/dev/null || return 1
	case $1 in
	cortex-*) echo '#include <stdlib.h>' | arm-none-eabi-gcc -E - >/dev/null 2>&1 ;;
	esac
}

# program CORE LEVEL BUILD OUT: the firmware around a build's objects, $4/run.elf and $4/run.dis.
program() {
	local core=$1 level=$2 build=$3 out=$4 rom ram files hole cross library="-lc -lgcc"
	local more="tests/device/ledger_board.c"
	read -r rom ram files hole <<<"$(places_of "$core")"
	cross=$(cross_of "$core")
	case $core in
	rv32*) library=-lgcc more="$more tests/device/ledger_mem.c" ;;
	esac
	# shellcheck disable=SC2046,SC2086 # lists
	compile "$core" "$level" "$out/run" "-DLEDGER_STATE=$(state_of "$core" "$build")" \
		$(flags_of "$build") tests/device/ledger_run.c \
		"tests/device/ledger_run_$(format_of "$build").c" $more || return 1
	# shellcheck disable=SC2046,SC2086 # lists
	"$cross-gcc" $(machine_of "$core") -nostdlib -Wl,--gc-sections -Wl,--build-id=none \
		-T tests/device/ledger.ld -Wl,-e,reset "-Wl,--defsym=ROM=$rom" \
		"-Wl,--defsym=RAM=$ram" "-Wl,--defsym=FILES=$files" "-Wl,--defsym=HOLE=$hole" "$out"/*.o "$out"/run/*.o \
		$library -o "$out/run.elf" || return 1
	"$cross-objdump" -d "$out/run.elf" >"$out/run.dis"
}

# With another exit code than 0, 1 and 7 it is the emulator that gave up.
# emulate CORE ELF BUNDLE: the firmware's words, and the emulator's exit code.
emulate() {
	local files
	read -r _ _ files _ <<<"$(places_of "$1")"
	# shellcheck disable=SC2046 # a list
	timeout 120 $(board_of "$1") -nographic -monitor none -serial none \
		-semihosting-config enable=on,target=native -kernel "$2" \
		-device "loader,file=$3,addr=$files,force-raw=on" 2>&1 </dev/null
}

# patches_of BUILD: what it decodes, a line each: the images, and how diff is to make it.
patches_of() {
	local thumb="--arch thumb --tier xs"
	case $1 in
	nano) thumb="--arch thumb --tier nano" ;;
	full) thumb="--arch thumb --tier m" ;;
	xs-none) thumb="--arch none --tier xs" ;;
	rv32-*) echo "rv32 --arch rv32 --tier xs"
		echo "rv32-back --arch rv32 --tier xs"
		return ;;
	vcdiff) thumb="--window 16K" ;;
	bsdiff) thumb="" ;;
	esac
	echo "sensor $thumb"
	echo "sensor-back $thumb"
	echo "thumb $thumb"
	case $1 in
	xs-in-place) echo "sensor $thumb --in-place" ;;
	full)
		echo "sensor --arch thumb --tier nano"
		echo "rv32 --arch rv32 --tier m"
		;;
	esac
}

# images_of NAME: old and new. Nobody is told more than in those that do nothing but call.
images_of() {
	local arch=${1%-back} old new
	case $arch in
	sensor) old=$sensor/sensor-1.2.0.bin new=$sensor/sensor-1.3.0.bin ;;
	*)
		old=$tmp/calls-$arch-1 new=$tmp/calls-$arch-2
		[ -f "$old" ] || python3 tests/support/device_calls.py "$arch" "$old" "$new"
		;;
	esac
	case $1 in
	*-back) echo "$new $old" ;;
	*) echo "$old $new" ;;
	esac
}

# bundle_of BUILD STACK: a file of patches for it, $bundle.
bundle_of() {
	local name options old new n=0
	local -a list=()
	bundle=$tmp/bundle-$1-$2
	[ ! -f "$bundle" ] || return 0
	while read -r name options; do
		n=$((n + 1))
		read -r old new <<<"$(images_of "$name")"
		# shellcheck disable=SC2086 # a list
		[ -f "$tmp/patch-$1-$n" ] || "$OTATOOL" diff --format "$(format_of "$1")" $options "$old" \
			"$new" -o "$tmp/patch-$1-$n" >"$tmp/out" 2>&1 || { cat "$tmp/out"; return 1; }
		list+=("$old" "$new" "$tmp/patch-$1-$n")
	done <<<"$(patches_of "$1")"
	python3 tests/support/device_bundle.py "$(format_of "$1")" "$2" "$bundle" "${list[@]}"
}
