"""An index directory: whole, checked, and the same for the same catalogue."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cloud_server.search.catalogue import read_catalogue
from cloud_server.search.index import build_index, open_index
from cloud_server.search.sounds import pronunciations
from models.pronounce.pronouncer import english
from protos.errors import CatalogueError


def test_what_is_built_can_be_opened(catalogue: Path, tmp_path: Path) -> None:
    documents = read_catalogue(catalogue)
    version = build_index(documents, tmp_path / "index", "small")
    opened = open_index(tmp_path / "index")
    assert (opened.name, opened.version, list(opened.documents)) == ("small", version, documents)
    assert opened.sounds == tuple(pronunciations(document.title, english().pronounce) for document in documents)


def test_the_version_follows_the_content_and_nothing_else(catalogue: Path, tmp_path: Path) -> None:
    documents = read_catalogue(catalogue)
    assert build_index(documents, tmp_path / "a", "x") == build_index(documents, tmp_path / "b", "y")
    assert build_index(documents[:-1], tmp_path / "c", "x") != build_index(documents, tmp_path / "d", "x")


def test_an_index_is_replaced_whole_and_anything_else_is_left_alone(catalogue: Path, tmp_path: Path) -> None:
    documents = read_catalogue(catalogue)
    build_index(documents, tmp_path / "index", "x")
    build_index(documents[:2], tmp_path / "index", "x")
    assert len(open_index(tmp_path / "index").documents) == 2
    (tmp_path / "holiday").mkdir()
    with pytest.raises(CatalogueError, match="exists and is not an index"):
        build_index(documents, tmp_path / "holiday", "x")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_what_was_changed_afterwards_is_refused(catalogue: Path, tmp_path: Path) -> None:
    directory = tmp_path / "index"
    build_index(read_catalogue(catalogue), directory, "x")
    rows = (directory / "documents.jsonl").read_bytes()
    (directory / "documents.jsonl").write_bytes(rows.replace(b"Apple", b"Grape"))
    with pytest.raises(CatalogueError, match=r"documents\.jsonl: sha256"):
        open_index(directory)
    (directory / "documents.jsonl").write_bytes(rows)
    sounds = (directory / "sounds.txt").read_bytes()
    (directory / "sounds.txt").write_bytes(sounds[1:])
    with pytest.raises(CatalogueError, match=r"sounds\.txt: sha256"):
        open_index(directory)
    (directory / "sounds.txt").write_bytes(sounds)
    manifest = json.loads((directory / "manifest.json").read_text())
    (directory / "manifest.json").write_text(json.dumps({**manifest, "format": 99}))
    with pytest.raises(CatalogueError, match="format is 99"):
        open_index(directory)
    (directory / "manifest.json").unlink()
    with pytest.raises(CatalogueError, match="harken-server index build"):
        open_index(directory)
