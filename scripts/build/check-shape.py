#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""check-shape.py [ROOT]: holds the files below ROOT against what keeps them easy to read.

- A file has no more lines than FILE_LINES allows its folder.
- A function has no more than FUNCTION_LINES lines, in C and in Python.
- A function of user/ that other files call has the name of its file as prefix, with or without the name of its
  folder before it: user/jsonl/file.c has file__...() or jsonl_file__...().
- Only PRINTERS print messages. All others return a reason.
"""
import ast
import re
import sys
from pathlib import Path

FILE_LINES = {"user": 600, "bpf": 400, "tests": 400, "scripts": 400}
FUNCTION_LINES = 60
# Folders of user/ whose functions have other names: static/ has those of libraries.
UNNAMED = {"static"}
# Of user/: commands, what talks to a person at a terminal, and libbpf's messages.
PRINTERS = ("commands/", "terminal/", "trace/messages.c")
CODE = {".c", ".h", ".py", ".sh", ".bash", ".js", ".css"}


def is_code(path):
    if path.suffix in CODE:
        return True
    if path.suffix:
        return False
    with path.open("rb") as f:
        return f.read(2) == b"#!"


def c_functions(lines):
    """(name, lines) of each function: its body stands between braces at the beginning of a line."""
    start = None
    for i, line in enumerate(lines):
        if line == "{":
            start = i
        elif line == "}" and start is not None:
            head = start - 1
            while head > 0 and lines[head][:1] in ("\t", " "):
                head -= 1
            name = re.search(r"(\w+)\s*\(", lines[head])
            yield name.group(1) if name else lines[head], i - start + 1, lines[head]
            start = None


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.end_lineno - node.lineno + 1


def wrong_prefix(path, name, head):
    """Whether a function that isn't its file's alone lacks the file's name."""
    if head.startswith("static") or name == "main" or path.parts[0] != "user" or path.parts[1] in UNNAMED:
        return False
    file, folder = path.stem, path.parts[-2]
    return not name.startswith((f"{file}__", f"{folder}_{file}__", f"{folder.rstrip('s')}_{file}__"))


def prints(path, text):
    """Whether the file prints to stderr, where it should return what there is to say."""
    if path.parts[0] != "user" or str(path.relative_to("user")).startswith(PRINTERS):
        return False
    code = re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', "", text, flags=re.S)
    return re.search(r"\bstderr\b|\bperror\(|\bwarnx?\(", code) is not None


def complaints(path, text):
    lines = text.splitlines()
    most = FILE_LINES[path.parts[0]]
    if len(lines) > most:
        yield f"{path}: {len(lines)} lines, and {most} are the most"
    if path.suffix in (".c", ".h") and prints(path, text):
        yield f"{path}: prints to stderr, where it should return a reason"
    functions = []
    if path.suffix in (".c", ".h"):
        for name, count, head in c_functions(lines):
            functions.append((name, count))
            if wrong_prefix(path, name, head):
                yield f"{path}: {name}() hasn't the name of its file as prefix"
    elif path.suffix == ".py":
        functions = python_functions(text)
    for name, count in functions:
        if count > FUNCTION_LINES:
            yield f"{path}: {name}() has {count} lines, and {FUNCTION_LINES} are the most"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])
    files = sorted(p.relative_to(root) for folder in FILE_LINES for p in (root / folder).rglob("*")
                   if p.is_file() and is_code(p))
    bad = [line for p in files for line in complaints(p, (root / p).read_text())]
    for line in bad:
        print(line)
    print(f"{len(files)} files checked, {len(bad)} complaints")
    return 1 if bad or not files else 0


sys.exit(main())
