#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What is printed from the command table and committed is what the table prints now.
set -eu
cd "$OTA_SOURCE"

"$OTATOOL" help --man | diff - man/otatool.1 || {
	echo "man/otatool.1 is old: build/release/otatool help --man > man/otatool.1"
	exit 1
}

# Every command has a file, a help page with an example, and a line in the overview.
overview=$("$OTATOOL" help)
for name in $(sed -n 's/^COMMAND([a-z]*, "\([a-z]*\)".*/\1/p' cli/commands.def); do
	[ -f "cli/cmd_$name.c" ] || { echo "no cli/cmd_$name.c"; exit 1; }
	grep -q "^  $name " <<<"$overview" || { echo "$name is not in the overview"; exit 1; }
	"$OTATOOL" "$name" --help | grep -q "^  otatool $name" || { echo "$name: no example"; exit 1; }
done

# Each patch format and the image format have their document beside the code.
for format in $("$OTATOOL" version | sed -n 's/^patch formats: //p'); do
	[ -f "formats/$format.md" ] || { echo "no formats/$format.md"; exit 1; }
done
[ -f formats/mcuboot.md ]

if command -v man >/dev/null; then
	warnings=$(LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l man/otatool.1 2>&1 >/dev/null)
	[ -z "$warnings" ] || { echo "man: $warnings"; exit 1; }
fi

# Every finding of check is explained, and no other.
ids=$(grep -ohE '"[a-z0-9]+(-[a-z0-9]+)+"' libota/hazards*.c libota/budget*.[ch] | tr -d '"' | sort -u)
told=$(sed -n 's/^| `\([a-z0-9-]*\)` .*/\1/p' docs/findings.md | sort)
diff <(echo "$ids") <(echo "$told") || { echo "docs/findings.md does not match"; exit 1; }
