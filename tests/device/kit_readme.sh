#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The kit by its README alone: in an empty folder, what examples/device/README.md says to type is typed,
# and the files that it shows are made as it shows them. A fenced block of sh is run, a block of c or ld
# whose first line is a comment with a file's name becomes that file; all in their order, in one shell.
OTA_SOURCE=${OTA_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$OTA_SOURCE/tests/support/lib.sh"
. "$OTA_SOURCE/tests/support/rig.sh"
rig_needs
readme=$OTA_SOURCE/examples/device/README.md
mkdir "$tmp/project"

# All of it as one script: each file is a here-document in its place.
awk '
	function stop() {if (kind != "sh" && name != "") print end; kind = ""; name = ""}
	/^```/ && kind != "" {stop(); next}
	/^```(sh|c|ld)$/ {kind = substr($0, 4); first = 1; blocks[kind]++; next}
	/^```/ {kind = "other"; next}
	kind == "sh" {print; next}
	(kind == "c" || kind == "ld") && first {
		first = 0
		if ($1 == "/*" && $3 == "*/" && NF == 3) {
			name = $2
			end = "end of " name
			print "cat >" name " <<'"'"'" end "'"'"'"
		}
	}
	name != "" {print}
' "$readme" >"$tmp/script"
checks=$((checks + 1))
{ grep -q 'main\.c' "$tmp/script" && grep -q arm-none-eabi-gcc "$tmp/script"; } ||
	fail "the README has no main.c, or does not build it"
cd "$tmp/project" || exit 1
expect 0 env -i PATH="$PATH" HOME="$tmp" OTATOOL_SOURCE="$OTA_SOURCE" bash -eu "$tmp/script"
cat "$tmp/out"
checks=$((checks + 1))
[ ! -s "$tmp/err" ] || fail "it has warnings: $(cat "$tmp/err")"
built=$(find . -name '*.elf' | head -n 1)
checks=$((checks + 1))
arm-none-eabi-readelf -h "${built:-none}" | grep -q 'Machine: *ARM' ||
	fail "nothing was built"
finish
