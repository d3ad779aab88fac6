#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Shards are joined, proven and indexed; what is missing, strange or damaged is named. The commands
# of docs/matrix.md are run as they stand there, and its files held to their schemas.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
doc=$OTA_SOURCE/docs/matrix.md
export OTATOOL

make_history() {
	python3 "$OTA_SOURCE/tests/support/history.py" "$@" >"$tmp/log" 2>&1 || {
		fail "history.py $*"
		cat "$tmp/log"
		exit 1
	}
}

# quiet COMMAND...: must work; what it prints is of no interest.
quiet() {
	expect 0 "$@"
}

# says_not out|err REGEX
says_not() {
	checks=$((checks + 1))
	! grep -qE -e "$2" "$tmp/$1" || fail "std$1 says \"$2\""
}

# same_tree ONE OTHER: the same files with the same bytes.
same_tree() {
	checks=$((checks + 1))
	diff -r -x .lock "$1" "$2" >"$tmp/out" 2>&1 || {
		fail "$1 and $2 differ"
		head -n 5 "$tmp/out"
	}
}

sums_good() {
	checks=$((checks + 1))
	(cd "$1" && sha256sum --quiet -c SHA256SUMS) >"$tmp/out" 2>&1 || {
		fail "$1: sha256sum -c"
		head -n 5 "$tmp/out"
	}
}

first_of() {
	find "$1" -type f -name '[0-9a-f]*' | LC_ALL=C sort | head -n 1
}

mkdir "$tmp/work"
cd "$tmp/work" || exit 1

# -- the document's commands -----------------------------------------------------------------------

# The lines of code under a heading, in order.
code_of() {
	awk -v heading="## $1" '$0 == heading {on = 1; next} /^## / {on = 0}
		on && /^ +otatool / {sub(/^ +/, ""); print}' "$doc"
}

while read -r _ _ command rest; do
	"$OTATOOL" matrix "$command" --help >"$tmp/help" || fail "no command matrix $command"
	for option in $(grep -oE -- '--[a-z-]+' <<<"$rest"); do
		checks=$((checks + 1))
		grep -qE -- "(^|[ ,])$option( |\$)" "$tmp/help" ||
			fail "docs/matrix.md: matrix $command has no $option"
	done
done < <(grep -E '^ +otatool matrix ' "$doc")

mkdir "$tmp/bin"
ln -s "$OTATOOL" "$tmp/bin/otatool"
make_history all 4 --size 6000
mkdir images
run_line() {
	local words
	read -ra words <<<"$1"
	PATH=$tmp/bin:$PATH expect 0 "${words[@]}"
}
cp all/app-1.0.0.bin all/app-1.0.1.bin all/app-1.0.2.bin images/
mapfile -t lines < <(code_of "One release after another")
[ "${#lines[@]}" = 8 ] || fail "docs/matrix.md: ${#lines[@]} commands, not 8"
for i in 0 1 2 3; do run_line "${lines[i]}"; done
find out/patches -type f -printf '%f %T@\n' | sort >before
cp all/app-1.0.3.bin images/
for i in 4 5; do run_line "${lines[i]}"; done
says out '3 made, 3 found finished'
for i in 6 7; do run_line "${lines[i]}"; done
checks=$((checks + 1))
find out/patches -type f -printf '%f %T@\n' | sort >after
[ "$(comm -12 before after | wc -l)" = 3 ] || fail "finished patches were made again"
same_tree out public
mapfile -t lines < <(code_of "The folder of a run")
[ "${#lines[@]}" = 3 ] || fail "docs/matrix.md: ${#lines[@]} commands on shards, not 3"
rm -rf out
for line in "${lines[@]}"; do run_line "$line"; done
same_tree out public
sums_good out

# -- shards ----------------------------------------------------------------------------------------

quiet "$OTATOOL" matrix run plan.json -o whole -j 1
quiet "$OTATOOL" matrix merge whole
for k in 1 2 3; do quiet "$OTATOOL" matrix run plan.json -o "s$k" --shard "$k/3" -j "$k"; done
quiet "$OTATOOL" matrix merge s3 s1 s2 -o joined
says out '^joined: 6 of 6 jobs, 6 patches, [0-9,]+ bytes together, each with the right digest$'
says out '^to 1\.0\.3: 3 versions by one patch, 0 over others, 0 by the whole image, 0 not at all$'
same_tree whole joined
quiet "$OTATOOL" matrix merge s1 s2 s3 s1 whole -o s2
says out '6 jobs are in more than one folder, with the same result'
same_tree whole s2
touch -d '2020-01-01' joined/* joined/*/*
quiet "$OTATOOL" matrix merge joined -o joined --json
says out '"files_written": 0'
checks=$((checks + 1))
[ -z "$(find joined -type f -newermt 2021-01-01 ! -name .lock)" ] ||
	fail "a second merge has written files anew"

# -- what is wrong ---------------------------------------------------------------------------------

expect 2 "$OTATOOL" matrix merge
expect 2 "$OTATOOL" matrix merge s1 s3
says err '2 folders, and no -o OUT to join them in'
expect 2 "$OTATOOL" matrix merge s1 -o ''
expect 4 "$OTATOOL" matrix merge nowhere
says err 'nowhere: is no folder'
mkdir empty
expect 3 "$OTATOOL" matrix merge empty
says err 'empty: has no plan\.json'
says err 'hint: give the folder that matrix run has written into'

expect 1 "$OTATOOL" matrix merge s1 s3 -o no
says err 'missing: 1\.0\.[0-9] -> 1\.0\.[0-9], job [0-9a-f]{64}$'
says err 'error: .*2 of 6 jobs missing, nothing is written'
says err 'hint: run the plan again'
absent no
expect 1 "$OTATOOL" matrix merge s1 s3 -o no --json
says out '"written": false'
says out '"reason": "2 of 6 jobs missing, nothing is written"'
absent no
quiet "$OTATOOL" matrix merge s1 s3 -o part --partial
says err 'warning: .*missing: '
says out '^part: 4 of 6 jobs'
sums_good part
quiet "$OTATOOL" matrix merge s1 -o part --partial
says err 'warning: part: 2 jobs are finished here and in none of the folders, not indexed'
sums_good part
quiet "$OTATOOL" matrix merge s1 s3 -o part --partial
checks=$((checks + 1))
grep -q '"complete": false' part/index.json || fail "part/index.json says it is complete"

cp -r whole damaged
patch=$(first_of damaged/patches)
printf x | dd of="$patch" bs=1 seek=40 conv=notrunc status=none
expect 1 "$OTATOOL" matrix merge damaged
says err "damaged: .*has not the digest that its result says"
says err 'error: .*1 of 6 jobs missing \(1 of them damaged\), nothing is written'
says_not err 'missing: '
expect 1 "$OTATOOL" matrix merge damaged --json
says out '"why": ".*has not the digest'
quiet "$OTATOOL" matrix merge damaged whole -o healed
same_tree whole healed
quiet "$OTATOOL" matrix run plan.json -o damaged
says out '1 made, 5 found finished'
same_tree whole damaged
rm "$patch"
mkfifo "$patch"
expect 1 timeout 20 "$OTATOOL" matrix merge damaged
says err "damaged: .*is no regular file"

cp -r whole extra
result=$(first_of extra/results)
cp "$result" extra/results/notes.txt
cp "$result" "extra/results/$(printf '%064d' 0).json"
quiet "$OTATOOL" matrix merge extra
says err 'extra: job 0{64} is not in this plan, left where it is, not indexed'
says err 'extra: results/notes.txt belongs to no job, left where it is, not indexed'
same extra/index.json whole/index.json
same extra/SHA256SUMS whole/SHA256SUMS
quiet "$OTATOOL" matrix merge extra -o clean
says err 'extra: results/notes.txt belongs to no job, left out'
same_tree whole clean

quiet "$OTATOOL" matrix plan all/app-1.0.0.bin all/app-1.0.1.bin -o other.json --format bsdiff
quiet "$OTATOOL" matrix run other.json -o other
expect 1 "$OTATOOL" matrix merge whole other -o no
says err 'other/plan\.json: is another plan than the first folder'
absent no
cp -r whole changed
sed -i 's/"pairs": "all"/"pairs": "latest"/' changed/plan.json
expect 3 "$OTATOOL" matrix merge changed
says err 'changed/plan\.json: '
quiet "$OTATOOL" matrix merge other -o changed
says err 'warning: changed: extra: job [0-9a-f]+ is not in this plan, left where it is'
sums_good changed

if [ "$(id -u)" != 0 ]; then
	mkdir closed
	chmod a-w closed
	expect 4 "$OTATOOL" matrix merge whole -o closed/in
	says err 'closed/in: cannot be made: Permission denied'
fi

# What was not looked at is not called missing.
cp -r whole broken
rm -r broken/results
touch broken/results
expect 3 "$OTATOOL" matrix merge broken
says err 'broken/results: is no folder'
says_not err 'missing'
expect 3 "$OTATOOL" matrix merge broken --json
says_not out .

odd=$(printf 'odd\033[31m\n::error::x')
quiet "$OTATOOL" matrix merge whole -o "$odd"
says out '^odd\?\[31m\?\?:error.?:x: 6 of 6 jobs'
same_tree whole "$odd"

# -- one version, two alike, a target, signatures --------------------------------------------------

quiet "$OTATOOL" matrix plan all/app-1.0.0.bin -o one.json
quiet "$OTATOOL" matrix run one.json -o one
quiet "$OTATOOL" matrix merge one
says out 'one version: there is nothing to send'
sums_good one

cp all/app-1.0.0.bin all/twin-1.0.9.bin
quiet "$OTATOOL" matrix plan all/app-1.0.0.bin all/app-1.0.1.bin all/twin-1.0.9.bin -o twins.json
quiet "$OTATOOL" matrix run twins.json -o twins
quiet "$OTATOOL" matrix merge twins
says out '^twins: 3 of 3 jobs, 3 patches'
sums_good twins
# The older two are alike: their patches to the newest are one file.
printf '[{file: all/app-1.0.0.bin, version: 1.0.0}, {file: all/twin-1.0.9.bin, version: 1.0.1},
	{file: all/app-1.0.1.bin, version: 1.0.2}]' >alike.yaml
quiet "$OTATOOL" matrix plan alike.yaml -o alike.json
quiet "$OTATOOL" matrix run alike.json -o alike
quiet "$OTATOOL" matrix merge alike
says out '^alike: 3 of 3 jobs, 2 patches'
sums_good alike

make_history signed 3 --size 6000 --images
quiet "$OTATOOL" keygen -t ed25519 -o key.pem
quiet "$OTATOOL" pubkey -k key.pem -o pub.pem
quiet "$OTATOOL" matrix plan signed -o signed.json -k pub.pem \
	--target water-meter-l476 --link lorawan,region=eu868,dr=5
quiet "$OTATOOL" matrix run signed.json -o updates -k key.pem
quiet "$OTATOOL" matrix merge updates
sums_good updates

# A limit that all pairs are over.
quiet "$OTATOOL" matrix plan signed -o short.json --target water-meter-l476 --max-patch 64
quiet "$OTATOOL" matrix run short.json -o short --allow-full
quiet "$OTATOOL" matrix merge short
says out '^3 jobs have no patch that fits; index\.json says why$'
says out '2 not at all$'
sums_good short

# Images that have nothing in common are sent whole.
mkdir strangers
for i in 0 1; do bytes 400 "$i" >"strangers/app-1.$i.0.bin"; done
quiet "$OTATOOL" matrix plan strangers -o whole.json --format bsdiff
quiet "$OTATOOL" matrix run whole.json -o images
quiet "$OTATOOL" matrix merge images
says out '0 versions by one patch, 0 over others, 1 by the whole image'

# -- files and schemas -----------------------------------------------------------------------------

# What the commands print, with something in every list.
"$OTATOOL" matrix plan signed -o short.json --target water-meter-l476 --max-patch 64 --json \
	--emit make --emit-output short.mk >plan.printed
rm "$(first_of short/results)"
"$OTATOOL" matrix run short.json -o short --json >run.printed 2>/dev/null
quiet "$OTATOOL" matrix merge short
"$OTATOOL" matrix merge damaged extra -o no --json >merge.printed 2>/dev/null
"$OTATOOL" matrix merge s1 -o extra --json --partial >merge2.printed 2>/dev/null
"$OTATOOL" matrix report short --json >report.printed 2>/dev/null
"$OTATOOL" matrix report updates --json >report2.printed 2>/dev/null

if python3 -c 'import jsonschema' 2>/dev/null; then
	checks=$((checks + 1))
	python3 "$OTA_SOURCE/tests/support/matrix_schema.py" "$OTA_SOURCE" whole part one twins \
		updates short images ./*.printed >"$tmp/out" 2>&1 || {
		fail "schemas, document and files differ"
		cat "$tmp/out"
	}
else
	echo "python3-jsonschema is missing: the schemas are not tested"
fi

finish
