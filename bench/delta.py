#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Patches against bsdiff and xdelta3: size, processor time and memory, as ratios ours / theirs.

usage: bench/delta.py OTATOOL [--corpus DIR] [--large] [--only NAMES] [--sizes] [--repeat N]
                      [--json FILE] [--markdown FILE]

DIR is a folder of product folders whose files, sorted, are releases in order; without it the sensor
example is measured. Its INDEX.tsv, if there is one, tells each product's CPU. --large adds two
pairs of 8 MiB made from them. NAMES are the contests to measure, of bsdiff, vcdiff, otd, otd-nano
and otd-m, with commas between; all unless given. --sizes makes every patch once, and compares sizes
alone.

Every command of a pair runs once in turn, N times over (default 5), so that a busy moment of the
machine meets all; times and resident memory are medians. Peak heap comes from a run of its own.
Every result is compared with the new image: exit 1 if one differs. Needs bsdiff, xdelta3 and a C
compiler; Python's standard library only.
"""
import argparse
import collections
import csv
import datetime
import filecmp
import json
import math
import os
import random
import shlex
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
LARGE = 8 << 20
SEED = 20240229
BLOCK = 64 << 10

# A patch under this share of new is a small change: applying it shows how fast a decoder copies.
SMALL_CHANGE = 0.02
# otd's header and checksums are worth it up to so many bytes more than the peer's patch.
SLACK = 32


def bsdiff(old, new, patch):
    return ["bsdiff", old, new, patch]


def bspatch(old, patch, new):
    return ["bspatch", old, new, patch]


def xdelta3_make(old, new, patch):
    return ["xdelta3", "-e", "-9", "-S", "none", "-A=", "-f", "-s", old, new, patch]


def xdelta3_apply(old, patch, new):
    return ["xdelta3", "-d", "-f", "-s", old, patch, new]


# What is measured: our format and options, the peer's package, how it makes and applies a patch,
# and whether the two read each other's.
Contest = collections.namedtuple("Contest", "format options package make apply shared")
CONTESTS = {
    "bsdiff": Contest("bsdiff", [], "bsdiff", bsdiff, bspatch, True),
    "vcdiff": Contest("vcdiff", [], "xdelta3", xdelta3_make, xdelta3_apply, True),
    "otd": Contest("otd", ["--tier", "xs"], "bsdiff", bsdiff, bspatch, False),
    "otd-nano": Contest("otd", ["--tier", "nano"], "bsdiff", bsdiff, bspatch, False),
    "otd-m": Contest("otd", ["--tier", "m"], "bsdiff", bsdiff, bspatch, False),
}

# Key, heading, unit. "theirs" is our apply of the peer's patch, against the peer's of the same.
METRICS = [
    ("patch_bytes", "patch", "bytes"),
    ("create_cpu_us", "create, CPU", "ms"),
    ("create_rss_bytes", "create, peak RSS", "KiB"),
    ("create_heap_bytes", "create, peak heap", "KiB"),
    ("apply_cpu_us", "apply, CPU", "ms"),
    ("apply_rss_bytes", "apply, peak RSS", "KiB"),
    ("apply_heap_bytes", "apply, peak heap", "KiB"),
    ("theirs_cpu_us", "apply theirs, CPU", "ms"),
    ("theirs_rss_bytes", "apply theirs, peak RSS", "KiB"),
    ("theirs_heap_bytes", "apply theirs, peak heap", "KiB"),
]
UNITS = {"bytes": 1, "ms": 1000, "KiB": 1024}


class Tools:
    """The program under test, and what runs it and its peers with a measure at hand."""

    def __init__(self, otatool, folder):
        self.otatool = os.path.abspath(otatool)
        self.folder = folder
        self.launch = self.path("launch")
        self.heap = self.path("heap.so")
        compiler = shlex.split(os.environ.get("CC", "cc"))
        common = compiler + ["-std=c11", "-D_DEFAULT_SOURCE", "-O2"]
        self.call(common + ["-o", self.launch, os.path.join(HERE, "launch.c")])
        self.call(common + ["-fno-builtin", "-fPIC", "-shared", "-o", self.heap,
                            os.path.join(HERE, "heap.c")])

    def path(self, name):
        return os.path.join(self.folder, name)

    @staticmethod
    def call(command):
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
        except OSError as why:
            sys.exit(f"{command[0]}: {why.strerror}")
        if done.returncode != 0:
            sys.exit(f"{shlex.join(command)}: exit {done.returncode}\n"
                     f"{done.stderr.decode(errors='replace')}")
        return done.stdout.decode(errors="replace")

    def measure(self, command):
        """Microseconds of processor time and bytes of peak resident memory."""
        report = self.path("report")
        self.call([self.launch, report] + command)
        with open(report) as file:
            code, spent, rss = (int(word) for word in file.read().split())
        if code != 0:
            sys.exit(f"{shlex.join(command)}: exit {code}")
        return spent, rss * 1024

    def heap_peak(self, command):
        report = self.path("heap")
        self.call(["env", "LD_PRELOAD=" + self.heap, "BENCH_HEAP=" + report] + command)
        with open(report) as file:
            peak = int(file.read())
        os.unlink(report)
        return peak


class Step:
    """One command of a pair, its output, and what that must be equal to."""

    def __init__(self, command, output, want=None):
        self.command = command
        self.output = output
        self.want = want
        self.samples = []
        self.heap = 0

    def run(self, tools):
        if os.path.exists(self.output):
            os.unlink(self.output)
        self.samples.append(tools.measure(self.command))
        if self.want and not filecmp.cmp(self.output, self.want, shallow=False):
            sys.exit(f"{shlex.join(self.command)}: not the new image")

    def run_for_heap(self, tools):
        self.heap = tools.heap_peak(self.command)

    def result(self):
        cpu, rss = (statistics.median(column) for column in zip(*self.samples))
        return {"cpu_us": cpu, "rss_bytes": rss, "heap_bytes": self.heap}


def steps_of(tools, kind, old, new, sizes):
    """In the order they run in; ours and theirs alternate."""
    contest = CONTESTS[kind]
    ours, theirs = tools.path(kind + ".ours"), tools.path(kind + ".theirs")
    out = tools.path("result")
    make = [tools.otatool, "diff", "--format", contest.format] + contest.options
    use = [tools.otatool, "apply", old]
    steps = {
        ("create", "ours"): Step(make + [old, new, "-o", ours], ours),
        ("create", "theirs"): Step(contest.make(old, new, theirs), theirs),
    }
    if not sizes:
        steps[("apply", "ours")] = Step(use + [ours, "-o", out], out, new)
        steps[("apply", "theirs")] = Step(contest.apply(old, theirs, out), out, new)
    if not sizes and contest.shared:
        steps[("theirs", "ours")] = Step(use + [theirs, "-o", out], out, new)
        steps[("check", "theirs")] = Step(contest.apply(old, ours, out), out, new)
    return steps


def compared(ours, theirs):
    return {"ours": ours, "theirs": theirs, "ratio": ours / theirs if theirs else math.nan}


def measure_pair(tools, kinds, pair, arguments):
    steps = {kind: steps_of(tools, kind, pair["old_path"], pair["new_path"], arguments.sizes)
             for kind in kinds}
    everything = [step for kind in kinds for step in steps[kind].values()]
    for _ in range(arguments.repeat):
        for step in everything:
            step.run(tools)
    pair["formats"] = {}
    for kind in kinds:
        sizes = [os.path.getsize(tools.path(f"{kind}.{side}")) for side in ("ours", "theirs")]
        pair["formats"][kind] = {"patch_bytes": compared(*sizes)}
    if arguments.sizes:
        return
    for step in everything:
        step.run_for_heap(tools)
    for kind in kinds:
        done = {key: step.result() for key, step in steps[kind].items()}
        done[("theirs", "theirs")] = done[("apply", "theirs")]
        for act in ("create", "apply", "theirs"):
            if (act, "ours") not in done:
                continue
            for what in ("cpu_us", "rss_bytes", "heap_bytes"):
                pair["formats"][kind][f"{act}_{what}"] = compared(
                    done[(act, "ours")][what], done[(act, "theirs")][what])


# -- pairs ----------------------------------------------------------------------------------------


def releases_in(corpus):
    """Product name and its files in order."""
    if not corpus:
        folder = os.path.join(HERE, "..", "examples", "sensor")
        yield "sensor", sorted(os.path.join(folder, name) for name in os.listdir(folder)
                               if name.endswith(".bin"))
        return
    for product in sorted(os.listdir(corpus)):
        folder = os.path.join(corpus, product)
        if os.path.isdir(folder):
            yield product, sorted(os.path.join(folder, name) for name in os.listdir(folder))


def cpus_in(corpus):
    """Product name and its CPU, as far as it is known."""
    if not corpus:
        return {"sensor": "M3"}
    try:
        with open(os.path.join(corpus, "INDEX.tsv"), newline="") as file:
            return {line["product"]: line["cpu"] for line in csv.DictReader(file, delimiter="\t")}
    except (OSError, KeyError):
        return {}


def pair_of(product, cpu, old, new, large=False):
    return {"product": product, "cpu": cpu,
            "old": os.path.basename(old), "new": os.path.basename(new),
            "old_bytes": os.path.getsize(old), "new_bytes": os.path.getsize(new), "large": large,
            "old_path": os.path.abspath(old), "new_path": os.path.abspath(new)}


def edited(data, dice, every):
    """A word changed about `every` so many bytes, as relocated addresses are."""
    data = bytearray(data)
    at = dice.randrange(every)
    while at + 4 <= len(data):
        data[at:at + 4] = dice.randrange(1 << 32).to_bytes(4, "little")
        at += 4 + dice.randrange(2 * every)
    return bytes(data)


def large_pairs(releases, folder):
    """Files put together until they are large; then parts of that moved, and parts of it edited."""
    dice = random.Random(SEED)
    files = [path for _, paths in releases for path in paths]
    old = b""
    while len(old) < LARGE:
        with open(files[dice.randrange(len(files))], "rb") as file:
            old += edited(file.read(), dice, 400)
    blocks = [old[at:at + BLOCK] for at in range(0, len(old), BLOCK)]
    for _ in range(len(blocks) // 4):
        a, b = dice.randrange(len(blocks)), dice.randrange(len(blocks))
        blocks[a], blocks[b] = blocks[b], blocks[a]
    moved = edited(b"".join(blocks), dice, 20000)
    shifted = edited(dice.randbytes(3000) + old, dice, 600)
    for name, data in (("large-old", old), ("large-moved", moved), ("large-edited", shifted)):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)
    for name in ("large-moved", "large-edited"):
        yield pair_of("large", "", os.path.join(folder, "large-old"), os.path.join(folder, name),
                      True)


def all_pairs(arguments, folder):
    releases = list(releases_in(arguments.corpus))
    cpus = cpus_in(arguments.corpus)
    pairs = [pair_of(product, cpus.get(product, ""), old, new) for product, files in releases
             for old, new in zip(files, files[1:])]
    if arguments.large:
        pairs += large_pairs(releases, folder)
    if not pairs:
        sys.exit("no product folder with two releases")
    return pairs


# -- totals ---------------------------------------------------------------------------------------


def geometric_mean(values):
    return math.exp(sum(math.log(value) for value in values) / len(values))


def total_of(pairs, kind, metric):
    cells = [pair["formats"][kind][metric] for pair in pairs]
    ours, theirs = (sum(cell[side] for cell in cells) for side in ("ours", "theirs"))
    ratios = [cell["ratio"] for cell in cells]
    worst = max(range(len(pairs)), key=lambda i: ratios[i])
    return {"ours": ours, "theirs": theirs, "ratio_of_sums": ours / theirs,
            "geometric_mean": geometric_mean(ratios), "median": statistics.median(ratios),
            "worst": ratios[worst], "worst_pair": name_of(pairs[worst])}


def name_of(pair):
    names = [pair[side].removesuffix(".bin") for side in ("old", "new")]
    return f"{pair['product']}: {names[0]} to {names[1]}"


def metrics_of(pairs, kind):
    """Those that were measured."""
    return [row for row in METRICS if row[0] in pairs[0]["formats"][kind]]


def totals_of(pairs, kinds):
    return {kind: {metric: total_of(pairs, kind, metric)
                   for metric, _, _ in metrics_of(pairs, kind)} for kind in kinds}


# What a product's CPU begins with: the cores whose code otd's model knows.
CORES = [("M", "Cortex-M"), ("RISC-V", "RISC-V"), ("Xtensa", "Xtensa"), ("", "Other")]


def cores_of(pairs):
    """What otd's model knows the code of, and what it does not."""
    groups = collections.defaultdict(list)
    for pair in pairs:
        core = next(name for start, name in CORES if pair["cpu"].startswith(start))
        groups[core].append(pair)
    return {name: groups[name] for _, name in CORES if name in groups}


def small_changes(pairs, kind):
    """MB/s (bytes per microsecond) of new where little changes; whole processes."""
    small = [pair for pair in pairs
             if pair["formats"][kind]["patch_bytes"]["ours"] < SMALL_CHANGE * pair["new_bytes"]]
    made = sum(pair["new_bytes"] for pair in small)
    spent = sum(pair["formats"][kind]["apply_cpu_us"]["ours"] for pair in small)
    return {"pairs": len(small), "new_bytes": made, "mb_per_s": made / spent if small else None}


def larger(pairs, kind):
    """Names of pairs with a patch that is not worth its header."""
    cells = ((pair, pair["formats"][kind]["patch_bytes"]) for pair in pairs)
    return [name_of(pair) for pair, cell in cells if cell["ours"] > cell["theirs"] + SLACK]


def otd_of(pairs, kind, sizes):
    cores = {name: {metric: total_of(group, kind, metric)
                    for metric, _, _ in metrics_of(group, kind)}
             for name, group in cores_of(pairs).items()}
    return {"cores": cores, "larger": larger(pairs, kind),
            "small_changes": None if sizes else small_changes(pairs, kind)}


def groups_of(pairs):
    """Products in order, and the large pairs apart: they would drown the others' sums."""
    groups = {}
    for pair in pairs:
        groups.setdefault(pair["product"], []).append(pair)
    return groups


# -- the machine ----------------------------------------------------------------------------------


def first_line(path, key, separator):
    try:
        with open(path) as file:
            for line in file:
                if line.startswith(key):
                    return line.split(separator, 1)[1].strip().strip('"')
    except OSError:
        pass
    return "unknown"


def package_version(name):
    try:
        done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], capture_output=True)
    except OSError:
        return "unknown"
    return done.stdout.decode() if done.returncode == 0 else "unknown"


def machine():
    return {"cpu": first_line("/proc/cpuinfo", "model name", ":"), "cores": os.cpu_count(),
            "system": first_line("/etc/os-release", "PRETTY_NAME", "=")}


def command_line(arguments):
    """As it was given, without the private part of paths."""
    words = ["bench/delta.py", os.path.basename(arguments.otatool)]
    if arguments.corpus:
        words += ["--corpus", os.path.basename(os.path.normpath(arguments.corpus))]
    if arguments.large:
        words += ["--large"]
    if arguments.only:
        words += ["--only", arguments.only]
    if arguments.sizes:
        words += ["--sizes"]
    words += ["--repeat", str(arguments.repeat)]
    for option in ("json", "markdown"):
        if getattr(arguments, option):
            words += ["--" + option, os.path.basename(getattr(arguments, option))]
    return shlex.join(words)


# -- reports --------------------------------------------------------------------------------------


def row(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(heads, lines):
    yield row(heads)
    yield row(["---"] + ["---:"] * (len(heads) - 1))
    yield from (row(line) for line in lines)


def product_lines(pairs, kind):
    for product, group in list(groups_of(pairs).items()) + [("all", pairs)]:
        totals = totals_of(group, [kind])[kind]
        size = totals["patch_bytes"]
        yield ([product, len(group), f"{size['ours']:,}", f"{size['theirs']:,}",
                f"{size['ratio_of_sums']:.3f}"] +
               [f"{totals[metric]['geometric_mean']:.3f}" for metric in totals])


def metric_lines(totals):
    for metric, title, unit in METRICS:
        if metric not in totals:
            continue
        total = totals[metric]
        yield ([f"{title} ({unit})"] +
               [f"{total[side] / UNITS[unit]:,.0f}" for side in ("ours", "theirs")] +
               [f"{total[key]:.3f}" for key in ("ratio_of_sums", "geometric_mean", "median",
                                                "worst")] + [total["worst_pair"]])


def otd_lines(pairs, found):
    names = found["larger"]
    yield (f"Over bsdiff's patch and {SLACK} bytes: {len(names)} of {len(pairs)} pairs" +
           (f" ({'; '.join(names)})." if names else "."))
    speed = found["small_changes"]
    if speed and speed["pairs"]:
        yield ""
        yield (f"Applying a small change (patch under {SMALL_CHANGE:.0%} of new), {speed['pairs']} "
               f"pairs: {speed['mb_per_s']:.2f} MB of new image a second of CPU.")


def format_section(pairs, kind, found):
    small = [pair for pair in pairs if not pair["large"]]
    large = [pair for pair in pairs if pair["large"]]
    contest = CONTESTS[kind]
    title = " ".join([contest.format] + contest.options)
    yield from ["", f"## {title} against {contest.package}", "",
                "By product: bytes of all patches, and geometric means of the ratios.", ""]
    heads = ["product", "pairs", "our bytes", "their bytes", "ratio of sums"]
    titles = [title for _, title, _ in metrics_of(pairs, kind)]
    yield from table(heads + titles, product_lines(small, kind))
    heads = ["", "ours, sum", "theirs, sum", "ratio of sums", "geometric mean", "median", "worst",
             "worst pair"]
    groups = {"All pairs together": small}
    if found:
        groups = {f"{name} pairs": group for name, group in cores_of(small).items()}
    for title, group in list(groups.items()) + [("Large pairs", large)]:
        if group:
            yield from ["", f"{title}, {len(group)}:", ""]
            yield from table(heads, metric_lines(totals_of(group, [kind])[kind]))
    if found:
        yield ""
        yield from otd_lines(small, found)


def markdown(report):
    where = report["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    yield from [
        "# Patches against bsdiff and xdelta3", "",
        f"Written by `{report['command']}` on {report['date']}; what is measured, and how: "
        "`README.md` beside it.", "",
        f"* Machine: {where['cpu']}, {where['cores']} cores, {where['system']}",
        f"* {versions}"]
    if report["idle"]:
        yield from [
            f"* Runs of each command, alternating: {report['repeat']}; their median counts. "
            "Heap is from one more",
            "* An otatool that does nothing (`version`): "
            f"{report['idle']['cpu_us'] / 1000:.1f} ms, "
            f"peak RSS {report['idle']['rss_bytes'] // 1024:,} KiB"]
    yield "* Ratios are ours / theirs: below 1 is better. Only ratios of one run mean something."
    for kind in report["totals"]:
        yield from format_section(report["pairs"], kind, report["otd"].get(kind))


def idle(tools, repeat):
    """What the process itself costs, which small images do not outweigh."""
    samples = [tools.measure([tools.otatool, "version"]) for _ in range(repeat)]
    cpu, rss = (statistics.median(column) for column in zip(*samples))
    return {"cpu_us": cpu, "rss_bytes": rss}


def report_of(arguments, tools, pairs, kinds):
    small = [pair for pair in pairs if not pair["large"]]
    large = [pair for pair in pairs if pair["large"]]
    versions = {"otatool": tools.call([tools.otatool, "version"]).split()[1]}
    packages = dict.fromkeys(CONTESTS[kind].package for kind in kinds)
    versions.update((package, package_version(package)) for package in packages)
    still = None if arguments.sizes else idle(tools, arguments.repeat)
    public = [{key: value for key, value in pair.items() if not key.endswith("_path")}
              for pair in pairs]
    return {"schema": "otatool.bench.delta/1",
            "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
            "machine": machine(), "versions": versions, "command": command_line(arguments),
            "repeat": arguments.repeat, "idle": still, "pairs": public,
            "totals": totals_of(small, kinds),
            "otd": {kind: otd_of(small, kind, arguments.sizes) for kind in kinds
                    if CONTESTS[kind].format == "otd"},
            "totals_large": totals_of(large, kinds) if large else None}


def write(path, text):
    if path:
        with open(path, "w") as file:
            file.write(text)


def parsed():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n\n")[0],
                                     description=__doc__.split("\n\n", 2)[2])
    parser.add_argument("otatool")
    parser.add_argument("--corpus")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--only")
    parser.add_argument("--sizes", action="store_true")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json")
    parser.add_argument("--markdown")
    arguments = parser.parse_args()
    if arguments.repeat < 1:
        parser.error("--repeat must be at least 1")
    if arguments.sizes:
        arguments.repeat = 1
    for kind in arguments.only.split(",") if arguments.only else []:
        if kind not in CONTESTS:
            parser.error(f"--only knows {', '.join(CONTESTS)}")
    return arguments


def kinds_of(tools, only):
    """The contests asked for, of those that this otatool can take part in."""
    formats = tools.call([tools.otatool, "version"]).split("patch formats: ")[1].split("\n")[0]
    return [kind for kind, contest in CONTESTS.items()
            if contest.format in formats.split() and (not only or kind in only.split(","))]


def main():
    arguments = parsed()
    shm = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=shm) as folder:
        tools = Tools(arguments.otatool, folder)
        kinds = kinds_of(tools, arguments.only)
        pairs = all_pairs(arguments, folder)
        for done, pair in enumerate(pairs, 1):
            if sys.stderr.isatty():
                print(f"\r\033[K{done}/{len(pairs)} {name_of(pair)}", end="", file=sys.stderr)
            measure_pair(tools, kinds, pair, arguments)
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr)
        report = report_of(arguments, tools, pairs, kinds)
    text = "\n".join(markdown(report)) + "\n"
    write(arguments.json, json.dumps(report, indent=1) + "\n")
    write(arguments.markdown, text)
    if not arguments.markdown:
        print(text, end="")


main()
