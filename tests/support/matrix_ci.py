#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""matrix_ci.py github|gitlab FILE WORKSPACE STORE

Looks at a workflow or a child pipeline that `otatool matrix plan --emit` wrote: is it YAML, is it
what the service takes, does it keep to its limits, do secrets go where they should. Then runs its
commands here, job by job, each in a copy of WORKSPACE of its own, and leaves the artifacts in
STORE. Variables and secrets are taken from the environment by their names.
"""
import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

GITHUB_JOBS = 256
GITHUB_MINUTES = 360
GITHUB_FILE = 512 * 1024
GITLAB_JOBS = 200
SECRET = re.compile(r"\$\{\{[^}]*secrets\.")
ARTIFACT_NAME = re.compile(r'[^"<>|*?:\r\n\\/]+')


def check(condition, words):
    if not condition:
        sys.exit(f"matrix_ci: {words}")


def copied(workspace, below):
    folder = os.path.join(below, "workspace")
    shutil.copytree(workspace, folder, symlinks=True)
    return folder


def run(script, folder, variables, shell):
    env = dict(os.environ)
    env.update(variables)
    done = subprocess.run([*shell, "-c", script], cwd=folder, env=env, stdin=subprocess.DEVNULL)
    check(done.returncode == 0, f"exit {done.returncode}: {script}")


# -- GitHub ----------------------------------------------------------------------------------------

class Github:
    def __init__(self, text, workspace, store):
        self.text = text
        self.flow = yaml.safe_load(text)
        self.workspace = workspace
        self.store = store

    def value(self, text, context):
        """A text with its expressions put in: names, and `NAME || 'default'`."""
        def one(match):
            name, _, default = match[1].partition("||")
            return str(context.get(name.strip()) or default.strip().strip("'"))
        return re.sub(r"\$\{\{(.*?)\}\}", one, str(text))

    def context(self, shard, temp):
        found = {"matrix.shard": shard, "runner.temp": temp}
        for name, value in os.environ.items():
            found[f"vars.{name}"] = found[f"secrets.{name}"] = value
        return found

    def check_job(self, name, job):
        check(job["runs-on"], f"{name}: no runner")
        check(0 < job["timeout-minutes"] <= GITHUB_MINUTES, f"{name}: timeout-minutes")
        for step in job["steps"]:
            check(("run" in step) != ("uses" in step), f"{name}: a step runs or uses")
            check("${{" not in step.get("run", ""), f"{name}: an expression in a command")
            check("@" in step.get("uses", "@"), f"{name}: an action without a version")
            if "run" in step:
                check(step["shell"] == "bash", f"{name}: the shell is not named")
        secrets = bool(SECRET.search(yaml.safe_dump(job)))
        if secrets:
            check("!github.event.pull_request" in job["if"], f"{name}: a key for a pull request")
            check("head_repository.fork" in job["if"], f"{name}: a key for a fork")
        return secrets

    def check(self):
        triggers = self.flow[True]  # YAML 1.1 reads the key "on" so
        check(set(triggers) == {"workflow_dispatch", "workflow_call"}, "triggers")
        check(self.flow["permissions"] == {"contents": "read"}, "permissions")
        check(len(self.text) <= GITHUB_FILE, "the file is too long")
        jobs = self.flow["jobs"]
        check(list(jobs) == ["shard", "merge"], "jobs")
        secrets = [self.check_job(name, job) for name, job in jobs.items()]
        declared = triggers["workflow_call"].get("secrets", {})
        check(secrets == [bool(declared), False], "who sees secrets")
        check(not SECRET.search(yaml.safe_dump(self.flow["env"])), "secrets for all")
        check(jobs["merge"]["needs"] == "shard", "merge needs the shards")
        check(jobs["shard"]["strategy"]["fail-fast"] is False, "fail-fast")
        shards = jobs["shard"]["strategy"]["matrix"]["shard"]
        check(shards == list(range(1, len(shards) + 1)), "the matrix is not 1 to n")
        check(1 <= len(shards) <= GITHUB_JOBS, f"{len(shards)} jobs in the matrix")
        return shards

    def upload(self, given, folder):
        name, path = given["name"], os.path.join(folder, given["path"])
        check(ARTIFACT_NAME.fullmatch(name), f"{name}: not an artifact's name")
        check(os.listdir(path), f"{path}: no files")
        where = os.path.join(self.store, name)
        check(not os.path.exists(where), f"{name}: is there already")
        shutil.copytree(path, where, ignore=shutil.ignore_patterns(".*"))

    def download(self, given, folder):
        for name in sorted(os.listdir(self.store)):
            if fnmatch.fnmatchcase(name, given["pattern"]):
                shutil.copytree(os.path.join(self.store, name),
                                os.path.join(folder, given["path"], name))

    def step(self, step, context, folder, variables):
        given = {key: self.value(value, context) for key, value in step.get("with", {}).items()}
        action = step.get("uses", "").partition("@")[0]
        if "run" in step:
            own = dict(variables)
            own.update({k: self.value(v, context) for k, v in step.get("env", {}).items()})
            run(step["run"], folder, own, ["bash", "--noprofile", "--norc", "-eo", "pipefail"])
        elif action == "actions/upload-artifact":
            self.upload(given, folder)
        elif action == "actions/download-artifact" and "pattern" in given:
            self.download(given, folder)
        else:
            check(action in ("actions/checkout", "actions/download-artifact"), f"uses {action}")

    def job(self, job, shard):
        with tempfile.TemporaryDirectory() as temp:
            checkout = any("checkout" in step.get("uses", "") for step in job["steps"])
            folder = copied(self.workspace, temp) if checkout else os.path.join(temp, "empty")
            os.makedirs(folder, exist_ok=True)
            variables = {"RUNNER_TEMP": os.path.join(temp, "runner temp"),
                         "GITHUB_PATH": os.path.join(temp, "path"),
                         "GITHUB_STEP_SUMMARY": os.path.join(self.store, ".summary.md")}
            os.mkdir(variables["RUNNER_TEMP"])
            context = self.context(shard, variables["RUNNER_TEMP"])
            variables.update({k: self.value(v, context) for k, v in self.flow["env"].items()})
            for name in os.environ:  # a secret is seen only where it is named
                if name.startswith("OTATOOL_KEY"):
                    variables[name] = ""
            for step in job["steps"]:
                if "if" in step and not self.value(step["if"], context):
                    continue
                self.step(step, context, folder, variables)
            left = os.listdir(variables["RUNNER_TEMP"])
            check("otatool-keys" not in left, "a key was left on the runner")

    def run(self):
        for shard in self.check():
            self.job(self.flow["jobs"]["shard"], shard)
        self.job(self.flow["jobs"]["merge"], None)


# -- GitLab ----------------------------------------------------------------------------------------

class Gitlab:
    def __init__(self, text, workspace, store):
        self.pipe = yaml.safe_load(text)
        self.workspace = workspace
        self.store = store

    def check_job(self, job):
        check(job["image"] == "$OTATOOL_IMAGE", "no image")
        for key in ("before_script", "script"):
            check(all(isinstance(line, str) for line in job[key]), f"{key} is no list of texts")
        if "OTATOOL_KEY" in yaml.safe_dump(job["script"]):
            check(job["rules"][0] == {"if": "$CI_MERGE_REQUEST_ID", "when": "never"},
                  "a key for a merge request")
        for path in job["artifacts"]["paths"]:
            check(not os.path.isabs(path), f"{path}: outside of the project")
            check(not re.search(r"[*?\[]", path), f"{path}: a pattern")

    def check(self):
        check(self.pipe["stages"] == ["shards", "merge"], "stages")
        check(self.pipe["variables"]["OTATOOL_IMAGE"], "the image has no default")
        jobs = [name for name in self.pipe if name not in ("stages", "variables")]
        check(jobs == ["shard", "merge"], f"jobs {jobs}")
        for name in jobs:
            self.check_job(self.pipe[name])
        check("needs" not in self.pipe["merge"], "needs may have 50 jobs")
        check(re.fullmatch(r"\d+ minutes", self.pipe["shard"]["timeout"]), "timeout")
        matrix = self.pipe["shard"]["parallel"]["matrix"]
        check(len(matrix) == 1 and list(matrix[0]) == ["SHARD"], "the matrix")
        shards = matrix[0]["SHARD"]
        check(shards == [str(k + 1) for k in range(len(shards))], "the matrix is not 1 to n")
        check(1 <= len(shards) <= GITLAB_JOBS, f"{len(shards)} jobs in the matrix")
        return shards

    def job(self, job, variables):
        with tempfile.TemporaryDirectory() as temp:
            folder = copied(self.workspace, temp)
            if job["stage"] != "shards":  # artifacts of the stages before
                shutil.copytree(self.store, folder, dirs_exist_ok=True)
            variables = dict(variables, CI_PROJECT_DIR=folder)
            run("\n".join(job["before_script"] + job["script"]), folder, variables,
                ["bash", "--noprofile", "--norc", "-eo", "pipefail"])
            for path in job["artifacts"]["paths"]:
                path = path.replace("$SHARD", variables.get("SHARD", ""))
                check(os.listdir(os.path.join(folder, path)), f"{path}: no files")
                shutil.copytree(os.path.join(folder, path), os.path.join(self.store, path))

    def run(self):
        for shard in self.check():
            self.job(self.pipe["shard"], {"SHARD": shard})
        self.job(self.pipe["merge"], {})


def main():
    kind, name, workspace, store = sys.argv[1:]
    with open(name, encoding="utf-8") as file:
        text = file.read()
    os.makedirs(store)
    {"github": Github, "gitlab": Gitlab}[kind](text, workspace, store).run()


main()
