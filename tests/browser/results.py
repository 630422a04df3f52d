# SPDX-License-Identifier: GPL-2.0-only
"""What was checked, and what was not as it must be."""


class Results:
    def __init__(self) -> None:
        self.passed = self.failed = 0

    def check(self, good: bool, what: str) -> None:
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL  {what}")

    def equal(self, left: object, right: object, what: str) -> None:
        self.check(left == right, f"{what}: {str(left)[:300]} is not {str(right)[:300]}")
