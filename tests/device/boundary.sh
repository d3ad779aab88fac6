#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# boundary.sh [CORE...]: the stack that the call graph predicts is the stack a decoder needs. On an
# emulated core the decoder gets a stack of its own at the very bottom of RAM: below it is nothing, and
# a write there faults. With exactly the predicted bytes every patch is decoded, hostile ones too; with
# 8 less the core faults. The main stack, of whoever calls and of the fault, lies elsewhere.
OTA_SOURCE=${OTA_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
OTATOOL=${OTATOOL:-$OTA_SOURCE/build/release/otatool}
. "$OTA_SOURCE/tests/support/device.sh"
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }

step=8
slack_max=64
fault=7

# ends CORE OUT BUILD STACK: the emulator's exit code, the words in $words.
ends() {
	bundle_of "$3" "$4" || return 99
	words=$(emulate "$1" "$2/run.elf" "$bundle")
}

# holds CORE OUT BUILD STACK WANTED WHAT
holds() {
	local got=0
	checks=$((checks + 1))
	ends "$1" "$2" "$3" "$4" || got=$?
	[ "$got" = "$5" ] || fail "$1, $3: exit code $got with $6, $4 bytes of stack, not $5: $words"
}

# prove CORE BUILD
prove() {
	local core=$1 level=-Os build=$2 out=$tmp/$1-$2 predicted used
	build "$core" "$level" "$build" "$out" && program "$core" "$level" "$build" "$out" &&
		predicted=$(deepest "$build" --code "$out/run.dis" "$out"/*.ci "$out"/run/*.ci) &&
		ends "$core" "$out" "$build" "$predicted" ||
		{ fail "$core, $build: not with what is predicted: ${words-not built}"; return; }
	checks=$((checks + 1))
	used=$(sed -n 's/^good, stack //p' <<<"$words")
	echo "$core, $build: $predicted bytes of stack predicted, $used used"
	holds "$core" "$out" "$build" $((used - step)) $fault "$step less than are used"
	[ "$predicted" = "$used" ] || holds "$core" "$out" "$build" "$used" 0 "what is used"
	checks=$((checks + 1))
	[ $((predicted - used)) -le $slack_max ] || fail "$core, $build: predicted is too much"
}

# A core with a library for what the compiler calls, or nothing is proved.
for core in ${*:-$arm_cores rv32imac}; do
	command -v "$(cross_of "$core")-gcc" >/dev/null && can_run "$core" ||
		{ echo "$core: not here"; continue; }
	for build in $(builds_of "$core" -Os); do
		case $build in
		xs-*) continue ;;
		esac
		! runs "$build" || prove "$core" "$build"
	done
done
[ $((checks + failures)) -gt 0 ] || { echo "skipped: no compiler, emulator or library"; exit 77; }
finish
