#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every row of a golden set of imgtool's through a tool that claims to be imgtool.

usage: imgtool_golden.py SET TOOL [ARG...]

The set is a folder with manifest.json or calls.tsv and what it names (tests/vectors/README.md).
Each row runs in that folder, with its outputs moved to a temporary one, without a terminal.
Python 3, no packages.
"""
import collections
import gzip
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile

PROT, UNPROT = 0x6908, 0x6907
# TLVs that are random, and whether their length is too.
RANDOM_TLVS = {0x20: False, 0x22: True, 0x23: False, 0x30: False, 0x32: False, 0x33: False,
               0x34: False}


class Wrong(Exception):
    """A row's result is not the golden one."""


def need(condition, text):
    if not condition:
        raise Wrong(text)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def read_golden(path):
    data = read(path)
    return gzip.decompress(data) if path.endswith(".gz") else data


def unhex(text):
    """An Intel HEX file as (lowest address, bytes); holes are 0xff."""
    memory, high = {}, 0
    for line in text.decode().split():
        record = bytes.fromhex(line[1:])
        need(sum(record) & 0xFF == 0, "checksum of " + line)
        data = record[4:-1]
        if record[3] == 0:
            at = high + (record[1] << 8 | record[2])
            memory.update(enumerate(data, at))
        elif record[3] == 4:
            high = int.from_bytes(data, "big") << 16
    low = min(memory)
    return low, bytes(memory.get(at, 0xFF) for at in range(low, max(memory) + 1))


class Image:
    """An image cut at its seams: header area, payload, records of both areas, what follows."""

    def __init__(self, data, order):
        self.data, self.order, self.records = data, order, {PROT: [], UNPROT: []}
        header, size = self.number(8, 2), self.number(12, 4)
        self.header, self.payload = data[:header], data[header:header + size]
        at, self.totals = header + size, {}
        if self.number(at, 2) == PROT:
            at = self.area(at, PROT)
        need(self.number(at, 2) == UNPROT, "no unprotected area at 0x%x" % at)
        self.rest = data[self.area(at, UNPROT):]

    def number(self, at, size):
        need(at + size <= len(self.data), "image ends before 0x%x" % at)
        return int.from_bytes(self.data[at:at + size], self.order)

    def area(self, at, magic):
        end = at + self.number(at + 2, 2)
        self.totals[magic] = end - at
        at += 4
        while at < end:
            size = self.number(at + 2, 2)
            self.records[magic].append((self.data[at:at + 2], self.data[at + 4:at + 4 + size]))
            at += 4 + size
        need(at == end, "records do not end with their area")
        return end


def same_records(got, want, described, area):
    need(len(got) == len(want), "%d records in the %s area, not %d" % (len(got), area, len(want)))
    for mine, golden, what in zip(got, want, described):
        need(mine[0] == golden[0], "type of " + what["name"])
        if "nondeterministic" not in what:
            need(mine[1] == golden[1], "value of " + what["name"])
        elif not what.get("variable_len"):
            need(len(mine[1]) == len(golden[1]), "length of " + what["name"])


def same_structure(row, got, want):
    """Equal but for signatures of another length, and what moves with them."""
    about = row["image"]
    got, want = Image(got, about["endian"]), Image(want, about["endian"])
    random_payload = any("AES-CTR" in mask["what"] for mask in row["mask"])
    # A protected signature's length is in the header.
    moving = any(tlv.get("variable_len") for tlv in about["prot_tlv"])
    need(got.header[:10] == want.header[:10] and got.header[12:] == want.header[12:], "header")
    need(moving or got.header == want.header, "protected size in the header")
    need(len(got.payload) == len(want.payload), "payload size")
    need(random_payload or got.payload == want.payload, "payload")
    same_records(got.records[PROT], want.records[PROT], about["prot_tlv"], "protected")
    same_records(got.records[UNPROT], want.records[UNPROT], about["unprot_tlv"], "unprotected")
    if not want.rest:
        need(not got.rest, "bytes behind the image")
        return
    need(len(got.data) == len(want.data), "size of the padded image")
    shared = min(len(got.rest), len(want.rest))
    need(got.rest[-shared:] == want.rest[-shared:], "padding or trailer")
    fill = set(got.rest[:len(got.rest) - shared])
    need(len(fill) <= 1, "padding is not of one value")


def same_masked(row, got, want):
    need(len(got) == len(want), "%d bytes, not %d" % (len(got), len(want)))
    got, want = bytearray(got), bytearray(want)
    for mask in row["mask"]:
        for data in (got, want):
            data[mask["off"]:mask["off"] + mask["len"]] = bytes(mask["len"])
    differ = [at for at in range(len(got)) if got[at] != want[at]]
    need(not differ, "differs from 0x%x on" % (differ or [0])[0])


def same_image(row, got, want):
    if row["compare"] == "exact":
        need(got == want, "bytes differ")
        return
    if row["out"].lower().endswith(".hex"):
        (base, got), (golden_base, want) = unhex(got), unhex(want)
        need(base == golden_base, "address 0x%x, not 0x%x" % (base, golden_base))
    if row["compare"] == "masked":
        same_masked(row, got, want)
    else:
        same_structure(row, got, want)


def described(image, fixed_length):
    """What a manifest says of an image's records, from the golden image itself."""

    def about(records):
        for kind, _ in records:
            number = int.from_bytes(kind, image.order)
            tlv = {"name": "TLV 0x%02x" % number}
            if number in RANDOM_TLVS:
                tlv["nondeterministic"] = "random"
                tlv["variable_len"] = RANDOM_TLVS[number] and not fixed_length
            yield tlv

    return {"endian": image.order, "prot_tlv": list(about(image.records[PROT])),
            "unprot_tlv": list(about(image.records[UNPROT]))}


def calls(path):
    """The rows of a table of callers; a cell "-" is an empty one."""
    columns = ("id", "exit", "compare", "golden", "out", "start", "stdout")
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("#"):
                continue
            cells = line.rstrip("\n").split("\t")
            row = {name: "" if cell == "-" else cell for name, cell in zip(columns, cells)}
            row["out"] = row["out"] and "out/" + row["out"]
            row["args"] = [row["out"] if arg == "@" else arg for arg in cells[len(columns):]]
            row.update(kind="call", exit=int(row["exit"]))
            row["stdout"] = row["stdout"].replace("\\n", "\n")
            yield row


def rows_of(folder):
    table = os.path.join(folder, "calls.tsv")
    if os.path.exists(table):
        return list(calls(table))
    with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
        return json.load(file)["cases"]


class Runner:
    """Runs one row; what it writes goes to the folder `outputs`."""

    def __init__(self, folder, tool, outputs):
        self.folder, self.tool, self.outputs = folder, tool, outputs

    def path(self, name):
        return os.path.join(self.folder, name)

    def moved(self, name):
        return os.path.join(self.outputs, name)

    def run(self, row, args, moved=()):
        args = [self.moved(arg) if arg in moved else arg for arg in args]
        done = subprocess.run(self.tool + args, cwd=self.folder, timeout=300,
                              input=(row.get("stdin") or "").encode(), capture_output=True,
                              start_new_session=True, check=False)
        need(done.returncode in (0, 1, 2), "exit code %d" % done.returncode)
        return done

    def expect(self, row, done, code):
        words = done.stderr.decode(errors="replace")
        need(done.returncode == code, "exit %d, not %d: %s" % (done.returncode, code, words[-200:]))
        errors = [line for line in words.splitlines() if line.startswith("Error: ")]
        if code == 2:
            need(len(errors) == 1, "not one line of error: " + words[-200:])
        if code == 0:
            need(not errors, "an error, and exit code 0: " + words[-200:])

    def same_stdout(self, row, done):
        if "stdout_file" in row:
            need(done.stdout == read(self.path(row["stdout_file"])), "standard output differs")
        elif "stdout" in row:
            need(done.stdout.decode() == row["stdout"], "says %r" % done.stdout)

    def nothing_written(self):
        left = [name for _, _, names in os.walk(self.outputs) for name in names]
        need(not left, "left behind: %s" % left)

    # -- kinds of rows

    def sign(self, row):
        extra = [output["file"] for output in row.get("extra_outputs", [])]
        done = self.run(row, row["args"], [row["out"]] + extra)
        self.expect(row, done, row["exit"])
        self.same_stdout(row, done)
        got = read(self.moved(row["out"]))
        want = read(self.path(row["out"]))
        need(hashlib.sha256(want).hexdigest() == row["out_sha256"], "the set is damaged")
        same_image(row, got, want)
        for name in extra:
            need(read(self.moved(name)) == read(self.path(name)), name + " differs")
        self.signature_is_good(row)

    def signature_is_good(self, row):
        """Random signatures are not compared, so they are verified."""
        masks = " ".join(mask["what"] for mask in row.get("mask", []))
        if not row.get("key") or "signature" not in masks or "AES-CTR" in masks:
            return
        if row["image"]["endian"] != "little":
            return  # imgtool cannot read those
        done = self.run(row, ["verify", "-k", row["key"], self.moved(row["out"])])
        self.expect(row, done, 0)

    def error(self, row):
        moved = []
        if row["args"][0] in ("sign", "create", "keygen"):
            moved = [arg for arg in row["args"] if arg.startswith("out/")]
        self.expect(row, self.run(row, row["args"], moved), 2)
        self.nothing_written()

    def verify(self, row):
        done = self.run(row, row["args"])
        self.expect(row, done, row["exit"])
        self.same_stdout(row, done)

    def verify_encrypted(self, row):
        """imgtool cannot decrypt: of these it takes the ones that hold plaintext."""
        verdict = row.get("imgtool_verdict", "Image has an invalid hash")
        key = ["-k", row["key"]] if row.get("key") else []
        done = self.run(row, ["verify"] + key + [row["image_file"]])
        if verdict == "ok":
            self.expect(row, done, 0)
            need(done.stdout.startswith(b"Image was correctly validated\n"), "says nothing")
            return
        self.expect(row, done, 1)
        wanted = "" if verdict.startswith("traceback") else verdict + "\n"
        need(done.stdout.decode() == wanted, "says %r" % done.stdout)

    def printed(self, row):
        moved = []
        for flag in ("-o", "--output", "--outfile"):
            if flag in row["args"]:
                moved.append(row["args"][row["args"].index(flag) + 1])
        done = self.run(row, row["args"], moved)
        self.expect(row, done, row["exit"])
        self.same_stdout(row, done)
        for name in moved:
            need(read(self.moved(name)) == read(self.path(name)), name + " differs")

    def keygen(self, row):
        path = row["args"][row["args"].index("-k") + 1]
        new = self.moved(os.path.basename(path))
        args = [new if arg == path else arg for arg in row["args"]]
        self.expect(row, self.run(row, args), 0)
        need(read(new).decode().splitlines()[0] == row["pem_label"], "first line of the key")
        need(stat.S_IMODE(os.stat(new).st_mode) == 0o600, "mode of the key")
        mine = self.run(row, ["getpub", "-k", new])
        golden = self.run({"stdin": "correct horse\n"}, ["getpub", "-k", path])
        self.expect(row, mine, 0)
        need(mine.stdout != golden.stdout, "two new keys are the same")
        need(mine.stdout.splitlines()[:2] == golden.stdout.splitlines()[:2], "type of the key")
        self.expect(row, self.run(row, args), 2)  # a second one does not replace it

    def defect(self, row):
        """Rows that show a defect of imgtool's. Some are refused, others done right."""
        moved = [arg for arg in row["args"] if arg.startswith("out/")]
        done = self.run(row, row["args"], moved)
        check = getattr(self, "defect_" + row["id"].split("-")[0], None)
        if check is None:
            self.expect(row, done, 2)
            self.nothing_written()
            return
        self.expect(row, done, 0)
        check(Image(read(self.moved(moved[0])), "little"))

    def defect_o131(self, image):
        need(image.number(16, 4) & 0x10, "compression lost the flag NON_BOOTABLE")

    def defect_o132(self, image):
        need(image.number(16, 4) & 0x4, "is not flagged as encrypted")
        need(image.payload != read(self.path("in/rand-1021.bin")), "the payload is plaintext")
        need(b"\x33\0" in [kind for kind, _ in image.records[UNPROT]], "no image key")

    def defect_o267(self, image):
        need(image.number(16, 4) & 0x400 and len(image.data) <= 0x2800, "is not compressed")

    # -- build systems' calls

    def call(self, row):
        if row["start"]:
            shutil.copyfile(self.path(row["start"]), self.moved(row["out"]))
        done = self.run(row, row["args"], [row["out"]])
        self.expect(row, done, row["exit"])
        if row["compare"] == "stdout":
            need(done.stdout == read_golden(self.path(row["golden"])), "standard output differs")
            return
        self.same_stdout(row, done)
        if row["exit"] == 0:
            self.same_call(row)
        elif row["start"]:
            need(read(self.moved(row["out"])) == read(self.path(row["start"])), "input is changed")
        else:
            self.nothing_written()

    def same_call(self, row):
        got, want = read(self.moved(row["out"])), read_golden(self.path(row["golden"]))
        if row["compare"] == "exact":
            need(got == want, "bytes differ")
            return
        plain = unhex(want)[1] if row["out"].endswith(".hex") else want
        row["mask"] = [{"what": "AES-CTR"}] if row["compare"] == "encrypted" else []
        row["image"] = described(Image(plain, "little"), "--pad-sig" in row["args"])
        same_image(dict(row, compare="structural"), got, want)
        # What is compared without its signature must have a good one; imgtool cannot decrypt.
        keys = [word for flag, word in zip(row["args"], row["args"][1:]) if flag in ("-k", "--key")]
        if row["compare"] == "structural":
            done = self.run(row, ["verify", "-k", keys[-1], self.moved(row["out"])])
            need(done.returncode == 0 or "--clear" in row["args"], "verify: %r" % done.stdout)

    def check(self, row):
        if row.get("note", "").startswith("DEFECT"):
            return self.defect(row)
        kinds = {"sign": self.sign, "error": self.error, "verify": self.verify,
                 "verify-encrypted": self.verify_encrypted, "keygen": self.keygen,
                 "call": self.call}
        return kinds.get(row["kind"], self.printed)(row)


def main():
    folder, tool = os.path.abspath(sys.argv[1]), [os.path.abspath(sys.argv[2])] + sys.argv[3:]
    good, bad = collections.Counter(), 0
    rows = rows_of(folder)
    with tempfile.TemporaryDirectory() as base:
        for number, row in enumerate(rows):
            outputs = os.path.join(base, str(number))
            os.makedirs(os.path.join(outputs, "out"))
            try:
                Runner(folder, tool, outputs).check(row)
                good[row["kind"]] += 1
            except (Wrong, OSError, ValueError, subprocess.TimeoutExpired) as error:
                bad += 1
                print("FAIL: %s: %s" % (row["id"], error))
    print("%d rows as they should be (%s), %d failed" % (
        sum(good.values()), ", ".join("%s %d" % kind for kind in sorted(good.items())), bad))
    return 1 if bad or not good else 0


if __name__ == "__main__":
    sys.exit(main())
