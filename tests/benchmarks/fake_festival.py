"""A program called festival that says noise: half a second of silence, then half a second for each word."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

PROGRAM = f"""#!{sys.executable}
import re, sys
import numpy, soundfile
for voice, text, file in re.findall(r'\\(say voice_(\\w+) "(.*?)" "(.*?)"\\)', sys.stdin.read()):
    if voice == "nobody":
        sys.exit("unbound variable: voice_nobody")
    words = text.replace("abbr", "a b b r").split()
    noise = numpy.random.default_rng(len(text)).standard_normal(8000 * len(words)) * 0.1
    soundfile.write(file, numpy.concatenate([numpy.zeros(8000), noise, numpy.zeros(8000)]), 16000)
    for number, word in enumerate(words):
        stem, mark, end = word.partition("'")
        print(stem, (number + 1) / 2, (number + 2) / 2)
        if mark:
            print(mark + end, 0.0, 0.0)
    print("--")
"""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """First on the path."""
    program = folder / "bin" / "festival"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
