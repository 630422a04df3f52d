# SPDX-License-Identifier: GPL-2.0-only
"""What every live test holds its recordings against: docs/schema.json, and that a report from a
recording is, to the byte, what the live run printed beside it."""

import copy
import json
import subprocess
from pathlib import Path

import jsonschema

SCHEMA = Path(__file__).resolve().parents[3] / "docs" / "schema.json"
# Of these there can be so many that a record like one before isn't looked at again.
MANY = ("usage", "reclaim", "stack")


def strict(schema):
    """The schema for what this version writes: a key that is not in it is a mistake."""
    schema = copy.deepcopy(schema)
    for definition in walk(schema["$defs"]):
        if "properties" in definition:
            definition["additionalProperties"] = False
    return schema


def walk(value):
    if isinstance(value, dict):
        yield value
        for child in value.values():
            yield from walk(child)
    elif isinstance(value, list):
        for child in value:
            yield from walk(child)


def shape(value):
    if isinstance(value, dict):
        return tuple((key, shape(child)) for key, child in value.items())
    if isinstance(value, list):
        return frozenset(shape(child) for child in value)
    return type(value).__name__, isinstance(value, int) and (value < 0, value >= 1 << 63)


def validators():
    schema = strict(json.loads(SCHEMA.read_text()))
    types = {branch["if"]["properties"]["type"]["const"] for branch in schema["allOf"]}
    jsonschema.Draft202012Validator.check_schema(schema)
    return {name: jsonschema.Draft202012Validator(
        {"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]}) for name in types}


def schema_problems(paths):
    """Returns what is wrong with the recordings, and how many records were looked at."""
    checks, problems, seen, count = validators(), [], set(), 0
    for path in paths:
        lines = path.read_bytes().split(b"\n")
        for number, line in enumerate(lines[:-1] if lines[-1] else lines, 1):
            if not line:
                continue
            record = json.loads(line)
            count += 1
            kind = record.get("type")
            if kind in MANY:
                like = (kind, shape(record))
                if like in seen:
                    continue
                seen.add(like)
            if kind not in checks:
                problems.append(f"{path.name}:{number}: type {kind!r}")
                continue
            problems += [f"{path.name}:{number}: {kind} at {list(e.absolute_path)}: {e.message[:200]}"
                         for e in checks[kind].iter_errors(record)]
    return problems, count


def is_recording(path):
    """Other files of JSON Lines are the workloads' own."""
    with path.open("rb") as lines:
        return b'"type":"session"' in lines.readline()


def check_schema(results, folder):
    """Every record of every recording in the folder is as docs/schema.json says."""
    paths = [p for p in sorted(folder.glob("**/*.json*")) + sorted(folder.glob("cli/*.out")) if is_recording(p)]
    problems, count = schema_problems(paths)
    if not paths:  # a suite that traces nothing; another's judge misses them
        return
    results.none(problems, "docs/schema.json: every record of this version is valid", count)


def report(oomtrace, *args):
    return subprocess.run([oomtrace, "report", *args], capture_output=True, check=False)


def check_report(results, oomtrace, live, recording):
    """The report of what was recorded beside live text is that text. NAME.brief.out is of --brief."""
    detail = Path(live.stem).suffix
    options = [f"--{detail[1:]}"] if detail in (".brief", ".verbose") else []
    run = report(oomtrace, "--no-summary", *options, str(recording))
    expected = live.read_bytes()
    results.equal((run.returncode, run.stderr), (0, b""), f"{recording.name}: a report is made")
    same = bool(expected) and run.stdout == expected
    where = next((i for i, (a, b) in enumerate(zip(run.stdout, expected)) if a != b),
                 min(len(run.stdout), len(expected)))
    results.check(same, f"{recording.name}: its report equals {live.name}, to the byte",
                  f"{len(run.stdout)} and {len(expected)} bytes, different from {where} on: "
                  f"{run.stdout[where - 80:where + 80]!r}, {expected[where - 80:where + 80]!r}")


def check_recordings(run):
    """Every recording in the folder, and each NAME.out with what was recorded beside it."""
    check_schema(run.results, run.folder)
    for live in sorted(run.folder.glob("*.out")):
        recording = run.folder / f"{live.name}.jsonl"
        if recording.exists():
            check_report(run.results, run.oomtrace, live, recording)
