#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The reports for machines with a screen: the HTML page in headless Chromium, and the Chrome trace.

check.py OOMTRACE [RECORDING...]: with made-up recordings, and those that are given. Ends with "N passed, N failed".
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from chromium import Page
from paper import check_kept, check_paper, outside, words_on
from recording import HOSTILE, HOSTILE_SHOWN, killed, make, records
from results import Results
from stored import check_stored, save_stored


def report(oomtrace: str, kind: str, path: str, out: str) -> str:
    subprocess.run([oomtrace, "report", "--format", kind, "--output", out, path], check=True)
    return out


GOLDEN = pathlib.Path(__file__).parents[1] / "golden"

# ---- the page ----

MARKS = "document.querySelectorAll('#chart .marks .kill').length"
# Text and what is behind it must differ by 4.5 to 1 (WCAG 2, AA).
CONTRAST = """
(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = element => {
    for (; element; element = element.parentElement) {
      const colour = rgb(getComputedStyle(element).backgroundColor);
      if (colour[3] === 255)
        return colour;
    }
    return rgb('white');
  };
  const bad = new Set();
  for (const element of document.querySelectorAll('body *')) {
    if (![...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()) || !element.checkVisibility())
      continue;
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind(element))];
    if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5)
      bad.add(element.tagName + '.' + element.className);
  }
  return [...bad];
})()
"""
UNNAMED = """
[...document.querySelectorAll('button, a, select, [role=img], [role=region], [role=treeitem], [tabindex]')]
  .filter(e => !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.textContent.trim()
    || e.labels?.length))
  .map(e => e.outerHTML.slice(0, 80))
"""


def check_page(results: Results, page: Page, path: str, html: str, name: str) -> None:
    kills = killed(path)
    page.errors.clear()
    page.scheme("light")
    page.size(1100, 900)
    page.open(html)
    results.equal(page.evaluate(MARKS), len(kills), f"{name}: kill marks on the chart")
    results.equal(page.evaluate("document.querySelectorAll('h1').length"), 1, f"{name}: one heading of all")
    results.equal(page.evaluate(UNNAMED), [], f"{name}: without a name for screen readers")
    for scheme in ("light", "dark"):
        page.scheme(scheme)
        page.open(html)
        results.equal(page.evaluate(CONTRAST), [], f"{name}: too little contrast, {scheme}")
    page.size(360, 700, mobile=True)
    page.open(html)
    results.check(page.evaluate("document.documentElement.scrollWidth") <= 360, f"{name}: wider than a phone")
    results.equal(page.evaluate(MARKS), len(kills), f"{name}: kill marks on a phone")
    results.equal(page.errors, [], f"{name}: the console says")
    results.equal(page.requests, [pathlib.Path(html).resolve().as_uri()], f"{name}: requests")


# A link into the page that leads nowhere.
DEAD_LINKS = """
[...document.querySelectorAll('a[href^="#"]')].map(a => a.hash.slice(1)).filter(id => !document.getElementById(id))
"""
# Closes all cards and follows a link to the last: whether that one is open then, alone.
FOLLOW = """
(async () => {
  const cards = [...document.querySelectorAll('.card')];
  cards.forEach(card => { card.querySelector('details').open = false; });
  const followed = new Promise(done => addEventListener('hashchange', done, { once: true }));
  location.hash = '#' + cards.at(-1).id;
  await followed;
  return cards.filter(card => card.querySelector('details').open).map(card => card.id).join() === cards.at(-1).id;
})()
"""


def check_cards(results: Results, page: Page) -> None:
    results.equal(page.evaluate(DEAD_LINKS), [], "links that lead nowhere")
    results.check(page.evaluate("document.querySelectorAll('.contents a').length") > 2, "there are contents")
    results.check(page.evaluate("document.querySelector('.card details').open"), "the first card is open")
    ends = page.evaluate("[...document.querySelectorAll('#exits ~ .rows time')].map(time => time.dateTime)")
    results.equal(ends, sorted(ends), "ends are in order of time")
    results.check(page.evaluate(FOLLOW), "a link opens its card")


# Of the cards that are shown, or the rows: from first to last.
SHOWN = """
[...document.querySelectorAll('%s')].filter(element => !element.hidden && element.checkVisibility()).map(element => %s)
"""
CARDS = SHOWN % (".card", "[element.id, Number(element.dataset.bytes), element.dataset.cause]")
ROWS = SHOWN % ("#kills ~ .rows tbody tr", "element.querySelector('a').textContent")
GROUPS = SHOWN % ("h3.group", "element.textContent")
BY_KEYBOARD = """
[...document.querySelectorAll('.sift')].every(sift => [...sift.querySelectorAll('select, input, button')]
  .every(control => control.tabIndex === 0 && (control.labels?.length || control.textContent)))
"""


def check_sift(results: Results, page: Page, html: str, pdf: str) -> None:
    """Cards and rows are filtered and sorted by all that the bar above them has, and nothing is lost by it."""
    page.errors.clear()
    page.scheme("light")
    page.size(1100, 900)
    page.open(html)

    def choose(which: int, control: str, value: object) -> None:
        page.evaluate(f"""(() => {{
          const control = document.querySelectorAll('.sift')[{which}].querySelector('{control}');
          if (control.type === 'checkbox') control.checked = {json.dumps(value)};
          else control.value = {json.dumps(value)};
          control.dispatchEvent(new Event('input', {{ bubbles: true }}));
        }})()""")

    def said(which: int) -> str:
        return page.evaluate(f"document.querySelectorAll('.sift')[{which}].querySelector('output').textContent")

    by_time, groups = page.evaluate(CARDS), page.evaluate(GROUPS)
    rows = page.evaluate(ROWS)
    results.check(page.evaluate(BY_KEYBOARD), "sift: every control is reached by Tab, and named")
    results.check(len(groups) > 0 and len(by_time) == 24, "sift: there are groups, and all cards")
    results.check(groups[0].endswith("at the limit of web"), f"groups name a container as cards do: {groups[0]}")
    choose(1, "select", "bytes")
    by_bytes = page.evaluate(CARDS)
    results.equal(by_bytes, sorted(by_time, key=lambda card: -card[1]), "sift: cards by memory freed")
    results.equal(page.evaluate(GROUPS), [], "sift: no groups but in order of time")
    results.equal(page.evaluate(ROWS), rows, "sift: the table stays as it was")
    choose(1, "select", "time")
    results.equal((page.evaluate(CARDS), page.evaluate(GROUPS)), (by_time, groups), "sift: in order of time again")
    cause = by_time[-1][2]
    choose(1, "label:nth-of-type(2) select", cause)
    expected = [card for card in by_time if card[2] == cause]
    results.equal(page.evaluate(CARDS), expected, "sift: cards of one cause")
    results.check(0 < len(expected) < 24, "sift: not all have one cause")
    results.equal(said(1), f"{len(expected)} of 24 shown", "sift: how many are shown")
    page.evaluate(f"location.hash = '#{by_time[0][0]}'")
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    results.equal(len(page.evaluate(CARDS)), 24, "sift: a link to a card that is filtered out shows it")
    choose(1, "input[type=search]", "PID 1007")
    results.equal([card[0] for card in page.evaluate(CARDS)], ["oom-1-7"], "sift: by process")
    results.check("1 of them shown" in page.evaluate(GROUPS)[0], "sift: the group says how many are shown")
    words = check_sifted_paper(page, pdf)
    results.check("1 of 24 shown" in words and "1007" in words and "Show all" not in words,
                  "sift: paper has what is shown, and says so")
    page.evaluate("document.querySelectorAll('.sift button')[1].click()")
    choose(0, ".least", "300")
    results.equal(len(page.evaluate(ROWS)), sum(card[1] >= 300 << 20 for card in by_time), "sift: rows by memory freed")
    choose(0, ".least", "")
    page.evaluate("document.querySelector('#chart .plot').focus()")
    for _ in range(3):
        page.key("+")
    choose(0, "input[type=checkbox]", True)
    results.equal(len(page.evaluate(ROWS)), page.evaluate(MARKS), "sift: rows of the time that the chart shows")
    page.key("-")
    results.equal(len(page.evaluate(ROWS)), page.evaluate(MARKS), "sift: and they follow the chart")
    results.equal(page.errors, [], "sift: the console says")


def check_sifted_paper(page: Page, pdf: str) -> str:
    page.pdf(pdf)
    return " ".join(word[3] for word in words_on(pdf))


def check_keys(results: Results, page: Page, html: str, kills: int) -> None:
    page.errors.clear()
    page.scheme("light")
    page.size(1100, 900)
    page.open(html)
    page.evaluate("document.querySelector('#chart .plot').focus()")
    for _ in range(5):
        page.key("+")
    results.check(page.evaluate(MARKS) < kills, "+ zooms in")
    page.key("n")
    results.check(f"kill 1 of {kills}" in page.evaluate("document.querySelector('#chart .readout').textContent"),
                  "n goes to the first kill")
    page.key("Enter")
    results.equal(page.evaluate("location.hash"), "#oom-1-1", "Enter opens its card")
    results.check(page.evaluate("document.querySelector(':target')?.tagName") == "ARTICLE", "there is the card")
    check_cards(results, page)
    page.evaluate("document.querySelector('#chart .plot').focus()")
    page.key("0")
    results.equal(page.evaluate(MARKS), kills, "0 shows all")
    page.evaluate("document.getElementById('theme').click()")
    results.equal(page.evaluate("getComputedStyle(document.documentElement).colorScheme"), "dark",
                  "the button makes it dark")
    page.evaluate("document.querySelector('.flame [tabindex=\"0\"]').focus()")
    page.key("ArrowDown")
    page.key("ArrowDown")
    level = page.evaluate("document.activeElement.getAttribute('aria-level')")
    results.equal(level, "3", "the flame graph is walked by arrow keys")
    page.key("Enter")
    wide = page.evaluate("document.activeElement.offsetWidth / document.querySelector('.flame').clientWidth")
    results.check(wide > 0.95, "Enter zooms the flame graph")
    results.equal(page.errors, [], "keys: the console says")


# In the window: where the mark of a kill's line, or of a write, is to be clicked.
KILL_AT = """
(which => {
  document.querySelector('#chart .plot').scrollIntoView({ block: 'center' });
  const box = document.querySelectorAll('#chart .marks .kill')[which].getBoundingClientRect();
  return [box.x + box.width / 2, box.y + 4 + 5 * (which % 3)];
})
"""
WRITE_AT = """
(which => {
  document.querySelector('#chart .plot').scrollIntoView({ block: 'center' });
  const box = document.querySelectorAll('#chart .marks .write')[which].getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
})
"""


def check_mouse(results: Results, page: Page, html: str, kills: int) -> None:
    """A click on each mark opens the card of its own kill, another one too; one beside all marks none."""
    page.errors.clear()
    page.scheme("light")
    page.size(1100, 900)
    page.open(html)
    for which in [*range(kills), 0, 0]:
        page.evaluate("document.querySelectorAll('.card details').forEach(card => { card.open = false; })")
        page.click(*page.evaluate(f"{KILL_AT}({which})"))
        page.evaluate("new Promise(done => setTimeout(done))")
        opened = page.evaluate("[...document.querySelectorAll('.card:has(details[open])')].map(card => card.id)")
        results.equal(opened, [f"oom-1-{which + 1}"], f"mouse: a click on mark {which}")
        results.equal(page.evaluate("location.hash"), f"#oom-1-{which + 1}", f"mouse: the hash after mark {which}")
    page.click(*page.evaluate(f"{WRITE_AT}(1)"))
    results.equal(page.evaluate("location.hash"), "#write-1-2", "mouse: a click on a write")
    x, y = page.evaluate(f"{KILL_AT}(0)")
    page.click(x + 14, y)
    results.equal(page.evaluate("location.hash"), "#write-1-2", "mouse: a click beside the marks")
    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    said = page.evaluate("document.querySelector('#chart .readout').textContent")
    results.check("killed web (pid 1001); a click opens its card" in said, f"mouse: over a mark: {said}")
    results.equal(page.errors, [], "mouse: the console says")


def check_hostile(results: Results, page: Page, html: str) -> None:
    page.open(html)
    text = page.evaluate("document.body.textContent")
    results.check(text.count(HOSTILE_SHOWN) > 20, "hostile names are shown as text")
    results.check(HOSTILE not in text and "\x1b" not in text and "\u202e" not in text, "and nothing of them as it was")
    others = "'img, script:not([type]):not(:nth-last-of-type(-n+2))'"
    results.equal(page.evaluate(f"document.querySelectorAll({others}).length"), 0,
                  "they made no element")
    results.check(HOSTILE_SHOWN in page.evaluate("document.title"), "the title has the name")


# ---- two recordings ----


def check_compare(results: Results, page: Page, oomtrace: str, pair: list[str], html: str) -> None:
    """The figures are those of JSON, each kill of the one has its place beside one of the other."""
    for kind, out in (("json", html + ".json"), ("html", html)):
        subprocess.run([oomtrace, "report", "--compare", "--format", kind, "--output", out, *pair], check=True)
    with open(html + ".json", encoding="utf-8") as file:
        sides = json.load(file)["compare"]
    page.errors.clear()
    for scheme, width in (("light", 1100), ("dark", 360)):
        page.scheme(scheme)
        page.size(width, 800, mobile=width < 500)
        page.open(html)
        results.check(page.evaluate("document.documentElement.scrollWidth") <= width, f"compare: wider than {width}")
        results.equal(page.evaluate(CONTRAST), [], f"compare: too little contrast, {scheme}")
        results.equal(page.evaluate(UNNAMED), [], "compare: without a name for screen readers")
    title = page.evaluate("document.querySelector('h1').textContent")
    results.check(f"B lost {sides[1]['kills']} process" in title, f"compare: the heading: {title}")
    row = page.evaluate("[...document.querySelectorAll('#figures ~ div tr')].map(row => row.innerText)"
                        ".find(row => row.startsWith('processes killed'))")
    results.equal(row.split()[-3:-1], [str(side["kills"]) for side in sides], "compare: the row of kills")
    results.equal(page.evaluate("document.querySelectorAll('#kills ~ div tbody tr').length"),
                  max(side["kills"] for side in sides), "compare: rows of kills")
    results.equal(page.evaluate("document.querySelectorAll('.curve .kill').length"),
                  sum(side["kills"] for side in sides), "compare: kills on the curves")
    results.equal(page.evaluate("document.querySelectorAll('script, img').length"), 0, "compare: no script")
    text = page.evaluate("document.body.textContent")
    results.check(HOSTILE_SHOWN in text and HOSTILE not in text and "\u202e" not in text,
                  "compare: hostile names are shown as text")
    results.equal(page.errors, [], "compare: the console says")
    results.equal(page.requests, [pathlib.Path(html).resolve().as_uri()], "compare: requests")
    page.pdf(html + ".pdf")
    words = words_on(html + ".pdf")
    results.equal(outside(words, "A4"), [], "compare: words outside of the margins")
    printed = [int(number) for number in re.findall(r"pid (\d+)", " ".join(word[3] for word in words))]
    results.equal(len(printed), sum(side["kills"] for side in sides), "compare: kills on paper")


# ---- the trace ----


def check_trace(results: Results, path: str, trace: str, name: str) -> None:
    with open(trace, encoding="utf-8") as file:
        events = json.load(file)["traceEvents"]
    needed = {"pid", "tid", "ph", "name", "ts", "cat"}
    results.equal([event for event in events if not needed <= event.keys()], [], f"{name}: not whole")
    slices: dict[tuple, list] = {}
    for event in events:
        if event["ph"] == "X":
            begin = round(event["ts"] * 1000)
            slices.setdefault((event["pid"], event["tid"]), []).append((begin, -(begin + round(event["dur"] * 1000))))
    crossed = 0
    for thread in slices.values():
        open_ends: list[int] = []
        for begin, end in sorted(thread):
            while open_ends and open_ends[-1] <= begin:
                open_ends.pop()
            crossed += bool(open_ends and -end > open_ends[-1])
            open_ends.append(-end)
    results.equal(crossed, 0, f"{name}: slices that don't nest")
    marks = [e for e in events if e["ph"] == "i" and e["cat"] == "kill"]
    results.equal(sorted((round(e["ts"] * 1000), e["args"]["pid"]) for e in marks),
                  sorted((oom["ts_ns"], v["pid"]) for oom, v in killed(path)), f"{name}: kills")
    counted = {(round(e["ts"] * 1000), e["args"]["bytes"]) for e in events if e["ph"] == "C" and e["name"] == "usage"}
    told = {(r["ts_ns"], r["usage_bytes"]) for r in records(path) if r["type"] == "usage"}
    for oom in (r for r in records(path) if r["type"] == "oom"):
        if "usage_bytes" in oom.get("limit_cgroup", {}):
            told.add((oom["ts_ns"], oom["limit_cgroup"]["usage_bytes"]))
        told |= {(point[0], point[1]) for point in oom.get("history", {}).get("points", [])}
    results.equal(told - counted, set(), f"{name}: usage that is no counter")
    named = {e["pid"] for e in events if e["ph"] == "M" and e["name"] == "process_name"}
    results.equal({e["pid"] for e in events} - named, set(), f"{name}: processes without a name")


def main() -> None:
    oomtrace, given = sys.argv[1], sys.argv[2:]
    results = Results()
    with tempfile.TemporaryDirectory() as folder, Page() as page:
        paths = {"plain": f"{folder}/plain.jsonl", "hostile": f"{folder}/hostile.jsonl"}
        make("web", seconds=60, kills=24, usage_per_s=20).save(paths["plain"])
        make(HOSTILE, seconds=10, kills=3, usage_per_s=10).save(paths["hostile"])
        paths |= {pathlib.Path(path).stem: path for path in given}
        for name, path in paths.items():
            html = report(oomtrace, "html", path, f"{folder}/{name}.html")
            check_page(results, page, path, html, name)
            check_trace(results, path, report(oomtrace, "chrome-trace", path, f"{folder}/{name}.json"), name)
        check_keys(results, page, f"{folder}/plain.html", 24)
        check_mouse(results, page, f"{folder}/plain.html", 24)
        check_sift(results, page, f"{folder}/plain.html", f"{folder}/sift.pdf")
        check_hostile(results, page, f"{folder}/hostile.html")
        check_compare(results, page, oomtrace, [paths["plain"], paths["hostile"]], f"{folder}/compare.html")
        html = report(oomtrace, "html", f"{GOLDEN}/incident.jsonl", f"{folder}/kept.html")
        check_kept(results, page, html, f"{folder}/kept.pdf", GOLDEN / "screens/incident.print.txt")
        save_stored(f"{GOLDEN}/incident.jsonl", f"{folder}/stored.jsonl")
        check_stored(results, page, report(oomtrace, "html", f"{folder}/stored.jsonl", f"{folder}/stored.html"))
        check_paper(results, page, paths["plain"], f"{folder}/plain.html", f"{folder}/plain.pdf")
    print(f"{results.passed} passed, {results.failed} failed")
    sys.exit(results.failed != 0)


if __name__ == "__main__":
    main()
