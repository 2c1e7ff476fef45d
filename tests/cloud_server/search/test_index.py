"""An index directory: whole, checked, and the same for the same catalogue, however it came about."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_server.search.catalogue import Document, read_catalogue
from cloud_server.search.engine import SearchEngine
from cloud_server.search.generations import MANIFEST
from cloud_server.search.index import add_documents, build_index, open_index, remove_documents
from cloud_server.search.sounds import pronunciations
from cloud_server.search.terms import stems_of
from models.pronounce.pronouncer import english
from models.text import search_text
from protos.errors import CatalogueError
from protos.messages import Hypothesis

DISHES = [Document(str(number), title) for number, title in enumerate(("Apple Pie", "Beef Pho", "Miso Soup", "Lamb Stew", "Corn Bread"))]


def contents(directory: Path) -> dict[str, bytes]:
    """Every file of the generation that counts, by its path in it."""
    (generation,) = (path for path in directory.iterdir() if path.is_dir())
    return {path.relative_to(generation).as_posix(): path.read_bytes() for path in generation.rglob("*") if path.is_file()}


def first_hit(directory: Path, query: str) -> str | None:
    hits = SearchEngine(open_index(directory)).search([Hypothesis(query, 1.0)], 1)
    return hits[0].id if hits else None


def test_what_is_built_can_be_opened(catalogue: Path, tmp_path: Path) -> None:
    documents = read_catalogue(catalogue)
    manifest = build_index(documents, tmp_path / "index", "small")
    opened = open_index(tmp_path / "index")
    assert (opened.name, opened.version, list(opened.documents)) == ("small", manifest.version, documents)
    assert opened.sounds == tuple(pronunciations(document.title, english().pronounce) for document in documents)
    assert opened.letters[2] == "cremebrulee"


def test_all_that_is_searched_of_a_document_is_kept_as_search_writes_it(tmp_path: Path) -> None:
    build_index([Document("a", "Crème Brûlée", "200 g of sugar", ("sweet", "two ways"), "", 0.0, "", ("Île-de-France",))], tmp_path / "index", "one")
    (texts,) = open_index(tmp_path / "index").texts
    assert set(stems_of(texts)) == set(stems_of(search_text("Crème Brûlée . 200 g of sugar . sweet . two ways . Île-de-France")))


def test_the_version_follows_the_content_and_nothing_else(catalogue: Path, tmp_path: Path) -> None:
    documents = read_catalogue(catalogue)
    assert build_index(documents, tmp_path / "a", "x").version == build_index(documents, tmp_path / "b", "y").version
    assert build_index(documents[:-1], tmp_path / "c", "x").version != build_index(documents, tmp_path / "d", "x").version


def test_the_same_catalogue_gives_the_same_bytes(catalogue: Path, tmp_path: Path) -> None:
    documents = read_catalogue(catalogue)
    for name in ("a", "b"):
        build_index(documents, tmp_path / name, "x")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert (tmp_path / "a" / MANIFEST).read_bytes() == (tmp_path / "b" / MANIFEST).read_bytes()


def test_an_index_is_replaced_whole_and_anything_else_is_left_alone(catalogue: Path, tmp_path: Path) -> None:
    documents = read_catalogue(catalogue)
    build_index(documents, tmp_path / "index", "x")
    build_index(documents[:2], tmp_path / "index", "x")
    assert len(open_index(tmp_path / "index").documents) == 2
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "1").mkdir()
    with pytest.raises(CatalogueError, match="exists and is not an index"):
        build_index(documents, tmp_path / "holiday", "x")


@settings(max_examples=12, deadline=None)
@given(st.lists(st.lists(st.sampled_from(DISHES), min_size=1, max_size=3), min_size=1, max_size=3), st.data())
def test_an_index_that_was_changed_is_the_one_built_anew(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[Document]], data: st.DataObject
) -> None:
    directory = tmp_path_factory.mktemp("changed")
    expected = {document.id: document for document in DISHES[:2]}
    build_index(list(expected.values()), directory, "x")
    for batch in batches:
        add_documents(batch, directory)
        expected |= {document.id: document for document in batch}
        if len(expected) > 1:
            gone = data.draw(st.sampled_from(sorted(expected)))
            remove_documents([gone], directory)
            del expected[gone]
    anew = tmp_path_factory.mktemp("anew")
    build_index(list(expected.values()), anew, "x")
    assert contents(directory) == contents(anew)


def test_a_new_name_is_found_and_the_old_one_is_not(tmp_path: Path) -> None:
    build_index(DISHES, tmp_path, "x")
    add_documents([Document("0", "Plum Crumble")], tmp_path)
    assert first_hit(tmp_path, "plum crumble") == "0"
    assert first_hit(tmp_path, "apple pie") is None
    remove_documents(["0"], tmp_path)
    assert first_hit(tmp_path, "plum crumble") is None


def test_what_is_not_there_cannot_be_removed_and_nothing_is(tmp_path: Path) -> None:
    build_index(DISHES, tmp_path, "x")
    before = (tmp_path / MANIFEST).read_bytes()
    with pytest.raises(CatalogueError, match=r"has no document '9', 'z'; nothing was removed"):
        remove_documents(["0", "9", "z"], tmp_path)
    with pytest.raises(CatalogueError, match="no document would be left"):
        remove_documents([dish.id for dish in DISHES], tmp_path)
    assert (tmp_path / MANIFEST).read_bytes() == before


def test_a_byte_that_changed_anywhere_is_refused(tmp_path: Path) -> None:
    build_index(DISHES, tmp_path, "x")
    rng = random.Random(3)
    for path in sorted(path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size):
        whole = path.read_bytes()
        for _ in range(8):
            damaged = bytearray(whole)
            damaged[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
            path.write_bytes(damaged)
            try:
                opened = open_index(tmp_path)
            except CatalogueError as error:
                assert str(tmp_path) in str(error)
            else:
                assert path.name == MANIFEST, "white space in it means nothing"
                assert opened.documents == tuple(DISHES)
        path.write_bytes(whole[:-1])
        if path.name != MANIFEST:
            with pytest.raises(CatalogueError):
                open_index(tmp_path)
        path.write_bytes(whole)
    open_index(tmp_path)


def test_an_index_of_another_format_or_none_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="harken-server index build"):
        open_index(tmp_path)
    (tmp_path / MANIFEST).write_text('{"format": 2}')
    with pytest.raises(CatalogueError, match="format is 2, this version reads 4; build the index again"):
        open_index(tmp_path)
    with pytest.raises(CatalogueError, match="format is 2"):
        add_documents(DISHES, tmp_path)
    build_index(DISHES, tmp_path, "x")
    assert len(open_index(tmp_path).documents) == len(DISHES)
