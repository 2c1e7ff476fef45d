"""Whatever moment a writer is killed at, a reader finds the old index or the new one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cloud_server.search.generations import LOCK, MANIFEST, publish, read_manifest, verify, writing
from protos.errors import CatalogueError

# Publishes one generation, then begins another in children of its own: each is killed one system call later than the one before.
KILLED = """
import os, sys
from pathlib import Path
from cloud_server.search.generations import publish, read_manifest, verify, writing

directory, events, calls = Path(sys.argv[1]), ("open", "os.mkdir", "os.rename", "os.rmdir", "os.remove"), 0

def change(content):
    with writing(directory):
        publish(directory, "x", 1, content, lambda folder: (folder / "file").write_text(content) and None)

change("old")
for last in range(1000):
    child = os.fork()
    if not child:
        def hook(event, _):
            global calls
            calls += event in events
            if calls > last:
                os._exit(9)
        sys.addaudithook(hook)
        change(f"new{last}")
        os._exit(0)
    killed = os.waitpid(child, 0)[1] != 0
    manifest = read_manifest(directory)
    print((verify(directory, manifest) / "file").read_text(), manifest.version)
    if not killed:
        break
"""


def change(directory: Path, content: str) -> None:
    with writing(directory):
        publish(directory, "x", 1, content, lambda folder: (folder / "file").write_text(content) and None)


def test_a_writer_killed_at_any_call_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], capture_output=True, text=True, check=True)
    found = [line.split() for line in done.stdout.splitlines()]
    assert len(found) > 10, "calls to be killed at"
    assert all(content == version for content, version in found)
    kept = [version for version, _ in found]
    assert kept[0] == "old"
    assert kept[-1] == f"new{len(kept) - 1}"
    assert any(version == f"new{at}" for at, version in enumerate(kept[:-1])), "killed after it was published, while tidying up"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([LOCK, MANIFEST, str(read_manifest(tmp_path).generation)])


def test_a_second_writer_is_refused_while_one_writes(tmp_path: Path) -> None:
    with writing(tmp_path), pytest.raises(CatalogueError, match="is being changed by another process"), writing(tmp_path):
        pass
    change(tmp_path, "afterwards")


def test_a_writer_that_fails_changes_nothing(tmp_path: Path) -> None:
    change(tmp_path, "first")
    with pytest.raises(CatalogueError, match="No space"), writing(tmp_path):
        publish(tmp_path, "x", 1, "second", fail)
    assert read_manifest(tmp_path).version == "first"
    change(tmp_path, "third")
    assert (verify(tmp_path, read_manifest(tmp_path)) / "file").read_text() == "third"


def fail(folder: Path) -> None:
    (folder / "half").write_text("of it")
    raise OSError("No space left on device")


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    change(tmp_path, "first")
    manifest = read_manifest(tmp_path)
    (tmp_path / "1" / "file").unlink()
    with pytest.raises(CatalogueError, match="1/file: No such file"):
        verify(tmp_path, manifest)
