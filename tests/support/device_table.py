# SPDX-License-Identifier: Apache-2.0
"""device_table.py LEDGER.tsv: the ledger as a table for people, in Markdown: of each build what goes into
flash by core, its RAM, and its stack where that is largest, built with -Os."""
import csv
import sys

NAMES = {
    "nano": "otd, tier nano, Thumb",
    "xs": "otd, tier XS, Thumb",
    "xs-in-place": "the same, also in place",
    "xs-none": "otd, tier XS, no code known",
    "rv32-xs": "otd, tier XS, RV32",
    "xtensa-xs": "otd, tier XS, Xtensa",
    "full": "otd, everything",
    "vcdiff": "VCDIFF",
    "bsdiff": "bsdiff, without bzip2",
    "agent-nano": "agent, otd tier nano",
    "agent-xs": "agent, otd tier XS",
    "agent-xs-bare": "the same, without signed updates",
    "agent-xs-in-place": "agent, otd tier XS, also in place",
    "agent-vcdiff": "agent, otd tier XS and VCDIFF",
    "agent-full": "agent, everything",
}
CORES = {
    "cortex-m0plus": "M0+",
    "cortex-m3": "M3",
    "cortex-m4": "M4",
    "cortex-m33": "M33",
    "rv32imac": "RV32IMAC",
    "lx106": "LX106",
}

with open(sys.argv[1]) as file:
    rows = [row for row in csv.DictReader((line for line in file if line[0] != "#"), delimiter="\t")
            if row["level"] == "-Os" and row["core"] in CORES]
flash, ram, stack = {}, {}, {}
for row in rows:
    build = row["build"]
    flash[build, row["core"]] = sum(int(row[part]) for part in ("code", "constants", "priors"))
    ram[build] = int(row["state"])
    stack[build] = max(stack.get(build, 0), int(row["stack"]))
cores = [core for core in CORES if any(row["core"] == core for row in rows)]
print("| Build | " + " | ".join(CORES[core] for core in cores) + " | RAM | Stack |")
print("|---|" + "--:|" * (len(cores) + 2))
for build, name in NAMES.items():
    if build in ram:
        sizes = [f"{flash[build, core]:,}" if (build, core) in flash else "" for core in cores]
        print(f"| {name} | " + " | ".join(sizes) + f" | {ram[build]:,} | {stack[build]:,} |")
print()
compilers = sorted({row["compiler"] for row in rows})
print("Bytes; flash is code and constants, by core, with -Os. " + ", ".join(compilers) + ".")
