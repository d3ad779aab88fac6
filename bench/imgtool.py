#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whole-process time of sign and verify against imgtool, as ratios of medians in one run.

usage: bench/imgtool.py OTATOOL -- IMGTOOL [ARGS...]
for example: bench/imgtool.py build/release/otatool -- python3 mcuboot/scripts/imgtool.py

Runs of both alternate, so that a busy moment of the machine meets both. Files are in /dev/shm where
that exists. Python's standard library only.
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 31
BODY = 200 * 1024
KINDS = ["rsa-2048", "rsa-3072", "ecdsa-p256", "ecdsa-p384", "ed25519"]


def run(command, folder):
    start = time.perf_counter()
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True)
    except OSError as why:
        sys.exit(f"{command[0]}: {why.strerror}")
    spent = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr.decode()}")
    return spent


def compare(name, ours, theirs, folder):
    times = ([], [])
    for _ in range(RUNS):
        times[0].append(run(ours, folder))
        times[1].append(run(theirs, folder))
    a, b = (statistics.median(t) for t in times)
    print(f"{name:<22} {a * 1000:9.2f} ms {b * 1000:9.2f} ms   1/{b / a:.1f}")


def check_is_there(command, folder):
    """A word that says what is missing, before a traceback of imgtool's own does."""
    try:
        done = subprocess.run(command + ["version"], cwd=folder, stdin=subprocess.DEVNULL,
                              capture_output=True)
    except OSError as why:
        sys.exit(f"{command[0]}: {why.strerror}")
    if done.returncode != 0:
        why = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        sys.exit(f"{' '.join(command)} version: exit {done.returncode}: {why[-1]}\n"
                 "imgtool is in MCUboot's scripts/, its packages in scripts/requirements.txt")


def main():
    if len(sys.argv) < 4 or sys.argv[2] != "--":
        sys.exit(__doc__.strip())
    split = 2
    otatool = os.path.abspath(sys.argv[1])
    imgtool = [os.path.abspath(w) if os.path.exists(w) else w for w in sys.argv[split + 1:]]
    shm = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=shm) as folder:
        with open(os.path.join(folder, "app.bin"), "wb") as body:
            body.write(os.urandom(BODY))
        check_is_there([otatool], folder)
        check_is_there(imgtool, folder)
        plain = ["sign", "-v", "1.2.3", "-H", "32", "--pad-header", "-S", "0x80000"]
        print(f"{'':<22} {'otatool':>12} {'imgtool':>12}   ratio (medians of {RUNS})")
        compare("version", [otatool, "imgtool", "version"], imgtool + ["version"], folder)
        compare("sign, unsigned", [otatool, "imgtool"] + plain + ["app.bin", "a.img"],
                imgtool + plain + ["app.bin", "b.img"], folder)
        for kind in KINDS:
            key = kind + ".pem"
            run([otatool, "keygen", "-t", kind, "-o", key], folder)
            signed = plain + ["-k", key, "app.bin"]
            compare("sign, " + kind, [otatool, "imgtool"] + signed + ["a.img"],
                    imgtool + signed + ["b.img"], folder)
            verify = ["verify", "-k", key]
            compare("verify, " + kind, [otatool] + verify + ["a.img"],
                    imgtool + verify + ["b.img"], folder)


main()
