#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# matrix run: the same folder whatever threads, shards and memory are, every failure by name, and each
# patch what it is said to be. Kills, two runs at once and a full disk: matrix_kill.sh.
. "$OTA_SOURCE/tests/support/lib.sh"
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
cd "$tmp" || exit 1

run() {
	"$OTATOOL" matrix run "$@"
}

# same_tree A B: the same names and bytes.
same_tree() {
	checks=$((checks + 1))
	diff -r "$1" "$2" >"$tmp/diff" || { fail "$1 and $2 differ:"; head -n 5 "$tmp/diff"; }
}

python3 "$OTA_SOURCE/tests/support/history.py" releases 5 --size 16000 || exit 1
expect 0 "$OTATOOL" matrix plan releases -o plan.json --format bsdiff

# -- the same bytes ----------------------------------------------------------------------------------

expect 0 run plan.json -o one -j 1
says out '^one: 10 jobs: 10 made, 0 found finished, 0 failed; '
expect 0 run plan.json -o two -j 2
same_tree one two
expect 0 run --memory 1G plan.json -j 3 -o nested/deep/three
same_tree one nested/deep/three
for k in 1 2 3; do
	expect 0 run plan.json -o shards --shard $k/3
	says out "of shard $k/3: [0-9]+ made, 0 found"
done
same_tree one shards
expect 0 run plan.json -o shards --shard 2/2
says out ': 0 made, 5 found finished'
expect 0 run plan.json -o one
says out '10 jobs: 0 made, 10 found finished, 0 failed'
expect 0 bash -c '"$OTATOOL" matrix run - --images . -o piped --quiet <plan.json'
[ ! -s out ] || fail "--quiet prints"
same_tree one piped

# Every patch is one that bspatch would take: apply reads it as such, and gives the new image back.
python3 - <<'P' >pairs
import json
plan = json.load(open("plan.json"))
for job in plan["jobs"]:
    print(job["id"], plan["versions"][job["old"]]["file"], plan["versions"][job["new"]]["file"])
P
while read -r id old new; do
	expect 0 "$OTATOOL" apply "$old" "one/patches/$id.bsdiff" -o applied
	same applied "$new"
done <pairs
checks=$((checks + 1))
[ "$(wc -l <pairs)" = 10 ] || fail "not 10 pairs"

# -- as JSON -----------------------------------------------------------------------------------------

expect 0 run plan.json -o one --json
says out '"schema": "otatool.matrix-run/1"'
says out '"found": 10'
says out '"failures": \[\]'

# -- damage ------------------------------------------------------------------------------------------

cp -r one hurt
id=$(head -n 1 pairs | cut -d ' ' -f 1)
put "hurt/patches/$id.bsdiff" 40 00ff00
id=$(sed -n 4p pairs | cut -d ' ' -f 1)
printf '{' >"hurt/results/$id.json"
id=$(sed -n 7p pairs | cut -d ' ' -f 1)
rm "hurt/patches/$id.bsdiff"
expect 0 run plan.json -o hurt
says out '3 made, 7 found finished'
same_tree one hurt

# -- failures ----------------------------------------------------------------------------------------

# A copied plan: its images' paths start elsewhere.
mkdir copied && cp plan.json copied/
expect 4 run copied/plan.json -o copied/out
says err 'hint: .*with --images DIR relative paths of images start there'

cp -r releases broken
put broken/app-1.0.1.bin 77 00
mkdir elsewhere && mv broken elsewhere/releases
expect 3 run plan.json --images elsewhere -o failed -j 2
says out '6 made, 0 found finished, 4 failed'
says err '1\.0\.0 -> 1\.0\.1: elsewhere/releases/app-1\.0\.1\.bin: has changed since it was planned: .*\(job [0-9a-f]{64}\)'
says err 'hint: run it again when that is put right: only what failed is made'
rm elsewhere/releases/app-1.0.0.bin
expect 4 run plan.json --images elsewhere -o failed --json
says out '"error": '
says err 'app-1\.0\.1\.bin: has changed'
expect 0 run plan.json -o failed
says out '4 made, 6 found finished'
same_tree one failed

# Finished, but planned of other bytes: that is said.
cp elsewhere/releases/app-1.0.1.bin releases/
expect 0 run plan.json -o one
says err 'warning: .*app-1\.0\.1\.bin: has changed since it was planned as 1\.0\.1'
python3 "$OTA_SOURCE/tests/support/history.py" releases 5 --size 16000

# -- usage -------------------------------------------------------------------------------------------

expect 2 run plan.json
says err 'needs --output DIR'
expect 2 run plan.json -o x -j 0
for shard in 0/3 4/3 3 a/b /2 1/; do
	expect 2 run plan.json -o x --shard $shard
	says err -- '--shard: '
done
expect 2 run plan.json -o x --memory 0
expect 2 run plan.json -o x --memory 2T
expect 1 run plan.json -o x --memory 16K
says err 'the least of the jobs needs [0-9,]+ bytes of memory, the limit is 16,384'
expect 4 run absent.json -o x
expect 3 run releases/app-1.0.0.bin -o x
expect 2 run plan.json -o x -k "$OTA_VECTORS/keys/none.pem"
says err 'nothing is signed'
expect 4 run plan.json -o releases/app-1.0.0.bin
says err ': releases/app-1\.0\.0\.bin: is no folder'
absent x
if [ "$(id -u)" != 0 ]; then
	mkdir closed && chmod 555 closed
	expect 4 run plan.json -o closed/x
fi

# -- two versions that are one, and one that is alone ------------------------------------------------

expect 0 "$OTATOOL" matrix plan releases/app-1.0.0.bin -o alone.json
expect 0 run alone.json -o alone
says out 'no jobs, nothing is made'
same alone.json alone/plan.json
mkdir twins
cp releases/app-1.0.0.bin twins/app-1.0.0.bin
cp releases/app-1.0.0.bin twins/app-1.0.1.bin
cp releases/app-1.0.1.bin twins/app-1.0.2.bin
expect 0 "$OTATOOL" matrix plan twins -o twins.json
expect 0 run twins.json -o twin-out
says out ': 2 jobs: 2 made'

# -- signed ------------------------------------------------------------------------------------------

expect 0 "$OTATOOL" keygen -t ecdsa-p256 -o a.pem
expect 0 "$OTATOOL" keygen -t ed25519 -o b.pem
expect 0 "$OTATOOL" pubkey -k a.pem -o a.pub
mkdir images
for v in 1.0.0 1.0.1 1.0.2; do
	expect 0 "$OTATOOL" sign releases/app-$v.bin -o images/$v.img -k a.pem --version $v \
		-H 0x200 --pad-header -S 0x40000 || true
done
expect 0 "$OTATOOL" matrix plan images -o signed.json -k a.pub
expect 2 run signed.json -o signed
says err 'signed by the key with id [0-9a-f]{64}, which is not given'
expect 2 run signed.json -o signed -k b.pem
says err 'b\.pem: is not a key of this plan'
expect 2 run signed.json -o signed -k a.pub
says err 'the private one signs'
expect 2 run signed.json -o signed -k a.pem -k a.pem
absent signed
expect 0 run signed.json -o signed -k a.pem -j 2
expect 0 run signed.json -o signed1 -k a.pem -j 1
same_tree signed signed1
for update in signed/patches/*.img; do
	expect 0 "$OTATOOL" verify "$update" -k a.pub
done

# -- a device ----------------------------------------------------------------------------------------

expect 0 "$OTATOOL" matrix plan images -o device.json --target water-meter-l476
expect 0 run device.json -o device -j 2
says out '3 made, .*0 without a patch that fits'
expect 0 "$OTATOOL" matrix plan images -o tiny.json --target water-meter-l476 --max-patch 10
expect 1 run tiny.json -o tiny
says out '3 without a patch that fits'
says err '1\.0\.0 -> 1\.0\.1: no patch: .*\(job [0-9a-f]{64}\)'
says err 'hint: with --allow-full'
expect 0 run tiny.json -o tiny --allow-full
says out '0 made, 3 found finished'
says err 'warning: 1\.0\.0 -> 1\.0\.1: no patch, it gets the new image whole'
checks=$((checks + 1))
[ -z "$(ls tiny/patches)" ] || fail "a patch that does not fit is kept"

finish
