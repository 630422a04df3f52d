#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Pictures of a report: shots.py REPORT.html OUT_DIR leaves light.png, dark.png, phone.png and print.pdf."""
import pathlib
import sys

from chromium import Page


def main() -> None:
    report, out = sys.argv[1], pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    with Page() as page:
        for name, width, height, scheme in (
            ("light", 1100, 1500, "light"), ("dark", 1100, 1500, "dark"), ("phone", 360, 1500, "light"),
        ):
            page.scheme(scheme)
            page.size(width, height, mobile=name == "phone")
            page.open(report)
            page.screenshot(str(out / f"{name}.png"))
        page.scheme("light")
        page.size(1100, 1500)
        page.open(report)
        page.evaluate("document.querySelector('.card')?.scrollIntoView({ block: 'start' })")
        page.screenshot(str(out / "card.png"))
        page.pdf(str(out / "print.pdf"))
        for error in page.errors:
            print("error:", error)
        print("requests:", page.requests)


if __name__ == "__main__":
    main()
