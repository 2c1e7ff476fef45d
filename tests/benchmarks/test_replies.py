"""What a library prints is no reply."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import os
from benchmarks.replies import own_standard_output
replies = own_standard_output()
print("from Python")
os.write(1, b"from C")
print("reply", file=replies, flush=True)
"""


def test_only_replies_reach_standard_output() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == "reply\n"
    assert "from Python" in done.stderr
    assert "from C" in done.stderr
