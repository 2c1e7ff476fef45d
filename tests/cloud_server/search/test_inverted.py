"""tantivy's files: by content, whatever tantivy calls them, and no more than a reader needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_server.search.inverted import META, NUMBER, open_inverted, write_inverted
from cloud_server.search.sought import Sought
from protos.errors import CatalogueError

DOCUMENTS = [Sought("apple pie", "bake", "sweet", ("abc", "abd")), Sought("beef pho", "", "", ())]


def test_the_same_documents_give_the_same_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_inverted(DOCUMENTS, tmp_path / name)
    files = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("a", "b")]
    assert files[0] == files[1]
    assert META in files[0]
    assert not [name for name in files[0] if name.startswith(".")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_what_was_written_can_be_searched(tmp_path: Path) -> None:
    write_inverted(DOCUMENTS, tmp_path / "a")
    index = open_inverted(tmp_path / "a")
    searcher = index.searcher()
    assert searcher.num_docs == 2
    ((_, address),) = searcher.search(index.parse_query("apple", ["title"]), 5).hits
    assert searcher.fast_field_values(NUMBER, [address]) == [0]


def test_a_folder_without_an_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=str(tmp_path)):
        open_inverted(tmp_path)
