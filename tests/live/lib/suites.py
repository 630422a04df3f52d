# SPDX-License-Identifier: GPL-2.0-only
"""The suites as data: reading SUITE/suite. README.md lists the keys."""

import os
import re
import shlex
from pathlib import Path

LIVE = Path(__file__).resolve().parents[1]
KEYS = {"about": "", "kernels": "all", "test": "", "root": "", "mem": "512", "smp": "2", "swap": "0", "nodes": "1",
        "cgroup": "v2", "append": "", "timeout": "300", "alone": "no", "shell": "sh", "guest": "guest.sh", "args": ""}
LISTS = ("put", "build", "libraries")
LINE = re.compile(r"([a-z]+)(?:\[([\w.-]+)\])?=(.*)")


class SuiteError(Exception):
    """What is wrong with a suite's data, with the line that has it."""


class Suite:
    """One suite. What is asked of it depends on the label of the kernel: KEY[LABEL]= goes before KEY=."""

    def __init__(self, name):
        self.name = name
        self.folder = LIVE / name
        self.values = dict(KEYS)
        self.special = {}
        self.lists = {key: [] for key in LISTS}
        self.parameters = {}  # by label, or "" for all
        path = self.folder / "suite"
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                self.take(line, f"{path}:{number}")

    def take(self, line, where):
        match = LINE.fullmatch(line)
        if not match or match[1] not in ("set", *KEYS, *LISTS):
            raise SuiteError(f"{where}: not a key of a suite: {line}")
        key, label, value = match.groups()
        if key == "set":
            name, _, value = value.partition("=")
            self.parameters.setdefault(label or "", {})[name] = value
        elif key in LISTS and not label:
            self.lists[key].append(value)
        elif key in KEYS and label:
            self.special[key, label] = value
        elif key in KEYS:
            self.values[key] = value
        else:
            raise SuiteError(f"{where}: {key} can't depend on the kernel")

    def get(self, key, label):
        return self.special.get((key, label), self.values[key])

    def labels(self, matrix, key="kernels"):
        """The kernels that the suite is for ("kernels"), or on which `make test` runs it ("test")."""
        return [label for word in self.values[key].split() for label in (matrix if word == "all" else [word])]

    def environment(self, label):
        """The suite's parameters: the caller's environment goes before what it sets."""
        parameters = {**self.parameters.get("", {}), **self.parameters.get(label, {})}
        return {name: os.environ.get(name, value) for name, value in parameters.items()}

    def timeout(self, label):
        """Seconds; a sum of products: 300 + 2 * OOMTRACE_SOAK."""
        total = 0
        for term in self.get("timeout", label).split("+"):
            product = 1
            for factor in term.split("*"):
                word = factor.strip()
                product *= int(word if word.isdigit() else self.environment(label)[word])
            total += product
        return total

    def puts(self, label):
        """(file, its name in the guest) of all that isn't built."""
        words = [word for line in self.lists["put"] for word in line.split()]
        pairs = [(word.partition(":")[0], word.partition(":")[2]) for word in [self.get("guest", label), *words]]
        return [((self.folder / path).resolve(), name or Path(path).name) for path, name in pairs]

    def builds(self):
        """(program, sources, flags)"""
        for line in self.lists["build"]:
            name, *words = line.split()
            sources = [str((self.folder / word).resolve()) for word in words if word.endswith(".c")]
            yield name, sources, [word for word in words if not word.endswith(".c")]

    def command(self, label, slow):
        """What the guest runs. SLOW: by how much its waits are longer than on the machine that they were tried on."""
        env = {"SLOW": slow, **self.environment(label)}
        return ["env", *(f"{name}={value}" for name, value in env.items()), self.get("shell", label),
                Path(self.get("guest", label)).name, *shlex.split(self.get("args", label))]


def all_suites():
    return {path.parent.name: Suite(path.parent.name) for path in sorted(LIVE.glob("*/suite"))}
