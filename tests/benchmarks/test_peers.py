"""When an environment of peers has to be made anew."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from benchmarks.peers import RECOGNISERS, is_installed, peers_python
from protos.errors import ConfigurationError


def checkout(folder: Path, installer: str) -> Path:
    (folder / "requirements").mkdir()
    (folder / "requirements" / "peers.txt").write_text("one==1")
    script = folder / "requirements" / "install.sh"
    script.write_text(f"#!/bin/sh\n{installer}\n")
    script.chmod(0o755)
    return folder


def test_it_is_made_once_and_again_when_the_requirements_change(tmp_path: Path) -> None:
    root = checkout(tmp_path, 'mkdir -p "$2" && echo "$3" >> "$2/calls"')
    calls = root / ".venv-peers" / "calls"
    for _ in range(2):
        assert peers_python(root) == root / ".venv-peers" / "bin" / "python"
    assert calls.read_text() == "peers\n"
    (root / "requirements" / "peers.txt").write_text("one==2")
    peers_python(root)
    assert calls.read_text() == "peers\npeers\n"


def test_each_has_its_own(tmp_path: Path) -> None:
    root = checkout(tmp_path, 'mkdir -p "$2"')
    (root / "requirements" / f"{RECOGNISERS}.txt").write_text("two==2")
    assert peers_python(root, RECOGNISERS) == root / ".venv-accuracy-peers" / "bin" / "python"
    assert not (root / ".venv-peers").exists()


def test_a_failed_installation_is_said_and_tried_again(tmp_path: Path) -> None:
    root = checkout(tmp_path, 'mkdir -p "$2"; exit 1')
    with pytest.raises(ConfigurationError, match="cannot be made"):
        peers_python(root)
    assert not is_installed(root / ".venv-peers", hashlib.sha256(b"one==1").hexdigest())


def test_outside_a_checkout_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="checkout"):
        peers_python(tmp_path)
