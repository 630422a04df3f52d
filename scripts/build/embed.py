#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes C strings of the HTML report's parts, and the hashes that its policy names them by.

embed.py REPORT_DIR DYGRAPHS_DIR >html_assets.c
The same files give the same output, wherever they are.
"""
import base64
import hashlib
import html
import pathlib
import re
import sys


def read(path: pathlib.Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        sys.exit(f"embed.py: {path} is missing; scripts/setup.sh build installs what is needed")


def script(path: pathlib.Path) -> str:
    text = re.sub(r"\n//# sourceMappingURL=.*", "", read(path))
    # What would end the element, or begin a comment in it (HTML, "script data escaped state").
    if re.search(r"</script|<script|<!--", text, re.IGNORECASE):
        sys.exit(f"embed.py: {path} can't stand in a script element")
    return text


def style(*paths: pathlib.Path) -> str:
    text = "\n".join(read(path) for path in paths)
    text = re.sub(r"/\*.*?\*/\n?", "", re.sub(r"/\*# sourceMappingURL=.*?\*/", "", text), flags=re.DOTALL)
    if re.search(r"</style|url\(|@import", text, re.IGNORECASE):
        sys.exit("embed.py: the style would end its element, or load something")
    return text


def c_string(name: str, text: str) -> str:
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "?": "\\?"}
    lines = []
    data = text.encode()
    for start in range(0, len(data), 96):
        line = "".join(
            escapes.get(chr(byte), chr(byte)) if 0x20 <= byte < 0x7F or chr(byte) in escapes else f"\\{byte:03o}"
            for byte in data[start : start + 96]
        )
        lines.append(f'\t"{line}"')
    return f"const char {name}[] =\n" + "\n".join(lines or ['\t""']) + ";\n"


def digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def main() -> None:
    report, dygraphs = map(pathlib.Path, sys.argv[1:])
    parts = {
        "style": style(dygraphs / "dygraph.css", report / "report.css"),
        "library": script(dygraphs / "dygraph.min.js"),
        "script": "".join(script(report / name) for name in ("chart.js", "flame.js", "sift.js", "page.js")),
    }
    print("/* Made by scripts/build/embed.py. */")
    print('#include "report/html/assets.h"\n')
    for name, text in parts.items():
        print(c_string(f"html_asset_{name}", text))
        print(c_string(f"html_asset_{name}_hash", digest(text)))
    print(c_string("html_asset_licence", html.escape(read(report / "dygraphs-licence.txt"))))


if __name__ == "__main__":
    main()
