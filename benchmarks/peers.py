""".venv-peers: the engines we are measured against, installed by hash the first time they are needed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from protos.errors import ConfigurationError

VENV, REQUIREMENTS, STAMP = ".venv-peers", "requirements/peers.txt", ".installed"


def peers_python(root: Path) -> Path:
    """The interpreter that has them. root: a checkout of the repository. Raises: ConfigurationError: not a checkout, or they cannot be installed."""
    requirements, venv = root / REQUIREMENTS, root / VENV
    try:
        wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigurationError(f"{requirements}: {error.strerror}; peers are measured in a checkout of the repository") from error
    if not is_installed(venv, wanted):
        print(f"making {venv}: torch, OpenVINO and others; once, 5 GB, some minutes", file=sys.stderr, flush=True)
        command = [str(root / "requirements" / "install.sh"), sys.executable, str(venv), "peers"]
        if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
            raise ConfigurationError(f"{venv} cannot be made; the reason is above")
        (venv / STAMP).write_text(wanted)
    return venv / "bin" / "python"


def is_installed(venv: Path, wanted: str) -> bool:
    """wanted: SHA-256 of the requirements it must have been made from."""
    stamp = venv / STAMP
    return stamp.is_file() and stamp.read_text() == wanted
