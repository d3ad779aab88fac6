#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# matrix plan: which versions are taken, in which order, and what the plan says of them.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1

# field FILE EXPRESSION: of a JSON object.
field() {
	python3 -c 'import json, sys; o = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' \
		"$1" "$2"
}

# has FILE EXPRESSION VALUE
has() {
	local got
	checks=$((checks + 1))
	got=$(field "$1" "$2")
	[ "$got" = "$3" ] || fail "$1: $2 is $got, not $3"
}

# jobs FILE N: so many are in the plan.
jobs() {
	checks=$((checks + 1))
	[ "$(grep -c '"expected_us"' "$1")" = "$2" ] || fail "$1 does not have $2 jobs"
}

plan() {
	"$OTATOOL" matrix plan "$@"
}

# image FILE VERSION [sign options]: an MCUboot image of the 3,000 bytes in body.
image() {
	"$OTATOOL" sign body -o "$1" --version "$2" --header-size 0x200 --pad-header -S 0x20000 \
		--align 8 "${@:3}" >/dev/null 2>&1 || fail "no image $1"
}

bytes 3000 1 >body
mkdir raw images
for v in 1.10.0 1.2.0 1.9.3+7 0.9.0; do
	{ bytes 3000 1; printf %s "$v"; } >"raw/app-$v.bin"
done

# -- order, by number and not by name; what is printed
expect 0 plan raw -o plan.json
says out '^4 versions, from the oldest to the newest:$'
says out '^  1\.9\.3\+7 +3,007 bytes  raw/app-1\.9\.3\+7\.bin$'
says out '^6 patches \(all\), otd$'
says out 'sequential would be 3, latest 3, all 6'
says out '^storage 12,02[0-9] bytes of images, patches at most '
has plan.json '[v["name"] for v in o["versions"]]' "['0.9.0', '1.2.0', '1.9.3+7', '1.10.0']"
has plan.json 'o["versions"][0]["file"]' raw/app-0.9.0.bin
has plan.json 'o["versions"][0]["sha256"]' "$(sha256sum <raw/app-0.9.0.bin | cut -d' ' -f1)"
has plan.json 'len(set(j["id"] for j in o["jobs"]))' 6

# -- the same plan has the same bytes, in any order of its files, locale and time
expect 0 env LC_ALL=C TZ=Asia/Tokyo "$OTATOOL" matrix plan raw/app-1.9.3+7.bin \
	raw/app-1.10.0.bin raw/app-0.9.0.bin raw/app-1.2.0.bin -o again.json
same plan.json again.json
expect 0 plan raw -o -
same out plan.json
says err '^6 patches'
expect 0 plan raw -o - --json
same out plan.json
expect 0 plan raw -o plan2.json --json
has out 'o["schema"]' otatool.matrix-plan-summary/1
has out 'o["patches_by_policy"]["all"]' 6
has out 'o["patches_made"]' 6

# -- a job's id is the digest of the documented text
id=$(printf 'otatool.matrix-job/1\nold %s 3005\nnew %s 3005\nmake otd/1\n' \
	"$(sha256sum <raw/app-0.9.0.bin | cut -d' ' -f1)" \
	"$(sha256sum <raw/app-1.2.0.bin | cut -d' ' -f1)" | sha256sum | cut -d' ' -f1)
has plan.json 'o["jobs"][0]["id"]' "$id"

# -- paths: relative ones start at the plan's folder, absolute ones stay
mkdir -p deep/er
expect 0 plan raw -o deep/er/plan.json
has deep/er/plan.json 'o["versions"][0]["file"]' ../../raw/app-0.9.0.bin
expect 0 plan "$tmp/raw" -o deep/er/plan.json
has deep/er/plan.json 'o["versions"][0]["file"]' "$tmp/raw/app-0.9.0.bin"
expect 4 plan raw -o nowhere/plan.json
says err 'nowhere/plan\.json: there is no folder nowhere/'
absent nowhere

# -- policies
for policy in sequential:3 latest:3 all:6 last=1:1 last=2:2 last=9:3; do
	expect 0 plan raw -o p.json --pairs "${policy%:*}"
	jobs p.json "${policy#*:}"
	expect 0 plan raw -o p.json --pairs "${policy%:*}" --both-ways
	jobs p.json $((2 * ${policy#*:}))
done
printf '# field returns\n0.9.0 1.10.0\n1.10.0 1.2.0\n' >pairs.txt
expect 0 plan raw -o p.json --pairs from=pairs.txt
has p.json '[(j["old"], j["new"]) for j in o["jobs"]]' '[(0, 3), (3, 1)]'
printf '0.9.0 1.10.0\n0.9.0 1.3.0\n' >wrong.txt
expect 3 plan raw -o none.json --pairs from=wrong.txt
says err 'wrong\.txt: line 2: no version is called "1\.3\.0"'
expect 4 plan raw -o none.json --pairs from=missing.txt
for wrong in some last=0 last=2000 last= from; do
	expect 2 plan raw -o none.json --pairs "$wrong"
done
expect 2 plan raw -o wrong.txt --pairs from=wrong.txt
absent none.json

# -- one version; none
expect 0 plan raw/app-0.9.0.bin -o one.json
says out '^no patches: one version has nothing to be updated from$'
has one.json 'len(o["jobs"])' 0
mkdir empty
expect 3 plan empty -o none.json
says err 'there is no version to plan'
expect 2 plan -o none.json
expect 2 plan raw
says err 'needs --output PLAN'
expect 4 plan missing.bin -o none.json
says err 'missing\.bin: cannot open'

# -- ties and versions that are not known: all are named
cp raw/app-1.2.0.bin raw/copy-1.2.0.bin
cp body raw/notes
cp body raw/app-1.2.1-rc1.bin
cp body raw/from-1.0.0-to-2.0.0.bin
expect 3 plan raw -o none.json
says err 'raw/copy-1\.2\.0\.bin: is version 1\.2\.0, and the same file as raw/app-1\.2\.0\.bin: leave one out'
says err 'raw/notes: its version is not known'
says err 'raw/from-1\.0\.0-to-2\.0\.0\.bin: its version is not known'
says err 'raw/app-1\.2\.1-rc1\.bin: its version is not known'
says err 'found 4 errors in 8 files'
says err 'hint: give each a `version` in a release list'
rm raw/copy-1.2.0.bin raw/notes raw/from-1.0.0-to-2.0.0.bin raw/app-1.2.1-rc1.bin
cp body raw/copy-1.2.0.bin
expect 3 plan raw -o none.json
says err 'is version 1\.2\.0, as raw/.*-1\.2\.0\.bin is$'
says err 'hint: .*leave files out, or say --order given'
rm raw/copy-1.2.0.bin
absent none.json

# -- the order given
expect 0 plan body raw/app-1.2.0.bin raw/app-0.9.0.bin -o given.json --order given --pairs latest
has given.json '[v["name"] for v in o["versions"]]' "['body', 'app-1.2.0.bin', 'app-0.9.0.bin']"
has given.json '"version" in o["versions"][0]' False
expect 2 plan raw -o none.json --order given
says err "folder's files have no order"

# -- what lies beside firmware in a folder
mkdir raw/sub raw/.git
cp plan.json raw/plan.json
touch raw/.hidden raw/board.yaml
mkfifo raw/pipe
expect 0 plan raw -o p.json
says err 'left out: \.git, \.hidden, board\.yaml, pipe, plan\.json, \.\.\.'
same p.json plan.json
expect 0 plan raw -o raw/plan.json
expect 4 plan raw/pipe -o none.json --order given
says err 'raw/pipe: is no regular file'
# A link to nothing is a version that got lost, and no other file.
ln -s lost.bin raw/app-3.0.0.bin
expect 4 plan raw -o none.json
says err 'raw/app-3\.0\.0\.bin: cannot open'
rm raw/app-3.0.0.bin
rm -r raw/sub raw/.git raw/plan.json raw/.hidden raw/board.yaml raw/pipe
expect 2 plan raw/app-0.9.0.bin raw/app-1.2.0.bin -o raw/app-1.2.0.bin
says err 'is the file raw/app-1\.2\.0\.bin, which is read and would be lost'
expect 2 plan raw -o raw/app-1.2.0.bin

# -- the same bytes under another number: a warning, and one patch
cp raw/app-1.10.0.bin raw/app-1.11.0.bin
expect 0 plan raw -o deep/er/equal.json
says err ': raw/app-1\.11\.0\.bin: 1\.11\.0 has the very bytes of 1\.10\.0'
expect 0 plan raw -o equal.json
says err 'raw/app-1\.11\.0\.bin: 1\.11\.0 has the very bytes of 1\.10\.0'
says out '3 of them are of the same images as others: 7 are made'
has equal.json 'len(o["jobs"]), len(set(j["id"] for j in o["jobs"]))' '(10, 7)'
rm raw/app-1.11.0.bin

# -- release lists
cat >raw/list.yaml <<-END
	versions:
	  - {file: app-1.10.0.bin, fleet: 12.5%}
	  - {file: ../body, name: spring, version: 1.5.0+2, fleet: 80%}
	  - {file: app-0.9.0.bin, fleet: 7.5%}
	  - {file: app-1.2.0.bin}
END
expect 0 plan raw/list.yaml -o list.json
has list.json '[(v["name"], v["fleet"]) for v in o["versions"]]' \
	"[('0.9.0', 75), ('1.2.0', 0), ('spring', 800), ('1.10.0', 125)]"
has list.json 'o["versions"][2]["file"]' body
says out '^  spring  1\.5\.0\+2 +3,000 bytes +80\.0 %  body$'
cat >raw/list.json <<-END
	[{"file": "app-1.10.0.bin", "fleet": 12500}, {"file": "app-0.9.0.bin", "fleet": "7500"}]
END
expect 0 plan raw/list.json -o list.json
has list.json '[v["fleet"] for v in o["versions"]]' '[7500, 12500]'
printf -- '- {file: app-0.9.0.bin, fleet: 50%%}\n- {file: app-1.2.0.bin, fleet: 40%%}\n' >raw/l.yml
expect 0 plan raw/l.yml -o list.json
says err 'fleet: the shares add up to 90\.00 %, and are taken as ratios'
printf -- '- {file: app-0.9.0.bin, fleet: 50%%}\n- {file: app-1.2.0.bin, fleet: 40}\n' >raw/l.yml
expect 3 plan raw/l.yml -o none.json
says err 'all of them, or none'
printf -- '- {file: app-0.9.0.bin, fleet: 0}\n' >raw/l.yml
expect 3 plan raw/l.yml -o none.json
says err 'no version has a share'
printf -- '- {file: app-0.9.0.bin, name: x}\n- {file: app-1.2.0.bin, name: x}\n' >raw/l.yml
expect 3 plan raw/l.yml -o none.json
says err 'is called x, as raw/app-0\.9\.0\.bin is'
printf -- '- {file: app-0.9.0.bin}\n- {fil: app-1.2.0.bin}\n' >raw/l.yml
expect 3 plan raw/l.yml -o none.json
says err 'raw/l\.yml:2: .*did you mean file\?'
printf -- '- {file: gone.bin, version: 1.0.0}\n- {file: lost.bin, version: 2.0.0}\n' >raw/l.yml
expect 4 plan raw/l.yml -o none.json
says err 'raw/gone\.bin: cannot open'
says err 'raw/lost\.bin: cannot open'
absent none.json

# -- MCUboot images: their own number counts, corrupt ones are all named
for v in 2.0.0 2.0.0+3 2.1.0; do
	{ bytes 3000 1; printf %s "$v"; } >body
	image "images/$v.img" "$v"
done
mv images/2.1.0.img images/9.9.9.img
expect 0 plan images -o images.json
has images.json '[v["version"] for v in o["versions"]]' "['2.0.0', '2.0.0+3', '2.1.0']"
has images.json 'o["versions"][2]["file"], o["versions"][2]["image"]' "('images/9.9.9.img', True)"
head -c 1000 images/9.9.9.img >images/cut.img
cp images/9.9.9.img images/flipped.img
put images/flipped.img 1500 ff00ff
: >images/nothing.img
expect 3 plan images -o none.json
says err 'images/cut\.img: image is cut off'
says err 'images/flipped\.img: '
says err 'images/nothing\.img: is empty'
says err 'found 3 errors in 6 files'
says err 'hint: --skip-corrupt plans without them'
expect 0 plan images -o skipped.json --skip-corrupt
says err 'images/cut\.img: is corrupt and left out: image is cut off'
same skipped.json images.json
# One whose first bytes are gone is no image any more, which its neighbours give away.
cp images/2.0.0.img images/app-2.0.5.img
put images/app-2.0.5.img 0 00000000
expect 0 plan images -o suspect.json --skip-corrupt
says err 'images/app-2\.0\.5\.img: is no MCUboot image, as 3 of 4 versions are: is it damaged'
rm images/app-2.0.5.img
mkdir broken && mv images/cut.img images/flipped.img images/nothing.img broken
expect 3 plan broken -o none.json --skip-corrupt
says err 'no version is left to plan'
printf -- '- {file: images/9.9.9.img, version: 2.1.1}\n' >l.yml
expect 3 plan l.yml -o none.json
says err 'is version 2\.1\.0 by its header, the list says 2\.1\.1'

# -- signed: the image counts, without padding; a public key is enough, and the id is the key's
"$OTATOOL" keygen -t ed25519 -o key.pem >/dev/null 2>&1
"$OTATOOL" pubkey -k key.pem -o pub.pem
image padded.img 2.0.0 -k key.pem --pad
image plain.img 2.0.0 -k key.pem
image newer.img 2.2.0 -k key.pem
expect 0 plan padded.img newer.img -k pub.pem -o a.json
expect 0 plan plain.img newer.img -k key.pem -o b.json
has a.json 'o["versions"][0]["bytes"]' "$(stat -c %s plain.img)"
has a.json 'o["jobs"][0]["id"]' "$(field b.json 'o["jobs"][0]["id"]')"
has a.json 'o["sign"]["keys"][0]["id"]' "$("$OTATOOL" pubkey -k pub.pem --format json |
	python3 -c 'import json, sys; print(json.load(sys.stdin)["key_id"])')"
expect 3 plan raw -k pub.pem -o none.json
says err 'hint: with --key versions are MCUboot images'
expect 2 plan padded.img newer.img -k pub.pem -k key.pem -o none.json
says err 'one key is given twice'
expect 2 plan padded.img newer.img --pad-sig -o none.json
"$OTATOOL" diff plain.img newer.img -o update.img -k key.pem >/dev/null 2>&1
expect 3 plan plain.img update.img -k pub.pem -o none.json
says err 'update\.img: is a delta update'
expect 3 plan plain.img update.img -o none.json

# -- for a target: its text and limits are in the plan, and the image sent whole is judged
expect 0 plan images -o t.json --target water-meter-l476 --max-airtime 1h --ram 20K \
	--link lorawan,region=eu868,dr=0,class=c
says out 'the best format that fits, for water-meter-l476'
has t.json 'o["target"]["profile"].count("name: water-meter-l476")' 1
has t.json 'o["target"]["ram_bytes"], o["target"]["max_airtime_us"]' '(20480, 3600000000)'
has t.json 'o["make"].get("format")' None
has t.json '[v["full"]["fits"] for v in o["versions"]]' '[True, True, True]'
expect 0 plan images -o t.json --target water-meter-l476 --max-patch 1000
says out 'does not fit on devices of 3 of 3 versions: .*your limit'
"$OTATOOL" targets water-meter-l476 --yaml >board.yaml 2>/dev/null ||
	cp "$OTA_SOURCE/targets/water-meter-l476.yaml" board.yaml
expect 0 plan images -o t2.json --target ./board.yaml --max-patch 1000
has t2.json 'o["target"]["name"]' ./board.yaml
sed 's/^base:.*/base: .\/chip.yaml/' board.yaml >derived.yaml
cp "$OTA_SOURCE/targets/stm32l476rg.yaml" chip.yaml
expect 0 plan images -o derived.json --target ./derived.yaml
has derived.json 'o["target"]["bases"][0]["profile"] == open("chip.yaml").read()' True
has t2.json 'o["target"]["bases"] == '"$(field derived.json 'o["target"]["bases"]')" True
# The plan needs no file, and a base that has changed makes other ids.
mkdir away && mv chip.yaml away
expect 0 "$OTATOOL" matrix run derived.json -o derived-run
expect 3 plan images -o none.json --target ./derived.yaml
says err 'derived\.yaml:[0-9]*: base: .*chip\.yaml: cannot open'
sed 's/^ram:.*/ram: 98304/' away/chip.yaml >chip.yaml
expect 0 plan images -o changed.json --target ./derived.yaml
[ "$(field changed.json 'o["jobs"][0]["id"]')" != "$(field derived.json 'o["jobs"][0]["id"]')" ] ||
	fail "another base, the same id"
# What leaves nothing to try for any pair is told at once, as diff does.
expect 2 plan images -o none.json --target water-meter-l476 --secondary lzma
says err 'no patch for water-meter-l476 can be made so: otd has no secondary compression'
# Padding is not sent.
"$OTATOOL" sign body -o wide.img --version 3.0.0 --header-size 0x200 --pad-header -S 448K \
	--align 8 --pad >/dev/null 2>&1
expect 0 plan images/9.9.9.img wide.img -o wide.json --target water-meter-l476 --max-patch 4000
says err 'padding: bytes follow the image in 1 of 2 versions'
has wide.json '[v["full"]["fits"] for v in o["versions"]]' '[True, True]'
expect 2 plan images -o none.json --target - --pairs from=- <board.yaml
says err 'standard input'
# A plan that could not be read again is not written.
python3 -c 'open("u16.yaml", "wb").write(open("board.yaml").read().encode("utf-16"))'
expect 3 plan images -o none.json --target ./u16.yaml
says err 'target\.profile: '
expect 2 plan images -o none.json --ram 20K
says err '\-\-ram: is about a device'
expect 2 plan images -o none.json --target no-such-board
expect 2 plan images -o none.json --target stm32l476rg
expect 2 plan images -o none.json --format zip
says err 'not one of the formats'
expect 2 plan images -o none.json --format bsdiff --window 16K
expect 2 plan images -o none.json --safe-distance 16K
expect 0 plan images -o place.json --in-place
has place.json 'o["make"]["safe_distance_bytes"]' 16384

# -- the group's name is a word that may be misspelt, too
expect 2 "$OTATOOL" matri plan images
says err 'did you mean "otatool matrix"'

# -- engines
expect 2 plan images -o none.json --emit steam
expect 2 plan images -o none.json --shards 4
says err 'goes with --emit'
expect 2 plan images -o - --emit ninja
absent none.json

# -- nothing half-written
expect 4 plan raw -o /dev/full
finish
