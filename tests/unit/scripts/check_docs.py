#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Checks the documentation of a source tree: check_docs.py ROOT

- A relative link in a Markdown page leads to a file of the tree, and its #anchor to a heading there.
- A path of the tree that a page names in `code` exists (user/model/cause.c, docs/notes/, *.bpf.c).
- A docs/NAME that a comment or a message in the source names exists.
- No line of a page is longer than 100 columns, tables excepted.
- docs/schema.md names every key of docs/schema.json, and its tables of records' keys name no others.
- docs/glossary.md has every label of the text (user/output/), in its first column.

Prints one line for each fault, and exits with 1 if there was any.
"""
import glob
import json
import os
import re
import sys

MAX_COLUMNS = 100
OWN_FILES = ("check_docs.py", "test_docs.sh")  # name pages that do not exist, on purpose
SOURCE_FOLDERS = ("bpf", "user", "scripts", "tests")
SOURCE_ENDINGS = (".c", ".h", ".py", ".sh", ".bash")
LINK = re.compile(r"\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^()\s]+)\)", re.S)
CODE = re.compile(r"`([^`]+)`")
OWN_PATH = re.compile(r"^(?:bpf|docs|scripts|tests|user|vmlinux)/[\w./*-]*$")
NAMED_DOC = re.compile(r"\bdocs/[\w/.-]*\w")
LABEL = re.compile(r'(?:_label\((?:sink|out), ?[^"\n]*|put_text\(sink, (?:i \? "" : )?|label = )"([a-z ]+)"')
FENCE = re.compile(r"^\s*```")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*$")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def pages(root):
    found = glob.glob(os.path.join(root, "*.md"))
    for folder in ("docs", "tests"):
        found += glob.glob(os.path.join(root, folder, "**", "*.md"), recursive=True)
    return sorted(found)


def prose(text):
    """The lines of a page outside of its fenced blocks, which stay as empty lines."""
    lines, fenced = [], False
    for line in text.split("\n"):
        fence = bool(FENCE.match(line))
        lines.append("" if fenced or fence else line)
        fenced ^= fence
    return lines


def slug(heading):
    """The anchor that GitHub makes of a heading."""
    heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(text):
    seen, result = {}, set()
    for line in prose(text):
        match = HEADING.match(line)
        if not match:
            continue
        name = slug(match.group(1))
        count = seen.get(name, 0)
        seen[name] = count + 1
        result.add(f"{name}-{count}" if count else name)
    return result


def check_links(root, page, text):
    for target in LINK.findall("\n".join(prose(text))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = os.path.normpath(os.path.join(os.path.dirname(page), name)) if name else page
        if not os.path.exists(path):
            yield f"links to {target}, which does not exist"
        elif anchor and anchor not in anchors(read(path)):
            yield f"links to {target}, which has no such heading"
        elif os.path.relpath(path, root).startswith(".."):
            yield f"links to {target}, outside of the tree"


def check_names(root, text):
    for code in CODE.findall("\n".join(prose(text))):
        # `tests/bench/charge.c ARG`: the first word is the path
        name = code.split()[0] if code.split() else ""
        if OWN_PATH.match(name) and not glob.glob(os.path.join(root, name)):
            yield f"names {name}, which does not exist"


def check_columns(text):
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > MAX_COLUMNS and not line.startswith("|"):
            yield f"line {number} has {len(line)} columns"


def sources(root):
    yield os.path.join(root, "Makefile")
    for folder in SOURCE_FOLDERS:
        for path, _, names in os.walk(os.path.join(root, folder)):
            for name in sorted(names):
                if name.endswith(SOURCE_ENDINGS) and name not in OWN_FILES:
                    yield os.path.join(path, name)


def check_source(root, text):
    for name in set(NAMED_DOC.findall(text)):
        if not os.path.exists(os.path.join(root, name)) and not glob.glob(os.path.join(root, name) + "*"):
            yield f"names {name}, which does not exist"


def schema_keys(node):
    """All names of properties in a JSON Schema."""
    if isinstance(node, list):
        return set().union(*map(schema_keys, node))
    if not isinstance(node, dict):
        return set()
    properties = node.get("properties")
    own = set(properties) if isinstance(properties, dict) else set()
    return own.union(*map(schema_keys, node.values()))


def table_keys(text):
    """The keys in the first column of the tables whose heading is "key" or "key of ..."."""
    in_table, keys = False, set()
    for line in text.split("\n"):
        cells = re.split(r"(?<!\\)\|", line)
        if len(cells) < 3 or cells[0]:
            in_table = False
        elif cells[1].strip() == "key" or cells[1].strip().startswith("key of "):
            in_table = True
        elif in_table:
            keys.update(CODE.findall(cells[1]))
    return keys


def check_glossary(root):
    path = os.path.join(root, "docs", "glossary.md")
    if not os.path.exists(path):
        return
    words = {word.strip() for line in read(path).split("\n") if line.startswith("| ")
             for word in line.split("|")[1].split(",")}
    labels = set()
    for name in glob.glob(os.path.join(root, "user", "output", "*.c")):
        labels.update(LABEL.findall(read(name)))
    for label in sorted(labels - words):
        yield f"docs/glossary.md: lacks {label!r}, a label of the text"


def check_schema(root):
    page, schema = (os.path.join(root, "docs", name) for name in ("schema.md", "schema.json"))
    if not os.path.exists(schema):
        return
    text, keys = read(page), schema_keys(json.loads(read(schema)))
    for key in sorted(keys - set(CODE.findall("\n".join(prose(text))))):
        yield f"docs/schema.md: lacks {key} of schema.json"
    # The report is a document of its own, which the schema doesn't have.
    for key in sorted(table_keys(text.partition("\n## A report")[0]) - keys):
        yield f"docs/schema.md: has {key}, which schema.json lacks"


def main():
    root = sys.argv[1]
    faults = []
    for page in pages(root):
        text = read(page)
        found = [*check_links(root, page, text), *check_names(root, text), *check_columns(text)]
        faults += [f"{os.path.relpath(page, root)}: {fault}" for fault in found]
    for path in sources(root):
        if os.path.exists(path):
            faults += [f"{os.path.relpath(path, root)}: {fault}" for fault in check_source(root, read(path))]
    faults += check_schema(root)
    faults += check_glossary(root)
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
