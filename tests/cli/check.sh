#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check: what it takes, its report in every form, its gates, and its exit codes.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1

cat >board.yaml <<'YAML'
name: small-board
flash: {sectors: [64*2048], write: 8, program: 8, erased: 0xff, read-write: true}
ram: 32768
updater: {ram: 8192, stack: 1024, old: mapped, decoders: [{format: otd, tier: xs}]}
mcuboot: {mode: swap-scratch, max-align: 8, max-sectors: 32, header-size: 0x200, encryption: none,
          boot: 0x0+16K, primary: 0x4000+32K, secondary: 0xc000+32K, scratch: 0x14000+4K}
YAML
target=./board.yaml
lora=lorawan,region=eu868,dr=0,class=c
"$OTATOOL" keygen -t ed25519 -o key.pem
rest=(--header-size 0x200 --pad-header --align 8 --max-sectors 32 -k key.pem)
bytes 9000 1 >old.bin
{ head -c 4000 old.bin; bytes 300 2; tail -c 4900 old.bin; } >new.bin
"$OTATOOL" sign old.bin -o old.img --version 1.2.0 "${rest[@]}"
"$OTATOOL" sign new.bin -o new.img --version 1.3.0 "${rest[@]}"
"$OTATOOL" sign new.bin -o padded.img --version 1.3.0 "${rest[@]}" --pad --slot-size 32K
"$OTATOOL" diff old.img new.img -o patch --format otd >/dev/null
"$OTATOOL" diff old.img new.img -o update.img --format otd -k key.pem >/dev/null
cp old.img old.before
given=(check update.img --old old.img --new new.img --target "$target")

json() {
	checks=$((checks + 1))
	jq -en "input | $1" out >/dev/null || fail "not so in the JSON: $1"
}

# value EXPRESSION: of the last JSON report.
value() {
	jq -rn "input | $1" out
}

# last LINE: the report ends with it, on standard output, where nothing comes after it.
last() {
	checks=$((checks + 1))
	# shellcheck disable=SC2053 # a pattern
	[[ $(tail -n 1 out) == $1 ]] || fail "the last line is \"$(tail -n 1 out)\", not \"$1\""
}

# -- the report --------------------------------------------------------------------------------------
expect 0 "$OTATOOL" "${given[@]}"
says out "^update.img: delta update of [0-9,]+ bytes with its otd patch of [0-9,]+ bytes, for small-board"
says out "^it turns the old image into the new one, byte for byte$"
says out "^old image 1.2.0, [0-9,]+ bytes; new image 1.3.0, [0-9,]+ bytes$"
says out "^applied on the device$"
says out "^item .* needs +has +margin +verdict$"
says out "^updater RAM +4,104 +8,192 +\\+4,088  fits$"
says out "^  patch decoder state, tier xs +4,096$"
says out "^updater stack +[0-9]+ +1,024 "
last fits
checks=$((checks + 1))
[ "$(awk 'length > 100' out)" = "" ] || fail "a line is longer than 100 columns: $(awk 'length > 100' out)"
cp out first
expect 0 "$OTATOOL" "${given[@]}"
same out first
# The same by a bare patch, whose new image is made when none is named.
expect 0 "$OTATOOL" check patch --old old.img --target $target
says out "^patch: otd patch of"
says out "^it makes [0-9,]+ bytes; without --new no one knows if these were meant$"
last fits
expect 0 "$OTATOOL" "${given[@]}" --on gateway
says out "^applied by the gateway, "
expect 1 "$OTATOOL" "${given[@]}" --ram 4103
says out "^updater RAM +4,104 +4,103 +-1  DOES NOT FIT$"
says out "^fails: updater RAM$"
last "does not fit: 1 of * items*"
checks=$((checks + 1))
! grep -q "hint:" err || fail "a hint after the verdict: $(cat err)"
expect 0 "$OTATOOL" "${given[@]}" --ram 4104
expect 1 "$OTATOOL" "${given[@]}" --scratch 1K
last "does not fit*"
expect 0 "$OTATOOL" "${given[@]}" --scratch 2K

# A long name moved its number out of the column.
sed 's/swap-scratch/single-slot/; s/, secondary: .*}$/}/' board.yaml >single.yaml
expect 1 "$OTATOOL" check update.img --old old.img --target ./single.yaml --ram 5K
columns() { awk -v what="$1" 'index($0, what) == 1 { match($0, what " +[0-9,]+"); print RSTART + RLENGTH; exit }' out; }
checks=$((checks + 1))
[ "$(columns "updater RAM")" = "$(columns "  new image, until the old one may be overwritten")" ] ||
	fail "a number beside its column: $(grep -A 3 "^updater RAM" out)"

# -- JSON --------------------------------------------------------------------------------------------
sent=$(stat -c %s update.img)
old=$(stat -c %s old.img)
new=$(stat -c %s new.img)
expect 0 "$OTATOOL" "${given[@]}" --json --link $lora --explain
json '.schema == "otatool.check/1" and .kind == "delta_update" and .format == "otd" and .delta_update'
json '.target == "small-board" and .image == 0 and .mode == "swap-scratch" and .applied_by == "device"'
json ".update_bytes == $sent and .patch_bytes == $(stat -c %s patch)"
json ".old_image_bytes == $old and .new_image_bytes == $new and .max_image_bytes > 0 and .fits"
json '[.lines[] | select(.unit == "bytes") | .needs_bytes >= 0] | length > 0 and all'
json '[.lines[] | .fits, (.gate | not)] | all'
json '[.lines[] | select(has("has_bytes")) | .margin_bytes == .has_bytes - .needs_bytes] | length > 0 and all'
json '(.findings | type == "array") and (.remedies | type == "array")'
json '[.rules[] | (.item | length > 0) and (.formula | length > 0)] | length > 3 and all'
json ".deliveries[0] | .link == \"lorawan\" and .kind == \"lorawan\" and .bytes == $sent and
	.packets == ($sent / 48 | ceil) and .packet_bytes == 48 and .airtime_us > 0 and
	.duration_us >= .airtime_us and (.formula | length > 0) and ([.assumptions[].given] | any and (all | not))"
json '.wear.upgrade | .erases == .primary.erases + .secondary.erases + .scratch.erases and .erases > 0'
json '.wear.store.erases > 0 and .wear.revert.erases > 0 and (.wear.upgrade.times_unread | type == "boolean")'
erases=$(value .wear.upgrade.erases)
airtime=$(value '.deliveries[0].airtime_us')
delivery=$(value '.deliveries[0].duration_us')
expect 0 "$OTATOOL" "${given[@]}" --json
json 'has("rules") | not'
expect 1 "$OTATOOL" "${given[@]}" --json --ram 1K
json '(.fits | not) and (.remedy | length > 0) and .remedies[0] != null'
says err "^otatool: hint: "
expect 0 "$OTATOOL" check patch --old old.img --target $target --json
json '.kind == "patch" and (.delta_update | not) and .update_bytes == .patch_bytes'

# -- rules and links ---------------------------------------------------------------------------------
expect 0 "$OTATOOL" "${given[@]}" --explain --link $lora --link ble,mtu=185
says out "^rules"
says out "\\[boot/bootutil/src/[a-z_]+\\.[ch]:[0-9]"
says out "^delivery of [0-9,]+ bytes$"
says out "^  lorawan: [0-9,]+ packets of at most 48 bytes, .* on air, .* from"
says out "^    given:   .*eu868"
says out "^    assumed: "
says out "^  ble: "
last fits
expect 2 "$OTATOOL" "${given[@]}" --link lora
expect 2 "$OTATOOL" "${given[@]}" --link lorawan,drr=0
says err "dr"
expect 2 "$OTATOOL" "${given[@]}" --link ble --link ble

# A number and its unit stay on one line: "10" was at the end of one, "%" at the start of the next.
expect 0 "$OTATOOL" "${given[@]}" --link lorawan,dr=0,devices=100000,class=c,redundancy=50%
checks=$((checks + 1))
! grep -qE "^ +(%|min|h|s|ms|bytes)([ ;,).]|$)" out || fail "a unit without its number: $(grep -E "^ +(%|min|bytes)" out)"
checks=$((checks + 1))
[ "$(awk 'length > 100' out)" = "" ] || fail "a line is longer than 100 columns: $(awk 'length > 100' out)"

# What is often said of LoRaWAN: 200 KiB in packets of 50 bytes are more than 4,000 of them and take
# more than 40 hours, and 15 to 30 KB take 3 to 6 hours. It is so at SF9, for a gateway at 1 %.
claim=lorawan,dr=3,fragment=50,header=0
# claimed BYTES LINK PACKETS LEAST MOST: a full image of so many bytes, and between what hours.
claimed() {
	bytes $(($1 - around)) 4 >claimed.bin
	expect 0 "$OTATOOL" sign claimed.bin -o claimed.img --version 2.0.0 "${rest[@]}"
	expect 0 "$OTATOOL" check claimed.img --target water-meter-l476 --link "$2" --json
	json ".update_bytes == $1 and (.deliveries[0] | .bytes == $1 and .packets == $3 and .packet_bytes == 50 and
		.duration_us / 3.6e9 >= $4 and .duration_us / 3.6e9 <= $5)"
}
around=$((new - $(stat -c %s new.bin)))
claimed 204800 $claim 4096 44.3 44.4
claimed 204800 $claim,crc=no 4096 42 42.1
claimed 15000 $claim 300 3.2 3.3
claimed 30000 $claim 600 6.5 6.51
claimed 15000 $claim,crc=no 300 3 3.1
claimed 30000 $claim,crc=no 600 6.1 6.2
expect 0 "$OTATOOL" check claimed.img --target water-meter-l476 --link $claim,crc=no
says out "^    sum: +600 packets x 369.664 ms / 1 %$"
says out "^    given: +data rate DR3: SF9, 125 kHz"
says out "^  lorawan: 600 packets of at most 50 bytes, 3 min 42 s on air, 6 h 10 min from first to last"

# -- gates, at the limit and one beside it -----------------------------------------------------------
# gate OPTION VALUE LESS [MORE...]: the value fits, the lesser one does not, and nothing else fails.
gate() {
	local option=$1 limit=$2 less=$3
	shift 3
	expect 0 "$OTATOOL" "${given[@]}" "$@" "--$option" "$limit" --json
	json '[.lines[] | select(.gate)] | length > 0 and all(.fits)'
	expect 1 "$OTATOOL" "${given[@]}" "$@" "--$option" "$less" --json
	json '(.fits | not) and ([.lines[] | select(.fits | not) | .gate] | length > 0 and all)'
	expect 1 "$OTATOOL" "${given[@]}" "$@" "--$option" "$less"
	says out "  DOES NOT FIT$"
	says out "^    your limit"
	last "does not fit: 1 of * items*"
}
gate max-patch "$sent" $((sent - 1))
gate max-erases "$erases" $((erases - 1))
gate max-airtime "${airtime}us" "$((airtime - 1))us" --link $lora
gate max-delivery "${delivery}us" "$((delivery - 1))us" --link $lora
expect 0 "$OTATOOL" "${given[@]}" --json --max-ram 8K
ram=$(value '[.lines[] | select(.gate)][0].needs_bytes')
gate max-ram "$ram" $((ram - 1))
for option in max-airtime max-delivery; do
	expect 2 "$OTATOOL" "${given[@]}" --$option 2h
	says err "link"
	expect 2 "$OTATOOL" "${given[@]}" --link ble --$option 2
	expect 2 "$OTATOOL" "${given[@]}" --link ble --$option never
done
expect 2 "$OTATOOL" "${given[@]}" --max-patch 1G
expect 2 "$OTATOOL" "${given[@]}" --max-erases -1
expect 2 "$OTATOOL" "${given[@]}" --max-ram ""

# -- full images -------------------------------------------------------------------------------------
expect 0 "$OTATOOL" check new.img --target $target
says out "^new.img: full image of [0-9,]+ bytes, for small-board"
says out "^note old-image-not-given: "
last fits
expect 0 "$OTATOOL" check padded.img --target $target --json
json ".kind == \"image\" and .update_bytes == $new and .new_image_bytes == $new"
json '(has("old_image_bytes") or has("format") or has("applied_by") or .delta_update) | not'
expect 0 "$OTATOOL" check padded.img --old old.img --new new.img --target $target --json --link $lora
json ".old_image_bytes == $old and .deliveries[0].bytes == $new"
expect 1 "$OTATOOL" check new.img --new old.img --target $target
says err "error: new.img: is not the image in old.img: they differ from byte "
expect 1 "$OTATOOL" check new.img --target $target --max-patch $((new - 1))
expect 0 "$OTATOOL" sign new.bin -o new.hex --version 1.3.0 "${rest[@]}" --hex-addr 0x4000
expect 0 "$OTATOOL" check new.hex --target $target --json
json ".kind == \"image\" and .update_bytes == $new"
"$OTATOOL" check - --target $target <new.img >out 2>err || fail "an image on standard input"
expect 0 "$OTATOOL" keygen -t ecdsa-p256 -o enc.pem
expect 0 "$OTATOOL" pubkey -k enc.pem -o enc.pub
expect 0 "$OTATOOL" sign new.bin -o closed.img --version 1.3.0 "${rest[@]}" -E enc.pub
expect 1 "$OTATOOL" check closed.img --target $target
says out "^failure .*encrypt"
sed 's/encryption: none/encryption: aes128/' board.yaml >aes.yaml
expect 0 "$OTATOOL" check closed.img --target ./aes.yaml --json
json ".update_bytes == $(stat -c %s closed.img) and .new_image_bytes == .update_bytes"
bytes 31500 3 >large.bin
expect 0 "$OTATOOL" sign large.bin -o large.img --version 1.4.0 "${rest[@]}"
expect 1 "$OTATOOL" check large.img --target $target
says out "^new image .* DOES NOT FIT$"
last "does not fit*"
cp new.img damaged.img
put damaged.img 2000 00112233
expect 1 "$OTATOOL" check damaged.img --target $target --json
json '(.fits | not) and .kind == "image" and .error == "wrong digest"'
expect 3 "$OTATOOL" check new.img --old patch --target $target
says err "patch: is a patch, not an image"
says err "hint: the patch goes without an option"
# By its form a delta update is an image, and it took the place of the old one: "fits".
expect 3 "$OTATOOL" check new.img --old update.img --target $target
says err "update.img: is a delta update, not an image"
# What is cut off was called another image than NEW.
head -c 5000 new.img >cut.img
expect 3 "$OTATOOL" check cut.img --new new.img --target $target
says err "cut.img: image is cut off"
expect 3 "$OTATOOL" check new.img --new cut.img --target $target
says err "cut.img: image is cut off"
expect 3 "$OTATOOL" check new.img --new patch --target $target
says err "patch: not an MCUboot image"
# It passed without a word.
expect 0 "$OTATOOL" check new.img --old new.img --target $target
says err "warning: new.img: changes nothing: the new image is the old one"
expect 0 "$OTATOOL" diff new.img new.img -o same.img --format otd -k key.pem
expect 0 "$OTATOOL" check same.img --old new.img --target $target
says err "warning: same.img: changes nothing"
expect 0 "$OTATOOL" "${given[@]}"
checks=$((checks + 1))
! grep -q "changes nothing" err || fail "a new image that is not the old one: $(cat err)"
expect 3 "$OTATOOL" check new.img --old old.bin --target $target
says err "old.bin: not an MCUboot image"
expect 3 "$OTATOOL" check old.bin --target $target
says err "old.bin: is no patch, no delta update and no MCUboot image"
cp old.bin text.hex
expect 3 "$OTATOOL" check text.hex --target $target

# -- more than one image -----------------------------------------------------------------------------
expect 2 "$OTATOOL" "${given[@]}" --image 1
expect 2 "$OTATOOL" "${given[@]}" --image 99
expect 2 "$OTATOOL" "${given[@]}" --image x
expect 0 "$OTATOOL" "${given[@]}" --image 0
for word in 1 =1.0 1= x=1.0 1=1.0.x 900=1.0; do
	expect 2 "$OTATOOL" "${given[@]}" --installed "$word"
	says err "error: --installed"
done
"$OTATOOL" sign new.bin -o needs.img --version 1.3.0 "${rest[@]}" --dependencies "(1, 2.0.0)"
cat >two.yaml <<'YAML'
name: two-board
flash: {sectors: [128*2048], write: 8, program: 8, erased: 0xff, read-write: true}
ram: 32768
updater: {ram: 8192, stack: 1024, old: mapped, decoders: [{format: otd, tier: xs}]}
mcuboot: {mode: swap-scratch, max-align: 8, max-sectors: 32, header-size: 0x200, encryption: none,
          boot: 0x0+16K, scratch: 0x14000+4K,
          images: [{primary: 0x4000+32K, secondary: 0xc000+32K},
                   {primary: 0x18000+16K, secondary: 0x20000+16K}]}
YAML
two=(check needs.img --target ./two.yaml)
expect 0 "$OTATOOL" "${two[@]}"
says out "\\(swap-scratch\\), image 0 of 0 to 1$"
says out "^warning dependency-unknown: "
expect 0 "$OTATOOL" "${two[@]}" --installed 1=1.0 --installed 1=2.0.0
expect 1 "$OTATOOL" "${two[@]}" --installed 1=1.9.9 --json
json '[.findings[] | select(.severity == "failure") | .id] == ["dependency-not-met"]'
largest=$("$OTATOOL" check new.img --target ./two.yaml --image 1 --json | jq .max_image_bytes)
expect 0 "$OTATOOL" check new.img --target ./two.yaml --json
json ".image == 0 and .max_image_bytes > $largest"
expect 2 "$OTATOOL" "${two[@]}" --image 2

# -- reports for CI servers --------------------------------------------------------------------------
cat >junit.py <<'PY'
import sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot()
cases = suite.findall("testcase")
failed = [case for case in cases if case.find("failure") is not None]
assert suite.tag == "testsuite" and suite.get("name") == "otatool check"
assert int(suite.get("tests")) == len(cases) and int(suite.get("failures")) == len(failed)
assert len({case.get("name") for case in cases}) == len(cases)
assert len(failed) == int(sys.argv[2]), [case.get("name") for case in failed]
assert all(case.get("classname") == sys.argv[3] for case in cases)
assert all(case.find("failure").text and case.find("failure").get("message") for case in failed)
print("\n".join(case.get("name") for case in cases))
PY
# junit FILE FAILED [TARGET]: it is such a report, with so many failures; the names are in $tmp/names.
junit() {
	checks=$((checks + 1))
	python3 junit.py "$1" "$2" "${3:-small-board}" >names 2>names.err || {
		fail "$1: $(tail -n 1 names.err)"
		return 1
	}
}
gitlab() {
	checks=$((checks + 1))
	jq -e "type == \"array\" and ([.[] | (.description | length > 0) and (.check_name | length > 0) and
		(.fingerprint | test(\"^[0-9a-f]{64}\$\")) and .location.lines.begin == 1 and
		(.severity | IN(\"info\", \"minor\", \"major\", \"blocker\"))] | all) and
		([.[].fingerprint] | length == (unique | length)) and ([.[] | select(.severity == \"blocker\")] |
		length == $2)" "$1" >/dev/null || fail "$1 is no such Code Quality report: $(head -c 300 "$1")"
}
expect 0 "$OTATOOL" "${given[@]}" --ci junit
junit out 0
expect 0 "$OTATOOL" "${given[@]}" --ci junit=report.xml
last fits
junit report.xml 0
grep -q "^updater-ram$" names || fail "no test of its own for the RAM: $(tr '\n' ' ' <names)"
expect 1 "$OTATOOL" "${given[@]}" --ci=junit=report.xml --ram 1K --max-patch 10 --json
json '.fits | not'
junit report.xml 2
expect 0 "$OTATOOL" "${given[@]}" --ci gitlab
gitlab out 0
expect 1 "$OTATOOL" "${given[@]}" --ci gitlab=report.json --ram 1K --max-patch 10
last "does not fit: 2 of * items*"
gitlab report.json 2
cp report.json report.first
expect 1 "$OTATOOL" "${given[@]}" --ci gitlab=report.json --ram 1K --max-patch 11
checks=$((checks + 1))
[ "$(jq -c '[.[].fingerprint]' report.json)" = "$(jq -c '[.[].fingerprint]' report.first)" ] ||
	fail "a number in the text makes another issue"
expect 0 "$OTATOOL" "${given[@]}" --ci github
says out "^fits$"
checks=$((checks + 1))
! grep -q "^::error" out || fail "an error where all fits: $(grep ^::error out)"
expect 1 "$OTATOOL" "${given[@]}" --ci github --ram 1K --max-patch 10
says out "^does not fit: 2 of "
says out "^::error file=update\\.img,title=otatool check::updater RAM: needs 4,104 bytes, has 1,024 bytes: "
checks=$((checks + 1))
[ "$(grep -c "^::error" out)" = 2 ] || fail "not one annotation for each line: $(grep ^:: out)"
expect 1 "$OTATOOL" "${given[@]}" --ci github=report.txt --max-patch 10
last "does not fit*"
checks=$((checks + 1))
[ "$(grep -c "^::error" report.txt)" = 1 ] || fail "no annotation in the file"
"$OTATOOL" check update.img --old old.img --target $target --ci junit=- >out 2>err || fail "--ci junit=-"
junit out 0

# What only the note of a line says is in every report: it read "needs 9,644 bytes, has 32,768 bytes".
cat >ram.yaml <<'YAML'
name: ram-board
flash: {sectors: [64*2048], write: 8, program: 8, erased: 0xff, read-write: true}
ram: 65536
updater: {ram: 8192, stack: 1024, old: mapped, decoders: [{format: otd, tier: xs}]}
mcuboot: {mode: ram-load, max-align: 8, max-sectors: 32, header-size: 0x200, encryption: none,
          exec-ram: 0x20000000+32K, boot: 0x0+16K, primary: 0x4000+32K, secondary: 0xc000+32K}
YAML
expect 1 "$OTATOOL" check new.img --old old.img --target ./ram.yaml --ci github
says out "^::error .*new image in RAM.*; loads to 0x00000000, RAM begins at 0x20000000"
expect 1 "$OTATOOL" check new.img --old old.img --target ./ram.yaml --ci junit
checks=$((checks + 1))
grep -q 'message="new image in RAM.*; loads to 0x00000000' out || fail "no reason: $(grep RAM out)"

# No before anything can be added up is a report too.
wrong=(check update.img --old new.img --target "$target")
expect 1 "$OTATOOL" "${wrong[@]}" --json
json '(.fits | not) and .error == "wrong old image" and (.reason | length > 0) and .kind == "delta_update"'
expect 1 "$OTATOOL" "${wrong[@]}" --ci junit
junit out 1
expect 1 "$OTATOOL" "${wrong[@]}" --ci gitlab
gitlab out 1
expect 1 "$OTATOOL" "${wrong[@]}" --ci github
says out "^::error file=update\\.img,title=otatool check::new\\.img: update is for 1\\.2\\.0, this is 1\\.3\\.0"
expect 1 "$OTATOOL" "${wrong[@]}" --json --ci junit=report.xml
json '.fits | not'
junit report.xml 1

# A name cannot forge a line, a property or a tag.
hostile=$'a,b:c%\n::error::x <&">\x01\xff.img'
cp update.img "$hostile"
expect 1 "$OTATOOL" check "$hostile" --old old.img --target $target --max-patch 10 --ci github
checks=$((checks + 1))
[ "$(grep -ac "^::error" out)" = 1 ] || fail "the name forged an annotation"
LC_ALL=C grep -aq '^::error file=a%2Cb%3Ac%25%0A%3A%3Aerror%3A%3Ax <&">?.*,title=otatool check::' out ||
	fail "the name is not escaped: $(grep -a "^::error" out)"
expect 1 "$OTATOOL" check "$hostile" --old old.img --target $target --max-patch 10 --ci junit
junit out 1
expect 1 "$OTATOOL" check "$hostile" --old old.img --target $target --max-patch 10 --ci gitlab
gitlab out 1
expect 0 "$OTATOOL" check "./$hostile" --old old.img --target $target
# GitHub's runner looks for commands in the report too: "::" begins a line, "##[" is anywhere.
for hostile in "::error::x" "a ##[error]x"; do
	cp update.img "$hostile"
	expect 0 "$OTATOOL" check "$hostile" --old old.img --target $target --ci github=report.txt
	checks=$((checks + 1))
	! grep -qE "^[[:space:]]*::|##\\[" out || fail "the name is a command: $(head -n 1 out)"
done
# One file by two names is one, in an annotation and in the fingerprint of an issue.
expect 1 "$OTATOOL" check ./update.img --old old.img --target $target --max-patch 10 --ci github
says out "^::error file=update\\.img,"
expect 1 "$OTATOOL" check ./update.img --old old.img --target $target --max-patch 10 --ci gitlab
json 'all(.location.path == "update.img")'
cp out named.json
expect 1 "$OTATOOL" check update.img --old old.img --target $target --max-patch 10 --ci gitlab
same out named.json

# -- usage -------------------------------------------------------------------------------------------
expect 2 "$OTATOOL" check update.img --old old.img
says err "needs --target T"
expect 2 "$OTATOOL" check update.img --target $target
says err "needs --old OLD: update.img is a delta update"
expect 2 "$OTATOOL" check patch --target $target
says err "needs --old OLD: patch is a patch"
expect 2 "$OTATOOL" check --target $target
says err "needs a patch, a delta update or an image"
expect 2 "$OTATOOL" check update.img new.img --target $target
expect 2 "$OTATOOL" "${given[@]}" --on cloud
expect 2 "$OTATOOL" "${given[@]}" --ci jnuit
says err 'error: --ci: "jnuit" is not one of github, gitlab, junit'
says err "hint: did you mean --ci junit"
expect 2 "$OTATOOL" "${given[@]}" --ci junit=
says err "names no file"
for kind in github gitlab junit junit=- junit=/dev/stdout; do
	expect 2 "$OTATOOL" "${given[@]}" --json --ci $kind
	says err "both go to standard output"
done
for file in update.img old.img new.img board.yaml ./old.img; do
	expect 2 "$OTATOOL" "${given[@]}" --ci "junit=$file"
	says err "is read and would be lost"
done
same old.img old.before
expect 2 "$OTATOOL" check - --old - --target $target
says err "standard input can be only one"
expect 2 "$OTATOOL" check update.img --old old.img --target stm32l476rg
says err "base: stm32l476rg"

# -- bad input and bad places ------------------------------------------------------------------------
expect 3 "$OTATOOL" check update.img --old old.bin --target $target
expect 4 "$OTATOOL" check missing --target $target
expect 4 "$OTATOOL" check new.img --old missing --target $target
expect 4 "$OTATOOL" "${given[@]}" --ci junit=missing/report.xml
says out "^fits$"
expect 4 "$OTATOOL" "${given[@]}" --ci junit=. --max-patch 10
mkdir closed && echo old >closed/report && chmod 555 closed
if [ "$(id -u)" != 0 ]; then
	expect 4 "$OTATOOL" "${given[@]}" --ci junit=closed/report
	[ "$(cat closed/report)" = old ] || fail "the old report is gone"
fi
if [ -c /dev/full ]; then
	expect 4 "$OTATOOL" "${given[@]}" --ci junit=/dev/full
	says err "No space left"
	for words in "" --json "--ci junit" "--ci gitlab" "--ci github"; do
		status=0
		# shellcheck disable=SC2086 # no word or two
		"$OTATOOL" "${given[@]}" $words >/dev/full 2>err || status=$?
		checks=$((checks + 1))
		[ "$status" = 4 ] || fail "exit $status: $words >/dev/full"
	done
fi
for words in "" --json "--ci junit"; do
	status=0
	# shellcheck disable=SC2086 # no word or two
	"$OTATOOL" "${given[@]}" $words >&- 2>err || status=$?
	checks=$((checks + 1))
	[ "$status" = 4 ] || fail "exit $status with a closed standard output: $words"
done
# A report is whole or absent, and one that was there stays until it is replaced.
echo old >kept
(
	ulimit -f 0
	"$OTATOOL" "${given[@]}" --ci junit=kept >/dev/null 2>&1
)
status=$?
checks=$((checks + 1))
[ "$status" = 4 ] || fail "exit $status at a file size limit"
[ "$(cat kept)" = old ] || fail "the old report is gone"

# Cut off or with bytes changed: a clear answer, and never a yes to what is not whole.
step=97
for ((n = 0; n < new; n += step)); do
	head -c "$n" new.img >short.img
	status=0
	"$OTATOOL" check short.img --target $target >out 2>err || status=$?
	checks=$((checks + 1))
	[ "$status" = 1 ] || [ "$status" = 3 ] || fail "an image of $n bytes: exit $status"
	grep -q "^otatool: error: " err || fail "an image of $n bytes: no message"
done
for ((n = 0; n < 64; n += 3)); do
	cp update.img flipped
	put flipped "$n" ff
	status=0
	"$OTATOOL" check flipped --old old.img --target $target --json >out 2>err || status=$?
	checks=$((checks + 1))
	[ "$status" = 1 ] || [ "$status" = 3 ] || cmp -s flipped update.img ||
		fail "byte $n changed: exit $status"
done
finish
