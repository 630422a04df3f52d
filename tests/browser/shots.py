#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Pictures of a report, as in docs/report.md: shots.py REPORT.html DIR

leaves report.png, card.png (dark), phone.png and print.pdf in DIR.
"""
import pathlib
import sys

from chromium import Page

# Cards that are out of sight are not laid out.
BOX = """(async selector => {
  document.querySelector(selector).style.contentVisibility = 'visible';
  document.querySelector(selector).scrollIntoView();
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  const { x, y, width, height } = document.querySelector(selector).getBoundingClientRect();
  return { x: x + scrollX, y: y + scrollY, width, height };
})"""


def main() -> None:
    report, out = sys.argv[1], pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    with Page() as page:
        page.scheme("light")
        page.size(1000, 940)
        page.open(report)
        page.screenshot(str(out / "report.png"))
        page.pdf(str(out / "print.pdf"))
        page.scheme("dark")
        page.size(1000, 1200)
        page.open(report)
        page.screenshot(str(out / "card.png"), page.evaluate(BOX + "('.card:has(details[open])')"))
        page.scheme("light")
        page.size(360, 780, mobile=True)
        page.open(report)
        page.screenshot(str(out / "phone.png"))
        for error in page.errors:
            print("error:", error)


if __name__ == "__main__":
    main()
