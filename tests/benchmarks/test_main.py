"""harken-bench from the outside."""

from __future__ import annotations

import subprocess
import sys


def test_help_names_what_can_be_measured() -> None:
    done = subprocess.run([sys.executable, "-m", "benchmarks", "--help"], capture_output=True, text=True, check=True)
    assert "demo" in done.stdout
    assert "search" in done.stdout
    assert "throughput" in done.stdout
