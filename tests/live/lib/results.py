# SPDX-License-Identifier: GPL-2.0-only
"""How a judge counts its checks, and what it is given."""

import traceback


class Results:
    """Counts checks, and says how each went."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, ok, what, detail=""):
        if ok:
            self.passed += 1
            print(f"PASS {what}")
        else:
            self.failed += 1
            print(f"FAIL {what}" + (f": {detail}" if detail else ""))
        return bool(ok)

    def equal(self, got, want, what):
        return self.check(got == want, what, f"got {got!r}, not {want!r}")

    def unless(self, ok, wrong):
        """A check of many alike: says only what is wrong, when it is."""
        if ok:
            self.passed += 1
        else:
            self.check(False, wrong)

    def skip(self, what, reason):
        self.skipped += 1
        print(f"SKIP {what}: {reason}")

    def none(self, problems, what, compared):
        """Passes if `compared` > 0 things were compared and none is a problem."""
        shown = "; ".join(problems[:5]) + ("; ..." if len(problems) > 5 else "")
        if not compared:
            return self.check(False, what, "nothing to compare")
        return self.check(not problems, f"{what} ({compared} compared)",
                          f"{len(problems)} differ: {shown}")

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.failed else 0


class Run:
    """One run of a suite on one kernel: what its guest left, and the program that it had."""

    def __init__(self, folder, label, oomtrace):
        self.folder = folder
        self.label, _, self.variant = label.partition("-")
        self.oomtrace = str(oomtrace)
        self.results = Results()


def describe(error):
    """One line on why a check couldn't be made."""
    if isinstance(error, FileNotFoundError):
        return f"the guest didn't deliver {error.filename}"
    at = traceback.extract_tb(error.__traceback__)[-1]
    return f"what the guest left can't be judged: {type(error).__name__}: {error} ({at.name}, line {at.lineno})"


def guarded(results, part, *args):
    """A record that lacks what we need is a failure of that part, not the end of the judgement."""
    try:
        part(*args)
    except (LookupError, OSError, ValueError, TypeError, AttributeError) as error:
        results.check(False, part.__name__, describe(error))
