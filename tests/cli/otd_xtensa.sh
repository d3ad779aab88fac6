#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Xtensa code, and images that say by themselves where their parts lie.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1
old=$OTA_VECTORS/otd/esp8266-1.2.0
new=$OTA_VECTORS/otd/esp8266-1.3.0

# -- the header tells all -------------------------------------------------------------------------
expect 0 "$OTATOOL" diff "$old" "$new" -o p
says out "; xtensa code in 2 segments \\(from the image header\\)$"
expect 0 "$OTATOOL" apply "$old" p -o result
same result "$new"
expect 0 "$OTATOOL" inspect p
says out "code       xtensa at 0x40201000, in 2 segments$"
expect 0 "$OTATOOL" diff "$old" "$new" -o p.json --json
says out '"arch": "xtensa"'
says out '"segments": 2'
same p p.json
expect 0 "$OTATOOL" diff "$old" "$new" -o m --tier m
expect 0 "$OTATOOL" apply "$old" m -o result
same result "$new"
# It pays.
expect 0 "$OTATOOL" diff "$old" "$new" -o none --arch none
says out "; no code known$"
checks=$((checks + 1))
[ $(($(stat -c %s p) * 10)) -lt $(($(stat -c %s none) * 7)) ] ||
	fail "$(stat -c %s p) bytes with the code known, $(stat -c %s none) without"

# -- an address that is given comes first ---------------------------------------------------------
expect 0 "$OTATOOL" diff "$old" "$new" -o based --base 0x40201000
says out "; xtensa code at 0x40201000 \\(given\\)$"
expect 0 "$OTATOOL" apply "$old" based -o result
same result "$new"

# -- another architecture on demand, and the same -------------------------------------------------
for arch in thumb rv32; do
	expect 0 "$OTATOOL" diff "$old" "$new" -o forced --arch $arch
	says out "; $arch code in 2 segments \\(from the image header\\)$"
	expect 0 "$OTATOOL" apply "$old" forced -o result
	same result "$new"
done
expect 0 "$OTATOOL" diff "$old" "$new" -o forced --arch xtensa
same forced p
# Nano has no segments: this ended as an error of ours.
expect 0 "$OTATOOL" diff "$old" "$new" -o forced --arch thumb --tier nano
says out "; (thumb code at 0x[0-9a-f]+ \\(found by its pointers\\)|code at no known address)$"
expect 0 "$OTATOOL" apply "$old" forced -o result
same result "$new"

# -- without a header the code itself tells -------------------------------------------------------
tail -c +17 "$old" >old.bin
tail -c +17 "$new" >new.bin
expect 0 "$OTATOOL" diff old.bin new.bin -o p2
says out "; (xtensa code at no known address|code at no known address)$"
expect 0 "$OTATOOL" apply old.bin p2 -o result
same result new.bin
# A damaged image is no image of theirs any more.
cp "$old" damaged
put damaged 2000 ff
expect 0 "$OTATOOL" diff damaged "$new" -o p3
says out "code at no known address"
expect 0 "$OTATOOL" apply damaged p3 -o result
same result "$new"

# -- small and odd files --------------------------------------------------------------------------
: >empty
printf x >x
bytes 3001 5 >random
{ head -c 1000 random; bytes 333 7; tail -c 1500 random; } >edited
for pair in "empty x" "x empty" "x x" "random edited" "edited random" "empty random"; do
	read -r one other <<<"$pair"
	for tier in xs m; do
		expect 0 "$OTATOOL" diff "$one" "$other" -o p --arch xtensa --tier $tier --base 0x40200001
		expect 0 "$OTATOOL" apply "$one" p -o result
		same result "$other"
	done
done
finish
