#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The RAM that `otatool check` counts is the RAM that the agent has when it is linked, part by part and
# to the byte; and what headers publish is what check, inspect and the ledger say.
OTA_SOURCE=${OTA_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
OTATOOL=${OTATOOL:-$OTA_SOURCE/build/release/otatool}
. "$OTA_SOURCE/tests/support/device.sh"
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
command -v arm-none-eabi-gcc >/dev/null || { echo "skipped: no arm-none-eabi-gcc"; exit 77; }
board=examples/device/board.yaml
core=cortex-m4
two_slots="-DOTA_OTD_ONLY_THUMB -DOTA_OTD_TWO_SLOTS"
mapped="-DAGENT_OLD_MAPPED -DAGENT_PATCH_MAPPED"
external='external-flash: {sectors: [256*4K], write: 1, program: 256, erased: 0xff}'

# equal WHAT NUMBER WANTED
equal() {
	checks=$((checks + 1))
	[ "$2" = "$3" ] || fail "$1 is $2, not $3"
}

# linked FLAG...: the agent in a product; symbol sizes in $tmp/symbols.
linked() {
	rm -rf "$tmp/agent"
	# shellcheck disable=SC2046 # lists
	compile $core -Os "$tmp/agent" "$@" -Iexamples/device $(files_of agent-full) \
		tests/device/ledger_check.c &&
		arm-none-eabi-gcc $(machine_of $core) -nostdlib -Wl,--gc-sections -Wl,-e,main \
			-Wl,-u,decoder_bytes,-u,page_bytes,-u,old_bytes,-u,patch_bytes,-u,buffer_bytes \
			"$tmp"/agent/*.o -lc -lgcc -o "$tmp/agent/elf" || return 1
	arm-none-eabi-nm -S -t d "$tmp/agent/elf" >"$tmp/symbols"
}

# bytes_of SYMBOL
bytes_of() {
	awk -v name="$1" '$4 == name {print $2 + 0}' "$tmp/symbols"
}

# statics: bytes of all that lies in RAM.
statics() {
	arm-none-eabi-size -A "$tmp/agent/elf" | awk '$1 ~ /^\.(data|bss)/ {sum += $2} END {print sum + 0}'
}

# cost WORDS: what the report of check counts, of items that begin so.
cost() {
	python3 - "$tmp/report" "$1" <<-'PY'
	import json, sys
	costs = json.load(open(sys.argv[1]))["costs"]
	print(sum(item["bytes"] for item in costs if item["what"].startswith(sys.argv[2])))
	PY
}

# line WORDS: what a line of the report needs.
line() {
	python3 - "$tmp/report" "$1" <<-'PY'
	import json, sys
	lines = json.load(open(sys.argv[1]))["lines"]
	print(sum(line["needs_bytes"] for line in lines if line["what"] == sys.argv[2]))
	PY
}

# agree NAME PROFILE_EDITS DIFF_OPTIONS FLAG...: sed's edits of the board's profile.
agree() {
	local name=$1 edits=$2 options=$3 old=$sensor/sensor-1.3.0.bin new=$sensor/sensor-1.2.0.bin
	local stack page
	shift 3
	sed "$edits" $board >"$tmp/$name.yaml"
	linked "$@" || { fail "$name: does not link"; return; }
	# shellcheck disable=SC2086 # a list
	expect 0 "$OTATOOL" diff $options "$old" "$new" -o "$tmp/$name.patch" || return
	"$OTATOOL" check "$tmp/$name.patch" --old "$old" --new "$new" --target "$tmp/$name.yaml" \
		--on device --json >"$tmp/report" 2>"$tmp/err"
	[ -s "$tmp/report" ] || { fail "$name: $(cat "$tmp/err")"; return; }
	page=$(bytes_of page_bytes)
	equal "$name: decoder" "$(($(cost "patch decoder state") + $(cost "longest target window")))" \
		"$(bytes_of decoder_bytes)"
	equal "$name: page" "$(cost "new bytes that are programmed at once")" "$page"
	equal "$name: piece of old" "$(cost "old bytes, not readable in place")" \
		$(($(bytes_of old_bytes) - 1))
	equal "$name: pieces of the patch" "$(cost "patch bytes, not readable in place")" \
		$(($(bytes_of patch_bytes) - 1))
	equal "$name: updater RAM" "$(line "updater RAM")" "$(bytes_of buffer_bytes)"
	equal "$name: all in RAM" "$(statics)" "$(bytes_of agent)"
	stack=$(number "$(stack_of "$(build_of "$name")")" $core)
	equal "$name: decoder's stack" "$(cost "patch decoder stack")" "$stack"
	echo "$name: check says $(line "updater RAM"), linked $(bytes_of buffer_bytes);" \
		"with the agent's own $(bytes_of agent)"
}

# build_of NAME: the build of device.sh with the same decoder.
build_of() {
	case $1 in
	tier-m) echo full ;;
	tier-nano) echo nano ;;
	*-vcdiff) echo vcdiff ;;
	*) echo xs ;;
	esac
}

# published PATCH STATE STACK: what inspect says of a patch.
published() {
	expect 0 "$OTATOOL" inspect "$1" --json || return
	checks=$((checks + 2))
	grep -q "\"decoder_ram_bytes\": $2,\?$" "$tmp/out" || fail "$1: inspect does not say $2 of RAM"
	grep -q "\"decoder_stack_bytes\": $3,\?$" "$tmp/out" || fail "$1: inspect does not say $3 of stack"
}

agree readme '' "--tier xs" -DOTA_OTD_ONLY_XS $two_slots $mapped -DAGENT_BARE_ONLY
agree signed '' "--tier xs" -DOTA_OTD_ONLY_XS $two_slots $mapped
agree old-read 's/old: mapped/old: read/' "--tier xs" -DOTA_OTD_ONLY_XS $two_slots \
	-DAGENT_PATCH_MAPPED
agree patch-external "s/patch: secondary/patch: external:0x0+64K/; \$a $external" "--tier xs" \
	-DOTA_OTD_ONLY_XS $two_slots -DAGENT_OLD_MAPPED
agree page '$a flash: {program: 256}' "--tier xs" -DOTA_OTD_ONLY_XS $two_slots $mapped \
	-DAGENT_PAGE=256U
agree tier-m 's/ram: 4104/ram: 32K/; s/tier: xs/tier: m/' "--tier m" $mapped
agree window-vcdiff 's/ram: 4104/ram: 32K/; s/format: otd, tier: xs/format: vcdiff, window: 4096/' \
	"--format vcdiff --window 4096" -DOTA_OTD_ONLY_XS $two_slots $mapped \
	-DAGENT_VCDIFF_WINDOW=4096U
agree far-vcdiff "s/ram: 4104/ram: 32K/; s/format: otd, tier: xs/format: vcdiff, window: 4096/
	s/patch: secondary/patch: external:0x0+64K/; s/old: mapped/old: read/; \$a $external" \
	"--format vcdiff --window 4096" -DOTA_OTD_ONLY_XS $two_slots -DAGENT_VCDIFF_WINDOW=4096U
agree tier-nano 's/ram: 4104/ram: 1032/; s/tier: xs/tier: nano/' "--tier nano" -DOTA_OTD_ONLY_NANO \
	$two_slots $mapped
# The second one is where tier M pays. VCDIFF's decoder has a window besides, of what patches_of says.
for build in nano xs full vcdiff; do
	window=0
	[ $build != vcdiff ] || window=16384
	bundle_of $build 0 && published "$tmp/patch-$build-2" \
		$(($(state_of $core $build) + window)) "$(number "$(stack_of $build)" $core)"
done
finish
