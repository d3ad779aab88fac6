#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# otatool matrix report --html: one file that loads nothing, opened in headless Chromium on a phone, on a
# desktop and on paper, light and dark; versions with hostile names; the same bytes twice.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1

shots=$OTA_SOURCE/tests/support/matrix_shots.py
python3 "$OTA_SOURCE/tests/support/history.py" images 4 --size 8000 || exit 1

# report OUT NAME ARGS...: plans with ARGS, runs it in OUT and writes NAME.html, twice.
shard=
report() {
	local out=$1 name=$2
	shift 2
	expect 0 "$OTATOOL" matrix plan "$@" -o "$out.json"
	"$OTATOOL" matrix run "$out.json" -o "$out" -j 2 ${shard:+--shard "$shard"} >run.log 2>&1
	expect 0 "$OTATOOL" matrix report "$out" --html "$name.html"
	expect 0 "$OTATOOL" matrix report "$out" --html "$name-again.html"
	same "$name.html" "$name-again.html"
}

# holds NAME TEXT / lacks NAME TEXT: the report has it, or not.
holds() {
	checks=$((checks + 1))
	grep -qF -e "$2" "$1.html" || fail "$1.html does not hold: $2"
}

lacks() {
	checks=$((checks + 1))
	! grep -qF -e "$2" "$1.html" || fail "$1.html holds: $2"
}

# Names that would be markup, that turn the text around, that have no place to break; both ways.
cat >hostile.yaml <<'EOF'
versions:
  - {file: images/app-1.0.0.bin, name: "<script>alert(1)</script>", fleet: 5%}
  - {file: images/app-1.0.1.bin, name: "\"><img src=x onerror=alert(2)>&'", fleet: 10%}
  - {file: images/app-1.0.2.bin, name: "\u05e9\u05dc\u05d5\u05dd 1.0.2", fleet: 15%}
  - {file: images/app-1.0.3.bin, name: "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW", fleet: 70%}
EOF
report hostile hostile hostile.yaml --order given --both-ways --format bsdiff
holds hostile '&lt;script&gt;alert(1)&lt;/script&gt;'
holds hostile '&lt;img src=x onerror=alert(2)&gt;&amp;&#39;'
lacks hostile '<script'
lacks hostile '<img'

# A target with links, with airtime; a pair whose result is gone.
report board board images --target lora-node-wle5 --format otd
first=$(find board/results -name '*.json' | sort | head -n 1)
rm "$first"
expect 0 "$OTATOOL" matrix report board --html missing.html
holds board 'id="airtime"'
holds board 'id="roll-out"'
holds missing 'id="missing"'
holds missing '1 of 6 patches is missing'

# One version; two of the same bytes; a map of sixty, of which a tenth is there.
report one one images/app-1.0.0.bin
holds one 'there is one version'
mkdir two && cp images/app-1.0.0.bin two/app-2.0.0.bin && cp images/app-1.0.0.bin two/app-2.0.1.bin
report same two two --format bsdiff
mkdir many
for i in $(seq 60); do
	bytes 600 "$i" >"many/app-3.0.$i.bin"
done
shard=1/10 report sixty sixty many --pairs latest --format otd
checks=$((checks + 1))
[ "$(stat -c %s sixty.html)" -lt 1500000 ] || fail "sixty versions take $(stat -c %s sixty.html) bytes"
[ "$(grep -c '^<rect class=' sixty.html)" = 3600 ] || fail "the map of 60 versions is not whole"

# A report that cannot be written is none.
expect 4 "$OTATOOL" matrix report one --html nowhere/report.html
absent nowhere

# look ARGS...: what matrix_shots.py finds; its exit code is $found.
look() {
	found=0
	checks=$((checks + 1))
	timeout 300 python3 "$shots" "$@" >seen 2>&1 || found=$?
	[ "$found" = 0 ] || [ "$found" = 77 ] || {
		fail "matrix_shots.py $1:"
		sed 's/^/    /' seen | head -n 30
	}
}

look --text hostile.html 4 board.html 4 missing.html 4 one.html 1 two.html 2 sixty.html 60
# The page is the same whatever built the program: one build opens it.
[ "${OTA_SANITIZE:-OFF}" = OFF ] || finish

# skip WORDS: no browser, but the text has been looked at.
skip() {
	echo "skipped, but for the text: $1"
	[ "$failures" != 0 ] || exit 77
	finish
}
for tool in chromium chromedriver; do
	command -v "$tool" >/dev/null || skip "$tool is not there (scripts/bootstrap all)"
done
look ${MATRIX_SHOTS:+--shots "$MATRIX_SHOTS"} hostile.html 4 missing.html 4 one.html 1
[ "$found" != 77 ] || skip "$(cat seen)"
finish
