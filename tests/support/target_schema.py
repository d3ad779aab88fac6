#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the JSON Schema of profiles, the manual and otatool's parser to each other.

target_schema.py OTATOOL SOURCE: OTATOOL is the program, SOURCE the source tree.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import jsonschema
import yaml

BOARD = {
    "name": "my-board",
    "base": "stm32l476rg",
    "updater": {"ram": "16K", "decoders": [{"format": "otd", "tier": "xs"}]},
    "mcuboot": {
        "mode": "swap-scratch",
        "max-align": 8,
        "max-sectors": 256,
        "boot": "0x0+32K",
        "primary": "0x8000+448K",
        "secondary": "0x78000+448K",
        "scratch": "0xe8000+16K",
    },
}

# A change of the board profile each, as PATH=VALUE in YAML; an empty value takes the key away.
GOOD = [
    "ram=64K",
    "ram=0x10000",
    "ram=1_000_000",
    "ram=1MiB",
    "part=Some chip, rev. 2",
    "notes='a note: with a colon'",
    "flash={sectors: [256*4K], write: 8}",
    "flash={sectors: [500*2048, 3*0x2000], write: 8, erased: 0}",
    "flash={sectors: [512*2048], write: 8, program: 8, erased: 0xff, read-write: true}",
    "flash={erase-ms: {2048: 22.02/24.47, 4K: -/5}, program-us: 81.7, endurance: 100000}",
    "flash={erase-ms: {}}",
    "flash={unread: []}",
    "flash={unread: [endurance, times], source: {geometry: a, times: b}}",
    "flash={rewrite: clear-bits}",
    "external-flash={sectors: [512*4K], write: 1}",
    "updater.ram=16384",
    "updater.stack=0",
    "updater.old=mapped",
    "updater.decoders=[]",
    "updater.decoders=[{format: vcdiff, window: 4K}, {format: bsdiff}]",
    "updater.patch=streamed",
    "updater.patch=secondary",
    "updater.patch=0xf0000+32K",
    "updater.in-place=false",
    "updater.block=4096",
    "updater.block=1M",
    "updater.journal=0xf0000+16K",
    "updater.checkpoint-every=4",
    "links=[]",
    "links=[{kind: ble}]",
    "links=['lorawan,region=eu868,dr=0']",
    "links=[{kind: lorawan, region: us915, dr: 8, class: a, every: 15m, duty: 0.5%}]",
    "links=[{kind: lorawan, multicast: yes, redundancy: 10%, devices: 500, crc: no}]",
    "links=[{kind: lorawan, header: 3, fragment: 48}, {kind: ble, name: phone, mtu: 23}]",
    "links=[{kind: nb-iot, block: 512, overhead: 60, rate: 20k, rtt: 1.5s}]",
    "links=[{kind: lte-m, rate: 1M}, {kind: ble, interval: 7.5ms, packets: 2}]",
    "mcuboot.mode=swap-move",
    "mcuboot.max-align=32",
    "mcuboot.header-size=0x200",
    "mcuboot.encryption=enctlv-ec256",
    "mcuboot.encryption=enctlv-x25519-sha512-aes256",
    "mcuboot.hash=sha512",
    "mcuboot.crypto=mbedtls",
    "mcuboot.allow-list=false",
    "mcuboot.exec-ram=0x20000000+128K",
    "mcuboot={mode: swap-move, max-align: 8, max-sectors: 128, images: "
    "[{primary: 0x8000+128K, secondary: 0x28000+128K, version: 1.2.3+4},"
    " {primary: 0x48000+128K, secondary: 0x68000+128K, version: 1.2}]}",
]

BAD = [
    "name=",
    "name=my board",
    "name=-x",
    "base=",
    "base=my base",
    "frobnicate=1",
    "ram=lots",
    "ram=128k",
    "ram=128KB",
    "ram=1.5K",
    "ram=-1",
    "ram=0",
    "ram=4294967296",
    "ram=[1]",
    "part=[a]",
    "notes=" + "n" * 192,
    "flash=[]",
    "flash={sectors: 512*2048}",
    "flash={sectors: []}",
    "flash={sectors: [512]}",
    "flash={sectors: [1K*2048]}",
    "flash={sectors: [" + ", ".join(["1*2048"] * 17) + "]}",
    "flash={write: 24}",
    "flash={erased: 256}",
    "flash={read-write: maybe}",
    "flash={erase-ms: {2048: 22}}",
    "flash={erase-ms: {2k: 22/24}}",
    "flash={erase-ms: {1: 1/1, 2: 1/1, 3: 1/1, 4: 1/1, 5: 1/1}}",
    "flash={program-us: fast}",
    "flash={endurance: 10K}",
    "flash={endurance: 0}",
    "flash={rewrite: thrice}",
    "flash={unread: times}",
    "flash={unread: [geometry]}",
    "flash={source: here}",
    "flash={source: {datasheet: here}}",
    "updater.ram=some",
    "updater.old=maped",
    "updater.decoders=[otd]",
    "updater.decoders=[{tier: xs}]",
    "updater.decoders=[{format: odt}]",
    "updater.decoders=[{format: otd, tier: l}]",
    "updater.patch=somewhere",
    "updater.patch=0xf0000",
    "updater.in-place=1",
    "updater.in-place=[true]",
    "updater.block=1000",
    "updater.block=64",
    "updater.journal=0xf0000",
    "updater.journal=[0xf0000+16K]",
    "updater.checkpoint-every=0",
    "updater.checkpoint-every=256",
    "updater.checkpoint-every=1K",
    "links={kind: ble}",
    "links=[{mtu: 247}]",
    "links=[{kind: wifi}]",
    "links=[{kind: ble, dr: 0}]",
    "links=[{kind: ble, mtu: 22}]",
    "links=[{kind: ble, interval: 30}]",
    "links=[{kind: lorawan, duty: 1}]",
    "links=[{kind: nb-iot, block: 500}]",
    "links=[[ble]]",
    "mcuboot.mode=swap",
    "mcuboot.max-align=7",
    "mcuboot.max-align=8K",
    "mcuboot.max-sectors=0",
    "mcuboot.max-sectors=1K",
    "mcuboot.header-size=16",
    "mcuboot.encryption=rot13",
    "mcuboot.hash=md5",
    "mcuboot.crypto=openssl",
    "mcuboot.allow-list=1",
    "mcuboot.exec-ram=0x20000000",
    "mcuboot.exec-ram=external:0x0+4K",
    "mcuboot.primary=0x8000",
    "mcuboot.primary=448K",
    "mcuboot.primary=internal:0x8000+448K",
    "mcuboot.images=[{primary: 0x8000+448K, secondary: 0x78000+448K}]",
    "mcuboot={mode: swap-move, max-align: 8, max-sectors: 128, images: []}",
    "mcuboot={mode: swap-move, max-align: 8, max-sectors: 128, images: [{version: 1.0.0}]}",
    "mcuboot={mode: swap-move, max-align: 8, max-sectors: 128, images: "
    "[{primary: 0x8000+128K, secondary: 0x28000+128K, version: 1.02}, {slot: 1}]}",
]

# What the schema takes and otatool does not: rules that span fields or read numbers out of text.
ONLY_OTATOOL = [
    ("base=no-such-chip", "whether a base exists"),
    ("ram=4096M", "the range of a size with a unit"),
    ("ram=0128", "a leading zero, a number to YAML"),
    ("flash={write: 3K}", "whether a size with a unit is a power of two"),
    ("flash={sectors: [65536*65536]}", "the sum of the sectors"),
    ("flash={erase-ms: {2048: 25/24}}", "typical against maximum"),
    ("flash={erase-ms: {2K: 1/1, 2048: 1/1}}", "one size in two spellings"),
    ("flash={program-us: 1.2345}", "decimals of a plain number"),
    ("flash={write: 16}", "write size against max-align"),
    ("external-flash={write: 1}", "half an external flash, as a base may have the rest"),
    ("updater.ram=256K", "the updater's RAM against the chip's"),
    ("updater.patch=0x8000+32K", "areas on each other"),
    ("updater.patch=0xf0001+32K", "areas off the sectors"),
    ("updater.patch=0xf0000+1M", "areas outside their flash"),
    ("updater.patch=external:0+4K", "areas in a flash that there is not"),
    ("links=[{kind: ble}, {kind: ble}]", "names of links against each other"),
    ("links=[{kind: lorawan, dr: 8}]", "data rate against region"),
    ("links=[{kind: lorawan, class: a}]", "what a class needs"),
    ("links=['ble,dr=0']", "keys of a link in one text"),
    ("mcuboot.max-align=64", "alignment against mode"),
    ("mcuboot.scratch=", "an area that the mode needs"),
    ("mcuboot.exec-ram=0xffffffff+2", "the end of the addresses"),
]


class Loader(yaml.SafeLoader):
    """YAML 1.2's core types, as editors have them: yes and no are words."""


Loader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    Loader.add_implicit_resolver(
        "tag:yaml.org,2002:" + tag, re.compile("^(?:" + pattern + ")$"), list(first)
    )
Loader.add_constructor(
    "tag:yaml.org,2002:int",
    lambda loader, node: int(node.value, 10)
    if re.fullmatch(r"[-+]?[0-9]+", node.value)
    else int(node.value, 0),
)


def load(text):
    """What a schema sees: JSON has no keys but strings."""

    def plain(value):
        if isinstance(value, dict):
            return {str(key): plain(item) for key, item in value.items()}
        return [plain(item) for item in value] if isinstance(value, list) else value

    return plain(yaml.load(text, Loader))


def profile(change):
    """The board profile's text with one change."""
    path, _, value = change.partition("=")
    lines = []

    def put(key, text):
        if text:
            lines.append(key + ": " + text)

    def flow(value):
        if isinstance(value, dict):
            return "{" + ", ".join(k + ": " + flow(v) for k, v in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(flow, value)) + "]"
        return str(value)

    top, _, key = path.partition(".")
    for name, old in list(BOARD.items()) + [(top, None)] * (top not in BOARD):
        if name != top:
            put(name, flow(old))
        elif not key:
            put(name, value)
        else:
            items = {k: flow(v) for k, v in old.items() if k != key}
            if value:
                items[key] = value
            put(name, "{" + ", ".join(k + ": " + v for k, v in items.items()) + "}")
    return "\n".join(lines) + "\n"


class Checks:
    """Counts, and says what failed."""

    def __init__(self, otatool, source):
        self.otatool = otatool
        self.source = pathlib.Path(source)
        self.schema = json.loads((self.source / "targets/target.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(self.schema)
        self.validator = jsonschema.Draft202012Validator(self.schema)
        self.count = 0
        self.failures = 0

    def check(self, good, words):
        self.count += 1
        if not good:
            self.failures += 1
            print("FAIL:", words)

    def schema_takes(self, text):
        return self.validator.is_valid(load(text))

    def otatool_takes(self, text):
        """True, or the words of the refusal."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "p.yaml")
            path.write_text(text)
            run = subprocess.run(
                [self.otatool, "targets", str(path)], capture_output=True, text=True, check=False
            )
        if run.returncode not in (0, 3):
            raise RuntimeError("otatool exits with %d: %s" % (run.returncode, run.stderr))
        return True if run.returncode == 0 else run.stderr.strip()

    def builtin_profiles(self):
        for path in sorted(self.source.glob("targets/*.yaml")):
            errors = list(self.validator.iter_errors(load(path.read_text())))
            self.check(not errors, "%s: %s" % (path.name, [e.message for e in errors[:2]]))

    def verdicts(self):
        for change in GOOD:
            text = profile(change)
            self.check(self.otatool_takes(text) is True, "otatool refuses %s" % change)
            self.check(self.schema_takes(text), "the schema refuses %s" % change)
        for change in BAD:
            text = profile(change)
            self.check(self.otatool_takes(text) is not True, "otatool takes %s" % change)
            self.check(not self.schema_takes(text), "the schema takes %s" % change)
        for change, rule in ONLY_OTATOOL:
            text = profile(change)
            self.check(self.otatool_takes(text) is not True, "otatool takes %s" % change)
            self.check(self.schema_takes(text), "the schema knows %s: say so" % rule)

    def example_of_the_manual(self):
        text = (self.source / "man/otatool-target.5").read_text()
        example = re.search(r"^\.SH EXAMPLE\n\.nf\n(.*?)^\.fi", text, re.S | re.M).group(1)
        example = example.replace("\\-", "-")
        self.check(self.otatool_takes(example) is True, "the manual's example is refused")
        self.check(self.schema_takes(example), "the schema refuses the manual's example")

    # -- the three lists of keys -----------------------------------------------------------------

    def parser_keys(self):
        keys = {}
        for path in self.source.glob("libota/target*.c"):
            if "import" in path.name:
                continue
            for table, rows in re.findall(
                r"struct ota_yaml_field (\w+)_fields\[\] = \{(.*?)\};", path.read_text(), re.S
            ):
                keys[table] = set(re.findall(r'\{"([a-z-]+)",', rows))
        links = (self.source / "libota/link.c").read_text()
        keys["link"] = {"kind"} | set(
            re.findall(r'\[OTA_LINK_\w+\] = \{\s*"([a-z-]+)"', links)
        )
        return keys

    def schema_keys(self):
        top = self.schema["properties"]
        defs = self.schema["$defs"]
        keys = {
            "root": top,
            "updater": top["updater"]["properties"],
            "mcuboot": top["mcuboot"]["properties"],
            "source": defs["flash"]["properties"]["source"]["properties"],
            "link": {
                **defs["lorawan"]["properties"],
                **defs["cellular"]["properties"],
                **defs["ble"]["properties"],
            },
        }
        for name in ("flash", "decoder", "image"):
            keys[name] = defs[name]["properties"]
        return {name: set(properties) for name, properties in keys.items()}

    def manual_keys(self):
        sections = {
            "top level": "root",
            "flash, external-flash": "flash",
            "flash.source": "source",
            "updater": "updater",
            "updater.decoders": "decoder",
            "mcuboot": "mcuboot",
            "mcuboot.images": "image",
            "links": "link",
            "links: lorawan": "link",
            "links: nb-iot, lte-m": "link",
            "links: ble": "link",
        }
        keys = {name: set() for name in sections.values()}
        section = None
        lines = (self.source / "man/otatool-target.5").read_text().replace("\\-", "-").split("\n")
        for line, after in zip(lines, lines[1:]):
            if line.startswith((".SH ", ".SS ")):
                section = sections.get(line[4:])
            elif line == ".TP" and section:
                self.check(after.startswith(".B "), "the manual's %s: %s" % (section, after))
                keys[section].add(after[3:])
        return keys

    def keys(self):
        parser, schema, manual = self.parser_keys(), self.schema_keys(), self.manual_keys()
        self.check(len(parser["root"]) > 8 and len(parser["link"]) > 8, "no keys are found")
        for name in sorted(set(parser) | set(schema) | set(manual)):
            known = parser.get(name, set())
            self.check(known == schema.get(name), "keys of %s in the schema: %s" % (
                name, sorted(known ^ schema.get(name, set()))))
            self.check(known == manual.get(name), "keys of %s in the manual: %s" % (
                name, sorted(known ^ manual.get(name, set()))))


def main():
    checks = Checks(sys.argv[1], sys.argv[2])
    checks.builtin_profiles()
    checks.verdicts()
    checks.example_of_the_manual()
    checks.keys()
    print("%d checks of schema, manual and parser, %d failed" % (checks.count, checks.failures))
    return 1 if checks.failures else 0


if __name__ == "__main__":
    sys.exit(main())
