"""The engines and recognisers we are measured against: virtual environments of their own, installed by hash the first time they are needed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from protos.errors import ConfigurationError

STAMP = ".installed"
# requirements/NAME.txt -> what is in .venv-NAME, for whoever waits for it.
ENGINES, RECOGNISERS = "peers", "accuracy-peers"
SIZES = {ENGINES: "torch, OpenVINO and others; once, 5 GB", RECOGNISERS: "Moonshine, Whisper, PocketSphinx; once, 0.8 GB"}


def peers_python(root: Path, name: str = ENGINES) -> Path:
    """The interpreter that has them. root: a checkout of the repository. Raises: ConfigurationError: not a checkout, or they cannot be installed."""
    requirements, venv = root / "requirements" / f"{name}.txt", root / f".venv-{name}"
    try:
        wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigurationError(f"{requirements}: {error.strerror}; peers are measured in a checkout of the repository") from error
    if not is_installed(venv, wanted):
        print(f"making {venv}: {SIZES[name]}, some minutes", file=sys.stderr, flush=True)
        command = [str(root / "requirements" / "install.sh"), sys.executable, str(venv), name]
        if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
            raise ConfigurationError(f"{venv} cannot be made; the reason is above")
        (venv / STAMP).write_text(wanted)
    return venv / "bin" / "python"


def is_installed(venv: Path, wanted: str) -> bool:
    """wanted: SHA-256 of the requirements it must have been made from."""
    stamp = venv / STAMP
    return stamp.is_file() and stamp.read_text() == wanted
