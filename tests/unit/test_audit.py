"""`make check` where no advisories can be looked up."""

from __future__ import annotations

import subprocess
from pathlib import Path


def test_that_nothing_was_looked_up_is_one_line_and_no_failure() -> None:
    address = "http://127.0.0.1:1/v1/query"
    ran = subprocess.run(
        ["make", "--no-print-directory", "audit", f"ADVISORIES={address}"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == f"audit: {address} cannot be reached, so vulnerabilities were not looked up\n"
    assert not ran.stderr
