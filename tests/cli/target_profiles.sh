#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Profiles as files: schema, manual and parser agree; bases are found beside the profile that names
# them; what is refused is refused with line and field.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1

# -- schema and manual -------------------------------------------------------------------------------
if python3 -c 'import yaml, jsonschema' 2>/dev/null; then
	checks=$((checks + 1))
	python3 "$OTA_SOURCE/tests/support/target_schema.py" "$OTATOOL" "$OTA_SOURCE" ||
		fail "schema, manual and parser differ"
else
	echo "python3-yaml or python3-jsonschema is missing: the schema is not tested"
fi
checks=$((checks + 1))
grep -q "^\.TH .* \"$("$OTATOOL" version | head -n 1)\"" "$OTA_SOURCE/man/otatool-target.5" ||
	fail "the manual is of another version"
if command -v man >/dev/null; then
	checks=$((checks + 1))
	warnings=$(LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l "$OTA_SOURCE/man/otatool-target.5" \
		2>&1 >"$tmp/page")
	[ -z "$warnings" ] || fail "man: $warnings"
	awk 'length > 80' "$tmp/page" >"$tmp/out"
	[ ! -s "$tmp/out" ] || fail "lines of the manual are wider than 80: $(head -n 1 "$tmp/out")"
fi

# -- bases that are files ----------------------------------------------------------------------------
mkdir -p "$tmp/devices/common" "$tmp/elsewhere"
cd "$tmp" || exit 1
cat >devices/common/meter.yaml <<'YAML'
name: meter
base: water-meter-l476
updater: {ram: 20K}
YAML
cat >devices/v2.yaml <<'YAML'
name: meter-v2
base: common/meter.yaml
ram: 96K
YAML
cat >devices/v3.yml <<'YAML'
name: meter-v3
base: ./v2.yaml
mcuboot: {max-sectors: 224}
YAML
expect 0 "$OTATOOL" targets devices/v3.yml --json
says out '"name": "meter-v3"'
says out '"ram_bytes": 98304'
says out '"max_image_bytes": 453328'
# The folder that counts is the profile's, not the one the command runs in.
cd elsewhere || exit 1
expect 0 "$OTATOOL" targets ../devices/v3.yml
expect 0 "$OTATOOL" targets "$tmp/devices/v3.yml"
cd .. || exit 1
printf 'name: x\nbase: %s/devices/v2.yaml\n' "$tmp" >absolute.yaml
expect 0 "$OTATOOL" targets absolute.yaml
# A profile on standard input has no folder but the current one.
checks=$((checks + 1))
printf 'name: x\nbase: devices/v2.yaml\n' | "$OTATOOL" targets - >out 2>err ||
	fail "a profile on standard input: $(cat err)"

# -- bases that are none -----------------------------------------------------------------------------
printf 'name: x\nbase: ./gone.yaml\n' >devices/a.yaml
expect 3 "$OTATOOL" targets devices/a.yaml
says err 'error: devices/a.yaml:2: base: devices/gone.yaml: cannot open: No such file'
printf 'name: x\nbase: ../devices/\n' >devices/a.yaml
expect 3 "$OTATOOL" targets devices/a.yaml
says err 'a.yaml:2: base: devices/../devices/: is a directory'
printf 'name: x\nbase: a.yaml\n' >devices/a.yaml
expect 3 "$OTATOOL" targets devices/a.yaml
says err 'devices/a.yaml:2: base: a.yaml is this profile itself$'
expect 3 "$OTATOOL" targets ./devices/a.yaml
says err 'a.yaml:2: base: a.yaml is this profile itself$'
printf 'name: x\nbase: b.yaml\n' >devices/a.yaml
printf 'name: x\nbase: ././a.yaml\n' >devices/b.yaml
expect 3 "$OTATOOL" targets devices/a.yaml
says err 'a.yaml:2: base: devices/b.yaml:2: base: ././a.yaml builds on this profile: a loop$'
# A loop in other spellings each time ends too.
printf 'name: x\nbase: ../devices/a.yaml\n' >devices/b.yaml
expect 3 "$OTATOOL" targets devices/a.yaml
says err 'a loop$|is one base more than the 4 that can be$'
ln -s v2.yaml devices/link.yaml
printf 'name: x\nbase: link.yaml\n' >devices/a.yaml
expect 0 "$OTATOOL" targets devices/a.yaml
for i in 1 2 3 4 5; do
	printf 'name: x\nbase: d%d.yaml\n' $((i + 1)) >devices/d$i.yaml
done
printf 'name: x\nbase: nrf52840\n' >devices/d4.yaml
expect 0 "$OTATOOL" targets devices/d1.yaml
printf 'name: x\nbase: d5.yaml\n' >devices/d4.yaml
printf 'name: x\nbase: nrf52840\n' >devices/d5.yaml
expect 3 "$OTATOOL" targets devices/d1.yaml
says err 'devices/d5.yaml:2: base: nrf52840 is one base more than the 4 that can be$'
# A fault in the base is told with the base's own line.
printf 'name: x\nbase: nrf52840\nram: lots\n' >devices/d5.yaml
printf 'name: x\nbase: d5.yaml\n' >devices/d1.yaml
expect 3 "$OTATOOL" targets devices/d1.yaml
says err 'devices/d1.yaml:2: base: devices/d5.yaml:3: ram: lots is not a size from 1 to'
head -c 300000 /dev/zero >devices/big.yaml
printf 'name: x\nbase: big.yaml\n' >devices/a.yaml
expect 3 "$OTATOOL" targets devices/a.yaml
says err 'base: devices/big.yaml: is 300000 bytes, at most 262144 are read'
printf 'name: x\nbase: nrf52480\n' >devices/a.yaml
expect 3 "$OTATOOL" targets devices/a.yaml
says err 'hint: did you mean nrf52840'

# -- units -------------------------------------------------------------------------------------------
for ram in 131072 128K 128KiB 0x20000 0x80K; do
	printf 'name: x\nbase: nrf52840\nram: %s\n' "$ram" >a.yaml
	expect 0 "$OTATOOL" targets a.yaml --json
	says out '"ram_bytes": 131072'
done
for ram in 128k 128KB '128 K' 1.5M K 0x '"128K "' 1e5; do
	printf 'name: x\nbase: nrf52840\nram: %s\n' "$ram" >a.yaml
	expect 3 "$OTATOOL" targets a.yaml
	says err 'a.yaml:3: ram: .* is not a size from 1 to 4294967295 bytes, like 4096, 0x1000 or 128K$'
done

finish
