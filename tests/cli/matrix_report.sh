#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# matrix report: what it says of whole, partial and damaged folders, in each form.
# shellcheck source=../support/lib.sh
. "$OTA_SOURCE/tests/support/lib.sh" || exit

# history N: $tmp/img/1.0.0.bin and so on, of which each differs from the one before in a few bytes.
history() {
	local i k
	rm -rf "$tmp/img"
	mkdir "$tmp/img"
	bytes 6000 7 >"$tmp/img/app-1.0.0.bin"
	for i in $(seq 1 $(($1 - 1))); do
		cp "$tmp/img/app-1.$((i - 1)).0.bin" "$tmp/img/app-1.$i.0.bin"
		for k in $(seq 1 9); do
			put "$tmp/img/app-1.$i.0.bin" $((i * 397 + k * 31)) "$(printf '%02x' $((i + k)))5a"
		done
	done
}

# plan ARGUMENTS..., run ARGUMENTS...: into $tmp/plan.json and $tmp/folder.
plan() {
	expect 0 "$OTATOOL" matrix plan "$@" -o "$tmp/plan.json"
}

report() {
	expect 0 "$OTATOOL" matrix report "$@"
}

# json EXPRESSION: a python expression of the report `r` that must be true.
json() {
	checks=$((checks + 1))
	python3 - "$tmp/out_json" "$1" <<'PY' || fail "JSON: not $1"
import json, sys
r = json.load(open(sys.argv[1]))
sys.exit(0 if eval(sys.argv[2]) else 1)
PY
}

run() {
	rm -rf "$tmp/folder"
	expect 0 "$OTATOOL" matrix run "$tmp/plan.json" -o "$tmp/folder" --quiet
}

as_json() {
	report "$@" --json
	cp "$tmp/out" "$tmp/out_json"
}

# -- a whole folder -----------------------------------------------------------------------------
history 5
plan "$tmp/img" --format bsdiff
run
report "$tmp/folder"
says out '^5 versions, 1\.0\.0 to 1\.4\.0$'
says out '^for no target; bare patches; format bsdiff$'
says out '^10 patches planned \(all\): 10 made$'
says out '^advised: latest: fewest bytes'
says out '^OLD . NEW +1\.1\.0 +1\.2\.0 +1\.3\.0 +1\.4\.0$'
says out '^1\.3\.0 +- +[0-9]+\.[0-9]%$'
says out '^1\.0\.0 +200 +direct +[0-9]+ +[0-9]+\.[0-9] %$'
says out '^1\.4\.0 +200 +newest$'
says out '^latest \* +4 '
says out '^\*: advised; '
says out '^full +0 +0 +6,000 +100\.0 % +4,800,000 +1$'
says out '^1 % +8 .* 0\.0 days$'
says out '^100 % +400 .* 4\.0 days$'
says out 'no link is known'
[ ! -s "$tmp/err" ] || fail "words on stderr of a whole folder"
cp "$tmp/out" "$tmp/first"
report "$tmp/folder"
same "$tmp/first" "$tmp/out"
checks=$((checks + 1))
! grep -qE ' $' "$tmp/out" || fail "spaces at the end of a line"
checks=$((checks + 1))
[ "$(awk '{ if (length($0) > m) m = length($0) } END { print m }' "$tmp/out")" -le 100 ] ||
	fail "a line is longer than 100 columns"

# The sums are those of the files.
as_json "$tmp/folder"
json 'r["schema"] == "otatool.matrix-report/1"'
json 'len(r["versions"]) == 5 and len(r["pairs"]) == 10 and len(r["routes"]) == 5'
json 'r["made"] == 10 and r["missing"] == 0 and r["does_not_fit"] == 0'
json '[v["devices"] for v in r["versions"]] == [200] * 5'
json 'sum(s["devices"] for s in r["roll_out"]) == 800'
json 'r["policies"][1]["bytes"] == sum(200 * x["bytes"] for x in r["routes"][:4])'
json 'sum(s["bytes"] for s in r["roll_out"]) == [p for p in r["policies"] if p["policy"] == r["advised"]][0]["bytes"]'
sizes=$(cat "$tmp"/folder/patches/* | wc -c)
json "sum(p['bytes'] for p in r['pairs']) == $sizes"
report "$tmp/folder" --devices 10 --soak 12h
says out '^1\.0\.0 +2 +direct'
says out '^100 % .* 1\.5 days$'

# -- other forms --------------------------------------------------------------------------------
report "$tmp/folder" --markdown
says out '^\| 1\.0\.0 \| 200 \| direct \|'
says out '^\*\*Advised:\*\* latest'
says out '^\| --- \| ---: '
checks=$((checks + 1))
! grep -nE '^$' "$tmp/out" | awk -F: 'p && $1 == p + 1 { bad = 1 } { p = $1 } END { exit !bad }' ||
	fail "two empty lines in the Markdown"
report "$tmp/folder" --html "$tmp/report.html"
same "$tmp/first" "$tmp/out"
checks=$((checks + 1))
head -c 15 "$tmp/report.html" | grep -qi '<!doctype html>' || fail "no HTML"
report "$tmp/folder" --html -
same "$tmp/report.html" "$tmp/out"
expect 2 "$OTATOOL" matrix report "$tmp/folder" --json --markdown
says err 'all go to standard output'
expect 2 "$OTATOOL" matrix report "$tmp/folder" --json --html -
expect 2 "$OTATOOL" matrix report "$tmp/folder" --html "$tmp/folder/plan.json"
same "$tmp/plan.json" "$tmp/folder/plan.json"
expect 4 "$OTATOOL" matrix report "$tmp/folder" --html "$tmp/absent/report.html"
expect 4 "$OTATOOL" matrix report "$tmp/folder" --html "$tmp/img"

# -- options ------------------------------------------------------------------------------------
expect 2 "$OTATOOL" matrix report
expect 2 "$OTATOOL" matrix report "$tmp/folder" --devices 0
says err 'at least 1'
expect 2 "$OTATOOL" matrix report "$tmp/folder" --devices 1000000000001
expect 2 "$OTATOOL" matrix report "$tmp/folder" --devices many
expect 2 "$OTATOOL" matrix report "$tmp/folder" --soak soon
expect 2 "$OTATOOL" matrix report "$tmp/folder" --soak 3651d
report "$tmp/folder" --devices 1000000000000 --soak 3650d
report "$tmp/folder" --devices 1 --soak 0s
expect 3 "$OTATOOL" matrix report "$tmp/img"
expect 4 "$OTATOOL" matrix report "$tmp/absent"

# -- what is not there --------------------------------------------------------------------------
cp -r "$tmp/folder" "$tmp/holes"
find "$tmp/holes/patches" -type f | sort | head -n 1 | xargs rm
find "$tmp/holes/results" -type f | sort | tail -n 1 | xargs rm
report "$tmp/holes"
says out '^10 patches planned \(all\): 8 made, 2 missing$'
says out 'so far, for 2 patches are missing'
says out '^MISSING$'
says out '\?: missing'
says out 'is not there$'
report "$tmp/holes" --markdown
says out '^### Missing$'
as_json "$tmp/holes"
json 'r["missing"] == 2 and sum(p["state"] == "missing" for p in r["pairs"]) == 2'
# Where the folder lies is not in the report.
report "$tmp/holes" --html "$tmp/holes.html"
cp "$tmp/out" "$tmp/holes.txt"
mkdir -p "$tmp/some/where else"
cp -r "$tmp/holes" "$tmp/some/where else/results"
report "$tmp/some/where else/results" --html "$tmp/elsewhere.html"
same "$tmp/holes.txt" "$tmp/out"
same "$tmp/holes.html" "$tmp/elsewhere.html"
# What one folder lacks another has.
report "$tmp/holes" "$tmp/folder"
same "$tmp/first" "$tmp/out"
# Nothing was run yet.
mkdir "$tmp/bare"
cp "$tmp/plan.json" "$tmp/bare"
report "$tmp/bare"
says out '^10 patches planned \(all\): 0 made, 10 missing$'
says out '^advised: full, so far: 10 patches are missing, and '
says out '^sequential +incomplete$'
says out 'sequential incomplete: 1\.0\.0 -> 1\.1\.0 has not been made'
says out '^1\.0\.0 +200 +full image +6,000 +100\.0 %$'

# -- plans of other pairs -----------------------------------------------------------------------
plan "$tmp/img" --format bsdiff --pairs sequential --both-ways
run
report "$tmp/folder"
says out '^1\.0\.0 +200 +via 1\.1\.0, 1\.2\.0, 1\.3\.0 '
says out ': not planned'
says out '\(sequential, both ways\)'
plan "$tmp/img" --format bsdiff --pairs latest
run
report "$tmp/folder"
says out '^sequential +incomplete$'
says out '1\.0\.0 -> 1\.1\.0 is not in the plan'
says out '^OLD . NEW +1\.4\.0$'

# -- one version, two, and the same twice -------------------------------------------------------
plan "$tmp/img/app-1.0.0.bin" --format bsdiff
run
report "$tmp/folder"
says out '^1 version, 1\.0\.0$'
says out 'nothing to send: there is one version'
report "$tmp/folder" --markdown
says out 'nothing to send'
as_json "$tmp/folder"
json 'r["pairs"] == [] and r["routes"][0]["way"] == "newest" and r["advised"] is None'
report "$tmp/folder" --html "$tmp/one.html"
cp "$tmp/img/app-1.0.0.bin" "$tmp/img/app-9.0.0.bin"
plan "$tmp/img/app-1.0.0.bin" "$tmp/img/app-9.0.0.bin" --format bsdiff
run
report "$tmp/folder"
says out '^2 versions, 1\.0\.0 to 9\.0\.0$'
says out '^1\.0\.0 +500 +direct'

# -- no patch is of use, and none is needed -----------------------------------------------------
mkdir "$tmp/other"
for i in 1 2 3; do
	bytes 3000 "$i" >"$tmp/other/app-2.0.$i.bin"
done
plan "$tmp/other" --format bsdiff
run
report "$tmp/folder"
says out '^advised: full: no patches cost less than the newest image sent whole$'
says out '^full \* +0 +0 +3,000 '
says out 'full: a patch is no smaller than the new image'
cat >"$tmp/newest.yaml" <<'YAML'
versions:
  - {file: other/app-2.0.1.bin, fleet: 0}
  - {file: other/app-2.0.2.bin, fleet: 7}
YAML
plan "$tmp/newest.yaml" --format bsdiff
run
report "$tmp/folder" --html "$tmp/newest.html"
says out '^nothing to send: no device has an older version$'
checks=$((checks + 1))
! grep -q ROLL-OUT "$tmp/out" || fail "a roll-out to nobody"
as_json "$tmp/folder"
json 'r["advised"] is None and sum(s["devices"] for s in r["roll_out"]) == 0'

# -- many versions ------------------------------------------------------------------------------
# With long numbers the map is headed by places, and without room there is none.
mkdir "$tmp/many"
for i in $(seq 10 21); do
	bytes 100 "$i" >"$tmp/many/app-100.20.3000+40000$i.bin"
done
rm -rf "$tmp/folder"
mkdir "$tmp/folder"
expect 0 "$OTATOOL" matrix plan "$tmp/many" --format bsdiff -o "$tmp/folder/plan.json"
report "$tmp/folder"
says out '^OLD . NEW +\[2\] +\[3\] .* \[12\]$'
says out '^\[1\] 100\.20\.3000\+4000010 +\? '
for i in $(seq 22 69); do
	bytes 100 "$i" >"$tmp/many/app-100.20.3000+40000$i.bin"
done
expect 0 "$OTATOOL" matrix plan "$tmp/many" --format bsdiff -o "$tmp/folder/plan.json"
report "$tmp/folder"
says out '^1,770 patches planned \(all\): 0 made, 1,770 missing$'
checks=$((checks + 1))
! grep -q '^VERSIONS APART' "$tmp/out" || fail "a table of no patches"
expect 0 "$OTATOOL" matrix run "$tmp/folder/plan.json" -o "$tmp/folder" --shard 1/20 --quiet
report "$tmp/folder"
says out '^VERSIONS APART '
says out '^33 to 64 '
says out '\.\.\. and 1,[67][0-9][0-9] more'
report "$tmp/folder" --markdown
says out 'VERSIONS APART'
report "$tmp/folder" --html "$tmp/many.html"

# -- a target, links, shares, and names that mean harm ------------------------------------------
cat >"$tmp/list.yaml" <<'YAML'
versions:
  - {file: img/app-1.0.0.bin, fleet: 50, name: "a|b\u202e<b>\u001b[31m ::error::"}
  - {file: img/app-1.1.0.bin, fleet: 30}
  - {file: img/app-1.2.0.bin, fleet: 0}
  - {file: img/app-1.3.0.bin, fleet: 20}
YAML
if "$OTATOOL" matrix plan "$tmp/list.yaml" --target water-meter-l476 --link lorawan,dr=5,devices=100 \
	--ram 2K -o "$tmp/plan.json" >/dev/null 2>"$tmp/err"; then
	fail "a name with control characters was taken"
fi
sed -i 's/\\u001b\[31m//; s/\\u202e//; s/ ::error:://' "$tmp/list.yaml"
plan "$tmp/list.yaml" --target water-meter-l476 --link lorawan,dr=5,devices=100
run
report "$tmp/folder" --devices 1000
says out '^for water-meter-l476 over lorawan; bare patches; format the best that fits$'
says out '^1\.0\.0 \(a\|b<b>\) +500 +direct .* ms|^1\.0\.0 \(a\|b<b>\) +500 +direct .* s +'
says out '^1\.2\.0 +0 '
says out '^advised: latest: least airtime'
says out '^the decoder needs at most [0-9,]+ bytes of RAM and [0-9]+ of stack; an upgrade takes '
says out 'lorawan: 10 gateways, at the same time'
checks=$((checks + 1))
! grep -q 'this is with one gateway' "$tmp/out" || fail "one gateway, of ten"
says out 'lorawan, given: data rate DR5'
report "$tmp/folder" --markdown
says out 'a\\\|b&lt;b\\>'
as_json "$tmp/folder"
json '[v["devices"] for v in r["versions"]] == [500, 300, 0, 200]'
json 'all(s["sending_us"] > 0 for s in r["roll_out"])'
json 'r["policies"][3]["airtime_us"] > r["policies"][1]["airtime_us"] > 0'

# A gateway applies BSDIFF40, so devices get the image whole: small patches in the map are no saving.
plan "$tmp/list.yaml" --target nrf52840-roomy --link nb-iot --format bsdiff
run
report "$tmp/folder"
says out '^advised: full: a gateway applies the patches, '
says out ' direct, gateway +6,000 +100\.0 % '
says out 'a gateway applies it, the device receives all'
as_json "$tmp/folder"
json 'all(p["on"] == "gateway" and p["bytes"] < 1000 for p in r["pairs"])'

# Nothing fits, not even the image: exit 1 of the run, and the report says why.
plan "$tmp/list.yaml" --target water-meter-l476 --max-patch 10
rm -rf "$tmp/folder"
expect 1 "$OTATOOL" matrix run "$tmp/plan.json" -o "$tmp/folder" --quiet
report "$tmp/folder"
says out '6 that do not fit'
says out '^NO PATCH FITS$'
says out '^  1\.0\.0 -> 1\.1\.0: '
says out 'no: no patch fits'

finish
