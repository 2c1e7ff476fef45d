"""Tiny synthesisers to stand on PATH: each writes a WAV tone as long as its text asks for, and fails where the text says so."""

from __future__ import annotations

import sys
from pathlib import Path

SCRIPT = """#!{python}
import re, sys, wave
words = sys.argv[1:] if {name!r} != "festival" else re.findall(r'"([^"]*)"', sys.stdin.read())
flag = {{"espeak-ng": "-w", "flite": "-o"}}.get({name!r})
path = words[words.index(flag) + 1] if flag else words[1]
text = words[0] if not flag else words[words.index("-t") + 1] if {name!r} == "flite" else words[-1]
if "fails" in text:
    sys.exit(1)
level = 0 if "silent" in text else 8000
with wave.open(path, "wb") as out:
    out.setnchannels(1), out.setsampwidth(2), out.setframerate(8000)
    tone = b"".join(int(level * (-1) ** (n // 20)).to_bytes(2, "little", signed=True) for n in range(1000 if "short" in text else 600 * len(text)))
    out.writeframes(bytes(4000) + tone + bytes(16000))
"""


def install(folder: Path, *names: str) -> Path:
    """Executables of those names in folder."""
    folder.mkdir(exist_ok=True)
    for name in names:
        path = folder / name
        path.write_text(SCRIPT.format(python=sys.executable, name=name))
        path.chmod(0o755)
    return folder
