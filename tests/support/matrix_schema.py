#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the JSON Schemas of a matrix's files to what otatool writes, and docs/matrix.md to both.

matrix_schema.py SOURCE DIR|FILE...: SOURCE is the source tree, each DIR a merged folder, each FILE
what a command printed with --json.
"""
import copy
import hashlib
import json
import pathlib
import re
import sys

import jsonschema


class Checks:
    """Counts, and says what failed."""

    def __init__(self, source):
        self.source = pathlib.Path(source)
        self.count = 0
        self.failures = 0
        self.seen = {}
        self.validators = {}
        for name in ("plan", "result", "index"):
            schema = json.loads(
                (self.source / ("docs/schema/matrix-%s.schema.json" % name)).read_text()
            )
            jsonschema.Draft202012Validator.check_schema(schema)
            self.validators[name] = jsonschema.Draft202012Validator(schema)
            self.seen[name] = set()

    def check(self, good, words):
        self.count += 1
        if not good:
            self.failures += 1
            print("FAIL:", words)

    # -- files -----------------------------------------------------------------------------------

    def file(self, kind, path):
        value = json.loads(path.read_text())
        errors = list(self.validators[kind].iter_errors(value))
        self.check(
            not errors, "%s: %s" % (path, ["%s: %s" % (e.json_path, e.message) for e in errors[:2]])
        )
        self.seen[kind] |= keys_of(value)
        return value

    def mutants(self, kind, value):
        """A key that is new, and a value of another type, are refused wherever they stand."""
        for path in list(paths_of(value)):
            mutant = copy.deepcopy(value)
            node = mutant
            for step in path[:-1]:
                node = node[step]
            node[path[-1]] = {"new": [None]}
            self.check(
                not self.validators[kind].is_valid(mutant), "the schema takes another %s" % (path,)
            )
        mutant = dict(value, color=1)
        self.check(not self.validators[kind].is_valid(mutant), "the schema takes a new key")

    def folder(self, folder):
        plan = self.file("plan", folder / "plan.json")
        index = self.file("index", folder / "index.json")
        results = [self.file("result", path) for path in sorted(folder.glob("results/*.json"))]
        digest = plan.pop("digest")
        text = json.dumps(plan, separators=(",", ":"), ensure_ascii=False)
        self.check(sha256(text) == digest, "%s: the plan's digest" % folder)
        self.check(
            index["plan_sha256"] == sha256((folder / "plan.json").read_text()),
            "%s: plan_sha256" % folder,
        )
        for result in results:
            seal = result.pop("seal")
            text = json.dumps(result, indent=2, ensure_ascii=False) + "\n"
            self.check(sha256(text) == seal, "%s: seal of %s" % (folder, result["id"]))
            result["seal"] = seal
        self.index(folder, index)
        plan["digest"] = digest
        self.mutants("plan", plan)
        self.mutants("index", index)
        for result in results[:2]:
            self.mutants("result", result)

    def index(self, folder, index):
        """Every step leads on, and every file is what is said of it."""
        for version in index["versions"]:
            at = version["name"]
            for step in version["send"]:
                self.check(step["old"] == at, "%s: a step of %s" % (folder, version["name"]))
                at = step["new"]
            if "reason" not in version:
                self.check(at == index["newest"], "%s: the end of %s" % (folder, version["name"]))
        for patch in index["patches"]:
            data = (folder / patch["file"]).read_bytes()
            self.check(len(data) == patch["bytes"], "%s: bytes" % patch["file"])
            self.check(hashlib.sha256(data).hexdigest() == patch["sha256"], patch["file"])

    # -- the document ----------------------------------------------------------------------------

    def printed(self, path):
        """Every key of an object stands in the document, under its schema."""
        value = json.loads(path.read_text())
        text = (self.source / "docs/matrix.md").read_text()
        parts = text.split("`%s`" % value["schema"])
        self.check(len(parts) == 2, "docs/matrix.md does not name %s once" % value["schema"])
        words = words_of(re.split(r"`otatool\.|\n## ", parts[-1])[0])
        for key in sorted(keys_of(value) - words - {"schema"}):
            self.check(False, "docs/matrix.md does not name %s of %s" % (key, value["schema"]))

    def documented(self):
        """Every key of a schema stands in the document, in `code`."""
        words = words_of((self.source / "docs/matrix.md").read_text())
        for kind, validator in self.validators.items():
            for key in sorted(schema_keys(validator.schema)):
                self.check(key in words, "docs/matrix.md does not name %s of %s" % (key, kind))


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def words_of(text):
    return set(re.findall(r"`([a-z0-9_]+)`", text))


def keys_of(value):
    if isinstance(value, dict):
        return set(value) | {key for item in value.values() for key in keys_of(item)}
    return {key for item in value for key in keys_of(item)} if isinstance(value, list) else set()


def paths_of(value, path=()):
    """Of every member and item; of lists the first item is enough."""
    items = value.items() if isinstance(value, dict) else list(enumerate(value))[:1]
    for key, item in items:
        yield path + (key,)
        if isinstance(item, (dict, list)):
            yield from paths_of(item, path + (key,))


def schema_keys(schema):
    keys = set()
    if isinstance(schema, dict):
        keys |= set(schema.get("properties", {}))
        for item in schema.values():
            keys |= schema_keys(item)
    elif isinstance(schema, list):
        for item in schema:
            keys |= schema_keys(item)
    return keys


def main():
    checks = Checks(sys.argv[1])
    for path in map(pathlib.Path, sys.argv[2:]):
        if path.is_dir():
            checks.folder(path)
        else:
            checks.printed(path)
    checks.documented()
    print("%d checks, %d failed" % (checks.count, checks.failures))
    return 1 if checks.failures else 0


if __name__ == "__main__":
    sys.exit(main())
