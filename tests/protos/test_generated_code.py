"""The generated files are those of the contract as it stands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_generated_code_is_current(root: Path, tmp_path: Path) -> None:
    options = [f"--{kind}_out={tmp_path}" for kind in ("python", "pyi", "grpc_python")]
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", "-I.", *options, "protos/speech_search.proto"], cwd=root, check=True)
    made = sorted((tmp_path / "protos").iterdir())
    assert len(made) == 3
    for file in made:
        assert file.read_text() == (root / "protos" / file.name).read_text(), f"{file.name} is stale: run `make proto`"
