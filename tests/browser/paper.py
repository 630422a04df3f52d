# SPDX-License-Identifier: GPL-2.0-only
"""The page on paper, as Chromium prints it and pdftotext reads it."""
import difflib
import os
import pathlib
import subprocess
from xml.etree import ElementTree

from chromium import Page
from recording import killed
from results import Results

PAPERS = {"A4": (8.27, 11.69), "Letter": (8.5, 11.0)}
POINTS = 72  # to the inch, as PDFs count
LEAST_MARGIN = 14 / 25.4 * POINTS - 1  # report.css has 14 mm


def words_on(pdf: str) -> list[tuple[int, float, float, str]]:
    """The words of a PDF: their page, from where to where they reach across it in points, and what they are."""
    text = subprocess.run(["pdftotext", "-bbox", pdf, "-"], check=True, capture_output=True).stdout
    root = ElementTree.fromstring(text)
    words = []
    for number, page in enumerate(root.findall(".//{*}page")):
        for word in page.findall("{*}word"):
            words.append((number, float(word.get("xMin")), float(word.get("xMax")), word.text or ""))
    return words


def outside(words: list[tuple[int, float, float, str]], paper: str) -> list[tuple[int, float, float, str]]:
    """Those that reach into a margin."""
    right = PAPERS[paper][0] * POINTS - LEAST_MARGIN
    return [word for word in words if word[1] < LEAST_MARGIN or word[2] > right]


def check_kept(results: Results, page: Page, html: str, pdf: str, kept: pathlib.Path) -> None:
    """Paper says what is kept, in that order; UPDATE=1 keeps what it says now. Where lines end is the browser's."""
    page.size(1100, 900)
    page.scheme("light")
    page.open(html)
    page.pdf(pdf)
    said = subprocess.run(["pdftotext", "-raw", pdf, "-"], check=True, capture_output=True).stdout.decode("utf-8")
    results.equal(outside(words_on(pdf), "A4"), [], f"{kept.name}: words outside of the margins")
    if os.environ.get("UPDATE") == "1":
        kept.write_text(said.replace("\f", ""), encoding="utf-8")
    expected = kept.read_text(encoding="utf-8")
    results.check("".join(said.split()) == "".join(expected.split()), f"{kept.name}: paper says something else")
    if "".join(said.split()) != "".join(expected.split()):
        print("\n".join(list(difflib.unified_diff(expected.split("\n"), said.split("\n"), lineterm=""))[:40]))


def check_paper(results: Results, page: Page, path: str, html: str, pdf: str) -> None:
    """Every kill is printed with its card, nothing is cut at the edge, and few pages are needed."""
    page.open(html)
    kills = killed(path)
    for name, paper in PAPERS.items():
        page.pdf(pdf, paper)
        words = words_on(pdf)
        results.equal(outside(words, name), [], f"{name}: words outside of the margins")
        text = " ".join(word[3] for word in words)
        missing = [oom["id"] for oom, _ in kills if f"OOM {oom['id']} " not in text]
        results.equal(missing, [], f"{name}: OOMs without a card")
        unnamed = [victim["pid"] for _, victim in kills if text.count(f"pid {victim['pid']}") < 2]
        results.equal(unnamed, [], f"{name}: victims that aren't in the table and a card")
        # The flame graph's right half, which is wider than a third.
        right = [word for word in words if word[3] == "malloc"]
        results.check(right and right[0][1] < 0.7 * PAPERS[name][0] * POINTS, f"{name}: the flame is cut: {right}")
        pages = 1 + max(word[0] for word in words)
        results.check(pages <= 3 + len(kills), f"{name}: {pages} pages for {len(kills)} kills")
