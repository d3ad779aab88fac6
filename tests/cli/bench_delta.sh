#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# bench/delta.py runs, and its reports hold every ratio. No figure is judged.
for tool in bsdiff bspatch xdelta3 python3 cc; do
	command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
# What a sanitizer does to malloc is not what is measured.
case ${OTA_SANITIZE-} in
ON | on | 1 | true | TRUE) echo "skipped: a sanitizer's own malloc"; exit 77 ;;
esac
. "$(dirname "$0")/../support/lib.sh"
root=$(cd "${OTA_SOURCE:-$(dirname "$0")/../..}" && pwd)
cd "$tmp" || exit 1

cat >check.py <<'EOF'
import json
import math
import sys

with open(sys.argv[1]) as file:
    report = json.load(file)
with open(sys.argv[2]) as file:
    text = file.read()
assert report["schema"] == "otatool.bench.delta/1"
assert report["repeat"] == 1 and len(report["pairs"]) == 1
assert report["totals_large"] is None
titles = {"bsdiff": "bsdiff against bsdiff", "vcdiff": "vcdiff against xdelta3",
          "otd": "otd --tier xs against bsdiff",
          "otd-nano": "otd --tier nano against bsdiff", "otd-m": "otd --tier m against bsdiff"}


def metrics_of(kind):
    acts = ("create", "apply") if kind.startswith("otd") else ("create", "apply", "theirs")
    return {"patch_bytes"} | {f"{act}_{what}" for act in acts
                              for what in ("cpu_us", "rss_bytes", "heap_bytes")}


assert set(report["otd"]) == {kind for kind in titles if kind.startswith("otd")}
for kind, title in titles.items():
    metrics = metrics_of(kind)
    cells = report["pairs"][0]["formats"][kind]
    totals = report["totals"][kind]
    assert set(cells) == set(totals) == metrics, kind
    for metric in metrics:
        cell, total = cells[metric], totals[metric]
        assert cell["ours"] > 0 and cell["theirs"] > 0, metric
        assert math.isclose(cell["ratio"], cell["ours"] / cell["theirs"]), metric
        for key in ("ratio_of_sums", "geometric_mean", "median", "worst"):
            assert math.isclose(total[key], cell["ratio"]), (metric, key)
    # Every row of a table has as many cells as its head.
    section = text.split(f"## {title}\n")[1].split("\n## ")[0]
    tables = [[line for line in block.split("\n") if line.startswith("|")]
              for block in section.split("\n\n")]
    tables = [rows for rows in tables if rows]
    assert len(tables) == 2, kind
    assert all(row.count("|") == rows[0].count("|") for rows in tables for row in rows), kind
    assert len(tables[1]) == 2 + len(metrics), kind
for kind, found in report["otd"].items():
    assert found["cores"] == {"Cortex-M": report["totals"][kind]}, "the sensor is a Cortex-M"
    assert len(found["larger"]) <= 1 and "Over bsdiff's patch and 32 bytes: " in text
    assert found["small_changes"]["pairs"] in (0, 1)
assert "/" not in text.split("`bench/delta.py ")[1].split("`")[0], "a path of this machine"
EOF
expect 0 python3 "$root/bench/delta.py" "$OTATOOL" --repeat 1 --json r.json --markdown r.md &&
	expect 0 python3 check.py r.json r.md

# Sizes alone: the same, and nothing else.
expect 0 python3 "$root/bench/delta.py" "$OTATOOL" --sizes --only bsdiff,otd --json s.json --markdown s.md
cat >sizes.py <<'EOF'
import json

with open("r.json") as whole, open("s.json") as sizes:
    whole, sizes = json.load(whole), json.load(sizes)
assert set(sizes["totals"]) == {"bsdiff", "otd"}
for kind, totals in sizes["totals"].items():
    assert totals == {"patch_bytes": whole["totals"][kind]["patch_bytes"]}, kind
EOF
expect 0 python3 sizes.py
expect 2 python3 "$root/bench/delta.py" "$OTATOOL" --only bsdiff,rsync && says err 'knows bsdiff'

# A wrong result is told: an apply that gives something else.
cat >liar <<'EOF'
#!/bin/sh
"$OTATOOL" "$@" || exit
[ "$1" != apply ] || for last in "$@"; do :; done
[ "$1" != apply ] || printf x >>"$last"
EOF
chmod +x liar
export OTATOOL
expect 1 python3 "$root/bench/delta.py" ./liar --only bsdiff --repeat 1 && says err 'not the new image'
expect 2 python3 "$root/bench/delta.py"
expect 1 python3 "$root/bench/delta.py" ./absent
finish
