#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The update agent of examples/device runs on emulated cores: every format, bare and signed, stored and
# streamed, on flash of several kinds; what must be refused is refused before anything is written; and
# MCUboot's marks are those that MCUboot reads.
. "$OTA_SOURCE/tests/support/lib.sh"
. "$OTA_SOURCE/tests/support/rig.sh"
rig_needs
old=$sensor/sensor-1.2.0.bin
new=$sensor/sensor-1.3.0.bin

# made CORE WORDS...: the agent makes new; more orders for the rig on standard input.
made() {
	local core=$1
	shift
	{ cat; echo "expect ${expect:-$new}"; } >"$tmp/orders"
	checks=$((checks + 1))
	rig "$core" "$tmp/orders" >"$tmp/log" || { fail "$core, $*: $(tail -n 5 "$tmp/log")"; return 1; }
	echo "$core, $*: $(grep '^operations' "$tmp/log")"
}

# refused CORE WHY WORDS...: it says WHY and has written nothing.
refused() {
	local core=$1 why=$2
	shift 2
	cat >"$tmp/orders"
	checks=$((checks + 1))
	rig "$core" "$tmp/orders" >"$tmp/log" || { fail "$core, $*: $(tail -n 5 "$tmp/log")"; return 1; }
	grep -q "^refused: .*$why" "$tmp/log" || { fail "$core, $*: not refused for $why"; cat "$tmp/log"; }
	grep -q 'primary 0, secondary 0, journal 0, patch 0' "$tmp/log" ||
		fail "$core, $*: $(grep '^operations' "$tmp/log")"
}

# parts PATCH: the parts for this old and new image; stored: and the patch in its part.
parts() {
	rig_parts "$old" "$new" "$tmp/$1"
}

stored() {
	parts "$1"
	echo "patch stored $tmp/$1"
}

diff_of() {
	expect 0 "$OTATOOL" diff "$@"
}

for core in $rig_cores; do
	checks=$((checks + 1))
	rig_build "$core" || fail "$core: does not build"
done
[ "$failures" = 0 ] || finish
rig_keys

# Bare patches, on every core.
diff_of "$old" "$new" -o "$tmp/xs" --tier xs
diff_of "$old" "$new" -o "$tmp/m" --tier m
diff_of "$old" "$new" -o "$tmp/vcdiff" --format vcdiff --window 8K
diff_of "$old" "$new" -o "$tmp/bsdiff" --format bsdiff
for core in $rig_cores; do
	made "$core" xs < <(stored xs)
	made "$core" m < <(stored m)
	made "$core" vcdiff with windows < <(stored vcdiff)
	refused "$core" 'up to 4 MB' bsdiff < <(stored bsdiff)
done

# The smallest tier, and one slot.
diff_of "$old" "$new" -o "$tmp/nano" --tier nano
diff_of "$old" "$new" -o "$tmp/place" --in-place --block 2K --safe-distance 16K
diff_of "$new" "$old" -o "$tmp/back" --in-place --block 2K --safe-distance 4K --tier m
for core in $rig_cores; do
	made "$core" nano < <(stored nano)
	made "$core" xs, in place < <(stored place; echo in-place)
done
made m3 xs, in place, a checkpoint every 5 blocks < <(stored place; printf '%s\n' in-place 'every 5')
expect=$old made m3 m, in place, back again < <(
	stored back | sed "s,^load primary.*,load primary $new,"; echo in-place)
refused m3 'number of slots' in place with two slots < <(stored place)
refused m3 'number of slots' two slots in place < <(stored xs; echo in-place)
refused m3 'does not fit' no room to move old up < <(
	stored place | sed 's/^part primary.*/part primary 8 255 2048 57/'; echo in-place)
refused m3 'journal' in place without a journal < <(
	stored place | grep -v '^part journal'; echo in-place)

# From another place, into another place, for good.
made m3 xs, streamed < <(parts xs; echo "patch streamed $tmp/xs")
made m3 xs, permanent < <(stored xs; echo permanent)
made m3 "xs, patch in the slot's tail, new behind its first sector" < <(
	parts xs | grep -v '^part secondary'
	printf '%s\n' 'part secondary 8 255 2048 60' 'first 2048' "patch tail $tmp/xs")

# Other flash: large and uneven sectors, 32 bytes at once, 4 bytes, erased as zeros.
made m3 xs, sectors of 16 and 64 KiB < <(
	stored xs | grep -v '^part'
	cat <<EOF2
part primary 8 255 16384 4 65536 1
part secondary 8 255 16384 4 65536 1
part journal 8 255 16384 2
part patch 8 255 65536 1
EOF2
)
made m3 xs, 32 bytes at once < <(
	stored xs | grep -v '^part\|^max-align'
	cat <<EOF2
part primary 32 255 8192 16
part secondary 32 255 8192 16
part journal 32 255 8192 2
part patch 32 255 8192 1
max-align 32
EOF2
)
made m3 xs, 4 bytes at once, erased as zeros < <(stored xs | sed 's/^\(part [a-z]*\) 8 255/\1 4 0/')

# What cannot be: a patch that is none, for another old image, for a larger slot, cut short.
{ printf '\0'; tail -c +2 "$tmp/xs"; } >"$tmp/damaged"
head -c 8 "$tmp/xs" >"$tmp/short"
refused m3 'no patch format' no magic < <(stored damaged)
refused m3 'another old image' another old < <(stored xs | sed "s,^load primary.*,load primary $new,")
refused m3 'does not fit' too small a slot < <(stored xs | sed 's/^part secondary.*/part secondary 8 255 2048 5/')
refused m3 'not whole\|malformed' cut short < <(stored short)

# Signed updates: images of MCUboot, with a security counter.
image() {
	expect 0 "$OTATOOL" sign "$sensor/sensor-$1.bin" -o "$2" -k "$tmp/key.pem" --version "$1" \
		--header-size 0x200 --pad-header --security-counter "$3"
}
old=$tmp/old.img
new=$tmp/new.img
image 1.2.0 "$old" 2
image 1.3.0 "$new" 3
image 1.2.0 "$tmp/later.img" 9
signed() {
	stored "$1"
	printf '%s\n' signed "verify $tmp/verify"
}
diff_of "$old" "$new" -o "$tmp/update" -k "$tmp/key.pem"
diff_of "$old" "$new" -o "$tmp/update-vcdiff" -k "$tmp/key.pem" --format vcdiff --window 8K
diff_of "$old" "$new" -o "$tmp/update-other" -k "$tmp/other.pem"
diff_of "$old" "$new" -o "$tmp/bare"
cp "$tmp/update" "$tmp/flipped"
put "$tmp/flipped" 600 5a
for core in $rig_cores; do
	made "$core" signed < <(signed update)
	refused "$core" signature signed by another key < <(signed update-other)
done
made m3 signed vcdiff < <(signed update-vcdiff)
refused m3 damaged a byte changed < <(signed flipped)
refused m3 counter a lower security counter < <(
	signed update | sed "s,^load primary.*,load primary $tmp/later.img,")
refused m3 counter under the floor < <(signed update; echo 'floor 4')
refused m3 'another old image' another old < <(signed update | sed "s,^load primary.*,load primary $new,")
refused m3 signed a bare patch < <(signed bare)

# The slot as MCUboot finds it, told by otatool.
made m3 signed, its slot as a file < <(signed update; echo "dump $tmp/slot")
expect 0 "$OTATOOL" verify "$tmp/slot.secondary" -k "$tmp/public.pem"
expect 0 "$OTATOOL" inspect "$tmp/slot.secondary"
says out '1\.3\.0'
says out 'swap test'
finish
