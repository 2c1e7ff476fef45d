"""Whatever holds a catalogue keeps the same promises: the server's own index here; a cluster in `test_cluster`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cloud_server.search.backend import SearchBackend
from cloud_server.search.catalogue import read_catalogue
from cloud_server.search.engine import SearchEngine
from cloud_server.search.heard import Heard
from cloud_server.search.index import build_index, open_index
from cloud_server.search.ranking import rank
from protos.messages import Hypothesis

Open = Callable[[Path], SearchBackend]


def on_disk(directory: Path) -> SearchBackend:
    return SearchEngine(open_index(directory))


@pytest.mark.parametrize("open_backend", [on_disk])
def test_a_backend_names_itself_and_finds_what_was_said(catalogue: Path, tmp_path: Path, open_backend: Open) -> None:
    documents = read_catalogue(catalogue)
    manifest = build_index(documents, tmp_path / "i", "small")
    backend = open_backend(tmp_path / "i")
    assert (backend.name, backend.version, len(backend), list(backend.documents)) == ("small", manifest.version, 4, documents)
    candidates = backend.candidates(Heard((Hypothesis("banana bread", 1.0),)))
    assert rank(candidates, None, 1, backend.weights)[0].id == "bread"
    assert backend.names_in_full("banana bread")
    assert not backend.names_in_full("banana")
