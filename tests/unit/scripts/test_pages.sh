#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The suite `pages` knows what each command of the pages prints, and knows no others: its guest need not run for that.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd) || exit 1
ROOT=$root exec python3 -B - <<'PYTHON'
import os
import re
import sys
from pathlib import Path

root = Path(os.environ["ROOT"])
suite = root / "tests/live/pages"
sys.path[:0] = [str(suite), str(root / "tests/live/lib")]
from extract import BLOCK, commands  # noqa: E402 (found by the path above)
from judge import PRINTS  # noqa: E402

guest = (suite / "guest.sh").read_text()
pages = re.findall(r"^\ttype_page (\S+)$", guest, re.M)
shown = {" ".join(c.split()) for page in pages for c in commands((root / page).read_text(encoding="utf-8"))}
faults = [f"not known to tests/live/pages/judge.py: {command}" for command in sorted(shown - set(PRINTS))]
faults += [f"on no page, but in tests/live/pages/judge.py: {command}" for command in sorted(set(PRINTS) - shown)]
hooks = [body for _, body in BLOCK.findall((root / "docs/hooks.md").read_text(encoding="utf-8"))]
names = {name for body in hooks for name in re.findall(r"\A#!/bin/sh\n# /usr/local/sbin/(\S+?):?(?:\s|$)", body)}
tried = set(re.search(r"\tfor name in ((?:(?:oom|near)-\w+ ?)+);", guest)[1].split())
faults += [f"not in both, docs/hooks.md and tests/live/pages/guest.sh: {name}" for name in sorted(names ^ tried)]
print("\n".join(faults) or f"ok: {len(shown)} commands of {len(pages)} pages, {len(names)} hooks")
sys.exit(bool(faults) or not pages or not names)
PYTHON
