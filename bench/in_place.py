#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What it costs to have one slot: otd patches in place against those for two slots, in bytes.

usage: bench/in_place.py OTATOOL --corpus DIR [--tier xs] [--block 4096] [--distances 4K,16K,64K]

DIR is a folder of product folders whose files, sorted, are releases in order; its INDEX.tsv tells
each product's CPU: Cortex-M alone is measured. Prints a table by product, and of all pairs the
totals and geometric means, as Markdown. Python's standard library only.
"""
import argparse
import collections
import csv
import math
import os
import subprocess
import sys
import tempfile


def products_of(corpus):
    """Folders of Cortex-M firmware, and the pairs of neighbours in each."""
    with open(os.path.join(corpus, "INDEX.tsv"), newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        names = sorted({row["product"] for row in rows if row["cpu"].startswith("M")})
    for name in names:
        folder = os.path.join(corpus, name)
        files = [os.path.join(folder, each) for each in sorted(os.listdir(folder))]
        yield name, list(zip(files, files[1:]))


def patch_len(otatool, pair, options):
    with tempfile.TemporaryDirectory() as folder:
        patch = os.path.join(folder, "patch")
        command = [otatool, "diff", *pair, "-o", patch, "--format", "otd", *options]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}: exit {done.returncode}\n"
                     f"{done.stderr.decode(errors='replace')}")
        return os.path.getsize(patch)


def more(ratio):
    return f"{100 * (ratio - 1):+.1f} %"


def geometric_mean(values):
    return math.exp(sum(math.log(value) for value in values) / len(values))


def measure(args):
    """By product, a list of a pair's sizes: in two slots, and at each distance."""
    ways = [[]] + [["--in-place", "--block", args.block, "--safe-distance", distance]
                   for distance in args.distances]
    sizes = collections.OrderedDict()
    for name, pairs in products_of(args.corpus):
        sizes[name] = [[patch_len(args.otatool, pair, ["--tier", args.tier, *way])
                        for way in ways] for pair in pairs]
    return sizes


def print_table(args, sizes):
    heads = ["product", "pairs", "two slots"] + [f"safe distance {each}" for each in args.distances]
    print("| " + " | ".join(heads) + " |")
    print("| --- |" + " ---: |" * (len(heads) - 1))
    everything = [row for rows in sizes.values() for row in rows]
    for name, rows in [*sizes.items(), ("all", everything)]:
        sums = [sum(column) for column in zip(*rows)]
        cells = [f"{each:,} ({more(each / sums[0])})" for each in sums[1:]]
        print(f"| {name} | {len(rows)} | {sums[0]:,} | " + " | ".join(cells) + " |")
    means = [geometric_mean([row[i] / row[0] for row in everything])
             for i in range(1, len(heads) - 2)]
    print("| geometric mean of the pairs | | | " + " | ".join(map(more, means)) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("otatool")
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--tier", default="xs")
    parser.add_argument("--block", default="4096")
    parser.add_argument("--distances", default="4K,16K,64K",
                        type=lambda words: words.split(","))
    args = parser.parse_args()
    print_table(args, measure(args))


if __name__ == "__main__":
    main()
